"""Blinds of messages that came out of a mailbox: whoever listed one showed it to everybody.

They stand in the call and in no event. Nobody need believe the node for one: with the message it
leads to the root that the event names.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ledger.chain.abi import SELECTOR_BYTES, Function, load_abi
from ledger.chain.rpc import Node
from ledger.chain.wire import octets, spell
from ledger.errors import ChainUnavailable, Refused
from ledger.events import Event
from ledger.tenders.events import BidSubmitted, BidWithdrawn
from ledger.tenders.mailbox import MailboxProof
from ledger.tenders.relayed import digest_of
from ledger.values import LedgerRef, Root

_LISTINGS: Final = ("list", "listWithdrawal")


def blinds_of(node: Node, ledger: LedgerRef, happened: Iterable[Event | None]) -> tuple[bytes, ...]:
    """Return the blinds of listed messages, of those whose calls the node still has."""
    listed = [each for each in happened if isinstance(each, BidSubmitted | BidWithdrawn)]
    listed = [each for each in listed if any(each.root)]
    asked = [("eth_getTransactionByHash", (spell(each.place.transaction),)) for each in listed]
    answers: Sequence[Any] = node.outcomes(asked) if asked else ()
    found = (_blind(ledger, *pair) for pair in zip(listed, answers, strict=True))
    return tuple(each for each in found if each is not None)


def _blind(ledger: LedgerRef, event: BidSubmitted | BidWithdrawn, answer: Any) -> bytes | None:
    digest = digest_of(ledger, event)
    proof = _proof_in(answer)
    if proof is None or digest is None or proof.root != event.root:
        return None
    try:
        proof.check(digest)
    except Refused:
        return None
    return proof.blind


def _proof_in(answer: Any) -> MailboxProof | None:
    """The proof in a call that lists one message; None for any other call, or none."""
    try:
        sent = octets(answer.get("input")) if isinstance(answer, dict) else b""
        function = _listing(sent[:SELECTOR_BYTES])
        if function is None:
            return None
        *_, (root, index, path, blind) = function.inputs.decode(sent[SELECTOR_BYTES:])
    except ChainUnavailable:
        return None
    return MailboxProof(Root(root), index, tuple(path), blind)


def _listing(selector: bytes) -> Function | None:
    functions = load_abi("TenderLedger").functions
    return next((functions[n] for n in _LISTINGS if functions[n].selector == selector), None)
