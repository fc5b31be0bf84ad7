"""A tender's events as facts to publish: one picture for each event that the public is told of.

Pure: from events in chain order and the papers whose digests they carry, so that whoever has both
publishes the same. Who bids comes from opening records alone, which are of opened lots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from ledger.errors import Unavailable
from ledger.events import AgencyAdmitted, AgencyRenamed
from ledger.events import Place as EventPlace
from ledger.tenders import documents, events
from ledger.tenders.documents import Documents
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import PolicyRegistered, TenderEvent
from ledger.tenders.history import HistoryBroken, after, published
from ledger.tenders.ids import TenderId
from ledger.tenders.ocds.checks.finding import Known
from ledger.tenders.ocds.course import Outcomes
from ledger.tenders.ocds.facts import (
    AmendmentFacts,
    AnchorFacts,
    Change,
    DocumentFacts,
    IntegrityScheme,
    OpeningFacts,
    OrganisationFacts,
    Period,
    Place,
    SuspensionFacts,
    TenderFacts,
)
from ledger.tenders.ocds.lots import lot_facts, submission_end
from ledger.tenders.ocds.readings import Reading, read_record
from ledger.tenders.state import TenderState
from ledger.values import Address, AgencyId, LedgerRef, Root

Happened = Sequence[TenderEvent | PolicyRegistered]
CHANGES: Final[Mapping[type[TenderEvent], Change]] = MappingProxyType(
    {
        events.TenderPublished: Change.PUBLISHED,
        events.TenderAmended: Change.AMENDED,
        events.QuestionAnswered: Change.ANSWERED,
        events.TenderHeld: Change.SUSPENDED,
        events.LotHeld: Change.SUSPENDED,
        events.TenderResumed: Change.RESUMED,
        events.LotResumed: Change.RESUMED,
        events.LotFailed: Change.FAILED,
        events.OpeningRecorded: Change.OPENED,
        events.ReportRecorded: Change.REPORTED,
        events.AllRejected: Change.REPORTED,
        events.NoticePublished: Change.NOTICED,
        events.ReviewOrdered: Change.REPORTED,
        events.Awarded: Change.AWARDED,
        events.Contracted: Change.CONTRACTED,
        events.TenderTerminated: Change.TERMINATED,
        events.LotTerminated: Change.TERMINATED,
        events.TenderVoided: Change.VOIDED,
        events.LotVoided: Change.VOIDED,
    }
)
"""Events that a release is published for. Others are of bidders and trustees, or follow anyway."""
PAPERS: Final[Mapping[type[TenderEvent], tuple[str, str]]] = MappingProxyType(
    {
        events.OpeningRecorded: ("openingRecord", "开标记录"),
        events.ReportRecorded: ("evaluationReports", "评标报告"),
        events.AllRejected: ("evaluationReports", "评标报告"),
        events.NoticePublished: ("awardNotice", "中标候选人公示"),
        events.Awarded: ("awardNotice", "中标通知书"),
        events.Contracted: ("contractSigned", "合同"),
    }
)
"""Papers whose digests stand in events: OCDS's code and the title."""
_AWARD_EVENTS: Final = (
    *(events.ReportRecorded, events.AllRejected, events.NoticePublished),
    *(events.Awarded, events.Contracted),
)
_ORDERED: Final = "行政监督部门责令暂停"
_OBJECTED: Final = "因异议暂停"


@dataclass(eq=False)
class PaperMissing(Unavailable):
    """A paper whose digest is on chain is not at hand: nothing can be published without it."""

    sha256: bytes


@dataclass(frozen=True, slots=True)
class Sources:
    """What stands beside a tender's events.

    `ledger` is the TenderLedger, `awards` the AwardLedger; `papers` holds papers' bytes by SHA-256,
    as many as are at hand; `papers_url` is where each is found, by 0x and its digest; `replaces`
    the ocid of the procedure that this one follows. `names` is what the ledger told of the buyer's
    name, in chain order: each release has the one of its time, or the buyer's where none is told.
    """

    ledger: LedgerRef
    awards: Address
    buyer: OrganisationFacts
    papers: Mapping[bytes, bytes]
    papers_url: str | None = None
    replaces: str | None = None
    names: Sequence[AgencyAdmitted | AgencyRenamed] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One change: what is public after it, and what its release is held against."""

    facts: TenderFacts
    known: Known


def digests_in(happened: Happened, tender: TenderId) -> tuple[bytes, ...]:
    """Return the digests of the papers that a tender's publications may need, each once."""
    found: dict[bytes, None] = {}
    for event in happened:
        if isinstance(event, PolicyRegistered) or event.tender_id != tender:
            continue
        for digest in _digests_of(event):
            found[digest] = None
    return tuple(found)


def told(happened: Happened, tender: TenderId, sources: Sources) -> tuple[Told, ...]:
    """Return the changes of a tender, oldest first.

    Raises:
        TenderUnknown, TenderPolicyUnknown, HistoryBroken: for what the events do not tell of.
        PaperMissing: when documents, an opening record or a report are not at hand.
        RecordUnreadable, DocumentsInvalid, FormInvalid: for papers that are of no such form.
    """
    registered = (each for each in happened if isinstance(each, PolicyRegistered))
    policies = {each.policy: each.terms for each in registered}
    walk: _Walk | None = None
    found: list[Told] = []
    for event in happened:
        if isinstance(event, PolicyRegistered) or event.tender_id != tender:
            continue
        if isinstance(event, events.TenderPublished):
            walk = _Walk(sources, published(event, policies))
        elif walk is None:
            raise TenderUnknown(tender)
        else:
            walk.state = after(walk.state, event)
        walk.take(event)
        if type(event) in CHANGES:
            found.append(walk.told(event))
    if walk is None:
        raise TenderUnknown(tender)
    return tuple(found)


class _Walk:
    """A tender as far as its events were read, with all that is public of it."""

    def __init__(self, sources: Sources, state: TenderState) -> None:
        self.state = state
        self._sources = sources
        self._agency: AgencyId = state.announcement.agency
        self._manifests: list[Documents] = []
        self._documents: list[DocumentFacts] = []
        self._amendments: list[AmendmentFacts] = []
        self._suspensions: list[SuspensionFacts] = []
        self._opening: OpeningFacts | None = None
        self._outcomes = Outcomes()
        self._anchored: dict[Root, int] = {}

    def take(self, event: TenderEvent) -> None:
        """Take one more event in; the state is already that after it."""
        self._take_documents(event)
        self._take_suspension(event)
        self._take_paper(event)
        report = self._report_of(event)
        try:
            self._outcomes.take(event, self.state, self._record_of(event), report)
        except LookupError as exc:  # a notice without its report, an award without its notice
            raise HistoryBroken(event.place.block, event.place.log_index) from exc

    def told(self, event: TenderEvent) -> Told:
        """Return the tender after the event."""
        at, manifest = event.place.block_time, self._manifests[-1]
        titles = {each["lot"]: each["title"] for each in manifest.content["lots"]}
        lots = lot_facts(self.state, at, titles)
        end = submission_end(self.state, at)
        facts = TenderFacts(
            project=manifest.content["number"],
            change=self._change(event),
            at=at,
            place=Place(event.place.block, event.place.log_index),
            title=manifest.content["title"],
            description=manifest.content["title"],
            currency=manifest.content["currency"],
            buyer=self._sources.buyer.id,
            organisations=self._organisations(event.place),
            lots=lots,
            submission=Period(self.state.published_at, end),
            ceiling=self._outcomes.ceiling,
            criteria=_criteria(manifest),
            documents=tuple(self._documents),
            amendments=tuple(self._amendments),
            suspensions=tuple(self._suspensions),
            opening=self._opening,
            bids=self._outcomes.bids(self.state),
            awards=self._outcomes.awards(titles),
            contracts=self._outcomes.contracts(titles),
            replaces=self._sources.replaces,
        )
        known = Known(
            lots=lots,
            submission_end=end,
            currency=facts.currency,
            contents=self._contents(),
            anchored_at=dict(self._anchored),
            dropped_awards=frozenset(each.id for each in facts.awards if each.is_dropped),
        )
        return Told(facts, known)

    def _change(self, event: TenderEvent) -> Change:
        if isinstance(event, events.OpeningRecorded) and not event.opened:
            return Change.FAILED
        return CHANGES[type(event)]

    def _take_documents(self, event: TenderEvent) -> None:
        if isinstance(event, events.TenderPublished):
            digest, version = event.announcement.docs, 1
        elif isinstance(event, events.TenderAmended):
            digest, version = event.docs, event.version
        else:
            return
        self._manifests.append(documents.read(self._paper(digest)))
        anchored = self._anchored_document(event, digest, f"docs-{version}", "biddingDocuments")
        files = {each.id: each for each in (*self._documents, anchored, *self._files(event))}
        self._documents = list(files.values())
        if version > 1:
            at, affects = event.place.block_time, getattr(event, "affects_bids", False)
            rationale = f"招标文件第 {version} 版" + ("，影响投标文件编制" if affects else "")
            self._amendments.append(AmendmentFacts(str(version), at, rationale))

    def _files(self, event: TenderEvent) -> list[DocumentFacts]:
        """The files that the newest manifest names; what proves them is the manifest's anchor."""
        found = []
        for each in self._manifests[-1].content["files"]:
            digest = bytes.fromhex(each["sha256"].removeprefix("0x"))
            found.append(
                DocumentFacts(
                    id=f"file-{digest.hex()}",
                    type="biddingDocuments",
                    title=each["path"],
                    published_at=event.place.block_time,
                    digests={IntegrityScheme.SHA256: digest},
                    url=self._url(digest),
                    media_type=each["mediaType"],
                )
            )
        return found

    def _take_paper(self, event: TenderEvent) -> None:
        if type(event) not in PAPERS:
            return
        (digest,) = _digests_of(event)
        kind, title = PAPERS[type(event)]
        name = f"{kind}-{event.place.block}-{event.place.log_index}"
        self._documents.append(self._anchored_document(event, digest, name, kind, title))
        if isinstance(event, events.OpeningRecorded) and event.opened:
            self._opening = OpeningFacts(event.place.block_time, digest)

    def _anchored_document(
        self, event: TenderEvent, digest: bytes, id_: str, kind: str, title: str = "招标文件"
    ) -> DocumentFacts:
        at, ledger = event.place, self._sources.ledger
        if isinstance(event, _AWARD_EVENTS):
            ledger = LedgerRef(ledger.chain_id, self._sources.awards)
        self._anchored.setdefault(Root(digest), at.block_time)
        return DocumentFacts(
            id=id_,
            type=kind,
            title=title,
            published_at=at.block_time,
            digests={IntegrityScheme.SHA256: digest},
            url=self._url(digest),
            anchor=AnchorFacts(ledger, self._agency, at.transaction, at.block, at.block_time),
        )

    def _take_suspension(self, event: TenderEvent) -> None:
        lot = getattr(event, "lot", None)
        scope = "tender" if lot is None else f"lot-{lot}"
        running = next(
            (
                each
                for each in self._suspensions
                if each.end is None and each.id.startswith(f"{scope}-")
            ),
            None,
        )
        if isinstance(event, events.TenderHeld | events.LotHeld) and running is None:
            why = _OBJECTED if any(event.objection) else _ORDERED
            id_ = f"{scope}-{len(self._suspensions) + 1}"
            self._suspensions.append(SuspensionFacts(id_, event.place.block_time, None, why))
        elif isinstance(event, events.TenderResumed | events.LotResumed) and running is not None:
            over = SuspensionFacts(
                running.id, running.start, event.place.block_time, running.rationale
            )
            self._suspensions[self._suspensions.index(running)] = over

    def _organisations(self, at: EventPlace) -> tuple[OrganisationFacts, ...]:
        buyer = _named(self._sources, at)
        others = (each for each in self._outcomes.organisations() if each.id != buyer.id)
        return (buyer, *others)

    def _record_of(self, event: TenderEvent) -> Reading | None:
        if not isinstance(event, events.OpeningRecorded) or not event.opened:
            return None
        return read_record(self._paper(event.digest), event.digest)

    def _report_of(self, event: TenderEvent) -> bytes | None:
        if not isinstance(event, events.ReportRecorded | events.AllRejected):
            return None
        return self._paper(event.digest)

    def _paper(self, digest: bytes) -> bytes:
        found = self._sources.papers.get(digest)
        if found is None:
            raise PaperMissing(digest)
        return found

    def _url(self, digest: bytes) -> str | None:
        """Where a paper is found, at hand or not: whoever publishes says the same."""
        at = self._sources.papers_url
        return None if at is None else f"{at}/0x{digest.hex()}"

    def _contents(self) -> dict[str, bytes]:
        """The bytes of the published documents that are at hand, by their ids."""
        digests = {each.id: each.digests[IntegrityScheme.SHA256] for each in self._documents}
        papers = self._sources.papers
        return {id_: papers[digest] for id_, digest in digests.items() if digest in papers}


def _named(sources: Sources, at: EventPlace) -> OrganisationFacts:
    """The buyer by the name that it had then: a later one must not change what was released."""
    moment = (at.block, at.log_index)
    told = [each for each in sources.names if (each.place.block, each.place.log_index) < moment]
    return replace(sources.buyer, name=told[-1].name) if told else sources.buyer


def _criteria(manifest: Documents) -> str | None:
    criteria = manifest.content.get("criteria")
    if criteria is None:
        return None
    return "ratedCriteria" if criteria.get("points") else "priceOnly"


def _digests_of(event: TenderEvent) -> tuple[bytes, ...]:
    """The digests of public papers in an event."""
    if isinstance(event, events.TenderPublished):
        return (event.announcement.docs,)
    if isinstance(event, events.TenderAmended):
        return (event.docs,)
    return (event.digest,) if type(event) in PAPERS else ()  # type: ignore[attr-defined]  # each has one
