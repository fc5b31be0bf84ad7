"""The buyer's tenders as the chain tells of them, with the papers that indicators need."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ledger.chain.client import LedgerClient
from ledger.chain.tender_history import TenderHistory, buyer_history
from ledger.chain.tender_reading import TenderReader
from ledger.tenders.collusion.procedures import Told, papers_named, procedures_of
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import BidSubmitted, TenderPublished
from ledger.tenders.ids import TenderId
from ledger.values import AgencyId, Root
from wallet.service import Service, ServiceRefused
from wallet.tenders.paper_desk import read

Papers = Callable[[TenderId, Iterable[bytes]], Mapping[bytes, bytes]]
"""What is at hand of a tender's papers, by SHA-256."""
_NOT_FOUND: Final = 404


def lots_of_buyer(client: LedgerClient, tender: TenderId, papers: Papers) -> list[Told]:
    """Return the lots of a tender's buyer whose opening is recorded, the oldest tender's first.

    Raises `TenderUnknown`, and as `buyer_history`.
    """
    reader = TenderReader(client.node, client.deployment)
    agency = reader.agency(tender)
    if not any(agency):
        raise TenderUnknown(tender)
    found = buyer_history(client.node, client.deployment, agency)
    return [
        told
        for id_, happened in found.items()
        for told in procedures_of(
            happened, papers(id_, papers_named(happened)), _anchored(reader, happened)
        )
    ]


def papers_from(held: Mapping[bytes, bytes], service: Service | None) -> Papers:
    """Return what finds papers in what is held here, else at a service that has them."""

    def found(tender: TenderId, digests: Iterable[bytes]) -> Mapping[bytes, bytes]:
        wanted = tuple(digests)
        here = {digest: held[digest] for digest in wanted if digest in held}
        if service is not None:
            lacking = (digest for digest in wanted if digest not in here)
            fetched = {digest: _fetched(service, tender, digest) for digest in lacking}
            here |= {digest: paper for digest, paper in fetched.items() if paper is not None}
        return here

    return found


def _fetched(service: Service, tender: TenderId, digest: bytes) -> bytes | None:
    """Return a paper; None where the service has none that is public."""
    try:
        return read(service, tender, digest)
    except ServiceRefused as exc:
        if exc.status == _NOT_FOUND:
            return None
        raise


def _anchored(reader: TenderReader, happened: TenderHistory) -> dict[bytes, int]:
    """Return when the roots of the mailbox were anchored that listed bids came by."""
    published = next(each for each in happened if isinstance(each, TenderPublished))
    mailbox = published.announcement.mailbox
    roots = {each.root for each in happened if isinstance(each, BidSubmitted) and any(each.root)}
    times = {root: reader.anchored_at(AgencyId(mailbox), Root(root)) for root in roots}
    return {root: at for root, at in times.items() if at is not None}
