"""From a manifest and its files to what a gate decides by: read whole, or refused by name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.agreements.agreement import Version
from ledger.agreements.health_policy import Policy, read_domestic_policy, read_policy
from ledger.authority import DocumentKey
from ledger.canonical import parse_object
from ledger.health.gate.evidence import GateEvidence, IssuerKey, keys_by_kid
from ledger.health.gate_bundle.agreements_file import read_agreements
from ledger.health.gate_bundle.errors import GateBundleMalformed
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
    Files,
)
from ledger.health.gate_bundle.foreign_files import read_anchors, read_revocation, read_trust
from ledger.health.gate_bundle.keys_file import read_keys
from ledger.health.gate_bundle.lists import read_lists
from ledger.health.gate_bundle.manifest import Manifest
from ledger.health.hcert.reading import NO_LISTS
from ledger.health.hcert.revocation import KeyLists, RevocationLists
from ledger.health.readers import Voucher
from ledger.health.rule_bundles import MAX_TEXT, RuleBundle, needed_in, read_rule_bundle
from ledger.values import AgencyId, AgreementState, Digest, KeyUsage, health_record_type
from ledger.verification.shape import ShapeWrong, hexadecimal, text

_PASS: Final = health_record_type("pass")
_HASH_BYTES: Final = 32
_KID_BYTES: Final = 8
_COMING: Final = frozenset(
    (
        AgreementState.SCHEDULED,
        AgreementState.IN_FORCE,
        AgreementState.SUSPENDED,
        AgreementState.TERMINATING,
    )
)
"""States in which a gate needs an agreement's documents, today or while it is off line."""
Texts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class GateBundle:
    """A bundle that was read: what the gate knows by it, and what it does not.

    `missing` names, as paths or beginnings of paths, what a gate will look for in vain: codes that
    need it are told as unknown. `unusable` says by path why a list that came is not believed.
    `texts` by language and name.
    """

    manifest: Manifest
    evidence: GateEvidence
    texts: Texts
    missing: tuple[str, ...]
    unusable: Mapping[str, str]

    @property
    def keys(self) -> Iterator[IssuerKey]:
        """All document keys, of every agency."""
        return (each for found in self.evidence.keys.values() for each in found)

    def trusted(self) -> tuple[DocumentKey, ...]:
        """Return the keys that the next bundle may be signed by: those of this one's agency."""
        named = (self.manifest.jurisdiction, self.manifest.agency)
        return tuple(
            each.key
            for each in self.keys
            if (each.agency.jurisdiction, each.agency.code) == named
            and KeyUsage.BUNDLES in each.key.usage
        )

    def vouchers(self) -> tuple[Voucher, ...]:
        """Return the keys that vouch for gates, which reader certificates are checked with."""
        return tuple(
            Voucher(each.agency, each.key)
            for each in self.keys
            if KeyUsage.READERS in each.key.usage
        )


def read_bundle(manifest: Manifest, contents: Mapping[Digest, bytes]) -> GateBundle:
    """Return what a manifest and its files say; `contents` by SHA-256, more may be there.

    Raises:
        GateBundleIncomplete: when files are missing, all of them named.
        GateFileWrong: for a file of another content than the manifest names.
        GateBundleMalformed: for one that does not have its form.
    """
    files = Files(manifest, contents)
    keys = files.read(KEYS, read_keys)
    policies = {each.digest: each for each in files.read_each(POLICIES, read_policy).values()}
    lists = read_lists(files, manifest, keys)
    evidence = GateEvidence(
        sequence=manifest.sequence,
        block=manifest.block,
        trust=manifest.trust,
        rules=manifest.rules,
        keys=keys_by_kid(keys),
        foreign=files.read(FOREIGN_KEYS, read_trust) if FOREIGN_KEYS in files else None,
        revocation=_revocation(files),
        revoked=manifest.revoked,
        agreements={each.id: each for each in files.read(AGREEMENTS, read_agreements)},
        policies=policies,
        domestic=_domestic(files),
        bundles=_rules(files),
        status=lists.status,
        allow=lists.allow,
        anchors=files.read(FOREIGN_ANCHORS, read_anchors) if FOREIGN_ANCHORS in files else {},
    )
    texts = files.read(TEXTS, _texts) if TEXTS in files else {}
    missing = tuple(sorted(set(_missing(evidence, keys))))
    return GateBundle(manifest, evidence, texts, missing, lists.unusable)


def _revocation(files: Files) -> RevocationLists:
    found: dict[bytes, KeyLists] = {}
    for name, lists in files.read_each(REVOCATION, read_revocation).items():
        try:
            found[hexadecimal("0x" + name, _KID_BYTES, name)] = lists
        except ShapeWrong as exc:
            raise GateBundleMalformed(f"{REVOCATION}/{name}", "names no kid") from exc
    return RevocationLists(found) if found else NO_LISTS


def _domestic(files: Files) -> Mapping[str, Policy]:
    found: dict[str, Policy] = {}
    for name, policy in files.read_each(DOMESTIC, read_domestic_policy).items():
        code = policy.document["from"]
        if code in found:
            raise GateBundleMalformed(f"{DOMESTIC}/{name}", f"a second one of {code}")
        found[code] = policy
    return found


def _rules(files: Files) -> Mapping[bytes, RuleBundle]:
    """The rule bundles whose rules are all there; the others are told as missing."""
    documents = {bytes.fromhex(name): each for name, each in files.folder(DOCUMENTS).items()}

    def read(manifest: bytes) -> RuleBundle | None:
        if not documents.keys() >= set(needed_in(manifest).values()):
            return None
        return read_rule_bundle(manifest, documents)

    found = files.read_each(RULES, read)
    return {bytes.fromhex(name): each for name, each in found.items() if each is not None}


def _texts(content: bytes) -> Texts:
    found = parse_object(content)
    for language, texts in found.items():
        if type(texts) is not dict:
            raise ShapeWrong(language)
        for each in texts.values():
            text(each, language, limit=MAX_TEXT)
    return found


def _missing(evidence: GateEvidence, keys: Iterable[IssuerKey]) -> Iterator[str]:
    """Yield what a gate will look for in vain."""
    if evidence.foreign is None:
        yield FOREIGN_KEYS
    if evidence.revoked is None:
        yield REVOCATION
    for agreement in evidence.agreements.values():
        for version in agreement.versions:
            if agreement.state_at(version.number, evidence.block.time) in _COMING:
                yield from _missing_documents(version, evidence)
    listed: set[AgencyId] = {agency for agency, _ in evidence.status}
    issuers = {each.agency.id for each in keys if _issues_passes(each, evidence.block.time)}
    yield from (f"{STATUS}/{agency.hex()}" for agency in issuers - listed)
    yield from (f"{ALLOW}/{agency.hex()}" for agency in issuers - evidence.allow.keys())


def _missing_documents(version: Version, evidence: GateEvidence) -> Iterator[str]:
    if version.policy_hash not in evidence.policies:
        yield f"{POLICIES}/{version.policy_hash.hex()}"
    if version.bundle_hash not in evidence.bundles:
        yield f"{RULES}/{version.bundle_hash.hex()}"


def _issues_passes(key: IssuerKey, at: int) -> bool:
    return KeyUsage.DOCUMENTS in key.key.usage and key.is_accredited_at(_PASS, at)
