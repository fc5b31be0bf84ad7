"""What a wallet's node says of agreements when licences from elsewhere are shown with a bid."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.chain import calls
from ledger.errors import Unavailable
from ledger.licences.issuance import Issuer, issue
from ledger.tenders.shown_licences import Recognises, presented
from ledger.values import AgencyId, agency_id, licence_record_type
from tests.support import licences
from tests.support.anvil import anvil
from tests.support.builders import LEAD, TYPE
from tests.support.licences import AGENCY, AGENCY_KEY, BASE_URL, counted_bytes
from tests.support.parties import DAY, TO, Parties, stand_opposite
from tests.support.standing import stand_up
from tests.support.terminal import Terminal
from wallet.tenders.opening import bench_of

BUYER = agency_id("XB", "BUYER")
THERE = replace(AGENCY, id=agency_id("XA", AGENCY.code), jurisdiction="XA")
FOREIGN = issue(licences.draft(TYPE), Issuer(THERE, BASE_URL, AGENCY_KEY), counted_bytes(b"xa"))
SHOWN = presented(FOREIGN.document, LEAD)


@pytest.fixture
def parties() -> Iterator[Parties]:
    """XB, where a buyer is, and XA, whose licences of builders it is to recognise."""
    with anvil() as running:
        standing = stand_up(running)
        with closing(standing.node):
            opposite = replace(stand_opposite(standing), record_type=licence_record_type(TYPE))
            here = opposite.here
            at = standing.deployment
            call = calls.admit_agency(at, TO, "BUYER", "Sample Buyer", here.address)
            opposite.send(call, here)
            yield opposite


def recognises(parties: Parties, folder: Path, buyer: AgencyId = BUYER) -> Recognises:
    outside = Terminal(folder, now=parties.now).outside
    return bench_of((), outside, parties.standing.client, buyer).recognises


class TestAgreements:
    def test_decide_as_they_stood_at_the_deadline(self, parties: Parties, tmp_path: Path) -> None:
        before, counts = parties.now, recognises(parties, tmp_path)
        assert not counts(SHOWN, before)
        parties.enforce()
        assert counts(SHOWN, parties.now)
        assert not counts(SHOWN, before)
        parties.suspend(1, parties.now + DAY)
        assert not counts(SHOWN, parties.now)

    def test_of_a_buyer_whom_nobody_knows_are_open(self, parties: Parties, tmp_path: Path) -> None:
        counts = recognises(parties, tmp_path, agency_id("XB", "NOBODY"))
        with pytest.raises(Unavailable):
            counts(SHOWN, parties.now)
