"""What a second person signs: EIP-712 messages of the RecordLedger, and who signed them.

The hashes are those of contracts/libraries/CoSignatures.sol, each value one word; a property holds
them against eth-account's, which reads the JSON that a wallet is shown.
"""

from dataclasses import dataclass
from typing import Any, Final

from eth_hash.auto import keccak

from ledger import secp256k1
from ledger.eip712 import MessageUnencodable, digest_of, shown, type_hash, word
from ledger.errors import CoSignatureInvalid
from ledger.keys import SignatureInvalid
from ledger.secp256k1 import SIGNATURE_BYTES
from ledger.values import Address, AgencyId, LedgerRef, Status, WordChange

__all__ = [
    "DOMAIN_NAME",
    "SIGNATURE_BYTES",
    "CoSignature",
    "StatusOrder",
    "WordChange",
    "co_signature_digest",
    "co_signature_typed_data",
    "cosign",
    "recover_approver",
]

DOMAIN_NAME: Final = "Suizheng RecordLedger"
_ID_BYTES: Final = 32
_TYPES: Final = {
    "WordChange": [{"name": "word", "type": "uint16"}, {"name": "mask", "type": "uint256"}],
    "StatusChange": [
        {"name": "agency", "type": "bytes32"},
        {"name": "list", "type": "uint32"},
        {"name": "changes", "type": "WordChange[]"},
        {"name": "status", "type": "uint8"},
        {"name": "reason", "type": "uint16"},
        {"name": "effectiveAt", "type": "uint40"},
        {"name": "until", "type": "uint40"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint40"},
    ],
}


@dataclass(frozen=True, slots=True)
class StatusOrder:
    """IRecordLedger.StatusOrder; times in Unix seconds, 0 as the contract reads it."""

    agency: AgencyId
    list: int
    changes: tuple[WordChange, ...]
    status: Status
    reason: int
    effective_at: int
    until: int


@dataclass(frozen=True, slots=True)
class CoSignature:
    """IRecordLedger.CoSignature: an APPROVER's signature, 65 bytes r ‖ s ‖ v for an account's key.

    `nonce` is any unused number, `deadline` the last second at which it counts.
    """

    approver: Address
    nonce: int
    deadline: int
    signature: bytes


def co_signature_typed_data(
    ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int
) -> dict[str, Any]:
    """Return the EIP-712 JSON that a wallet shows and signs (`eth_signTypedData_v4`).

    Numbers that may pass 2^53 are decimal strings, since a browser would round them.
    """
    message = {
        "agency": "0x" + order.agency.hex(),
        "list": order.list,
        "changes": [{"word": c.word, "mask": str(c.mask)} for c in order.changes],
        "status": int(order.status),
        "reason": order.reason,
        "effectiveAt": order.effective_at,
        "until": order.until,
        "nonce": str(nonce),
        "deadline": deadline,
    }
    return shown(DOMAIN_NAME, ledger, _TYPES, "StatusChange", message)


def co_signature_digest(ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int) -> bytes:
    """Return the 32 bytes to sign, as IRecordLedger.coSignatureDigest does.

    Raise `MessageUnencodable` for a value that does not fit its type.
    """
    if len(order.agency) != _ID_BYTES:
        raise MessageUnencodable
    changes = b"".join(
        keccak(_WORD_CHANGE + word(one.word, 16) + word(one.mask, 256)) for one in order.changes
    )
    terms = (
        word(order.status, 8),
        word(order.reason, 16),
        word(order.effective_at, 40),
        word(order.until, 40),
        word(nonce, 256),
        word(deadline, 40),
    )
    struct = (_STATUS_CHANGE, order.agency, word(order.list, 32), keccak(changes), *terms)
    return digest_of(DOMAIN_NAME, ledger, b"".join(struct))


def cosign(
    ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int, private_key: bytes
) -> CoSignature:
    """Return the approver's signature by a secp256k1 key of 32 bytes."""
    key = secp256k1.private_key(private_key)
    signature = secp256k1.sign(key, co_signature_digest(ledger, order, nonce, deadline))
    return CoSignature(secp256k1.address_of(key.public_key), nonce, deadline, signature)


def recover_approver(ledger: LedgerRef, order: StatusOrder, co_signature: CoSignature) -> Address:
    """Return who signed; raise `CoSignatureInvalid` unless it is the approver named.

    A contract account's signature (ERC-1271) is refused too: only the chain can judge it.
    """
    digest = co_signature_digest(ledger, order, co_signature.nonce, co_signature.deadline)
    try:
        signer = secp256k1.recover(digest, co_signature.signature)
    except SignatureInvalid as exc:
        raise CoSignatureInvalid(co_signature.approver) from exc
    if signer != co_signature.approver:
        raise CoSignatureInvalid(co_signature.approver)
    return signer


_WORD_CHANGE: Final = type_hash(_TYPES, "WordChange")
_STATUS_CHANGE: Final = type_hash(_TYPES, "StatusChange", "WordChange")
