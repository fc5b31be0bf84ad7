from dataclasses import replace

import pytest

from ledger.tenders.envelopes import EnvelopeBroken, PointMalformed
from ledger.tenders.forms import FormInvalid
from ledger.tenders.trustees import Request, Seat, Statement, StatementInvalid, state
from tests.support.sealed_bids import TENDER, group, statement
from tests.support.sealing import KNOWN, account, public

SECRET = b"\x61" * 32
DRAWN = b"\x09" * 32
SEAT = Seat(KNOWN.ledger, TENDER, 1, 1, group(1))
REQUEST = Request(SEAT, public(SECRET))
REHEARSAL = REQUEST.rehearsal(DRAWN, b"\x71" * 32)


class TestRehearsal:
    def test_from_request_to_statement(self) -> None:
        asked = Request.read(REQUEST.to_bytes())
        assert asked == REQUEST
        stated = Statement.read(
            state(SEAT, asked.rehearsal(DRAWN, b"\x71" * 32), SECRET).to_bytes()
        )
        stated.require_rehearsed(DRAWN)
        assert stated.public_key() == public(SECRET)
        assert stated.key.key == account(SECRET)

    def test_shows_whether_the_trustee_could_open(self) -> None:
        with pytest.raises(StatementInvalid) as caught:
            state(SEAT, REHEARSAL, SECRET).require_rehearsed(bytes(32))
        assert caught.value.reason == "rehearsal"
        with pytest.raises(EnvelopeBroken):
            state(SEAT, REHEARSAL, b"\x62" * 32)

    def test_of_one_place_is_of_no_use_at_another(self) -> None:
        for other in (replace(SEAT, part=2), replace(SEAT, index=2)):
            with pytest.raises(StatementInvalid) as caught:
                state(other, REHEARSAL, SECRET)
            assert caught.value.reason == "place"

    def test_opens_no_bid(self) -> None:
        """Its context is not one of a bid, so nobody can be made to open one by rehearsing."""
        assert statement(1, 1).key.rehearsal != bytes(32)
        with pytest.raises(EnvelopeBroken):
            state(SEAT, REHEARSAL.replace(b'"envelope":"0x02', b'"envelope":"0x03'), SECRET)

    def test_needs_a_point(self) -> None:
        with pytest.raises(PointMalformed):
            Request(SEAT, b"\x02" + b"\xff" * 32).rehearsal(DRAWN, b"\x71" * 32)

    def test_files_of_another_form_are_refused(self) -> None:
        for reader in (Request.read, Statement.read):
            with pytest.raises(FormInvalid):
                reader(REHEARSAL)
