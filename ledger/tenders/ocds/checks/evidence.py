"""Evidence: digests over the bytes, proofs to their roots, roots on chain before the release."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import algorithms_available, new, sha256
from typing import Any, Final

from eth_hash.auto import keccak

from ledger.errors import Refused
from ledger.merkle import HASH_BYTES, Proof, verify_inclusion
from ledger.tenders.ocds.checks.finding import (
    Fault,
    Finding,
    Known,
    hash_of,
    member,
    nodes,
    objects,
    seconds,
)
from ledger.tenders.ocds.facts import IntegrityScheme
from ledger.values import Digest, Root
from ledger.verification.proof_file import PROOF_TYPE

HASHES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    IntegrityScheme.SHA256: lambda content: sha256(content).digest(),
    IntegrityScheme.KECCAK256: keccak,
} | (
    {IntegrityScheme.SM3: lambda content: new("sm3", content).digest()}
    if "sm3" in algorithms_available
    else {}
)
"""How digests are made; some builds of OpenSSL come without SM3."""


def check_evidence(release: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """Yield documents whose digest, proof or root is not what the bytes and the chain say."""
    for place, document in nodes(release):
        if "integrity" in document or "proof" in document:
            yield from _digests(place, document, known)
            yield from _proof(place, document)
            yield from _root(place, document, known, release.get("date"))


def _digests(place: str, document: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    content = known.contents.get(str(document.get("id")))
    for at, integrity in objects(document, "integrity"):
        digest = HASHES.get(str(integrity.get("scheme")))
        if content is None or digest is None:
            continue
        expected = digest(content)
        if hash_of(integrity.get("id")) != expected:
            given = str(integrity.get("id"))
            yield Finding(Fault.DIGEST_DIFFERS, place + at, given, expected.hex())


def _proof(place: str, document: Mapping[str, Any]) -> Iterator[Finding]:
    found = document.get("proof")
    if isinstance(found, Mapping) and (reason := _breach(found, _sha256_of(document))):
        yield Finding(Fault.PROOF_DIFFERS, f"{place}/proof", str(found.get("root")), reason)


def _breach(found: Mapping[str, Any], digest: bytes | None) -> str | None:
    """Return why a proof does not carry a digest to its root, None when it does."""
    size, index, root = found.get("treeSize"), found.get("leafIndex"), hash_of(found.get("root"))
    path = _path(found.get("path"))
    if found.get("type") != PROOF_TYPE or None in (root, digest, path):
        return "not a whole proof"
    if type(size) is not int or type(index) is not int:
        return "not a whole proof"
    assert root is not None  # looked at above, as the next two
    assert digest is not None
    assert path is not None
    try:
        verify_inclusion(Digest(digest), Proof(size, index, path), Root(root))
    except Refused as refused:
        return refused.title()
    return None


def _path(found: Any) -> tuple[bytes, ...] | None:
    """Return the sibling hashes, none for a tree of one; None where one is no hash."""
    if found is None:
        return ()
    siblings = [hash_of(each) for each in found] if isinstance(found, list) else [None]
    whole = tuple(each for each in siblings if each is not None)
    return whole if len(whole) == len(siblings) else None


def _root(
    place: str, document: Mapping[str, Any], known: Known, released: Any
) -> Iterator[Finding]:
    root, at = hash_of(member(document, "proof", "root")), f"{place}/proof/root"
    if "proof" not in document and "anchor" in document:  # its digest itself stands on chain
        root, at = _sha256_of(document) or bytes(HASH_BYTES), f"{place}/integrity"
    if root is None:
        return
    anchored_at = known.anchored_at.get(Root(root))
    if anchored_at is None:
        yield Finding(Fault.ROOT_UNKNOWN, at, root.hex())
    elif (until := seconds(released)) is not None and anchored_at > until:
        yield Finding(Fault.ROOT_LATE, at, str(anchored_at), f"<= {released}")


def _sha256_of(document: Mapping[str, Any]) -> bytes | None:
    """Return the digest that a proof starts from."""
    return next(
        (
            hash_of(each.get("id"))
            for _, each in objects(document, "integrity")
            if each.get("scheme") == IntegrityScheme.SHA256
        ),
        None,
    )
