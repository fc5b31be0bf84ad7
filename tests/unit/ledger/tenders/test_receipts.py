from dataclasses import replace

import pytest

from ledger import jws
from ledger.canonical import b64url_encode
from ledger.jws import TypeRefused
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.tenders.ids import TenderId
from ledger.tenders.receipts import (
    Mined,
    Named,
    Receipt,
    ReceiptMalformed,
    ReceiptState,
    StoredFile,
    new_id,
    read,
    sign,
)
from ledger.values import Address, Root
from tests.support.licences import AGENCY_KEY, counted_bytes

RECEIPT = Receipt(
    issuer="https://tenders.example",
    id=new_id(counted_bytes()),
    issued_at=1_790_000_000,
    digest=b"\x01" * 32,
    files=(StoredFile(b"\x02" * 32, 2**31, 1_789_999_999),),
    state=ReceiptState.SUBMITTED,
)
STORED = replace(RECEIPT, digest=None, state=ReceiptState.STORED)
LEAF = replace(RECEIPT, digest=None, files=(), leaf=b"\x04" * 32)
NAMED = replace(RECEIPT, named=Named(TenderId(b"\x05" * 32), 1, Address("0x" + "06" * 20), 2))
LISTED = replace(NAMED, root=Root(b"\x0a" * 32))
FINAL = replace(RECEIPT, state=ReceiptState.FINAL, mined=Mined(b"\x03" * 32, 7))


class TestReceipt:
    @pytest.mark.parametrize(
        "receipt",
        [STORED, RECEIPT, FINAL, LEAF, NAMED, LISTED],
        ids=["of files", "at once", "final", "of a mailbox", "of a bid", "listed"],
    )
    def test_is_read_as_it_was_signed(self, receipt: Receipt) -> None:
        assert read(sign(receipt, AGENCY_KEY), AGENCY_KEY.public_key) == receipt

    def test_of_another_signer_is_refused(self) -> None:
        with pytest.raises(SignatureInvalid):
            read(sign(RECEIPT, AGENCY_KEY), PrivateKey.from_secret(b"\x09" * 32).public_key)

    def test_of_another_type_is_refused(self) -> None:
        with pytest.raises(TypeRefused):
            read(jws.sign("JWT", {}, AGENCY_KEY), AGENCY_KEY.public_key)

    @pytest.mark.parametrize(
        ("change", "member"),
        [
            ({"state": "lost"}, "state"),
            ({"digest": "0x01"}, "digest"),
            ({"files": [{}]}, "files"),
            ({"iat": "today"}, "iat"),
            ({"more": 1}, "payload"),
            ({"tender": "0x" + "05" * 32}, "payload"),
            ({"leaf": "0x" + "04" * 32}, "payload"),
            ({"root": "0x" + "0a" * 32}, "payload"),
            ({"transaction": "0x" + "03" * 32}, "payload"),
        ],
    )
    def test_that_says_something_else_is_refused(
        self, change: dict[str, object], member: str
    ) -> None:
        payload = {
            "iss": "x",
            "jti": b64url_encode(bytes(16)),
            "iat": 1,
            "digest": "0x" + "01" * 32,
            "files": [],
            "state": "stored",
        }
        token = jws.sign("bid-receipt+jwt", payload | change, AGENCY_KEY)
        with pytest.raises(ReceiptMalformed) as caught:
            read(token, AGENCY_KEY.public_key)
        assert caught.value.member == member
