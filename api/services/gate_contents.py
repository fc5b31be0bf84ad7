"""What the service knows of what a gate decides by, read out of the projection and the stores."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from api.services.foreign_codes import ForeignCodes
from api.services.gate_lists import GateLists
from api.services.health_allow import AllowLists
from api.services.issuers import SigningKeyMissing
from api.store.indices import FIRST_PASS_LIST, FIRST_TRANSFER_LIST
from api.store.recognitions import RecognitionStore
from api.store.registry import Head, Registry
from ledger.agreements.agreement import Agreement
from ledger.agreements.health_policy import read_policy
from ledger.authority import Agency
from ledger.errors import Refused
from ledger.health.gate.evidence import IssuerKey, Part
from ledger.health.gate_bundle.lists import Place
from ledger.health.gate_bundle.writing import Content, SignedRules
from ledger.health.rule_bundles import needed_in, read_texts, texts_in
from ledger.values import HEALTH_RECORD_TYPES, AgencyId, AgencyStatus, jurisdiction_id


class Lists(Protocol):
    """Whoever knows which status lists have places given out here."""

    def all_lists(self) -> tuple[tuple[AgencyId, int], ...]:
        """Return agencies and numbers of lists."""


class GateContents:
    """Gathers what goes into a gate bundle.

    What is not at hand here is left out, and the gate that reads the bundle names it: lists of
    agencies whose keys others hold, documents that nobody brought.
    """

    def __init__(
        self,
        registry: Registry,
        recognitions: RecognitionStore,
        lists: Lists,
        tokens: GateLists,
        allow: AllowLists,
        foreign: ForeignCodes,
    ) -> None:
        self._registry = registry
        self._recognitions = recognitions
        self._lists = lists
        self._tokens = tokens
        self._allow = allow
        self._foreign = foreign

    def gather(self, agency: Agency, head: Head, as_of: int) -> Content:
        """Return what an agency's gates decide by, as of the head; our lists dated `as_of`."""
        jurisdiction, trust = agency.jurisdiction, self._foreign.trust(agency.id)
        revoked = self._foreign.revoked(agency.id)
        agencies = {each.id: each for each in self._registry.agencies()}
        target = jurisdiction_id(jurisdiction)
        agreements = [
            each
            for each in self._recognitions.agreements()
            if each.target == target and each.record_type in HEALTH_RECORD_TYPES
        ]
        issuing = [
            (agencies[agency], number)
            for agency, number in self._lists.all_lists()
            if FIRST_PASS_LIST <= number < FIRST_TRANSFER_LIST and agency in agencies
        ]
        return Content(
            keys=tuple(key for agency in agencies.values() for key in self._keys(agency)),
            agreements=agreements,
            policies=tuple(self._policies(agreements)),
            domestic=tuple(self._domestic(jurisdiction)),
            rules=tuple(self._rules(agreements)),
            status=dict(self._status(issuing, head, as_of)),
            allow=dict(self._segments({agency.id for agency, _ in issuing})),
            foreign=trust,
            revocation={} if revoked is None else revoked.lists,
            anchors={} if trust is None else self._foreign.saved(agency.id, trust),
            texts=self._texts(agreements),
        )

    def revoked(self, agency: Agency, as_of: int) -> Part | None:
        """Return how new an agency's lists of withdrawn foreign codes are; None without any."""
        held = self._foreign.revoked(agency.id)
        return None if held is None else Part(held.sequence, min(held.as_of, as_of))

    def _keys(self, agency: Agency) -> Iterator[IssuerKey]:
        told = self._registry.agency_statuses(agency.id)
        statuses = tuple((each.place.block_time, AgencyStatus(each.status)) for each in told)
        accreditations = self._registry.accreditations(agency.id)
        for key in self._registry.keys(agency.id):
            yield IssuerKey(agency, key, statuses, accreditations)

    def _policies(self, agreements: Iterable[Agreement]) -> Iterator[bytes]:
        for digest in {v.policy_hash for each in agreements for v in each.versions}:
            document = self._recognitions.document(digest)
            if document is not None and _is_policy(document):
                yield document

    def _domestic(self, jurisdiction: str) -> Iterator[bytes]:
        row = self._recognitions.domestic(jurisdiction)
        document = None if row is None else self._recognitions.document(row.digest)
        if document is not None:
            yield document

    def _rules(self, agreements: Iterable[Agreement]) -> Iterator[SignedRules]:
        """Yield the files of each rule bundle that is here with all that rules are judged by."""
        for digest in {v.bundle_hash for each in agreements for v in each.versions}:
            manifest = self._recognitions.document(digest)
            if manifest is None:
                continue
            try:
                needed = needed_in(manifest)
            except Refused:
                continue  # it is what they signed, and names nothing
            files = {path: self._recognitions.document(each) for path, each in needed.items()}
            held = {path: file for path, file in files.items() if file is not None}
            if held.keys() == needed.keys():
                yield SignedRules(manifest, held)

    def _texts(self, agreements: Iterable[Agreement]) -> Mapping[str, Mapping[str, str]]:
        """Return the texts of all bundles by language and name, the later agreement's first."""
        found: dict[str, dict[str, str]] = {}
        for agreement in agreements:
            for version in agreement.versions:
                for language, digest in self._texts_of(version.bundle_hash).items():
                    found.setdefault(language, {}).update(self._read_texts(digest))
        return {language: texts for language, texts in found.items() if texts}

    def _texts_of(self, bundle_hash: bytes) -> Mapping[str, bytes]:
        manifest = self._recognitions.document(bundle_hash)
        try:
            return {} if manifest is None else texts_in(manifest)
        except Refused:
            return {}

    def _read_texts(self, digest: bytes) -> Mapping[str, str]:
        document = self._recognitions.document(digest)
        try:
            return {} if document is None else read_texts(document)
        except Refused:
            return {}  # no gate would take a bundle with it

    def _status(
        self, issuing: Iterable[tuple[Agency, int]], head: Head, as_of: int
    ) -> Iterator[tuple[Place, bytes]]:
        for agency, number in issuing:
            try:
                token = self._tokens.token(agency, number, head, as_of)
            except SigningKeyMissing:
                continue
            yield (agency.id, number), token

    def _segments(self, agencies: Iterable[AgencyId]) -> Iterator[tuple[Place, bytes]]:
        for agency in agencies:
            for segment in self._allow.segments(agency):
                yield (agency, segment.seq), segment.document


def _is_policy(document: bytes) -> bool:
    try:
        read_policy(document)
    except Refused:
        return False
    return True
