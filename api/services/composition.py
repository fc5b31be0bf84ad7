"""The use cases that HTTP calls, built over what a process has at hand.

`api.main` gives the real ports, tests give a clock that stands and a node that can be switched off.
"""

from collections.abc import Callable
from dataclasses import dataclass

from api.services.agreements import Agreements
from api.services.at_head import AtHead
from api.services.bid_uploads import BidUploads
from api.services.bundles import Bundles
from api.services.change_sets import ChangeSets
from api.services.composing import custody, health, licensing, tendering
from api.services.composing.custody import Custody
from api.services.composing.ports import DeploymentView, Ports
from api.services.decisions import Decisions
from api.services.foreign_codes import ForeignCodes
from api.services.gate_bundles import GateBundles
from api.services.health import Health
from api.services.health_allow import AllowLists
from api.services.health_appeals import Appeals
from api.services.health_conversions import Conversions
from api.services.health_moves import Moves
from api.services.health_passes import Passes
from api.services.health_scan_counts import ScanCounts
from api.services.health_scan_views import ScanViews
from api.services.health_scans import Scans
from api.services.health_statuses import PassStatuses
from api.services.health_transfers import Transfers
from api.services.history import Histories
from api.services.idempotency import Repeats
from api.services.issuance import Issuance
from api.services.jobs import Jobs
from api.services.licences import Licences
from api.services.links import Links
from api.services.lists import StatusLists
from api.services.mailboxes import Mailboxes
from api.services.measures import Measures
from api.services.opening_cosignatures import OpeningCoSignatures
from api.services.openings import Openings
from api.services.policies import Policies
from api.services.progress import Proofs
from api.services.publications import Publications
from api.services.registry import Directory
from api.services.relaying import Relay
from api.services.replica_watch import ReplicaCounts
from api.services.second_person import SecondPerson
from api.services.sign_ins import Roles, SignIns, Site
from api.services.status import Statuses
from api.services.tender_archives import TenderArchives
from api.services.tender_duties import TenderDuties
from api.services.tender_filings import Filings
from api.services.tender_papers import TenderPapers
from api.services.tender_publications import TenderPublications
from api.services.tenders import Tenders
from api.services.verification import Verifications
from api.store.batches import BatchStore
from api.store.blob_replicas import ReplicaStore
from api.store.health_appeals import AppealStore
from api.store.health_segments import SegmentStore
from api.store.idempotency import IdempotencyStore
from api.store.licences import LicenceStore
from api.store.lists import ListStore
from api.store.measures import MeasureStore
from api.store.sign_ins import SignInStore
from ledger.finality import FINALIZED
from ledger.licences.catalogue import Catalogue

__all__ = ["Custody", "DeploymentView", "Ports", "Services", "compose"]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that HTTP calls."""

    issuance: Issuance
    jobs: Jobs
    licences: Licences
    statuses: Statuses
    decisions: Decisions
    histories: Histories
    change_sets: ChangeSets
    verifications: Verifications
    directory: Directory
    agreements: Agreements
    policies: Policies
    catalogue: Catalogue
    deployment: DeploymentView
    sign_ins: SignIns
    links: Links
    lists: StatusLists
    bundles: Bundles
    health: Health
    transfers: Transfers
    conversions: Conversions
    passes: Passes
    moves: Moves
    pass_statuses: PassStatuses
    allow_lists: AllowLists
    gate_bundles: GateBundles
    foreign_codes: ForeignCodes
    scans: Scans
    scan_views: ScanViews
    scan_counts: ScanCounts
    appeals: Appeals
    bid_uploads: BidUploads
    relay: Relay
    mailboxes: Mailboxes
    tenders: Tenders
    tender_papers: TenderPapers
    tender_duties: TenderDuties
    openings: Openings
    opening_cosignatures: OpeningCoSignatures
    filings: Filings
    publications: Publications
    tender_publications: TenderPublications
    tender_archives: TenderArchives
    custody: Custody
    repeats: Repeats
    measures: Measures
    randomness: Callable[[int], bytes]


def compose(ports: Ports) -> Services:
    """Return the use cases over `ports`."""
    at_head = AtHead(ports.registry)
    roles = Roles(at_head)
    second_person = SecondPerson(ports.ledger, ports.sender, roles, ports.live)
    proofs = Proofs(BatchStore(ports.database), ports.ledger)
    licences = Licences(LicenceStore(ports.database), proofs, roles, ports.registry)
    decisions = licensing.decisions(ports, roles)
    people = (second_person, decisions)
    directory = Directory(ports.registry, ports.catalogue, ports.clock)
    foreign = health.foreign_codes(ports, roles)
    duties = tendering.tender_duties(ports, at_head, roles)
    return Services(
        issuance=licensing.issuance(ports, roles, at_head),
        jobs=licensing.jobs(ports, roles),
        licences=licences,
        statuses=licensing.statuses(ports, roles, at_head, people),
        change_sets=licensing.change_sets(ports, roles, at_head, people),
        decisions=decisions,
        histories=licensing.histories(ports, licences, at_head),
        verifications=licensing.verifications(ports, proofs),
        directory=directory,
        agreements=_agreements(ports, at_head),
        policies=Policies(ports.recognitions, at_head, ports.clock),
        catalogue=ports.catalogue,
        deployment=ports.deployment,
        sign_ins=_sign_ins(ports),
        links=licensing.links(ports, licences),
        lists=StatusLists(ListStore(ports.database)),
        bundles=Bundles(ports.registry, ports.issuers, ports.ledger, ports.clock),
        health=Health(
            directory,
            ports.database.require_schema,
            needs_finality=ports.policy.min_confirmations == FINALIZED,
        ),
        transfers=health.transfers(ports, roles),
        conversions=health.conversions(ports, foreign),
        passes=health.passes(ports, roles, at_head),
        moves=health.moves(ports, at_head),
        pass_statuses=health.pass_statuses(ports, roles, at_head),
        allow_lists=AllowLists(SegmentStore(ports.database), ports.clock),
        gate_bundles=health.gate_bundles(ports, foreign),
        foreign_codes=foreign,
        scans=health.scans(ports, roles),
        scan_views=health.scan_views(ports, roles),
        scan_counts=health.scan_counts(ports, roles),
        appeals=health.appeals(ports, roles),
        bid_uploads=tendering.bid_uploads(ports, at_head),
        relay=tendering.relay(ports),
        mailboxes=tendering.mailboxes(ports, at_head),
        tenders=tendering.tenders(ports, at_head),
        tender_papers=tendering.tender_papers(ports, at_head),
        tender_duties=duties,
        openings=tendering.openings(ports, at_head, roles),
        opening_cosignatures=tendering.opening_cosignatures(ports, at_head),
        filings=tendering.filings(ports, at_head),
        publications=Publications(ports.base_url),
        tender_publications=tendering.tender_publications(ports, at_head),
        tender_archives=TenderArchives(tendering.tenders(ports, at_head), ports.blobs),
        custody=custody.custody(ports, roles),
        measures=_measures(ports, directory, duties),
        repeats=Repeats(IdempotencyStore(ports.database), ports.clock, ports.randomness),
        randomness=ports.randomness,
    )


def _agreements(ports: Ports, at_head: AtHead) -> Agreements:
    return Agreements(ports.recognitions, ports.registry, at_head, ports.clock)


def _sign_ins(ports: Ports) -> SignIns:
    site = Site(ports.base_url, ports.ledger.chain_id)
    store = SignInStore(ports.database)
    return SignIns(store, site, ports.clock, ports.randomness, ports.steady)


def _measures(ports: Ports, directory: Directory, duties: TenderDuties) -> Measures:
    noted = ReplicaStore(ports.database)
    replicas = ReplicaCounts(ports.blobs, noted, duties, ports.clock)
    stores = MeasureStore(ports.database), AppealStore(ports.database)
    return Measures(*stores, duties, replicas, directory, ports.catalogue, ports.clock)
