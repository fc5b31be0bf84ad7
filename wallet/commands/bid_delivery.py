"""What commands share that bring messages to the chain: the courier, and the parcels."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from ledger.chain import tender_calls
from ledger.chain.accounts import Account
from ledger.chain.blocks import by_number, read_head
from ledger.chain.inclusion import finalized_block
from ledger.chain.tender_reading import BidAsStored
from ledger.tenders import messages
from ledger.tenders.ids import TenderId
from ledger.tenders.messages import SubmitBid, WithdrawBid
from ledger.tenders.relayed import Kind, Release, Secret, SignedWithdrawal
from ledger.tenders.signed_bids import SignedBid
from ledger.values import Address
from wallet.commands.options import ledger_options, payer_option, services_option
from wallet.console import note
from wallet.service import Service, ServiceRefused
from wallet.sessions import open_service
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace
from wallet.tenders.delivery import URGENT_SECONDS, Courier, Parcel
from wallet.tenders.lines import Line
from wallet.tenders.relays import Teller
from wallet.tenders.uploading import Uploads

CONFIRMATIONS: Final = 12
"""Blocks that make a block final where the chain does not say which is (proposed)."""
_NOBODY: Final = 401
_WAYS: Final = {Kind.DISCLOSURE: "/v1/bids/disclosures", Kind.RECOVERY: "/v1/bids/recoveries"}


def sending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the node, the services that relay, and the account that pays without them."""
    return ledger_options(services_option(payer_option(command)))


def unlocked(outside: Surroundings, name: str, given: dict[str, Any]) -> Account:
    """Return an account of this wallet; raises as `Keyring.account` and `Passwords.of` do."""
    return outside.keyring.account(name, given["passwords"].of(name))


def courier_of(
    outside: Surroundings, line: Line, tender: TenderId, given: dict[str, Any]
) -> Courier:
    """Return who brings messages about a tender: the services named, then the account named."""
    name = given["account"]

    def pay() -> Account:
        return unlocked(outside, name, given)

    return Courier(
        line=line,
        teller=Teller(line.client, line.reader.agency(tender)),
        services=[url.rstrip("/") for url in given["services"]],
        payer=None if name is None else pay,
        clocks=outside.clocks,
        say=note,
    )


def is_urgent(line: Line, tender: TenderId) -> bool:
    """Whether the deadline is so near that nobody waits for a service."""
    return (
        line.reader.ends(tender, 1).submit_end - line.reader.tender(tender).clock <= URGENT_SECONDS
    )


def bid_parcel(
    outside: Surroundings, line: Line, kept: BidPlace, signed: SignedBid, given: dict[str, Any]
) -> Parcel:
    """Return a bid as it is sent; a service gets its files first, of a mailbox's bid unplaced."""
    message = signed.message
    mailbox = line.reader.tender(message.tender).mailbox
    has_one = any(mailbox)
    agency = mailbox if has_one else line.reader.agency(message.tender)

    def prepare(url: str) -> None:
        uploads = Uploads(kept, message, Teller(line.client, agency))
        if has_one:
            key = unlocked(outside, kept.key_name, given).private_key
            uploads.unplaced(partial(_passing, outside, url), mailbox, key)
            return
        with _session(
            outside, url, message.bidder, lambda: unlocked(outside, kept.key_name, given)
        ) as service:
            uploads.placed(service)

    return Parcel(
        digest=signed.digest,
        path="/v1/bids",
        body={
            "message": messages.to_json(message),
            "shares": "0x" + signed.shares.hex(),
            "signature": "0x" + signed.signature.hex(),
            "bondSignature": "0x" + signed.bond_signature.hex(),
        },
        call=tender_calls.submit(signed),
        is_there=lambda: _stored(line, message).digest == signed.digest,
        keep=lambda name, token: kept.keep_said(message.version, name, token),
        prepare=prepare,
        files=tuple(part.file for part in message.parts),
    )


@contextmanager
def _session(
    outside: Surroundings, url: str, address: Address, unlock: Callable[[], Account]
) -> Iterator[Service]:
    """Give a service that an account signed in to; a token that it does not know is dropped."""
    service = open_service(url, address, unlock, outside.sessions, outside.clocks)
    try:
        yield service
    except ServiceRefused as exc:
        if exc.status == _NOBODY:
            outside.sessions.forget(url, address)
        raise
    finally:
        service.close()


@contextmanager
def _passing(outside: Surroundings, url: str, account: Account) -> Iterator[Service]:
    """Give a service that an account signed in to which has nothing more to do there."""
    with _session(outside, url, account.address, lambda: account) as service:
        yield service
    outside.sessions.forget(url, account.address)


def withdrawal_parcel(line: Line, kept: BidPlace, withdrawal: SignedWithdrawal) -> Parcel:
    """Return a withdrawal as it is sent."""
    message = withdrawal.message
    return Parcel(
        digest=withdrawal.digest,
        path="/v1/bids/withdrawals",
        body={
            "message": messages.to_json(message),
            "signature": "0x" + withdrawal.signature.hex(),
        },
        call=tender_calls.withdraw(withdrawal.ledger, message, withdrawal.signature),
        is_there=lambda: _stored(line, message).digest == withdrawal.digest,
        keep=lambda name, token: kept.keep_said(message.version, name, token),
    )


def secret_parcel(line: Line, secret: Secret, keep: Callable[[str, str], None]) -> Parcel:
    """Return a secret as it is sent, once the chain's own clock was asked whether it may be."""
    bid, part = secret.bid, secret.part

    def is_there() -> bool:
        stored = _stored(line, bid)
        posted = stored.disclosed if secret.kind is Kind.DISCLOSURE else stored.recovered
        return bool(posted & part)

    return Parcel(
        digest=secret.digest,
        path=_WAYS[secret.kind],
        body={
            "message": messages.to_json(bid),
            "part": part,
            "secret": "0x" + secret.secret.hex(),
        },
        call=tender_calls.relay(line.reader.ledger, secret),
        is_there=is_there,
        keep=lambda name, token: keep(f"{secret.kind}-{part}-{name}", token),
    )


def release_parcel(line: Line, release: Release, keep: Callable[[str, str], None]) -> Parcel:
    """Return a trustee's secret as it is sent, likewise."""
    place = (release.tender, release.part, release.index)
    return Parcel(
        digest=release.digest,
        path=f"/v1/tenders/0x{release.tender.hex()}/releases",
        body={
            "part": release.part,
            "index": release.index,
            "secret": "0x" + release.secret.hex(),
        },
        call=tender_calls.relay(line.reader.ledger, release),
        is_there=lambda: line.reader.trustee(*place).has_released,
        keep=keep,
    )


def final_block(line: Line) -> int:
    """Return the newest block that does not fall out any more."""
    said = finalized_block(line.client.node)
    return line.client.head().block - CONFIRMATIONS if said is None else said


def final_time(line: Line) -> int:
    """Return the time of that block."""
    method, params = by_number(max(0, final_block(line)))
    return read_head(line.client.node.call(method, *params)).time


def forget_replaced(line: Line, kept: BidPlace, bidder: Address) -> list[int]:
    """Destroy the secrets of versions that a final one replaced; return which had some.

    What was listed from a mailbox counts by its minute, and may fall out until listing is over.
    """
    stored = line.reader.bid(kept.tender, kept.lot, bidder)
    ends = line.reader.ends(kept.tender, 1)
    needed = stored.submitted_at
    if line.client.head().time >= ends.submit_end:
        needed = max(needed, ends.list_end)
    return kept.forget_secrets(stored.version) if final_time(line) > needed else []


def _stored(line: Line, message: SubmitBid | WithdrawBid) -> BidAsStored:
    return line.reader.bid(message.tender, message.lot, message.bidder)
