from collections.abc import Iterable
from typing import Any

import pytest

from ledger.tenders.collusion.flags import Code, Flag, Strength
from ledger.tenders.collusion.material import BidMaterial, FileContent
from ledger.tenders.collusion.signals import Unreadable, signals
from tests.support.bid_papers import copied, pdf_file, prose, word_file

FORM = prose("the tender's own form", 60)


def bids(*materials: dict[str, Any]) -> list[BidMaterial]:
    return [BidMaterial(f"bid-{number}", **each) for number, each in enumerate(materials, 1)]


def found(materials: Iterable[BidMaterial], code: Code, tender: Any = ()) -> list[Flag]:
    return [flag for flag in signals(materials, tender).flags if flag.code is code]


def paper(content: bytes, path: str = "offer") -> dict[str, Any]:
    return {"files": (FileContent(path, content),)}


class TestEquality:
    @pytest.mark.parametrize(
        ("code", "member", "law"),
        [
            (Code.SAME_PAYER, "payers", "40(6)"),
            (Code.RELATED, "controllers", "34"),
        ],
    )
    def test_of_people(self, code: Code, member: str, law: str) -> None:
        told = bids(
            {member: frozenset({"a", "b"})}, {member: frozenset({"b"})}, {member: frozenset({"c"})}
        )
        (flag,) = found(told, code)
        assert (flag.bids, flag.evidence) == (("bid-1", "bid-2"), ({"value": "b"},))
        assert flag.law.endswith(law)
        assert not found(told[1:], code)

    def test_that_nobody_reported_proves_nothing(self) -> None:
        assert signals(bids({}, {}, {})).flags == ()

    def test_what_has_no_source_is_named(self) -> None:
        named = {code for gap in signals(bids({}, {})).unlooked for code in gap.codes}
        assert named == {
            *(Code.SAME_DEVICE, Code.SAME_UPLOAD, Code.SAME_STAFF, Code.SAME_AGENT),
            Code.PRICE_PATTERN,
        }
        bill = {"lines": {"1": "2.00"}}
        last = signals(bids(bill, bill)).unlooked[-1]
        assert Code.PRICE_PATTERN not in last.codes


class TestFiles:
    def test_equal_ones_unless_the_tender_gave_them_out(self) -> None:
        form, own = b"the form", b"a calculation"
        told = bids(
            {"files": (FileContent("a", form), FileContent("b", own))},
            {"files": (FileContent("c", form), FileContent("d", own))},
            {"files": (FileContent("e", form), FileContent("f", b""))},
            {"files": (FileContent("g", form), FileContent("h", b""))},
        )
        (flag,) = found(told, Code.SAME_FILE, [FileContent("form", form)])
        assert flag.bids == ("bid-1", "bid-2")
        assert flag.strength is Strength.STRONG
        assert len(found(told, Code.SAME_FILE)) == 2

    def test_pictures_in_files_of_both_kinds(self) -> None:
        told = bids(
            paper(word_file(["one"], image=True)),
            paper(word_file(["two"], image=True)),
            paper(pdf_file("three", image=True)),
            paper(pdf_file("four")),
        )
        (flag,) = found(told, Code.SAME_IMAGE)
        assert flag.bids == ("bid-1", "bid-2")
        tender = [FileContent("form", word_file(["form"], image=True))]
        assert not found(told, Code.SAME_IMAGE, tender)

    def test_authors(self) -> None:
        told = bids(
            paper(word_file(["one"], author="Chen", editor="Administrator")),
            paper(pdf_file("two", author="Chen", producer="Writer 7")),
            paper(pdf_file("three", author="Wu", producer="Writer 7")),
            paper(word_file(["four"], author="user", editor="Administrator")),
        )
        plain, weak = found(told, Code.SAME_AUTHOR)
        assert (plain.bids, plain.evidence) == (("bid-1", "bid-2"), ({"value": "author: Chen"},))
        assert (weak.bids, weak.strength) == (("bid-2", "bid-3"), Strength.WEAK)

    def test_editing_sessions_in_common_beyond_the_form(self) -> None:
        of_form = [f"0000000{n}" for n in range(9)]
        common = [f"00AA000{n}" for n in range(5)]
        told = bids(
            paper(word_file(["one"], rsids=[*of_form, *common, "00BB0001"])),
            paper(word_file(["two"], rsids=[*of_form, *common, "00CC0001"])),
            paper(word_file(["three"], rsids=[*of_form, *common[:4], "00DD0001"])),
        )
        tender = [FileContent("form", word_file(["form"], rsids=of_form))]
        (flag,) = found(told, Code.SAME_AUTHOR, tender)
        assert (flag.bids, flag.strength) == (("bid-1", "bid-2"), Strength.STRONG)
        assert flag.evidence[0]["rsids"].split() == common
        assert len(found(told, Code.SAME_AUTHOR)) == 3  # with the form's own among them

    def test_what_cannot_be_read_is_said_and_stops_nothing(self) -> None:
        broken = word_file(["x"])[:200]
        told = bids(paper(broken, "broken.docx"), paper(broken), {"price": "1"}, {"price": "1"})
        result = signals(told)
        assert Unreadable("bid-1", "broken.docx", "BadZipFile") in result.unreadable
        assert {flag.code for flag in result.flags} == {Code.SAME_FILE, Code.PRICE_EQUAL}


class TestNearText:
    def near(self, *texts: list[str], form: Iterable[str] = ()) -> list[Flag]:
        told = bids(*(paper(word_file(text)) for text in texts))
        tender = [FileContent("form", word_file(list(form)))]
        return found(told, Code.NEAR_TEXT, tender)

    def test_copies_are_flagged_by_how_much_was_copied(self) -> None:
        original = prose("original")
        most, some = copied(original, 0.8, "b"), copied(original, 0.3, "c")
        flags = {flag.bids: flag for flag in self.near(original, most, some, prose("other"))}
        assert set(flags) == {("bid-1", "bid-2"), ("bid-1", "bid-3"), ("bid-2", "bid-3")}
        strong, plain = flags["bid-1", "bid-2"], flags["bid-1", "bid-3"]
        assert strong.strength is Strength.STRONG
        assert float(strong.evidence[0]["similarity"]) > 0.5
        assert plain.strength is Strength.PLAIN
        assert 0.10 <= float(plain.evidence[0]["similarity"]) < 0.30

    def test_unrelated_and_short_texts_are_not(self) -> None:
        assert not self.near(prose("a"), prose("b"), prose("c"))
        assert not self.near(["yes"], ["yes"])

    def test_what_the_tender_gave_out_counts_for_nothing(self) -> None:
        one, other = [*FORM, *prose("a", 80)], [*FORM, *prose("b", 80)]
        assert self.near(one, other)
        assert not self.near(one, other, form=FORM)

    def test_layout_hides_nothing(self) -> None:
        original = prose("original")
        spread = [" ".join(sentence.upper()) + ". " for sentence in original]
        (flag,) = self.near(original, spread)
        assert flag.strength is Strength.STRONG

    def test_passages_and_rare_errors_are_shown(self) -> None:
        common, error = prose("boilerplate of the trade", 20), "thesamespellingmisteak" * 2
        one, other = ([*common, *prose(name, 40), error] for name in ("a", "b"))
        flags = {flag.bids: flag for flag in self.near(one, other, [*common, *prose("c", 40)])}
        passages = flags["bid-1", "bid-2"].evidence[1:]
        rare = [each["passage"] for each in passages if each["rare"] == "yes"]
        assert any(error in passage for passage in rare)
        assert any(common[0] in each["passage"] for each in passages if each["rare"] == "no")


class TestPrices:
    def test_equal(self) -> None:
        told = bids({"price": "930000.00"}, {"price": "930000"}, {"price": "930000.01"}, {})
        (flag,) = found(told, Code.PRICE_EQUAL)
        assert (flag.bids, flag.method) == (("bid-1", "bid-2"), "R028")
        assert not found(told[1:], Code.PRICE_EQUAL)

    @pytest.mark.parametrize(
        ("prices", "method", "strength"),
        [
            (["100.10", "100.20", "100.30"], "arithmetic", Strength.PLAIN),
            (["100", "103", "106", "109"], "arithmetic", Strength.STRONG),
            (["100", "110", "121"], "geometric", Strength.PLAIN),
        ],
    )
    def test_ladders(self, prices: list[str], method: str, strength: Strength) -> None:
        (flag,) = found(bids(*({"price": p} for p in reversed(prices))), Code.PRICE_PATTERN)
        assert flag.method.startswith(method)
        assert flag.strength is strength

    @pytest.mark.parametrize(
        "prices",
        [["100", "103"], ["100", "103", "107"], ["100", "100", "100"], ["0", "1", "2", "x"]],
        ids=["two", "uneven", "equal", "none"],
    )
    def test_no_ladder(self, prices: list[str]) -> None:
        assert not found(bids(*({"price": p} for p in prices)), Code.PRICE_PATTERN)

    def test_bills_in_one_ratio(self) -> None:
        lines = {f"1.{n}": f"{100 + 7 * n}.00" for n in range(12)}
        scaled = {position: f"{float(price) * 1.05:.2f}" for position, price in lines.items()}
        other = {position: f"{float(price) + 10:.2f}" for position, price in lines.items()}
        told = bids({"lines": lines}, {"lines": scaled}, {"lines": other})
        (flag,) = found(told, Code.PRICE_PATTERN)
        assert flag.bids == ("bid-1", "bid-2")
        assert flag.evidence == ({"ratio": "1.050000", "lines": "12"},)

    def test_bills_of_few_lines_say_nothing(self) -> None:
        lines = {f"1.{n}": "100.00" for n in range(9)}
        assert not found(bids({"lines": lines}, {"lines": lines}), Code.PRICE_PATTERN)
