"""What an agency believes of others' codes: signers' keys, taken in once, and what was withdrawn.

Officers bring the lists, since no two sources publish them alike; a list that is refused leaves the
one that is held. The newest of each source go into the bundles of the agency's gates.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.sign_ins import Roles
from api.store.foreign import ForeignStore, RevocationUpdate, Revoked, TrustRow
from api.store.recognitions import RecognitionStore
from ledger.authority import DocumentKey
from ledger.errors import Refused
from ledger.health.gate.recognition import HCERT
from ledger.health.gate_bundle.foreign_files import (
    RawLists,
    read_revocation,
    read_trust,
    write_revocation,
    write_trust,
)
from ledger.health.hcert.certificates import ALL_USAGES
from ledger.health.hcert.onboarding import OfferedList, Onboarded, onboard
from ledger.health.hcert.trust import MAX_DROP, TrustedKey, TrustList, merged
from ledger.health.rule_bundles import authorities_in
from ledger.health.signed import kid_of
from ledger.values import (
    Address,
    AgencyId,
    AgreementState,
    Digest,
    JurisdictionId,
    KeyState,
    KeyUsage,
    RecordType,
    Role,
    Seconds,
    Window,
    jurisdiction_id,
)

AHEAD_SECONDS: Final = 300
"""How far a source's clock may be ahead of this one.

Fixed: clocks that follow a network differ by seconds, and what is refused for it is not lost, since
the list can be brought again.
"""
_COUNTRY: Final = 2
"""Characters of a jurisdiction's code that name its country (ISO 3166-1)."""
_COMING: Final = frozenset(
    (
        AgreementState.SCHEDULED,
        AgreementState.IN_FORCE,
        AgreementState.SUSPENDED,
        AgreementState.TERMINATING,
    )
)


@dataclass(eq=False)
class ForeignListMalformed(Refused):
    """A part of the list is not of its form, or of the future: which one."""

    part: str


class Authority(Protocol):
    """Whoever knows jurisdictions, and the keys of agencies."""

    def jurisdictions(self) -> Mapping[JurisdictionId, str]:
        """Return the codes by id."""

    def keys(self, agency: AgencyId) -> Sequence[DocumentKey]:
        """Return an agency's document keys."""

    def windows(self, agency: AgencyId, record_type: RecordType) -> Sequence[Window]:
        """Return when the agency is or was accredited for a record type."""


class ForeignCodes:
    """Takes in trust and revocation lists for agencies' registrars, and gives them out."""

    def __init__(  # ports, each named
        self,
        *,
        store: ForeignStore,
        recognitions: RecognitionStore,
        authority: Authority,
        issuers: Issuers,
        roles: Roles,
        clock: Callable[[], int],
        max_drop: float = MAX_DROP,
    ) -> None:
        """`max_drop`: the share of a country's keys that a list may lose and nobody is asked."""
        self._max_drop = max_drop
        self._store = store
        self._recognitions = recognitions
        self._authority = authority
        self._issuers = issuers
        self._roles = roles
        self._clock = clock

    def take_in(
        self,
        agency: AgencyId,
        offered: OfferedList,
        confirmed: Collection[str],
        by: Address,
        keep: Keep[Onboarded] | None,
    ) -> Onboarded:
        """Take in a trust list in place of the one that its source gave before.

        `confirmed`: countries that may lose many keys. Raises:
            RoleMissing: unless `by` is REGISTRAR of the agency.
            AgencyUnknown, AgencyNotActive: as the ledger has it.
            ForeignListMalformed: for one of the future.
            ListReplayed, KeyRevived, KeysDropped, ListOverfull: for what it says.
        """
        self._roles.require(by, agency, Role.REGISTRAR)
        host, now = self._issuers.active(agency), self._clock()
        if offered.issued_at > now + AHEAD_SECONDS:
            raise ForeignListMalformed("issuedAt")
        agreed = dict(self._agreed(host.jurisdiction))
        while True:
            held = {row.source: read_trust(row.content) for row in self._store.trust_lists(agency)}
            before = held.get(offered.source)
            found = onboard(offered, before, agreed, confirmed, self._max_drop)
            merged([*(held | {offered.source: found.trust}).values()])  # a gate could not hold more
            content = write_trust(found.trust)
            row = TrustRow(agency, offered.source, offered.sequence, content, by, now)
            after = None if before is None else before.sequence
            if self._store.keep_trust(row, after, None if keep is None else keep(found)):
                return found
            # Another list of the source came meanwhile: this one is to follow that one.

    def withdraw(
        self,
        agency: AgencyId,
        sequence: int,
        as_of: int,
        lists: Mapping[bytes, RawLists],
        by: Address,
        keep: Keep[Revoked] | None,
    ) -> Revoked:
        """Take in revocation lists by kid; those that are not named stay as they are.

        Raises:
            RoleMissing: unless `by` is REGISTRAR of the agency.
            AgencyUnknown, AgencyNotActive: as the ledger has it.
            ForeignListMalformed: for a list of no known form, or of the future.
            ListReplayed: unless the sequence is greater than the one held.
        """
        self._roles.require(by, agency, Role.REGISTRAR)
        self._issuers.active(agency)
        now = self._clock()
        if as_of > now:
            raise ForeignListMalformed("asOf")
        files = {kid: _file(kid, each) for kid, each in lists.items()}
        update = RevocationUpdate(agency, sequence, as_of, files, by, now)
        made = Revoked(sequence, as_of, files)
        self._store.keep_revoked(update, None if keep is None else keep(made))
        return made

    def lists(self, agency: AgencyId) -> Sequence[TrustList]:
        """Return the newest list of each source; raise `AgencyUnknown`, `AgencyNotActive`."""
        self._issuers.active(agency)
        return [read_trust(row.content) for row in self._store.trust_lists(agency)]

    def own(self, agency: AgencyId) -> Sequence[TrustedKey]:
        """Return the keys that an agency writes `HC1:` with, as others' lists may have them.

        The kid is the first eight bytes of the key's id, for there is no certificate that a reader
        could derive it from. None for an agency that is not accredited. Raises as `lists`.
        """
        host, now = self._issuers.active(agency), self._clock()
        if not any(window.holds(now) for window in self._authority.windows(agency, HCERT)):
            return []
        country = host.jurisdiction[:_COUNTRY]
        return [
            _trusted(key, country, now)
            for key in self._authority.keys(agency)
            if KeyUsage.DOCUMENTS in key.usage
        ]

    def trust(self, agency: AgencyId) -> TrustList | None:
        """Return all keys that an agency believes, None where it has no list at all."""
        return merged(read_trust(row.content) for row in self._store.trust_lists(agency))

    def revoked(self, agency: AgencyId) -> Revoked | None:
        """Return what was withdrawn, as far as the agency knows."""
        return self._store.revoked(agency)

    def saved(self, agency: AgencyId, trust: TrustList) -> Mapping[Digest, int]:
        """Return the converted codes under keys of a list that were stolen later, by digest."""
        stolen = {
            kid
            for kid, keys in trust.by_kid.items()
            if any(key.state is KeyState.COMPROMISED and key.distrust_from for key in keys)
        }
        return self._store.converted([agency], stolen)

    def _agreed(self, jurisdiction: str) -> Iterator[tuple[str, frozenset[bytes]]]:
        """Yield by country the authorities that the agreement with it names, where it names any."""
        codes, target = self._authority.jurisdictions(), jurisdiction_id(jurisdiction)
        now = Seconds(self._clock())
        for agreement in self._recognitions.agreements():
            if (agreement.target, agreement.record_type) != (target, HCERT):
                continue
            hashes = {
                each.bundle_hash
                for each in agreement.versions
                if agreement.state_at(each.number, now) in _COMING
            }
            named = frozenset().union(*map(self._authorities, hashes))
            if named:
                yield codes[agreement.source], named

    def _authorities(self, bundle_hash: bytes) -> frozenset[bytes]:
        manifest = self._recognitions.document(bundle_hash)
        try:
            return frozenset() if manifest is None else authorities_in(manifest)
        except Refused:
            return frozenset()  # it is what they signed, and names nothing


def _trusted(key: DocumentKey, country: str, now: int) -> TrustedKey:
    state = KeyState.FROZEN if key.frozen else KeyState.ACTIVE
    if key.state_at(now) is KeyState.COMPROMISED:
        state = KeyState.COMPROMISED
    public, times = key.public_key, (Seconds(key.sign_from), Seconds(key.verify_until))
    return TrustedKey(kid_of(public.key_id), public.loaded(), ALL_USAGES, *times, country, state)


def _file(kid: bytes, lists: RawLists) -> bytes:
    """Return a kid's lists as a bundle has them, read once; nothing for a kid without any."""
    if not lists.slices:
        return b""
    content = write_revocation(lists)
    try:
        read_revocation(content)
    except Refused as exc:
        raise ForeignListMalformed("0x" + kid.hex()) from exc
    return content
