"""The composition root: every part of the service, built once, each when it is first asked for."""

import os
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from api.basis import Basis
from api.builder import PROGRAM, key_of, make_builder
from api.services.anchoring import Anchoring, Ripeness, Sizing
from api.services.at_head import AtHead
from api.services.bid_replies import BidReplies
from api.services.bid_uploads import ExpiredUploads
from api.services.builders import BuilderProcesses, Builders, OwnBuilder
from api.services.bulk import Bulk
from api.services.composition import DeploymentView, Ports, Services, compose
from api.services.custody_alerts import CustodyAlerts
from api.services.decisions import DecisionWriter, LateDecisions
from api.services.dispatch import Dispatch
from api.services.health_allow import AllowListing
from api.services.health_erasing import Erasable, Erasing
from api.services.health_retention import Retention
from api.services.housekeeping import Housekeeping
from api.services.lists import ListSigning
from api.services.mailboxes import MailboxAnchoring, OwnMailboxes
from api.services.opening_desk import OpeningDesk
from api.services.opening_job import OpeningJob
from api.services.progress import Proofs
from api.services.projection import Projecting
from api.services.relay_outcomes import RelayOutcomes
from api.services.replica_healing import ReplicaHealing
from api.services.replica_watch import ReplicaCounts, ReplicaWatch
from api.services.running import MOST_BATCH_ROWS
from api.services.running import Ports as RunningPorts
from api.services.second_tries import SecondTries
from api.services.sending import Sending
from api.services.sign_ins import Roles
from api.services.supersession import Lapse, Supersession
from api.services.tender_duties import TenderDuties
from api.services.tender_papers import TenderPapers
from api.services.unplaced_uploads import UnplacedUploads
from api.services.worker import Step, Worker
from api.signer.assembly import Choices, open_signer
from api.signer.desk import Clocks
from api.signer.remote import RemoteKeys
from api.signer.server import SignerServer
from api.store.activity import Activity
from api.store.batches import BatchStore
from api.store.bid_messages import BidMessageStore
from api.store.bid_uploads import BidUploadStore
from api.store.blob_replicas import ReplicaStore
from api.store.bulk import BulkStore
from api.store.changes import ChangeStore
from api.store.custody_alerts import AlertStore
from api.store.custody_exemptions import ExemptionStore
from api.store.custody_trips import TripStore
from api.store.health_day_keys import DayKeyStore
from api.store.health_passes import PassStore
from api.store.health_scans import ScanStore
from api.store.health_segments import SegmentStore
from api.store.idempotency import IdempotencyStore
from api.store.indices import IndexStore
from api.store.jobs import JobStore
from api.store.licences import LicenceStore
from api.store.links import LinkStore
from api.store.lists import ListStore
from api.store.mailboxes import MailboxStore
from api.store.openings import OpeningStore
from api.store.outbox import SqlOutbox
from api.store.packs import PackStore
from api.store.projection import SqlProjection
from api.store.recognitions import RecognitionStore
from api.store.sign_ins import SignInStore
from api.store.standing_orders import StandingOrders
from api.store.tender_duties import DutyStore
from api.store.tender_filings import FilingStore
from api.store.tender_papers import TenderPaperStore
from api.store.tenders import TenderStore
from api.store.turns import TurnStore
from ledger.chain.client import LedgerClient
from ledger.chain.fees import FeePolicy
from ledger.chain.follower import Follower
from ledger.chain.lane import Limits
from ledger.chain.sender import Sender
from ledger.licences.catalogue import load_catalogue
from ledger.values import LedgerRef, RecordKind

if TYPE_CHECKING:
    from api.http.limits import Allowances
    from api.http.verifiers import Verifiers


VERIFIERS = 2
"""Enough to keep one server busy: a question costs it two thirds of what it costs a verifier."""
LOOK_SECONDS = 0.05
"""Longest pause between looks for a job: one small question each (proposed)."""


class Parts(Basis):
    """Everything that is built once, each when it is first asked for."""

    def services(self) -> Services:
        """Return what HTTP calls."""
        deployment = self.deployment
        shown = DeploymentView(
            deployment.chain_id, deployment.addresses, deployment.block, deployment.block_hash
        )
        ports = Ports(
            database=self.database,
            registry=self.registry,
            ledger=deployment.ledger,
            deployment=shown,
            live=LedgerClient(
                self.node.having(self.known), deployment, asks_finalized=self.asks_finalized
            ),
            issuers=self.issuers,
            health_keys=self.health_keys,
            blobs=self.blobs,
            most_blob_bytes=self.settings.blob_bytes,
            recognitions=RecognitionStore(self.database),
            sender=self.sender_address,
            catalogue=load_catalogue(),
            policy=self.policy,
            base_url=self.settings.base_url,
            ocds_prefix=self.settings.ocds_prefix,
            clock=self.clock,
            steady=time.monotonic,
            randomness=self.randomness,
            gate_bundle_seconds=self.settings.gate_bundle_seconds,
            trust_list_max_drop=self.settings.trust_list_max_drop,
        )
        return compose(ports)

    def verifiers(self) -> "Verifiers":
        """Return the processes that verify beside the one that serves, not yet started."""
        from api import verifier  # noqa: PLC0415  # as with `allowances`
        from api.http.verifiers import Verifiers  # noqa: PLC0415  # as above

        chosen = self.settings.verifiers
        enough = VERIFIERS if (os.cpu_count() or 1) > 1 else 0
        count = enough if chosen is None else chosen
        brief = verifier.Brief(self.settings.database_url, self.deployment.ledger, self.policy)
        return Verifiers(count, verifier.PROGRAM, brief)

    def allowances(self) -> "Allowances":
        """Return how often one may ask this process."""
        from api.http.limits import Allowances, Rates  # noqa: PLC0415  # the framework is for `serve` alone: 20 MB

        settings = self.settings
        return Allowances(
            Rates(
                address=settings.requests_per_address,
                stranger=settings.requests_per_stranger,
                account=settings.requests_per_account,
                burst_seconds=settings.burst_seconds,
            )
        )

    def worker(self, stop: threading.Event) -> Worker:
        """Return the background loop, in the order in which a licence passes its steps."""
        projecting = self._projecting()
        anchoring = self._anchoring()
        sending = self._sending(projecting)
        licences, changes = LicenceStore(self.database), ChangeStore(self.database)
        supersession = Supersession(changes, licences, self.clock)
        lapse = Lapse(changes, licences, self.registry, self.clock)
        packs = PackStore(self.database)
        dispatch = self._dispatch(packs)
        decisions = self._late_decisions(changes)
        lists = self._list_signing()
        sign_ins, links = SignInStore(self.database), LinkStore(self.database)
        answers = IdempotencyStore(self.database)
        housekeeping = Housekeeping(sign_ins, links, answers, JobStore(self.database), self.clock)
        allow, retention = self._allow_listing(), Retention(PassStore(self.database), self.clock)
        erasing, custody_alerts = self._erasing(), self._custody_alerts()
        uploads = ExpiredUploads(BidUploadStore(self.database), self.blobs, self.clock)
        unplaced = self._unplaced_uploads()
        stores = BidUploadStore(self.database), TenderPaperStore(self.database)
        healing = ReplicaHealing(*stores, self.blobs, self.clock)
        watch = self._replica_watch()
        openings = self._openings()
        relayed = self._relay_outcomes()
        mailboxes = self._mailboxes()
        refused = BatchStore(self.database), packs, MailboxStore(self.database)
        second_tries = SecondTries(refused, self.clock)
        # What polls: the chain, which writes nothing here, and files, some at a time. The sender
        # asks a node too, but waits there for blocks, which the projection writes, and seconds.
        steps = [
            Step("projection", lambda _flush: projecting.step(), polls=True),
            Step("mailboxes", lambda flush: mailboxes.step(flush=flush)),
            Step("anchoring", lambda flush: anchoring.step(flush=flush)),
            Step("supersession", lambda _flush: supersession.step()),
            Step("lapse", lambda _flush: lapse.step()),
            Step("dispatch", lambda _flush: dispatch.step()),
            Step("second tries", lambda _flush: second_tries.step()),
            Step("sending", lambda flush: sending.step(flush=flush)),
            Step("projection again", lambda _flush: projecting.step()),
            Step("relay outcomes", lambda _flush: relayed.step()),
            Step("decisions", lambda _flush: decisions.step()),
            Step("lists", lambda flush: lists.step(flush=flush)),
            Step("allow lists", lambda flush: allow.step(flush=flush)),
            Step("custody alerts", lambda _flush: custody_alerts.step()),
            Step("erasing", lambda _flush: erasing.step()),
            Step("housekeeping", lambda _flush: housekeeping.step()),
            Step("openings", lambda _flush: openings.step()),
            Step("expired uploads", lambda _flush: uploads.step()),
            Step("unplaced uploads", lambda _flush: unplaced.step()),
            Step("replicas", lambda _flush: healing.step(), polls=True),
            Step("replica watch", lambda _flush: watch.step()),
            Step("retention", lambda _flush: retention.step()),
        ]
        return Worker(
            steps,
            poll_seconds=self.settings.poll_seconds,
            state=self._state,
            monotonic=time.monotonic,
            wait=stop.wait,
        )

    def signer(self, path: Path | None) -> SignerServer:
        """Return the signer, listening at `path`, or where the setting says."""
        it = self.settings
        choices = Choices(it.base_url, it.signer_limits, it.signer_trail, it.signer_uids)
        clocks = Clocks(self.clock, time.monotonic)
        return open_signer(path or it.signer_socket, self.held, choices, clocks)

    def runner(self, stop: threading.Event) -> Worker:
        """Return the loop that runs jobs, one after another."""
        roles = Roles(AtHead(self.registry))
        ports = RunningPorts(
            turns=TurnStore(self.database),
            jobs=JobStore(self.database),
            bulk=BulkStore(self.database),
            licences=LicenceStore(self.database),
            indices=IndexStore(self.database),
            issuers=self.issuers,
            roles=roles,
            catalogue=load_catalogue(),
            intents=self.intents,
            builders=self.builders,
            clock=self.clock,
            randomness=self.randomness,
            is_stopping=stop.is_set,
            batch_rows=min(self.settings.batch_size, MOST_BATCH_ROWS),
        )
        bulk = Bulk(ports)
        return Worker(
            [Step("jobs", lambda _flush: bulk.step())],
            poll_seconds=min(self.settings.poll_seconds, LOOK_SECONDS),
            state=self._state,
            monotonic=time.monotonic,
            wait=stop.wait,
        )

    @cached_property
    def builders(self) -> Builders:
        """Who checks and signs the rows of jobs: a process a core, or this one for a token."""
        if self.settings.signer is None and self.settings.pkcs11_module is not None:
            return OwnBuilder(make_builder)
        processes = BuilderProcesses(os.cpu_count() or 1, PROGRAM, key_of)
        processes.start()
        return processes

    def close(self) -> None:
        """Close what is open towards database and nodes."""
        if (builders := self.__dict__.get("builders")) is not None:
            builders.close()
        if "activity" in self.__dict__:
            self.activity.close()
        if "database" in self.__dict__:
            self.database.close()
        if "node" in self.__dict__:
            self.node.close()
        if isinstance(keys := self.__dict__.get("keys"), RemoteKeys):
            keys.close()

    @cached_property
    def activity(self) -> Activity:
        """Tells whether anything was written."""
        return Activity(self.database)

    def _state(self) -> object:
        """Return what the steps go by: the second, and what is written."""
        return self.clock(), self.activity.mark()

    def _projecting(self) -> Projecting:
        projection = SqlProjection(self.database)
        follower = Follower(self.node, self.deployment, projection)
        asks_finalized = self.asks_finalized
        return Projecting(follower, projection, self.clock, asks_finalized=asks_finalized)

    def _anchoring(self) -> Anchoring:
        return Anchoring(
            BatchStore(self.database),
            self.intents,
            self.clock,
            self.randomness,
            self._sizing(),
        )

    def _mailboxes(self) -> MailboxAnchoring:
        at_head = AtHead(self.registry)
        return MailboxAnchoring(
            store=MailboxStore(self.database),
            own=OwnMailboxes(TenderStore(self.database), at_head, self.sender_address),
            intents=self.intents,
            clock=self.clock,
            randomness=self.randomness,
            seconds=self.settings.mailbox_seconds,
        )

    def _allow_listing(self) -> AllowListing:
        return AllowListing(
            segments=SegmentStore(self.database),
            chain=self.registry,
            signers=self.issuers,
            clock=self.clock,
            confirmations=self.settings.confirmations,
            segment_seconds=self.settings.allow_segment_seconds,
        )

    def _unplaced_uploads(self) -> UnplacedUploads:
        return UnplacedUploads(
            uploads=BidUploadStore(self.database),
            tenders=TenderStore(self.database),
            blobs=self.blobs,
            head=self.registry.head,
            clock=self.clock,
        )

    def _replica_watch(self) -> ReplicaWatch:
        duties = TenderDuties(
            DutyStore(self.database),
            TenderStore(self.database),
            FilingStore(self.database),
            AtHead(self.registry),
            Roles(AtHead(self.registry)),
        )
        store = ReplicaStore(self.database)
        counts = ReplicaCounts(self.blobs, store, duties, self.clock)
        return ReplicaWatch(self.blobs, store, counts, self.clock)

    def _openings(self) -> OpeningJob:
        at = self.deployment.tender_contracts
        place = at.ledger if at is not None else self.deployment.record_ledger
        desk = OpeningDesk(
            blobs=self.blobs,
            projected=AtHead(self.registry),
            proofs=Proofs(BatchStore(self.database), self.deployment.ledger),
            policy=self.policy,
            catalogue=load_catalogue(),
            ledger=LedgerRef(self.deployment.chain_id, place),
            in_force=RecognitionStore(self.database).in_force_at,
        )
        tenders = TenderStore(self.database)
        papers = TenderPapers(
            store=TenderPaperStore(self.database),
            tenders=tenders,
            filings=FilingStore(self.database),
            blobs=self.blobs,
            at_head=AtHead(self.registry),
            clock=self.clock,
        )
        openings = OpeningStore(self.database)
        return OpeningJob(tenders, openings, desk, papers, self.registry.head, self.clock)

    def _sizing(self) -> Sizing:
        it = self.settings
        scans = Ripeness(it.scan_batch_size, it.scan_batch_seconds)
        others = {RecordKind.HEALTH_SCAN: scans}
        return Sizing(it.batch_size, it.batch_seconds, it.health_pad_to, others)

    def _erasing(self) -> Erasing:
        stores = Erasable(
            scans=ScanStore(self.database),
            keys=DayKeyStore(self.database),
            trips=TripStore(self.database),
            exemptions=ExemptionStore(self.database),
        )
        return Erasing(stores, self.registry, self.issuers, self.clock, self.randomness)

    def _custody_alerts(self) -> CustodyAlerts:
        return CustodyAlerts(
            AlertStore(self.database),
            TripStore(self.database),
            Roles(AtHead(self.registry)),
            self.clock,
            self.randomness,
        )

    def _dispatch(self, packs: PackStore) -> Dispatch:
        return Dispatch(
            packs=packs,
            registry=self.registry,
            intents=self.intents,
            clock=self.clock,
            confirmations=self.settings.confirmations,
        )

    def _late_decisions(self, changes: ChangeStore) -> LateDecisions:
        return LateDecisions(changes, DecisionWriter(self.issuers, self.clock, self.randomness))

    def _sending(self, projecting: Projecting) -> Sending:
        outbox = SqlOutbox(self.database)
        sender = Sender(
            self.node,
            self.deployment,
            self.account,
            outbox,
            FeePolicy(),
            self.clock,
            limits=Limits(confirmations=self.settings.confirmations),
            known=self.known,
        )
        place = (self.deployment.chain_id, self.sender_address)
        standing = StandingOrders(self.database, outbox)
        return Sending(
            sender,
            waiting=lambda: len(outbox.waiting(*place, 1)),
            was_at_head=projecting.was_at_head,
            take_in_standing=lambda: standing.take_in(*place),
        )

    def _relay_outcomes(self) -> RelayOutcomes:
        deployment = self.deployment
        tenders = deployment.tender_contracts
        return RelayOutcomes(
            BidMessageStore(self.database),
            TenderStore(self.database),
            self.registry,
            BidReplies(self.issuers, self.clock, self.randomness),
            None if tenders is None else LedgerRef(deployment.chain_id, tenders.ledger),
            self.settings.confirmations,
        )

    def _list_signing(self) -> ListSigning:
        return ListSigning(
            tokens=ListStore(self.database),
            indices=IndexStore(self.database),
            registry=self.registry,
            signers=self.issuers,
            ledger=self.deployment.ledger,
            base_url=self.settings.base_url,
            clock=self.clock,
        )
