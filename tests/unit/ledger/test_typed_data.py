"""EIP-712: the contract's hash by hand, what a wallet signs, and whose signature it is."""

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger.eip712 import MessageUnencodable
from ledger.errors import CoSignatureInvalid
from ledger.typed_data import (
    CoSignature,
    StatusOrder,
    co_signature_digest,
    co_signature_typed_data,
    cosign,
    recover_approver,
)
from ledger.values import Address, AgencyId, LedgerRef, Status, WordChange

COW = Address("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826")

SECRET = b"\x11" * 32
APPROVER = Address(Account.from_key(SECRET).address)
LEDGER = LedgerRef(31337, Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"))
ORDER = StatusOrder(
    agency=AgencyId(b"\x0a" * 32),
    list=3,
    changes=(WordChange(7, 3), WordChange(8191, 3 << 254)),
    status=Status.REVOKED,
    reason=310,
    effective_at=0,
    until=0,
)
DEADLINE = 1_795_226_400

uint40 = st.integers(0, 2**40 - 1)
orders = st.builds(
    StatusOrder,
    agency=st.binary(min_size=32, max_size=32).map(AgencyId),
    list=st.integers(0, 2**32 - 1),
    changes=st.lists(
        st.builds(WordChange, st.integers(0, 2**16 - 1), st.integers(0, 2**256 - 1)), max_size=4
    ).map(tuple),
    status=st.sampled_from(Status),
    reason=st.integers(0, 2**16 - 1),
    effective_at=uint40,
    until=uint40,
)
ledgers = st.builds(
    LedgerRef, st.integers(1, 2**53), st.just(LEDGER.address) | st.just(Address("0x" + "00" * 20))
)


def digest_by_hand(ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int) -> bytes:
    """What contracts/libraries/CoSignatures.sol and OpenZeppelin's EIP712 compute."""
    change_type = keccak(b"WordChange(uint16 word,uint256 mask)")
    order_type = keccak(
        b"StatusChange(bytes32 agency,uint32 list,WordChange[] changes,uint8 status,uint16 reason,"
        b"uint40 effectiveAt,uint40 until,uint256 nonce,uint40 deadline)"
        b"WordChange(uint16 word,uint256 mask)"
    )
    domain_type = keccak(
        b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    )
    domain = encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [
            domain_type,
            keccak(b"Suizheng RecordLedger"),
            keccak(b"1"),
            ledger.chain_id,
            ledger.address,
        ],
    )
    changes = b"".join(
        keccak(encode(["bytes32", "uint16", "uint256"], [change_type, change.word, change.mask]))
        for change in order.changes
    )
    words = [
        ("bytes32", order_type),
        ("bytes32", order.agency),
        ("uint32", order.list),
        ("bytes32", keccak(changes)),
        ("uint8", int(order.status)),
        ("uint16", order.reason),
        ("uint40", order.effective_at),
        ("uint40", order.until),
        ("uint256", nonce),
        ("uint40", deadline),
    ]
    struct = encode([kind for kind, _ in words], [value for _, value in words])
    return keccak(b"\x19\x01" + keccak(domain) + keccak(struct))


def digest_of(message: SignableMessage) -> bytes:
    return keccak(b"\x19" + message.version + message.header + message.body)


class TestCoSignatureDigest:
    @given(ledgers, orders, st.integers(0, 2**256 - 1), uint40)
    def test_is_what_the_contract_computes(
        self, ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int
    ) -> None:
        assert co_signature_digest(ledger, order, nonce, deadline) == digest_by_hand(
            ledger, order, nonce, deadline
        )

    @given(ledgers, orders, st.integers(0, 2**256 - 1), uint40)
    def test_is_what_a_wallet_signs(
        self, ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int
    ) -> None:
        shown = co_signature_typed_data(ledger, order, nonce, deadline)
        signable = encode_typed_data(full_message=shown)
        assert co_signature_digest(ledger, order, nonce, deadline) == digest_of(signable)

    @pytest.mark.parametrize(
        "changed",
        [
            replace(ORDER, agency=AgencyId(b"\x0b" * 32)),
            replace(ORDER, list=4),
            replace(ORDER, changes=ORDER.changes[::-1]),
            replace(ORDER, changes=ORDER.changes[:1]),
            replace(ORDER, changes=()),
            replace(ORDER, status=Status.SUPERSEDED),
            replace(ORDER, reason=311),
            replace(ORDER, effective_at=1),
            replace(ORDER, until=1),
        ],
    )
    def test_differs_with_every_value_of_the_order(self, changed: StatusOrder) -> None:
        assert co_signature_digest(LEDGER, changed, 1, 2) != co_signature_digest(
            LEDGER, ORDER, 1, 2
        )

    def test_differs_with_ledger_nonce_and_deadline(self) -> None:
        digests = {
            co_signature_digest(LEDGER, ORDER, 1, 2),
            co_signature_digest(LEDGER, ORDER, 2, 2),
            co_signature_digest(LEDGER, ORDER, 1, 3),
            co_signature_digest(replace(LEDGER, chain_id=1), ORDER, 1, 2),
            co_signature_digest(replace(LEDGER, address=COW), ORDER, 1, 2),
        }
        assert len(digests) == 5

    @pytest.mark.parametrize(
        "changed",
        [
            replace(ORDER, agency=AgencyId(b"\x0a" * 31)),
            replace(ORDER, agency=AgencyId(b"\x0a" * 33)),
            replace(ORDER, list=-1),
            replace(ORDER, list=2**32),
            replace(ORDER, changes=(WordChange(2**16, 3),)),
            replace(ORDER, changes=(WordChange(0, 2**256),)),
            replace(ORDER, changes=(WordChange(0, -1),)),
            replace(ORDER, reason=2**16),
            replace(ORDER, effective_at=2**40),
            replace(ORDER, until=-1),
        ],
    )
    def test_refuses_a_value_that_does_not_fit(self, changed: StatusOrder) -> None:
        with pytest.raises(MessageUnencodable):
            co_signature_digest(LEDGER, changed, 1, 2)

    @pytest.mark.parametrize(("nonce", "deadline"), [(-1, 2), (2**256, 2), (1, -1), (1, 2**40)])
    def test_refuses_a_nonce_or_deadline_that_does_not_fit(self, nonce: int, deadline: int) -> None:
        with pytest.raises(MessageUnencodable):
            co_signature_digest(LEDGER, ORDER, nonce, deadline)


class TestCoSignatureTypedData:
    def test_great_numbers_are_strings(self) -> None:
        shown = co_signature_typed_data(LEDGER, ORDER, 2**255, DEADLINE)["message"]
        assert shown["nonce"] == str(2**255)
        assert shown["changes"][1] == {"word": 8191, "mask": str(3 << 254)}

    def test_names_the_ledger(self) -> None:
        assert co_signature_typed_data(LEDGER, ORDER, 1, 2)["domain"] == {
            "name": "Suizheng RecordLedger",
            "version": "1",
            "chainId": 31337,
            "verifyingContract": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
        }


class TestCosign:
    def test_is_recovered_to_the_approver(self) -> None:
        co_signature = cosign(LEDGER, ORDER, 5, DEADLINE, SECRET)
        assert (co_signature.approver, co_signature.nonce) == (APPROVER, 5)
        assert co_signature.deadline == DEADLINE
        assert recover_approver(LEDGER, ORDER, co_signature) == APPROVER

    def test_signs_the_digest(self) -> None:
        signature = cosign(LEDGER, ORDER, 5, DEADLINE, SECRET).signature
        direct = Account.unsafe_sign_hash(co_signature_digest(LEDGER, ORDER, 5, DEADLINE), SECRET)
        assert signature == bytes(direct.signature)


class TestRecoverApprover:
    signed: CoSignature = cosign(LEDGER, ORDER, 5, DEADLINE, SECRET)

    @pytest.mark.parametrize(
        "spoiled",
        [
            pytest.param(replace(signed, nonce=6), id="nonce"),
            pytest.param(replace(signed, deadline=DEADLINE + 1), id="deadline"),
            pytest.param(replace(signed, approver=COW), id="approver"),
            pytest.param(replace(signed, signature=signed.signature[:-1]), id="one byte short"),
            pytest.param(replace(signed, signature=signed.signature + b"\x00"), id="one byte long"),
            pytest.param(replace(signed, signature=bytes(65)), id="zeros"),
        ],
    )
    def test_refuses_another_co_signature(self, spoiled: CoSignature) -> None:
        with pytest.raises(CoSignatureInvalid) as refused:
            recover_approver(LEDGER, ORDER, spoiled)
        assert refused.value.approver == spoiled.approver

    def test_refuses_another_order(self) -> None:
        with pytest.raises(CoSignatureInvalid):
            recover_approver(LEDGER, replace(ORDER, reason=311), self.signed)

    def test_refuses_another_ledger(self) -> None:
        with pytest.raises(CoSignatureInvalid):
            recover_approver(replace(LEDGER, chain_id=1), ORDER, self.signed)
