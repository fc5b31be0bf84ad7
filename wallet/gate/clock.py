"""By how much a gate's clock may be wrong: learnt from the service that it fetches bundles of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import orjson

from ledger.canonical import JsonMalformed, parse_object
from wallet.home import read_file, write_file

LASTS_SECONDS: Final = 86_400
"""How long a measurement counts: clocks drift by seconds a day, and are set by people."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement: the clock was `ahead` of the service's, about, and off by `error` at most.

    Both in seconds, `ahead` negative when it was behind; `at` in Unix seconds by the gate's clock.
    """

    at: int
    ahead: int
    error: int


def measured(headers: Mapping[str, str], asked_at: int, answered_at: int) -> Measured | None:
    """Return what an answer's headers tell of the clock; None where they have no usable `Date`.

    `asked_at` and `answered_at` by the gate's clock, in whole seconds as `Date` is (RFC 9110,
    6.6.1). What lay in a cache is as much older as its `Age` says.
    """
    try:
        date = int(parsedate_to_datetime(headers["Date"]).timestamp())
        date += int(headers.get("Age", "0"))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    ahead, behind = answered_at + 1 - date, date + 1 - asked_at
    return Measured(answered_at, ahead=(ahead - behind) // 2, error=max(ahead, behind))


class ClockFile:
    """The last measurement of one gate."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, found: Measured) -> None:
        """Keep a measurement in place of the one before."""
        write_file(self._path, orjson.dumps(asdict(found)))

    def error_at(self, at: int) -> int | None:
        """Return by how many seconds the clock may be wrong at a time of its own.

        None where nobody knows: never measured, too long ago, or the clock was set back since.
        """
        found = self._load()
        if found is None or not 0 <= at - found.at <= LASTS_SECONDS:
            return None
        return found.error

    def _load(self) -> Measured | None:
        if not self._path.exists():
            return None
        try:
            told = parse_object(read_file(self._path))
            return Measured(int(told["at"]), int(told["ahead"]), int(told["error"]))
        except (JsonMalformed, KeyError, TypeError, ValueError):
            return None  # as good as never measured, and the next update mends it
