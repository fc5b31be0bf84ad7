"""The signed bundle that an agency's gates decide by, made when it is asked for, for a minute."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from api.services.at_head import ChainMoving
from api.services.gate_contents import GateContents
from api.services.issuers import Issuers
from api.store.gate_bundles import GateBundleStore, ManifestRow
from api.store.registry import Head, Registry
from ledger.authority import Agency
from ledger.errors import Refused
from ledger.health.gate.evidence import Block, Part
from ledger.health.gate_bundle.writing import Content, Heading, files_of, sign_manifest
from ledger.values import AgencyId, Digest, KeyUsage, LedgerRef

KEPT_SECONDS: Final = 60
"""How long a bundle is handed out before a new one is made, unless the operator chose otherwise
(proposed).
"""
_TRIES: Final = 3


@dataclass(eq=False)
class GateBundleAbsent(Refused):
    """The agency never announced a key that signs bundles, so its gates have none."""

    agency: AgencyId


class GateBundles:
    """Makes gate bundles for agencies whose key of usage BUNDLES is at hand here."""

    def __init__(  # ports, each named
        self,
        *,
        store: GateBundleStore,
        contents: GateContents,
        registry: Registry,
        issuers: Issuers,
        ledger: LedgerRef,
        clock: Callable[[], int],
        kept_seconds: int = KEPT_SECONDS,
    ) -> None:
        self._store = store
        self._contents = contents
        self._registry = registry
        self._issuers = issuers
        self._ledger = ledger
        self._clock = clock
        self.kept_seconds = kept_seconds
        self._lock = Lock()

    def manifest(self, agency: AgencyId) -> bytes:
        """Return the signed manifest for an agency's gates, made `kept_seconds` ago at most.

        Sequences rise with every look at the chain, whichever process made the bundle, and never
        fall: a projection put back from an older copy makes none until it has caught up.

        Raises:
            AgencyUnknown, AgencyNotActive: for the agency.
            GateBundleAbsent: when it has no key of usage BUNDLES at all.
            SigningKeyMissing: when no such key is at hand.
            ProjectionEmpty, ChainMoving: when no one state of the chain could be read.
        """
        found = self._issuers.active(agency)
        if not any(KeyUsage.BUNDLES in key.usage for key in self._registry.keys(agency)):
            raise GateBundleAbsent(agency)
        with self._lock:
            newest, now = self._store.newest(agency), self._clock()
            if newest is None or not 0 <= now - newest.made_at < self.kept_seconds:
                newest = self._make(found, newest, now)
            return newest.document

    def file(self, digest: Digest) -> bytes:
        """Return a file that a manifest of the last hour names; raise `GateFileUnknown`."""
        return self._store.file(digest)

    def _make(self, agency: Agency, newest: ManifestRow | None, now: int) -> ManifestRow:
        signer = self._issuers.signer(agency.id, KeyUsage.BUNDLES)
        head, as_of, content = self._one_state(agency, now)
        if newest is not None and as_of <= newest.sequence:
            return newest
        files = files_of(content)
        part, revoked = Part(as_of, as_of), self._contents.revoked(agency, as_of)
        heading = Heading(
            jurisdiction=agency.jurisdiction,
            agency=agency.code,
            sequence=as_of,
            issued_at=as_of,
            ledger=self._ledger,
            block=Block(head.block, head.hash, head.block_time),
            trust=part,
            rules=part,
            revoked=revoked,
        )
        row = ManifestRow(agency.id, as_of, now, sign_manifest(heading, files, signer))
        named = {Digest(hashlib.sha256(file).digest()): file for file in files.values()}
        if self._store.add(row, named):
            return row
        return self._store.newest(agency.id) or row  # another process was faster

    def _one_state(self, agency: Agency, now: int) -> tuple[Head, int, Content]:
        """Return the head, its date and the content, read while the head stood still."""
        for _ in range(_TRIES):
            head = self._registry.head()
            # Of when the chain was last looked at; a chain may be ahead of this clock.
            as_of = max(min(now, head.seen_at), head.block_time)
            content = self._contents.gather(agency, head, as_of)
            if self._registry.head().hash == head.hash:
                return head, as_of, content
        raise ChainMoving
