"""Rebuilding the projection: every event of a chain, from its first block, into an empty store."""

import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.projection import SqlProjection
from api.store.registry import Registry
from ledger.chain import calls
from ledger.chain.direct import send_and_wait
from ledger.chain.follower import GREATEST_RANGE, Follower
from ledger.events import BatchAnchored, Event, StatusChanged
from ledger.status_list import WORDS
from ledger.typed_data import StatusOrder
from ledger.values import RecordKind, Root, Status, WordChange
from scripts.bench import databases
from scripts.bench.limits import RawLogs
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run, rounds_for
from scripts.bench.sample import SampleAgency
from scripts.bench.site import admitted
from scripts.bench.timing import timed

SUBJECT: Final = "rebuild"
WORDS_A_CALL: Final = 512
"""One event each."""
ANCHORS_A_CALL: Final = 4
LISTS: Final = 4
HALF: Final = int.from_bytes(b"\x33" * 32)
"""The mask of every other entry of a word."""
NOTE: Final = (
    "Rebuild: the follower over a chain of status changes (512 events a block) and four anchors to "
    "each, from its first block into an empty database, in the process that measures. The limit is "
    "a bare `eth_getLogs` over the same blocks, its JSON parsed and not decoded. Afterwards the "
    "events are counted and every status word compared with the chain's."
)


def rebuild(run: Run) -> Iterator[Row]:
    """Measure into each database at each size; the chain grows from one to the next."""
    with admitted() as (folder, agency):
        history = History(agency)
        for size in run.sizes_or(1_000, 10_000, 100_000):
            run.say(f"rebuild: making {size:,} events")
            history.grow(size)
            for kind in run.databases:
                yield _rebuilt(run, history, kind, size, folder)


class History:
    """A chain with as many events as wanted, few of them in fresh storage slots: anvil tires."""

    def __init__(self, agency: SampleAgency) -> None:
        self.agency = agency
        self.sent: Counter[type[Event]] = Counter()
        self._turn = 0

    @property
    def addresses(self) -> list[str]:
        """The contracts that are followed."""
        deployment = self.agency.client.deployment
        return [deployment.authority, deployment.record_ledger]

    def events(self) -> int:
        """Return how many logs the contracts have."""
        return sum(self.raw())

    def raw(self) -> Iterator[int]:
        """Ask for all logs in the follower's greatest ranges; yield how many each held."""
        start = self.agency.client.deployment.block
        head = self.agency.client.head().block
        logs = RawLogs(self.agency.url)
        try:
            for first in range(start, head + 1, GREATEST_RANGE):
                yield logs.count(self.addresses, first, min(first + GREATEST_RANGE - 1, head))
        finally:
            logs.close()

    def grow(self, events: int) -> None:
        """Add blocks until there are at least so many events."""
        missing = events - self.events()
        while missing > 0:
            self._change()
            for _ in range(ANCHORS_A_CALL):
                self._anchor()
            missing -= WORDS_A_CALL + ANCHORS_A_CALL

    def _change(self) -> None:
        """Change half the entries of as many words as a call may touch, to and fro."""
        list_, back = self._turn % LISTS, self._turn // LISTS % 2
        self._turn += 1
        status, reason = ((Status.SUSPENDED, 101), (Status.VALID, 201))[back]
        changed = tuple(WordChange(word, HALF) for word in range(WORDS_A_CALL))
        order = StatusOrder(self.agency.issuer.agency.id, list_, changed, status, reason, 1, 0)
        self._send(calls.change_status(self.agency.client.deployment, order))
        self.sent[StatusChanged] += WORDS_A_CALL

    def _anchor(self) -> None:
        root = Root(secrets.token_bytes(32))
        deployment, agency = self.agency.client.deployment, self.agency.issuer.agency.id
        self._send(calls.anchor(deployment, agency, RecordKind.LICENCE, root, 1))
        self.sent[BatchAnchored] += 1

    def _send(self, call: calls.Call) -> None:
        send_and_wait(self.agency.client.node, self.agency.account, call)


def _rebuilt(run: Run, history: History, kind: str, size: int, folder: Path) -> Row:
    rates, bares, faults = [], [], []
    events = history.events()
    for _ in run.each_round(f"rebuild: {kind}, {events:,} events", rounds_for(size, run.rounds)):
        bares.append(events / timed(lambda: sum(history.raw())))
        with (
            TemporaryDirectory(dir=folder) as name,
            databases.fresh(kind, Path(name), run.server) as url,
        ):
            database = Database.open(url)
            try:
                client = history.agency.client
                follower = Follower(client.node, client.deployment, SqlProjection(database))
                rates.append(events / timed(follower.catch_up))
                faults.append(_fault(history, database))
            finally:
                database.close()
    limit = Row.of(SUBJECT, "raw eth_getLogs", Unit.PER_SECOND, bares)
    row = Row.of(SUBJECT, f"into {kind}", Unit.PER_SECOND, rates, size=events, note=NOTE)
    return row.beside(limit=limit).voided(next((fault for fault in faults if fault), None))


def _fault(history: History, database: Database) -> str | None:
    """Return what differs between projection and chain."""
    for event, sent in history.sent.items():
        with database.read() as connection:
            question = f"SELECT COUNT(*) FROM {EVENT_TABLES[event].name}"  # noqa: S608  # a table of ours
            stored = connection.exec_driver_sql(question).scalar_one()
        if stored != sent:
            return f"{stored} of {sent} {event.__name__}"
    client, agency = history.agency.client, history.agency.issuer.agency.id
    registry = Registry(database, client.deployment.ledger)
    for list_ in range(LISTS):
        ours, theirs = registry.words(agency, list_), client.status_words(agency, list_)
        if [ours.get(word, 0) for word in range(WORDS)] != list(theirs):
            return f"status list {list_} differs"
    return None
