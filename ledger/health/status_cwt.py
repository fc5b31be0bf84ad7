"""The status list as a CWT, for gates: `statuslist+cwt`, half the size of its JWT.

draft-ietf-oauth-status-list-21 §4.3 and §5.2. Whether it may be believed is asked of `SignedList`,
as of the JWT. Our kid is the whole key id: a list is no QR code, and 8 bytes are not unique.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ledger.canonical import b64url_encode
from ledger.health import cbor, cose
from ledger.health.cbor import CborMalformed
from ledger.health.cose import CoseMalformed, KeyUnsupported, Sign1
from ledger.keys import PublicKey, SignatureInvalid, Signer
from ledger.list_tokens import LIFETIME_SECONDS, TTL_SECONDS, ListChain, SignedList
from ledger.status_list import BITS, ENTRIES, ListMalformed, StatusList
from ledger.values import Address, AgencyId, KeyId, LedgerRef

TOKEN_TYPE: Final = "application/statuslist+cwt"  # noqa: S105  # a media type, no password
MAX_BYTES: Final = ENTRIES * BITS // 8 + 4_096
"""No list of ours deflates to more than itself and a little; longer tokens are not opened."""
_T = TypeVar("_T")
_TYPE: Final = 16  # RFC 9596
_SUB: Final = 2
_EXP: Final = 4
_IAT: Final = 6
_STATUS_LIST: Final = 65_533
_TTL: Final = 65_534
_CHAIN: Final = -65_540
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class _Message:
    """A COSE_Sign1 as the envelope of a list."""

    message: Sign1

    def verify(self, key: PublicKey) -> None:
        """Raise `SignatureInvalid` unless `key` signed it with ES256."""
        try:
            cose.verify(self.message, key.loaded())
        except KeyUnsupported as exc:
            raise SignatureInvalid from exc


def sign_list(
    entries: StatusList, *, uri: str, issued_at: int, chain: ListChain, signer: Signer
) -> bytes:
    """Return the list as a signed `statuslist+cwt`, good from `issued_at` for 24 hours."""
    payload = {
        _SUB: uri,
        _EXP: issued_at + LIFETIME_SECONDS,
        _IAT: issued_at,
        _TTL: TTL_SECONDS,
        _STATUS_LIST: {"bits": entries.bits, "lst": entries.deflated()},
        _CHAIN: [
            chain.ledger.chain_id,
            chain.ledger.address,
            chain.agency,
            chain.list,
            chain.block,
            chain.block_hash,
        ],
    }
    return cose.sign(cbor.encode(payload), signer, headers_of(signer.public_key.key_id))


def headers_of(key_id: KeyId) -> dict[int, bytes | str]:
    """Return the protected headers of our lists besides the algorithm."""
    return {cose.KID: key_id, _TYPE: TOKEN_TYPE}


def parse_list(token: bytes) -> SignedList:
    """Return the list in a `statuslist+cwt` of 2 bits; raise `ListMalformed` for anything else.

    Type and kid count only where they are protected.
    """
    if len(token) > MAX_BYTES:
        raise ListMalformed("too long")
    try:
        message = cose.read(token)
        claims = cbor.decode(message.payload)
        cbor.check_plain(claims)
    except (CoseMalformed, CborMalformed) as exc:
        raise ListMalformed(exc.reason) from exc
    if message.headers.get(_TYPE) != TOKEN_TYPE:
        raise ListMalformed("type is not statuslist+cwt")
    if type(claims) is not dict:
        raise ListMalformed("the claims are no map")
    status_list = _member(claims, _STATUS_LIST, "status_list", dict)
    if _member(status_list, "bits", "bits", int) != BITS:
        raise ListMalformed("bits is not 2")
    return SignedList(
        kid=b64url_encode(_member(message.headers, cose.KID, "kid", bytes)),
        uri=_member(claims, _SUB, "sub", str),
        issued_at=_member(claims, _IAT, "iat", int),
        expires_at=_member(claims, _EXP, "exp", int),
        ttl=_member(claims, _TTL, "ttl", int) if _TTL in claims else None,
        list=StatusList.unpack(_member(status_list, "lst", "lst", bytes)),
        chain=_chain(_member(claims, _CHAIN, "chain", list)) if _CHAIN in claims else None,
        envelope=_Message(message),
    )


def _chain(found: list[Any]) -> ListChain:
    kinds = [int, str, bytes, int, int, bytes]
    if [type(each) for each in found] != kinds:
        raise ListMalformed("chain is not of its six parts")
    chain_id, address, agency, number, block, block_hash = found
    if (len(agency), len(block_hash)) != (_HASH_BYTES, _HASH_BYTES):
        raise ListMalformed("chain has a hash that is not of 32 bytes")
    ledger = LedgerRef(chain_id, Address(address))
    return ListChain(ledger, AgencyId(agency), number, block, block_hash)


def _member(found: Any, label: int | str, name: str, kind: type[_T]) -> _T:
    value = found.get(label)
    if type(value) is not kind:  # isinstance would take true for a number
        raise ListMalformed(f"{name} is missing or of another type")
    return value
