"""Life cycle: every way from status to status, and every lawful time."""

import re
from itertools import product
from pathlib import Path

import pytest

from ledger.errors import (
    EffectiveFromBeginning,
    EffectiveInFuture,
    ReasonOutsideClass,
    StatusFinal,
    StatusTransitionIllegal,
    UntilNotAfterEffective,
    UntilWithoutSuspension,
)
from ledger.licences.lifecycle import (
    REASONS,
    ReasonUnknown,
    check_reason,
    check_times,
    check_transition,
    is_supervisable,
    needs_cosignature,
    reason_of,
    reasons_for,
    sources,
)
from ledger.status_list import IndexInvalid
from ledger.values import Status

V, R, S, P = Status.VALID, Status.REVOKED, Status.SUSPENDED, Status.SUPERSEDED

SUSPEND = (101, 102, 103, 104, 105)
REINSTATE = (201, 202, 203, 204)
RESTORE = (205,)
ANNUL = (310, 311)
OTHER_REVOCATIONS = (320, 330, 331, 332, 333, 334, 335, 340, 350)
SUPERSEDE = (401, 402, 403, 404, 405, 406)

LAWFUL = {
    *product((V, S), (S,), SUSPEND),
    *product((S,), (V,), REINSTATE),
    *product((P,), (V,), RESTORE),
    *product((V, S, P), (R,), ANNUL),
    *product((V, S), (R,), OTHER_REVOCATIONS),
    *product((V, S), (P,), SUPERSEDE),
}
CLASSES = {S: SUSPEND, V: REINSTATE + RESTORE, R: ANNUL + OTHER_REVOCATIONS, P: SUPERSEDE}
CODES = tuple(sorted(code for codes in CLASSES.values() for code in codes))


CONSTANT = re.compile(r"uint16 internal constant (\w+) = (\d+);")
LIBRARY = Path(__file__).parents[4] / "contracts" / "libraries" / "StatusWords.sol"


class TestReasons:
    def test_the_ledger_has_the_same_codes(self) -> None:
        theirs = {name: int(code) for name, code in CONSTANT.findall(LIBRARY.read_text("utf-8"))}
        assert theirs == {
            "SUSPEND_FIRST": SUSPEND[0],
            "SUSPEND_LAST": SUSPEND[-1],
            "REINSTATE_FIRST": REINSTATE[0],
            "REINSTATE_LAST": REINSTATE[-1],
            "RESTORE": RESTORE[0],
            "ANNUL_AGENCY": ANNUL[0],
            "ANNUL_FRAUD": ANNUL[1],
            "PUNITIVE": OTHER_REVOCATIONS[0],
            "CANCEL_FIRST": OTHER_REVOCATIONS[1],
            "CANCEL_LAST": OTHER_REVOCATIONS[6],
            "WITHDRAW": OTHER_REVOCATIONS[7],
            "ISSUED_IN_ERROR": OTHER_REVOCATIONS[8],
            "SUPERSEDE_FIRST": SUPERSEDE[0],
            "SUPERSEDE_LAST": SUPERSEDE[-1],
        }

    def test_codes_and_their_classes(self) -> None:
        assert tuple(REASONS) == CODES
        for status, codes in CLASSES.items():
            assert tuple(reason.code for reason in reasons_for(status)) == codes

    def test_every_reason_is_named_in_four_languages_and_no_name_serves_two(self) -> None:
        for tag in ("zh-Hans", "zh-Hant", "en", "pt"):
            names = [reason.names[tag] for reason in REASONS.values()]
            assert all(names)
            assert len(set(names)) == len(names)

    def test_unknown_reason(self) -> None:
        assert reason_of(320).names["zh-Hans"] == "吊销"
        with pytest.raises(ReasonUnknown) as refused:
            reason_of(312)
        assert refused.value.reason == 312

    def test_only_the_two_annulments_annul(self) -> None:
        assert [reason.code for reason in REASONS.values() if reason.annuls] == [310, 311]


class TestCheckTransition:
    @pytest.mark.parametrize("present", Status)
    @pytest.mark.parametrize("to", Status)
    def test_exactly_the_lawful_ways_are_open(self, present: Status, to: Status) -> None:
        for reason in CODES:
            if (present, to, reason) in LAWFUL:
                check_transition(718_204, present, to, reason)
                continue
            with pytest.raises((ReasonOutsideClass, StatusFinal, StatusTransitionIllegal)):
                check_transition(718_204, present, to, reason)

    def test_errors_name_word_and_entry_as_the_ledger_does(self) -> None:
        with pytest.raises(StatusFinal) as final:
            check_transition(129, R, S, 101)
        assert (final.value.word, final.value.entries) == (1, 0b1100)
        with pytest.raises(StatusTransitionIllegal) as illegal:
            check_transition(129, P, S, 101)
        assert vars(illegal.value) == {"word": 1, "entries": 0b1100, "from_": 3, "to": 2}

    def test_the_reason_is_judged_first(self) -> None:
        with pytest.raises(ReasonOutsideClass):
            check_transition(0, R, S, 201)

    def test_index_outside_the_list(self) -> None:
        with pytest.raises(IndexInvalid):
            check_transition(2**20, V, S, 101)

    def test_revoked_is_the_source_of_nothing(self) -> None:
        assert all(R not in sources(REASONS[code].status, code) for code in CODES)


class TestCheckReason:
    @pytest.mark.parametrize("code", [0, 100, 106, 200, 206, 300, 312, 336, 351, 400, 407, 65_535])
    def test_codes_beside_the_classes_fit_nowhere(self, code: int) -> None:
        for status in Status:
            with pytest.raises(ReasonOutsideClass):
                check_reason(status, code)


class TestNeedsCosignature:
    def test_annulments_and_restoration_alone(self) -> None:
        assert {code for code in CODES if needs_cosignature(code)} == {205, 310, 311}


class TestIsSupervisable:
    def test_suspending_and_reinstating_alone(self) -> None:
        allowed = {code for code in CODES if is_supervisable(REASONS[code].status, code)}
        assert allowed == {*SUSPEND, *REINSTATE}


class TestCheckTimes:
    NOW = 1_800_000_000

    def test_lawful_times(self) -> None:
        check_times(S, 101, effective_at=self.NOW, until=self.NOW + 1, now=self.NOW)
        check_times(S, 101, effective_at=self.NOW, until=0, now=self.NOW)
        check_times(R, 310, effective_at=0, until=0, now=self.NOW)

    @pytest.mark.parametrize(
        ("status", "reason", "effective_at", "until", "error"),
        [
            (R, 310, NOW, 0, EffectiveFromBeginning),
            (R, 320, 0, 0, EffectiveFromBeginning),
            (S, 101, NOW + 1, 0, EffectiveInFuture),
            (V, 201, NOW, NOW + 1, UntilWithoutSuspension),
            (S, 101, NOW, NOW, UntilNotAfterEffective),
        ],
    )
    def test_unlawful_times(
        self, status: Status, reason: int, effective_at: int, until: int, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            check_times(status, reason, effective_at=effective_at, until=until, now=self.NOW)
