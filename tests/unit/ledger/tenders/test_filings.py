"""Filings: receipts as they were signed, legal ends by the calendar, and where each stands."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ledger import jws
from ledger.jws import TypeRefused
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.tenders import events, filings
from ledger.tenders.events import Outcome, Stage
from ledger.tenders.filings import (
    Filing,
    FilingKind,
    FilingReceipt,
    FilingReceiptMalformed,
    FilingState,
    answer_due,
    is_overdue,
    state_of,
)
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.state import Objection
from ledger.values import Address
from tests.support.licences import AGENCY_KEY
from tests.support.tender_story import DAY, START, Story

CN = terms_of(preset("cn"))
GOV = terms_of(preset("cn-government-procurement"))
OBJECTION = Filing(FilingKind.OBJECTION, 0, Stage.DOCUMENTS, b"\x1d" * 32, START, START + 3 * DAY)
QUESTION = Filing(FilingKind.QUESTION, 0, Stage.DOCUMENTS, b"\x41" * 32, START, None)
RECEIPT = FilingReceipt("https://tenders.example", "n", b"\x02" * 32, OBJECTION)


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())


class TestReceipt:
    @pytest.mark.parametrize("filing", [OBJECTION, QUESTION], ids=lambda each: each.kind)
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


class TestAnswerDue:
    @pytest.mark.parametrize(
        ("filed", "due"),
        [
            ("2026-06-01T09:30", "2026-06-05T00:00"),  # 24:00 of the third day
            ("2026-09-30T09:30", "2026-10-09T00:00"),  # the holiday lengthens it
        ],
    )
    def test_is_counted_by_the_calendar(self, filed: str, due: str) -> None:
        assert answer_due(CN, moment(filed)) == moment(due)

    def test_without_a_calendar_is_what_the_contract_counts(self) -> None:
        at = moment("2026-06-01T09:30")
        assert answer_due(replace(CN, min_bids=7), at) == at + 3 * DAY
        uncovered = moment("2027-06-01T09:30")
        assert answer_due(CN, uncovered) == uncovered + 3 * DAY

    def test_is_none_where_no_law_says(self) -> None:
        assert answer_due(replace(CN, answer_within=0), START) is None


class TestOverdue:
    LODGED = moment("2026-09-30T09:30")  # the holiday lengthens three days to 2026-10-08, 24:00
    DUE = moment("2026-10-09T00:00")
    OBJECTION = Objection(
        0, Stage.DOCUMENTS, Address("0x" + "00" * 20), b"\x1d" * 32, LODGED, LODGED + 3 * DAY
    )

    def test_an_open_one_only_after_the_laws_end(self) -> None:
        assert self.OBJECTION.is_overdue(self.DUE - 1)  # by the contract, which knows no holidays
        assert not is_overdue(self.OBJECTION, CN, self.DUE - 1)
        assert is_overdue(self.OBJECTION, CN, self.DUE)

    @pytest.mark.parametrize(("late", "expected"), [(-1, False), (0, True), (30 * DAY, True)])
    def test_an_answered_one_by_when_it_was_answered(self, late: int, *, expected: bool) -> None:
        answered = replace(self.OBJECTION, outcome=Outcome.DISMISSED, answered_at=self.DUE + late)
        assert is_overdue(answered, CN, self.DUE + 90 * DAY) is expected

    def test_by_working_days_where_the_law_counts_those(self) -> None:
        due = answer_due(GOV, START)
        assert due is not None
        assert due > START + GOV.answer_within
        lodged = replace(self.OBJECTION, lodged_at=START, due_at=START + GOV.answer_within)
        assert not is_overdue(lodged, GOV, due - 1)
        assert is_overdue(lodged, GOV, due)

    def test_never_where_no_law_says(self) -> None:
        assert not is_overdue(self.OBJECTION, replace(CN, answer_within=0), self.DUE + 90 * DAY)


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

    def test_of_a_question_follows_the_chain_and_is_never_overdue(self) -> None:
        story = Story()
        assert state_of(QUESTION, story.state, START + 400 * DAY) is FilingState.FILED
        story.tell(events.QuestionAsked, QUESTION.digest)
        assert state_of(QUESTION, story.state, START) is FilingState.TAKEN_UP
        story.tell(events.QuestionAnswered, QUESTION.digest, b"\x42" * 32)
        assert state_of(QUESTION, story.state, START) is FilingState.ANSWERED
