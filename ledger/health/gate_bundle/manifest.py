"""The manifest of a gate bundle: what it is made of, as of which block, and in which order.

A signed CBOR document (see `signed`) by an agency key with the usage BUNDLES. Files are named by
SHA-256, so a gate that holds most of them fetches the rest. Sequences and block times only grow:
nobody brings back a list on which a stolen key was still good.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.authority import DocumentKey
from ledger.health import claims, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.gate.evidence import Block, Part
from ledger.health.gate_bundle.errors import (
    GateBundleAhead,
    GateBundleMalformed,
    GateBundleRolledBack,
    GateBundleUntrusted,
    GateClockBehind,
    GateFileWrong,
)
from ledger.health.signed import Signed, SignedMalformed
from ledger.keys import SignatureInvalid, Signer
from ledger.values import Address, Digest, KeyState, KeyUsage, LedgerRef

NAME: Final = "manifest"
MAX_MANIFEST_BYTES: Final = 2**21
MAX_FILES: Final = 20_000
MAX_FILE_BYTES: Final = 2**24
MAX_TOTAL_BYTES: Final = 2**26
"""64 MiB: what a gate may be made to fetch; 300,000 passes are below 4 MB."""
AHEAD_SECONDS: Final = 30
"""By how much its signer's clock may be ahead of the gate's, as an issuer's may (§3.2)."""
_HASH_BYTES: Final = 32
_MAX_CODE: Final = 64
_MAX_CHAIN_ID: Final = 2**53
_PATH: Final = re.compile(r"[a-z0-9-]{1,24}(?:/[a-z0-9-]{1,64}){0,2}")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_PARTS: Final = {"trust": 1, "rules": 2, "revoked": 3}


@dataclass(frozen=True, slots=True)
class FileRef:
    """One file by SHA-256 of its bytes, and how many they are."""

    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle is made of; `issued_at` in Unix seconds, `agency` the organisation code.

    `files` by path. `trust` says how new keys are, ours and others', `rules` the agreements,
    policies and rules, `revoked` the revocation lists of others; the rest tell it themselves.
    """

    jurisdiction: str
    agency: str
    sequence: int
    issued_at: int
    ledger: LedgerRef
    block: Block
    trust: Part
    rules: Part
    revoked: Part | None
    files: Mapping[str, FileRef]

    def wanted(self, held: Collection[Digest] = ()) -> Mapping[str, FileRef]:
        """Return the files that are to be fetched: those whose digest is not `held`."""
        return {path: ref for path, ref in self.files.items() if ref.digest not in held}


def sign(manifest: Manifest, signer: Signer) -> bytes:
    """Return the signed manifest; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(manifest)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def read(encoded: bytes, trusted: Collection[DocumentKey], at: int) -> Manifest:
    """Return the manifest that one of the `trusted` keys signed.

    `trusted` are those of the agency that this gate belongs to, as they stand today; `at` is the
    time by this device.

    Raises:
        GateBundleMalformed: for anything but a manifest in its one spelling.
        GateBundleUntrusted: for another signer, another usage, and a key that is frozen, reported
            stolen, or was not good when the manifest was issued.
        GateClockBehind: when `at` is before the bundle's block.
        GateBundleAhead: when it is dated later than `at`: its lists would look new for too long,
            and its sequence keep honest bundles out.
    """
    if len(encoded) > MAX_MANIFEST_BYTES:
        raise GateBundleMalformed(NAME, "too long")
    try:
        envelope = signed.read(encoded)
    except SignedMalformed as exc:
        raise GateBundleMalformed(NAME, exc.reason) from exc
    key = _signer(envelope, trusted)
    try:
        manifest = content_of(envelope.message.payload)
    except ClaimsInvalid as exc:
        raise GateBundleMalformed(NAME, exc.claim) from exc
    if key.state_at(manifest.issued_at) is not KeyState.ACTIVE or at >= key.verify_until:
        raise GateBundleUntrusted("the key is not good at that time")
    if at < manifest.block.time:
        raise GateClockBehind(at, manifest.block.time)
    if manifest.issued_at > at + AHEAD_SECONDS:
        raise GateBundleAhead(manifest.issued_at, at)
    return manifest


def content_of(payload: bytes) -> Manifest:
    """Return what a manifest says before anybody's signature was checked; raise `ClaimsInvalid`."""
    return claims.open_claims(payload, _read, _spell)


def check_newer(held: Manifest, offered: Manifest) -> None:
    """Raise unless `offered` may take the place of `held`.

    `GateBundleRolledBack` unless its sequence is higher and its block not earlier;
    `GateBundleUntrusted` for another ledger or agency.
    """
    for part, old, new, least in (
        ("sequence", held.sequence, offered.sequence, held.sequence + 1),
        ("block time", held.block.time, offered.block.time, held.block.time),
        ("block", held.block.number, offered.block.number, held.block.number),
    ):
        if new < least:
            raise GateBundleRolledBack(part, new, old)
    if held.ledger != offered.ledger:
        raise GateBundleUntrusted("it is of another ledger")
    if (held.jurisdiction, held.agency) != (offered.jurisdiction, offered.agency):
        raise GateBundleUntrusted("it is of another agency")


def check_file(path: str, ref: FileRef, content: bytes) -> None:
    """Raise `GateFileWrong` unless `content` is the file that `ref` names."""
    if len(content) != ref.size or hashlib.sha256(content).digest() != ref.digest:
        raise GateFileWrong(path)


def _signer(envelope: Signed, trusted: Collection[DocumentKey]) -> DocumentKey:
    """The key that signed; eight bytes of a kid may be those of several."""
    found = [key for key in trusted if key.public_key.key_id.startswith(envelope.kid)]
    if not found:
        raise GateBundleUntrusted("the key is not known")
    for key in found:
        try:
            signed.payload_of(envelope, key.public_key)
        except SignatureInvalid:
            continue
        if KeyUsage.BUNDLES not in key.usage:
            raise GateBundleUntrusted("the key is not for bundles")
        if key.frozen or key.distrust_from:
            raise GateBundleUntrusted("the key is frozen or compromised")
        return key
    raise GateBundleUntrusted("the signature does not match")


def _spell(manifest: Manifest) -> dict[int, Any]:
    block, ledger = manifest.block, manifest.ledger
    parts = {"trust": manifest.trust, "rules": manifest.rules, "revoked": manifest.revoked}
    return {
        1: manifest.jurisdiction,
        2: manifest.agency,
        3: manifest.sequence,
        4: [ledger.chain_id, ledger.address],
        5: [block.number, block.hash, block.time],
        6: manifest.issued_at,
        7: {path: [ref.digest, ref.size] for path, ref in manifest.files.items()},
        8: {
            _PARTS[name]: [part.sequence, part.as_of]
            for name, part in parts.items()
            if part is not None
        },
    }


def _read(value: object) -> Manifest:
    top = claims.members("claims", value, set(range(1, 9)), set())
    issued_at = claims.number("iat", top[6], claims.MAX_TIME)
    parts = claims.members("parts", top[8], {1, 2}, {3})
    manifest = Manifest(
        jurisdiction=claims.text("jurisdiction", top[1], claims.MAX_JURISDICTION_CHARACTERS),
        agency=claims.text("agency", top[2], _MAX_CODE),
        sequence=claims.number("sequence", top[3], 2**53, least=1),
        issued_at=issued_at,
        ledger=_ledger(top[4]),
        block=_block(top[5]),
        trust=_part(parts[1], issued_at),
        rules=_part(parts[2], issued_at),
        revoked=_part(parts[3], issued_at) if 3 in parts else None,  # noqa: PLR2004  # its label
        files=_files(top[7]),
    )
    if issued_at < manifest.block.time:
        raise ClaimsInvalid("iat")
    return manifest


def _ledger(value: object) -> LedgerRef:
    chain_id, address = claims.pair("ledger", value)
    if not _ADDRESS.fullmatch(claims.text("ledger", address, 42)):
        raise ClaimsInvalid("ledger")
    return LedgerRef(claims.number("ledger", chain_id, _MAX_CHAIN_ID, least=1), Address(address))


def _block(value: object) -> Block:
    if type(value) is not list or len(value) != len(("number", "hash", "time")):
        raise ClaimsInvalid("block")
    return Block(
        claims.number("block", value[0], claims.MAX_TIME),
        claims.octets("block", value[1], _HASH_BYTES),
        claims.number("block", value[2], claims.MAX_TIME),
    )


def _part(value: object, issued_at: int) -> Part:
    """A part; nothing can have been known to be the latest after the bundle was made."""
    sequence, as_of = claims.pair("parts", value)
    return Part(
        claims.number("parts", sequence, 2**53), claims.number("parts", as_of, issued_at + 1)
    )


def _files(value: object) -> Mapping[str, FileRef]:
    if type(value) is not dict or len(value) > MAX_FILES:
        raise ClaimsInvalid("files")
    files = {_path(path): _ref(ref) for path, ref in value.items()}
    if sum(ref.size for ref in files.values()) > MAX_TOTAL_BYTES:
        raise ClaimsInvalid("files")
    return files


def _path(value: object) -> str:
    if type(value) is not str or not _PATH.fullmatch(value):
        raise ClaimsInvalid("files")
    return value


def _ref(value: object) -> FileRef:
    digest, size = claims.pair("files", value)
    return FileRef(
        Digest(claims.octets("files", digest, _HASH_BYTES)),
        claims.number("files", size, MAX_FILE_BYTES + 1),
    )
