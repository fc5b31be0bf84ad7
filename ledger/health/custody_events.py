"""The signed document of one custody event: several parties over the same content.

COSE_Sign under tag 98 (RFC 9052 §4.1), deterministic throughout. Every signature says as which
party it was given, under its own protected headers: what a place signed as custodian is no
signature of the checkpoint. SHA-256 of the bytes names the event in the next one, and is the leaf
that is anchored.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.errors import Refused
from ledger.health import cbor, claims, cose
from ledger.health.claims import ClaimsInvalid
from ledger.health.custody import ID_BYTES, RANDOM_BYTES, Event
from ledger.health.custody_steps import Party, Step
from ledger.health.signed import KID_BYTES, kid_of
from ledger.keys import PublicKey, SignatureInvalid, Signer
from ledger.values import Digest

MAX_BYTES: Final = 4_096
_TAG: Final = b"\xd8\x62"  # 98: COSE_Sign
_PARTY: Final = -65_541
_DIGEST_BYTES: Final = 32
_MAX_CODE: Final = 64
_PARTS: Final = 4
_PARTS_OF_SIGNATURE: Final = 3
_PARTS_OF_MESSAGE: Final = 5
_CONTEXT: Final = "Signature"
_EMPTY: Final = b""


@dataclass(eq=False)
class CustodyMalformed(Refused):
    """The bytes are no custody event."""

    reason: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One party's signature, not yet checked; `kid` the first 8 bytes of its key's id."""

    party: Party
    kid: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event as it came, before its signatures were checked."""

    encoded: bytes
    event: Event
    signatures: tuple[Signature, ...]

    @property
    def digest(self) -> Digest:
        """SHA-256 of the bytes: the leaf data of its batch, and `previous` of the next event."""
        return Digest(hashlib.sha256(self.encoded).digest())

    def signers(self, keys: Mapping[Party, Collection[PublicKey]]) -> frozenset[Party]:
        """Return the parties whose signatures hold; `keys` those that may sign as each party.

        Raises `SignatureInvalid` where one does not hold, or is by a key that is not the party's:
        a document with a false signature on it is not to be anchored.
        """
        payload = cbor.encode(_spell(self.event))
        for each in self.signatures:
            _verify(each, payload, keys.get(each.party, ()))
        return frozenset(each.party for each in self.signatures)


def sign(event: Event, party: Party, signer: Signer) -> Signature:
    """Return one party's signature; raise `ClaimsInvalid` for what no event may say.

    The parties sign on devices of their own; `assemble` puts their signatures together.
    """
    spelt = _spell(event)
    _read(spelt)  # never sign what would not be read
    kid = kid_of(signer.public_key.key_id)
    message = _sig_structure(party, kid, cbor.encode(spelt))
    return Signature(party, kid, signer.sign(message))


def assemble(event: Event, signatures: Iterable[Signature]) -> bytes:
    """Return the document, one signature a party, in the parties' order."""
    parts = [
        [_protected(each.party, each.kid), {}, each.signature]
        for each in sorted(signatures, key=lambda each: each.party)
    ]
    return _TAG + cbor.encode([_EMPTY, {}, cbor.encode(_spell(event)), parts])


def read(encoded: bytes) -> SignedEvent:
    """Return the event, in its only spelling; nothing is said yet about who signed it.

    Raises `CustodyMalformed` for any other envelope, and `ClaimsInvalid` for any other content.
    """
    if len(encoded) > MAX_BYTES or not encoded.startswith(_TAG):
        raise CustodyMalformed("length or tag")
    try:
        parts = cbor.decode_deterministic(encoded[len(_TAG) :])
    except cbor.CborMalformed as exc:
        raise CustodyMalformed(exc.reason) from exc
    if type(parts) is not list or len(parts) != _PARTS or parts[:2] != [_EMPTY, {}]:
        raise CustodyMalformed("headers")
    payload, listed = parts[2:]
    if type(payload) is not bytes or type(listed) is not list:
        raise CustodyMalformed("a part of the wrong type")
    signatures = tuple(_signature(each) for each in listed)
    if [each.party for each in signatures] != sorted({each.party for each in signatures}):
        raise CustodyMalformed("signatures")
    return SignedEvent(encoded, claims.open_claims(payload, _read, _spell), signatures)


def read_message(message: bytes) -> tuple[Party, bytes, Event]:
    """Return as which party, under which kid and over which event a Sig_structure is to be signed.

    For whoever holds a key and is asked to use it. Raises `CustodyMalformed` or `ClaimsInvalid`.
    """
    try:
        parts = cbor.decode_deterministic(message)
    except cbor.CborMalformed as exc:
        raise CustodyMalformed(exc.reason) from exc
    if type(parts) is not list or len(parts) != _PARTS_OF_MESSAGE or type(parts[4]) is not bytes:
        raise CustodyMalformed("form")
    named = _signature([parts[2], {}, _EMPTY])
    if parts[:4] != [_CONTEXT, _EMPTY, _protected(named.party, named.kid), _EMPTY]:
        raise CustodyMalformed("headers")
    return named.party, named.kid, claims.open_claims(parts[4], _read, _spell)


def _signature(value: object) -> Signature:
    if type(value) is not list or len(value) != _PARTS_OF_SIGNATURE or value[1] != {}:
        raise CustodyMalformed("signature")
    protected, _, signature = value
    if type(protected) is not bytes or type(signature) is not bytes:
        raise CustodyMalformed("signature")
    try:
        headers = cbor.decode_deterministic(protected)
    except cbor.CborMalformed as exc:
        raise CustodyMalformed("signature headers") from exc
    if type(headers) is not dict or headers.keys() != {cose.ALG, cose.KID, _PARTY}:
        raise CustodyMalformed("signature headers")
    kid, party = headers[cose.KID], headers[_PARTY]
    if type(kid) is not bytes or len(kid) != KID_BYTES or headers[cose.ALG] != cose.ES256:
        raise CustodyMalformed("signature headers")
    if party not in list(Party):
        raise CustodyMalformed("party")
    return Signature(Party(party), kid, signature)


def _verify(signature: Signature, payload: bytes, keys: Collection[PublicKey]) -> None:
    message = _sig_structure(signature.party, signature.kid, payload)
    for key in keys:
        if kid_of(key.key_id) == signature.kid:
            try:
                return key.verify(message, signature.signature)
            except SignatureInvalid:
                continue
    raise SignatureInvalid


def _sig_structure(party: Party, kid: bytes, payload: bytes) -> bytes:
    """RFC 9052 §4.4, the body's protected headers and the external data empty."""
    return cbor.encode([_CONTEXT, _EMPTY, _protected(party, kid), _EMPTY, payload])


def _protected(party: Party, kid: bytes) -> bytes:
    return cbor.encode({cose.ALG: cose.ES256, cose.KID: kid, _PARTY: str(party)})


def _spell(event: Event) -> dict[int, Any]:
    return {
        1: event.trip,
        2: event.seq,
        3: str(event.step),
        4: event.at,
        5: event.place,
        6: event.custodian,
        7: event.next_custodian,
        8: event.previous,
        9: event.due,
        10: event.random,
    }


def _read(value: object) -> Event:
    found = claims.members("event", value, set(range(1, 11)), set())
    if found[3] not in list(Step):
        raise ClaimsInvalid("step")
    return Event(
        trip=claims.octets("trip", found[1], ID_BYTES),
        seq=claims.number("seq", found[2], 2**32),
        step=Step(found[3]),
        at=claims.number("at", found[4], claims.MAX_TIME),
        place=claims.text("place", found[5], _MAX_CODE),
        custodian=_code("custodian", found[6]),
        next_custodian=_code("next_custodian", found[7]),
        previous=found[8]
        if found[8] == b""
        else claims.octets("previous", found[8], _DIGEST_BYTES),
        due=claims.number("due", found[9], claims.MAX_TIME),
        random=claims.octets("random", found[10], RANDOM_BYTES),
    )


def _code(claim: str, value: object) -> str:
    """A place's code, or nothing."""
    return "" if value == "" else claims.text(claim, value, _MAX_CODE)
