"""A bidder's messages in a mailbox: handed in as hashes, believed once the chain has the root.

The blind is on the disk before anything is sent, beside the message; both together prove where the
message lies, and whoever has them after submitEnd lists it. The service is asked and not believed:
its path is recomputed, the root is looked up on the chain, the receipt has to be the agency's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import LedgerError, Unavailable
from ledger.tenders.mailbox import MailboxProof, leaf
from ledger.tenders.relayed import SignedWithdrawal
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.trustees import octets
from ledger.values import AgencyId, Root
from wallet.home import read_file, write_file
from wallet.service import Service, ServiceRefused
from wallet.tenders.bids import BidFileMalformed, BidPlace
from wallet.tenders.lines import Line
from wallet.tenders.relays import Teller

MESSAGES: Final = "/v1/mailbox/messages"
_FILE: Final = "mailbox.json"
_BLIND_BYTES: Final = 32

Randomness = Callable[[int], bytes]


@dataclass(eq=False)
class NotAnchoredYet(Unavailable):
    """The message is at the service and in no block yet. Repeat the command, or run bid watch."""

    leaf: bytes


@dataclass(eq=False)
class MailboxUntrue(Unavailable):
    """What the service says of the message is not so. Send it direct (--direct), as one key's."""

    member: str


Letter = SignedBid | SignedWithdrawal
"""What may lie in a mailbox: a bid, or a withdrawal of one, as it was signed."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What is known of a message that was handed in; times in Unix seconds.

    `proof` is checked; `anchored_at` is when the chain says that it has the root, None unless it
    does.
    """

    service: str
    mailbox: AgencyId
    blind: bytes
    receipt: str | None = None
    proof: MailboxProof | None = None
    anchored_at: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        proof = self.proof
        return {
            "service": self.service,
            "mailbox": "0x" + self.mailbox.hex(),
            "blind": "0x" + self.blind.hex(),
            "receipt": self.receipt,
            "proof": None
            if proof is None
            else {
                "root": "0x" + proof.root.hex(),
                "index": proof.index,
                "path": ["0x" + each.hex() for each in proof.path],
            },
            "anchoredAt": self.anchored_at,
        }


class Letterbox:
    """The messages of one bid that were handed in."""

    def __init__(self, kept: BidPlace) -> None:
        self._kept = kept

    def letters(self) -> list[Letter]:
        """Return what was handed in, the highest version first; raise `BidFileMalformed`."""
        versions = [each for each in self._kept.versions() if self.has(each)]
        found = (self.letter(version) for version in reversed(versions))
        return [each for each in found if each is not None]

    def has(self, version: int) -> bool:
        """Whether a version was handed in, or was about to be."""
        return (self._kept.folder(version) / _FILE).exists()

    def letter(self, version: int) -> Letter | None:
        """Return the message of a version; None for one that was never signed."""
        return self._kept.signed(version) or self._kept.withdrawal(version)

    def posted(self, version: int) -> Posted | None:
        """Return what is known of a version, None where it was not handed in."""
        path = self._kept.folder(version) / _FILE
        if not path.exists():
            return None
        try:
            return _posted(parse_object(read_file(path)))
        except (JsonMalformed, KeyError, TypeError, ValueError) as exc:
            raise BidFileMalformed(str(path)) from exc

    def keep(self, version: int, posted: Posted) -> Posted:
        """Put what is known on the disk; it is synced when this returns."""
        write_file(self._kept.folder(version) / _FILE, orjson.dumps(posted.to_json()))
        return posted


def hand_in(
    letter: Letter, box: Letterbox, service: Service, teller: Teller, drawn: Randomness
) -> Posted:
    """Give a message's leaf to the service unless one has signed for it; return what is kept.

    `teller` knows the keys of the agency whose mailbox it is. The blind is kept first, so a repeat
    gives the same leaf, to whichever service; kept is who signed. Raises as `Service` does, and
    `ReceiptUnsound` for a receipt that the agency did not give for this message.
    """
    version = letter.message.version
    posted = box.posted(version)
    if posted is None:
        blind = drawn(_BLIND_BYTES)
        posted = box.keep(version, Posted(service.base_url, teller.agency, blind))
    if posted.receipt is not None:
        return posted
    data = leaf(letter.digest, posted.blind)
    form = {"mailbox": "0x" + teller.agency.hex(), "leaf": "0x" + data.hex()}
    receipt = service.post(MESSAGES, form).get("receipt")
    teller.stored(service.base_url, receipt, data)
    return box.keep(version, replace(posted, service=service.base_url, receipt=receipt))


def look(letter: Letter, box: Letterbox, line: Line, service: Service) -> Posted:
    """Return what is known by now: the service is asked for the place, the chain for the root.

    Raises:
        MailboxUntrue: for a path that does not lead from the message to its root, or a message
            that the service signed for and does not know.
        BidFileMalformed: for a message that was never handed in.
        And as `Service` does where no place is known yet.
    """
    posted = box.posted(letter.message.version)
    if posted is None:
        raise NotAnchoredYet(b"")
    proof = posted.proof or _placed(letter, posted, service)
    at = None if proof is None else line.reader.anchored_at(posted.mailbox, proof.root)
    seen = replace(posted, proof=proof, anchored_at=at)
    return seen if seen == posted else box.keep(letter.message.version, seen)


def _placed(letter: Letter, posted: Posted, service: Service) -> MailboxProof | None:
    """Return the place that the service names, checked; None before there is one.

    A service that signed for the message and says that it knows none is believed in neither.
    """
    data = leaf(letter.digest, posted.blind)
    try:
        answer = service.get(f"{MESSAGES}/0x{data.hex()}")
    except ServiceRefused as exc:
        if posted.receipt is None:
            raise
        raise MailboxUntrue("message") from exc
    if answer.get("root") is None:
        return None
    try:
        proof = _proof(answer, posted.blind)
        proof.check(letter.digest)
    except (LedgerError, KeyError, TypeError, ValueError) as exc:
        raise MailboxUntrue("path") from exc
    return proof


def _proof(value: dict[str, Any], blind: bytes) -> MailboxProof:
    path = tuple(octets(each) for each in value["path"])
    return MailboxProof(Root(octets(value["root"])), int(value["index"]), path, blind)


def _posted(value: dict[str, Any]) -> Posted:
    blind, proof = octets(value["blind"]), value["proof"]
    return Posted(
        str(value["service"]),
        AgencyId(octets(value["mailbox"])),
        blind,
        value["receipt"],
        None if proof is None else _proof(proof, blind),
        value["anchoredAt"],
    )
