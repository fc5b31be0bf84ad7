"""Filings: receipts as they were signed, what comes first, and where each stands."""

from dataclasses import replace

import pytest

from ledger import jws
from ledger.jws import TypeRefused
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.tenders import events, filings
from ledger.tenders.contract_errors import ObjectionUnknown
from ledger.tenders.errors import ObjectionFirst
from ledger.tenders.events import ComplaintState, Outcome, Stage
from ledger.tenders.filings import (
    Filing,
    FilingKind,
    FilingReceipt,
    FilingReceiptMalformed,
    FilingState,
    due_at,
    require_objected_first,
    state_of,
)
from ledger.tenders.objections import complaint_id
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import terms_of
from tests.support.licences import AGENCY_KEY
from tests.support.tender_story import DAY, START, Story

CN = terms_of(preset("cn"))
OBJECTION = Filing(FilingKind.OBJECTION, 0, Stage.DOCUMENTS, b"\x1d" * 32, START, START + 3 * DAY)
QUESTION = Filing(FilingKind.QUESTION, 0, Stage.DOCUMENTS, b"\x41" * 32, START, None)
COMPLAINT = Filing(
    FilingKind.COMPLAINT, 0, Stage.DOCUMENTS, b"\x7c" * 32, START, START + 5 * DAY, b"\x1d" * 32
)
RECEIPT = FilingReceipt("https://tenders.example", "n", b"\x02" * 32, OBJECTION)


class TestReceipt:
    @pytest.mark.parametrize("filing", [OBJECTION, QUESTION, COMPLAINT], ids=lambda each: each.kind)
    def test_is_read_as_it_was_signed(self, filing: Filing) -> None:
        receipt = replace(RECEIPT, filing=filing)
        token = filings.sign(receipt, AGENCY_KEY)
        assert filings.read(token, AGENCY_KEY.public_key) == receipt

    def test_of_another_signer_or_kind_of_token_is_refused(self) -> None:
        token = filings.sign(RECEIPT, AGENCY_KEY)
        with pytest.raises(SignatureInvalid):
            filings.read(token, PrivateKey.from_secret(b"\x07" * 32).public_key)
        with pytest.raises(TypeRefused):
            filings.read(jws.sign("bid-receipt+jwt", {}, AGENCY_KEY), AGENCY_KEY.public_key)

    @pytest.mark.parametrize(
        ("changes", "member"),
        [
            ({"kind": "letter"}, "kind, stage"),
            ({"stage": "never"}, "kind, stage"),
            ({"lot": -1}, "lot"),
        ],
    )
    def test_that_says_nonsense_is_refused(self, changes: dict[str, object], member: str) -> None:
        payload = jws.parse(filings.sign(RECEIPT, AGENCY_KEY), filings.TYPE).payload
        bent = jws.sign(filings.TYPE, {**payload, **changes}, AGENCY_KEY)
        with pytest.raises(FilingReceiptMalformed) as refused:
            filings.read(bent, AGENCY_KEY.public_key)
        assert refused.value.member == member


class TestState:
    def test_of_an_objection_follows_admission_and_answer(self) -> None:
        story = Story()
        due = OBJECTION.due_at
        assert due is not None
        assert state_of(OBJECTION, story.state, due - 1) is FilingState.FILED
        assert state_of(OBJECTION, story.state, due) is FilingState.OVERDUE
        named = story.admit(Stage.DOCUMENTS, digest=OBJECTION.digest)
        assert state_of(OBJECTION, story.state, due - 1) is FilingState.TAKEN_UP
        assert state_of(OBJECTION, story.state, due) is FilingState.OVERDUE
        story.tell(events.ObjectionAnswered, named, Outcome.DISMISSED, b"\x22" * 32)
        assert state_of(OBJECTION, story.state, due) is FilingState.ANSWERED

    def test_is_not_moved_by_another_stages_objection(self) -> None:
        story = Story()
        story.admit(Stage.DOCUMENTS, digest=OBJECTION.digest)
        other = replace(OBJECTION, stage=Stage.RESULT)
        assert state_of(other, story.state, START) is FilingState.FILED

    def test_is_answered_by_a_paper_and_moot_once_its_lot_is_over(self) -> None:
        story = Story()
        over_at = story.ends.list_end  # nobody bids
        assert state_of(OBJECTION, story.state, over_at - 1) is FilingState.OVERDUE
        assert state_of(OBJECTION, story.state, over_at) is FilingState.MOOT
        answered = replace(OBJECTION, answered_at=START + 9 * DAY)
        assert state_of(answered, story.state, over_at) is FilingState.ANSWERED
        assert state_of(COMPLAINT, story.state, over_at) is FilingState.OVERDUE
        refused = replace(COMPLAINT, answered_at=START + 9 * DAY)
        assert state_of(refused, story.state, over_at) is FilingState.ANSWERED

    def test_of_a_question_follows_the_chain_and_is_overdue_where_a_law_sets_a_time(self) -> None:
        story = Story()
        assert state_of(QUESTION, story.state, START + 20 * DAY) is FilingState.FILED
        timed = replace(QUESTION, due_at=START + 3 * DAY)
        assert state_of(timed, story.state, START + 3 * DAY - 1) is FilingState.FILED
        assert state_of(timed, story.state, START + 3 * DAY) is FilingState.OVERDUE
        story.tell(events.QuestionAsked, QUESTION.digest)
        assert state_of(QUESTION, story.state, START) is FilingState.TAKEN_UP
        story.tell(events.QuestionAnswered, QUESTION.digest, b"\x42" * 32)
        assert state_of(QUESTION, story.state, START) is FilingState.ANSWERED

    def test_of_a_complaint_follows_the_supervisor(self) -> None:
        story = Story()
        due = COMPLAINT.due_at
        assert due is not None
        assert state_of(COMPLAINT, story.state, due - 1) is FilingState.FILED
        assert state_of(COMPLAINT, story.state, due) is FilingState.OVERDUE
        place = (0, Stage.DOCUMENTS, b"\x09" * 32, COMPLAINT.digest)
        named = complaint_id(story.id, *place)
        story.tell(events.ComplaintFiled, 0, named, *place[1:])
        assert state_of(COMPLAINT, story.state, due - 1) is FilingState.TAKEN_UP
        assert state_of(COMPLAINT, story.state, due) is FilingState.OVERDUE
        story.tell(events.ComplaintMoved, named, ComplaintState.ACCEPTED, bytes(32))
        assert state_of(COMPLAINT, story.state, due) is FilingState.TAKEN_UP
        story.tell(events.ComplaintMoved, named, ComplaintState.DECLINED, bytes(32))
        assert state_of(COMPLAINT, story.state, due) is FilingState.ANSWERED
        other = replace(COMPLAINT, stage=Stage.RESULT)
        assert state_of(other, story.state, START) is FilingState.FILED


class TestDueAt:
    def test_is_the_laws_for_each_kind(self) -> None:
        assert due_at(FilingKind.QUESTION, CN, START) is None
        timed = terms_of(preset("prozorro-above-threshold"))
        assert due_at(FilingKind.QUESTION, timed, START) is not None
        objection, complaint = (
            due_at(kind, CN, START) for kind in (FilingKind.OBJECTION, FilingKind.COMPLAINT)
        )
        assert objection is not None
        assert complaint is not None
        assert complaint >= objection  # three working days against three days


class TestObjectedFirst:
    def test_an_objection_on_chain_has_to_be_answered_or_overdue(self) -> None:
        story = Story()
        named = story.admit(Stage.DOCUMENTS, digest=OBJECTION.digest)
        complaint = replace(COMPLAINT, objection=named)
        with pytest.raises(ObjectionFirst):
            require_objected_first(complaint, (), story.state, START + 1)
        due = story.state.objections[named].due_at
        require_objected_first(complaint, (), story.state, due)
        story.tell(events.ObjectionAnswered, named, Outcome.DISMISSED, b"\x22" * 32)
        require_objected_first(complaint, (), story.state, START + 1)

    def test_one_that_was_filed_and_not_taken_up_in_time_is_enough(self) -> None:
        state, due = Story().state, OBJECTION.due_at
        assert due is not None
        require_objected_first(COMPLAINT, (QUESTION, OBJECTION), state, due)
        for other in (
            replace(OBJECTION, stage=Stage.RESULT),
            replace(OBJECTION, lot=1),
            replace(OBJECTION, digest=b"\x01" * 32),
            replace(OBJECTION, kind=FilingKind.QUESTION),
        ):
            with pytest.raises(ObjectionFirst):
                require_objected_first(COMPLAINT, (other,), state, due)
        with pytest.raises(ObjectionFirst):
            require_objected_first(COMPLAINT, (OBJECTION,), state, due - 1)

    def test_one_about_something_else_names_none(self) -> None:
        state = Story().state
        other = replace(COMPLAINT, stage=Stage.OTHER)
        with pytest.raises(ObjectionUnknown):
            require_objected_first(other, (), state, START)
        require_objected_first(replace(other, objection=bytes(32)), (), state, START)
