"""The use cases of sealed tenders: bids, mailboxes, papers, openings, publication."""

from api.services.at_head import AtHead
from api.services.bid_replies import BidReplies
from api.services.bid_uploads import BidUploads
from api.services.composing.ports import Ports
from api.services.mailboxes import Mailboxes, OwnMailboxes
from api.services.opening_cosignatures import OpeningCoSignatures
from api.services.openings import Openings
from api.services.relaying import Relay, RelayPorts
from api.services.sign_ins import Roles
from api.services.tender_duties import TenderDuties
from api.services.tender_filings import Filings
from api.services.tender_papers import TenderPapers
from api.services.tender_publications import Site as PublicationSite
from api.services.tender_publications import TenderPublications
from api.services.tenders import Tenders
from api.store.bid_messages import BidMessageStore
from api.store.bid_uploads import BidUploadStore
from api.store.mailboxes import MailboxStore
from api.store.openings import OpeningStore
from api.store.tender_duties import DutyStore
from api.store.tender_filings import FilingStore
from api.store.tender_papers import TenderPaperStore
from api.store.tenders import TenderStore
from ledger.values import LedgerRef


def tenders(ports: Ports, at_head: AtHead) -> Tenders:
    """Return `Tenders` over `ports`."""
    return Tenders(TenderStore(ports.database), at_head, ports.policy.min_confirmations)


def tender_papers(ports: Ports, at_head: AtHead) -> TenderPapers:
    """Return `TenderPapers` over `ports`."""
    return TenderPapers(
        store=TenderPaperStore(ports.database),
        tenders=TenderStore(ports.database),
        filings=FilingStore(ports.database),
        blobs=ports.blobs,
        at_head=at_head,
        clock=ports.clock,
    )


def relay(ports: Ports) -> Relay:
    """Return `Relay` over `ports`."""
    at_head = AtHead(ports.registry, ports.steady)
    found = RelayPorts(
        store=BidMessageStore(ports.database),
        tenders=tenders(ports, at_head),
        at_head=at_head,
        anchored_at=MailboxStore(ports.database).anchored_at,
        replies=BidReplies(ports.issuers, ports.clock, ports.randomness),
        ledger=ports.deployment.tender_ledger,
        chain_id=ports.deployment.chain_id,
        sender=ports.sender,
    )
    return Relay(found)


def openings(ports: Ports, at_head: AtHead, roles: Roles) -> Openings:
    """Return `Openings` over `ports`."""
    store = OpeningStore(ports.database)
    return Openings(store, tenders(ports, at_head), roles, ports.blobs)


def opening_cosignatures(ports: Ports, at_head: AtHead) -> OpeningCoSignatures:
    """Return `OpeningCoSignatures` over `ports`."""
    kept, known = tender_papers(ports, at_head), tenders(ports, at_head)
    return OpeningCoSignatures(kept, known, at_head, ports.deployment.tender_ledger)


def tender_publications(ports: Ports, at_head: AtHead) -> TenderPublications:
    """Return `TenderPublications` over `ports`."""
    contracts = ports.deployment.contracts
    site = None
    if "TenderLedger" in contracts:
        ledger = LedgerRef(ports.deployment.chain_id, contracts["TenderLedger"])
        site = PublicationSite(ports.ocds_prefix, ports.base_url, ledger, contracts["AwardLedger"])
    papers = tender_papers(ports, at_head)
    confirmations = ports.policy.min_confirmations
    store = TenderStore(ports.database)
    return TenderPublications(store, papers, at_head, ports.registry, confirmations, site)


def filings(ports: Ports, at_head: AtHead) -> Filings:
    """Return `Filings` over `ports`."""
    return Filings(
        store=FilingStore(ports.database),
        papers=tender_papers(ports, at_head),
        tenders=tenders(ports, at_head),
        issuers=ports.issuers,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def bid_uploads(ports: Ports, at_head: AtHead) -> BidUploads:
    """Return `BidUploads` over `ports`."""
    return BidUploads(
        store=BidUploadStore(ports.database),
        blobs=ports.blobs,
        issuers=ports.issuers,
        clock=ports.clock,
        randomness=ports.randomness,
        most_bytes=ports.most_blob_bytes,
        mailboxes=OwnMailboxes(TenderStore(ports.database), at_head, ports.sender),
    )


def mailboxes(ports: Ports, at_head: AtHead) -> Mailboxes:
    """Return `Mailboxes` over `ports`."""
    return Mailboxes(
        store=MailboxStore(ports.database),
        own=OwnMailboxes(TenderStore(ports.database), at_head, ports.sender),
        at_head=at_head,
        issuers=ports.issuers,
        clock=ports.clock,
        randomness=ports.randomness,
        confirmations=ports.policy.min_confirmations,
    )


def tender_duties(ports: Ports, at_head: AtHead, roles: Roles) -> TenderDuties:
    """Return `TenderDuties` over `ports`."""
    store, filings = DutyStore(ports.database), FilingStore(ports.database)
    return TenderDuties(store, TenderStore(ports.database), filings, at_head, roles)
