"""The scan log: what a gate decided, when and on what grounds, and nothing about whom.

One row is an RFC 8785 JSON document of its own, with 16 random bytes, whose SHA-256 is the leaf
that is anchored. The person is in it only as an HMAC under a day key (see `day_keys`): when that
key is destroyed rows cannot be joined any more, while roots still prove that none was changed or
dropped. Never in a row: the code, a picture, a document's number, a `cti`.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health.gate.lane import Lane
from ledger.health.gate.outcome import Outcome
from ledger.health.gate.report import PersonReport, citations_to_json
from ledger.health.reasons import Reason
from ledger.values import Digest
from ledger.verification.shape import ShapeWrong, entries, hexadecimal, members, number, text

VERSION: Final = 1
RANDOM_BYTES: Final = 16
KEY_BYTES: Final = 16
MAX_BYTES: Final = 8_192
MINUTE_SECONDS: Final = 60
_NUMBER_BYTES: Final = 10
MAX_NAME: Final = 64
_MAX_WHY: Final = 200
_NAMES: Final = (
    *("v", "r", "checkpoint", "lane", "minute", "key", "outcome", "reasons"),
    *("citations", "override"),
)


@dataclass(eq=False)
class ScanMalformed(Refused):
    """The bytes are no scan row, or a row may not say that: which member."""

    member: str


@dataclass(frozen=True, slots=True)
class Override:
    """What an officer decided in place of the gate: who, what and why."""

    by: str
    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One scan of one person. `minute` in Unix seconds, cut to the minute.

    `key` of 16 bytes as `day_keys.pseudonym` gives it; None where the code said of nobody, as a
    damaged one does. `reasons` in the order of the report's findings, `citations` as
    `gate.report.citations_to_json` tells them at `minute`.
    """

    random: bytes
    checkpoint: str
    lane: str
    minute: int
    key: bytes | None
    outcome: Outcome
    reasons: tuple[Reason, ...]
    citations: Mapping[str, Any]
    override: Override | None = None


def row_of(
    person: PersonReport, lane: Lane, at: int, *, random: bytes, key: bytes | None
) -> ScanRow:
    """Return the row of one person's report at `at`: of the time it keeps the minute.

    `random`: 16 fresh bytes; `key`: the pseudonym of `person.effects.subject`, None without one.
    """
    minute = at - at % MINUTE_SECONDS
    return ScanRow(
        random,
        lane.checkpoint,
        lane.name,
        minute,
        key,
        person.outcome,
        tuple(finding.reason for finding in person.findings),
        citations_to_json(person.citations, minute),
    )


def write_row(row: ScanRow) -> bytes:
    """Return the row's bytes; raise `ScanMalformed` for what none may say."""
    override = row.override
    encoded = canonical_json(
        {
            "v": VERSION,
            "r": "0x" + row.random.hex(),
            "checkpoint": row.checkpoint,
            "lane": row.lane,
            "minute": row.minute,
            "key": None if row.key is None else "0x" + row.key.hex(),
            "outcome": row.outcome.value,
            "reasons": [reason.value for reason in row.reasons],
            "citations": row.citations,
            "override": None
            if override is None
            else {"by": override.by, "outcome": override.outcome.value, "why": override.why},
        }
    )
    _read(encoded)  # never anchor what would not be read
    return encoded


def read_row(encoded: bytes) -> ScanRow:
    """Return the row; raise `ScanMalformed` for anything but a row in its only spelling."""
    found, row = _read(encoded)
    if canonical_json(found) != encoded:
        raise ScanMalformed("row")
    return row


def _read(encoded: bytes) -> tuple[dict[str, Any], ScanRow]:
    """Return a row in any spelling, as JSON and as what it says; raise `ScanMalformed`."""
    try:
        found = parse_object(encoded if len(encoded) <= MAX_BYTES else b"")
        return found, _row(members(found, _NAMES, "row"))
    except ShapeWrong as exc:
        raise ScanMalformed(exc.member) from exc
    except LedgerError as exc:
        raise ScanMalformed("row") from exc


def digest_of(encoded: bytes) -> Digest:
    """Return SHA-256 of a row: the leaf data of its batch."""
    return Digest(hashlib.sha256(encoded).digest())


def scan_number(digest: Digest) -> str:
    """Return the number that is shown with every refusal: base32 of 10 bytes, 16 characters."""
    return base64.b32encode(digest[:_NUMBER_BYTES]).decode("ascii")


def lateness(row: ScanRow, block_time: int) -> int:
    """Return how many seconds after its minute a row was anchored.

    A gate off line queues its rows, so hours are no fault; less than nothing is: a clock was ahead.
    """
    return block_time - row.minute


def _row(found: Mapping[str, Any]) -> ScanRow:
    number(found["v"], "v", least=VERSION, greatest=VERSION)
    minute = number(found["minute"], "minute")
    if minute % MINUTE_SECONDS:
        raise ShapeWrong("minute")
    citations = found["citations"]
    if type(citations) is not dict:
        raise ShapeWrong("citations")
    key = found["key"]
    reasons = entries(found["reasons"], "reasons", limit=len(Reason) ** 2)
    return ScanRow(
        random=hexadecimal(found["r"], RANDOM_BYTES, "r"),
        checkpoint=line_of(found["checkpoint"], "checkpoint", MAX_NAME),
        lane=line_of(found["lane"], "lane", MAX_NAME),
        minute=minute,
        key=None if key is None else hexadecimal(key, KEY_BYTES, "key"),
        outcome=outcome_of(found["outcome"]),
        reasons=tuple(map(reason_of, reasons)),
        citations=citations,
        override=None if found["override"] is None else _override(found["override"]),
    )


def outcome_of(value: object) -> Outcome:
    """Return an outcome by its name; raise `ShapeWrong` for any other value."""
    if not isinstance(value, str) or value not in list(Outcome):
        raise ShapeWrong("outcome")
    return Outcome(value)


def reason_of(value: object) -> Reason:
    """Return a reason by its name; raise `ShapeWrong` for any other value."""
    if not isinstance(value, str) or value not in list(Reason):
        raise ShapeWrong("reasons")
    return Reason(value)


def _override(value: object) -> Override:
    found = members(value, ("by", "outcome", "why"), "override")
    return Override(
        line_of(found["by"], "by", MAX_NAME),
        outcome_of(found["outcome"]),
        line_of(found["why"], "why", _MAX_WHY),
    )


def line_of(value: object, member: str, most: int) -> str:
    """Return a printable text that says something; raise `ShapeWrong` for any other value."""
    line = text(value, member, limit=most)
    if not line or not line.isprintable():
        raise ShapeWrong(member)
    return line
