"""Terms by the vector that eth-account computed, and by eth-account itself."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger.agreements.agreement import Terms
from ledger.agreements.terms import (
    TermsSignature,
    require_signed,
    sign_terms,
    terms_digest,
    terms_typed_data,
)
from ledger.eip712 import MessageUnencodable
from ledger.errors import TermsSignatureInvalid
from ledger.values import Address, JurisdictionId, LedgerRef, RecordType

VECTOR = json.loads(Path("tests/vectors/recognition_terms.json").read_text())
LEDGER = LedgerRef(VECTOR["domain"]["chainId"], VECTOR["domain"]["verifyingContract"])
SECRET = keccak(b"supervisor")
SIGNED = TermsSignature(VECTOR["signer"], bytes.fromhex(VECTOR["signature"][2:]))
STRANGER = Address(Account.from_key(b"\x11" * 32).address)

ids = st.binary(min_size=32, max_size=32)
uint40 = st.integers(0, 2**40 - 1)
any_terms = st.builds(
    Terms,
    source=ids.map(JurisdictionId),
    target=ids.map(JurisdictionId),
    record_type=ids.map(RecordType),
    version=st.integers(0, 2**32 - 1),
    policy_hash=ids,
    bundle_hash=ids,
    valid_from=uint40,
    valid_to=uint40,
    notice=uint40,
)


def octets(name: str) -> bytes:
    return bytes.fromhex(VECTOR["terms"][name][2:])


TERMS = Terms(
    JurisdictionId(octets("from")),
    JurisdictionId(octets("to")),
    RecordType(octets("recordType")),
    VECTOR["terms"]["version"],
    octets("policyHash"),
    octets("bundleHash"),
    VECTOR["terms"]["validFrom"],
    VECTOR["terms"]["validTo"],
    VECTOR["terms"]["notice"],
)


class TestTermsDigest:
    def test_is_the_vectors(self) -> None:
        assert "0x" + terms_digest(LEDGER, TERMS).hex() == VECTOR["digest"]

    @given(any_terms)
    def test_is_what_a_wallet_signs(self, terms: Terms) -> None:
        message = encode_typed_data(full_message=terms_typed_data(LEDGER, terms))
        signed = keccak(b"\x19" + message.version + message.header + message.body)
        assert terms_digest(LEDGER, terms) == signed

    @pytest.mark.parametrize(
        "wrong",
        [
            replace(TERMS, version=2**32),
            replace(TERMS, valid_to=2**40),
            replace(TERMS, notice=-1),
            replace(TERMS, policy_hash=b"short"),
        ],
        ids=["version", "valid_to", "notice", "policy_hash"],
    )
    def test_refuses_what_does_not_fit(self, wrong: Terms) -> None:
        with pytest.raises(MessageUnencodable):
            terms_digest(LEDGER, wrong)


class TestSignTerms:
    def test_is_the_vectors(self) -> None:
        assert sign_terms(LEDGER, TERMS, SECRET) == SIGNED


class TestRequireSigned:
    def test_good(self) -> None:
        require_signed(LEDGER, TERMS, SIGNED)

    @pytest.mark.parametrize(
        "changes",
        [
            {"source": TERMS.target},
            {"target": TERMS.source},
            {"record_type": TERMS.source},
            {"version": 4},
            {"policy_hash": TERMS.bundle_hash},
            {"bundle_hash": TERMS.policy_hash},
            {"valid_from": TERMS.valid_from + 1},
            {"valid_to": TERMS.valid_to + 1},
            {"notice": TERMS.notice + 1},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_every_field_is_signed(self, changes: dict[str, object]) -> None:
        with pytest.raises(TermsSignatureInvalid):
            require_signed(LEDGER, replace(TERMS, **changes), SIGNED)  # type: ignore[arg-type]  # by name

    @pytest.mark.parametrize(
        "signed",
        [
            replace(SIGNED, signer=STRANGER),
            replace(SIGNED, signature=SIGNED.signature[:-1]),
            replace(SIGNED, signature=b""),
        ],
        ids=["signer", "short", "empty"],
    )
    def test_another_signature_is_refused(self, signed: TermsSignature) -> None:
        with pytest.raises(TermsSignatureInvalid):
            require_signed(LEDGER, TERMS, signed)

    def test_on_another_ledger_it_is_none(self) -> None:
        with pytest.raises(TermsSignatureInvalid):
            require_signed(replace(LEDGER, chain_id=1), TERMS, SIGNED)
