"""From what an outsider holds to a bundle to judge: files opened, papers found by their digests.

Everything is found by what it hashes to; nobody's word is taken for what a file is.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import LedgerError, Refused
from ledger.tenders import documents
from ledger.tenders.audit.awards import awards_of
from ledger.tenders.audit.bundle import (
    EvaluationEvidence,
    Place,
    Provenance,
    Publication,
    TenderBundle,
)
from ledger.tenders.audit.cosigned import CoSigningEvidence
from ledger.tenders.audit.draws import draws_of
from ledger.tenders.audit.openings import Unseal, reopened, terms_in
from ledger.tenders.audit.reports import Reported, reports
from ledger.tenders.audit.standing import SignerOf, request_of
from ledger.tenders.audit.supervisors import RoleStory
from ledger.tenders.committee import Rejection, Statement
from ledger.tenders.evaluation import Criteria, read_criteria
from ledger.tenders.events import PolicyRegistered, TenderEvent
from ledger.tenders.filing_answers import FilingAnswers
from ledger.tenders.filings import FilingReceipt
from ledger.tenders.history import retold
from ledger.tenders.ids import TenderId
from ledger.tenders.mailbox import MailboxPlace
from ledger.tenders.ocds.readings import organisation
from ledger.tenders.ocds.story import Sources, told
from ledger.tenders.opening_cosignatures import CoSigners, OpeningCoSignature
from ledger.tenders.personal import personal_in
from ledger.tenders.policy.document import TenderPolicy, preset, presets, read_policy
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.receipts import Receipt
from ledger.tenders.refusals import Refusal
from ledger.tenders.reporting import criteria_for
from ledger.tenders.shown_licences import Bench
from ledger.tenders.state import TenderState
from ledger.values import Address, LedgerRef


@dataclass(frozen=True, slots=True)
class Shelf:
    """What stands beside a tender's events: papers by SHA-256, and what else was gathered.

    `receipts` are those whose signature holds, `doubtful` tells of others, `blinds` and `places`
    are those of messages in mailboxes; `filings`, `answers`, `filing_doubts`, `refusals`,
    `block_times` and `known_until` as in `TenderBundle`; `signer_of` knows the buyer's keys;
    `record` an OCDS record. `bench` says where evidence about licences comes from, None where
    nobody has any; `supervisors` who held that role, None where nobody can tell.
    """

    papers: Mapping[bytes, bytes] = field(default_factory=dict)
    unseal: Unseal | None = None
    receipts: tuple[Receipt, ...] | None = None
    doubtful: tuple[Mapping[str, Any], ...] = ()
    blinds: tuple[bytes, ...] = ()
    places: tuple[MailboxPlace, ...] = ()
    filings: tuple[FilingReceipt, ...] = ()
    answers: tuple[FilingAnswers, ...] = ()
    filing_doubts: tuple[Mapping[str, Any], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    block_times: Mapping[int, int] = field(default_factory=dict)
    signer_of: SignerOf | None = None
    known_until: int | None = None
    record: Mapping[str, Any] | None = None
    bench: Bench | None = None
    supervisors: Mapping[Address, RoleStory] | None = None


def assembled(
    ledger: LedgerRef,
    awards: Address,
    tender: TenderId,
    happened: Sequence[TenderEvent | PolicyRegistered],
    shelf: Shelf,
    mailbox_roots: Mapping[bytes, int],
    provenance: Provenance,
) -> TenderBundle:
    """Return the bundle; never raise for what is in it: what cannot be made is left out."""
    events = tuple(happened)
    bundle = TenderBundle(
        ledger,
        tender,
        events,
        mailbox_roots=mailbox_roots,
        receipts=shelf.receipts,
        doubtful=shelf.doubtful,
        blinds=shelf.blinds,
        places=shelf.places,
        filings=shelf.filings,
        answers=shelf.answers,
        filing_doubts=shelf.filing_doubts,
        refusals=shelf.refusals,
        block_times=shelf.block_times,
        known_until=shelf.known_until,
        provenance=provenance,
    )
    try:
        history, state = retold(events, tender)
    except Refused:
        return bundle  # the first step says what is wrong with them
    sources = Sources(ledger, awards, _NOBODY, shelf.papers)
    if shelf.unseal is not None:
        made = reopened(ledger, state, shelf.papers, shelf.unseal, shelf.bench)
        bundle = replace(bundle, findings=made.findings, records=made.records)
    terms, is_judged = terms_in(shelf.papers, state.docs[-1])
    judging = terms, shelf.bench if is_judged else None
    findings = bundle.findings or {}
    return replace(
        bundle,
        policy=_policy(state, shelf),
        awards=awards_of(ledger, (bundle.own, state), shelf.papers, findings, judging),
        request=request_of(bundle.own, shelf.papers, shelf.signer_of),
        co_signing=_co_signing(state, shelf),
        draws=draws_of(bundle.own, shelf.papers) or None,
        evaluations=_evaluations(state, reports(history, state), shelf) or None,
        publication=_publication(events, tender, sources, shelf.record),
    )


_NOBODY = organisation("", "")
"""What a release is held against does not tell who the buyer is."""


def _co_signing(state: TenderState, shelf: Shelf) -> CoSigningEvidence:
    """What was co-signed; whoever has such a paper may bring it: it is judged, not believed."""
    manifest, signers = shelf.papers.get(state.docs[-1]), None
    if manifest is not None:
        with suppress(LedgerError):
            signers = CoSigners.of(documents.read(manifest).content)
    given = tuple(each for paper in shelf.papers.values() for each in _co_signature(paper))
    return CoSigningEvidence(signers, given, shelf.supervisors)


def _co_signature(paper: bytes) -> tuple[OpeningCoSignature, ...]:
    try:
        return (OpeningCoSignature.read(paper),)
    except LedgerError:
        return ()


def _policy(state: TenderState, shelf: Shelf) -> TenderPolicy | None:
    """The policy that the tender names, among those that come along and the papers."""
    wanted = state.announcement.policy
    for name in presets():
        if terms_of(preset(name)).id == wanted:
            return preset(name)
    for paper in shelf.papers.values():
        try:
            found = read_policy(paper)
        except LedgerError:
            continue
        if terms_of(found).id == wanted:
            return found
    return None


def _evaluations(
    state: TenderState, reported: Mapping[Place, Reported], shelf: Shelf
) -> dict[Place, EvaluationEvidence]:
    manifest = shelf.papers.get(state.docs[-1])
    if manifest is None:
        return {}
    found: dict[Place, EvaluationEvidence] = {}
    for place, each in reported.items():
        report = _object(shelf.papers.get(each.event.digest))
        if not report:
            continue
        try:
            criteria = read_criteria(documents.read(manifest).content.get("criteria"))
            shown = criteria_for(criteria, each.event.part, state.announcement.parts)
            found[place] = _shown(report, shown, each, shelf)
        except (LedgerError, KeyError, TypeError, ValueError):
            continue
    return found


def _shown(
    report: Mapping[str, Any], criteria: Criteria, reported: Reported, shelf: Shelf
) -> EvaluationEvidence:
    return EvaluationEvidence(
        criteria,
        {
            seat: shelf.papers[digest]
            for seat, digest in reported.course.scored.items()
            if digest in shelf.papers
        },
        tuple(_rejection(each) for each in _rows(report, "rejected")),
        tuple(
            Statement(each["seat"], each["dissent"])
            for each in _rows(report, "members")
            if each.get("consent") != "silent"
        ),
        tuple(personal_in(each) for each in _rows(report, "personalLicences")),
    )


def _rejection(told: Mapping[str, Any]) -> Rejection:
    number = int(str(told["law"]).removeprefix("R51(").removesuffix(")"))
    return Rejection(told["bidder"], number, told["reason"])


def _publication(
    events: Sequence[TenderEvent | PolicyRegistered],
    tender: TenderId,
    sources: Sources,
    record: Mapping[str, Any] | None,
) -> Publication | None:
    if record is None:
        return None
    try:
        changes = told(events, tender, sources)
    except LedgerError:
        return None  # without documents nobody can say what a publication ought to say
    last, compiled = changes[-1].known, record.get("compiledRelease")
    return Publication(
        release=compiled if isinstance(compiled, dict) else {},
        contents=last.contents,
        anchored_at=last.anchored_at,
        dropped_awards=last.dropped_awards,
        record=record,
        known={
            (each.facts.place.block, each.facts.place.log_index): each.known
            for each in changes
            if each.facts.place is not None
        },
    )


def _object(paper: bytes | None) -> Mapping[str, Any]:
    try:
        return {} if paper is None else parse_object(paper)
    except JsonMalformed:
        return {}


def _rows(parent: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = parent.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
