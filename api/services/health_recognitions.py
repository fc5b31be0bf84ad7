"""Agreements in force, by the projection, with the documents that they name.

A document is kept if an agreement names its SHA-256, or a policy does that is kept itself: so
anybody may bring one, and nobody a wrong one.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.services.health_agreements import PolicyMissing, Recognition
from api.store.recognitions import RecognitionStore
from ledger.canonical import parse_object
from ledger.certlogic.rules import Rule, RuleMalformed, read_rule
from ledger.errors import LedgerError, Refused
from ledger.health.agreements import Agreement
from ledger.health.policy import Policy, read_policy
from ledger.values import JurisdictionId, RecordType

_NO_DIGEST: Final = bytes(32)


@dataclass(eq=False)
class DocumentUnwanted(Refused):
    """No agreement, and no policy at hand, names a document with this SHA-256."""

    digest: bytes


@dataclass(eq=False)
class DocumentUnknown(Refused):
    """There is no document with this SHA-256 here."""

    digest: bytes


class ProjectedRecognitions:
    """What conversions ask, answered from the projection."""

    def __init__(self, store: RecognitionStore) -> None:
        self._store = store

    def recognition(
        self, source: JurisdictionId, target: JurisdictionId, record_type: RecordType, at: int
    ) -> Recognition | None:
        """See `Recognitions`."""
        agreement = self._store.agreement(source, target, record_type)
        found = None if agreement is None else agreement.in_force_at(at)
        if agreement is None or found is None:
            return None
        policy = self._policy(found.version.policy_hash)
        rules = [self._rule(bytes.fromhex(each["sha256"][2:])) for each in policy.document["rules"]]
        return Recognition(agreement.id, found, policy, rules, self._value_sets(policy))

    def _policy(self, digest: bytes) -> Policy:
        try:
            return read_policy(self._document(digest))
        except Refused as exc:  # what both parties signed is no policy of this form
            raise PolicyMissing(digest) from exc

    def _rule(self, digest: bytes) -> Rule:
        try:
            return read_rule(parse_object(self._document(digest)))
        except (RuleMalformed, LedgerError) as exc:
            raise PolicyMissing(digest) from exc

    def _value_sets(self, policy: Policy) -> Mapping[str, Any]:
        """Return the value sets; none where the policy names the digest of nothing."""
        digest = bytes.fromhex(policy.document["valueSets"][2:])
        if digest == _NO_DIGEST or not policy.document["rules"]:
            return {}
        try:
            return parse_object(self._document(digest))
        except LedgerError as exc:
            raise PolicyMissing(digest) from exc

    def _document(self, digest: bytes) -> bytes:
        found = self._store.document(digest)
        if found is None:
            raise PolicyMissing(digest)
        return found


class AgreementDocuments:
    """Policies, rules and value sets, as anybody may bring and fetch them."""

    def __init__(self, store: RecognitionStore, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    def keep(self, document: bytes) -> bytes:
        """Keep a document and return its SHA-256; raise `DocumentUnwanted`."""
        digest = hashlib.sha256(document).digest()
        if digest not in set(self._wanted()):
            raise DocumentUnwanted(digest)
        self._store.keep(digest, document, self._clock())
        return digest

    def get(self, digest: bytes) -> bytes:
        """Return a document; raise `DocumentUnknown`."""
        found = self._store.document(digest)
        if found is None:
            raise DocumentUnknown(digest)
        return found

    def _wanted(self) -> Iterator[bytes]:
        """Yield the digests that agreements name, and the policies among them that are kept."""
        for agreement in self._store.agreements():
            yield from self._named(agreement)

    def _named(self, agreement: Agreement) -> Iterator[bytes]:
        for version in agreement.versions:
            yield version.policy_hash
            yield version.bundle_hash
            kept = self._store.document(version.policy_hash)
            if kept is None:
                continue
            try:
                document = read_policy(kept).document
            except Refused:
                continue  # it is what they signed, and names nothing
            yield bytes.fromhex(document["valueSets"][2:])
            for rule in document["rules"]:
                yield bytes.fromhex(rule["sha256"][2:])
