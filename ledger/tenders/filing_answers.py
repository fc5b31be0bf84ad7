"""What a service says was answered by paper: one list of a tender's filings, signed (JWS ES256).

What is in it was answered, what is not in it was not, as of its time. Whoever answers signs it, so
it proves against its signer alone: its own times excuse nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ledger import jws
from ledger.errors import Refused
from ledger.jws import Jws
from ledger.keys import PublicKey, Signer
from ledger.tenders.filings import Filing, FilingKind
from ledger.tenders.ids import TenderId
from ledger.verification.shape import ShapeWrong, entries, hexadecimal, members, number, text

TYPE: Final = "filing-answers+jwt"
_MEMBERS: Final = ("iss", "iat", "tender", "answers")
_ROW: Final = ("kind", "filing", "at")
_PAPER: Final = "paper"
_HASH_BYTES: Final = 32
_MOST: Final = 100_000


@dataclass(eq=False)
class FilingAnswersMalformed(Refused):
    """The token is no list of answers to filings."""

    member: str


@dataclass(frozen=True, slots=True)
class FilingAnswer:
    """That a paper answered or refused what was filed, and when it came, in Unix seconds.

    `filing` is the digest of what was filed, whoever filed it; `paper` None where it is not told.
    """

    kind: FilingKind
    filing: bytes
    paper: bytes | None
    at: int


@dataclass(frozen=True, slots=True)
class FilingAnswers:
    """All answers by paper to filings on a tender, as of `issued_at`, in Unix seconds."""

    issuer: str
    issued_at: int
    tender: TenderId
    answers: tuple[FilingAnswer, ...]

    def to(self, filing: Filing) -> tuple[FilingAnswer, ...]:
        """Return those that name what was filed and came after it: others may file the same."""
        named = (filing.kind, filing.digest)
        return tuple(
            each
            for each in self.answers
            if (each.kind, each.filing) == named and each.at >= filing.filed_at
        )


@dataclass(frozen=True, slots=True)
class PaperAnswer:
    """What is known of the answers by paper to a filing; `at` is when the first came."""

    at: int
    papers: frozenset[bytes]


def first_answer(lists: Iterable[FilingAnswers], filing: Filing, since: int) -> PaperAnswer | None:
    """Return what lists of one signer say of a filing; no papers where they know of none.

    None where nobody can tell: no list has it, and none is of `since`, in Unix seconds, or later.
    A list without it outweighs an earlier time in another: what was not there then came after.
    """
    named: list[FilingAnswer] = []
    without: list[int] = []
    for each in lists:
        found = each.to(filing)
        named += found
        if not found:
            without.append(each.issued_at)
    if named:
        at = max((min(each.at for each in named), *without))
        return PaperAnswer(at, frozenset(each.paper for each in named if each.paper is not None))
    return PaperAnswer(0, frozenset()) if any(at >= since for at in without) else None


def sign(said: FilingAnswers, signer: Signer) -> str:
    """Return the list as a compact JWS."""
    rows = [
        {"kind": each.kind.value, "filing": "0x" + each.filing.hex(), "at": each.at}
        | ({} if each.paper is None else {_PAPER: "0x" + each.paper.hex()})
        for each in said.answers
    ]
    tender = "0x" + said.tender.hex()
    payload = {"iss": said.issuer, "iat": said.issued_at, "tender": tender, "answers": rows}
    return jws.sign(TYPE, payload, signer)


def told(token: str) -> FilingAnswers:
    """Return what a list says, whoever signed it; raises as `read`, signature apart."""
    return _told(jws.parse(token, TYPE))


def read(token: str, key: PublicKey) -> FilingAnswers:
    """Return a list that `key` signed.

    Raises:
        JwsMalformed, AlgorithmRefused, TypeRefused, SignatureInvalid: for the token.
        FilingAnswersMalformed: for what it says.
    """
    parsed = jws.parse(token, TYPE)
    parsed.verify(key)
    return _told(parsed)


def _told(parsed: Jws) -> FilingAnswers:
    try:
        value = members(parsed.payload, _MEMBERS, "payload")
        return FilingAnswers(
            text(value["iss"], "iss"),
            number(value["iat"], "iat"),
            TenderId(hexadecimal(value["tender"], _HASH_BYTES, "tender")),
            tuple(map(_answer, entries(value["answers"], "answers", limit=_MOST))),
        )
    except ShapeWrong as exc:
        raise FilingAnswersMalformed(exc.member) from exc
    except ValueError as exc:
        raise FilingAnswersMalformed("answers.kind") from exc


def _answer(value: Any) -> FilingAnswer:
    has_paper = isinstance(value, dict) and _PAPER in value
    row = members(value, (*_ROW, *((_PAPER,) if has_paper else ())), "answers")
    return FilingAnswer(
        FilingKind(text(row["kind"], "answers.kind")),
        hexadecimal(row["filing"], _HASH_BYTES, "answers.filing"),
        hexadecimal(row[_PAPER], _HASH_BYTES, "answers.paper") if has_paper else None,
        number(row["at"], "answers.at"),
    )
