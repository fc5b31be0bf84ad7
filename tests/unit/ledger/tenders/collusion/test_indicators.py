from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ledger.tenders.collusion.flags import Code
from ledger.tenders.collusion.history import fences, history_flags
from ledger.tenders.collusion.procedure import JudgedBid, Procedure, procedure_flags

DAY = 86_400
DEADLINE = 1_790_000_000


def bid(id_: str, price: str | None = None, *, rejected: bool = False, **changes: Any) -> JudgedBid:
    told: dict[str, Any] = {
        "tenderers": (f"firm {id_}",),
        "at": DEADLINE - 60,
        "is_rejected": rejected,
    } | changes
    return JudgedBid(id=id_, price=price, **told)


def procedure(*bids: JudgedBid, **changes: Any) -> Procedure:
    told: dict[str, Any] = {
        "published_at": DEADLINE - 20 * DAY,
        "deadline": DEADLINE,
        "buyer": "buyer",
    } | changes
    return Procedure(id=told.pop("id", "p"), bids=bids, **told)


THREE = (bid("a", "100"), bid("b", "110"), bid("c", "120"))


def codes(given: Procedure) -> set[Code]:
    return {flag.code for flag in procedure_flags(given)}


class TestProcedure:
    def test_that_is_ordinary_shows_nothing(self) -> None:
        assert codes(procedure(*THREE, winner="a", is_price_only=True)) == set()

    @pytest.mark.parametrize(("days", "is_short"), [(14.99, True), (15, False)])
    def test_r003(self, days: float, *, is_short: bool) -> None:
        given = procedure(*THREE, published_at=DEADLINE - int(days * DAY))
        assert (Code.R003 in codes(given)) is is_short

    def test_r018(self) -> None:
        assert codes(procedure(THREE[0], winner="a")) == {Code.R018}
        assert Code.R018 not in codes(procedure(*THREE[:2]))

    def test_r030(self) -> None:
        late = replace(THREE[0], at=DEADLINE)
        assert codes(procedure(late, *THREE[1:], winner="a")) == {Code.R030}
        assert codes(procedure(late, *THREE[1:], winner="b")) == set()

    def test_r035(self) -> None:
        others = tuple(replace(each, is_rejected=True) for each in THREE[1:])
        assert codes(procedure(THREE[0], *others, winner="a")) == {Code.R035}
        assert codes(procedure(THREE[0], others[0], THREE[2], winner="a")) == set()

    @pytest.mark.parametrize(
        ("price_only", "winner", "is_flagged"),
        [(True, "b", True), (False, "b", False), (True, None, False)],
        ids=["price only", "other criteria", "no award"],
    )
    def test_r036(self, winner: str | None, *, price_only: bool, is_flagged: bool) -> None:
        lowest = replace(THREE[0], is_rejected=True)
        given = procedure(lowest, *THREE[1:], winner=winner, is_price_only=price_only)
        assert (Code.R036 in codes(given)) is is_flagged


class TestFences:
    def test_are_tukeys(self) -> None:
        found = fences([Fraction(n) for n in (1, 2, 3, 4, 5)])
        assert found is not None
        assert [found.first, found.third, found.low, found.high] == [2, 4, -1, 7]

    def test_need_enough_values(self) -> None:
        assert fences([Fraction(1)] * 3) is None

    def test_of_equal_values_let_nobody_out(self) -> None:
        found = fences([Fraction(1)] * 9)
        assert found is not None
        assert not found.is_low(Fraction(1))
        assert not found.is_high(Fraction(1))


def with_gap(number: int, gap: str, **changes: Any) -> Procedure:
    winner, second = bid("a", "100"), bid("b", str(100 + float(gap)))
    return procedure(winner, second, id=f"p{number}", winner="a", **changes)


class TestHistory:
    GAPS = ("5", "5.5", "6", "6.5", "7")

    def flagged(self, *procedures: Procedure) -> dict[Code, list[Any]]:
        found: dict[Code, list[Any]] = {}
        for flag in history_flags(procedures):
            found.setdefault(flag.code, []).append(dict(flag.evidence[0]))
        return found

    def ordinary(self) -> list[Procedure]:
        return [with_gap(number, gap) for number, gap in enumerate(self.GAPS)]

    def test_r024_and_r058(self) -> None:
        assert self.flagged(*self.ordinary()) == {}
        near, far = with_gap(8, "0.1"), with_gap(9, "40")
        found = self.flagged(*self.ordinary(), near, far)
        assert [each["procedure"] for each in found[Code.R024]] == ["p8"]
        assert [each["procedure"] for each in found[Code.R058]] == ["p9"]

    def test_gaps_of_what_was_not_won_by_price_do_not_count(self) -> None:
        odd = replace(with_gap(8, "0.1"), winner="b")
        joint = procedure(
            bid("a", "100", tenderers=("x", "y")), bid("b", "100.1"), id="p9", winner="a"
        )
        assert self.flagged(*self.ordinary(), odd, joint) == {}

    def test_r025(self) -> None:
        """Nine firms win most of what they bid for; one bids everywhere and never wins."""
        procedures = []
        for number in range(18):
            winner = bid("w", "100", tenderers=(f"firm {number % 9}",))
            escort = bid("e", "100", tenderers=("escort",))
            procedures.append(procedure(winner, escort, id=f"p{number}", winner="w"))
        (found,) = self.flagged(*procedures)[Code.R025]
        assert found == {"tenderer": "escort", "ratio": "0.0000", "bids": "18"}

    def test_r038_by_tenderer_and_by_buyer(self) -> None:
        procedures = []
        for buyer in range(9):
            for number in range(2):
                bids = [
                    bid(f"{n}", tenderers=(f"firm {n}",), rejected=(n == 0 or buyer == 0))
                    for n in range(6)
                ]
                procedures.append(procedure(*bids, id=f"{buyer}-{number}", buyer=f"buyer {buyer}"))
        found = self.flagged(*procedures)[Code.R038]
        assert [each.get("buyer") or each.get("tenderer") for each in found] == [
            "buyer 0",
            "firm 0",
        ]

    def test_r048(self) -> None:
        ordinary = [
            procedure(
                bid("a", tenderers=(f"firm {n}",)),
                id=f"p{n}",
                winner="a",
                items=tuple(f"{trade}123456" for trade in range(10, 11 + n % 3)),
            )
            for n in range(6)
        ]
        everything = procedure(
            bid("a", tenderers=("everything",)),
            id="p",
            winner="a",
            items=tuple(f"{trade}000000" for trade in range(10, 30)),
        )
        found = self.flagged(*ordinary, everything)[Code.R048]
        assert [each["tenderer"] for each in found] == ["everything"]
        assert Code.R048 not in self.flagged(*ordinary)

    def test_of_few_procedures_says_nothing(self) -> None:
        assert self.flagged(*self.ordinary()[:2], with_gap(8, "0")) == {}
