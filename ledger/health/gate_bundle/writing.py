"""What a service puts into a gate bundle, as files by path and a manifest over them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.agreements.agreement import Agreement
from ledger.canonical import canonical_json
from ledger.health.gate.evidence import Block, IssuerKey, Part
from ledger.health.gate_bundle.agreements_file import write_agreements
from ledger.health.gate_bundle.files import (
    AGREEMENTS,
    ALLOW,
    DOCUMENTS,
    DOMESTIC,
    FOREIGN_ANCHORS,
    FOREIGN_KEYS,
    KEYS,
    POLICIES,
    REVOCATION,
    RULES,
    STATUS,
    TEXTS,
)
from ledger.health.gate_bundle.foreign_files import write_anchors, write_trust
from ledger.health.gate_bundle.keys_file import write_keys
from ledger.health.gate_bundle.lists import Place, path_of
from ledger.health.gate_bundle.manifest import FileRef, Manifest, sign
from ledger.health.hcert.trust import TrustList
from ledger.health.rule_bundles import needed_in, write_rule_bundle
from ledger.keys import Signer
from ledger.values import Digest, LedgerRef


@dataclass(frozen=True, slots=True)
class SignedRules:
    """The manifest that both parties signed, and of its files by path those that rules need.

    A manifest names layouts and texts besides: written anew without them it would be another.
    """

    manifest: bytes
    files: Mapping[str, bytes]

    @classmethod
    def over(cls, files: Mapping[str, bytes]) -> "SignedRules":
        """Return the rules whose manifest names these files and no others."""
        return cls(write_rule_bundle(files), files)


@dataclass(frozen=True)
class Content:
    """What goes into a bundle; whatever is signed or hashed elsewhere goes as its bytes.

    `policies` of agreements as they were hashed, `domestic` those of jurisdictions for their own
    passes, one each; `rules` those of each agreement's bundle.
    `status`: list tokens by agency and list, `allow`: segments by agency and number. `revocation`:
    others' lists by kid, as files. `anchors`: block times of others' codes that were converted,
    under keys that were stolen since. `texts` by language and name.
    """

    keys: Sequence[IssuerKey]
    agreements: Sequence[Agreement] = ()
    policies: Sequence[bytes] = ()
    domestic: Sequence[bytes] = ()
    rules: Sequence[SignedRules] = ()
    status: Mapping[Place, bytes] = field(default_factory=dict)
    allow: Mapping[Place, bytes] = field(default_factory=dict)
    foreign: TrustList | None = None
    revocation: Mapping[bytes, bytes] = field(default_factory=dict)
    anchors: Mapping[Digest, int] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a manifest says besides its files; see `Manifest`."""

    jurisdiction: str
    agency: str
    sequence: int
    issued_at: int
    ledger: LedgerRef
    block: Block
    trust: Part
    rules: Part
    revoked: Part | None = None


def files_of(content: Content) -> Mapping[str, bytes]:
    """Return the files of a bundle by path; the same content gives the same files."""
    files = {KEYS: write_keys(content.keys), AGREEMENTS: write_agreements(content.agreements)}
    files |= {f"{POLICIES}/{_hex(policy)}": policy for policy in content.policies}
    files |= {f"{DOMESTIC}/{_hex(policy)}": policy for policy in content.domestic}
    for bundle in content.rules:
        files[f"{RULES}/{_hex(bundle.manifest)}"] = bundle.manifest
        for path, digest in needed_in(bundle.manifest).items():
            files[f"{DOCUMENTS}/{digest.hex()}"] = bundle.files[path]
    files |= {path_of(STATUS, place): token for place, token in content.status.items()}
    files |= {path_of(ALLOW, place): segment for place, segment in content.allow.items()}
    if content.foreign is not None:
        files[FOREIGN_KEYS] = write_trust(content.foreign)
    if content.anchors:
        files[FOREIGN_ANCHORS] = write_anchors(content.anchors)
    files |= {f"{REVOCATION}/{kid.hex()}": lists for kid, lists in content.revocation.items()}
    if content.texts:
        files[TEXTS] = canonical_json(content.texts)
    return files


def sign_manifest(heading: Heading, files: Mapping[str, bytes], signer: Signer) -> bytes:
    """Return the signed manifest; raise `ClaimsInvalid` for more than a bundle may have."""
    refs = {
        path: FileRef(Digest(hashlib.sha256(content).digest()), len(content))
        for path, content in files.items()
    }
    manifest = Manifest(
        jurisdiction=heading.jurisdiction,
        agency=heading.agency,
        sequence=heading.sequence,
        issued_at=heading.issued_at,
        ledger=heading.ledger,
        block=heading.block,
        trust=heading.trust,
        rules=heading.rules,
        revoked=heading.revoked,
        files=refs,
    )
    return sign(manifest, signer)


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
