"""Bidders who seal one thing and sign for another; the chain cannot tell, the opening can."""

from collections.abc import Callable
from dataclasses import replace

from ledger.tenders import envelopes, messages
from ledger.tenders.commitments import shares_hash
from ledger.tenders.envelopes import ENVELOPE_BYTES
from ledger.tenders.messages import Part
from tests.support.bid_desk import Desk
from wallet.tenders.bids import BidPlace


def break_shares(desk: Desk, wrong: tuple[int, ...]) -> None:
    """Spoil the envelopes of some trustees, and sign for them as they are."""
    kept = _kept(desk)
    shares = kept.newest().shares
    spoilt = envelopes.cut(shares, len(shares) // ENVELOPE_BYTES, 1)
    for index in wrong:
        whole = spoilt[index - 1]
        spoilt[index - 1] = whole[:-1] + bytes([whole[-1] ^ 1])
    _sign(desk, kept, lambda part: replace(part, shares=shares_hash(spoilt)), b"".join(spoilt))


def promise_another(desk: Desk) -> None:
    """Commit to another manifest than the one that is sealed."""
    kept = _kept(desk)
    _sign(desk, kept, lambda part: replace(part, manifest=b"\x07" * 32), kept.newest().shares)


def _kept(desk: Desk) -> BidPlace:
    (kept,) = desk.store.places()
    return kept


def _sign(desk: Desk, kept: BidPlace, change: Callable[[Part], Part], shares: bytes) -> None:
    signed = kept.newest()
    message = replace(signed.message, parts=tuple(map(change, signed.message.parts)))
    key = desk.terminal.outside.keyring.account(kept.key_name, "correct horse")
    signature = messages.sign(signed.ledger, message, key.private_key)
    kept.keep_signed(
        message.version, replace(signed, message=message, shares=shares, signature=signature)
    )
