"""Agencies as the chain tells them: the Authority's events, folded.

A person's question may take a second; the service answers the same from its projection at once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ledger.authority import Agency, DocumentKey
from ledger.chain.client import LedgerClient
from ledger.chain.logs import RawLog, decode_log, read_log
from ledger.chain.rpc import RpcRefused
from ledger.chain.wire import rows, spell
from ledger.errors import ChainUnavailable
from ledger.events import Accredited, AgencyAdmitted, Event, KeyAnnounced, RoleGranted
from ledger.values import (
    Address,
    AgencyId,
    JurisdictionId,
    RecordType,
    Role,
    Window,
    role_id,
)


@dataclass(frozen=True, slots=True)
class AgencyRecord:
    """An agency with everything that belongs to it, as of the chain's head."""

    agency: Agency
    keys: tuple[DocumentKey, ...] = ()
    accreditations: dict[RecordType, tuple[Window, ...]] = field(default_factory=dict)
    accounts: tuple[tuple[Role, Address], ...] = ()


def agencies(client: LedgerClient) -> list[Agency]:
    """Return all agencies ever admitted, by jurisdiction and code."""
    admitted = (e.agency for e in _events(client) if isinstance(e, AgencyAdmitted))
    found = (client.agency(agency) for agency in admitted)
    return sorted((a for a in found if a is not None), key=lambda a: (a.jurisdiction, a.code))


def agency_record(client: LedgerClient, agency: Agency, subject: JurisdictionId) -> AgencyRecord:
    """Return an agency's keys, accreditations and accounts; `subject` is its jurisdiction's id."""
    events = list(_events(client))
    keys = [e.key_id for e in events if isinstance(e, KeyAnnounced) and e.agency == agency.id]
    types = {e.record_type for e in events if isinstance(e, Accredited) and e.agency == agency.id}
    known = (client.key(agency.id, key) for key in keys)
    return AgencyRecord(
        agency,
        keys=tuple(key for key in known if key is not None),
        accreditations={kind: client.accreditations(agency.id, kind) for kind in sorted(types)},
        accounts=tuple(_accounts(client, events, agency.id, subject)),
    )


def announced_keys(client: LedgerClient, start: bytes) -> list[tuple[Agency, DocumentKey]]:
    """Return the document keys whose ids begin with `start`, and whose they are."""
    found = []
    for event in _events(client):
        if isinstance(event, KeyAnnounced) and event.key_id.startswith(start):
            agency, key = client.agency(event.agency), client.key(event.agency, event.key_id)
            if agency is not None and key is not None:
                found.append((agency, key))
    return found


def _accounts(
    client: LedgerClient, events: Iterable[Event], agency: AgencyId, subject: JurisdictionId
) -> Iterable[tuple[Role, Address]]:
    granted: dict[bytes, set[Address]] = defaultdict(set)
    for event in events:
        if isinstance(event, RoleGranted):
            granted[event.role].add(event.account)
    for role in Role:
        owner = subject if role is Role.SUPERVISOR else agency
        for account in sorted(granted[role_id(owner, role)]):
            if client.holds_role(owner, role, account):
                yield role, account


def _events(client: LedgerClient) -> Iterable[Event]:
    start = client.deployment.block
    for log in _logs(client, start, client.head().block):
        event = decode_log(client.deployment, log, 0)  # nobody reads the time here
        if event is not None:
            yield event


def _logs(client: LedgerClient, start: int, end: int) -> list[RawLog]:
    asked: dict[str, Any] = {
        "address": client.deployment.authority,
        "fromBlock": spell(start),
        "toBlock": spell(end),
    }
    try:
        return [read_log(log) for log in rows(client.node.call("eth_getLogs", asked))]
    except RpcRefused as exc:
        if start >= end:
            raise ChainUnavailable(f"the node refused: {exc.reason}") from exc
    middle = (start + end) // 2
    return _logs(client, start, middle) + _logs(client, middle + 1, end)
