"""Day keys: what joins the scans of one person at one checkpoint on one day, while it lives.

32 random bytes per checkpoint and local day, kept apart from the rows and destroyed first. Rows of
two days or two gates have nothing in common, and a holder who shows their own `cti`s finds theirs.
"""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.canonical import (
    EncodingNotCanonical,
    JsonMalformed,
    b64url_encode,
    canonical_json,
    parse_object,
)
from ledger.errors import Refused
from ledger.health.scans import KEY_BYTES, MAX_NAME, ScanRow, line_of
from ledger.verification.shape import ShapeWrong, base64url, members

SECRET_BYTES: Final = 32


@dataclass(eq=False)
class DayKeyInvalid(Refused):
    """The day key is not of 32 bytes, or its day or time zone are none."""

    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class DayKey:
    """The key of a checkpoint and local day, such as "2026-11-22" in "Asia/Macau"."""

    checkpoint: str
    day: str
    zone: str
    secret: bytes

    def __post_init__(self) -> None:
        """Raise `DayKeyInvalid` for anything that is no day key."""
        if len(self.secret) != SECRET_BYTES:
            raise DayKeyInvalid("secret")
        try:
            date.fromisoformat(self.day)
        except ValueError as exc:
            raise DayKeyInvalid("day") from exc
        _zone(self.zone)

    def __repr__(self) -> str:
        """Without the secret: a key in a log joins what it should keep apart."""
        return f"DayKey({self.checkpoint!r}, {self.day!r})"

    def pseudonym(self, subject: bytes) -> bytes:
        """Return the row key of a person: HMAC-SHA-256 of `subject`, 16 bytes.

        `subject` is a pass's `cti`; of a foreign code r, the first half of its signature, since
        the other may be replaced.
        """
        return hmac.digest(self.secret, subject, "sha256")[:KEY_BYTES]

    def destroyed_at(self, retention: int) -> int:
        """Return when it is to be destroyed: so many seconds after its day has ended.

        `retention` is the policy's `retention.scan`. From then on its rows tell of nobody.
        """
        following = date.fromisoformat(self.day) + timedelta(days=1)
        return int(datetime.combine(following, time(), _zone(self.zone)).timestamp()) + retention


def spell_key(key: DayKey) -> bytes:
    """Return the RFC 8785 JSON in which a gate hands a key to its agency, sealed to it."""
    return canonical_json(
        {
            "checkpoint": key.checkpoint,
            "day": key.day,
            "zone": key.zone,
            "secret": b64url_encode(key.secret),
        }
    )


def read_key(encoded: bytes) -> DayKey:
    """Return what `spell_key` spelt; raise `DayKeyInvalid` for anything else."""
    try:
        found = members(parse_object(encoded), ("checkpoint", "day", "zone", "secret"), "key")
        key = DayKey(
            line_of(found["checkpoint"], "checkpoint", MAX_NAME),
            line_of(found["day"], "day", MAX_NAME),
            line_of(found["zone"], "zone", MAX_NAME),
            base64url(found["secret"], SECRET_BYTES, "secret"),
        )
    except ShapeWrong as exc:
        raise DayKeyInvalid(exc.member) from exc
    except (JsonMalformed, EncodingNotCanonical) as exc:
        raise DayKeyInvalid("form") from exc
    if spell_key(key) != encoded:
        raise DayKeyInvalid("form")
    return key


def day_of(at: int, zone: str) -> str:
    """Return the local day of a time; raise `DayKeyInvalid` for a zone that is none."""
    return datetime.fromtimestamp(at, UTC).astimezone(_zone(zone)).date().isoformat()


def joined(
    rows: Iterable[ScanRow], keys: Collection[DayKey], subjects: Collection[bytes]
) -> list[ScanRow]:
    """Return the rows about a holder, in their order, as far as day keys are still alive.

    `subjects` are those of the codes whose keys the holder has proved to have.
    """
    names = {(key.checkpoint, key.pseudonym(subject)) for key in keys for subject in subjects}
    return [row for row in rows if row.key is not None and (row.checkpoint, row.key) in names]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as exc:
        raise DayKeyInvalid("zone") from exc
