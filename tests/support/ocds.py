"""A tender whose every state can be published: plainly sample organisations, real proofs."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from ledger.merkle import Tree
from ledger.tenders.ocds.checks.finding import Known
from ledger.tenders.ocds.extension import extension_files, url_of
from ledger.tenders.ocds.facts import (
    AmendmentFacts,
    AnchorFacts,
    AwardFacts,
    BidFacts,
    BidOutcome,
    Change,
    ContractFacts,
    DocumentFacts,
    Inclusion,
    IntegrityScheme,
    LotFacts,
    LotState,
    Money,
    OpeningFacts,
    OrganisationFacts,
    Period,
    Place,
    PlanningFacts,
    SuspensionFacts,
    TenderFacts,
)
from ledger.tenders.ocds.releases import Publication, release
from ledger.values import Address, AgencyId, Digest, LedgerRef

BASE_URL = "https://tenders.example"
PUBLICATION = Publication(
    prefix="ocds-a2b3c4",
    publisher="Sample Trading Centre",
    base_url=BASE_URL,
    extensions=(url_of(BASE_URL),),
)
PUBLISHED = 1_790_000_000
SUBMIT_END = PUBLISHED + 20 * 86_400
OPENED = SUBMIT_END + 7_800
NOTICED = OPENED + 3 * 86_400
AWARDED = NOTICED + 4 * 86_400
SIGNED = AWARDED + 10 * 86_400
CONTENTS = {"docs-1": b"sample tender documents", "opening-1": b"sample opening record"}
TREE = Tree.of([Digest(sha256(content).digest()) for content in CONTENTS.values()])
LEDGER = LedgerRef(31_337, Address("0x" + "aA" * 20))
ORGANISATIONS = tuple(
    OrganisationFacts(f"CN-USCI-{code}", name, "CN-USCI", code)
    for code, name in (
        ("91440000SAMPLE001A", "Sample Buyer"),
        ("91440000SAMPLE002B", "Sample Agent"),
        ("91440000SAMPLE003C", "Sample Supervisor"),
        ("91440000SAMPLE004D", "Sample Builder One"),
        ("91440000SAMPLE005E", "Sample Builder Two"),
        ("91440000SAMPLE006F", "Sample Builder Three"),
    )
)
BUYER, AGENT, SUPERVISOR, ONE, TWO, THREE = (each.id for each in ORGANISATIONS)
CHANGE_TO = {
    LotState.DRAFT: Change.DRAFTED,
    LotState.RECEIVING: Change.PUBLISHED,
    LotState.LISTING: Change.CLOSED,
    LotState.FAILED_FEW: Change.FAILED,
    LotState.DISCLOSURE: Change.CLOSED,
    LotState.RELEASE: Change.CLOSED,
    LotState.FALLBACK: Change.CLOSED,
    LotState.OPENED: Change.OPENED,
    LotState.NOT_OPENED: Change.FAILED,
    LotState.EVALUATED: Change.REPORTED,
    LotState.ALL_REJECTED: Change.REPORTED,
    LotState.NOTICE: Change.NOTICED,
    LotState.AWARDED: Change.AWARDED,
    LotState.CONTRACTED: Change.CONTRACTED,
    LotState.TERMINATED: Change.TERMINATED,
    LotState.VOIDED: Change.VOIDED,
}
WITH_AWARD = {LotState.NOTICE, LotState.AWARDED, LotState.CONTRACTED, LotState.VOIDED}


def document(id_: str = "docs-1", type_: str = "biddingDocuments") -> DocumentFacts:
    content = CONTENTS[id_]
    index = list(CONTENTS).index(id_)
    return DocumentFacts(
        id=id_,
        type=type_,
        title="Sample document",
        published_at=PUBLISHED,
        digests={
            IntegrityScheme.SHA256: sha256(content).digest(),
        },
        url=f"{BASE_URL}/v1/tender-files/{sha256(content).hexdigest()}",
        media_type="application/json",
        language="zh",
        inclusion=Inclusion(TREE.proof(index), TREE.root),
        anchor=AnchorFacts(LEDGER, AgencyId(bytes(32)), b"\x01" * 32, 7, PUBLISHED),
    )


def facts_in(state: LotState) -> TenderFacts:
    """Return a tender of one lot as it stands in a state, with all that is known by then."""
    at = _time_of(state)
    is_opened = LotFacts(0, "", state).is_opened or state is LotState.VOIDED
    documents = [document() if state is not LotState.DRAFT else _unanchored(document())]
    if is_opened:
        documents.append(document("opening-1", "openingRecord"))
    return TenderFacts(
        project="GZ-2026-0001",
        change=CHANGE_TO[state],
        at=at,
        place=None if state is LotState.DRAFT else Place(at // 10, 3),
        title="Sample footbridge",
        description="A footbridge for people who do not exist.",
        currency="CNY",
        buyer=BUYER,
        organisations=ORGANISATIONS,
        lots=(LotFacts(0, "Footbridge", state, was_opened=state is LotState.VOIDED),),
        submission=Period(PUBLISHED, SUBMIT_END),
        agent=AGENT,
        supervisor=SUPERVISOR,
        enquiry=Period(PUBLISHED, SUBMIT_END - 10 * 86_400),
        ceiling=Money("1000000.00", "CNY"),
        category="works",
        criteria="ratedCriteria",
        planning=PlanningFacts("The ferry is full.", Money("1200000.00", "CNY")),
        documents=tuple(documents),
        opening=OpeningFacts(OPENED, sha256(CONTENTS["opening-1"]).digest()) if is_opened else None,
        bids=BIDS,
        awards=(award(),) if state in WITH_AWARD else (),
        contracts=(contract(),) if state is LotState.CONTRACTED else (),
    )


BIDS = (
    BidFacts("bid-1", 0, BidOutcome.VALID, SUBMIT_END - 90, (ONE,), Money("930000.00", "CNY")),
    BidFacts("bid-2", 0, BidOutcome.REJECTED, SUBMIT_END - 80, (TWO,), Money("880000.50", "CNY")),
    BidFacts("bid-3", 0, BidOutcome.VALID, SUBMIT_END - 70, (THREE,), Money("940000.00", "CNY")),
    BidFacts("bid-4", 0, BidOutcome.WITHDRAWN, SUBMIT_END - 60, ()),
    BidFacts("bid-5", 0, BidOutcome.UNDISCLOSED, SUBMIT_END - 50, ()),
)


def award() -> AwardFacts:
    value = Money("930000.00", "CNY")
    return AwardFacts("award-0", 0, "Footbridge", NOTICED, value, (ONE,), ("bid-1",))


def contract(signed_at: int | None = SIGNED) -> ContractFacts:
    value = Money("930000.00", "CNY")
    period = Period(SIGNED, SIGNED + 200 * 86_400)
    return ContractFacts("contract-0", "award-0", "Footbridge", value, signed_at, period)


def amended() -> TenderFacts:
    added = AmendmentFacts("1", PUBLISHED + 86_400, "The span is a metre longer.")
    facts = facts_in(LotState.RECEIVING)
    return replace(
        facts,
        change=Change.AMENDED,
        at=added.at,
        place=Place(added.at // 10, 0),
        amendments=(added,),
        submission=Period(PUBLISHED, SUBMIT_END),
    )


def suspended() -> TenderFacts:
    pause = SuspensionFacts("1", PUBLISHED + 2 * 86_400, None, "An objection was admitted.")
    return replace(
        amended(),
        change=Change.SUSPENDED,
        at=pause.start,
        place=Place(pause.start // 10, 0),
        suspensions=(pause,),
    )


def known_of(facts: TenderFacts) -> Known:
    return Known(
        lots=facts.lots,
        submission_end=facts.submission.end,
        currency=facts.currency,
        contents=CONTENTS,
        anchored_at={TREE.root: PUBLISHED},
    )


def history() -> list[dict[str, Any]]:
    """Return the releases of one tender, from its draft to its contract."""
    steps = [
        facts_in(LotState.DRAFT),
        facts_in(LotState.RECEIVING),
        *(facts_in(state) for state in (LotState.LISTING, LotState.OPENED, LotState.EVALUATED)),
        *(facts_in(state) for state in (LotState.NOTICE, LotState.AWARDED, LotState.CONTRACTED)),
    ]
    return [release(each, PUBLICATION) for each in steps]


def extension_texts(base_url: str = BASE_URL) -> dict[str, str]:
    return {name: content.decode() for name, content in extension_files(base_url).items()}


def _unanchored(found: DocumentFacts) -> DocumentFacts:
    return replace(found, inclusion=None, anchor=None)


def _time_of(state: LotState) -> int:
    times = {
        LotState.DRAFT: PUBLISHED - 86_400,
        LotState.RECEIVING: PUBLISHED,
        LotState.LISTING: SUBMIT_END,
        LotState.FAILED_FEW: SUBMIT_END + 600,
        LotState.DISCLOSURE: SUBMIT_END + 600,
        LotState.RELEASE: SUBMIT_END + 2_400,
        LotState.FALLBACK: SUBMIT_END + 4_200,
        LotState.OPENED: OPENED,
        LotState.NOT_OPENED: OPENED,
        LotState.EVALUATED: NOTICED - 60,
        LotState.ALL_REJECTED: NOTICED - 60,
        LotState.NOTICE: NOTICED,
        LotState.AWARDED: AWARDED,
        LotState.CONTRACTED: SIGNED,
        LotState.TERMINATED: SUBMIT_END - 60,
        LotState.VOIDED: SIGNED + 60,
    }
    return times[state]
