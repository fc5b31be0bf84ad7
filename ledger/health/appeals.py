"""Appeals: a scan number in, a written answer out, its verdict recomputed and not remembered.

The code is judged once more by the versions that the row cites. The row itself is never edited: who
was refused wrongly gets a new pass. RFC 8785 JSON that the agency's key signs, with one digest to
anchor; whoever has row, code and the cited bundle comes to the same verdict.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health.gate.outcome import Outcome, worst
from ledger.health.gate.report import PersonReport, citations_to_json
from ledger.health.reasons import Reason
from ledger.health.scans import ScanRow, digest_of, line_of, outcome_of, read_row, reason_of
from ledger.health.scans import scan_number as scan_number_of
from ledger.keys import PublicKey
from ledger.values import Digest
from ledger.verification.shape import ShapeWrong, entries, hexadecimal, members, number

ID_BYTES: Final = 16
MAX_BYTES: Final = 16_384
MOMENTARY: Final = frozenset(
    (Reason.PRESENTATION, Reason.REPLAY, Reason.USES, Reason.QUOTA, Reason.ID_MISMATCH)
)
"""What only the moment showed: how the code was held up, by whom, and what came before it."""
_DIGEST_BYTES: Final = 32
_ORDER: Final = {reason: place for place, reason in enumerate(Reason)}
_MAX_OFFICER: Final = 64
_MAX_TEXT: Final = 4_000
_NAMES: Final = (
    *("v", "id", "scan", "row", "lodgedAt", "answerBy", "answeredAt", "decided", "recomputed"),
    *("citations", "verdict", "remedy", "by", "text"),
)


class Verdict(StrEnum):
    """What became of the gate's decision."""

    UPHELD = "UPHELD"
    OVERTURNED = "OVERTURNED"


@dataclass(eq=False)
class AppealRefused(Refused):
    """The appeal cannot be answered like that: which part is wrong."""

    part: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal against one scan; `id` of 16 random bytes, `answer_by` from `answerWithin`."""

    id: bytes
    row: Digest
    lodged_at: int
    answer_by: int

    @property
    def scan_number(self) -> str:
        """The number that the person was shown."""
        return scan_number_of(self.row)


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome and its reasons."""

    outcome: Outcome
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The written answer. `remedy`: the digest of the new pass when the refusal was overturned.

    `citations` as the row has them; `by` the officer who signs, `text` what is said to the person.
    """

    appeal: Appeal
    answered_at: int
    decided: Judgement
    recomputed: Judgement
    citations: Mapping[str, Any]
    remedy: Digest | None
    by: str
    text: str

    @property
    def verdict(self) -> Verdict:
        """Overturned when the cited versions give a better outcome than the gate did."""
        is_better = _is_better(self.recomputed.outcome, self.decided.outcome)
        return Verdict.OVERTURNED if is_better else Verdict.UPHELD

    @property
    def is_late(self) -> bool:
        """Whether the answer came after it was due."""
        return self.answered_at > self.appeal.answer_by


def lodge(row: bytes, *, id_: bytes, at: int, answer_within: int) -> Appeal:
    """Return the appeal against a scan row; `answer_within` in seconds, the policy's.

    Raises `AppealRefused` for a row that let the person pass, for a time before the scan, and for
    an id of another length; `ScanMalformed` for no row.
    """
    scan = read_row(row)
    if scan.outcome is Outcome.ACCEPT:
        raise AppealRefused("outcome")
    if at < scan.minute:
        raise AppealRefused("lodgedAt")
    if len(id_) != ID_BYTES:
        raise AppealRefused("id")
    return Appeal(id_, digest_of(row), at, at + answer_within)


def answer(
    appeal: Appeal,
    row: bytes,
    recomputed: PersonReport,
    *,
    at: int,
    by: str,
    text: str,
    remedy: Digest | None = None,
) -> Answer:
    """Return the answer to an appeal: `recomputed` is the gate's own rule on the same code.

    What only the moment showed is judged by nobody again: it is taken from the row.

    Raises:
        AppealRefused: for another row, for a report that rests on other versions than the row
            cites, and for a remedy that is missing or not due.
    """
    if digest_of(row) != appeal.row:
        raise AppealRefused("row")
    scan = read_row(row)
    if citations_to_json(recomputed.citations, scan.minute) != scan.citations:
        raise AppealRefused("citations")
    found = Answer(
        appeal,
        at,
        _judgement_of(scan),
        judged_again(scan, recomputed),
        scan.citations,
        remedy,
        by,
        text,
    )
    write_answer(found)
    return found


def write_answer(found: Answer) -> bytes:
    """Return the document to sign; raise `AppealRefused` for what none may say."""
    encoded = canonical_json(_spell(found))
    read_answer(encoded)  # never anchor what would not be read
    return encoded


def verify_answer(encoded: bytes, signature: bytes, key: PublicKey) -> Answer:
    """Return the answer that `key` signed; raise `SignatureInvalid`, or `AppealRefused` thereafter.

    `signature` is ES256 over the bytes of the document.
    """
    key.verify(encoded, signature)
    return read_answer(encoded)


def read_answer(encoded: bytes) -> Answer:
    """Return the answer; raise `AppealRefused` for anything but one in its only spelling."""
    try:
        found = parse_object(encoded if len(encoded) <= MAX_BYTES else b"")
        read = _read(members(found, _NAMES, "answer"))
    except ShapeWrong as exc:
        raise AppealRefused(exc.member) from exc
    except LedgerError as exc:
        raise AppealRefused("answer") from exc
    if canonical_json(_spell(read)) != encoded:
        raise AppealRefused("answer")
    if read.answered_at < read.appeal.lodged_at:
        raise AppealRefused("answeredAt")
    if (read.remedy is None) is (read.verdict is Verdict.OVERTURNED):
        raise AppealRefused("remedy")
    return read


def digest_of_answer(encoded: bytes) -> Digest:
    """Return SHA-256 of an answer: the leaf data of its batch."""
    return Digest(hashlib.sha256(encoded).digest())


def _is_better(one: Outcome, other: Outcome) -> bool:
    return one is not other and worst((one, other)) is other


def _judgement_of(scan: ScanRow) -> Judgement:
    return Judgement(scan.outcome, scan.reasons)


def judged_again(scan: ScanRow, recomputed: PersonReport) -> Judgement:
    """Return what the cited versions say, with what only the moment showed as the row has it."""
    found = [each for each in recomputed.findings if each.reason not in MOMENTARY]
    kept = [reason for reason in scan.reasons if reason in MOMENTARY]
    outcomes = [each.outcome for each in found] + [_outcome_then(reason, scan) for reason in kept]
    reasons = [each.reason for each in found] + kept
    return Judgement(worst(outcomes), tuple(sorted(reasons, key=_ORDER.__getitem__)))


def _outcome_then(reason: Reason, scan: ScanRow) -> Outcome:
    """What the moment led to by itself; of a presentation the row does not say how bad it was."""
    if reason is Reason.PRESENTATION and scan.outcome is Outcome.DENY:
        return Outcome.DENY
    return Outcome.SECONDARY


def _spell(found: Answer) -> dict[str, Any]:
    appeal = found.appeal
    return {
        "v": 1,
        "id": "0x" + appeal.id.hex(),
        "scan": appeal.scan_number,
        "row": "0x" + appeal.row.hex(),
        "lodgedAt": appeal.lodged_at,
        "answerBy": appeal.answer_by,
        "answeredAt": found.answered_at,
        "decided": _spell_judgement(found.decided),
        "recomputed": _spell_judgement(found.recomputed),
        "citations": found.citations,
        "verdict": found.verdict.value,
        "remedy": None if found.remedy is None else "0x" + found.remedy.hex(),
        "by": found.by,
        "text": found.text,
    }


def _spell_judgement(found: Judgement) -> dict[str, Any]:
    return {
        "outcome": found.outcome.value,
        "reasons": [reason.value for reason in found.reasons],
    }


def _read(found: Mapping[str, Any]) -> Answer:
    if type(found["citations"]) is not dict:
        raise ShapeWrong("citations")
    remedy = found["remedy"]
    lodged_at = number(found["lodgedAt"], "lodgedAt")
    return Answer(
        Appeal(
            hexadecimal(found["id"], ID_BYTES, "id"),
            Digest(hexadecimal(found["row"], _DIGEST_BYTES, "row")),
            lodged_at,
            number(found["answerBy"], "answerBy", least=lodged_at),
        ),
        number(found["answeredAt"], "answeredAt"),
        _judgement(found["decided"], "decided"),
        _judgement(found["recomputed"], "recomputed"),
        found["citations"],
        None if remedy is None else Digest(hexadecimal(remedy, _DIGEST_BYTES, "remedy")),
        line_of(found["by"], "by", _MAX_OFFICER),
        line_of(found["text"], "text", _MAX_TEXT),
    )


def _judgement(value: object, member: str) -> Judgement:
    found = members(value, ("outcome", "reasons"), member)
    reasons = entries(found["reasons"], member)
    return Judgement(outcome_of(found["outcome"]), tuple(map(reason_of, reasons)))
