"""The use cases that HTTP calls, built over what a process has at hand.

`api.main` gives the real ports, tests give a clock that stands and a node that can be switched off.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from api.blobs.store import BlobStore
from api.services.agreements import Agreements
from api.services.at_head import AtHead
from api.services.bid_replies import BidReplies
from api.services.bid_uploads import BidUploads
from api.services.bundles import Bundles
from api.services.change_sets import ChangeSets
from api.services.custody_admissions import Admissions
from api.services.custody_alerts import CustodyAlerts
from api.services.custody_exemptions import Exemptions
from api.services.custody_own import OwnViews
from api.services.custody_people import CustodyPeople
from api.services.custody_places import CustodyPlaces
from api.services.custody_reading import TripReader
from api.services.custody_trips import TripPorts, Trips
from api.services.decisions import Decisions
from api.services.foreign_codes import ForeignCodes
from api.services.gate_bundles import KEPT_SECONDS, GateBundles
from api.services.gate_contents import GateContents
from api.services.gate_lists import GateLists
from api.services.health import Health
from api.services.health_allow import AllowLists
from api.services.health_appeals import Appeals
from api.services.health_cases import Visits
from api.services.health_conversions import Conversions
from api.services.health_hcerts import Hcerts
from api.services.health_holders import Holders
from api.services.health_keys import HealthKeys
from api.services.health_minting import Minting
from api.services.health_moves import Moves
from api.services.health_origins import Origins
from api.services.health_passes import Passes
from api.services.health_recognitions import ProjectedRecognitions
from api.services.health_scan_counts import ScanCounts
from api.services.health_scan_views import ScanViews
from api.services.health_scans import Scans
from api.services.health_standing import Standing
from api.services.health_statuses import PassStatuses
from api.services.health_transfers import Transfers
from api.services.history import Histories
from api.services.idempotency import Repeats
from api.services.issuance import Issuance
from api.services.issuers import Issuers
from api.services.jobs import Jobs
from api.services.licences import Licences
from api.services.links import Links
from api.services.lists import StatusLists
from api.services.mailboxes import Mailboxes, OwnMailboxes
from api.services.measures import Measures
from api.services.openings import Openings
from api.services.permits import Permits
from api.services.policies import CitedPolicies, Policies
from api.services.progress import Proofs
from api.services.publications import Publications
from api.services.registry import Directory
from api.services.relaying import Relay, RelayPorts
from api.services.renewal import Renewals
from api.services.second_person import LiveContracts, SecondPerson
from api.services.sign_ins import Roles, SignIns, Site
from api.services.status import Statuses
from api.services.tender_archives import TenderArchives
from api.services.tender_duties import TenderDuties
from api.services.tender_filings import Filings
from api.services.tender_papers import TenderPapers
from api.services.tender_publications import Site as PublicationSite
from api.services.tender_publications import TenderPublications
from api.services.tenders import Tenders
from api.services.verification import LiveLedger, Verifications
from api.store.batches import BatchStore
from api.store.bid_messages import BidMessageStore
from api.store.bid_uploads import BidUploadStore
from api.store.change_sets import ChangeSetStore
from api.store.changes import ChangeStore
from api.store.custody_alerts import AlertStore
from api.store.custody_exemptions import ExemptionStore
from api.store.custody_places import PlaceStore
from api.store.custody_trips import TripStore
from api.store.database import Database
from api.store.foreign import ForeignStore
from api.store.gate_bundles import GateBundleStore
from api.store.health_appeals import AppealStore
from api.store.health_day_keys import DayKeyStore
from api.store.health_passes import PassStore
from api.store.health_scan_counts import ScanCountStore
from api.store.health_scans import ScanStore
from api.store.health_segments import SegmentStore
from api.store.health_transfers import TransferStore
from api.store.idempotency import IdempotencyStore
from api.store.indices import IndexStore
from api.store.jobs import JobStore
from api.store.licences import LicenceStore
from api.store.links import LinkStore
from api.store.lists import ListStore
from api.store.mailboxes import MailboxStore
from api.store.measures import MeasureStore
from api.store.openings import OpeningStore
from api.store.recognitions import RecognitionStore
from api.store.records import RecordStore
from api.store.registry import Registry
from api.store.selections import SelectionStore
from api.store.sign_ins import SignInStore
from api.store.tender_duties import DutyStore
from api.store.tender_filings import FilingStore
from api.store.tender_papers import TenderPaperStore
from api.store.tenders import TenderStore
from ledger.finality import FINALIZED
from ledger.licences.catalogue import Catalogue
from ledger.values import Address, LedgerRef
from ledger.verification.policy import Policy


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """The ledger that this service stands on, as anybody may check it."""

    chain_id: int
    contracts: Mapping[str, Address]
    block: int
    block_hash: bytes

    @property
    def tender_ledger(self) -> LedgerRef | None:
        """Where sealed tenders stand; None on a ledger that has none."""
        address = self.contracts.get("TenderLedger")
        return None if address is None else LedgerRef(self.chain_id, address)


class Live(LiveLedger, LiveContracts, Protocol):
    """The contracts, asked through a node."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the use cases need from outside; `base_url` without a final slash."""

    database: Database
    registry: Registry
    ledger: LedgerRef
    deployment: DeploymentView
    live: Live
    issuers: Issuers
    health_keys: HealthKeys
    blobs: BlobStore
    most_blob_bytes: int
    recognitions: RecognitionStore
    sender: Address
    catalogue: Catalogue
    policy: Policy
    base_url: str
    ocds_prefix: str
    clock: Callable[[], int]
    steady: Callable[[], float]
    randomness: Callable[[int], bytes]
    gate_bundle_seconds: int = KEPT_SECONDS


@dataclass(frozen=True, slots=True)
class Custody:
    """The chain of custody: who is exempted, where they are, and what is asked about that."""

    places: CustodyPlaces
    exemptions: Exemptions
    trips: Trips
    reader: TripReader
    alerts: CustodyAlerts
    own: OwnViews


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
    decisions = _decisions(ports, roles)
    people = (second_person, decisions)
    directory = Directory(ports.registry, ports.catalogue, ports.clock)
    foreign = _foreign_codes(ports, roles)
    duties = _tender_duties(ports, at_head, roles)
    return Services(
        issuance=_issuance(ports, roles, at_head),
        jobs=_jobs(ports, roles),
        licences=licences,
        statuses=_statuses(ports, roles, at_head, people),
        change_sets=_change_sets(ports, roles, at_head, people),
        decisions=decisions,
        histories=_histories(ports, licences, at_head),
        verifications=_verifications(ports, proofs),
        directory=directory,
        agreements=_agreements(ports, at_head),
        policies=Policies(ports.recognitions, at_head, ports.clock),
        catalogue=ports.catalogue,
        deployment=ports.deployment,
        sign_ins=_sign_ins(ports),
        links=_links(ports, licences),
        lists=StatusLists(ListStore(ports.database)),
        bundles=Bundles(ports.registry, ports.issuers, ports.ledger, ports.clock),
        health=Health(
            directory,
            ports.database.require_schema,
            needs_finality=ports.policy.min_confirmations == FINALIZED,
        ),
        transfers=_transfers(ports, roles),
        conversions=_conversions(ports, foreign),
        passes=_passes(ports, roles, at_head),
        moves=_moves(ports, at_head),
        pass_statuses=_pass_statuses(ports, roles, at_head),
        allow_lists=AllowLists(SegmentStore(ports.database), ports.clock),
        gate_bundles=_gate_bundles(ports, foreign),
        foreign_codes=foreign,
        scans=_scans(ports, roles),
        scan_views=_scan_views(ports, roles),
        scan_counts=_scan_counts(ports, roles),
        appeals=_appeals(ports, roles),
        bid_uploads=_bid_uploads(ports, at_head),
        relay=_relay(ports),
        mailboxes=_mailboxes(ports, at_head),
        tenders=_tenders(ports, at_head),
        tender_papers=_tender_papers(ports, at_head),
        tender_duties=duties,
        openings=_openings(ports, at_head, roles),
        filings=_filings(ports, at_head),
        publications=Publications(ports.base_url),
        tender_publications=_tender_publications(ports, at_head),
        tender_archives=TenderArchives(_tenders(ports, at_head), ports.blobs),
        custody=_custody(ports, roles),
        measures=_measures(ports, directory, duties),
        repeats=Repeats(IdempotencyStore(ports.database), ports.clock, ports.randomness),
        randomness=ports.randomness,
    )


def _agreements(ports: Ports, at_head: AtHead) -> Agreements:
    return Agreements(ports.recognitions, ports.registry, at_head, ports.clock)


def _tenders(ports: Ports, at_head: AtHead) -> Tenders:
    return Tenders(TenderStore(ports.database), at_head, ports.policy.min_confirmations)


def _tender_papers(ports: Ports, at_head: AtHead) -> TenderPapers:
    return TenderPapers(
        store=TenderPaperStore(ports.database),
        tenders=TenderStore(ports.database),
        blobs=ports.blobs,
        at_head=at_head,
        clock=ports.clock,
    )


def _relay(ports: Ports) -> Relay:
    at_head = AtHead(ports.registry, ports.steady)
    found = RelayPorts(
        store=BidMessageStore(ports.database),
        tenders=_tenders(ports, at_head),
        at_head=at_head,
        anchored_at=MailboxStore(ports.database).anchored_at,
        replies=BidReplies(ports.issuers, ports.clock, ports.randomness),
        ledger=ports.deployment.tender_ledger,
        chain_id=ports.deployment.chain_id,
        sender=ports.sender,
    )
    return Relay(found)


def _openings(ports: Ports, at_head: AtHead, roles: Roles) -> Openings:
    store = OpeningStore(ports.database)
    return Openings(store, _tenders(ports, at_head), roles, ports.blobs)


def _tender_publications(ports: Ports, at_head: AtHead) -> TenderPublications:
    contracts = ports.deployment.contracts
    site = None
    if "TenderLedger" in contracts:
        ledger = LedgerRef(ports.deployment.chain_id, contracts["TenderLedger"])
        site = PublicationSite(ports.ocds_prefix, ports.base_url, ledger, contracts["AwardLedger"])
    papers = _tender_papers(ports, at_head)
    confirmations = ports.policy.min_confirmations
    store = TenderStore(ports.database)
    return TenderPublications(store, papers, at_head, ports.registry, confirmations, site)


def _filings(ports: Ports, at_head: AtHead) -> Filings:
    return Filings(
        store=FilingStore(ports.database),
        papers=_tender_papers(ports, at_head),
        tenders=_tenders(ports, at_head),
        issuers=ports.issuers,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _bid_uploads(ports: Ports, at_head: AtHead) -> BidUploads:
    return BidUploads(
        store=BidUploadStore(ports.database),
        blobs=ports.blobs,
        issuers=ports.issuers,
        clock=ports.clock,
        randomness=ports.randomness,
        most_bytes=ports.most_blob_bytes,
        mailboxes=OwnMailboxes(TenderStore(ports.database), at_head, ports.sender),
    )


def _mailboxes(ports: Ports, at_head: AtHead) -> Mailboxes:
    return Mailboxes(
        store=MailboxStore(ports.database),
        own=OwnMailboxes(TenderStore(ports.database), at_head, ports.sender),
        at_head=at_head,
        issuers=ports.issuers,
        clock=ports.clock,
        randomness=ports.randomness,
        confirmations=ports.policy.min_confirmations,
    )


def _sign_ins(ports: Ports) -> SignIns:
    site = Site(ports.base_url, ports.ledger.chain_id)
    store = SignInStore(ports.database)
    return SignIns(store, site, ports.clock, ports.randomness, ports.steady)


def _issuance(ports: Ports, roles: Roles, at_head: AtHead) -> Issuance:
    licences = LicenceStore(ports.database)
    return Issuance(
        licences=licences,
        indices=IndexStore(ports.database),
        permits=Permits(roles, ports.catalogue, ports.issuers, ports.steady),
        renewals=Renewals(licences, at_head, ports.clock),
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _jobs(ports: Ports, roles: Roles) -> Jobs:
    return Jobs(
        store=JobStore(ports.database),
        issuers=ports.issuers,
        roles=roles,
        catalogue=ports.catalogue,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _histories(ports: Ports, licences: Licences, at_head: AtHead) -> Histories:
    batches, changes = BatchStore(ports.database), ChangeStore(ports.database)
    return Histories(licences, batches, changes, at_head, ports.clock)


def _verifications(ports: Ports, proofs: Proofs) -> Verifications:
    return Verifications(
        projected=AtHead(ports.registry, ports.steady),
        live=ports.live,
        proofs=proofs,
        policy=ports.policy,
        catalogue=ports.catalogue,
        clock=ports.clock,
    )


def _links(ports: Ports, licences: Licences) -> Links:
    return Links(
        store=LinkStore(ports.database),
        licences=licences,
        catalogue=ports.catalogue,
        base_url=ports.base_url,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _measures(ports: Ports, directory: Directory, duties: TenderDuties) -> Measures:
    stores = MeasureStore(ports.database), AppealStore(ports.database)
    return Measures(*stores, duties, directory, ports.catalogue, ports.clock)


def _tender_duties(ports: Ports, at_head: AtHead, roles: Roles) -> TenderDuties:
    store, filings = DutyStore(ports.database), FilingStore(ports.database)
    return TenderDuties(store, TenderStore(ports.database), filings, at_head, roles)


def _transfers(ports: Ports, roles: Roles) -> Transfers:
    return Transfers(
        transfers=TransferStore(ports.database),
        indices=IndexStore(ports.database),
        issuers=ports.issuers,
        roles=roles,
        jurisdictions=ports.registry,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _minting(ports: Ports) -> Minting:
    return Minting(
        PassStore(ports.database),
        IndexStore(ports.database),
        ports.issuers,
        ports.clock,
        ports.randomness,
    )


def _holders(ports: Ports) -> Holders:
    return Holders(PassStore(ports.database), ports.health_keys, ports.randomness)


def _conversions(ports: Ports, foreign: ForeignCodes) -> Conversions:
    return Conversions(
        store=PassStore(ports.database),
        minting=_minting(ports),
        holders=_holders(ports),
        keys=ports.health_keys,
        issuers=ports.issuers,
        origins=Origins(ports.registry, ports.clock),
        visits=Visits(foreign),
        hcerts=Hcerts(ports.issuers, ports.registry, ports.clock, ports.randomness),
        recognitions=ProjectedRecognitions(ports.recognitions),
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _passes(ports: Ports, roles: Roles, at_head: AtHead) -> Passes:
    store = PassStore(ports.database)
    return Passes(
        store=store,
        minting=_minting(ports),
        holders=_holders(ports),
        standing=Standing(store, ChangeStore(ports.database), at_head),
        roles=roles,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _moves(ports: Ports, at_head: AtHead) -> Moves:
    return Moves(
        minting=_minting(ports),
        holders=_holders(ports),
        standing=Standing(PassStore(ports.database), ChangeStore(ports.database), at_head),
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _pass_statuses(ports: Ports, roles: Roles, at_head: AtHead) -> PassStatuses:
    return PassStatuses(
        store=PassStore(ports.database),
        transfers=TransferStore(ports.database),
        holders=_holders(ports),
        keys=ports.health_keys,
        entries=at_head,
        issuers=ports.issuers,
        roles=roles,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _gate_bundles(ports: Ports, foreign: ForeignCodes) -> GateBundles:
    contents = GateContents(
        ports.registry,
        ports.recognitions,
        IndexStore(ports.database),
        GateLists(ports.registry, ports.issuers, ports.ledger, ports.base_url),
        AllowLists(SegmentStore(ports.database), ports.clock),
        foreign,
    )
    return GateBundles(
        store=GateBundleStore(ports.database),
        contents=contents,
        registry=ports.registry,
        issuers=ports.issuers,
        ledger=ports.ledger,
        clock=ports.clock,
        kept_seconds=ports.gate_bundle_seconds,
    )


def _foreign_codes(ports: Ports, roles: Roles) -> ForeignCodes:
    return ForeignCodes(
        store=ForeignStore(ports.database),
        recognitions=ports.recognitions,
        authority=ports.registry,
        issuers=ports.issuers,
        roles=roles,
        clock=ports.clock,
    )


def _scans(ports: Ports, roles: Roles) -> Scans:
    return Scans(
        store=ScanStore(ports.database),
        batches=BatchStore(ports.database),
        issuers=ports.issuers,
        roles=roles,
        policies=CitedPolicies(ports.recognitions, ports.registry),
        clock=ports.clock,
    )


def _scan_views(ports: Ports, roles: Roles) -> ScanViews:
    return ScanViews(
        store=DayKeyStore(ports.database),
        records=RecordStore(ports.database),
        scans=_scans(ports, roles),
        keys=ports.health_keys,
        roles=roles,
        policies=CitedPolicies(ports.recognitions, ports.registry),
        clock=ports.clock,
    )


def _scan_counts(ports: Ports, roles: Roles) -> ScanCounts:
    return ScanCounts(ScanCountStore(ports.database), ports.issuers, roles, ports.clock)


def _appeals(ports: Ports, roles: Roles) -> Appeals:
    return Appeals(
        store=AppealStore(ports.database),
        scans=ScanStore(ports.database),
        passes=PassStore(ports.database),
        roles=roles,
        issuers=ports.issuers,
        policies=CitedPolicies(ports.recognitions, ports.registry),
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _custody(ports: Ports, roles: Roles) -> Custody:
    store, clock = TripStore(ports.database), ports.clock
    people = CustodyPeople(ports.health_keys, clock)
    policies = CitedPolicies(ports.recognitions, ports.registry)
    places = CustodyPlaces(PlaceStore(ports.database), ports.issuers, roles, clock)
    exemptions = Exemptions(
        store=ExemptionStore(ports.database),
        people=people,
        policies=policies,
        issuers=ports.issuers,
        roles=roles,
        clock=clock,
    )
    reader = TripReader(store, BatchStore(ports.database), roles, clock)
    asked = AlertStore(ports.database)
    alerts = CustodyAlerts(asked, store, roles, clock, ports.randomness)
    admissions = Admissions(ScanStore(ports.database))
    kept = TripPorts(
        store=store,
        alerts=asked,
        reader=reader,
        places=places,
        exemptions=exemptions,
        admissions=admissions,
        people=people,
        policies=policies,
        issuers=ports.issuers,
        roles=roles,
    )
    trips = Trips(kept, clock, ports.randomness)
    own = OwnViews(exemptions, reader, alerts, clock)
    return Custody(places, exemptions, trips, reader, alerts, own)


def _decisions(ports: Ports, roles: Roles) -> Decisions:
    records = RecordStore(ports.database)
    return Decisions(records, ports.issuers, roles, ports.clock, ports.randomness)


def _change_sets(
    ports: Ports, roles: Roles, at_head: AtHead, people: tuple[SecondPerson, Decisions]
) -> ChangeSets:
    second_person, decisions = people
    return ChangeSets(
        store=ChangeSetStore(ports.database),
        licences=SelectionStore(ports.database),
        entries=at_head,
        issuers=ports.issuers,
        roles=roles,
        catalogue=ports.catalogue,
        second_person=second_person,
        decisions=decisions,
        live=ports.live,
        ledger=ports.ledger,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _statuses(
    ports: Ports, roles: Roles, at_head: AtHead, people: tuple[SecondPerson, Decisions]
) -> Statuses:
    second_person, decisions = people
    return Statuses(
        licences=LicenceStore(ports.database),
        changes=ChangeStore(ports.database),
        entries=at_head,
        issuers=ports.issuers,
        roles=roles,
        decisions=decisions,
        catalogue=ports.catalogue,
        second_person=second_person,
        ledger=ports.ledger,
        clock=ports.clock,
        randomness=ports.randomness,
    )
