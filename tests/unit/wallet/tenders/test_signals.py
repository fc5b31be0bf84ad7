"""Signals of collusion over folders of opened bids."""

from pathlib import Path
from typing import Any

import pytest

from ledger.tenders import manifest
from tests.support.bid_papers import pdf_file
from tests.support.sealed_bids import bid_head
from tests.support.sealing import KNOWN
from tests.support.terminal import Terminal

NOW = 1_795_226_400
KEYS = tuple(f"0x{n:040x}" for n in (1, 2, 3))


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """Two bids with one paper of one author, a third of its own; all with the tender's form."""
    folder = tmp_path / "0-1"
    for number, key in enumerate(KEYS):
        price = {"amount": f"{900_000 + number * number * 1_234}.00", "currency": "CNY"}
        paper = pdf_file("offer", author="Wang" if number < 2 else "Li")
        put(folder / key / "manifest.json", said(price))
        put(folder / key / "public/offer.pdf", paper + (b"" if number < 2 else b"\n"))
        put(folder / key / "public/form.txt", b"the tender's own form")
        put(tmp_path / "confidential" / key / "plan.txt", b"plan %d" % (number // 2))
    put(tmp_path / "documents/form.txt", b"the tender's own form")
    return folder


def said(price: dict[str, str]) -> bytes:
    return manifest.write(bid_head(KNOWN.place, price=price | {"tax": "0.00"}, files=[]))


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def shown(opened: Path, *words: object) -> Any:
    terminal = Terminal(opened.parent, NOW)
    documents = ("--documents", opened.parent / "documents")
    return terminal.json("tender", "signals", opened, *documents, "--offline", *words)


class TestSignals:
    def test_tell_what_two_bids_share_and_not_what_the_tender_gave_out(self, opened: Path) -> None:
        (same,) = [each for each in shown(opened)["signals"] if each["code"] == "SAME_FILE"]
        assert same["bids"] == list(KEYS[:2])
        assert (len(same["evidence"]), same["law"][-5:]) == (1, "40(5)")

    def test_look_into_what_evaluators_opened(self, opened: Path) -> None:
        words = ("--confidential", opened.parent / "confidential")
        (same,) = [each for each in shown(opened, *words)["signals"] if each["code"] == "SAME_FILE"]
        assert len(same["evidence"]) == 2

    def test_tell_a_person_who_decides(self, opened: Path) -> None:
        terminal = Terminal(opened.parent, NOW)
        documents = ("--documents", opened.parent / "documents")
        told = terminal.run("tender", "signals", opened, *documents, "--offline")
        assert "Whoever rejects a bid is the committee" in told

    def test_name_what_nobody_looked_for(self, opened: Path) -> None:
        gaps = shown(opened)["notLookedAt"]
        reasons = {code: each["reason"] for each in gaps for code in each["codes"]}
        assert reasons["SAME_DEVICE"] == "wallets read no numbers of machines"
        assert {reasons[code] for code in ("R003", "R018", "R058")} == {"no node was asked"}

    def test_compare_bills_of_quantities(self, opened: Path) -> None:
        rows = [(f"1.{n}", 100 + n) for n in range(12)]
        for key, factor in zip(KEYS, (10, 11, 17), strict=True):
            bill = "".join(f"{place},{price * factor / 10:.2f}\r\n" for place, price in rows)
            put(opened / key / "public/bill.csv", f"position,unitPrice\r\n{bill}".encode())
        put(opened / KEYS[2] / "public/bill.csv", b"position,unitPrice\r\n1.1,1e9\r\n")
        found = shown(opened)
        (pattern,) = [each for each in found["signals"] if each["code"] == "PRICE_PATTERN"]
        assert pattern["bids"] == list(KEYS[:2])
        assert "PRICE_PATTERN" not in str(found["notLookedAt"])
