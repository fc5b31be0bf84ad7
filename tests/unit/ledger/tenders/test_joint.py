"""Joint bids, bids under two keys, and bonds."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledger.tenders.bonds import Bond, Wanted, bond_faults, is_lawful
from ledger.tenders.joint import (
    Bidders,
    BidFlag,
    GradeUnknown,
    Qualification,
    clashes,
    joint_grades,
)
from ledger.tenders.policy.document import preset
from tests.support.tender_story import address

ANN, BO, CAI = map(address, ("Ann", "Bo", "Cai"))
BUILDING, ROADS = "建筑工程施工总承包", "公路工程施工总承包"


class TestJointGrades:
    def test_the_lowest_of_the_same_trade(self) -> None:
        first = [Qualification(BUILDING, "一级"), Qualification(ROADS, "三级")]
        second = [Qualification(BUILDING, "二级")]
        assert joint_grades([first, second]) == {BUILDING: "二级", ROADS: "三级"}

    def test_a_members_own_best(self) -> None:
        assert joint_grades(
            [[Qualification(BUILDING, "三级"), Qualification(BUILDING, "一级")]]
        ) == {BUILDING: "一级"}

    def test_a_grade_that_nobody_ranks(self) -> None:
        with pytest.raises(GradeUnknown):
            joint_grades([[Qualification(BUILDING, "甲级")]])
        assert joint_grades([[Qualification("监理", "乙级")]], ("甲级", "乙级")) == {"监理": "乙级"}


class TestClashes:
    def test_everybody_bids_once(self) -> None:
        assert clashes([Bidders(ANN, ("a",)), Bidders(BO, ("b", "c"))]) == ()

    def test_one_firm_under_two_keys(self) -> None:
        (flag,) = clashes([Bidders(ANN, ("a",)), Bidders(BO, ("b",)), Bidders(CAI, ("a",))])
        assert (flag.code, flag.bids, flag.law) == (BidFlag.TWO_BIDS, (ANN, CAI), "R51(4)")

    def test_a_member_bids_elsewhere_too(self) -> None:
        (flag,) = clashes([Bidders(ANN, ("a", "b")), Bidders(BO, ("b",))])
        assert (flag.code, flag.bids) == (BidFlag.JOINT_CLASH, (ANN, BO))
        assert (flag.organisation, flag.law) == ("b", "R37")

    def test_without_an_agreement(self) -> None:
        (flag,) = clashes([Bidders(ANN, ("a", "b"), has_agreement=False)])
        assert (flag.code, flag.law) == (BidFlag.NO_AGREEMENT, "R51(2)")
        assert clashes([Bidders(ANN, ("a",), has_agreement=False)]) == ()

    def test_a_licence_of_one_who_bids_elsewhere(self) -> None:
        (flag,) = clashes([Bidders(ANN, ("a",)), Bidders(BO, ("b",), shown=("a",))])
        assert (flag.code, flag.bids) == (BidFlag.TWO_BIDS, (ANN, BO))
        assert clashes([Bidders(ANN, ("a",), has_agreement=False, shown=("b",))]) == ()


WANTED = Wanted("agency", "0x01", Decimal("20000.00"), "CNY", 2_000)
BOND = Bond("agency", "0x01", Decimal("20000.00"), "CNY", 2_000)


class TestBonds:
    def test_the_one_asked_for(self) -> None:
        assert bond_faults(BOND, WANTED) == ()

    @pytest.mark.parametrize(
        ("bond", "fault"),
        [
            (replace(BOND, beneficiary="other"), "bond.other-beneficiary"),
            (replace(BOND, tender="0x02"), "bond.other-tender"),
            (replace(BOND, amount=Decimal("19999.99")), "bond.too-small"),
            (replace(BOND, currency="HKD", amount=Decimal(1)), "bond.other-currency"),
            (replace(BOND, valid_until=1_999), "bond.ends-too-soon"),
        ],
    )
    def test_faults(self, bond: Bond, fault: str) -> None:
        assert bond_faults(bond, WANTED) == (fault,)

    def test_the_law_bounds_what_may_be_asked_for(self) -> None:
        cn, estimate = preset("cn"), Decimal(1_000_000)
        assert is_lawful(cn, Decimal(20_000), estimate)
        assert not is_lawful(cn, Decimal("20000.01"), estimate)
        assert is_lawful(cn, Decimal(100_000), estimate, "performance")
        assert not is_lawful(cn, Decimal(100_001), estimate, "performance")
        assert is_lawful(preset("eu-2014-24"), Decimal(999_999), estimate)
