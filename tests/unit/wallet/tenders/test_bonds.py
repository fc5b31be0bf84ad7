"""A guarantor's files and register: one bond for each firm and lot, and no other commitment."""

from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from ledger.tenders import guarantees, messages
from ledger.tenders.commitments import Tag, commitment
from ledger.tenders.errors import BondNotAttested
from ledger.tenders.ids import Place
from tests.support.bid_desk import Desk
from tests.support.sealed_bids import TENDER
from tests.support.sealing import KNOWN, account
from wallet.home import write_file
from wallet.tenders.bonds import (
    Attestation,
    BondFileMalformed,
    BondIssuedAlready,
    BondOfAnother,
    BondRegister,
    BondRequest,
    read_attestation,
    read_request,
)

SECRET = b"\x11" * 32
BIDDER, OTHER = account(b"\x21" * 32), account(b"\x22" * 32)
PLACE = Place(KNOWN.ledger, TENDER, 0, BIDDER)
GUARANTEE = b"\x05" * 32
REQUEST = BondRequest(PLACE, GUARANTEE, commitment(Tag.BOND, PLACE.constant, GUARANTEE))


class TestRequest:
    def test_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        path = tmp_path / "request.json"
        write_file(path, REQUEST.to_bytes())
        assert read_request(path) == REQUEST
        REQUEST.require_committed()

    def test_of_another_bidder_guarantee_or_lot_is_refused(self) -> None:
        for bent in (
            replace(REQUEST, place=replace(PLACE, bidder=OTHER)),
            replace(REQUEST, place=replace(PLACE, lot=1)),
            replace(REQUEST, guarantee=b"\x06" * 32),
        ):
            with pytest.raises(BondOfAnother):
                bent.require_committed()

    @pytest.mark.parametrize(
        "changes",
        [{"bond": "0x07"}, {"bond": 7}, {"lot": "x"}, {"ledger": {}}, {"bidder": "0x"}],
    )
    def test_of_another_form_is_refused(self, tmp_path: Path, changes: dict[str, object]) -> None:
        path = tmp_path / "request.json"
        write_file(path, orjson.dumps(orjson.loads(REQUEST.to_bytes()) | changes))
        with pytest.raises(BondFileMalformed):
            read_request(path)


class TestAttestation:
    made = Attestation(
        KNOWN.ledger, REQUEST.message, messages.sign(KNOWN.ledger, REQUEST.message, SECRET)
    )

    def test_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        path = tmp_path / "attestation.json"
        write_file(path, self.made.to_bytes())
        assert read_attestation(path) == self.made
        self.made.require_by(account(SECRET))

    def test_by_another_or_of_another_lot_or_bytes_is_refused(self) -> None:
        for bent, by in (
            (self.made, OTHER),
            (replace(self.made, message=replace(REQUEST.message, lot=1)), account(SECRET)),
            (replace(self.made, signature=b""), account(SECRET)),
        ):
            with pytest.raises(BondNotAttested):
                bent.require_by(by)

    def test_of_another_form_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "attestation.json"
        for content in (b"[]", b"{}"):
            write_file(path, content)
            with pytest.raises(BondFileMalformed):
                read_attestation(path)


class TestRegister:
    def test_holds_one_key_of_a_firm_for_each_lot(self, tmp_path: Path) -> None:
        register = BondRegister(tmp_path, TENDER, 0)
        assert register.issued() == {}
        for _ in range(2):
            register.note("firm", BIDDER)
        with pytest.raises(BondIssuedAlready):
            register.note("firm", OTHER)
        register.note("another firm", OTHER)
        assert register.issued() == {"firm": BIDDER, "another firm": OTHER}
        BondRegister(tmp_path, TENDER, 1).note("firm", OTHER)


class TestGuarantee:
    def test_is_signed_for_one_firm_and_lot(self, desk: Desk) -> None:
        terminal, out = desk.terminal, desk.terminal.folder / "guarantee.json"
        terminal.run("key", "new", "account", "guarantor")
        words = ("bond", "guarantee", desk.documents, "--firm", "CN-GD/SAMPLE1", "--out", out)
        said = terminal.run(*words, "--until", "2027-01-01T00:00:00Z", "--amount", "20000.00")
        found = guarantees.read(out.read_bytes())
        assert sha256(out.read_bytes()).hexdigest() in said
        assert (found.firm, found.lot, found.amount) == ("CN/SAMPLE1", 0, Decimal("20000.00"))
        assert found.tender == "0x" + TENDER.hex()
        assert found.guarantor == terminal.outside.keyring.entry("guarantor").shown

    def test_wants_an_amount_where_the_documents_tell_none(self, desk: Desk) -> None:
        desk.terminal.run("key", "new", "account", "guarantor")
        words = ("bond", "guarantee", desk.documents, "--firm", "CN-GD/SAMPLE1")
        until = ("--until", "2027-01-01T00:00:00Z", "--out", desk.terminal.folder / "x.json")
        assert desk.terminal.try_(*words, *until).exit_code == 4
