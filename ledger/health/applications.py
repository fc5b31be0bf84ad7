"""What a traveller hands to the host to convert a code: transfer, consents, keys, all signed once.

A signed CBOR document (see `signed`) by the key that the transfer names, sealed to the host's age
recipient before it leaves the wallet. It carries the host's nonce, so that it is good once, and the
inclusion proof of the transfer, so that neither back end asks the other.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.health import claims, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.signed import Signed
from ledger.keys import PublicKey, Signer
from ledger.merkle import Proof
from ledger.values import AgencyId

NONCE_BYTES: Final = 16
ANSWER_KEY_BYTES: Final = 32
MAX_KEYS: Final = 256
MAX_RECEIPTS: Final = 8
_MAX_RECEIPT_BYTES: Final = 8_192
_MAX_TRANSFER_BYTES: Final = 4_096
_MAX_PATH: Final = 32
MAX_PORT: Final = 64
_ID_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_OURS: Final = -65550
_PORT: Final = 7


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the transfer was anchored: by which agency, and its inclusion proof."""

    agency: AgencyId
    proof: Proof


@dataclass(frozen=True, slots=True)
class Receipt:
    """A consent receipt (see `consents`) and the holder's signature of 64 bytes."""

    document: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Application:
    """What the holder asks for.

    `keys` are those of the passes wanted, one each and none for one on paper; under `answer_key`,
    32 random bytes, the answer is kept for a repeat; `port` where the traveller means to cross.
    """

    target: str
    applied_at: int
    nonce: bytes
    transfer: bytes
    anchor: Anchor
    receipts: tuple[Receipt, ...]
    keys: tuple[PublicKey, ...]
    answer_key: bytes
    port: str | None = None


def sign(content: Application, signer: Signer) -> bytes:
    """Return the signed application; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(content)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def read(envelope: Signed) -> Application:
    """Return what it says before anybody's signature was checked; raise `ClaimsInvalid`.

    The holder's key is in the transfer, which is read first.
    """
    return claims.open_claims(envelope.message.payload, _read, _spell)


def verify(envelope: Signed, holder: PublicKey) -> None:
    """Raise `SignatureInvalid` unless the transfer's holder signed it."""
    signed.payload_of(envelope, holder)


def _spell(content: Application) -> dict[int, Any]:
    proof = content.anchor.proof
    ours: dict[int, Any] = {
        1: content.nonce,
        2: content.transfer,
        3: [content.anchor.agency, proof.tree_size, proof.leaf_index, list(proof.path)],
        4: [[each.document, each.signature] for each in content.receipts],
        5: [claims.spell_holder(key) for key in content.keys],
        6: content.answer_key,
    }
    if content.port is not None:
        ours[_PORT] = content.port
    return {3: content.target, 6: content.applied_at, _OURS: ours}


def _read(value: object) -> Application:
    top = claims.members("claims", value, {3, 6, _OURS}, set())
    ours = claims.members("application", top[_OURS], {1, 2, 3, 4, 5, 6}, {_PORT})
    return Application(
        target=claims.text("aud", top[3], claims.MAX_JURISDICTION_CHARACTERS),
        applied_at=claims.number("iat", top[6], claims.MAX_TIME),
        nonce=claims.octets("nonce", ours[1], NONCE_BYTES),
        transfer=_bounded("transfer", ours[2], _MAX_TRANSFER_BYTES),
        anchor=_anchor(ours[3]),
        receipts=tuple(receipt_of(each) for each in items("receipts", ours[4], MAX_RECEIPTS)),
        keys=tuple(claims.holder_key(each) for each in items("keys", ours[5], MAX_KEYS)),
        answer_key=claims.octets("answer", ours[6], ANSWER_KEY_BYTES),
        port=claims.text("port", ours[_PORT], MAX_PORT) if _PORT in ours else None,
    )


def _anchor(value: object) -> Anchor:
    agency, size, index, path = items("anchor", value, 4, least=4)
    size = claims.number("anchor", size, 2**32, least=1)
    nodes = tuple(claims.octets("anchor", node, 32) for node in items("anchor", path, _MAX_PATH))
    proof = Proof(size, claims.number("anchor", index, size), nodes)
    return Anchor(AgencyId(claims.octets("anchor", agency, _ID_BYTES)), proof)


def receipt_of(value: object) -> Receipt:
    """Return a receipt with its signature; raise `ClaimsInvalid`."""
    document, signature = claims.pair("receipts", value)
    return Receipt(
        _bounded("receipts", document, _MAX_RECEIPT_BYTES),
        claims.octets("receipts", signature, _SIGNATURE_BYTES),
    )


def items(claim: str, value: object, most: int, *, least: int = 0) -> list[Any]:
    """Return a list of so many items; raise `ClaimsInvalid`."""
    if type(value) is not list or not least <= len(value) <= most:
        raise ClaimsInvalid(claim)
    return value


def _bounded(claim: str, value: object, most: int) -> bytes:
    if type(value) is not bytes or len(value) > most:
        raise ClaimsInvalid(claim)
    return value
