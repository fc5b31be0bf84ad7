"""Issuing: refuse, build, sign, store; one transaction behind every 201.

Everything that can be refused is refused before a key is used. Documents are built outside the
transaction; a status index that another writer took meanwhile is drawn anew for those it hits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from api.services.idempotency import IdempotencyKeyMissing, Keep, Settlement
from api.services.issuers import Issuers
from api.services.renewal import Renewals
from api.services.serials import Serials
from api.services.sign_ins import Roles
from api.services.uploads import EXTERNAL_ID, Row, RowError, UploadInvalid, repeated_ids
from api.store.indices import IndexStore
from api.store.licences import ExternalIdTaken, IndexTaken, LicenceRow, LicenceStore
from ledger.keys import PublicKey
from ledger.licences.catalogue import Catalogue, HolderKind, LicenceType
from ledger.licences.dates import local_day
from ledger.licences.fields import check_fields
from ledger.licences.issuance import Draft, Issuer, Predecessor, issue
from ledger.licences.sd_jwt import parse
from ledger.values import Address, AgencyId, Role, Stage

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


@dataclass(frozen=True, slots=True)
class IssuedRow:
    """A row of an upload and the licence that it has become, or had become before."""

    number: int
    issued: Issued


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of an upload; a dry run leaves `issued` with the repeats alone."""

    rows: int
    issued: tuple[IssuedRow, ...]

    @property
    def repeated(self) -> int:
        """How many of the rows had been issued before."""
        return sum(row.issued.is_repeat for row in self.issued)


class Issuance:
    """Issues licences for accounts that are ISSUER of an agency."""

    def __init__(  # noqa: PLR0913  # ports, each named
        self,
        *,
        licences: LicenceStore,
        indices: IndexStore,
        issuers: Issuers,
        renewals: Renewals,
        roles: Roles,
        catalogue: Catalogue,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._licences = licences
        self._serials = Serials(licences)
        self._indices = indices
        self._issuers = issuers
        self._renewals = renewals
        self._roles = roles
        self._catalogue = catalogue
        self._clock = clock
        self._randomness = randomness

    def issue(self, order: IssueOrder, by: Address, keep: Keep[Issued] | None = None) -> Issued:
        """Issue one licence, or return what the same order made before.

        `keep` is written with the licence. An order without it needs an external id, since its
        repeat could not be told from a second order.

        Raises:
            IdempotencyKeyMissing: for an order without either.
            RoleMissing: unless `by` is ISSUER of the agency.
            TypeUnknown, FieldsInvalid: for the content.
            AgencyUnknown, AgencyNotActive, AccreditationMissing, SigningKeyMissing: as `Issuers`.
            ExternalIdTaken: when the external id belongs to another order.
            RecordUnknown and the errors of `Renewals`: for the predecessor.
        """
        self._roles.require(by, order.agency, Role.ISSUER)
        type_ = self._catalogue.get(order.type_id)
        issuer = self._issuers.for_type(order.agency, type_)
        check_fields(type_, order.fields)
        known = self._known(order.agency, [order.external_id])
        if order.external_id is not None and order.external_id in known:
            return _repeat(known[order.external_id], type_, order.fields)
        if order.external_id is None and keep is None:
            raise IdempotencyKeyMissing
        (row,) = self._make(
            type_, issuer, [order], lambda rows: keep(Issued(rows[0])) if keep else None
        )
        return Issued(row)

    def issue_many(
        self,
        agency: AgencyId,
        type_id: str,
        upload: Callable[[LicenceType], tuple[list[Row], list[RowError]]],
        by: Address,
        keep: Keep[BulkResult] | None = None,
        *,
        dry_run: bool = False,
    ) -> BulkResult:
        """Issue every row of an upload, or none; rows issued before are returned as they are.

        `upload` reads the rows as the type's; `dry_run` checks all and issues nothing; `keep` is
        written with the licences.

        Raises:
            IdempotencyKeyMissing: without `keep`, where a row to issue has no external id.
            UploadInvalid: with every fault of every row.
            And as `issue`, where no row is to blame.
        """
        self._roles.require(by, agency, Role.ISSUER)
        type_ = self._catalogue.get(type_id)
        issuer = self._issuers.for_type(agency, type_)
        rows, faults = upload(type_)
        known = self._known(agency, [row.external_id for row in rows])
        repeats, fresh, more = _sorted_out(type_, rows, known)
        faults = sorted([*faults, *repeated_ids(rows), *more], key=lambda fault: fault.row)
        if faults:
            raise UploadInvalid(tuple(faults))
        if dry_run or not fresh:
            return BulkResult(len(rows), tuple(repeats))
        orders = [IssueOrder(agency, type_id, r.fields, external_id=r.external_id) for r in fresh]
        if keep is None and any(order.external_id is None for order in orders):
            raise IdempotencyKeyMissing

        def result(made: Sequence[LicenceRow]) -> BulkResult:
            issued = [IssuedRow(r.number, Issued(m)) for r, m in zip(fresh, made, strict=True)]
            together = sorted(repeats + issued, key=lambda row: row.number)
            return BulkResult(len(rows), tuple(together))

        return result(
            self._make(type_, issuer, orders, lambda made: keep(result(made)) if keep else None)
        )

    def _known(self, agency: AgencyId, ids: Sequence[str | None]) -> Mapping[str, LicenceRow]:
        asked = [external_id for external_id in ids if external_id is not None]
        return self._licences.by_external_ids(agency, asked) if asked else {}

    def _make(
        self,
        type_: LicenceType,
        issuer: Issuer,
        orders: Sequence[IssueOrder],
        settled: Callable[[Sequence[LicenceRow]], Settlement | None],
    ) -> list[LicenceRow]:
        drafts = self._drafts(type_, issuer, orders)
        rows = [
            self._sign(draft, issuer, order) for draft, order in zip(drafts, orders, strict=True)
        ]
        for _ in range(DRAWS):
            try:
                self._licences.add(rows, settled(rows))
            except IndexTaken as clash:
                taken = set(clash.places)
                drafts = self._moved(issuer, drafts, taken)
                rows = [
                    self._sign(draft, issuer, order) if (row.list, row.index) in taken else row
                    for row, draft, order in zip(rows, drafts, orders, strict=True)
                ]
            else:
                return rows
        raise IndexTaken(tuple((row.list, row.index) for row in rows))

    def _drafts(
        self, type_: LicenceType, issuer: Issuer, orders: Sequence[IssueOrder]
    ) -> list[Draft]:
        now = self._clock()
        agency = issuer.agency.id
        renewed = [
            self._renewals.check(order.predecessor, agency, type_, order.fields)
            if order.predecessor
            else None
            for order in orders
        ]
        serials = iter(self._serials.take(agency, type_.id, renewed.count(None)))
        places = self._indices.draw(agency, len(orders), self._randomness)
        drafts = []
        for order, former, (list_, index) in zip(orders, renewed, places, strict=True):
            draft = Draft(
                type=type_,
                fields=order.fields,
                serial=former.serial if former else serial_of(now, next(serials)),
                version=former.version + 1 if former else 1,
                list=list_,
                index=index,
                issued_at=now,
                holder_key=order.holder_key,
                predecessor=order.predecessor,
            )
            drafts.append(draft)
        return drafts

    def _moved(
        self, issuer: Issuer, drafts: Sequence[Draft], taken: set[tuple[int, int]]
    ) -> list[Draft]:
        hit = sum((draft.list, draft.index) in taken for draft in drafts)
        places = iter(self._indices.draw(issuer.agency.id, hit, self._randomness))
        moved = []
        for draft in drafts:
            if (draft.list, draft.index) in taken:
                list_, index = next(places)
                moved.append(replace(draft, list=list_, index=index))
            else:
                moved.append(draft)
        return moved

    def _sign(self, draft: Draft, issuer: Issuer, order: IssueOrder) -> LicenceRow:
        licence = issue(draft, issuer, self._randomness)
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


def _sorted_out(
    type_: LicenceType, rows: Sequence[Row], known: Mapping[str, LicenceRow]
) -> tuple[list[IssuedRow], list[Row], list[RowError]]:
    """Part the rows into repeats, rows to issue, and faults."""
    repeats: list[IssuedRow] = []
    fresh: list[Row] = []
    faults: list[RowError] = []
    for row in rows:
        wrong = row.faults(type_)
        if wrong:
            faults += wrong
        elif row.external_id is None or row.external_id not in known:
            fresh.append(row)
        else:
            try:
                repeat = _repeat(known[row.external_id], type_, row.fields)
            except ExternalIdTaken:
                faults.append(row.fault(EXTERNAL_ID, "taken"))
            else:
                repeats.append(IssuedRow(row.number, repeat))
    return repeats, fresh, faults


def _repeat(row: LicenceRow, type_: LicenceType, fields: Mapping[str, Any]) -> Issued:
    """Return the stored licence if these fields made it; raise `ExternalIdTaken` if others did."""
    claims = parse(row.document).claims
    same = all(claims.get(name) == value for name, value in fields.items())
    if row.type_id != type_.id or not same:
        raise ExternalIdTaken(row.external_id or "")
    return Issued(row, is_repeat=True)
