"""A trustee and a buyer, each with a wallet: from the key to the statement."""

from pathlib import Path
from typing import Any

import pytest

from ledger.tenders.ids import ref_of, tender_id
from ledger.tenders.trustees import Statement
from ledger.values import agency_id
from tests.support.terminal import Terminal, seeded
from tests.support.verification import AT

AGENCY = "CN-GD/11440100MBSAMPLE01"
GROUP = "CN-GD/11440100MBSAMPLE02"
NUMBER = "GZ-2026-0001"
TENDER = tender_id(agency_id(*AGENCY.split("/")), ref_of(NUMBER))


class Parties:
    """Trustee 1 of part 1, the buyer, and the files between them."""

    def __init__(self, folder: Path) -> None:
        self.trustee = Terminal(folder / "trustee", now=AT)
        self.buyer = Terminal(folder / "buyer", now=AT, randomness=seeded(b"buyer"))
        for each in (self.trustee, self.buyer):
            each.folder.mkdir()
        self.request, self.rehearsal, self.statement = (
            folder / name for name in ("request.json", "rehearsal.json", "statement.json")
        )

    def register(self, index: int = 1, part: int = 1) -> Any:
        return self.trustee.json(
            *("trustee", "register", AGENCY, NUMBER, "--ledger", "0x" + "aa" * 20),
            *("--chain-id", 31337, "--part", part, "--index", index, "--group", GROUP),
            *("--out", self.request),
        )

    def challenge(self) -> None:
        self.buyer.run("trustee", "challenge", self.request, "--out", self.rehearsal)

    def rehearse(self) -> Any:
        return self.trustee.json("trustee", "rehearse", self.rehearsal, "--out", self.statement)


@pytest.fixture
def parties(tmp_path: Path) -> Parties:
    return Parties(tmp_path)


class TestRehearsal:
    def test_ends_in_a_statement_that_the_buyer_believes(self, parties: Parties) -> None:
        key = parties.register()["key"]
        parties.challenge()
        assert parties.rehearse()["key"] == key
        stated = Statement.read(parties.statement.read_bytes())
        assert (stated.key.tender, stated.key.key) == (TENDER, key)
        checked = parties.buyer.json("trustee", "check", parties.statement)
        assert checked["group"] == "0x" + agency_id(*GROUP.split("/")).hex()
        assert f"has the key of {key}" in parties.buyer.run("trustee", "check", parties.statement)

    def test_of_an_older_challenge_is_refused(self, parties: Parties) -> None:
        parties.register()
        parties.challenge()
        parties.rehearse()
        parties.challenge()
        refused = parties.buyer.json("trustee", "check", parties.statement, code=4)
        assert refused["error"] == "StatementInvalid"
        assert refused["reason"] == "rehearsal"

    def test_is_not_believed_by_who_never_asked(self, parties: Parties) -> None:
        parties.register()
        parties.challenge()
        parties.rehearse()
        refused = parties.trustee.json("trustee", "check", parties.statement, code=4)
        assert refused["error"] == "RehearsalUnknown"

    def test_is_not_opened_for_a_place_of_another(self, parties: Parties) -> None:
        parties.register(index=2)
        parties.challenge()
        other = Terminal(parties.buyer.folder / "other", now=AT)
        other.folder.mkdir()
        refused = other.json(
            "trustee", "rehearse", parties.rehearsal, "--out", parties.statement, code=4
        )
        assert refused["error"] == "TrusteeSeatUnknown"
        assert refused["index"] == 2

    def test_needs_the_files_it_says(self, parties: Parties) -> None:
        parties.register()
        parties.challenge()
        result = parties.trustee.try_("trustee", "rehearse", parties.request, "--out", "x")
        assert result.exit_code == 4


class TestRegister:
    def test_makes_one_key_for_each_part_and_never_a_second(self, parties: Parties) -> None:
        one, two = parties.register(part=1), parties.register(part=2)
        assert one["key"] != two["key"]
        again = parties.trustee.try_(
            *("trustee", "register", AGENCY, NUMBER, "--ledger", "0x" + "aa" * 20),
            *("--chain-id", 31337, "--index", 1, "--group", GROUP, "--out", parties.request),
        )
        assert again.exit_code == 1
        names = [each["name"] for each in parties.trustee.json("trustee", "status")]
        assert names == [one["name"], two["name"]]
        assert one["name"] in parties.trustee.run("trustee", "status")

    def test_says_when_there_is_none(self, parties: Parties) -> None:
        assert parties.trustee.json("trustee", "status") == []
        assert "No trustee's keys" in parties.trustee.run("trustee", "status")
