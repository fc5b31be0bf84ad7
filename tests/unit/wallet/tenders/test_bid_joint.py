"""What licences are presented for, and members who consent to a joint bid, off line."""

from hashlib import sha256
from typing import Any

import pytest

from ledger.tenders.ids import Place
from ledger.tenders.requests import nonce_of
from ledger.tenders.shown_licences import organisation_of
from ledger.tenders.signatures import AGREEMENT, Consent
from tests.support.bid_desk import DESCRIPTION, Desk
from tests.support.sealed_bids import IDENTITY, TENDER
from tests.support.sealing import KNOWN
from wallet.home import write_file

LEAD, MEMBER = "CN-GD/91440101MASAMPLE01", "HK/SAMPLE2"
PAPER = b"we bid together"


class TestAsks:
    def test_tells_the_nonce_of_the_key_that_bids(self, desk: Desk) -> None:
        told = desk.terminal.json("bid", "asks", desk.documents)
        place = Place(KNOWN.ledger, TENDER, 0, told["bidder"])
        assert told["nonce"] == nonce_of(place)
        assert told["audience"] == "0x" + TENDER.hex()
        assert desk.seal()["bidder"] == told["bidder"]
        assert desk.terminal.json("bid", "asks", desk.documents) == told


class Member:
    """A member of a joint bid at its own terminal's folder, with its own key."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.paper = desk.terminal.folder / "agreement.pdf"
        self.out = desk.terminal.folder / "consent.jws"
        write_file(self.paper, PAPER)
        desk.terminal.run("key", "new", "holder", "member")
        self.bidder = desk.terminal.json("bid", "asks", desk.documents)["bidder"]

    def consent(self, **given: str) -> Any:
        said = {"bidder": self.bidder, "lead": LEAD, "member": MEMBER, **given}
        words = [word for name, value in said.items() for word in (f"--{name}", value)]
        command = ("bid", "consent", self.desk.documents, self.paper, *words)
        return self.desk.terminal.try_(*command, "--sign-with", "member", "--out", self.out)


class TestConsent:
    def test_is_to_one_bid_by_the_members_key(self, desk: Desk) -> None:
        member = Member(desk)
        assert member.consent().exit_code == 0
        place = Place(KNOWN.ledger, TENDER, 0, member.bidder)
        agreed = Consent(
            place.constant,
            sha256(PAPER).digest(),
            organisation_of(IDENTITY),
            organisation_of({"jurisdiction": "HK", "code": "SAMPLE2"}),
        )
        key = desk.terminal.outside.keyring.signer("member", "correct horse").public_key
        assert agreed.is_by(member.out.read_text(), [key])

    @pytest.mark.parametrize("name", ["lead", "member"])
    def test_wants_organisations_in_full(self, desk: Desk, name: str) -> None:
        assert Member(desk).consent(**{name: "SAMPLE2"}).exit_code == 64


class TestSealing:
    @pytest.mark.parametrize("members", [7, [], [7, 7], [{"identity": 7}, {}]])
    def test_refuses_members_of_another_form(self, desk: Desk, members: Any) -> None:
        desk.describe(DESCRIPTION | {"members": members})
        assert desk.refused(4)["error"] == "FormInvalid"

    def test_gives_the_agreement_its_role_by_its_name(self, desk: Desk) -> None:
        member = Member(desk)
        member.consent()
        write_file(desk.folder / "part-1/public/joint-agreement.pdf", PAPER)
        second = {"jurisdiction": "HK", "code": "SAMPLE2", "name": "Sample Two"}
        members = [
            {"identity": DESCRIPTION["identity"], "presentations": []},
            {"identity": second, "presentations": [], "consent": member.out.read_text()},
        ]
        desk.describe(DESCRIPTION | {"members": members})
        desk.seal()
        (agreement,) = [
            each for each in desk.opened().manifest["files"] if each["role"] == AGREEMENT
        ]
        assert agreement["sha256"] == "0x" + sha256(PAPER).hexdigest()
