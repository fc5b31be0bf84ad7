"""A trustee's co-signature to a later end of disclosure."""

from dataclasses import replace

import pytest

from ledger.eip712 import MessageUnencodable
from ledger.errors import CoSignatureInvalid
from ledger.tenders.extensions import Extension, extend
from ledger.tenders.forms import FormInvalid
from ledger.tenders.trustees import Seat
from tests.support.sealed_bids import TENDER, group
from tests.support.sealing import KNOWN, account

SECRET = b"\x61" * 32
SEAT = Seat(KNOWN.ledger, TENDER, 1, 1, group(1))
END = 1_800_000_000
SIGNED = extend(SEAT, END, SECRET)


class TestExtension:
    def test_is_read_as_it_was_written_and_signed_by_the_trustee(self) -> None:
        read = Extension.read(SIGNED.to_bytes())
        assert read == SIGNED
        read.require_by(account(SECRET))

    def test_of_another_key_is_refused(self) -> None:
        with pytest.raises(CoSignatureInvalid):
            SIGNED.require_by(account(b"\x62" * 32))

    @pytest.mark.parametrize(
        "bent",
        [
            replace(SIGNED, disclose_end=END + 1),
            replace(SIGNED, seat=replace(SEAT, part=2)),
            replace(SIGNED, seat=replace(SEAT, ledger=replace(KNOWN.ledger, chain_id=1))),
            replace(SIGNED, signature=SIGNED.signature[:-1] + b"\x00"),
        ],
        ids=["end", "part", "chain", "signature"],
    )
    def test_changed_on_the_way_is_refused(self, bent: Extension) -> None:
        with pytest.raises(CoSignatureInvalid):
            bent.require_by(account(SECRET))

    def test_of_another_form_is_refused(self) -> None:
        with pytest.raises(FormInvalid):
            Extension.read(SIGNED.to_bytes().replace(b'"part":1', b'"part":3'))

    def test_beyond_the_contracts_clock_is_refused(self) -> None:
        with pytest.raises(MessageUnencodable):
            extend(SEAT, 2**40, SECRET)
