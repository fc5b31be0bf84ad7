"""Health passes: issued together with what allowed it, found again by status, withdrawn, erased.

`add` is the transaction behind 201: nonce burned, transfer spent, quota counted, consents, passes
and their place in the anchoring outbox are in, or nothing is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from api.store.appends import insert_group
from api.store.changes import ChangeRow, add_changes
from api.store.database import Database
from api.store.foreign import CodeSpending, TransferSpent, forget_codes, spend_code
from api.store.health_holders import HolderRow, Turn, take_turn
from api.store.health_tables import (
    health_consents,
    health_holders,
    health_nonces,
    health_passes,
    health_quotas,
    health_transfers_spent,
)
from api.store.idempotency import Settlement, settle
from api.store.indices import count_used
from api.store.licences import IndexTaken
from api.store.lookups import CHUNK
from api.store.records import NOT_KEPT, RecordRow, RecordUnknown, insert_records
from api.store.tables import records
from api.store.upserts import insert_new, insert_once
from ledger.errors import Refused
from ledger.values import AgencyId, Digest, RecordKind, Status

REGRADED: Final = 402
"""Changed (see `ledger.licences.reasons`): why a pass makes way for one of another grade."""
REISSUED: Final = 406
"""Reissued: why passes make way for those of the holder's new device."""
_ID_BYTES: Final = 16
_COLUMNS: Final = ("digest", "agency", "list", "idx", "nbf", "exp", "holder")


@dataclass(eq=False)
class ChallengeUnknown(Refused):
    """The nonce was not given here, was used already, or is too old. Ask for a new one."""


@dataclass(eq=False)
class ConsentUsed(Refused):
    """This consent receipt was given before; each conversion needs its own."""


class QuotaUsed(Refused):
    """The port's quota of the day is used up."""


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass as stored; times in Unix seconds. `holder` None once it is forgotten whose it was."""

    digest: Digest
    agency: AgencyId
    list: int
    index: int
    nbf: int
    exp: int
    holder: bytes | None


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent receipt, sealed, until `erase_at`."""

    id: bytes
    agency: AgencyId
    digest: Digest
    holder: bytes
    sealed: bytes = field(repr=False)
    erase_at: int
    withdrawn_at: int | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """So many conversions at a port on a local day."""

    port: str
    day: str
    limit: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What a conversion uses up: transfer and quota."""

    agreement: bytes
    cti: bytes
    transfer: Digest
    quota: Quota | None


@dataclass(frozen=True, slots=True)
class Burn:
    """A nonce to burn, good if it was given at `not_before` or later."""

    nonce: bytes
    not_before: int


@dataclass(frozen=True, slots=True)
class Regrading:
    """Passes that are superseded once the new ones are anchored.

    `by` the account that asked, or what stands for the holder.
    """

    old: Sequence[PassRow]
    by: str
    reason: int = REGRADED


@dataclass(frozen=True, slots=True)
class Issue:
    """Passes to store, made at `at`, with all that goes with them."""

    at: int
    passes: Sequence[PassRow] = ()
    holders: Sequence[HolderRow] = ()
    consents: Sequence[ConsentRow] = ()
    burn: Burn | None = None
    spending: Spending | None = None
    code: CodeSpending | None = None
    counted: tuple[bytes, Quota] | None = None
    turn: Turn | None = None
    regrading: Regrading | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A consent taken back at `at`: its row, and the withdrawal's own id and digest."""

    consent: ConsentRow
    id: bytes
    digest: Digest
    at: int


class PassStore:
    """The passes issued here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give_nonce(self, nonce: bytes, agency: AgencyId, now: int) -> None:
        """Store a fresh nonce for one conversion at an agency."""
        with self._database.write() as connection:
            row = {"nonce": nonce, "agency": agency, "given_at": now}
            connection.execute(insert(health_nonces).values(row))

    def add(self, issue: Issue, settlement: Settlement | None = None) -> None:
        """Store an issue, all or nothing.

        Raises:
            ChallengeUnknown, TransferSpent, QuotaUsed, ConsentUsed: for what was used up before.
            HolderChanged: when another request took the holder's turn.
            IndexTaken: when status indices are in use, naming all of them.
            RequestInFlight: when the request was answered meanwhile.
        """
        try:
            with self._database.write() as connection:
                settle(connection, settlement)
                if issue.spending is not None:
                    _spend(connection, issue.spending, issue.at)
                if issue.code is not None:
                    spend_code(connection, issue.code, issue.at)
                if issue.counted is not None:
                    _count(connection, *issue.counted)
                if issue.burn is not None:
                    _burn(connection, issue.passes[0].agency, issue.burn, issue.at)
                take_turn(connection, issue.turn)
                _insert(connection, issue)
                if issue.regrading is not None:
                    _regrade(connection, issue, issue.regrading)
        except (IntegrityError, self._database.driver.IntegrityError) as exc:
            raise self._clash(issue) from exc

    def change(
        self,
        ordered: Sequence[ChangeRow],
        settlement: Settlement | None = None,
        taken: Taken | None = None,
        turn: Turn | None = None,
    ) -> None:
        """Store changes of status, to be sent, in one transaction.

        Where a consent was `taken` back, whom the passes are about is erased with it, and the
        withdrawal waits to be anchored. Raises `HolderChanged`, and `RequestInFlight` as `settle`.
        """
        with self._database.write() as connection:
            settle(connection, settlement)
            take_turn(connection, turn)
            add_changes(connection, ordered)
            if taken is not None:
                _take_back(connection, taken)

    def get(self, digest: Digest) -> PassRow:
        """Return a pass; raise `RecordUnknown`."""
        query = select(health_passes).where(health_passes.c.digest == digest)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise RecordUnknown(digest)
        return _pass_of(row)

    def of_holder(self, holder: bytes) -> tuple[PassRow, ...]:
        """Return the passes about one holder, in the order they were issued."""
        query = select(health_passes).where(health_passes.c.holder == holder)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(health_passes.c.seq))
            return tuple(_pass_of(row) for row in rows)

    def holder(self, holder: bytes) -> HolderRow | None:
        """Return whom passes are about; None once that is erased."""
        query = select(health_holders).where(health_holders.c.id == holder)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else HolderRow(row.id, row.agency, row.sealed, row.erase_at)

    def consent(self, consent: bytes) -> ConsentRow | None:
        """Return a consent receipt; None where there is none, or none any more."""
        query = select(health_consents).where(health_consents.c.id == consent)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else ConsentRow(**row._mapping)  # noqa: SLF001  # its public name for a row as a mapping

    def erase_due(self, now: int, nonces_before: int) -> int:
        """Erase whom passes were about and consents that are due; return how many rows went."""
        due = select(health_holders.c.id).where(health_holders.c.erase_at <= now)
        with self._database.write() as connection:
            erased = forget_holders(connection, connection.execute(due).scalars().all())
            old = health_consents.c.erase_at <= now
            erased += connection.execute(delete(health_consents).where(old)).rowcount
            forget_codes(connection, now)
            given = health_nonces.c.given_at < nonces_before
            connection.execute(delete(health_nonces).where(given))
        return erased

    def _clash(self, issue: Issue) -> Refused:
        """Say which places were taken; one that came twice counts as taken."""
        place = (health_passes.c.agency, health_passes.c.list, health_passes.c.idx)
        wanted = [(row.agency, row.list, row.index) for row in issue.passes]
        taken: list[tuple[int, int]] = []
        with self._database.read() as connection:
            for start in range(0, len(wanted), CHUNK // len(place)):
                some = wanted[start : start + CHUNK // len(place)]
                query = select(*place).where(tuple_(*place).in_(some))
                taken += [(row.list, row.idx) for row in connection.execute(query)]
        return IndexTaken(tuple(taken))


def forget_holders(connection: Connection, holders: Sequence[bytes]) -> int:
    """Erase rows about some holders as part of a transaction; their passes stay, nobody's."""
    for start in range(0, len(holders), CHUNK):
        some = holders[start : start + CHUNK]
        theirs = health_passes.c.holder.in_(some)
        connection.execute(update(health_passes).where(theirs).values(holder=None))
        connection.execute(delete(health_holders).where(health_holders.c.id.in_(some)))
    return len(holders)


def _take_back(connection: Connection, taken: Taken) -> None:
    consent = taken.consent
    first = update(health_consents).where(
        health_consents.c.id == consent.id, health_consents.c.withdrawn_at.is_(None)
    )
    if connection.execute(first.values(withdrawn_at=taken.at)).rowcount != 1:
        return  # taken back before, by another document
    kind = RecordKind.HEALTH_CONSENT
    insert_records(connection, [RecordRow(taken.digest, consent.agency, kind, NOT_KEPT, taken.at)])
    forget_holders(connection, [consent.holder])


def _burn(connection: Connection, agency: AgencyId, burn: Burn, at: int) -> None:
    nonce = health_nonces.c
    burned = update(health_nonces).where(
        nonce.nonce == burn.nonce,
        nonce.agency == agency,
        nonce.given_at >= burn.not_before,
        nonce.burned_at.is_(None),
    )
    if connection.execute(burned.values(burned_at=at)).rowcount != 1:
        raise ChallengeUnknown


def _regrade(connection: Connection, issue: Issue, regrading: Regrading) -> None:
    new = issue.passes[0]
    add_changes(
        connection,
        [
            ChangeRow(
                id=sha256(old.digest + new.digest).digest()[:_ID_BYTES],
                digest=old.digest,
                agency=old.agency,
                list=old.list,
                index=old.index,
                status=Status.SUPERSEDED,
                reason=regrading.reason,
                effective_at=issue.at,
                until=0,
                requested_by=regrading.by,
                requested_at=issue.at,
                waits_for=new.digest,
            )
            for old in regrading.old
        ],
    )


def _spend(connection: Connection, spending: Spending, at: int) -> None:
    spent = {
        "agreement": spending.agreement,
        "cti": spending.cti,
        "digest": spending.transfer,
        "spent_at": at,
    }
    if not insert_once(connection, health_transfers_spent, spent):
        raise TransferSpent
    if spending.quota is not None:
        _count(connection, spending.agreement, spending.quota)


def _count(connection: Connection, agreement: bytes, quota: Quota) -> None:
    key = {"agreement": agreement, "port": quota.port, "day": quota.day}
    # The row comes first: a lock on a row that is not there yet holds nobody off.
    insert_new(connection, health_quotas, [{**key, "used": 0}])
    used = health_quotas.c.used
    counted = update(health_quotas).filter_by(**key).where(used < quota.limit)
    if connection.execute(counted.values(used=used + 1)).rowcount != 1:
        raise QuotaUsed


def _insert(connection: Connection, issue: Issue) -> None:
    _require_unused(connection, issue.consents)
    digests = [(row.digest, row.agency, RecordKind.HEALTH_PASS) for row in issue.passes]
    digests += [(row.digest, row.agency, RecordKind.HEALTH_CONSENT) for row in issue.consents]
    insert_records(connection, [RecordRow(*each, NOT_KEPT, issue.at) for each in digests])
    for holder in issue.holders:
        values = (holder.id, holder.agency, holder.sealed, holder.erase_at)
        row = dict(zip(health_holders.c.keys(), values, strict=True))
        connection.execute(insert(health_holders).values(row))
    for consent in issue.consents:
        if not insert_once(connection, health_consents, _consent_values(consent)):
            raise ConsentUsed
    rows = [(r.digest, r.agency, r.list, r.index, r.nbf, r.exp, r.holder) for r in issue.passes]
    insert_group(connection, health_passes, _COLUMNS, rows)
    # Last, since a list's count is what all of an agency's writers wait for.
    count_used(connection, [(row.agency, row.list) for row in issue.passes])


def _require_unused(connection: Connection, consents: Sequence[ConsentRow]) -> None:
    """Raise `ConsentUsed` for a receipt that is a record already, consent kept or not."""
    digests = [each.digest for each in consents]
    if (
        digests
        and connection.execute(
            select(records.c.seq).where(records.c.digest.in_(digests)).limit(1)
        ).first()
    ):
        raise ConsentUsed


def _consent_values(row: ConsentRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "agency": row.agency,
        "digest": row.digest,
        "holder": row.holder,
        "sealed": row.sealed,
        "erase_at": row.erase_at,
    }


def _pass_of(row: Row[Any]) -> PassRow:
    return PassRow(row.digest, row.agency, row.list, row.idx, row.nbf, row.exp, row.holder)
