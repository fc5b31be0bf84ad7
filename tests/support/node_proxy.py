"""A node behind which another one stands: it passes everything on but what its rules spoil.

A rule names a method ("*" for any), lets some requests pass, then acts so many times. Acts on one
request leave the others of its batch alone; those on the exchange take the whole batch along.

    with node_proxy(anvil.url) as proxy:
        proxy.when("eth_getTransactionReceipt", alter(lambda receipt: {**receipt, "status": "0x1"}))
        proxy.when("eth_sendRawTransaction", lose_answer, after=1, times=None)
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

Request = dict[str, Any]
Entry = dict[str, Any]
_GONE: Final = (asyncio.IncompleteReadError, ConnectionError)


@dataclass
class Exchange:
    """One HTTP exchange: what its requests ask, and what the rules decided about the answer."""

    requests: list[Request]
    own: dict[Any, Entry] = field(default_factory=dict)
    changes: list[tuple[Any, Callable[[Entry], Entry]]] = field(default_factory=list)
    gates: list[threading.Event] = field(default_factory=list)
    status: int = 200
    reaches_the_node: bool = True
    answers: bool = True
    is_cut: bool = False


Act = Callable[[Exchange, Request], None]


def answer(result: Any) -> Act:
    """Answer in the node's place; it is not asked."""
    return lambda exchange, request: exchange.own.update({request["id"]: {"result": result}})


def refuse(message: str, code: int = -32000, data: str = "0x") -> Act:
    """Refuse in the node's place."""
    error = {"code": code, "message": message, "data": data}
    return lambda exchange, request: exchange.own.update({request["id"]: {"error": error}})


def alter(change: Callable[[Any], Any]) -> Act:
    """Pass on, and change the result that comes back."""

    def altered(entry: Entry) -> Entry:
        return {**entry, "result": change(entry["result"])} if "result" in entry else entry

    return lambda exchange, request: exchange.changes.append((request["id"], altered))


def misnumber(exchange: Exchange, request: Request) -> None:
    """Answer under an id that nobody asked with."""
    exchange.changes.append((request["id"], lambda entry: {**entry, "id": -1}))


def lose_answer(exchange: Exchange, _request: Request) -> None:
    """Pass on, then hang up: the node did it and nobody is told."""
    exchange.answers = False


def lose_request(exchange: Exchange, _request: Request) -> None:
    """Hang up without passing on."""
    exchange.reaches_the_node = exchange.answers = False


def cut(exchange: Exchange, _request: Request) -> None:
    """Hang up in the middle of the answer."""
    exchange.is_cut = True


def http_status(status: int) -> Act:
    """Answer with another status of HTTP."""
    return lambda exchange, _request: setattr(exchange, "status", status)


def hold(gate: threading.Event) -> Act:
    """Pass on and keep the answer until the gate opens, or the proxy ends."""
    return lambda exchange, _request: exchange.gates.append(gate)


@dataclass
class Rule:
    """Lets `after` requests of a method pass, then acts on `times` of them; None: on all."""

    method: str
    act: Act
    after: int
    times: int | None
    seen: int = 0

    def acts_on(self, request: Request) -> bool:
        """Count a request and return whether the rule acts on it."""
        if self.method not in ("*", request["method"]):
            return False
        self.seen += 1
        number = self.seen - self.after
        return number > 0 and (self.times is None or number <= self.times)


@dataclass
class NodeProxy:
    """The proxy, as a test holds it: `asked` counts requests by method."""

    node: str
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    is_down: bool = False
    _rules: list[Rule] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def when(self, method: str, act: Act, *, after: int = 0, times: int | None = 1) -> None:
        """Add a rule."""
        self._rules.append(Rule(method, act, after, times))

    def behave(self) -> None:
        """Drop all rules and be up."""
        self._rules, self.is_down = [], False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client's connection until either side ends it."""
        node = urlsplit(self.node)
        line = await asyncio.open_connection(node.hostname, node.port)
        ends = {line[1], writer}
        self._open |= ends
        try:
            with suppress(*_GONE):
                while not self.is_down and await self._exchange(reader, writer, line):
                    pass
        finally:
            self._open -= ends
            for each in ends:
                each.close()
                with suppress(*_GONE):
                    await each.wait_closed()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> bool:
        """Pass one exchange on; return whether the connection goes on."""
        asked = json.loads(await _read(reader))
        if self.is_down:
            return False
        exchange = self._judged(asked if isinstance(asked, list) else [asked])
        found = await self._answered(exchange, line)
        for gate in exchange.gates:
            await asyncio.to_thread(self._pass, gate)
        if not exchange.answers or self.is_down:
            return False
        body = json.dumps(found if isinstance(asked, list) else found[0]).encode()
        head = f"HTTP/1.1 {exchange.status} -\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        writer.write(head + (body[: len(body) // 2] if exchange.is_cut else body))
        await writer.drain()
        return not exchange.is_cut

    def _judged(self, requests: list[Request]) -> Exchange:
        exchange = Exchange(requests)
        for request in requests:
            self.asked[request["method"]] += 1
            for rule in self._rules:
                if rule.acts_on(request):
                    rule.act(exchange, request)
        return exchange

    async def _answered(
        self, exchange: Exchange, line: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> list[Entry]:
        passed = [one for one in exchange.requests if one["id"] not in exchange.own]
        entries: dict[Any, Entry] = {}
        if passed and exchange.reaches_the_node:
            body = json.dumps(passed).encode()
            head = f"POST / HTTP/1.1\r\nHost: node\r\nContent-Length: {len(body)}\r\n"
            line[1].write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            entries = {entry["id"]: entry for entry in json.loads(await _read(line[0]))}
        for id_, own in exchange.own.items():
            entries[id_] = {"jsonrpc": "2.0", "id": id_, **own}
        for id_, change in exchange.changes:
            if id_ in entries:
                entries[id_] = change(entries[id_])
        return [entries[one["id"]] for one in exchange.requests if one["id"] in entries]

    def _pass(self, gate: threading.Event) -> None:
        while not gate.wait(0.01) and not self._ended.is_set():
            pass


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Read a message of HTTP/1.1 with Content-Length and return its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    size = next(line[15:] for line in head.split("\r\n") if line.startswith("content-length:"))
    return await reader.readexactly(int(size))


@contextmanager
def node_proxy(node: str) -> Iterator[NodeProxy]:
    """Run a proxy before the node at a URL until the block ends."""
    proxy = NodeProxy(node)
    started, loop = threading.Event(), asyncio.new_event_loop()

    async def run() -> None:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=2**26)
        proxy.url = "http://{}:{}".format(*server.sockets[0].getsockname())
        started.set()
        await asyncio.to_thread(proxy._ended.wait)  # noqa: SLF001  # its own other half
        server.close()
        while serving := asyncio.all_tasks() - {asyncio.current_task()}:
            for each in proxy._open:  # noqa: SLF001  # its own other half
                each.transport.abort()  # a cancelled server task would be logged as a failure
            await asyncio.wait(serving, timeout=0.1)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    started.wait()
    try:
        yield proxy
    finally:
        proxy._ended.set()  # noqa: SLF001  # its own other half
        thread.join()
        loop.close()
