"""The files about codes of others: whose keys sign them, which were withdrawn, which converted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from ledger.canonical import (
    EncodingNotCanonical,
    b64url_decode,
    b64url_encode,
    canonical_json,
    parse_json,
)
from ledger.certlogic.rules import CertificateType
from ledger.health import cbor
from ledger.health.cose import KeyUnsupported, VerificationKey, algorithm_of
from ledger.health.hcert.revocation import (
    HashType,
    KeyLists,
    Mode,
    Place,
    Slice,
    read_bloom_filter,
    read_prefix_list,
)
from ledger.health.hcert.trust import TrustedKey, TrustList, trust_list
from ledger.values import Digest, KeyState, Seconds
from ledger.verification.bundle_form import rows
from ledger.verification.shape import ShapeWrong, base64url, entries, members, number, text

_KID_BYTES: Final = 8
_KEY_PARTS: Final = 9
_SLICE_PARTS: Final = 4
_ANCHOR_PARTS: Final = 2
_DIGEST_BYTES: Final = 32
_LISTS_PARTS: Final = 3
_USAGES: Final = {kind.value: kind for kind in CertificateType}
_READERS: Final[Mapping[str, Callable[[bytes], Slice]]] = {
    "BLOOMFILTER": read_bloom_filter,
    "VARHASHLIST": read_prefix_list,
}


@dataclass(frozen=True, slots=True)
class RawSlice:
    """A piece of a revocation list as its source gave it, unzipped; `kind` is the source's word."""

    place: Place
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RawLists:
    """The revocation lists of one kid as their source gave them."""

    mode: Mode
    types: frozenset[HashType]
    slices: Sequence[RawSlice]


def write_trust(listed: TrustList) -> bytes:
    """Return the file of a trust list: keys, not certificates, which were read at onboarding."""
    return canonical_json(
        {
            "source": listed.source,
            "sequence": listed.sequence,
            "issuedAt": listed.issued_at,
            "keys": [_write_key(key) for keys in listed.by_kid.values() for key in keys],
        }
    )


def read_trust(content: bytes) -> TrustList:
    """Return the trust list in a file.

    Raises `ShapeWrong`, `JsonMalformed` or `ListOverfull` for any other content.
    """
    found = members(parse_json(content), ("source", "sequence", "issuedAt", "keys"), "trust")
    return trust_list(
        text(found["source"], "source"),
        number(found["sequence"], "sequence"),
        Seconds(number(found["issuedAt"], "issuedAt")),
        [_read_key(row) for row in rows(found["keys"], _KEY_PARTS, "keys")],
    )


def write_anchors(anchors: Mapping[Digest, int]) -> bytes:
    """Return the file of converted codes: digests and block times of their anchors, in order."""
    return cbor.encode([[digest, time] for digest, time in sorted(anchors.items())])


def read_anchors(content: bytes) -> Mapping[Digest, int]:
    """Return block times by digest; raise `ShapeWrong` or `CborMalformed` for other content."""
    found: dict[Digest, int] = {}
    for digest, time in rows(cbor.decode(content), _ANCHOR_PARTS, "anchors"):
        if type(digest) is not bytes or len(digest) != _DIGEST_BYTES:
            raise ShapeWrong("anchors")
        found[Digest(digest)] = number(time, "anchors")
    return found


def write_revocation(lists: RawLists) -> bytes:
    """Return the file of one kid's revocation lists."""
    return cbor.encode(
        [
            str(lists.mode),
            sorted(map(str, lists.types)),
            [
                [each.place.partition, each.place.chunk, each.kind, each.content]
                for each in lists.slices
            ],
        ]
    )


def read_revocation(content: bytes) -> KeyLists:
    """Return the lists in a file.

    Raises `ShapeWrong`, `CborMalformed` or `SliceMalformed` for any other content.
    """
    mode, types, slices = entries(cbor.decode(content), "revocation", length=_LISTS_PARTS)
    if mode not in list(Mode):
        raise ShapeWrong("mode")
    kinds = entries(types, "types")
    if any(kind not in list(HashType) for kind in kinds):
        raise ShapeWrong("types")
    return KeyLists(Mode(mode), frozenset(map(HashType, kinds)), _slices(slices))


def _write_key(key: TrustedKey) -> list[Any]:
    return [
        b64url_encode(key.kid),
        b64url_encode(key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        sorted(map(str, key.usages)),
        key.not_before,
        key.not_after,
        key.country,
        int(key.state),
        key.distrust_from,
        key.listed_at,
    ]


def _read_key(row: list[Any]) -> TrustedKey:
    kid, spki, usages, not_before, not_after, country, state, *times = row
    distrust_from, listed_at = (_time(each) for each in times)
    named = [_USAGES.get(text(usage, "usages")) for usage in entries(usages, "usages")]
    if None in named:
        raise ShapeWrong("usages")
    return TrustedKey(
        base64url(kid, _KID_BYTES, "kid"),
        _public_key(spki),
        frozenset(usage for usage in named if usage is not None),
        Seconds(number(not_before, "notBefore")),
        Seconds(number(not_after, "notAfter")),
        text(country, "country"),
        KeyState(number(state, "state", greatest=max(KeyState))),
        distrust_from,
        listed_at,
    )


def _time(value: object) -> Seconds | None:
    return None if value is None else Seconds(number(value, "times"))


def _public_key(value: object) -> VerificationKey:
    try:
        key = load_der_public_key(b64url_decode(value if isinstance(value, str) else ""))
        if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
            raise ShapeWrong("key")
        algorithm_of(key)
    except (ValueError, UnsupportedAlgorithm, EncodingNotCanonical, KeyUnsupported) as exc:
        raise ShapeWrong("key") from exc
    return key


def _slices(found: Any) -> Mapping[Place, Sequence[Slice]]:
    slices: dict[Place, list[Slice]] = {}
    for row in rows(found, _SLICE_PARTS, "slices"):
        partition, chunk, kind, content = row
        reader = _READERS.get(text(kind, "kind"))
        if reader is None or type(content) is not bytes:
            raise ShapeWrong("slices")
        place = Place(text(partition, "partition"), text(chunk, "chunk"))
        slices.setdefault(place, []).append(reader(content))
    return slices
