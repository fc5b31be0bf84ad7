"""Scores that anybody recomputes."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical_json
from ledger.tenders.committee import (
    Consent,
    Rejection,
    Statement,
    StatementForeign,
    consents,
    report,
    report_digest,
)
from ledger.tenders.evaluation import (
    Averaging,
    Criteria,
    EvaluationMalformed,
    Sheet,
    SheetMismatch,
    read_criteria,
    read_sheet,
    revealed,
    scores,
    sheet_digest,
    write_sheet,
)
from ledger.tenders.pricing import Formula, Kind, price_points
from ledger.values import Address
from tests.support.tender_story import address

ANN, BO, CAI = map(address, ("Ann", "Bo", "Cai"))
SALT = b"\x05" * 16
TOLD: dict[str, Any] = {
    "points": [{"id": "plan", "most": "40"}, {"id": "staff", "most": "20.5"}],
    "price": {"kind": "lowest", "most": "40"},
    "averaging": "mean",
    "scale": 2,
}
CRITERIA = read_criteria(TOLD)
PRICES = {ANN: Decimal("100.00"), BO: Decimal("80.00"), CAI: Decimal("90.00")}


def sheet(seat: int, **plan: int) -> Sheet:
    named = {"ann": ANN, "bo": BO, "cai": CAI}
    points = {
        named[name]: {"plan": Decimal(value), "staff": Decimal("10.5")}
        for name, value in plan.items()
    }
    return Sheet(seat, points)


SHEETS = [sheet(1, ann=30, bo=20, cai=10), sheet(2, ann=31, bo=20, cai=10)]


class TestCriteria:
    @pytest.mark.parametrize(
        "change",
        [
            {"points": []} | {"price": None},
            {"points": [{"id": "a", "most": "1"}] * 2},
            {"points": [{"id": "price", "most": "1"}]},
            {"points": [{"id": "a", "most": 1}]},
            {"points": [{"id": "a", "most": "-1"}]},
            {"price": {"kind": "highest", "most": "1"}},
            {"price": {"kind": "deviation", "most": "1"}},
            {"price": {"kind": "lowest", "most": "1", "above": "1"}},
            {"averaging": "median"},
            {"scale": 7},
            {"more": 1},
        ],
    )
    def test_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(EvaluationMalformed):
            read_criteria(TOLD | change)


class TestScores:
    def test_known_answer(self) -> None:
        found = scores(CRITERIA, SHEETS, PRICES)
        assert [(each.bidder, str(each.total), each.rank) for each in found] == [
            (ANN, "73.00", 1),  # 30.50 + 10.50 + 80/100 × 40
            (BO, "70.50", 2),
            (CAI, "56.06", 3),  # 10 + 10.50 + 35.56
        ]

    def test_without_the_highest_and_the_lowest(self) -> None:
        five = [sheet(seat, ann=value) for seat, value in enumerate((0, 30, 31, 32, 40), 1)]
        trimmed = replace(CRITERIA, averaging=Averaging.TRIMMED, price=None)
        (found,) = scores(trimmed, five, {ANN: Decimal(0)})
        assert found.parts["plan"] == 31
        (few,) = scores(trimmed, five[1:], {ANN: Decimal(0)})
        assert few.parts["plan"] == Decimal("33.25")

    def test_price_alone_needs_no_sheet(self) -> None:
        alone = Criteria((), Formula(Kind.LOWEST, Decimal(100)), Averaging.MEAN, 2)
        assert [each.bidder for each in scores(alone, [], PRICES)] == [BO, CAI, ANN]

    def test_equal_totals_rank_by_price(self) -> None:
        same = replace(CRITERIA, price=None)
        even = [sheet(1, ann=10, bo=10, cai=10)]
        assert [each.bidder for each in scores(same, even, PRICES)] == [BO, CAI, ANN]

    def test_refused_without_sheets_or_with_free_offers(self) -> None:
        with pytest.raises(EvaluationMalformed):
            scores(CRITERIA, [], PRICES)
        with pytest.raises(EvaluationMalformed):
            scores(CRITERIA, SHEETS, {**PRICES, ANN: Decimal(0)})

    @given(st.permutations([*SHEETS, sheet(3, ann=1, bo=2, cai=40)]))
    def test_the_order_of_sheets_does_not_matter(self, order: list[Sheet]) -> None:
        usual = scores(CRITERIA, sorted(order, key=lambda each: each.seat), PRICES)
        assert scores(CRITERIA, order, PRICES) == usual


class TestPrices:
    def test_deviation_from_the_mean(self) -> None:
        formula = Formula(Kind.DEVIATION, Decimal(40), above=Decimal(1), below=Decimal("0.5"))
        found = price_points(formula, PRICES, 2)
        assert found == {ANN: Decimal("28.89"), BO: Decimal("34.44"), CAI: Decimal("40.00")}

    def test_points_never_fall_below_nothing(self) -> None:
        formula = Formula(Kind.DEVIATION, Decimal(1), above=Decimal(9), below=Decimal(9))
        assert set(price_points(formula, {ANN: Decimal(1), BO: Decimal(99)}, 0).values()) == {0}

    @given(st.lists(st.integers(1, 10**9), min_size=1, max_size=8))
    def test_the_lowest_price_has_all_points(self, amounts: list[int]) -> None:
        prices = {Address(str(n)): Decimal(each) for n, each in enumerate(amounts)}
        found = price_points(Formula(Kind.LOWEST, Decimal(40)), prices, 4)
        assert max(found.values()) == 40
        assert all(0 <= each <= 40 for each in found.values())


class TestSheets:
    ENCODED = write_sheet(SHEETS[0], SALT)

    def test_there_and_back(self) -> None:
        assert read_sheet(self.ENCODED, CRITERIA, PRICES.keys()) == SHEETS[0]

    def test_what_was_committed_is_shown(self) -> None:
        committed = {1: sheet_digest(self.ENCODED), 2: b"\x02" * 32}
        shown, missing = revealed(committed, {1: self.ENCODED})
        assert (dict(shown), missing) == ({1: self.ENCODED}, (2,))
        for foreign in ({2: self.ENCODED}, {1: self.ENCODED + b" "}, {3: self.ENCODED}):
            with pytest.raises(SheetMismatch) as refused:
                revealed(committed, foreign)
            assert refused.value.seat in foreign

    @pytest.mark.parametrize(
        "change",
        [
            {"seat": 0},
            {"salt": "00"},
            {"salt": "xx"},
            {"type": "other"},
            {"points": {}},
            {"points": {ANN: {"plan": "1", "staff": "1"}}},
        ],
    )
    def test_refused(self, change: dict[str, Any]) -> None:
        told = orjson.loads(self.ENCODED) | change
        with pytest.raises(EvaluationMalformed):
            read_sheet(canonical_json(told), CRITERIA, PRICES.keys())

    @pytest.mark.parametrize("given_", ["41", "1e1", "-1", 5, "01"])
    def test_points_beyond_what_there_is_to_give(self, given_: Any) -> None:
        told = orjson.loads(self.ENCODED)
        told["points"][ANN]["plan"] = given_
        with pytest.raises(EvaluationMalformed):
            read_sheet(canonical_json(told), CRITERIA, PRICES.keys())

    def test_a_second_spelling_and_a_thin_salt(self) -> None:
        for encoded in (b" " + self.ENCODED, b"[]", b""):
            with pytest.raises(EvaluationMalformed):
                read_sheet(encoded, CRITERIA, PRICES.keys())
        with pytest.raises(EvaluationMalformed):
            write_sheet(SHEETS[0], b"\x05" * 15)


class TestCommittee:
    def test_silence_is_consent_and_dissent_has_a_text(self) -> None:
        said = [Statement(1), Statement(3, "评分依据不足")]
        assert consents(3, said) == {
            1: Consent.SIGNED,
            2: Consent.SILENT,
            3: Consent.DISSENTED,
        }

    @pytest.mark.parametrize(
        "said", [[Statement(4)], [Statement(0)], [Statement(1), Statement(1, "不同意")]]
    )
    def test_strangers_and_two_minds(self, said: list[Statement]) -> None:
        with pytest.raises(StatementForeign):
            consents(3, said)

    def test_the_report_is_recomputed_byte_for_byte(self) -> None:
        found = scores(CRITERIA, SHEETS, PRICES)
        made = report(found, [Rejection("x", 3, "资质")], [Statement(1)], 2, missing=[2])
        assert made == report(list(found), [Rejection("x", 3, "资质")], [Statement(1)], 2, (2,))
        told = orjson.loads(made)
        assert told["missingSheets"] == [2]
        assert told["rejected"][0]["law"] == "R51(3)"
        assert told["members"][1] == {"seat": 2, "consent": "silent", "dissent": ""}
        assert len(report_digest(made)) == 32
