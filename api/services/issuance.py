"""Issuing: refuse, build, sign, store; one transaction behind every 201.

Everything that can be refused is refused before a key is used. Documents are built outside the
transaction, which many single orders share; a status index that another writer took meanwhile is
drawn anew for those it hits.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from api.services.blocks import Blocks
from api.services.idempotency import IdempotencyKeyMissing, Keep
from api.services.permits import Permit, Permits, Wish
from api.services.renewal import Renewals
from api.store.groups import Grouped
from api.store.indices import IndexStore
from api.store.licences import (
    ExternalIdTaken,
    IndexTaken,
    Insertion,
    LicenceRow,
    LicenceStore,
)
from ledger.errors import LedgerError
from ledger.keys import PrivateKey, PublicKey
from ledger.licences.catalogue import HolderKind, LicenceType
from ledger.licences.dates import local_day
from ledger.licences.fields import check_fields
from ledger.licences.issuance import Draft, Issuer, Predecessor, is_made_of, prepare
from ledger.licences.sd_jwt import parse
from ledger.values import Address, AgencyId, Stage

DRAWS: Final = 8
"""How often clashing status indices are drawn anew before the caller is told."""


@dataclass(frozen=True, slots=True)
class IssueOrder:
    """One licence wanted; `fields` by claim name, `external_id` the caller's own name for it."""

    agency: AgencyId
    type_id: str
    fields: Mapping[str, Any]
    holder_key: PublicKey | None = None
    external_id: str | None = None
    predecessor: Predecessor | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A licence as it is stored; `is_repeat` when the same order had made it earlier."""

    row: LicenceRow
    is_repeat: bool = False
    stage: Stage = Stage.ISSUED


class Issuance:
    """Issues licences for accounts that are ISSUER of an agency."""

    def __init__(  # ports, each named
        self,
        *,
        licences: LicenceStore,
        indices: IndexStore,
        permits: Permits,
        renewals: Renewals,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._licences = licences
        self._permits = permits
        self._renewals = renewals
        self._clock = clock
        self._randomness = randomness
        self._serials: Blocks[tuple[AgencyId, str], int] = Blocks(
            lambda name, count: licences.take_serials(*name, count)
        )
        self._places: Blocks[AgencyId, tuple[int, int]] = Blocks(
            lambda agency, count: indices.draw(agency, count, randomness)
        )
        self._writes: Grouped[Insertion, None] = Grouped(self._store)
        self._named: Grouped[tuple[AgencyId, str], LicenceRow | None] = Grouped(self._find)

    async def issue(
        self, order: IssueOrder, by: Address, keep: Keep[Issued] | None = None
    ) -> Issued:
        """Issue one licence, or return what the same order made before.

        `keep` is written with the licence. An order without it needs an external id, since its
        repeat could not be told from a second order.

        Raises:
            IdempotencyKeyMissing: for an order without either.
            RoleMissing: unless `by` is ISSUER of the agency.
            TypeUnknown, FieldsInvalid: for the content.
            AgencyUnknown, AgencyNotActive, AccreditationMissing, SigningKeyMissing: as `Permits`.
            ExternalIdTaken: when the external id belongs to another order.
            RecordUnknown and the errors of `Renewals`: for the predecessor.
            RequestInFlight: when another process did the work of `keep` meanwhile.
        """
        permit = await self._permits.give(Wish(by, order.agency, order.type_id))
        check_fields(permit.type, order.fields)
        known = await self._known(order)
        if known is not None:
            return _repeat(known, permit.type, order)
        if order.external_id is None and keep is None:
            raise IdempotencyKeyMissing
        draft = await self._draft(order, permit)
        try:
            return Issued(await self._write(draft, order, permit, keep))
        except ExternalIdTaken:
            # An equal order was faster; what it made is this order's answer, too.
            known = await self._known(order)
            if known is None:
                raise
            return _repeat(known, permit.type, order)

    async def _known(self, order: IssueOrder) -> LicenceRow | None:
        """Return the licence that the agency issued under the order's external id."""
        if order.external_id is None:
            return None
        return await self._named.ask((order.agency, order.external_id))

    def _store(self, wanted: Sequence[Insertion]) -> list[LedgerError | None]:
        return self._licences.add_each(wanted)

    def _find(self, names: Sequence[tuple[AgencyId, str]]) -> list[LicenceRow | LedgerError | None]:
        found = {
            (agency, external_id): row
            for agency in {agency for agency, _ in names}
            for external_id, row in self._licences.by_external_ids(
                agency, [name for each, name in names if each == agency]
            ).items()
        }
        return [found.get(name) for name in names]

    async def _draft(self, order: IssueOrder, permit: Permit) -> Draft:
        now, agency = self._clock(), order.agency
        former = None
        if order.predecessor is not None:
            former = await asyncio.to_thread(
                self._renewals.check, order.predecessor, agency, permit.type, order.fields
            )
        if former is None:
            serial = serial_of(now, await self._serials.one((agency, permit.type.id)))
        else:
            serial = former.serial
        list_, index = await self._places.one(agency)
        return Draft(
            type=permit.type,
            fields=order.fields,
            serial=serial,
            version=former.version if former else 1,
            list=list_,
            index=index,
            issued_at=now,
            holder_key=order.holder_key,
            predecessor=order.predecessor,
        )

    async def _write(
        self, draft: Draft, order: IssueOrder, permit: Permit, keep: Keep[Issued] | None
    ) -> LicenceRow:
        """Sign and store a licence; where its place was taken meanwhile, at another place."""
        for attempt in range(1, DRAWS + 1):
            row = await self._signed(draft, permit.issuer, order)
            settlement = None if keep is None else keep(Issued(row))
            try:
                await self._writes.ask(Insertion(row, settlement))
            except IndexTaken:
                if attempt == DRAWS:
                    raise
                list_, index = await self._places.one(order.agency)
                draft = replace(draft, list=list_, index=index)
            else:
                return row
        raise AssertionError  # the last attempt returned or raised

    async def _signed(self, draft: Draft, issuer: Issuer, order: IssueOrder) -> LicenceRow:
        if isinstance(issuer.signer, PrivateKey):
            return self._sign(draft, issuer, order)  # quicker than a thread would start
        return await asyncio.to_thread(self._sign, draft, issuer, order)

    def _sign(self, draft: Draft, issuer: Issuer, order: IssueOrder) -> LicenceRow:
        unsigned = prepare(draft, issuer, self._randomness)  # `issue` checked the fields
        licence = unsigned.signed(issuer.signer.sign(unsigned.message))
        named = draft.type.holder is HolderKind.ORGANISATION
        return LicenceRow(
            digest=licence.digest,
            agency=issuer.agency.id,
            type_id=draft.type.id,
            licence_id=licence.licence_id,
            serial=draft.serial,
            version=draft.version,
            external_id=order.external_id,
            document=licence.document,
            list=draft.list,
            index=draft.index,
            nbf=licence.nbf,
            exp=licence.exp,
            issued_at=draft.issued_at,
            holder_name=draft.fields["holder_name"] if named else None,
            predecessor=order.predecessor.digest if order.predecessor else None,
            predecessor_reason=order.predecessor.reason if order.predecessor else None,
        )


def serial_of(at: int, number: int) -> str:
    """Return the serial of a 证照标识: local day and running number, such as 20261121000042."""
    return f"{local_day(at).replace('-', '')}{number:06d}"


def _repeat(row: LicenceRow, type_: LicenceType, order: IssueOrder) -> Issued:
    """Return the stored licence if this order made it; raise `ExternalIdTaken` if another did."""
    made = row.type_id == type_.id and is_made_of(
        parse(row.document).claims,
        type_,
        order.fields,
        holder_key=order.holder_key,
        predecessor=order.predecessor,
    )
    if not made:
        raise ExternalIdTaken(row.external_id or "")
    return Issued(row, is_repeat=True)
