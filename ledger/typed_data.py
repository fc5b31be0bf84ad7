"""What a second person signs: EIP-712 messages of the RecordLedger, and who signed them.

The struct hashes are eth_account's; contracts/libraries/CoSignatures.sol computes the same.
"""

from dataclasses import dataclass
from typing import Any, Final

from eth_abi.exceptions import EncodingError
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_hash.auto import keccak
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from ledger.errors import CoSignatureInvalid, Refused
from ledger.keys import SignatureInvalid
from ledger.values import Address, AgencyId, LedgerRef, Status, WordChange

__all__ = [
    "ACCOUNT_ORDER",
    "DOMAIN_NAME",
    "DOMAIN_VERSION",
    "SIGNATURE_BYTES",
    "CoSignature",
    "OrderUnencodable",
    "StatusOrder",
    "WordChange",
    "co_signature_digest",
    "co_signature_typed_data",
    "cosign",
    "recover_approver",
    "recover_signer",
]

DOMAIN_NAME: Final = "Suizheng RecordLedger"
DOMAIN_VERSION: Final = "1"
ACCOUNT_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of secp256k1, the curve of accounts."""
_ID_BYTES: Final = 32
SIGNATURE_BYTES: Final = 65
_TYPES: Final = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
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


@dataclass(eq=False)
class OrderUnencodable(Refused):
    """A value of the order does not fit its type."""


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
    return {
        "types": _TYPES,
        "primaryType": "StatusChange",
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": ledger.chain_id,
            "verifyingContract": ledger.address,
        },
        "message": {
            "agency": "0x" + order.agency.hex(),
            "list": order.list,
            "changes": [{"word": c.word, "mask": str(c.mask)} for c in order.changes],
            "status": int(order.status),
            "reason": order.reason,
            "effectiveAt": order.effective_at,
            "until": order.until,
            "nonce": str(nonce),
            "deadline": deadline,
        },
    }


def co_signature_digest(ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int) -> bytes:
    """Return the 32 bytes to sign, as IRecordLedger.coSignatureDigest does."""
    message = _message(ledger, order, nonce, deadline)
    return keccak(b"\x19" + message.version + message.header + message.body)


def cosign(
    ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int, private_key: bytes
) -> CoSignature:
    """Return the approver's signature by a secp256k1 key of 32 bytes."""
    account = Account.from_key(private_key)
    signed = account.sign_message(_message(ledger, order, nonce, deadline))
    return CoSignature(Address(account.address), nonce, deadline, bytes(signed.signature))


def recover_approver(ledger: LedgerRef, order: StatusOrder, co_signature: CoSignature) -> Address:
    """Return who signed; raise `CoSignatureInvalid` unless it is the approver named.

    A contract account's signature (ERC-1271) is refused too: only the chain can judge it.
    """
    message = _message(ledger, order, co_signature.nonce, co_signature.deadline)
    try:
        signer = recover_signer(message, co_signature.signature)
    except SignatureInvalid as exc:
        raise CoSignatureInvalid(co_signature.approver) from exc
    if signer != co_signature.approver:
        raise CoSignatureInvalid(co_signature.approver)
    return signer


def recover_signer(message: SignableMessage, signature: bytes) -> Address:
    """Return the account that signed an EIP-191 or EIP-712 message.

    Raises:
        SignatureInvalid: unless there are 65 bytes r ‖ s ‖ v, v is 27 or 28, and s is at most half
            the order, as OpenZeppelin's ECDSA asks: one content, one signature.
    """
    if len(signature) != SIGNATURE_BYTES or signature[64] not in {27, 28}:
        raise SignatureInvalid
    if int.from_bytes(signature[32:64]) > ACCOUNT_ORDER // 2:
        raise SignatureInvalid
    try:
        return Address(Account.recover_message(message, signature=signature))
    except (BadSignature, ValidationError, ValueError) as exc:
        raise SignatureInvalid from exc


def _message(ledger: LedgerRef, order: StatusOrder, nonce: int, deadline: int) -> SignableMessage:
    """Return the message; raise `OrderUnencodable` for a value that does not fit its type."""
    if len(order.agency) != _ID_BYTES:  # the encoder would fill a short one up
        raise OrderUnencodable
    try:
        return encode_typed_data(
            full_message=co_signature_typed_data(ledger, order, nonce, deadline)
        )
    except (EncodingError, ValueError, TypeError) as exc:
        raise OrderUnencodable from exc
