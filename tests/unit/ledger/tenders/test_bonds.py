"""Bonds as an opening finds them: present, genuine, for this bid, high and long enough."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from ledger.chain.accounts import Account
from ledger.tenders import guarantees
from ledger.tenders.bid_flags import Terms
from ledger.tenders.bonds import BondFault, Wanted, bond_faults
from ledger.tenders.shown_licences import organisation_of
from ledger.values import Address
from tests.support.opened_tender import DAY, OpenedTender, bidder_key, identity_of
from tests.support.sealed_bids import AGENCY, TENDER, bid_files, sealed_bid

GUARANTOR = Account(b"\x31" * 32)
OTHER = Account(b"\x32" * 32)
ASKED = {"amount": "20000.00", "currency": "CNY"}
FIRM = {name: identity_of("甲")[name] for name in ("jurisdiction", "code")}
END = OpenedTender().ends.submit_end
UNTIL = END + 90 * DAY
"""A bid is good for ninety days from the deadline on."""


def guarantee(by: Account = GUARANTOR, signer: Account | None = None, **changes: Any) -> bytes:
    place = {"tender": "0x" + TENDER.hex(), "lot": 0, "beneficiary": "0x" + AGENCY.hex()}
    made = guarantees.unsigned(place, FIRM, ASKED, UNTIL, by.address, "c2FsdHNhbHRzYWx0c2FsdA")
    said = made | changes
    return guarantees.write(said, (signer or by).sign_message(guarantees.text_of(said)))


def bond_of(content: bytes, **changes: str) -> dict[str, str]:
    digest = "0x" + hashlib.sha256(content).hexdigest()
    return {"kind": "guarantee", **ASKED, "digest": digest, **changes}


def opened(
    bond: dict[str, str] | None,
    *,
    paper: bytes | None = None,
    asked: dict[str, str] | None = ASKED,
    guarantor: Address | None = GUARANTOR.address,
) -> tuple[str, ...]:
    """What is found of the bonds of a bid whose bidder shows nothing else."""
    tender = OpenedTender() if guarantor is None else OpenedTender(guarantor=guarantor)
    more = [] if paper is None else bid_files({guarantees.PATH: paper}, "public")
    made = sealed_bid(bidder_key("甲"), who=identity_of("甲"), more=more, bond=bond)
    tender.submit("甲", made)
    for name in ("乙", "丙"):
        tender.submit(name)
    tender.disclose("甲", "乙", "丙")
    tender.release(1, 2, 3)
    terms = replace(Terms.of(tender.documents, {}), bond=asked)
    flags = tender.open_all(terms=terms)[tender.key("甲")].flags
    assert flags[0] == "UNSIGNED"
    return flags[1:]


class TestAtTheOpening:
    def test_the_one_asked_for(self) -> None:
        paper = guarantee()
        assert opened(bond_of(paper), paper=paper) == ()
        assert opened(bond_of(paper), paper=paper, guarantor=None) == ()

    @pytest.mark.parametrize(
        ("given", "fault"),
        [
            ({"signer": OTHER}, "BOND_FORGED"),
            ({"by": OTHER}, "BOND_FORGED"),
            ({"tender": "0x" + "07" * 32}, "BOND_OF_ANOTHER"),
            ({"lot": 1}, "BOND_OF_ANOTHER"),
            ({"beneficiary": "0x" + "07" * 32}, "BOND_OF_ANOTHER"),
            ({"firm": {"jurisdiction": "CN-GD", "code": "OTHER"}}, "BOND_OF_ANOTHER"),
            ({"currency": "HKD"}, "BOND_OTHER_CURRENCY"),
            ({"amount": "19999.99"}, "BOND_TOO_SMALL"),
            ({"validUntil": "2026-01-01T00:00:00Z"}, "BOND_ENDS_TOO_SOON"),
            ({"validUntil": "2026-99-01T00:00:00Z"}, "BOND_UNREADABLE"),
        ],
    )
    def test_another(self, given: dict[str, Any], fault: str) -> None:
        """What the manifest says of it does not help."""
        paper = guarantee(**given)
        assert opened(bond_of(paper), paper=paper) == (fault,)

    def test_without_its_paper_or_with_another(self) -> None:
        paper = guarantee()
        for brought in (None, guarantee(lot=1)):
            assert opened(bond_of(paper), paper=brought) == ("BOND_UNREADABLE",)
        assert opened(bond_of(b"a scan"), paper=b"a scan") == ("BOND_UNREADABLE",)

    def test_none(self) -> None:
        assert opened(None) == ("BOND_MISSING",)
        assert opened(None, guarantor=None) == ("BOND_MISSING",)
        assert opened(None, asked=None) == ("BOND_MISSING",)
        assert opened(None, asked=None, guarantor=None) == ()

    def test_of_any_kind_where_the_documents_name_no_amount(self) -> None:
        assert opened(bond_of(b"a scan"), asked=None) == ()

    def test_of_cash_is_held_against_what_its_bidder_says(self) -> None:
        """The bank's receipt is for the committee."""
        assert opened(bond_of(b"receipt", kind="cash")) == ()
        small = bond_of(b"receipt", kind="cash", amount="19999.99")
        assert opened(small) == ("BOND_TOO_SMALL",)


class TestFaults:
    def test_of_a_member_of_the_joint_bid_and_to_the_second(self) -> None:
        paper, lead = guarantee(), organisation_of({"jurisdiction": "HK", "code": "LEAD"})
        wanted = Wanted(
            "0x" + AGENCY.hex(),
            "0x" + TENDER.hex(),
            0,
            frozenset({lead, organisation_of(FIRM)}),
            guarantees.read(paper).amount,
            "CNY",
            UNTIL,
            None,
        )
        assert bond_faults(bond_of(paper), paper, wanted) == ()
        late = replace(wanted, until=UNTIL + 1)
        assert bond_faults(bond_of(paper), paper, late) == (BondFault.ENDS_TOO_SOON,)
        alone = replace(wanted, firms=frozenset({lead}))
        assert bond_faults(bond_of(paper), paper, alone) == (BondFault.OF_ANOTHER,)

    def test_are_all_told(self) -> None:
        paper = guarantee(OTHER, lot=1, amount="0.01", validUntil="2026-01-01T00:00:00Z")
        assert opened(bond_of(paper), paper=paper) == (
            "BOND_FORGED",
            "BOND_OF_ANOTHER",
            "BOND_TOO_SMALL",
            "BOND_ENDS_TOO_SOON",
        )
