"""Joint bids, and bids under two keys."""

from ledger.tenders.joint import (
    Bidders,
    BidFlag,
    clashes,
    joint_grades,
)
from ledger.tenders.shown_licences import Qualification
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

    def test_grades_that_do_not_compare(self) -> None:
        def grades(*each: str) -> str | None:
            return joint_grades([[Qualification(BUILDING, grade)] for grade in each])[BUILDING]

        assert (grades("甲级", "乙级"), grades("不分等级", "不分等级")) == ("乙级", "不分等级")
        assert (grades("甲级", "一级"), grades("一级", "不分等级")) == (None, None)


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
