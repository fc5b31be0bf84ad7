"""What bidders and trustees write to the TenderLedger, encoded; anybody may send it for them.

Refusals are those of ITenderLedger.sol. The contract is the one that the bid, or the trustee's
seat, names: a message for another ledger would be refused there.
"""

from ledger.chain.abi import load_abi
from ledger.chain.calls import Call
from ledger.tenders.ids import TenderId
from ledger.tenders.mailbox import MailboxProof
from ledger.tenders.messages import SubmitBid, WithdrawBid
from ledger.tenders.relayed import Kind, Listing, Relayed, Secret, SignedWithdrawal
from ledger.tenders.signed_bids import SignedBid
from ledger.values import LedgerRef


def submit(bid: SignedBid) -> Call:
    """Bring a bid, or its replacement, before submitEnd."""
    signatures = (bid.signature, bid.bond_signature)
    return _call(bid.ledger, "submit", _bid(bid.message), bid.shares, *signatures)


def list_letter(message: SignedBid | SignedWithdrawal, proof: MailboxProof) -> Call:
    """Bring a bid or a withdrawal out of a mailbox."""
    if isinstance(message, SignedBid):
        return list_bid(message, proof)
    return list_withdrawal(message.ledger, message.message, message.signature, proof)


def list_bid(bid: SignedBid, proof: MailboxProof) -> Call:
    """Bring a bid whose root the mailbox anchored before submitEnd, from submitEnd to listEnd."""
    signatures = (bid.signature, bid.bond_signature)
    return _call(bid.ledger, "list", _bid(bid.message), bid.shares, *signatures, _proof(proof))


def list_withdrawal(
    ledger: LedgerRef, withdrawal: WithdrawBid, signature: bytes, proof: MailboxProof
) -> Call:
    """Take a bid back by a withdrawal that lies in the mailbox, as `list_bid`."""
    message = _withdrawal(withdrawal)
    return _call(ledger, "listWithdrawal", message, signature, _proof(proof))


def withdraw(ledger: LedgerRef, withdrawal: WithdrawBid, signature: bytes) -> Call:
    """Take a bid back before submitEnd."""
    return _call(ledger, "withdraw", _withdrawal(withdrawal), signature)


def disclose(ledger: LedgerRef, bid: SubmitBid, part: int, s_b: bytes) -> Call:
    """Post the bidder's secret of one part, from listEnd (part 2: its start) to discloseEnd.

    The secret is public once this is sent, whatever the contract says: look at its clock first.
    """
    return _call(ledger, "disclose", _bid(bid), part, s_b)


def release(ledger: LedgerRef, tender: TenderId, part: int, index: int, secret: bytes) -> Call:
    """Post a trustee's secret, from discloseEnd to fallbackEnd; public once sent, as above."""
    return _call(ledger, "release", tender, part, index, secret)


def recover(ledger: LedgerRef, bid: SubmitBid, part: int, s_c: bytes) -> Call:
    """Post s_c of a disclosed bid, once the part is opened or the trustees' time is over."""
    return _call(ledger, "recover", _bid(bid), part, s_c)


def relay(ledger: LedgerRef, message: Relayed) -> Call:
    """Bring whatever may be brought for others, to `ledger`."""
    if isinstance(message, SignedBid):
        return submit(message)
    if isinstance(message, SignedWithdrawal):
        return withdraw(ledger, message.message, message.signature)
    if isinstance(message, Listing):
        return list_letter(message.letter, message.proof)
    if isinstance(message, Secret):
        post = disclose if message.kind is Kind.DISCLOSURE else recover
        return post(ledger, message.bid, message.part, message.secret)
    return release(ledger, message.tender, message.part, message.index, message.secret)


def _call(ledger: LedgerRef, function: str, *values: object) -> Call:
    return Call(ledger.address, load_abi("TenderLedger").functions[function].encode(*values))


def _withdrawal(message: WithdrawBid) -> tuple[object, ...]:
    head = (message.tender, message.lot, message.bidder)
    return (*head, message.version, message.valid_until)


def _proof(proof: MailboxProof) -> tuple[object, ...]:
    return (proof.root, proof.index, list(proof.path), proof.blind)


def _bid(bid: SubmitBid) -> tuple[object, ...]:
    parts = [
        (part.file, part.size, part.c_b, part.c_c, part.shares, part.manifest) for part in bid.parts
    ]
    head = (bid.tender, bid.lot, bid.bidder, bid.version, bid.docs, parts)
    return (*head, bid.identity, bid.bond, bid.valid_until)
