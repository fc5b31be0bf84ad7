"""Transfers: what a home authority signs for a traveller to carry, and keeps nothing of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from api.services.health_minting import DRAWS
from api.services.idempotency import IdempotencyKeyMissing, Keep
from api.services.issuers import Issuers
from api.services.sign_ins import Roles
from api.store.health_passes import PassRow
from api.store.health_transfers import TransferStore
from api.store.indices import FIRST_TRANSFER_LIST, IndexStore
from api.store.licences import IndexTaken
from ledger.errors import JurisdictionUnknown
from ledger.health import signed, transfers
from ledger.health.transfers import MAX_LIFE_SECONDS, HealthTest, Person, Transfer
from ledger.keys import PublicKey
from ledger.licences.issuance import Issuer
from ledger.values import (
    Address,
    AgencyId,
    Digest,
    JurisdictionId,
    Role,
    health_record_type,
    jurisdiction_id,
)

CTI_BYTES: Final = 16
TRANSFER: Final = health_record_type("transfer")


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """A transfer wanted: for whom, to which jurisdiction, under which version of the agreement."""

    agency: AgencyId
    target: str
    version: int
    grade: int
    holder: PublicKey
    person: Person = field(repr=False)
    test: HealthTest = field(repr=False)


@dataclass(frozen=True, slots=True)
class Transferred:
    """A signed transfer; it is shown this once."""

    document: bytes = field(repr=False)
    digest: Digest
    expires_at: int


class Jurisdictions(Protocol):
    """Whoever knows which jurisdictions were admitted."""

    def jurisdictions(self) -> Mapping[JurisdictionId, str]:
        """Return the codes of all jurisdictions by id."""


class Transfers:
    """Signs transfers for accounts that are ISSUER of an agency.

    Of a transfer the digest stays, which is anchored, and its place in a status list, by which it
    may be withdrawn; no more, since it names a person. A repeat is answered from the answer kept
    under its Idempotency-Key, sealed under the caller's token.
    """

    def __init__(
        self,
        *,
        transfers: TransferStore,
        indices: IndexStore,
        issuers: Issuers,
        roles: Roles,
        jurisdictions: Jurisdictions,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._transfers = transfers
        self._indices = indices
        self._issuers = issuers
        self._roles = roles
        self._jurisdictions = jurisdictions
        self._clock = clock
        self._randomness = randomness

    def issue(
        self, order: TransferOrder, by: Address, keep: Keep[Transferred] | None
    ) -> Transferred:
        """Sign a transfer that lives ten minutes, and let its digest be anchored.

        Raises:
            IdempotencyKeyMissing: without `keep`: a repeat would sign a second one.
            RoleMissing: unless `by` is ISSUER of the agency.
            JurisdictionUnknown: for the target.
            AgencyUnknown, AgencyNotActive, AccreditationMissing, SigningKeyMissing: as `Issuers`.
            ClaimsInvalid: for what no transfer may say.
            IndexTaken: when free places were taken by others again and again.
        """
        self._roles.require(by, order.agency, Role.ISSUER)
        if keep is None:
            raise IdempotencyKeyMissing
        target = jurisdiction_id(order.target)
        if target not in self._jurisdictions.jurisdictions():
            raise JurisdictionUnknown(target)
        issuer = self._issuers.for_records(order.agency, TRANSFER)
        for attempt in range(1, DRAWS + 1):
            row, made = self._made(order, issuer)
            try:
                self._transfers.add(row, keep(made))
            except IndexTaken:
                if attempt == DRAWS:
                    raise
            else:
                return made
        raise AssertionError  # the last attempt returned or raised

    def _made(self, order: TransferOrder, issuer: Issuer) -> tuple[PassRow, Transferred]:
        """Return a signed transfer and its row, at a place that was free a moment ago."""
        agency, now = order.agency, self._clock()
        ((list_, index),) = self._indices.draw(
            agency, 1, self._randomness, first_list=FIRST_TRANSFER_LIST
        )
        content = Transfer(
            source=issuer.agency.jurisdiction,
            target=order.target,
            issued_at=now,
            expires_at=now + MAX_LIFE_SECONDS,
            cti=self._randomness(CTI_BYTES),
            holder=order.holder,
            grade=order.grade,
            version=order.version,
            person=order.person,
            test=order.test,
            list=list_,
            index=index,
        )
        document = transfers.sign(content, issuer.signer)
        digest = signed.read(document).digest
        row = PassRow(digest, agency, list_, index, now, content.expires_at, None)
        return row, Transferred(document, digest, content.expires_at)
