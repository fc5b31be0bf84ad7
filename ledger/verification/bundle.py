"""The signed offline bundle: a ledger's facts up to one block, for a verifier without a network.

A JWT `suizheng-bundle+jwt` by a document key with the usage BUNDLES. Whoever carries bundles keeps
the greatest sequence seen and takes no lower one, so that nobody brings back the past. A bundle
that cannot be used says nothing, so its errors are `Unavailable`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from ledger import jws
from ledger.authority import DocumentKey
from ledger.errors import Refused, Unavailable
from ledger.events import StatusChanged
from ledger.keys import PublicKey, SignatureInvalid, Signer
from ledger.values import AgencyId, AgencyStatus, Root
from ledger.verification.bundle_content import AgencyRecord, BundleContent
from ledger.verification.bundle_form import read_content, write_content
from ledger.verification.evidence import Evidence, Query, Reading, Source, Unreachable
from ledger.verification.proof_file import ProofFile
from ledger.verification.shape import ShapeWrong

TYPE: Final = "suizheng-bundle+jwt"
MAX_BUNDLE: Final = 2**26
"""The longest bundle that is read, in characters; 64 MiB hold half a million batches."""


@dataclass(eq=False)
class BundleUnusable(Unavailable):
    """The offline bundle says nothing."""


@dataclass(eq=False)
class BundleMalformed(BundleUnusable):
    """The offline bundle cannot be read."""

    reason: str


@dataclass(eq=False)
class BundleUntrusted(BundleUnusable):
    """The offline bundle is not signed by a key that is trusted here."""

    kid: str


@dataclass(eq=False)
class BundleStale(BundleUnusable):
    """The offline bundle is out of date, or not yet good."""

    issued_at: int
    expires_at: int


@dataclass(eq=False)
class BundleRolledBack(BundleUnusable):
    """A newer offline bundle was seen before."""

    sequence: int
    last_sequence: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature, times and sequence were found good; the signer's `kid`."""

    content: BundleContent
    kid: str
    agencies: Mapping[AgencyId, AgencyRecord]

    def evidence(self, query: Query, proof: ProofFile | None) -> Evidence:
        """Return what the bundle says about `query`; its word is as old as its `issued_at`."""
        record = self.agencies.get(query.agency)
        if record is None and not self.content.is_complete:
            absent = Unreachable("agency-not-in-bundle", self.content.issued_at)
            return Evidence(proof, absent)
        return Evidence(proof, self._reading(query, record), self._history(query, record))

    def _reading(self, query: Query, record: AgencyRecord | None) -> Reading:
        batch = None if record is None else record.batches.get(query.root or Root(bytes(32)))
        then = self.content.head.time if batch is None else batch.anchored_at
        return Reading(
            source=Source.BUNDLE,
            ledger=self.content.ledger,
            block=self.content.head.block,
            block_time=self.content.head.time,
            read_at=self.content.issued_at,
            batch=batch,
            agency=None if record is None else record.agency,
            agency_status_then=_agency_status(record, then),
            key=_key(query, record),
            accredited_then=_is_accredited(query, record, then),
            status_word=self._word(query, record),
        )

    def _word(self, query: Query, record: AgencyRecord | None) -> int | None:
        if record is None or not self._tells_list(query, record):
            return None
        return record.lists.get(query.list, {}).get(query.word, 0)

    def _history(
        self, query: Query, record: AgencyRecord | None
    ) -> tuple[StatusChanged, ...] | None:
        if record is None or not self._tells_list(query, record):
            return None
        place = (query.list, query.word)
        return tuple(event for event in record.events if (event.list, event.word) == place)

    def _tells_list(self, query: Query, record: AgencyRecord) -> bool:
        return self.content.is_complete or query.list in record.lists


def build_bundle(content: BundleContent, signer: Signer) -> str:
    """Return the bundle as a compact JWS; `signer` is a document key with the usage BUNDLES."""
    return jws.sign(TYPE, write_content(content), signer)


def parse_bundle(
    token: str, trusted: Collection[PublicKey], now: int, last_sequence: int = 0
) -> Bundle:
    """Return the bundle in `token`; the same sequence again is the same bundle and good.

    Raises:
        BundleMalformed: unless it is a bundle in its one shape.
        BundleUntrusted: unless one of the `trusted` keys signed it.
        BundleStale: unless `issued_at <= now < expires_at`.
        BundleRolledBack: for a sequence below `last_sequence`.
    """
    if len(token) > MAX_BUNDLE:
        raise BundleMalformed("too long")
    try:
        parsed = jws.parse(token, TYPE)
    except Refused as exc:
        raise BundleMalformed(exc.title()) from exc
    _check_signature(parsed, trusted)
    try:
        content = read_content(parsed.payload)
    except ShapeWrong as exc:
        raise BundleMalformed(f"{exc.member} is missing, superfluous or wrong") from exc
    if not content.issued_at <= now < content.expires_at:
        raise BundleStale(content.issued_at, content.expires_at)
    if content.sequence < last_sequence:
        raise BundleRolledBack(content.sequence, last_sequence)
    return Bundle(content, parsed.kid, {record.agency.id: record for record in content.agencies})


def _check_signature(parsed: jws.Jws, trusted: Collection[PublicKey]) -> None:
    key = next((key for key in trusted if key.kid == parsed.kid), None)
    if key is None:
        raise BundleUntrusted(parsed.kid)
    try:
        parsed.verify(key)
    except SignatureInvalid as exc:
        raise BundleUntrusted(parsed.kid) from exc


def _agency_status(record: AgencyRecord | None, then: int) -> AgencyStatus:
    past = () if record is None else record.statuses
    known = [status for since, status in past if since <= then]
    return known[-1] if known else AgencyStatus.UNKNOWN


def _key(query: Query, record: AgencyRecord | None) -> DocumentKey | None:
    keys = () if record is None else record.keys
    return next((key for key in keys if key.public_key.key_id == query.key_id), None)


def _is_accredited(query: Query, record: AgencyRecord | None, then: int) -> bool:
    windows = () if record is None else record.accreditations.get(query.record_type, ())
    return any(window.holds(then) for window in windows)
