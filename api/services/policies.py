"""The documents that agreements rest on, each under its SHA-256, and what gates' logs cite of them.

A policy is kept before it is agreed on, so that the other party can read what it is asked to sign.
What else is kept an agreement names: what was signed on chain, and the rules, value sets and texts
of its bundle. A jurisdiction's policy for its own passes, which no agreement names, is its
supervisor's word alone.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from api.services.at_head import AtHead
from api.store.recognitions import DomesticRow, RecognitionStore
from ledger.agreements.health_policy import Policy, read_domestic_policy
from ledger.agreements.policies import read_any_policy
from ledger.agreements.policy import AgreementPolicy
from ledger.authority import Agency
from ledger.errors import Refused, RoleMissing
from ledger.health.rule_admission import check_file
from ledger.health.rule_bundles import COUNTRY, files_in
from ledger.values import Address, AgencyId, Role, health_record_type, jurisdiction_id
from ledger.verification.shape import ShapeWrong, hexadecimal

SCAN_SECONDS: Final = 14 * 86_400
"""How long a scan is kept that cites no policy at hand (`retention.scan`, proposed)."""
ANSWER_SECONDS: Final = 24 * 3_600
"""How long an answer to an appeal may take then (`appeals.answerWithin`, proposed)."""
CUSTODY_SECONDS: Final = 28 * 86_400
"""How long trips are kept where no agreement says so (`retention.custody`, proposed)."""
_CUSTODY: Final = health_record_type("custody")
_KEEPERS: Final = frozenset((Role.SUPERVISOR, Role.ADMIN))
_HASH_BYTES: Final = 32


@dataclass(eq=False)
class PolicyUnknown(Refused):
    """No policy, and no document of one, with this digest is kept here."""

    digest: bytes


@dataclass(eq=False)
class PolicyDigestDiffers(Refused):
    """The document's SHA-256 is not the digest that it was sent under."""

    found: bytes


class Agencies(Protocol):
    """Whoever knows the agencies."""

    def agency(self, agency: AgencyId) -> Agency | None:
        """Return an agency; None when it was never admitted."""


class DocumentKind(StrEnum):
    """What a kept document is."""

    POLICY = "policy"
    DOMESTIC = "domestic"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document that is kept; `policy` where it is one."""

    kind: DocumentKind
    digest: bytes
    policy: AgreementPolicy | None
    is_new: bool


class Policies:
    """Keeps the documents of agreements, for whoever wants to read what was agreed."""

    def __init__(self, store: RecognitionStore, ledger: AtHead, clock: Callable[[], int]) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock

    def get(self, digest: bytes) -> bytes:
        """Return the document's bytes; raise `PolicyUnknown`."""
        document = self._store.document(digest)
        if document is None:
            raise PolicyUnknown(digest)
        return document

    def keep(self, digest: bytes, document: bytes, by: Address) -> KeptDocument:
        """Keep a document; the same twice is the same.

        Raises:
            RoleMissing: unless the account supervises a jurisdiction or administers an agency; for
                a domestic policy, unless it supervises that jurisdiction.
            PolicyDigestDiffers: for another document.
            PolicyInvalid: for one that no agreement names and that is no policy.
            RuleBundleInvalid, RuleBundleUnfit: for rules or value sets of an agreement that no gate
                could judge by, as `suizheng agreement bundle` refuses them.
            DomesticPolicyOutdated: for a domestic policy that is not newer than the one held.
        """
        found = hashlib.sha256(document).digest()
        if found != digest:
            raise PolicyDigestDiffers(found)
        if all(role not in _KEEPERS for _, role in self._ledger.roles(by)):
            policy = _policy_in(document)
            subject = bytes(32) if policy is None else jurisdiction_id(policy.document["to"])
            raise RoleMissing(subject, int(Role.SUPERVISOR), by)
        if names := [each for each in _named(self._store) if each.digest == digest]:
            self._check(names, document)
            return self._kept(DocumentKind.NAMED, document, None)
        if _is_domestic(document):
            return self._keep_domestic(document, by)
        return self._kept(DocumentKind.POLICY, document, read_any_policy(document))

    def _check(self, names: Iterable["Named"], document: bytes) -> None:
        """Raise as `keep` does, unless the document is fit for one of the places that name it.

        One is enough: whoever else names the same bytes as a rule keeps nobody from bringing them.
        """
        refused: list[Refused] = []
        for each in names:
            try:
                check_file(each.path, document, self._receiver(each.policy))
            except Refused as exc:
                refused.append(exc)
            else:
                return
        raise refused[0]

    def _receiver(self, policy: bytes) -> str | None:
        """Return the country of TO in a policy that is kept."""
        document = self._store.document(policy)
        found = None if document is None else _policy_in(document)
        return None if found is None else str(found.document["to"])[:COUNTRY]

    def _kept(
        self, kind: DocumentKind, document: bytes, policy: AgreementPolicy | None
    ) -> KeptDocument:
        digest = hashlib.sha256(document).digest()
        is_new = self._store.keep(digest, document, self._clock())
        return KeptDocument(kind, digest, policy or _policy_in(document), is_new)

    def _keep_domestic(self, document: bytes, by: Address) -> KeptDocument:
        policy = read_domestic_policy(document)
        code = policy.document["to"]
        subject = jurisdiction_id(code)
        if (subject, Role.SUPERVISOR) not in self._ledger.roles(by):
            raise RoleMissing(subject, int(Role.SUPERVISOR), by)
        row = DomesticRow(code, policy.document["version"], policy.digest, by)
        is_new = self._store.keep_domestic(row, document, self._clock())
        return KeptDocument(DocumentKind.DOMESTIC, policy.digest, policy, is_new)


class CitedPolicies:
    """What the policies say that a gate's verdicts cite: how long things are kept, and answered."""

    def __init__(self, store: RecognitionStore, agencies: Agencies) -> None:
        self._store = store
        self._agencies = agencies

    def retention(self, citations: Mapping[str, Any], agency: AgencyId) -> int:
        """Return for how many seconds a scan at an agency's gates is kept."""
        policy = self._cited(citations, agency)
        return SCAN_SECONDS if policy is None else policy.seconds("retention", "scan")

    def answer_within(self, citations: Mapping[str, Any], agency: AgencyId) -> int:
        """Return within how many seconds an appeal against a verdict is answered."""
        policy = self._cited(citations, agency)
        return ANSWER_SECONDS if policy is None else policy.seconds("appeals", "answerWithin")

    def shortest_retention(self, agency: AgencyId, at: int) -> int:
        """Return for how many seconds day keys live: by them rows of all policies are joined."""
        code = self._jurisdiction(agency)
        in_force = (
            agreement.in_force_at(at)
            for agreement in self._store.agreements()
            if agreement.target == jurisdiction_id(code)
        )
        policies = [self._policy(each.version.policy_hash) for each in in_force if each]
        policies.append(self._domestic(code))
        spans = [each.seconds("retention", "scan") for each in policies if each is not None]
        return min(spans, default=SCAN_SECONDS)

    def custody_retention(self, agency: AgencyId, at: int) -> int:
        """Return for how many seconds a trip, and an exemption that lapsed, is kept.

        Whoever agreed on custody may need a trip as long as the longest of the policies in force
        says.
        """
        code = jurisdiction_id(self._jurisdiction(agency))
        in_force = (
            agreement.in_force_at(at)
            for agreement in self._store.agreements()
            if agreement.target == code and agreement.record_type == _CUSTODY
        )
        policies = [self._policy(each.version.policy_hash) for each in in_force if each]
        spans = [each.seconds("retention", "custody") for each in policies if each is not None]
        return max(spans, default=CUSTODY_SECONDS)

    def _cited(self, citations: Mapping[str, Any], agency: AgencyId) -> Policy | None:
        """Return the policy that is cited, if it is one of this side; else the domestic one."""
        code, found = self._jurisdiction(agency), self._policy(cited_hash(citations))
        if found is not None and found.document["to"] == code:
            return found
        return self._domestic(code)

    def _domestic(self, jurisdiction: str) -> Policy | None:
        row = self._store.domestic(jurisdiction)
        return None if row is None else self._policy(row.digest)

    def _jurisdiction(self, agency: AgencyId) -> str:
        found = self._agencies.agency(agency)
        return "" if found is None else found.jurisdiction

    def _policy(self, digest: bytes) -> Policy | None:
        document = self._store.document(digest)
        return None if document is None else health_policy_in(document)


def cited_hash(citations: Mapping[str, Any]) -> bytes:
    """Return the policy hash in a row's citations, which gates write; empty where there is none."""
    agreement = citations.get("agreement")
    try:
        cited = agreement["policyHash"] if isinstance(agreement, dict) else None
        return hexadecimal(cited, _HASH_BYTES, "policyHash")
    except (KeyError, ShapeWrong):
        return b""


def health_policy_in(document: bytes) -> Policy | None:
    """Return the policy about health documents that a document is; None for what is none.

    It is an agreement's or a domestic one.
    """
    found = _policy_in(document)
    return found if isinstance(found, Policy) else None


def _policy_in(document: bytes) -> AgreementPolicy | None:
    for reader in (read_any_policy, read_domestic_policy):
        try:
            return reader(document)
        except Refused:
            continue
    return None


def _is_domestic(document: bytes) -> bool:
    try:
        read_domestic_policy(document)
    except Refused:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Named:
    """What an agreement under `policy` names: a file of its bundle by `path`; "" its own papers."""

    digest: bytes
    path: str
    policy: bytes


def _named(store: RecognitionStore) -> Iterator[Named]:
    """Yield what agreements name, and what the manifests among it that are kept do."""
    for agreement in store.agreements():
        for version in agreement.versions:
            policy = version.policy_hash
            yield Named(policy, "", policy)
            yield Named(version.bundle_hash, "", policy)
            manifest = store.document(version.bundle_hash)
            if manifest is None:
                continue
            try:
                files = files_in(manifest)
            except Refused:
                continue  # it is what they signed, and names nothing
            for path, digest in files.items():
                yield Named(digest, path, policy)
