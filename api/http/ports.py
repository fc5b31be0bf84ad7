"""What the routes are given: the services, and who asks."""

from typing import Annotated, Any

from fastapi import Depends, Request

from api.http.metrics import Metrics
from api.http.pages import Pages
from api.services.agreements import Agreements
from api.services.bid_uploads import BidUploads
from api.services.bundles import Bundles
from api.services.change_sets import ChangeSets
from api.services.composition import Custody, DeploymentView
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
from api.services.opening_cosignatures import OpeningCoSignatures
from api.services.openings import Openings
from api.services.policies import Policies
from api.services.publications import Publications
from api.services.registry import Directory
from api.services.relaying import Relay
from api.services.sign_ins import SignIns
from api.services.status import Statuses
from api.services.tender_archives import TenderArchives
from api.services.tender_duties import TenderDuties
from api.services.tender_filings import Filings
from api.services.tender_papers import TenderPapers
from api.services.tender_publications import TenderPublications
from api.services.tenders import Tenders
from api.services.verification import Verifications
from ledger.licences.catalogue import Catalogue


def _given(name: str) -> Any:
    async def give(request: Request) -> Any:  # async: no thread is wanted for a look-up
        return getattr(request.app.state.services, name)

    return Depends(give)


async def _metrics(request: Request) -> Any:
    return request.app.state.metrics


async def _pages(request: Request) -> Any:
    return request.app.state.pages


GivenIssuance = Annotated[Issuance, _given("issuance")]
GivenJobs = Annotated[Jobs, _given("jobs")]
GivenRepeats = Annotated[Repeats, _given("repeats")]
GivenLicences = Annotated[Licences, _given("licences")]
GivenChangeSets = Annotated[ChangeSets, _given("change_sets")]
GivenStatuses = Annotated[Statuses, _given("statuses")]
GivenDecisions = Annotated[Decisions, _given("decisions")]
GivenHistories = Annotated[Histories, _given("histories")]
GivenVerifications = Annotated[Verifications, _given("verifications")]
GivenDirectory = Annotated[Directory, _given("directory")]
GivenAgreements = Annotated[Agreements, _given("agreements")]
GivenPolicies = Annotated[Policies, _given("policies")]
GivenCatalogue = Annotated[Catalogue, _given("catalogue")]
GivenDeployment = Annotated[DeploymentView, _given("deployment")]
GivenSignIns = Annotated[SignIns, _given("sign_ins")]
GivenLinks = Annotated[Links, _given("links")]
GivenLists = Annotated[StatusLists, _given("lists")]
GivenBundles = Annotated[Bundles, _given("bundles")]
GivenMetrics = Annotated[Metrics, Depends(_metrics)]
GivenHealth = Annotated[Health, _given("health")]
GivenForeignCodes = Annotated[ForeignCodes, _given("foreign_codes")]
GivenGateBundles = Annotated[GateBundles, _given("gate_bundles")]
GivenAllowLists = Annotated[AllowLists, _given("allow_lists")]
GivenConversions = Annotated[Conversions, _given("conversions")]
GivenPasses = Annotated[Passes, _given("passes")]
GivenMoves = Annotated[Moves, _given("moves")]
GivenPassStatuses = Annotated[PassStatuses, _given("pass_statuses")]
GivenTransfers = Annotated[Transfers, _given("transfers")]
GivenScans = Annotated[Scans, _given("scans")]
GivenAppeals = Annotated[Appeals, _given("appeals")]
GivenScanCounts = Annotated[ScanCounts, _given("scan_counts")]
GivenScanViews = Annotated[ScanViews, _given("scan_views")]
GivenBidUploads = Annotated[BidUploads, _given("bid_uploads")]
GivenRelay = Annotated[Relay, _given("relay")]
GivenMailboxes = Annotated[Mailboxes, _given("mailboxes")]
GivenOpenings = Annotated[Openings, _given("openings")]
GivenOpeningCoSignatures = Annotated[OpeningCoSignatures, _given("opening_cosignatures")]
GivenTenders = Annotated[Tenders, _given("tenders")]
GivenFilings = Annotated[Filings, _given("filings")]
GivenTenderDuties = Annotated[TenderDuties, _given("tender_duties")]
GivenTenderPapers = Annotated[TenderPapers, _given("tender_papers")]
GivenTenderArchives = Annotated[TenderArchives, _given("tender_archives")]
GivenTenderPublications = Annotated[TenderPublications, _given("tender_publications")]
GivenPublications = Annotated[Publications, _given("publications")]
GivenCustody = Annotated[Custody, _given("custody")]
GivenPages = Annotated[Pages, Depends(_pages)]
