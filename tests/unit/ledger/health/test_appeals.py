"""Appeals: recomputed by what the row cites, upheld or overturned, and answered in writing."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.canonical import canonical_json, parse_object
from ledger.health import appeals
from ledger.health.appeals import Answer, Appeal, AppealRefused, Verdict
from ledger.health.gate.outcome import Outcome
from ledger.health.gate.report import PersonReport
from ledger.health.reasons import Reason
from ledger.health.scans import ScanMalformed, digest_of, row_of, scan_number, write_row
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.values import Digest, Status
from tests.support.gates import GOOD, LANE, NOW, evidence, judged, live, status_lists

ID = bytes(range(16))
DAY = 86_400
REMEDY = Digest(b"\x09" * 32)
CODE = live(GOOD)
SIGNER = PrivateKey.from_secret(b"\x51" * 32)
STRANGER = PrivateKey.from_secret(b"\x52" * 32)


def person(status: Status, at: int = NOW, as_of: int = NOW - 3_600) -> PersonReport:
    """The gate's report when the status list says that of the pass."""
    known = evidence(status=status_lists(status, as_of=as_of))
    return judged(CODE, known, at=at).people[0]


REFUSED = person(Status.REVOKED)
ROW = write_row(row_of(REFUSED, LANE, NOW, random=bytes(16), key=None))
APPEAL = appeals.lodge(ROW, id_=ID, at=NOW + DAY, answer_within=DAY)


def answered(report: PersonReport = REFUSED, **changes: Any) -> Answer:
    said: dict[str, Any] = {
        "at": NOW + DAY + 60,
        "by": "officer-7",
        "text": "The list of that hour names the pass as revoked.",
    }
    return appeals.answer(APPEAL, ROW, report, **(said | changes))


class TestLodge:
    def test_goes_by_the_scan_number(self) -> None:
        assert APPEAL.scan_number == scan_number(digest_of(ROW))
        assert (APPEAL.lodged_at, APPEAL.answer_by) == (NOW + DAY, NOW + 2 * DAY)

    def test_against_a_scan_that_let_one_pass_is_refused(self) -> None:
        row = write_row(row_of(person(Status.VALID), LANE, NOW, random=bytes(16), key=None))
        with pytest.raises(AppealRefused) as refused:
            appeals.lodge(row, id_=ID, at=NOW + DAY, answer_within=DAY)
        assert refused.value.part == "outcome"

    @pytest.mark.parametrize(
        ("change", "part"), [({"at": NOW - 60}, "lodgedAt"), ({"id_": b""}, "id")]
    )
    def test_out_of_time_or_name_is_refused(self, change: dict[str, Any], part: str) -> None:
        plain: dict[str, Any] = {"id_": ID, "at": NOW + DAY, "answer_within": DAY}
        with pytest.raises(AppealRefused) as refused:
            appeals.lodge(ROW, **(plain | change))
        assert refused.value.part == part

    def test_against_no_row_is_refused(self) -> None:
        with pytest.raises(ScanMalformed):
            appeals.lodge(b"{}", id_=ID, at=NOW, answer_within=DAY)


class TestAnswer:
    def test_upholds_what_the_cited_versions_give_again(self) -> None:
        found = answered()
        assert (found.verdict, found.remedy) == (Verdict.UPHELD, None)
        assert found.decided == found.recomputed
        assert found.recomputed.reasons == (Reason.STATUS,)

    def test_overturns_what_they_do_not_give_and_names_the_new_pass(self) -> None:
        found = answered(person(Status.VALID), remedy=REMEDY)
        assert (found.verdict, found.remedy) == (Verdict.OVERTURNED, REMEDY)
        assert (found.decided.outcome, found.recomputed.outcome) == (Outcome.DENY, Outcome.ACCEPT)

    def test_overturns_a_refusal_that_a_person_should_have_decided(self) -> None:
        found = answered(person(Status.SUSPENDED), remedy=REMEDY)
        assert found.verdict is Verdict.OVERTURNED

    @pytest.mark.parametrize(("status", "remedy"), [(Status.VALID, None), (Status.REVOKED, REMEDY)])
    def test_gives_a_pass_exactly_when_it_overturns(
        self, status: Status, remedy: Digest | None
    ) -> None:
        with pytest.raises(AppealRefused) as refused:
            answered(person(status), remedy=remedy)
        assert refused.value.part == "remedy"

    def test_rests_on_what_the_row_cites_alone(self) -> None:
        with pytest.raises(AppealRefused) as refused:
            answered(person(Status.VALID, as_of=NOW - 60), remedy=REMEDY)
        assert refused.value.part == "citations"

    @pytest.mark.parametrize(
        ("moment", "outcome", "status", "verdict"),
        [
            (Reason.REPLAY, Outcome.SECONDARY, Status.VALID, Verdict.UPHELD),
            (Reason.PRESENTATION, Outcome.DENY, Status.VALID, Verdict.UPHELD),
            (Reason.PRESENTATION, Outcome.SECONDARY, Status.VALID, Verdict.UPHELD),
            (Reason.REPLAY, Outcome.DENY, Status.REVOKED, Verdict.UPHELD),
            (Reason.REPLAY, Outcome.DENY, Status.VALID, Verdict.OVERTURNED),
        ],
    )
    def test_takes_what_the_moment_showed_from_the_row(
        self, moment: Reason, outcome: Outcome, status: Status, verdict: Verdict
    ) -> None:
        lasting = (Reason.STATUS,) if outcome is Outcome.DENY and moment is Reason.REPLAY else ()
        scan = row_of(person(status), LANE, NOW, random=bytes(16), key=None)
        row = write_row(replace(scan, outcome=outcome, reasons=(*lasting, moment)))
        lodged = appeals.lodge(row, id_=ID, at=NOW + DAY, answer_within=DAY)
        found = appeals.answer(
            lodged,
            row,
            person(status),
            at=NOW + DAY,
            by="officer-7",
            text="The screen was shown twice.",
            remedy=REMEDY if verdict is Verdict.OVERTURNED else None,
        )
        assert found.verdict is verdict
        assert moment in found.recomputed.reasons

    def test_is_about_its_own_row(self) -> None:
        other = write_row(row_of(REFUSED, LANE, NOW, random=b"\x01" * 16, key=None))
        with pytest.raises(AppealRefused) as refused:
            appeals.answer(APPEAL, other, REFUSED, at=NOW + 2 * DAY, by="officer-7", text="No.")
        assert refused.value.part == "row"

    def test_says_when_it_was_due(self) -> None:
        assert not answered(at=APPEAL.answer_by).is_late
        assert answered(at=APPEAL.answer_by + 1).is_late

    @pytest.mark.parametrize(
        ("change", "part"),
        [
            ({"at": NOW + DAY - 1}, "answeredAt"),
            ({"by": ""}, "by"),
            ({"text": ""}, "text"),
            ({"text": "x" * 4_001}, "text"),
        ],
    )
    def test_without_a_time_a_name_or_a_word_is_refused(
        self, change: dict[str, Any], part: str
    ) -> None:
        with pytest.raises(AppealRefused) as refused:
            answered(**change)
        assert refused.value.part == part


class TestDocument:
    FOUND = answered(person(Status.VALID), remedy=REMEDY)
    ENCODED = appeals.write_answer(FOUND)

    def test_is_the_same_whenever_it_is_worked_out(self) -> None:
        assert appeals.write_answer(answered()) == appeals.write_answer(answered())

    def test_is_believed_as_its_agency_signed_it(self) -> None:
        key = SIGNER.public_key
        signature = SIGNER.sign(self.ENCODED)
        assert appeals.verify_answer(self.ENCODED, signature, key) == self.FOUND
        other = appeals.write_answer(replace(self.FOUND, text="Another word."))
        for document, by in ((other, key), (self.ENCODED, STRANGER.public_key)):
            with pytest.raises(SignatureInvalid):
                appeals.verify_answer(document, signature, by)

    def test_that_is_signed_and_none_is_refused(self) -> None:
        with pytest.raises(AppealRefused):
            appeals.verify_answer(b"{}", SIGNER.sign(b"{}"), SIGNER.public_key)

    def test_comes_back(self) -> None:
        for found in (self.FOUND, answered()):
            assert appeals.read_answer(appeals.write_answer(found)) == found
        assert parse_object(self.ENCODED)["scan"] == APPEAL.scan_number

    def test_has_one_digest(self) -> None:
        again = appeals.write_answer(replace(self.FOUND))
        assert appeals.digest_of_answer(again) == appeals.digest_of_answer(self.ENCODED)

    @pytest.mark.parametrize(
        "change",
        [
            *({"verdict": "UPHELD"}, {"verdict": "MAYBE"}, {"scan": "A" * 16}, {"v": 2}),
            *({"id": "0x"}, {"row": "0x" + "00" * 32}, {"answerBy": NOW}, {"citations": []}),
            *({"decided": {}}, {"recomputed": {"outcome": "DENY", "reasons": ["?"]}}),
            *({"remedy": None}, {"remedy": 1}, {"by": 7}, {"more": 1}),
        ],
        ids=str,
    )
    def test_of_another_content_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(AppealRefused):
            appeals.read_answer(canonical_json(parse_object(self.ENCODED) | change))

    @pytest.mark.parametrize("encoded", [b"", b"[]", b"{}", ENCODED + b" ", b" " * 20_000])
    def test_of_other_bytes_is_refused(self, encoded: bytes) -> None:
        with pytest.raises(AppealRefused):
            appeals.read_answer(encoded)

    def test_answers_an_appeal(self) -> None:
        assert Appeal(ID, digest_of(ROW), NOW + DAY, NOW + 2 * DAY) == self.FOUND.appeal
