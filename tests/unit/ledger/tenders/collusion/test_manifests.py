"""What manifests tell of a bid: its price, its guarantee, who is in charge, its unit prices."""

from typing import Any

import pytest

from ledger.tenders.collusion.bills import read_bill
from ledger.tenders.collusion.flags import Code
from ledger.tenders.collusion.manifests import manifest_flags, material_of
from ledger.tenders.collusion.material import FileContent
from ledger.values import Address
from tests.support.sealed_bids import PRICE, bid_head
from tests.support.sealing import KNOWN, account
from tests.support.verification import sample

LICENCE = sample("cn.construction-qualification").document
ONE, OTHER = account(b"\x21" * 32), account(b"\x22" * 32)


def said(**changes: Any) -> list[dict[str, Any]]:
    return [bid_head(KNOWN.place, files=[], **changes)]


class TestMaterial:
    def test_has_price_guarantee_and_bill(self) -> None:
        bond = {"kind": "cash", "amount": "1.00", "currency": "CNY", "digest": "0x" + "01" * 32}
        bill = FileContent("public/bill.csv", b"position,unitPrice\n1.1,2.50\n")
        other = FileContent("public/not-a-bill.csv", b"position,unitPrice\n1.2,3.50\n")
        made = material_of("x", said(bond=bond), (bill, other))
        assert (made.price, made.payers) == (PRICE["amount"], frozenset((bond["digest"],)))
        assert made.lines == {"1.1": "2.50"}

    def test_tells_who_is_in_charge_without_the_name(self) -> None:
        shown = {ONE: said(presentations=[LICENCE]), OTHER: said(presentations=[LICENCE])}
        flags = [each for each in manifest_flags(shown) if each.code is Code.RELATED]
        (flag,) = flags
        assert set(flag.bids) == {ONE, OTHER}
        (told,) = flag.evidence
        assert len(bytes.fromhex(told["value"])) == 32

    def test_of_another_tender_is_salted_otherwise(self) -> None:
        here = material_of("x", said(presentations=[LICENCE])).controllers
        there = material_of(
            "x", [said(presentations=[LICENCE])[0] | {"tender": "0x" + "09" * 32}]
        ).controllers
        assert here
        assert there
        assert here.isdisjoint(there)

    def test_that_shows_nothing_readable_says_nothing(self) -> None:
        assert material_of(Address("x"), said(presentations=["junk"])).controllers == frozenset()


class TestBill:
    @pytest.mark.parametrize(
        "content",
        [b"", b"\xff\xfe", b"place,price\n1,2\n", b'position,unitPrice\n"' + b"x" * 200_000],
    )
    def test_of_another_form_is_none(self, content: bytes) -> None:
        assert read_bill(content) == {}

    def test_leaves_out_what_is_no_price(self) -> None:
        rows = b"\xef\xbb\xbfposition,unitPrice\n1,2.5\n2,1e9\n3,-1\n4\n5,1,2\n"
        assert read_bill(rows) == {"1": "2.5"}
