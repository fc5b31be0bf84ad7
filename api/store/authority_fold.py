"""What agencies, keys, accreditations and roles are now: folds of the Authority's events.

Each fold repeats what the contract does with its state (contracts/Authority.sol), in chain order.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, select

from api.store.event_tables import EVENT_TABLES, event_of
from ledger import events
from ledger.authority import Agency, DocumentKey
from ledger.events import Event
from ledger.keys import PublicKey
from ledger.values import Address, AgencyId, AgencyStatus, KeyId, KeyUsage, RecordType, Window

E = TypeVar("E", bound=Event)


def status_then(statuses: Sequence[events.AgencyStatusChanged], at: int) -> AgencyStatus:
    """Return the status that events in chain order give at a time (IAuthority.agencyStatusAt)."""
    known = [e.status for e in statuses if e.place.block_time <= at]
    return known[-1] if known else AgencyStatus.UNKNOWN


def where(connection: Connection, cls: type[E], *conditions: ColumnElement[bool]) -> tuple[E, ...]:
    """Return the events of a class for which the conditions hold, in chain order."""
    table = EVENT_TABLES[cls]
    query = select(table).where(*conditions).order_by(table.c.block, table.c.log_index)
    return tuple(event_of(cls, row) for row in connection.execute(query))


def every(connection: Connection, cls: type[E]) -> tuple[E, ...]:
    """Return all events of a class in chain order."""
    return where(connection, cls)


def of_agency(connection: Connection, cls: type[E], agency: AgencyId) -> tuple[E, ...]:
    """Return an agency's events of a class in chain order."""
    return where(connection, cls, EVENT_TABLES[cls].c.agency == agency)


def in_order(*groups: Sequence[Event]) -> list[Event]:
    """Return events of several classes in chain order."""
    happened = [event for group in groups for event in group]
    return sorted(happened, key=lambda event: (event.place.block, event.place.log_index))


def agencies_of(connection: Connection) -> tuple[Agency, ...]:
    """Return all agencies in order of admission."""
    codes = {e.jurisdiction: e.code for e in every(connection, events.JurisdictionAdmitted)}
    names = {e.agency: e.name for e in every(connection, events.AgencyRenamed)}
    statuses = {e.agency: e.status for e in every(connection, events.AgencyStatusChanged)}
    return tuple(
        Agency(
            e.agency,
            codes[e.jurisdiction],
            e.code,
            names.get(e.agency, e.name),
            statuses[e.agency],
        )
        for e in every(connection, events.AgencyAdmitted)
    )


def agency_of(connection: Connection, agency: AgencyId) -> Agency | None:
    """Return an agency; None when it was never admitted."""
    admitted = of_agency(connection, events.AgencyAdmitted, agency)
    if not admitted:
        return None
    table = EVENT_TABLES[events.JurisdictionAdmitted].c
    (jurisdiction,) = where(
        connection,
        events.JurisdictionAdmitted,
        table.jurisdiction == admitted[0].jurisdiction,
    )
    names = [e.name for e in of_agency(connection, events.AgencyRenamed, agency)]
    statuses = of_agency(connection, events.AgencyStatusChanged, agency)
    return Agency(
        agency,
        jurisdiction.code,
        admitted[0].code,
        names[-1] if names else admitted[0].name,
        statuses[-1].status,
    )


def keys_of(connection: Connection, agency: AgencyId) -> dict[KeyId, DocumentKey]:
    """Return an agency's document keys in order of announcement."""
    keys: dict[KeyId, DocumentKey] = {}
    for event in in_order(
        of_agency(connection, events.KeyAnnounced, agency),
        of_agency(connection, events.KeyRetired, agency),
        of_agency(connection, events.KeyFrozen, agency),
        of_agency(connection, events.KeyUnfrozen, agency),
        of_agency(connection, events.KeyCompromised, agency),
    ):
        match event:
            case events.KeyAnnounced():
                keys[event.key_id] = _announced(event)
            case events.KeyRetired():
                keys[event.key_id] = replace(keys[event.key_id], sign_until=event.sign_until)
            case events.KeyFrozen() | events.KeyUnfrozen():
                frozen = isinstance(event, events.KeyFrozen)
                keys[event.key_id] = replace(keys[event.key_id], frozen=frozen)
            case events.KeyCompromised():
                keys[event.key_id] = replace(keys[event.key_id], distrust_from=event.distrust_from)
    return keys


def _announced(event: events.KeyAnnounced) -> DocumentKey:
    return DocumentKey(
        PublicKey(event.x, event.y),
        KeyUsage(event.usage),
        event.place.block_time,
        event.sign_from,
        event.sign_until,
        event.verify_until,
    )


def accreditations_of(
    connection: Connection, agency: AgencyId
) -> dict[RecordType, tuple[Window, ...]]:
    """Return an agency's accreditation windows by record type."""
    windows: defaultdict[RecordType, list[Window]] = defaultdict(list)
    for event in in_order(
        of_agency(connection, events.Accredited, agency),
        of_agency(connection, events.AccreditationWithdrawn, agency),
    ):
        match event:
            case events.Accredited():
                windows[event.record_type].append(Window(event.start, event.end))
            case events.AccreditationWithdrawn():
                _withdraw(windows[event.record_type], event.end)
    return {record_type: tuple(held) for record_type, held in windows.items()}


def _withdraw(windows: list[Window], end: int) -> None:
    """End the current window and strike those to come, as IAuthority.withdrawAccreditation does."""
    while windows and windows[-1].start >= end:
        windows.pop()
    if windows and windows[-1].holds(end):
        windows[-1] = Window(windows[-1].start, end)


def held_roles(connection: Connection, account: Address) -> set[bytes]:
    """Return the role ids that an account holds."""
    held: dict[bytes, bool] = {}
    for event in in_order(
        where(
            connection,
            events.RoleGranted,
            EVENT_TABLES[events.RoleGranted].c.account == account,
        ),
        where(
            connection,
            events.RoleRevoked,
            EVENT_TABLES[events.RoleRevoked].c.account == account,
        ),
    ):
        match event:
            case events.RoleGranted() | events.RoleRevoked():
                held[event.role] = isinstance(event, events.RoleGranted)
    return {role for role, holds in held.items() if holds}
