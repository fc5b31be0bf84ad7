"""Changes of status: from the orders to the last one in a block, and what each costs in gas."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from ledger.chain import calls
from ledger.chain.direct import send_and_wait
from ledger.chain.wire import quantity, record, spell
from ledger.status_list import ENTRIES, entry, word_changes
from ledger.typed_data import StatusOrder
from ledger.values import Digest, Status
from scripts.bench.bulk import one_job
from scripts.bench.limits import CONNECTIONS
from scripts.bench.load import MARK, Plan, load, request_of
from scripts.bench.patience import until
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run
from scripts.bench.site import Server, Site, site
from scripts.bench.timing import timed
from wallet.processes import Child

SUBJECT: Final = "status change"
CHANGE_SECONDS: Final = 180.0
POLL_SECONDS: Final = 0.01
WORDS_A_CALL: Final = 512
FREE_LIST: Final = 1_000
"""A list that the service does not use: the bare transactions' own."""
PEER_MANY: Final = 100
SUSPENSION: Final = (Status.SUSPENDED, 101)
REINSTATEMENT: Final = (Status.VALID, 201)
NOTE: Final = (
    "Status change: `POST /v1/licences/{digest}/status`, suspended and reinstated in turn, from "
    "the first request until the last change is in a block, each with its signed decision; the "
    "licences lie at random places of the list. The limit is the same change as bare transactions. "
    "The peer revokes by raw transactions, 1 or 100 a call."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A licence's place in the status lists."""

    digest: Digest
    list: int
    index: int


def status(run: Run) -> Iterator[Row]:
    """Measure changes of one licence, a hundred, a thousand."""
    sizes = run.sizes_or(1, 100, 1_000)
    with site(run.databases[0], run.server) as place:
        with (
            place.child("work") as work,
            place.child("jobs") as jobs,
            place.serving() as server,
        ):
            one_job(place, sum(sizes), 0, work, jobs)
            office = Office(run, place, server, work)
            found = [row for size in sizes for row in office.measure(size)]
        void = place.count(sum(sizes)).fault()
    yield from (row.voided(void) for row in found)


class Office:
    """Suspends and reinstates licences that nobody has changed before."""

    def __init__(self, run: Run, place: Site, server: Server, work: Child) -> None:
        self._run = run
        self._place = place
        self._port = server.port
        self._work = work
        token = place.token(server)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": MARK,
        }
        self._left = list(_entries(place))
        random.shuffle(self._left)
        self._limit_turn = cycle((SUSPENSION, REINSTATEMENT))

    def measure(self, size: int) -> list[Row]:
        """Return rate and gas of so many changes together."""
        entries = [self._left.pop() for _ in range(size)]
        rates, bares, gas = [], [], []
        void = None
        bare = _bare(self._place, size)
        for _ in self._run.each_round(f"status: {size:,} changes"):
            for order in (SUSPENSION, REINSTATEMENT):
                rates.append(size / self._change(entries, *order))
                gas.append(self._gas(size))
                void = void or self._why_void(entries, order[0])
                bares.append(size / timed(lambda: bare(*next(self._limit_turn))))
        limit = Row.of(SUBJECT, "bare transactions", Unit.PER_SECOND, bares[1:])
        name = str(PEER_MANY if size >= PEER_MANY else 1)
        speed, cost = (
            self._run.find(f"EAS: revoke {name}, {what}") for what in ("rate", "gas each")
        )
        rows = [
            Row.of(SUBJECT, "changes", Unit.PER_SECOND, rates, note=NOTE).beside(
                limit=limit, peer=speed
            ),
            Row.of(SUBJECT, "gas a change, first in their words", Unit.GAS, gas[:1]),
            Row.of(SUBJECT, "gas a change, later", Unit.GAS, gas[1:]).beside(peer=cost),
        ]
        return [row.sized(size).voided(void) for row in rows]

    def _change(self, entries: Sequence[Entry], status: Status, reason: int) -> float:
        """Order the changes and return the seconds until all are in blocks."""
        before = self._mined()
        body = json.dumps({"status": status.name.lower(), "reason": reason})
        posts = [
            request_of("POST", f"/v1/licences/0x{one.digest.hex()}/status", self._headers, body)
            for one in entries
        ]
        done = load(Plan(self._port, posts, len(posts), CONNECTIONS))
        if done.failures:
            raise RuntimeError(f"{done.statuses}")

        def is_done() -> bool:
            self._work.require()
            return self._mined() >= before + len(entries)

        ended = until(is_done, f"{len(entries)} changes in blocks", CHANGE_SECONDS, POLL_SECONDS)
        until(self._is_settled, "changes final", CHANGE_SECONDS, POLL_SECONDS)
        return ended - done.started_at

    def _mined(self) -> int:
        return int(self._place.ask(_COUNT.format("IN ('mined', 'final')")))

    def _is_settled(self) -> bool:
        """Whether every change is final, in the projection, and has its decision."""
        undecided = self._place.ask("SELECT COUNT(*) FROM changes WHERE decision IS NULL")
        return not undecided and self._mined() == self._place.ask(_COUNT.format("= 'final'"))

    def _gas(self, size: int) -> float:
        """Return the gas of each of the last changes, their transactions' receipts added up."""
        node = self._place.agency.client.node
        with self._place.parts.database.read() as connection:
            hashes = connection.exec_driver_sql(_NEWEST.format(size)).scalars()
            asked = [("eth_getTransactionReceipt", (spell(bytes(one)),)) for one in hashes]
        receipts = map(record, node.batch(asked))
        return sum(quantity(receipt["gasUsed"]) for receipt in receipts) / size

    def _why_void(self, entries: Sequence[Entry], wanted: Status) -> str | None:
        """Look at the chain itself."""
        client, agency = self._place.agency.client, self._place.agency.issuer.agency.id
        lists = {one.list: client.status_words(agency, one.list) for one in entries}
        right = sum(entry(lists[one.list][one.index >> 7], one.index) is wanted for one in entries)
        return None if right == len(entries) else f"{right} changed of {len(entries)}"


_COUNT: Final = (
    "SELECT COUNT(*) FROM changes JOIN intents ON intents.id = changes.intent "
    "WHERE intents.state {}"
)
_NEWEST: Final = (
    'SELECT "transaction" FROM intents WHERE id IN '
    "(SELECT intent FROM changes ORDER BY seq DESC LIMIT {})"
)


def _entries(place: Site) -> Iterator[Entry]:
    with place.parts.database.read() as connection:
        for digest, list_, index in connection.exec_driver_sql(
            "SELECT digest, list, idx FROM licences"
        ):
            yield Entry(Digest(bytes(digest)), list_, index)


def _bare(place: Site, size: int) -> Callable[[Status, int], None]:
    """Return what changes as many random entries by transactions alone, and waits for them."""
    agency = place.agency
    changes = word_changes(random.sample(range(ENTRIES), size))

    def act(status: Status, reason: int) -> None:
        for start in range(0, len(changes), WORDS_A_CALL):
            some = changes[start : start + WORDS_A_CALL]
            order = StatusOrder(agency.issuer.agency.id, FREE_LIST, some, status, reason, 1, 0)
            call = calls.change_status(agency.client.deployment, order)
            send_and_wait(agency.client.node, agency.other, call)

    return act
