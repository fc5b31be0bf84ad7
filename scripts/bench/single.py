"""Single issue over HTTP: how many a second, how soon anchored, how soon back after a kill."""

import json
import os
import random
import signal
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import httpx2

from scripts.bench import limits
from scripts.bench.load import MARK, Load, Plan, load, request_of
from scripts.bench.loads import latency, rate
from scripts.bench.memory import watched
from scripts.bench.patience import until
from scripts.bench.rows import Row, Unit, percentile
from scripts.bench.run import Run
from scripts.bench.sample import TYPE, SampleAgency, sample_fields
from scripts.bench.site import ANSWER_SECONDS, Server, Site, site
from scripts.ports import free_ports
from wallet.processes import Child

SUBJECT: Final = "single issue"
PATH: Final = "/v1/licences"
OPEN_SHARE: Final = 0.7
"""Of what the closed loop reached: an open loop at that rate shows the queue that it hides."""
OPEN_REQUESTS: Final = 3_000
WARM_UP: Final = 300
ISSUED_ALONE: Final = 200
ALONE_PER_SECOND: Final = 10.0
POLL_SECONDS: Final = 0.005
ANCHOR_SECONDS: Final = 120.0
PERCENT: Final = 95
NOTE: Final = (
    "Single issue: `POST /v1/licences` under an Idempotency-Key each, 32 connections, one worker, "
    "`work` running beside it; 201 means signed and on the disk. The limit is a bare ASGI answer "
    "to the same request. Issue to anchored: one licence at a time at random moments, ten a "
    "second, default settings; the peer is one transaction a document. Restart: kill -9, then from "
    "the new process's start until `/readyz` answers 200. Memory is the peak after the first "
    "requests: to unlock a keystore takes 256 MB for half a second before."
)


def single(run: Run) -> Iterator[Row]:
    """Measure on each database, each on a service of its own."""
    for kind in run.databases:
        with site(kind, run.server) as place:
            desk = Desk(run, place, kind)
            found = desk.measure()
            void = place.count(desk.issued).fault()
        yield from (row.voided(void) for row in found)


class Desk:
    """One service at which licences are ordered; `issued` counts those that were acknowledged."""

    def __init__(self, run: Run, place: Site, kind: str) -> None:
        self.issued = 0
        self._run = run
        self._place = place
        self._kind = kind

    def measure(self) -> list[Row]:
        """Return all rows, once everything issued is anchored."""
        found: list[Row] = []
        with self._place.child("work") as work, limits.bare_server() as bare:
            (port,) = free_ports(1)
            with self._place.serving(port) as server:
                headers = _headers(self._place.token(server))
                self._load(server.port, headers, _body(self._place.agency), WARM_UP)
                with watched(server.pid) as memory:
                    for size in self._run.sizes_or(1_000, 3_000, 10_000):
                        found += self._closed(server, bare, headers, size)
                found.append(self._open(server, headers, found[-2].median))
                self._settle(work)
                found += self._alone(server, headers)
            name = f"memory of a worker at full load, {self._kind}"
            found.append(Row.of(SUBJECT, name, Unit.MEGABYTES, [memory.megabytes], note=NOTE))
            found.append(self._restart(port))
            self._settle(work)
        return found

    def _closed(
        self, server: Server, bare: int, headers: Mapping[str, str], size: int
    ) -> list[Row]:
        ours, bares = [], []
        body = _body(self._place.agency)
        for _ in self._run.each_round(f"single issue: {self._kind}, {size:,} requests"):
            ours.append(self._load(server.port, headers, body, size))
            bares.append(load(_plan(bare, headers, body, size)))
        limit = rate(SUBJECT, "bare ASGI", bares)
        row = rate(SUBJECT, self._kind, ours, size=size, note=NOTE).beside(limit=limit)
        return [row, latency(SUBJECT, f"latency at full load, {self._kind}", ours, size=size)]

    def _open(self, server: Server, headers: Mapping[str, str], most: float) -> Row:
        """Measure latency at a rate that does not ask whether answers came."""
        self._run.say(f"single issue: {self._kind}, open loop")
        per_second = most * OPEN_SHARE
        body = _body(self._place.agency)
        done = self._load(server.port, headers, body, OPEN_REQUESTS, per_second)
        name = f"latency at {OPEN_SHARE:.0%} load (open loop), {self._kind}"
        return latency(SUBJECT, name, [done], size=round(per_second))

    def _load(
        self,
        port: int,
        headers: Mapping[str, str],
        body: str,
        size: int,
        per_second: float = 0.0,
    ) -> Load:
        done = load(_plan(port, headers, body, size, per_second))
        self.issued += sum(n for status, n in done.statuses.items() if status == "201")
        return done

    def _alone(self, server: Server, headers: Mapping[str, str]) -> list[Row]:
        """Measure from the request to the block."""
        self._run.say(f"single issue: {self._kind}, issue to anchored")
        base = self._place.anchored()
        started: list[float] = []
        with _anchors(self._place) as anchors, httpx2.Client(timeout=ANSWER_SECONDS) as client:
            for number in range(ISSUED_ALONE):
                started.append(time.perf_counter())
                given = {**headers, "Idempotency-Key": f"alone-{number:026d}"}
                body = _body(self._place.agency)
                answer = client.post(server.origin + PATH, content=body, headers=given)
                answer.raise_for_status()
                self.issued += 1
                time.sleep(random.expovariate(ALONE_PER_SECOND))  # a rhythm, no secret
            wanted = base + ISSUED_ALONE
            until(lambda: self._place.anchored() >= wanted, "anchors", ANCHOR_SECONDS)
        seconds = waits(started, base, anchors)
        ordered = sorted(seconds)
        kind, peer = self._kind, self._run.find("EAS: attest 1, time")
        rows = [
            Row.of(SUBJECT, f"issue to anchored, {kind}", Unit.SECONDS, seconds),
            Row(
                SUBJECT,
                f"issue to anchored, p{PERCENT}, {kind}",
                Unit.SECONDS,
                percentile(ordered, PERCENT),
                len(ordered),
            ),
        ]
        return [row.beside(peer=peer) for row in rows]

    def _restart(self, port: int) -> Row:
        """Measure from the start of a process after kill -9 until it is ready."""
        seconds = []
        for _ in self._run.each_round(f"single issue: {self._kind}, restart"):
            began = time.perf_counter()
            with self._place.serving(port) as server:
                seconds.append(time.perf_counter() - began)
                os.kill(server.pid, signal.SIGKILL)
        return Row.of(SUBJECT, f"restart after kill -9, {self._kind}", Unit.SECONDS, seconds)

    def _settle(self, work: Child) -> None:
        """Wait until everything issued is anchored."""

        def is_done() -> bool:
            work.require()
            return self._place.anchored() >= self.issued

        until(is_done, f"{self.issued:,} licences anchored", ANCHOR_SECONDS, 0.05)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _body(agency: SampleAgency) -> str:
    name = agency.issuer.agency
    order = {
        "agency": {"jurisdiction": name.jurisdiction, "code": name.code},
        "type": TYPE,
        "fields": sample_fields(int(time.time())),
    }
    return json.dumps(order, ensure_ascii=False)


def _plan(
    port: int, headers: Mapping[str, str], body: str, size: int, per_second: float = 0.0
) -> Plan:
    template = request_of("POST", PATH, {**headers, "Idempotency-Key": MARK}, body)
    return Plan(port, [template], size, limits.CONNECTIONS, rate=per_second)


@contextmanager
def _anchors(place: Site) -> Iterator[list[tuple[int, float]]]:
    """Watch the chain's progress until the block ends: how many are anchored, since when."""
    seen: list[tuple[int, float]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(POLL_SECONDS):
            count = place.anchored()
            if not seen or count > seen[-1][0]:
                seen.append((count, time.perf_counter()))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
        until(lambda: bool(seen) and seen[-1][0] >= place.anchored(), "the last anchor seen")
    finally:
        over.set()
        thread.join()


def waits(started: Sequence[float], base: int, anchors: Sequence[tuple[int, float]]) -> list[float]:
    """Return how long each of the licences waited, the first to be issued the first anchored."""
    counts = [count for count, _ in anchors]
    return [
        anchors[bisect_left(counts, base + number)][1] - began
        for number, began in enumerate(started, 1)
    ]
