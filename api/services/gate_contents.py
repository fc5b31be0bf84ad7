"""What the service knows of what a gate decides by, read out of the projection and the stores."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from api.services.gate_lists import GateLists
from api.services.health_allow import AllowLists
from api.services.issuers import SigningKeyMissing
from api.store.indices import FIRST_PASS_LIST
from api.store.recognitions import RecognitionStore
from api.store.registry import Head, Registry
from ledger.authority import Agency
from ledger.errors import Refused
from ledger.health.agreements import Agreement
from ledger.health.gate.evidence import IssuerKey
from ledger.health.gate_bundle.lists import Place
from ledger.health.gate_bundle.writing import Content
from ledger.health.policy import read_policy
from ledger.health.rule_bundles import needed_in
from ledger.values import AgencyId, AgencyStatus, jurisdiction_id


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
    ) -> None:
        self._registry = registry
        self._recognitions = recognitions
        self._lists = lists
        self._tokens = tokens
        self._allow = allow

    def gather(self, jurisdiction: str, head: Head, as_of: int) -> Content:
        """Return what gates of a jurisdiction decide by, as of the head; lists dated `as_of`."""
        agencies = {each.id: each for each in self._registry.agencies()}
        target = jurisdiction_id(jurisdiction)
        agreements = [each for each in self._recognitions.agreements() if each.target == target]
        issuing = [
            (agencies[agency], number)
            for agency, number in self._lists.all_lists()
            if number >= FIRST_PASS_LIST and agency in agencies
        ]
        return Content(
            keys=tuple(key for agency in agencies.values() for key in self._keys(agency)),
            agreements=agreements,
            policies=tuple(self._policies(agreements)),
            domestic=tuple(self._domestic(jurisdiction)),
            rules=tuple(self._rules(agreements)),
            status=dict(self._status(issuing, head, as_of)),
            allow=dict(self._segments({agency.id for agency, _ in issuing})),
        )

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

    def _rules(self, agreements: Iterable[Agreement]) -> Iterator[Mapping[str, bytes]]:
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
                yield held

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
