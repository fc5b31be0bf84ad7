"""Refusals of all but bids and secrets (§2), from the contract's revert to the wallet's message.

One tender of two parts goes its whole way. What holds it back is tried where it does; a refusal
changes nothing, so that the next thing is tried from there.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, Final

import pytest

from ledger.chain import award_calls, calls, tender_calls
from ledger.chain.award_calls import Act
from ledger.chain.calls import Call
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.errors import RoleMissing
from ledger.tenders import mailbox, objection_messages
from ledger.tenders.events import ComplaintState, Outcome, Stage
from ledger.tenders.ids import TenderId, ref_of
from ledger.tenders.mailbox import MailboxProof
from ledger.tenders.objection_messages import LodgeObjection
from ledger.tenders.objections import complaint_id, objection_id
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.transitions import Step
from ledger.values import Address, LedgerRef, RecordKind, Role, Root, jurisdiction_id
from tests.support.anvil import anvil
from tests.support.award_office import Office, bidders, disclose, key_of, officer, release
from tests.support.licences import counted_bytes
from tests.support.refusals import STEPS, Walk, walk
from tests.support.standing import account
from tests.support.tender_town import BUYER, POLICY, TenderTown, sent

PAPER: Final = b"\x07" * 32
NONE: Final = bytes(32)
NOBODY: Final = Address("0x" + "00" * 20)
STRANGER: Final = Address("0x" + "11" * 20)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("steps"), running, deployment, council)


class Course:
    """A tender of two parts with three bidders, its officers, and what is refused on its way."""

    def __init__(self, town: TenderTown) -> None:
        self.town, self.walked = town, Walk(town)
        self.told: dict[str, Any] = {}
        self.sale = town.publish("steps", self._note, parts=2)
        self.desks = bidders(self.sale, "甲", "乙", "丙")
        self.first, self.second, self.third = (key_of(desk, self.sale) for desk in self.desks)
        self.office = Office(self.sale, "steps")
        self.supervisor = officer(town, "supervisor", Role.SUPERVISOR)

    def _note(self, told: dict[str, Any]) -> None:
        self.told = dict(told)

    @property
    def id(self) -> TenderId:
        return self.sale.known.tender

    def refused(self, name: str, call: Call) -> None:
        self.walked.refused(call, name)

    def announced(self, number: str, **changes: Any) -> Call:
        """The tender published again under another number, with something changed."""
        told = self.told | {"ref": ref_of(number)} | changes
        return self.town.call("TenderLedger", "publish", tuple(told.values()))

    def ledger(self, function: str, *values: Any) -> Call:
        return self.town.call("TenderLedger", function, *values)

    def awards(self, function: str, *values: Any) -> Call:
        return self.town.call("AwardLedger", function, *values)

    def step(self, step: Step, **values: Any) -> Call:
        act = Act(values.pop("digest", PAPER), **values)
        return award_calls.advance(self.town.deployment, self.id, 0, step, act)

    def take(self, step: Step, **values: Any) -> None:
        self.town.send(self.step(step, **values))


def test_every_refusal_of_the_contracts(town: TenderTown) -> None:
    course = Course(town)
    _numbers_that_break_the_policy(course)
    _before_the_deadline(course)
    _from_a_mailbox(course)
    _at_the_opening(course)
    _at_the_technical_report(course)
    _at_the_report(course)
    _at_the_notice(course)
    _at_the_award(course)
    assert course.walked.met == set(STEPS)


def _numbers_that_break_the_policy(course: Course) -> None:
    town, refused = course.town, course.refused
    refused("DigestEmpty", course.announced("empty", docs=NONE))
    refused("PolicyViolated", course.announced("lone", threshold=1))
    refused("PolicyNotRegistered", course.announced("own law", policy=PAPER))
    trustees = list(course.told["trustees"])
    twice = [*trustees[:-1], (trustees[0][0], trustees[-1][1])]
    refused("TrusteeKeyRepeated", course.announced("twice", trustees=twice))
    refused("TenderAlreadyPublished", course.announced("steps"))
    place = jurisdiction_id(BUYER.partition("/")[0])
    refused("PolicyAlreadyRegistered", town.call("TenderPolicies", "registerPolicy", place, POLICY))
    buyers = [(key, town.agency if not n % 3 else group) for n, (key, group) in enumerate(trustees)]
    found = town.act("TenderLedger", "publish", tuple((course.told | {
        "ref": ref_of("buyer's"), "trustees": buyers}).values()))  # fmt: skip
    later = course.sale.ends[2] + 1
    refused("TrusteeOfBuyer", course.ledger("extendDisclosure", bytes(found), 1, later, 1, b""))


def _before_the_deadline(course: Course) -> None:
    refused, at = course.refused, course.town.deployment
    sooner = (course.sale.ends[0] - 1, *course.sale.ends[1:])
    refused("EndNotLater", course.ledger("amend", course.id, PAPER, False, sooner))  # noqa: FBT003  # affectsBids
    refused("NotSuspended", course.ledger("resume", course.id))
    refused("NotAwardLedger", course.ledger("hold", course.id, PAPER, PAPER))
    refused("QuestionUnknown", course.awards("answer", course.id, PAPER, PAPER))
    refused("ObjectionUnknown", award_calls.answer_objection(at, PAPER, Outcome.UPHELD, PAPER))
    refused("StageInvalid", award_calls.admit_objection(at, course.id, 0, Stage.OTHER, PAPER))
    refused(
        "ComplaintUnknown", award_calls.move_complaint(at, PAPER, ComplaintState.INVALID, PAPER)
    )
    refused("StepForbidden", course.step(Step.COMMITTEE, seat=1))
    refused("LotsUnsettled", course.ledger("schedulePart", course.id, course.town.now + 60))
    _by_a_stranger(course)


def _by_a_stranger(course: Course) -> None:
    """A key without a bid objects; an account without a role publishes a notice."""
    key, at = course.town.council, course.town.deployment
    awards = LedgerRef(at.chain_id, at.tenders.awards)
    said = LodgeObjection(course.id, 0, Stage.DOCUMENTS, key.address, PAPER)
    signature = objection_messages.sign(awards, said, key.private_key)
    place = (0, Stage.DOCUMENTS)
    call = award_calls.lodge_objection(at, course.id, place, key.address, PAPER, signature)
    course.refused("BidMissing", call)
    paper = course.desks[0].terminal.folder / "notice"
    paper.write_bytes(b"ours")
    words = ("tender", "committee", course.office.tender, paper, "--seats", 1)
    shown = course.desks[0].terminal.json(*sent(words), code=STEPS["RoleMissing"][1])
    assert (shown["error"], shown["role"]) == ("RoleMissing", Role.TENDERER)
    walk(RoleMissing(course.town.agency, Role.TENDERER, STRANGER), *STEPS["RoleMissing"])
    course.walked.met.add("RoleMissing")


def _from_a_mailbox(course: Course) -> None:
    """A tender with a mailbox beside this one; the path of a message that lies elsewhere."""
    town, refused, sale = course.town, course.refused, course.sale
    bid = course.desks[0].store.find(sale.id, 0).newest()
    filled = mailbox.fill([mailbox.leaf(b"\x22" * 32, PAPER)], counted_bytes())
    proof = MailboxProof(filled.root, filled.places[0], filled.path(0), PAPER)
    refused("MailboxAbsent", tender_calls.list_bid(bid, proof))
    there = _with_mailbox(course, bid)
    town.send(calls.grant_role(town.deployment, town.agency, Role.ISSUER, town.council.address))
    kind = RecordKind.TENDER_MAILBOX
    town.send(calls.anchor(town.deployment, town.agency, kind, filled.root, mailbox.LEAVES))
    town.go(sale.ends[0])
    refused("MailboxProofInvalid", tender_calls.list_bid(there, proof))
    unknown = replace(proof, root=Root(PAPER))
    refused("MailboxRootUnknown", tender_calls.list_bid(there, unknown))


def _with_mailbox(course: Course, bid: SignedBid) -> SignedBid:
    start = course.sale.ends[0]
    ends = (start, *(start + 1_800 * n for n in range(1, 5)))
    told = course.told | {"ref": ref_of("mailbox"), "mailbox": course.town.agency, "ends": ends}
    found = course.town.act("TenderLedger", "publish", tuple(told.values()))
    return replace(bid, message=replace(bid.message, tender=TenderId(bytes(found))))


def _at_the_opening(course: Course) -> None:
    disclose(course.sale, course.desks)
    course.town.go(course.sale.ends[2])
    _objected(course)
    _begun(course)
    course.town.act("TenderLedger", "recordOpening", course.id, 0, 1, PAPER, 3)
    _drawn(course)


def _drawn(course: Course) -> None:
    """Experts are drawn in one order, with keys that nobody drew with before."""
    at, keys = course.town.deployment, [Address(f"0x{n:040}") for n in (1, 2)]
    course.refused("DrawForbidden", award_calls.join_draw(at, course.id, 0, keys))
    course.town.send(award_calls.begin_draw(at, course.id, 0, PAPER))
    course.refused("DrawersInvalid", award_calls.join_draw(at, course.id, 0, keys[:1]))
    course.refused("DrawerKeyUsed", award_calls.join_draw(at, course.id, 0, [keys[0]] * 2))
    course.town.send(award_calls.join_draw(at, course.id, 0, keys))
    course.town.send(award_calls.deal_draw(at, course.id, 0, PAPER))
    foreign = award_calls.reveal_draw(at, course.id, 0, keys[0], PAPER)
    course.refused("SecretForeign", foreign)


def _objected(course: Course) -> None:
    """One key objects to an opening once; a complaint waits until an objection is answered."""
    desk, lodged = course.desks[0], ("--stage", "opening")
    paper, again = (desk.terminal.folder / name for name in ("objection", "again"))
    for each in (paper, again):
        each.write_text(each.name)
    desk.terminal.json(*sent(("bid", "object", course.sale.id, paper, *lodged)))
    words = sent(("bid", "object", course.sale.id, again, *lodged))
    assert desk.terminal.json(*words, code=1)["error"] == "ObjectionAlreadyLodged"
    at = course.town.deployment
    admit = award_calls.admit_objection(at, course.id, 0, Stage.OPENING, PAPER)
    course.town.send(admit)
    course.refused("ObjectionAlreadyLodged", admit)
    objection, filed = _unanswered(course)
    complaint = ("complaint", "file", course.office.tender, course.office.paper("complaint"))
    named = ("--objection", "0x" + objection.hex())
    typed = ("tender", *complaint, *lodged, *named)
    course.walked.typed(course.supervisor, typed, filed, "ObjectionFirst")


def _begun(course: Course) -> None:
    """From the first secret on nobody stops the opening; before its record nobody evaluates."""
    release(course.sale, 1)
    order = course.ledger("suspend", course.id, PAPER)
    suspend = ("tender", "suspend", course.office.tender, course.office.paper("order"))
    course.walked.typed(course.supervisor, suspend, order, "OpeningInProgress")
    release(course.sale, 2)
    paper = course.office.paper("who")
    words = ("tender", "committee", course.office.tender, paper, "--seats", 1)
    early = course.step(Step.COMMITTEE, seat=1)
    course.walked.typed(course.office.terminal, words, early, "OpeningNotRecorded")


def _at_the_technical_report(course: Course) -> None:
    """The third is rejected, and its price stays closed."""
    town = course.town
    course.refused("ActMalformed", course.step(Step.COMMITTEE, seat=1, until=1))
    course.take(Step.COMMITTEE, seat=1)
    course.refused("SeatUnknown", course.step(Step.SCORE, seat=2))
    course.refused("ScoresMissing", course.step(Step.REPORT))
    course.take(Step.SCORE, seat=1)
    course.take(Step.REPORT, bidders=(course.third,))
    town.go(course.sale.ends[4])
    start = town.now + 600
    town.act("TenderLedger", "schedulePart", course.id, start)
    town.go(start)
    desk = course.desks[2]
    bid = desk.store.find(course.sale.id, 0).newest()
    call = tender_calls.disclose(bid.ledger, bid.message, 2, PAPER)
    course.walked.typed(desk.terminal, ("bid", "disclose", course.sale.id), call, "BidRejected")


def _at_the_report(course: Course) -> None:
    town, sale = course.town, course.sale
    disclose(sale, course.desks[:2])
    town.go(town.now + 1_800)
    release(sale, 1, 2, part=2)
    town.act("TenderLedger", "recordOpening", course.id, 0, 2, PAPER, 2)
    course.take(Step.COMMITTEE, seat=1)
    course.take(Step.SCORE, seat=1)
    course.refused("CandidateInvalid", course.step(Step.REPORT, bidders=(course.third,)))
    course.take(Step.REPORT, bidders=(course.first, course.second))


def _at_the_notice(course: Course) -> None:
    town, office = course.town, course.office
    soon = town.now + 60
    words = ("tender", "notice", office.tender, office.paper("notice"), "--until", soon)
    call = course.step(Step.NOTICE, until=soon)
    course.walked.typed(office.terminal, words, call, "PolicyViolated")
    until = town.now + POLICY[2] + 60
    course.take(Step.NOTICE, until=until)
    course.refused("GroundMissing", course.step(Step.REVIEW))
    _blocked(course, "NoticeRunning")
    town.go(until)
    _blocked(course, "ObjectionOpen")
    _complained(course)


def _blocked(course: Course, name: str) -> None:
    """The award, as it is typed and sent, with all in order but what `name` says."""
    paper = course.office.paper("award")
    words = ("tender", "award", course.office.tender, paper, "--to", course.first)
    call = course.step(Step.AWARD, bidders=(course.first,))
    course.walked.typed(course.office.terminal, words, call, name)


def _unanswered(course: Course) -> tuple[bytes, Call]:
    """The objection that was admitted, and the complaint that follows it."""
    stage, at = Stage.OPENING, course.town.deployment
    objection = objection_id(course.id, 0, stage, NOBODY, PAPER)
    return objection, award_calls.file_complaint(at, course.id, (0, stage), objection, PAPER)


def _complained(course: Course) -> None:
    """Once the objections are answered, the complaint blocks the award."""
    town, at = course.town, course.town.deployment
    objection, filed = _unanswered(course)
    course.refused("OutcomeInvalid", course.awards("answerObjection", objection, 0, PAPER))
    (own,) = (each for each in _open_objections(course) if each != objection)
    for each in (objection, own):
        town.send(award_calls.answer_objection(at, each, Outcome.DISMISSED, PAPER))
    again = award_calls.answer_objection(at, objection, Outcome.UPHELD, PAPER)
    course.refused("ObjectionClosed", again)
    town.send(filed)
    course.refused("ComplaintAlreadyFiled", filed)
    _blocked(course, "ComplaintOpen")
    id_ = complaint_id(course.id, 0, Stage.OPENING, objection, PAPER)
    satisfied = award_calls.move_complaint(at, id_, ComplaintState.SATISFIED, PAPER)
    paper = course.office.paper("decision")
    move = ("tender", "complaint", "move", "0x" + id_.hex(), paper, "--to", "satisfied")
    course.walked.typed(course.supervisor, move, satisfied, "ComplaintTransitionIllegal")
    town.send(award_calls.move_complaint(at, id_, ComplaintState.INVALID, PAPER))


def _open_objections(course: Course) -> list[bytes]:
    found = course.town.act("AwardLedger", "openObjections", course.id, 0)
    return [bytes(each) for each in found]


def _at_the_award(course: Course) -> None:
    course.refused("NotCandidate", course.step(Step.AWARD, bidders=(STRANGER,)))
    course.refused("ReasonMissing", course.step(Step.AWARD, bidders=(course.second,)))
    course.take(Step.AWARD, bidders=(course.first,))
    course.refused("LotsAwarded", course.ledger("terminate", course.id, PAPER))
