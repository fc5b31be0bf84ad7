"""What somebody holds of a tender in a folder: papers, sealed files, receipts, the OCDS record.

Things are found by what they hash to and not by their names, so any folder will do: a bundle, a
bidder's own files, what a service gave out.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from ledger import jws
from ledger.canonical import JsonMalformed, canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.jws import TypeRefused
from ledger.tenders import filing_answers, filings, receipts, refusals
from ledger.tenders.errors import DigestMismatch
from ledger.tenders.forms import MAX_BYTES as MOST_PAPER_BYTES
from ledger.tenders.mailbox import PATH, MailboxPlace
from ledger.tenders.messages import SubmitBid
from ledger.tenders.opening_cosignatures import OpeningCoSignature
from ledger.tenders.policy.document import read_policy
from ledger.tenders.unsealing import Opened, open_part
from ledger.values import Digest, LedgerRef, Root
from ledger.verification.shape import ShapeWrong, entries, hexadecimal, number
from wallet.home import read_file, read_pieces
from wallet.tenders.bids import SAID

SEALED: Final = ".age"
RECEIPT: Final = SAID
MAILBOX: Final = "mailbox.json"
RECORD: Final = "record.json"
PLACES: Final = "places.json"
PROOFS: Final = frozenset({"bundle.json", "blocks", "headers.txt", "blinds.txt"})
_MOST_PLACES: Final = 100_000
_PIECE_BYTES: Final = 2**18
_DIGEST_DIGITS: Final = 64
_HASH_BYTES: Final = 32
_DIGEST: Final = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(slots=True)
class Holdings:
    """Papers by SHA-256, sealed files by SHA-256, receipts, and the record where there is one.

    `receipts` are for bids, `filings` for questions, objections and complaints, `refusals` of bids,
    `answers` lists of filings that papers answered.
    Of a sealed file there may be several copies, and which of them are whole is not looked at yet.

    `blinds` are those of a bidder's own messages in mailboxes, which go nowhere from here; `places`
    tell where such messages lie, and nothing of what they are.
    """

    papers: dict[bytes, bytes] = field(default_factory=dict)
    files: dict[bytes, list[Path]] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)
    filings: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    blinds: list[bytes] = field(default_factory=list)
    record: Mapping[str, Any] | None = None
    places: list[MailboxPlace] = field(default_factory=list)

    def take(self, folder: Path) -> None:
        """Take in what lies below a folder; links are not followed. Raise `FileUnreadable`."""
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            if _is_proof(path, folder):
                continue
            if path.suffix == SEALED:
                self.files.setdefault(_digest_of(path), []).append(path)
            elif path.suffix == RECEIPT:
                self._take_receipt(read_file(path).decode("ascii", "replace").strip())
            elif path.name in (MAILBOX, PLACES):
                self._take_posted(path)
            elif path.stat().st_size <= MOST_PAPER_BYTES:
                self.take_paper(path)

    def unsealer(self, ledger: LedgerRef) -> "Unsealer":
        """Return what opens the files of bids on a ledger."""
        return Unsealer(ledger, self.files)

    def named_by(self, events: Iterable[Any]) -> "Holdings":
        """Return what may be shown to anybody: what events name, and what such papers name.

        A bidder's folder holds secrets beside them, and papers that are nobody's business.
        """
        wanted = set(_digests_in(list(events)))
        papers: dict[bytes, bytes] = {}
        waiting = wanted & self.papers.keys() | {
            digest
            for digest, paper in self.papers.items()
            if _is_policy(paper) or _is_co_signature(paper, wanted)
        }
        while waiting:
            digest = waiting.pop()
            papers[digest] = self.papers[digest]
            named = {bytes.fromhex(each.decode()) for each in _DIGEST.findall(papers[digest])}
            waiting |= named & self.papers.keys() - papers.keys()
        files = {digest: paths for digest, paths in self.files.items() if digest in wanted}
        said = (self.receipts, self.filings, self.refusals, self.answers)
        return Holdings(papers, files, *said, record=self.record, places=self.places)

    def roots(self) -> set[Root]:
        """Return the roots of mailboxes that places and receipts for listings name."""
        return {each.root for each in self.places} | {
            root for token in self.receipts if (root := _root_in(token)) is not None
        }

    def said(self) -> tuple[str, ...]:
        """Return all tokens that services signed."""
        return (*self.receipts, *self.filings, *self.refusals, *self.answers)

    def _take_receipt(self, token: str) -> None:
        """Take what a service signed; what is of no form goes to the receipts, to be doubted."""
        kinds = {
            filings.TYPE: self.filings,
            filing_answers.TYPE: self.answers,
            refusals.TYPE: self.refusals,
        }
        try:
            jws.parse(token, receipts.TYPE)
        except TypeRefused as other:
            if other.typ in kinds:
                kinds[other.typ].append(token)
            return
        except Refused:
            pass  # whoever judges says that it is in doubt
        self.receipts.append(token)

    def _take_posted(self, path: Path) -> None:
        """Take the receipt and the blind of a message that its bidder handed in, or places."""
        if path.name == PLACES:
            self.places += _places_in(read_file(path))
            return
        try:
            told = parse_object(read_file(path))
        except JsonMalformed:
            return
        with suppress(ShapeWrong):  # whoever shows where it lies need not show what it hides
            self.blinds.append(hexadecimal(told.get("blind"), _HASH_BYTES, "blind"))
        if isinstance(told.get("receipt"), str):
            self._take_receipt(told["receipt"])
            self.places += _places_of(told["receipt"], told.get("proof"))

    def take_paper(self, path: Path) -> None:
        """Take a paper, whatever it is, where there is one; raise `FileUnreadable`."""
        if not path.is_file():
            return
        content = read_file(path)
        self.papers[hashlib.sha256(content).digest()] = content
        if path.name == RECORD:
            self.record = record_in(content)


@dataclass(frozen=True, slots=True)
class Unsealer:
    """Opens parts of bids for what they say; what is in them goes nowhere."""

    ledger: LedgerRef
    files: Mapping[bytes, Sequence[Path]]

    def __call__(self, bid: SubmitBid, part: int, key: bytes) -> Opened | None:
        """Return what a part holds, None without a whole copy; raise `UnsealedInvalid`."""
        for path in self.files.get(bid.parts[part - 1].file, ()):
            try:
                with path.open("rb") as source:
                    return open_part(source, key, self.ledger, bid, part, _nowhere)
            except (DigestMismatch, OSError):
                continue  # a bad copy blames nobody
        return None


class _Nowhere:
    def write(self, _octets: bytes, /) -> None:
        """Take the next bytes, and drop them."""


def best_copy(digest: bytes, copies: Sequence[Path]) -> Path:
    """Return the first of a file's copies that is whole, else the first."""
    if len(copies) == 1:
        return copies[0]
    return next((each for each in copies if _sha256(each) == digest), copies[0])


def record_in(content: bytes) -> Mapping[str, Any] | None:
    """Return the OCDS record in a record package, or the record itself; None where it is none."""
    try:
        told = parse_object(content)
    except JsonMalformed:
        return None
    records = told.get("records")
    found = records[0] if isinstance(records, list) and records else told
    return found if isinstance(found, dict) and "releases" in found else None


def places_json(places: Iterable[MailboxPlace]) -> bytes:
    """Return the places as a file that `Holdings.take` reads."""
    rows = [
        {
            "leaf": "0x" + each.data.hex(),
            "root": "0x" + each.root.hex(),
            "index": each.index,
            "path": ["0x" + step.hex() for step in each.path],
        }
        for each in places
    ]
    return canonical_json({"places": rows})


def _places_in(content: bytes) -> list[MailboxPlace]:
    """The places in a file; none where it is no such file."""
    try:
        rows = entries(parse_object(content).get("places"), "places", limit=_MOST_PLACES)
        return [_place(each, each["leaf"]) for each in rows]
    except (JsonMalformed, ShapeWrong, KeyError, TypeError):
        return []


def _places_of(receipt: str, proof: Any) -> list[MailboxPlace]:
    """Where the leaf of a mailbox's receipt is said to lie; none where nobody said so."""
    try:
        leaf = receipts.told(receipt).leaf
        return [] if leaf is None or proof is None else [_place(proof, "0x" + leaf.hex())]
    except (Refused, ShapeWrong, KeyError, TypeError):
        return []


def _root_in(receipt: str) -> Root | None:
    """The root that a receipt for a listing names; None in any other token."""
    try:
        return receipts.told(receipt).root
    except Refused:
        return None


def _place(told: Any, leaf: Any) -> MailboxPlace:
    path = entries(told["path"], "path", limit=PATH)
    return MailboxPlace(
        Digest(hexadecimal(leaf, _HASH_BYTES, "leaf")),
        Root(hexadecimal(told["root"], _HASH_BYTES, "root")),
        number(told["index"], "index"),
        tuple(hexadecimal(each, _HASH_BYTES, "path") for each in path),
    )


def _digests_in(value: Any) -> Iterator[bytes]:
    """Yield every value of 32 bytes in events and what they are made of."""
    if isinstance(value, bytes):
        if len(value) == _HASH_BYTES:
            yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from _digests_in(getattr(value, each.name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _digests_in(each)


def _is_policy(paper: bytes) -> bool:
    """Whether a paper is a policy, which events name by its terms and not by its bytes."""
    try:
        read_policy(paper)
    except LedgerError:
        return False
    return True


def _is_co_signature(paper: bytes, wanted: set[bytes]) -> bool:
    """Whether a paper co-signs an opening of the tender that events tell of."""
    try:
        return OpeningCoSignature.read(paper).said.tender in wanted
    except LedgerError:
        return False


def _is_proof(path: Path, folder: Path) -> bool:
    """Whether a file is a bundle's own, which proves events and is no paper."""
    head, *_ = path.relative_to(folder).parts
    return head in PROOFS


def _nowhere(_number: int, _path: str, _size: int) -> _Nowhere:
    return _Nowhere()


def _digest_of(path: Path) -> bytes:
    """The digest that a file is named by, which opening it checks; else that of its bytes."""
    name = path.name.removesuffix(SEALED)
    if len(name) == _DIGEST_DIGITS and not set(name) - set("0123456789abcdef"):
        return bytes.fromhex(name)
    return _sha256(path)


def _sha256(path: Path) -> bytes:
    digest = hashlib.sha256()
    for piece in read_pieces(path, _PIECE_BYTES):
        digest.update(piece)
    return digest.digest()
