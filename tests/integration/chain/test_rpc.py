"""The JSON-RPC client against nodes that are slow, absent, wrong, broken or lying."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ledger.chain import transport
from ledger.chain.blocks import BlockRef
from ledger.chain.rpc import CHUNK, Node, RpcRefused
from ledger.errors import ChainUnavailable, NodeStale, WrongNetwork
from tests.support.ports import free_port

CHAIN = 31337
Answer = Callable[[Any], Any]


@dataclass
class Server:
    """A node whose answers a test makes: `answer` maps a request to its result or raises."""

    answer: Answer = lambda request: request["params"]
    chain: int = CHAIN
    whole: Callable[[Any], bytes] | None = None
    status: int = 200
    hang_up_after: int | None = None
    methods: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    connections: int = 0
    url: str = ""

    def reply(self, body: bytes) -> bytes:
        asked = json.loads(body)
        entries = asked if isinstance(asked, list) else [asked]
        if entries[0]["method"] == "eth_chainId":
            entry = {"jsonrpc": "2.0", "id": entries[0]["id"], "result": hex(self.chain)}
            return json.dumps(entry).encode()
        self.methods += [one["method"] for one in entries]
        self.batches.append(len(entries))
        if self.whole is not None:
            return self.whole(asked)
        found = [self._one(one) for one in entries]
        return json.dumps(found if isinstance(asked, list) else found[0]).encode()

    def _one(self, request: Any) -> Any:
        entry = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            return {**entry, "result": self.answer(request)}
        except RpcRefused as exc:
            error = {"code": exc.code, "message": exc.reason, "data": "0x" + exc.data.hex()}
            return {**entry, "error": error}


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            server.connections += 1
            self.served = 0

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if server.hang_up_after is not None and self.served >= server.hang_up_after:
                self.close_connection = True
                return
            self.served += 1
            answer = server.reply(body)
            self.send_response(server.status if b"eth_chainId" not in body else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server.url = f"http://127.0.0.1:{http.server_port}/token-in-the-path"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def nodes(stack: ExitStack, *servers: Server, **options: Any) -> Node:
    urls = [stack.enter_context(serving(server)).url for server in servers]
    return stack.enter_context(closing(Node(urls, **options)))


def refuse(reason: str, code: int = -32000, data: bytes = b"") -> Answer:
    def answer(_: Any) -> Any:
        raise RpcRefused(reason, code, data)

    return answer


class TestCall:
    def test_answers_over_one_kept_connection(self, stack: ExitStack) -> None:
        server = Server()
        node = nodes(stack, server)
        assert [node.call("eth_x", number) for number in range(3)] == [[0], [1], [2]]
        assert server.connections == 1
        assert node.chain_id == CHAIN

    def test_the_chain_may_be_asked_first(self, stack: ExitStack) -> None:
        assert nodes(stack, Server(chain=5)).chain_id == 5

    def test_a_refusal_carries_code_words_and_bytes(self, stack: ExitStack) -> None:
        node = nodes(stack, Server(refuse("execution reverted", 3, b"\1\2")))
        with pytest.raises(RpcRefused) as refused:
            node.call("eth_call")
        assert (refused.value.code, refused.value.data) == (3, b"\1\2")
        assert refused.value.reason == "execution reverted"

    def test_each_thread_has_its_connection(self, stack: ExitStack) -> None:
        server = Server()
        node = nodes(stack, server)
        node.call("eth_x")
        thread = threading.Thread(target=node.call, args=("eth_x",))
        thread.start()
        thread.join()
        assert server.connections == 2

    def test_a_connection_that_ended_while_idle_is_opened_anew(self, stack: ExitStack) -> None:
        server = Server(hang_up_after=2)  # the chain id and one call
        node = nodes(stack, server)
        assert [node.call("eth_x", number) for number in range(3)] == [[0], [1], [2]]
        assert server.connections == 3

    def test_a_method_that_may_move_the_clock_is_never_sent_twice(self, stack: ExitStack) -> None:
        server, other = Server(hang_up_after=2), Server()
        node = nodes(stack, server, other)
        node.call("evm_mine")
        with pytest.raises(ChainUnavailable):
            node.call("evm_mine")
        assert server.methods + other.methods == ["evm_mine"]


class TestBatch:
    def test_results_stand_in_the_order_of_the_requests(self, stack: ExitStack) -> None:
        def backwards(asked: Any) -> bytes:
            entries = [{"jsonrpc": "2.0", "id": e["id"], "result": e["params"]} for e in asked]
            return json.dumps(entries[::-1]).encode()

        node = nodes(stack, Server(whole=backwards))
        assert node.batch([("eth_x", (n,)) for n in range(5)]) == [[n] for n in range(5)]

    def test_leaves_in_chunks(self, stack: ExitStack) -> None:
        server = Server()
        node = nodes(stack, server)
        node.batch([("eth_x", (n,)) for n in range(2 * CHUNK + 1)])
        assert server.batches == [CHUNK, CHUNK, 1]

    def test_nothing_asked_is_nothing_sent(self, stack: ExitStack) -> None:
        server = Server()
        assert nodes(stack, server).batch([]) == []
        assert server.connections == 0

    def test_outcomes_keep_refusals_apart(self, stack: ExitStack) -> None:
        def answer(request: Any) -> Any:
            if request["params"] == [1]:
                raise RpcRefused("no", -32000)
            return request["params"]

        node = nodes(stack, Server(answer))
        calls = [("eth_x", (n,)) for n in range(3)]
        first, second, third = node.outcomes(calls)
        assert (first, third) == ([0], [2])
        assert isinstance(second, RpcRefused)
        with pytest.raises(RpcRefused):
            node.batch(calls)

    def test_a_batch_that_is_not_taken_is_halved(self, stack: ExitStack) -> None:
        def at_most_three(asked: Any) -> bytes:
            entries = asked if isinstance(asked, list) else [asked]
            if len(entries) > 3:
                error = {"code": -32600, "message": "batch too large"}
                return json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
            found = [{"jsonrpc": "2.0", "id": e["id"], "result": e["params"]} for e in entries]
            return json.dumps(found if isinstance(asked, list) else found[0]).encode()

        node = nodes(stack, Server(whole=at_most_three))
        assert node.batch([("eth_x", (n,)) for n in range(7)]) == [[n] for n in range(7)]


def one(asked: Any, **members: Any) -> bytes:
    entry = {"jsonrpc": "2.0", "id": asked["id"], "result": "0x1", **members}
    return json.dumps({name: value for name, value in entry.items() if value is not ...}).encode()


LIES: dict[str, Callable[[Any], bytes]] = {
    "another id": lambda asked: one(asked, id=asked["id"] + 1),
    "no id": lambda asked: one(asked, id=...),
    "neither result nor error": lambda asked: one(asked, result=...),
    "an error of another shape": lambda asked: one(asked, result=..., error="bad"),
    "two answers": lambda asked: b"[" + one(asked) + b"," + one(asked) + b"]",
    "no object": lambda _: b'"0x1"',
    "null": lambda _: b"null",
    "no JSON": lambda _: b"<html>bad gateway</html>",
    "nothing": lambda _: b"",
    "a cut answer": lambda asked: one(asked)[:-3],
}


def holder(number: int, hash_: bytes | None, *, batches: bool = True) -> Server:
    """A node that has a block of that hash at every height, or none; it may take no batches."""
    header = {
        "number": hex(number),
        "hash": None if hash_ is None else "0x" + hash_.hex(),
        "parentHash": "0x" + bytes(32).hex(),
        "timestamp": "0x1",
    }

    def one(request: Any) -> Any:
        if request["method"] == "eth_getBlockByNumber":
            return None if hash_ is None else header
        return number

    server = Server(one)
    if not batches:
        refusal = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}

        def whole(asked: Any) -> bytes:
            if isinstance(asked, list):
                return json.dumps(refusal).encode()
            return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": one(asked)}).encode()

        server.whole = whole
    return server


class TestHaving:
    KNOWN = BlockRef(7, b"\x07" * 32)

    def having(self, stack: ExitStack, *servers: Server) -> Node:
        return nodes(stack, *servers).having(lambda: self.KNOWN)

    @pytest.mark.parametrize("other", [None, b"\x08" * 32], ids=["lags", "fork"])
    def test_asks_the_next_one_when_the_first_lacks_the_block(
        self, stack: ExitStack, other: bytes | None
    ) -> None:
        first, second = holder(1, other), holder(2, self.KNOWN.hash)
        node = self.having(stack, first, second)
        assert node.call("eth_ours") == 2
        assert node.call("eth_ours") == 2
        assert len(first.batches) == 1  # whoever had it is asked first from then on
        assert [one.is_witness for one in node.each()] == [False, True]

    @pytest.mark.parametrize("other", [None, b"\x08" * 32], ids=["lags", "fork"])
    def test_is_stale_when_none_has_it(self, stack: ExitStack, other: bytes | None) -> None:
        dead = Server()
        dead.hang_up_after = 1
        node = self.having(stack, holder(1, other), dead)
        with pytest.raises(NodeStale) as caught:
            node.call("eth_ours")
        assert caught.value.block == self.KNOWN.block

    def test_asks_for_it_along_with_the_rest(self, stack: ExitStack) -> None:
        server = holder(1, self.KNOWN.hash)
        node = self.having(stack, server)
        assert node.batch([("eth_ours", ())] * CHUNK) == [1] * CHUNK
        assert server.batches == [CHUNK, 2]

    def test_asks_one_after_the_other_where_no_batch_is_taken(self, stack: ExitStack) -> None:
        node = self.having(stack, holder(1, self.KNOWN.hash, batches=False))
        assert node.batch([("eth_ours", ()), ("eth_ours", ())]) == [1, 1]
        with pytest.raises(NodeStale):
            self.having(stack, holder(1, None, batches=False)).call("eth_ours")

    def test_is_halved_where_only_the_one_that_takes_no_batch_has_it(
        self, stack: ExitStack
    ) -> None:
        node = self.having(stack, holder(1, None), holder(2, self.KNOWN.hash, batches=False))
        assert node.batch([("eth_ours", ())] * 3) == [2, 2, 2]

    def test_asks_anybody_before_the_first_block_is_known(self, stack: ExitStack) -> None:
        assert nodes(stack, holder(1, None)).having(lambda: None).call("eth_ours") == 1

    def test_goes_to_all_with_what_is_broadcast(self, stack: ExitStack) -> None:
        first, second = holder(1, None), holder(2, None)
        assert self.having(stack, first, second).broadcast([("eth_ours", ())]) == [1]
        assert (first.batches, second.batches) == ([1], [1])

    def test_refusal_to_show_it_is_an_outage(self, stack: ExitStack) -> None:
        server = Server(refuse("too many requests", -32005))
        with pytest.raises(ChainUnavailable, match="too many requests") as caught:
            self.having(stack, server).call("eth_ours")
        assert not isinstance(caught.value, NodeStale)


class TestLies:
    @pytest.mark.parametrize("lie", LIES)
    def test_are_an_outage_and_the_next_node_is_asked(self, stack: ExitStack, lie: str) -> None:
        liar, honest = Server(whole=LIES[lie]), Server()
        with pytest.raises(ChainUnavailable):
            nodes(stack, liar).call("eth_x")
        assert nodes(stack, liar, honest).call("eth_x", 7) == [7]

    @pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
    def test_another_status_is_an_outage(self, stack: ExitStack, status: int) -> None:
        with pytest.raises(ChainUnavailable) as failed:
            nodes(stack, Server(status=status)).call("eth_x")
        assert str(status) in failed.value.reason

    def test_an_answer_without_end_is_an_outage(
        self, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1_000)
        with pytest.raises(ChainUnavailable):
            nodes(stack, Server(lambda _: "x" * 2_000)).call("eth_x")

    def test_another_chain_is_refused_and_the_next_node_asked(self, stack: ExitStack) -> None:
        with pytest.raises(WrongNetwork) as refused:
            nodes(stack, Server(chain=1), chain_id=CHAIN).call("eth_x")
        assert refused.value.values() == {"expected": CHAIN, "found": 1}
        node = nodes(stack, Server(chain=1), Server(), chain_id=CHAIN)
        assert node.call("eth_x", 7) == [7]

    def test_a_node_that_becomes_another_chain_is_noticed(self, stack: ExitStack) -> None:
        server = Server(hang_up_after=2)
        node = nodes(stack, server)
        node.call("eth_x")
        server.chain = 1
        with pytest.raises(WrongNetwork):
            node.call("eth_x")


class TestFailOver:
    def test_goes_on_with_the_node_that_answered(self, stack: ExitStack) -> None:
        server = Server()
        stack.enter_context(serving(server))
        dead = f"http://127.0.0.1:{free_port()}"
        node = stack.enter_context(closing(Node([dead, server.url], timeout_seconds=1)))
        assert node.call("eth_x", 1) == [1]
        assert node.call("eth_x", 2) == [2]

    def test_a_refusal_is_an_answer(self, stack: ExitStack) -> None:
        first, second = Server(refuse("no")), Server()
        with pytest.raises(RpcRefused):
            nodes(stack, first, second).call("eth_x")
        assert second.methods == []

    def test_all_dead_is_an_outage_that_names_no_url(self) -> None:
        url = f"http://127.0.0.1:{free_port()}/secret-token"
        node = Node([url], timeout_seconds=1)
        with closing(node), pytest.raises(ChainUnavailable) as failed:
            node.call("eth_x")
        assert "127.0.0.1" in str(failed.value)
        assert "secret-token" not in str(failed.value)

    def test_a_node_that_hangs_is_given_up_in_time(self, stack: ExitStack) -> None:
        release = threading.Event()

        def hang(_: Any) -> Any:
            release.wait(30)

        node = nodes(stack, Server(hang), Server(), timeout_seconds=0.1)
        stack.callback(release.set)
        assert node.call("eth_x", 7) == [7]

    @pytest.mark.parametrize(
        "url", ["", "127.0.0.1:8545", "ftp://h", "http://", "http://h:0", "http://h:x", "http://[x"]
    )
    def test_a_malformed_url_is_refused_at_once(self, url: str) -> None:
        with pytest.raises(ChainUnavailable):
            Node([url])

    def test_no_url_is_refused_at_once(self) -> None:
        with pytest.raises(ChainUnavailable):
            Node([])


class TestBroadcast:
    def test_reaches_every_node(self, stack: ExitStack) -> None:
        servers = (Server(), Server(), Server())
        nodes(stack, *servers).broadcast([("eth_sendRawTransaction", ("0x01",))])
        assert all(server.methods == ["eth_sendRawTransaction"] for server in servers)

    def test_one_acceptance_outweighs_refusals_and_silence(self, stack: ExitStack) -> None:
        def only_two(request: Any) -> Any:
            if request["params"] == [1]:
                raise RpcRefused("nonce too low", -32000)
            return request["params"]

        node = nodes(stack, Server(refuse("no")), Server(status=503), Server(only_two))
        first, second = node.broadcast([("eth_x", (1,)), ("eth_x", (2,))])
        assert isinstance(first, RpcRefused)
        assert second == [2]

    def test_no_node_is_an_outage(self, stack: ExitStack) -> None:
        with pytest.raises(ChainUnavailable):
            nodes(stack, Server(status=503)).broadcast([("eth_x", (1,))])
