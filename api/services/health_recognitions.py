"""Agreements in force, by the projection, with the documents that they name."""

from api.services.health_agreements import PolicyMissing, Recognition
from api.store.recognitions import RecognitionStore
from ledger.agreements.health_policy import Policy, read_policy
from ledger.errors import Refused
from ledger.health.rule_bundles import RuleBundle, needed_in, read_rule_bundle
from ledger.values import JurisdictionId, RecordType


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
        return Recognition(agreement.id, found, policy, self._rules(found.version.bundle_hash))

    def _policy(self, digest: bytes) -> Policy:
        try:
            return read_policy(self._document(digest))
        except Refused as exc:  # what both parties signed is no policy of this form
            raise PolicyMissing(digest) from exc

    def _rules(self, digest: bytes) -> RuleBundle:
        """Return the rules that both parties signed, which the gates have too."""
        manifest = self._document(digest)
        try:
            needed = set(needed_in(manifest).values())
            return read_rule_bundle(manifest, {each: self._document(each) for each in needed})
        except Refused as exc:
            raise PolicyMissing(digest) from exc

    def _document(self, digest: bytes) -> bytes:
        found = self._store.document(digest)
        if found is None:
            raise PolicyMissing(digest)
        return found
