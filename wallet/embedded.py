"""The embedded chain: npm's native anvil, its state kept on disk.

anvil forgets everything on kill -9. Here every new block's raw transactions go to a journal within
one pass of `keep`, and the whole state to a copy, for at most 5 % of the time.
"""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ledger.chain.blocks import HASHES_ONLY, read_head
from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import quantity, record
from ledger.errors import ChainUnavailable, Unavailable
from ledger.values import Address
from wallet.chain_copies import ChainCopies, ChainCopy, Mined
from wallet.processes import Child

ANVIL: Final = (
    Path(__file__).resolve().parent.parent
    / "node_modules"
    / "@foundry-rs"
    / "anvil-linux-amd64"
    / "bin"
    / "anvil"
)
CHAIN_ID: Final = 440_100
HARDFORK: Final = "cancun"
"""What the contracts are compiled for; a block late in a long chain costs 2.6 ms, not 10."""
START_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 30.0
SHARE_OF_COPYING: Final = 0.05
FUNDS_WEI: Final = 10**24
PAUSE_SECONDS: Final = 0.02


@dataclass(eq=False)
class AnvilMissing(Unavailable):
    """The embedded chain's program is not installed. Run `make setup`."""

    path: str


@dataclass(eq=False)
class NodeSilent(Unavailable):
    """The embedded chain did not answer in time. Read its log and start again."""

    seconds: float
    log: str


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where time comes from: Unix seconds, seconds that never go back, and a pause."""

    now: Callable[[], int]
    monotonic: Callable[[], float]
    pause: Callable[[float], object]


class EmbeddedChain:
    """One anvil over one folder; `start`, then `keep` again and again, then `stop`.

    A start after kill -9 loads the newest copy that parses and sends the journal's tail again. To
    be called from one thread at a time. `begins_at`: Unix seconds of the first block of a chain
    that is not on disk yet, where it is to lie in the past; its clock runs on from there.
    """

    def __init__(
        self, folder: Path, port: int, clocks: Clocks, log: Path, binary: Path = ANVIL
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.loaded: ChainCopy | None = None
        self.begins_at: int | None = None
        self.replayed = 0
        self._copies = ChainCopies(folder)
        self._port = port
        self._clocks = clocks
        self._log = log
        self._binary = binary
        self._child: Child | None = None
        self._noted = 0
        self._copied = 0
        self._copy_due_at = 0.0

    @property
    def is_kept(self) -> bool:
        """Whether a chain is on disk here."""
        return self._copies.exist

    @property
    def pid(self) -> int | None:
        """The process id while the node runs."""
        return None if self._child is None else self._child.pid

    def ask(self, method: str, *params: Any) -> Any:
        """Return the result of one request to the node."""
        with closing(self._node()) as node:
            return node.call(method, *params)

    def _node(self) -> Node:
        return Node([self.url], ANSWER_SECONDS, chain_id=CHAIN_ID)

    def start(self) -> None:
        """Start the node with all that is on disk.

        Raises:
            AnvilMissing, NodeSilent, ProgramEnded: the node does not come up.
            CopiesUnreadable: both copies are damaged; nothing was started.
        """
        if not os.access(self._binary, os.X_OK):
            raise AnvilMissing(str(self._binary))
        self.loaded = self._copies.newest()
        child = Child("anvil", self._command(), {"HOME": str(self._log.parent)}, self._log)
        child.start()
        self._child = child
        self._wait_until_it_answers(child)
        self._move_clock_past_head()
        self._replay()

    def keep(self) -> None:
        """Note new blocks in the journal; copy the state when it moved and a copy is due."""
        with closing(self._node()) as node:
            head = quantity(node.call("eth_blockNumber"))
            if head != self._noted:
                self._copies.note([_mined(node, n) for n in range(self._noted + 1, head + 1)])
                self._noted = head
            if head != self._copied and self._clocks.monotonic() >= self._copy_due_at:
                self._copy(node)

    def copy(self) -> None:
        """Copy the state now."""
        with closing(self._node()) as node:
            self._copy(node)

    def stop(self) -> None:
        """Copy the state and end the node; a node that no longer answers is just ended."""
        if self._child is None:
            return
        try:
            if self._child.pid is not None:
                self.copy()
        except ChainUnavailable:
            pass  # the journal has what the last copy lacks
        finally:
            self._child.stop()
            self._child = None

    def fund(self, account: Address) -> None:
        """Give an account test money unless it has plenty."""
        with closing(self._node()) as node:
            fund(node, account)

    def _command(self) -> list[str]:
        command = [str(self._binary), "--quiet", "--host", "127.0.0.1", "--port", str(self._port)]
        command += ["--no-cors", "--hardfork", HARDFORK, "--chain-id", str(CHAIN_ID)]
        command += ["--accounts", "0"]  # the keys of anvil's own accounts are public
        if self.loaded is None and self.begins_at is not None:
            command += ["--timestamp", str(self.begins_at)]
        if self.loaded is not None:
            command += ["--load-state", str(self.loaded.path)]
        return command

    def _wait_until_it_answers(self, child: Child) -> None:
        deadline = self._clocks.monotonic() + START_SECONDS
        while True:
            child.require()
            try:
                self._noted = self._copied = quantity(self.ask("eth_blockNumber"))
            except ChainUnavailable:
                if self._clocks.monotonic() > deadline:
                    raise NodeSilent(START_SECONDS, str(self._log)) from None
                self._clocks.pause(PAUSE_SECONDS)
            else:
                return

    def _move_clock_past_head(self) -> None:
        """A head in the future (the clock was set back) would get children older than itself."""
        head = read_head(self.ask("eth_getBlockByNumber", "latest", HASHES_ONLY))
        ahead = head.time - self._clocks.now()
        if ahead > 0:
            self.ask("evm_increaseTime", hex(ahead))

    def _replay(self) -> None:
        """Send the journal's tail again, one block at a time; then copy, so it is done once."""
        tail = self._copies.since(self._noted)
        self.replayed = sum(len(block.raw) for block in tail)
        if not tail:
            return
        with closing(self._node()) as node:
            for raw in (raw for block in tail for raw in block.raw):
                fund(node, _sender(raw))  # test money is no transaction, so no journal has it
                self._send_again(node, raw)
            self._noted = quantity(node.call("eth_blockNumber"))
            self._copy(node)

    def _send_again(self, node: Node, raw: str) -> None:
        try:
            transaction = node.call("eth_sendRawTransaction", raw)
        except RpcRefused:
            return  # in already
        deadline = self._clocks.monotonic() + START_SECONDS
        while node.call("eth_getTransactionReceipt", transaction) is None:
            if self._clocks.monotonic() > deadline:
                raise NodeSilent(START_SECONDS, str(self._log))
            self._clocks.pause(PAUSE_SECONDS)

    def _copy(self, node: Node) -> None:
        began = self._clocks.monotonic()
        self._copied = self._copies.keep(str(node.call("anvil_dumpState")))
        ended = self._clocks.monotonic()
        self._copy_due_at = ended + (ended - began) / SHARE_OF_COPYING


def fund(node: Node, account: Address) -> None:
    """Give an account of an anvil test money unless it has plenty."""
    if quantity(node.call("eth_getBalance", account, "latest")) < FUNDS_WEI // 2:
        node.call("anvil_setBalance", account, hex(FUNDS_WEI))


def _mined(node: Node, block: int) -> Mined:
    found = record(node.call("eth_getBlockByNumber", hex(block), HASHES_ONLY))
    hashes: list[Any] = found["transactions"]
    calls = [("eth_getRawTransactionByHash", (transaction,)) for transaction in hashes]
    return Mined(block, tuple(node.batch(calls)) if calls else ())


def _sender(raw: str) -> Address:
    from eth_account import Account  # noqa: PLC0415  # half of every command's start, wanted here alone

    return Address(Account.recover_transaction(raw))
