"""What gates logged about a holder 数据可看, for whoever proves to have the passes' keys.

Gates hand their day keys to their agency, sealed; with them, while they live, the pseudonyms of a
pass are computed and its rows found. When a day key is destroyed nobody finds them any more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.health_keys import HealthKeys
from api.services.health_scans import Scan, Scans
from api.services.policies import CitedPolicies
from api.services.sign_ins import Roles
from api.store.health_day_keys import DayKeyRow, DayKeyStore, day_key_id
from api.store.records import RecordStore, RecordUnknown
from ledger.errors import Refused
from ledger.health import day_keys, scan_views, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.day_keys import DayKeyInvalid
from ledger.health.signed import SignedMalformed
from ledger.keys import PointInvalid, SignatureInvalid
from ledger.values import Address, AgencyId, Digest, RecordKind, Role

ASKED_SECONDS: Final = 300
"""How far the time in a request may lie from the clock here (proposed)."""
MOST_PASSES: Final = 64
_AHEAD_SECONDS: Final = 3 * 86_400


@dataclass(eq=False)
class ScanViewRefused(Refused):
    """One of the requests proves nothing: which, counted from 0, and which part of it."""

    index: int
    part: str


class ScanViews:
    """Keeps the day keys of gates, and shows holders what these find."""

    def __init__(  # ports, each named
        self,
        *,
        store: DayKeyStore,
        records: RecordStore,
        scans: Scans,
        keys: HealthKeys,
        roles: Roles,
        policies: CitedPolicies,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._records = records
        self._scans = scans
        self._keys = keys
        self._roles = roles
        self._policies = policies
        self._clock = clock

    def hand_over(self, agency: AgencyId, sealed: bytes, by: Address) -> int:
        """Keep a day key that a gate sealed to its agency; return when it will be destroyed.

        That is when the first of the policies in force here wants its scans erased.

        Raises:
            RoleMissing: unless `by` is GATE of the agency.
            HealthKeyMissing, SealedMalformed, SealedForAnother: as it is opened.
            DayKeyInvalid: for what is no day key, or of a day that is past keeping or far ahead.
        """
        self._roles.require(by, agency, Role.GATE)
        content, now = self._keys.unseal(agency, sealed), self._clock()
        kept = self._policies.shortest_retention(agency, now)
        destroy_at = day_keys.read_key(content).destroyed_at(kept)
        if not now < destroy_at <= now + kept + _AHEAD_SECONDS:
            raise DayKeyInvalid("day")
        self._store.add(DayKeyRow(day_key_id(agency, content), agency, sealed, destroy_at))
        return destroy_at

    def seen(self, agency: AgencyId, requests: Sequence[bytes]) -> Sequence[Scan]:
        """Return the scans of passes at an agency's gates, each request signed by a pass's key.

        Raises `ScanViewRefused` for the first request that proves nothing, and `HealthKeyMissing`.
        """
        ctis = [self._cti(agency, index, each) for index, each in enumerate(requests)]
        names = set()
        for row in self._store.live(agency, self._clock()):
            key = day_keys.read_key(self._keys.unseal(agency, row.sealed))
            names |= {(key.checkpoint, key.pseudonym(cti)) for cti in ctis}
        return [self._scans.shown(entry) for entry in self._store.scans(agency, names)]

    def _cti(self, agency: AgencyId, index: int, encoded: bytes) -> bytes:
        try:
            envelope = signed.read(encoded)
            view = scan_views.read(envelope)
            shown = signed.read(view.health_pass)
            content = scan_views.content_of(shown)
        except (SignedMalformed, ClaimsInvalid, PointInvalid) as exc:
            raise ScanViewRefused(index, "form") from exc
        if view.agency != agency:
            raise ScanViewRefused(index, "agency")
        if abs(view.asked_at - self._clock()) > ASKED_SECONDS:
            raise ScanViewRefused(index, "time")
        if content.holder is None or not self._is_ours(shown.digest):
            raise ScanViewRefused(index, "pass")
        try:
            scan_views.verify(envelope, content.holder)
        except SignatureInvalid as exc:
            raise ScanViewRefused(index, "signature") from exc
        return content.cti

    def _is_ours(self, digest: Digest) -> bool:
        """Whether a pass was issued here: then it needs no other proof that it is genuine."""
        try:
            return self._records.get(digest).kind is RecordKind.HEALTH_PASS
        except RecordUnknown:
            return False
