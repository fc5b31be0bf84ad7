"""What the other party of an agreement signs: EIP-712 over its terms, and who signed them.

The hashes are those of contracts/libraries/Agreements.sol.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from ledger import secp256k1
from ledger.agreements.agreement import Terms
from ledger.eip712 import MessageUnencodable, Types, digest_of, shown, type_hash, word
from ledger.errors import TermsSignatureInvalid
from ledger.keys import SignatureInvalid
from ledger.values import Address, LedgerRef

DOMAIN_NAME: Final = "Suizheng RecognitionLedger"
_ID_BYTES: Final = 32
_TYPES: Final[Types] = MappingProxyType(
    {
        "Terms": (
            {"name": "from", "type": "bytes32"},
            {"name": "to", "type": "bytes32"},
            {"name": "recordType", "type": "bytes32"},
            {"name": "version", "type": "uint32"},
            {"name": "policyHash", "type": "bytes32"},
            {"name": "bundleHash", "type": "bytes32"},
            {"name": "validFrom", "type": "uint40"},
            {"name": "validTo", "type": "uint40"},
            {"name": "notice", "type": "uint40"},
        )
    }
)
_TERMS: Final = type_hash(_TYPES, "Terms")


@dataclass(frozen=True, slots=True)
class TermsSignature:
    """A SUPERVISOR's signature over terms, 65 bytes r ‖ s ‖ v for an account's key."""

    signer: Address
    signature: bytes


def terms_typed_data(ledger: LedgerRef, terms: Terms) -> dict[str, Any]:
    """Return the EIP-712 JSON that a wallet shows and signs; `ledger` is the RecognitionLedger."""
    message = {
        "from": "0x" + terms.source.hex(),
        "to": "0x" + terms.target.hex(),
        "recordType": "0x" + terms.record_type.hex(),
        "version": terms.version,
        "policyHash": "0x" + terms.policy_hash.hex(),
        "bundleHash": "0x" + terms.bundle_hash.hex(),
        "validFrom": terms.valid_from,
        "validTo": terms.valid_to,
        "notice": terms.notice,
    }
    return shown(DOMAIN_NAME, ledger, _TYPES, "Terms", message)


def terms_digest(ledger: LedgerRef, terms: Terms) -> bytes:
    """Return the 32 bytes to sign, as IRecognitionLedger.termsDigest does.

    Raise `MessageUnencodable` for a value that does not fit its type.
    """
    parties = (terms.source, terms.target, terms.record_type)
    hashes = (terms.policy_hash, terms.bundle_hash)
    if any(len(each) != _ID_BYTES for each in (*parties, *hashes)):
        raise MessageUnencodable
    times = (terms.valid_from, terms.valid_to, terms.notice)
    struct = (
        _TERMS,
        *parties,
        word(terms.version, 32),
        *hashes,
        *(word(each, 40) for each in times),
    )
    return digest_of(DOMAIN_NAME, ledger, b"".join(struct))


def sign_terms(ledger: LedgerRef, terms: Terms, private_key: bytes) -> TermsSignature:
    """Return the signature of a supervisor's secp256k1 key of 32 bytes."""
    key = secp256k1.private_key(private_key)
    signature = secp256k1.sign(key, terms_digest(ledger, terms))
    return TermsSignature(secp256k1.address_of(key.public_key), signature)


def require_signed(ledger: LedgerRef, terms: Terms, signed: TermsSignature) -> None:
    """Raise `TermsSignatureInvalid` unless the signer's own key signed these terms.

    A contract account's signature (ERC-1271) is refused too: only the chain can judge it.
    """
    try:
        signer = secp256k1.recover(terms_digest(ledger, terms), signed.signature)
    except SignatureInvalid as exc:
        raise TermsSignatureInvalid(signed.signer) from exc
    if signer != signed.signer:
        raise TermsSignatureInvalid(signed.signer)
