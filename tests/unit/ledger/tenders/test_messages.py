from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from ledger import secp256k1
from ledger.eip712 import MessageUnencodable
from ledger.keys import SignatureInvalid
from ledger.tenders.errors import BidSignatureInvalid
from ledger.tenders.ids import TenderId
from ledger.tenders.messages import (
    BondIssued,
    CoSignOpening,
    ExtendDisclosure,
    Message,
    Part,
    SubmitBid,
    TrusteeKey,
    WithdrawBid,
    digest,
    recover,
    require_signed,
    sign,
    typed_data,
)
from ledger.values import Address, LedgerRef
from tests.support.sealing import KNOWN, account

HASH = st.binary(min_size=32, max_size=32)
ADDRESS = st.binary(min_size=20, max_size=20).map(secp256k1.checksum)
TENDER = HASH.map(TenderId)
LOT = st.integers(0, 2**16 - 1)
VERSION = st.integers(0, 2**32 - 1)
LONG = st.integers(0, 2**64 - 1)
BYTE = st.integers(0, 255)
PART = st.builds(Part, HASH, LONG, HASH, HASH, HASH, HASH)
BID = st.builds(
    SubmitBid,
    TENDER,
    LOT,
    ADDRESS,
    VERSION,
    HASH,
    st.lists(PART, max_size=2).map(tuple),
    HASH,
    HASH,
    LONG,
)
WITHDRAWAL = st.builds(WithdrawBid, TENDER, LOT, ADDRESS, VERSION, LONG)
BOND = st.builds(BondIssued, TENDER, LOT, HASH)
TRUSTEE = st.builds(TrusteeKey, TENDER, BYTE, BYTE, ADDRESS, HASH, HASH)
CO_SIGNED = st.builds(
    CoSignOpening, TENDER, LOT, BYTE, HASH, st.sampled_from(["supervisor", "notary"])
)
EXTENSION = st.builds(ExtendDisclosure, TENDER, BYTE, st.integers(0, 2**40 - 1))
LEDGER = st.builds(LedgerRef, st.integers(1, 2**53), ADDRESS)
KEY = KNOWN["bidderKey"]
WITHDRAWN = WithdrawBid(KNOWN.place.tender, 0, KNOWN.bidder, 2, 1_800_000_000)


class TestDigest:
    @given(LEDGER, st.one_of(BID, WITHDRAWAL, BOND, TRUSTEE, EXTENSION, CO_SIGNED))
    def test_is_that_of_the_json_that_a_wallet_is_shown(
        self, ledger: LedgerRef, message: Message
    ) -> None:
        shown = encode_typed_data(full_message=typed_data(ledger, message))
        signed = Account.sign_message(shown, KEY)
        assert recover(ledger, message, bytes(signed.signature)) == KNOWN.bidder

    @given(BID, st.data())
    def test_changes_with_every_value(self, bid: SubmitBid, data: st.DataObject) -> None:
        other = data.draw(BID)
        whole = digest(KNOWN.ledger, bid)
        for name in bid.__slots__:
            changed = replace(bid, **{name: getattr(other, name)})
            assert (digest(KNOWN.ledger, changed) == whole) == (changed == bid)

    @pytest.mark.parametrize(
        "change",
        [{"tender": b"\x01"}, {"lot": 2**16}, {"version": 2**32}, {"valid_until": 2**64}],
    )
    def test_of_what_does_not_fit_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(MessageUnencodable):
            digest(KNOWN.ledger, replace(WITHDRAWN, **change))

    def test_shows_great_numbers_as_text(self) -> None:
        bid = SubmitBid(
            tender=KNOWN.place.tender,
            lot=1,
            bidder=KNOWN.bidder,
            version=1,
            docs=bytes(32),
            parts=(Part(bytes(32), 2**53 + 1, *(bytes(32),) * 4),),
            identity=bytes(32),
            bond=bytes(32),
            valid_until=7,
        )
        message = typed_data(KNOWN.ledger, bid)["message"]
        assert message["parts"][0]["size"] == str(2**53 + 1)
        assert message["validUntil"] == "7"


class TestRequireSigned:
    def test_passes_the_bidders_own(self) -> None:
        signature = sign(KNOWN.ledger, WITHDRAWN, KEY)
        assert require_signed(KNOWN.ledger, WITHDRAWN, signature) == KNOWN.bidder

    @pytest.mark.parametrize(
        "change",
        [{"lot": 1}, {"version": 3}, {"valid_until": 1}, {"bidder": account(b"\x12" * 32)}],
    )
    def test_refuses_a_message_changed_on_the_way(self, change: dict[str, Any]) -> None:
        signature = sign(KNOWN.ledger, WITHDRAWN, KEY)
        changed = replace(WITHDRAWN, **change)
        with pytest.raises(BidSignatureInvalid) as caught:
            require_signed(KNOWN.ledger, changed, signature)
        assert caught.value.bidder == changed.bidder

    @pytest.mark.parametrize(
        "ledger",
        [
            LedgerRef(1, KNOWN.ledger.address),
            LedgerRef(KNOWN.ledger.chain_id, Address("0x" + "bb" * 20)),
        ],
        ids=["chain", "contract"],
    )
    def test_refuses_one_for_another_ledger(self, ledger: LedgerRef) -> None:
        with pytest.raises(BidSignatureInvalid):
            require_signed(KNOWN.ledger, WITHDRAWN, sign(ledger, WITHDRAWN, KEY))

    def test_refuses_a_strangers_key_and_the_high_twin(self) -> None:
        signature = sign(KNOWN.ledger, WITHDRAWN, KEY)
        high = secp256k1.ORDER - int.from_bytes(signature[32:64])
        twin = signature[:32] + high.to_bytes(32) + bytes([27 + 28 - signature[64]])
        for other in (sign(KNOWN.ledger, WITHDRAWN, b"\x12" * 32), twin, b"", signature[:-1]):
            with pytest.raises(BidSignatureInvalid):
                require_signed(KNOWN.ledger, WITHDRAWN, other)
        with pytest.raises(SignatureInvalid):
            recover(KNOWN.ledger, WITHDRAWN, twin)
