"""A chain in memory: a working miniature of the contracts, their client and their events.

Whatever it refuses it refuses by the contracts' own errors, and `tests/integration/chain/
test_client.py` runs the same suite over it and over a real node. State is nothing but the events of
its blocks, folded anew for each question: `drop` takes blocks away and everything follows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from eth_hash.auto import keccak

from ledger import events
from ledger.authority import Agency, DocumentKey
from ledger.errors import (
    AgencyNotActive,
    AgencyUnknown,
    BatchEmpty,
    ChainUnavailable,
    KeyUnknown,
    RoleMissing,
    RootAlreadyAnchored,
    RootEmpty,
    Unavailable,
)
from ledger.events import Event, Place
from ledger.keys import PublicKey
from ledger.licences.lifecycle import check_reason, check_times, check_transition, is_supervisable
from ledger.projection import Header, Projection
from ledger.status_list import changed, entry, indices_of
from ledger.typed_data import StatusOrder
from ledger.values import (
    OPEN_END,
    Address,
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    KeyId,
    KeyUsage,
    LedgerRef,
    RecordKind,
    RecordType,
    Role,
    Root,
    Window,
    agency_id,
    jurisdiction_id,
    role_id,
)
from ledger.verification.evidence import Batch, Evidence, Query, Reading, Source, Unreachable
from ledger.verification.proof_file import ProofFile

WORDS: Final = 8192
FIRST_TIME: Final = 1_800_000_000
LEDGER: Final = LedgerRef(31337, Address("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"))


@dataclass(frozen=True)
class Block:
    """A header and what happened in its block."""

    header: Header
    events: tuple[Event, ...] = ()


@dataclass
class State:
    """What all events together say."""

    jurisdictions: dict[JurisdictionId, str] = field(default_factory=dict)
    agencies: dict[AgencyId, tuple[JurisdictionId, str, str]] = field(default_factory=dict)
    statuses: dict[AgencyId, list[tuple[int, AgencyStatus]]] = field(default_factory=dict)
    keys: dict[tuple[AgencyId, KeyId], DocumentKey] = field(default_factory=dict)
    windows: dict[tuple[AgencyId, RecordType], list[Window]] = field(default_factory=dict)
    roles: set[tuple[bytes, Address]] = field(default_factory=set)
    batches: dict[tuple[AgencyId, Root], Batch] = field(default_factory=dict)
    words: dict[tuple[AgencyId, int, int], int] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Fold one event in."""
        handler = getattr(self, f"_{type(event).__name__}", None)
        if handler is not None:
            handler(event)

    def agency(self, agency: AgencyId) -> Agency | None:
        if agency not in self.agencies:
            return None
        jurisdiction, code, name = self.agencies[agency]
        status = self.statuses[agency][-1][1]
        return Agency(agency, self.jurisdictions[jurisdiction], code, name, status)

    def status_at(self, agency: AgencyId, at: int) -> AgencyStatus:
        known = [status for since, status in self.statuses.get(agency, ()) if since <= at]
        return known[-1] if known else AgencyStatus.UNKNOWN

    def holds(self, subject: bytes, role: Role, account: Address) -> bool:
        return (role_id(subject, role), account) in self.roles

    def supervises(self, agency: AgencyId, account: Address) -> bool:
        found = self.agencies.get(agency)
        return found is not None and self.holds(found[0], Role.SUPERVISOR, account)

    def _JurisdictionAdmitted(self, event: events.JurisdictionAdmitted) -> None:  # noqa: N802  # the event's name
        self.jurisdictions[event.jurisdiction] = event.code

    def _AgencyAdmitted(self, event: events.AgencyAdmitted) -> None:  # noqa: N802  # the event's name
        self.agencies[event.agency] = (event.jurisdiction, event.code, event.name)

    def _AgencyStatusChanged(self, event: events.AgencyStatusChanged) -> None:  # noqa: N802  # the event's name
        history = self.statuses.setdefault(event.agency, [])
        history.append((event.place.block_time, event.status))

    def _KeyAnnounced(self, event: events.KeyAnnounced) -> None:  # noqa: N802  # the event's name
        self.keys[event.agency, event.key_id] = DocumentKey(
            PublicKey(event.x, event.y),
            KeyUsage(event.usage),
            event.place.block_time,
            event.sign_from,
            event.sign_until,
            event.verify_until,
        )

    def _KeyFrozen(self, event: events.KeyFrozen) -> None:  # noqa: N802  # the event's name
        key = self.keys[event.agency, event.key_id]
        self.keys[event.agency, event.key_id] = replace(key, frozen=True)

    def _KeyCompromised(self, event: events.KeyCompromised) -> None:  # noqa: N802  # the event's name
        key = self.keys[event.agency, event.key_id]
        compromised = replace(key, distrust_from=event.distrust_from)
        self.keys[event.agency, event.key_id] = compromised

    def _Accredited(self, event: events.Accredited) -> None:  # noqa: N802  # the event's name
        windows = self.windows.setdefault((event.agency, event.record_type), [])
        windows.append(Window(event.start, event.end))

    def _RoleGranted(self, event: events.RoleGranted) -> None:  # noqa: N802  # the event's name
        self.roles.add((event.role, event.account))

    def _RoleRevoked(self, event: events.RoleRevoked) -> None:  # noqa: N802  # the event's name
        self.roles.discard((event.role, event.account))

    def _BatchAnchored(self, event: events.BatchAnchored) -> None:  # noqa: N802  # the event's name
        place = event.place
        batch = Batch(place.block_time, place.block, event.size, event.kind)
        self.batches[event.agency, event.root] = batch

    def _StatusChanged(self, event: events.StatusChanged) -> None:  # noqa: N802  # the event's name
        where = (event.agency, event.list, event.word)
        self.words[where] = changed(self.words.get(where, 0), event.mask, event.status)


@dataclass
class FakeChain:
    """Reads as `LedgerClient` does; each write makes one block a second after the last.

    `down` holds a reason while no node answers.
    """

    ledger: LedgerRef = LEDGER
    blocks: list[Block] = field(default_factory=list)
    down: str = ""
    _forks: int = 0

    def __post_init__(self) -> None:
        if not self.blocks:
            self.mine()

    # Writes

    def mine(self, *happened: Event) -> Header:
        """Make a block that holds these events, whose places are given to them here."""
        self._answer()
        number = len(self.blocks)
        hash_ = keccak(f"block {number} of fork {self._forks}".encode())
        time = self.blocks[-1].header.time + 1 if self.blocks else FIRST_TIME
        header = Header(number, hash_, time)
        placed = (
            replace(event, place=Place(number, hash_, time, keccak(hash_), index))
            for index, event in enumerate(happened)
        )
        self.blocks.append(Block(header, tuple(placed)))
        return header

    def drop(self, blocks: int) -> None:
        """Reorganise: the last blocks are replaced by as many empty ones with other hashes."""
        del self.blocks[-blocks:]
        self._forks += 1
        for _ in range(blocks):
            self.mine()

    def admit_jurisdiction(self, code: str, supervisor: Address) -> JurisdictionId:
        jurisdiction = jurisdiction_id(code)
        self.mine(
            events.JurisdictionAdmitted(NOWHERE, jurisdiction, code),
            events.RoleGranted(NOWHERE, role_id(jurisdiction, Role.SUPERVISOR), supervisor),
        )
        return jurisdiction

    def admit_agency(self, jurisdiction: str, code: str, name: str, admin: Address) -> AgencyId:
        agency = agency_id(jurisdiction, code)
        self.mine(
            events.AgencyAdmitted(NOWHERE, agency, jurisdiction_id(jurisdiction), code, name),
            events.AgencyStatusChanged(NOWHERE, agency, AgencyStatus.ACTIVE),
            events.RoleGranted(NOWHERE, role_id(agency, Role.ADMIN), admin),
        )
        return agency

    def set_agency_status(self, agency: AgencyId, status: AgencyStatus) -> None:
        self._known(agency)
        self.mine(events.AgencyStatusChanged(NOWHERE, agency, status))

    def grant_role(self, subject: AgencyId, role: Role, account: Address) -> None:
        self.mine(events.RoleGranted(NOWHERE, role_id(subject, role), account))

    def revoke_role(self, subject: AgencyId, role: Role, account: Address) -> None:
        self.mine(events.RoleRevoked(NOWHERE, role_id(subject, role), account))

    def accredit(self, agency: AgencyId, record_type: RecordType, end: int = OPEN_END) -> None:
        self._known(agency)
        self.mine(events.Accredited(NOWHERE, agency, record_type, self._next_time(), end))

    def announce_key(
        self, agency: AgencyId, key: PublicKey, usage: KeyUsage, sign_until: int, verify_until: int
    ) -> None:
        self._known(agency)
        times = (self._next_time(), sign_until, verify_until)
        self.mine(
            events.KeyAnnounced(NOWHERE, agency, key.key_id, key.x, key.y, int(usage), *times)
        )

    def freeze_key(self, agency: AgencyId, key: KeyId) -> None:
        if (agency, key) not in self._state().keys:
            raise KeyUnknown(agency, key)
        self.mine(events.KeyFrozen(NOWHERE, agency, key))

    def report_key_compromised(self, agency: AgencyId, key: KeyId, distrust_from: int) -> None:
        if (agency, key) not in self._state().keys:
            raise KeyUnknown(agency, key)
        self.mine(events.KeyCompromised(NOWHERE, agency, key, distrust_from))

    def anchor(
        self, agency: AgencyId, kind: RecordKind, root: Root, size: int, by: Address
    ) -> None:
        if not any(root):
            raise RootEmpty
        if size == 0:
            raise BatchEmpty
        self._require(agency, Role.ISSUER, by)
        present = self._state().batches.get((agency, root))
        if present is not None:
            raise RootAlreadyAnchored(root, present.anchored_at)
        self.mine(events.BatchAnchored(NOWHERE, agency, root, int(kind), size))

    def change_status(self, order: StatusOrder, by: Address) -> None:
        """Carry out an order; four eyes are the real contract's alone."""
        check_reason(order.status, order.reason)
        times = {"effective_at": order.effective_at, "until": order.until}
        check_times(order.status, order.reason, **times, now=self._next_time())
        state = self._state()
        supervised = is_supervisable(order.status, order.reason)
        if not (supervised and state.supervises(order.agency, by)):
            self._require(order.agency, Role.REGISTRAR, by)
        terms = (order.status, order.reason, order.effective_at, order.until)
        for change in order.changes:
            word = state.words.get((order.agency, order.list, change.word), 0)
            for index in indices_of(change):
                check_transition(index, entry(word, index), order.status, order.reason)
        self.mine(
            *(
                events.StatusChanged(NOWHERE, order.agency, order.list, one.word, one.mask, *terms)
                for one in order.changes
            )
        )

    # Reads, as LedgerClient

    def head(self) -> Header:
        self._answer()
        return self.blocks[-1].header

    def read(self, query: Query, *, now: int) -> Reading:
        self._answer()
        head, state = self.blocks[-1].header, self._state()
        batch = None if query.root is None else state.batches.get((query.agency, query.root))
        then = head.time if batch is None else batch.anchored_at
        windows = state.windows.get((query.agency, query.record_type), [])
        places = 0 <= query.list < 2**32 and 0 <= query.word < WORDS
        return Reading(
            source=Source.NODE,
            ledger=self.ledger,
            block=head.block,
            block_time=head.time,
            read_at=now,
            batch=batch,
            agency=state.agency(query.agency),
            agency_status_then=state.status_at(query.agency, then),
            key=state.keys.get((query.agency, query.key_id)),
            accredited_then=any(window.holds(then) for window in windows),
            status_word=state.words.get((query.agency, query.list, query.word), 0)
            if places
            else None,
        )

    def evidence(
        self, query: Query, proof: ProofFile | None, *, now: int, past: bool = False
    ) -> Evidence:
        try:
            reading = self.read(query, now=now)
        except Unavailable as exc:
            return Evidence(proof, Unreachable(str(exc)))
        if reading.status_word is None or not (reading.status_word or past):
            return Evidence(proof, reading)
        return Evidence(proof, reading, self.history(query.agency, query.list, query.word))

    def history(
        self, agency: AgencyId, list_: int, word: int, from_block: int | None = None
    ) -> tuple[events.StatusChanged, ...]:
        self._answer()
        return tuple(
            event
            for event in self.logs()
            if isinstance(event, events.StatusChanged)
            and (event.agency, event.list, event.word) == (agency, list_, word)
            and event.place.block >= (from_block or 0)
        )

    def batch(self, agency: AgencyId, root: Root) -> Batch | None:
        return self._state().batches.get((agency, root))

    def roles(self, agency: AgencyId, account: Address) -> frozenset[Role]:
        state = self._state()
        own = {role for role in Role if state.holds(agency, role, account)}
        supervisor = {Role.SUPERVISOR} if state.supervises(agency, account) else set()
        return frozenset((own - {Role.SUPERVISOR}) | supervisor)

    def holds_role(self, subject: AgencyId | JurisdictionId, role: Role, account: Address) -> bool:
        return self._state().holds(subject, role, account)

    def agency(self, agency: AgencyId) -> Agency | None:
        return self._state().agency(agency)

    def jurisdiction(self, jurisdiction: JurisdictionId) -> str | None:
        return self._state().jurisdictions.get(jurisdiction)

    def key(self, agency: AgencyId, key_id: KeyId) -> DocumentKey | None:
        return self._state().keys.get((agency, key_id))

    def accreditations(self, agency: AgencyId, record_type: RecordType) -> tuple[Window, ...]:
        return tuple(self._state().windows.get((agency, record_type), ()))

    def status_words(self, agency: AgencyId, list_: int) -> Sequence[int]:
        words = self._state().words
        return [words.get((agency, list_, word), 0) for word in range(WORDS)]

    # Events, as Follower

    def logs(self) -> Iterator[Event]:
        """Yield all events in chain order."""
        self._answer()
        return (event for block in self.blocks for event in block.events)

    def follow(self, projection: Projection) -> int:
        """Bring a projection to the head, healing a fork first; return how many events came in."""
        self._answer()
        present = {block.header.block: block.header for block in self.blocks}
        cursor = projection.cursor()
        if cursor is not None and present.get(cursor.block) != cursor:
            kept = (one.block for one in projection.recent() if present.get(one.block) == one)
            projection.rollback(next(kept, -1), cursor)
            cursor = projection.cursor()
        fresh = self.blocks[0 if cursor is None else cursor.block + 1 :]
        found = [event for block in fresh for event in block.events]
        if fresh:
            projection.apply([block.header for block in fresh], found, cursor)
        return len(found)

    def _state(self) -> State:
        state = State()
        for event in self.logs():
            state.take(event)
        return state

    def _known(self, agency: AgencyId) -> None:
        if agency not in self._state().agencies:
            raise AgencyUnknown(agency)

    def _require(self, agency: AgencyId, role: Role, account: Address) -> None:
        state = self._state()
        status = state.status_at(agency, self._next_time())
        if status is not AgencyStatus.ACTIVE:
            raise AgencyNotActive(agency, int(status))
        if not state.holds(agency, role, account):
            raise RoleMissing(agency, int(role), account)

    def _next_time(self) -> int:
        return self.blocks[-1].header.time + 1

    def _answer(self) -> None:
        if self.down:
            raise ChainUnavailable(self.down)


NOWHERE: Final = Place(0, bytes(32), 0, bytes(32), 0)
"""The place of an event that is in no block yet."""
