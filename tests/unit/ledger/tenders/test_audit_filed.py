"""What services signed for, refused or asked: an outsider holds it against the ledger."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.canonical import parse_object
from ledger.keys import PrivateKey, PublicKey
from ledger.tenders import documents, events, requests
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.standing import SignerOf, request_of, unfit_request
from ledger.tenders.dues import answer_due
from ledger.tenders.events import Outcome, Stage, TenderPublished
from ledger.tenders.filing_answers import FilingAnswer, FilingAnswers
from ledger.tenders.filings import Filing, FilingKind, FilingReceipt
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import legal_lead
from ledger.tenders.receipts import Named, Receipt, ReceiptState
from ledger.tenders.refusals import Refusal
from ledger.tenders.requests import Requirement
from ledger.tenders.standing import Asked
from ledger.values import KeyUsage, agency_id
from ledger.verification.check import Check, Result
from tests.support.papered_story import PaperedStory
from tests.support.tender_story import DAY, LEDGER, START, Story, Where, address

DIGEST = b"\x1d" * 32
CN = preset("cn")


def receipt(
    story: Story, kind: FilingKind, filed_at: int, stage: Stage = Stage.DOCUMENTS
) -> FilingReceipt:
    filing = Filing(kind, 0, stage, DIGEST, filed_at, None)
    return FilingReceipt("service.example", "n", story.id, filing)


def said(story: Story, at: int, *answers: FilingAnswer, by: str = "service.example") -> Any:
    """What the service says of answers by paper."""
    return FilingAnswers(by, at, story.id, answers)


def judged(story: Story, at: int, *filings: FilingReceipt, **given: Any) -> Check:
    told: dict[str, Any] = {"filings": filings, "known_until": at, "answers": (said(story, at),)}
    told |= given
    return audit(TenderBundle(LEDGER, story.id, tuple(story.events), **told), at).check(
        "objections"
    )


def only(check: Check, where: str = "faults") -> Any:
    (found,) = check.facts[where]
    return found


class TestObjection:
    def filed(self) -> tuple[Story, FilingReceipt, int]:
        story = Story()
        due = answer_due(story.terms, START + 10)
        assert due is not None
        return story, receipt(story, FilingKind.OBJECTION, START + 10), due

    def test_that_never_came_to_the_ledger_is_found_with_who_what_and_since_when(self) -> None:
        story, held, due = self.filed()
        told = only(judged(story, due, held))
        assert (told["signedBy"], told["digest"]) == ("service.example", "0x" + DIGEST.hex())
        assert (told["filedAt"], told["dueAt"], told["state"]) == (START + 10, due, "filed")
        assert only(judged(story, due - 1, held), "open")["why"] == "not-due"

    def test_that_was_admitted_and_answered_in_time_is_right(self) -> None:
        story, held, due = self.filed()
        story.at(due - 2).answer(story.admit(Stage.DOCUMENTS), Outcome.DISMISSED)
        assert judged(story, due, held).result is Result.VALID

    def test_that_was_admitted_and_never_answered_is_found(self) -> None:
        story, held, due = self.filed()
        story.at(START + 20).admit(Stage.DOCUMENTS)
        faults = judged(story, due, held).facts["faults"]
        assert [each["state"] for each in faults if "state" in each] == ["taken-up"]

    def test_that_was_admitted_only_when_the_answer_was_due_is_late_all_the_same(self) -> None:
        story, held, due = self.filed()
        id_ = story.at(due).admit(Stage.DOCUMENTS)
        story.at(due + 1).answer(id_, Outcome.DISMISSED)
        assert judged(story, due + 1).result is Result.VALID  # by the ledger alone
        assert only(judged(story, due + 1, held))["state"] == "answered-late"

    def test_accuses_nobody_where_events_may_be_missing(self) -> None:
        story, held, due = self.filed()
        for until in (None, due - 1):
            assert judged(story, due, held, known_until=until).result is Result.ERROR

    def test_that_came_too_late_had_to_be_answered_by_nobody(self) -> None:
        story = Story()
        closes = story.ends.submit_end - story.terms.objection_lead
        held = receipt(story, FilingKind.OBJECTION, closes)
        told = only(judged(story, story.ends.submit_end + 30 * DAY, held), "open")
        assert told["why"] == "WindowClosed"

    def test_to_a_tender_that_ended_before_the_answer_was_due(self) -> None:
        story, held, due = self.filed()
        story.at(START + 20).tell(events.TenderTerminated, b"\x14" * 32)
        assert only(judged(story, due, held), "open")["why"] == "moot"

    def test_of_another_tender_says_nothing(self) -> None:
        story, held, due = self.filed()
        assert judged(story, due, replace(held, tender=bytes(32))).result is Result.VALID

    def test_of_a_lot_that_there_is_not_accuses_nobody(self) -> None:
        story, held, due = self.filed()
        odd = replace(held, filing=replace(held.filing, lot=9))
        assert judged(story, due, odd).result is Result.ERROR

    def test_in_doubt_stays_open(self) -> None:
        doubt = {"filing": "1", "why": "key-unknown"}
        assert only(judged(Story(), START, filing_doubts=(doubt,)), "open") == doubt


class TestAnswerByPaper:
    """Nothing is on the ledger; the service that signed for the filing says what there is."""

    PAPER = b"\x3a" * 32

    def filed(self) -> tuple[Story, FilingReceipt, int]:
        return TestObjection().filed()

    def answer(self, at: int, paper: bytes | None = PAPER) -> FilingAnswer:
        return FilingAnswer(FilingKind.OBJECTION, DIGEST, paper, at)

    def told(self, story: Story, held: FilingReceipt, due: int, *lists: FilingAnswers) -> Any:
        check = judged(story, due, held, answers=lists)
        rows = check.facts.get("faults", []) + check.facts.get("open", [])
        if not rows:
            return check.result
        return check.result, rows[0].get("why", rows[0]["state"])

    def test_of_which_nobody_can_tell_leaves_it_open(self) -> None:
        story, held, due = self.filed()
        unknown = (Result.ERROR, "papers-unknown")
        early, foreign = said(story, due - 1), said(story, due, by="another.example")
        elsewhere = replace(said(story, due), tender=b"\x07" * 32)
        for lists in ((), (early,), (foreign,), (elsewhere,)):
            assert self.told(story, held, due, *lists) == unknown
        assert self.told(story, held, due, said(story, due)) == (Result.INVALID, "filed")

    def test_that_came_in_time_by_its_services_word_alone_accuses_nobody(self) -> None:
        story, held, due = self.filed()
        open_ = (Result.ERROR, "answer-not-anchored")
        for paper in (self.PAPER, None):
            assert (
                self.told(story, held, due, said(story, due, self.answer(due - 1, paper))) == open_
            )

    def test_that_came_too_late_by_its_services_own_word_is_found(self) -> None:
        story, held, due = self.filed()
        late = (Result.INVALID, "answered-late")
        assert self.told(story, held, due, said(story, due, self.answer(due))) == late
        told = only(judged(story, due, held, answers=(said(story, due, self.answer(due)),)))
        assert (told["answeredAt"], told["signedBy"]) == (due, "service.example")

    def test_that_an_earlier_list_did_not_have_came_after_that(self) -> None:
        story, held, due = self.filed()
        backdated = said(story, due + 9, self.answer(due - 5))
        assert self.told(story, held, due, said(story, due), backdated) == (
            Result.INVALID,
            "answered-late",
        )

    def test_that_was_anchored_in_time_is_right(self) -> None:
        story, held, due = self.filed()
        lists = said(story, due, self.answer(due - 1))
        id_ = story.at(due - 1).admit(Stage.DOCUMENTS, digest=b"\x2d" * 32)
        story.tell(events.ObjectionAnswered, id_, Outcome.DISMISSED, self.PAPER)
        assert self.told(story, held, due, lists) is Result.VALID
        other = said(story, due, self.answer(due - 1, b"\x3b" * 32))
        assert self.told(story, held, due, other) == (Result.ERROR, "answer-not-anchored")

    def test_that_was_anchored_before_it_was_asked_for_or_once_it_was_due_proves_nothing(
        self,
    ) -> None:
        for late, result in ((-1, Result.ERROR), (11, Result.VALID), (None, Result.ERROR)):
            story = Story()
            end = story.ends.submit_end
            held = receipt(story, FilingKind.QUESTION, START + 10)
            story.at(end if late is None else START + 10 + late)
            story.tell(events.QuestionAsked, b"\x2d" * 32)
            story.tell(events.QuestionAnswered, b"\x2d" * 32, self.PAPER)
            answer = replace(self.answer(end - 1), kind=FilingKind.QUESTION)
            found = self.told(story, held, end, said(story, end, answer))
            valid = Result.VALID
            assert found == (valid if result is valid else (result, "answer-not-anchored"))

    def test_of_another_kind_or_before_it_was_filed_answers_nothing(self) -> None:
        story, held, due = self.filed()
        wrong = replace(self.answer(due - 1), kind=FilingKind.QUESTION)
        before = self.answer(held.filing.filed_at - 1)
        for each in (wrong, before):
            assert self.told(story, held, due, said(story, due, each)) == (Result.INVALID, "filed")

    def test_to_a_complaint_is_the_supervisors_to_judge(self) -> None:
        story = Story()
        held = receipt(story, FilingKind.COMPLAINT, START + 10, Stage.OTHER)
        assert self.told(story, held, START + 30 * DAY) == (Result.ERROR, "complaint")

    def test_is_not_owed_once_the_lot_failed(self) -> None:
        """The duty ends there; before, the audit accused whoever signed for the filing."""
        story = Story()  # nobody bids
        held = receipt(story, FilingKind.OBJECTION, story.ends.list_end)
        at = story.ends.list_end + 30 * DAY
        assert self.told(story, held, at, said(story, at)) == (Result.ERROR, "moot")


class TestQuestion:
    def test_that_was_never_put_or_never_answered_is_found(self) -> None:
        for is_asked, state in ((False, "filed"), (True, "taken-up")):
            story = Story()
            if is_asked:
                story.tell(events.QuestionAsked, DIGEST)
            held = receipt(story, FilingKind.QUESTION, START + 10)
            end = story.ends.submit_end
            assert only(judged(story, end, held))["state"] == state
            assert only(judged(story, end - 1, held), "open")["why"] == "not-due"
            story.tell(events.QuestionAsked, DIGEST)
            story.tell(events.QuestionAnswered, DIGEST, b"\x1e" * 32)
            assert judged(story, end, held).result is Result.VALID

    def test_that_came_so_late_that_nobody_could_answer_accuses_nobody(self) -> None:
        story = Story()
        held = receipt(story, FilingKind.QUESTION, story.ends.submit_end - 1)
        told = only(judged(story, story.ends.submit_end, held), "open")
        assert told["why"] == "asked-late"


class TestComplaint:
    def test_that_nobody_took_up_stays_open(self) -> None:
        story = Story()
        held = receipt(story, FilingKind.COMPLAINT, START + 10, Stage.OTHER)
        assert only(judged(story, START + 30 * DAY, held), "open")["why"] == "complaint"


class TestLead:
    """An objection that the buyer admits came when the service signed for it."""

    @pytest.mark.parametrize(("late", "result"), [(-1, Result.VALID), (0, Result.INVALID)])
    def test_by_its_receipt(self, late: int, result: Result) -> None:
        story = Story()
        due = legal_lead(CN, "objectionLead", story.ends.submit_end).at
        story.at(due + 1).answer(story.admit(Stage.DOCUMENTS), Outcome.DISMISSED)
        held = receipt(story, FilingKind.OBJECTION, due + late)
        bundle = TenderBundle(LEDGER, story.id, tuple(story.events), policy=CN, filings=(held,))
        assert audit(bundle, story.now).check("clocks").result is result


class TestRefusal:
    """Somebody was turned away as late."""

    END = Story().ends.submit_end

    def check(self, *given: Refusal, is_named: bool = True, **told: Any) -> Check:
        story = Story()
        named = Named(story.id, 0, address("Zoe"), 1)
        late = Receipt("s", "n", self.END, b"\x08" * 32, (), ReceiptState.STORED, named=named)
        told = {"receipts": (late,) if is_named else None, "refusals": given} | told
        bundle = TenderBundle(LEDGER, story.id, tuple(story.events), **told)
        return audit(bundle, self.END + DAY).check("lists")

    def refusal(self, **told: Any) -> Refusal:
        plain = Refusal("service.example", "n", self.END, b"\x08" * 32, self.END, "BidLate", 7, 0)
        return replace(plain, **{"block_time": self.END} | told)

    def found(self, check: Check) -> list[str]:
        facts = check.facts
        rows = (*facts.get("faults", ()), *facts.get("open", ()))
        return [each["error"] for each in rows if "refusal" in each]

    def test_of_one_who_was_late_is_right(self) -> None:
        assert self.found(self.check(self.refusal())) == []

    def test_of_one_who_was_in_time_is_found(self) -> None:
        early = self.END - 1
        check = self.check(self.refusal(arrived_at=early, block_time=early))
        assert check.result is Result.INVALID
        assert self.found(check) == ["RefusedInTime"]
        assert check.facts["faults"][0]["signedBy"] == "service.example"

    @pytest.mark.parametrize("clock", ["arrived_at", "block_time"])
    def test_of_one_who_was_late_by_one_clock_alone_stays_open(self, clock: str) -> None:
        check = self.check(self.refusal(**{clock: self.END - 1}))
        assert (check.result, self.found(check)) == (Result.ERROR, ["LateByOneClock"])

    def test_that_gives_a_block_another_time_is_found(self) -> None:
        for told, errors in ((self.END, []), (self.END - 1, ["BlockTimeDiffers"])):
            check = self.check(self.refusal(), block_times={7: told})
            assert self.found(check) == errors
            assert (check.result is Result.INVALID) is bool(errors)

    def test_of_nobody_knows_what_accuses_nobody(self) -> None:
        early = self.END - 1
        odd = self.refusal(arrived_at=early, block_time=early)
        check = self.check(odd, is_named=False)
        assert (check.result, self.found(check)) == (Result.ERROR, ["RefusedInTime"])
        assert self.check(self.refusal(), is_named=False).code == "lists.ok"

    def test_for_another_reason_is_named_and_not_judged(self) -> None:
        check = self.check(self.refusal(error="BidVersionStale"), is_named=False)
        assert check.facts["notJudged"] == ["refusal BidVersionStale"]


AGENCY = agency_id("CN-GD", "SAMPLE")
ISSUER = "https://licences.example/agencies/CN-GD/SAMPLE"
KEY, FOREIGN = (PrivateKey.from_secret(bytes([each]) * 32) for each in (11, 12))
LICENCE = "urn:suizheng:licence:x:1"
WANTED = (Requirement("builder", LICENCE, ("holder_name",), "organisation", 90, optional=False),)


def known(kid: str, _at: int, usage: KeyUsage) -> PublicKey | str:
    assert usage is KeyUsage.REQUESTS
    return KEY.public_key if kid == KEY.public_key.kid else "key-unknown"


class TestStandingRequest:
    """The documents name it; presentations are made to it."""

    def told(
        self,
        signer_of: SignerOf | None = known,
        bend: Callable[[bytes], bytes | None] = lambda token: token,
        **changed: Any,
    ) -> tuple[Any, Any]:
        story = PaperedStory(where=Where(agency=AGENCY))
        asked = Asked(AGENCY, story.id, WANTED)
        request = asked.request(changed.pop("issuer", ISSUER), START, story.ends.submit_end)
        signer = changed.pop("signer", KEY)
        token = requests.sign(replace(request, **changed), signer).encode()
        token = bend(token) or token
        entry = {
            "path": "request.jwt",
            "size": len(token),
            "sha256": "0x" + hashlib.sha256(token).hexdigest(),
            "mediaType": "application/jwt",
            "role": "standing-request",
        }
        content = {k: v for k, v in parse_object(story.manifest_of(1)).items() if k != "type"}
        content |= {"files": [entry], "requirements": [requests_json(each) for each in WANTED]}
        docs = story.keep(documents.write(content))
        if bend(b"") is not None:
            story.keep(token)
        first = story.events[1]
        assert isinstance(first, TenderPublished)
        own = (replace(first, announcement=replace(first.announcement, docs=docs)),)
        evidence = request_of(own, story.papers, signer_of)
        bundle = TenderBundle(LEDGER, story.id, own, request=evidence)
        return unfit_request(bundle)

    def test_that_is_signed_and_fits_is_right(self) -> None:
        assert self.told() == ([], [])

    def test_by_a_key_that_is_not_the_buyers_stays_open(self) -> None:
        faults, (told,) = self.told(signer=FOREIGN)
        assert (faults, told["why"]) == ([], "key-unknown")
        assert self.told(None)[1][0]["why"] == "key-unknown"

    def test_that_its_key_did_not_sign_is_found(self) -> None:
        def bent(token: bytes) -> bytes:
            spot = token.rfind(b".") + 10
            other = b"A" if token[spot : spot + 1] != b"A" else b"B"
            return token[:spot] + other + token[spot + 1 :]

        faults, open_ = self.told(bend=bent)
        assert ([each["error"] for each in faults], open_) == (["SignatureInvalid"], [])

    @pytest.mark.parametrize(
        ("changed", "member"),
        [
            ({"issuer": "https://licences.example/agencies/CN-GD/OTHER"}, "iss"),
            ({"tender": "0x" + "07" * 32}, "tender"),
            ({"wanted": ()}, "wanted"),
            ({"expires_at": START + DAY}, "exp"),
        ],
    )
    def test_that_is_not_what_the_documents_ask_is_found(
        self, changed: dict[str, Any], member: str
    ) -> None:
        faults, _ = self.told(**changed)
        assert [(each["error"], each["member"]) for each in faults] == [
            ("StandingRequestUnfit", member)
        ]

    def test_that_is_not_at_hand_stays_open(self) -> None:
        faults, (told,) = self.told(bend=lambda token: token or None)
        assert (faults, told["why"]) == ([], "no-paper")

    def test_documents_that_name_none_or_are_not_at_hand_ask_nothing(self) -> None:
        story = PaperedStory()
        assert request_of(tuple(story.events[1:]), story.papers, known) is None
        assert request_of(tuple(story.events[1:]), {}, known) is None


def requests_json(each: Requirement) -> dict[str, Any]:
    return {
        "id": each.id,
        "vct": each.vct,
        "claims": list(each.claims),
        "who": each.who,
        "minValidityDays": each.min_validity_days,
        "optional": each.optional,
    }
