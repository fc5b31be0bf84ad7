"""The embedded chain over real anvil: what is on disk comes back, whatever ended it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from ledger.chain.blocks import HASHES_ONLY
from ledger.chain.wire import quantity, record
from ledger.values import Address
from tests.support.ports import free_port
from wallet.chain_copies import NEWEST, PREVIOUS, CopiesUnreadable
from wallet.embedded import ANVIL, CHAIN_ID, Clocks, EmbeddedChain

pytestmark = pytest.mark.skipif(not ANVIL.exists(), reason=f"{ANVIL} is not installed here")

SENDER = Account.from_key(b"\x01" * 32)
CLOCKS = Clocks(lambda: int(time.time()), time.monotonic, time.sleep)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "chain"


@pytest.fixture
def chain(folder: Path) -> Iterator[EmbeddedChain]:
    built = build(folder)
    built.start()
    yield built
    built.stop()


def build(folder: Path, clocks: Clocks = CLOCKS) -> EmbeddedChain:
    return EmbeddedChain(folder, free_port(), clocks, folder.parent / "anvil.log")


def send(chain: EmbeddedChain, count: int = 1) -> None:
    """Mine `count` blocks of one transfer each."""
    chain.fund(Address(SENDER.address))
    for _ in range(count):
        nonce = quantity(chain.ask("eth_getTransactionCount", SENDER.address, "latest"))
        fields: dict[str, object] = {"chainId": CHAIN_ID, "nonce": nonce, "gas": 21_000, "value": 1}
        fields |= {"to": "0x" + "11" * 20, "type": 2}
        fields |= {"maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 10**9}
        raw = SENDER.sign_transaction(fields).raw_transaction.to_0x_hex()
        before = head(chain)
        chain.ask("eth_sendRawTransaction", raw)
        while head(chain) == before:
            pass


def head(chain: EmbeddedChain) -> int:
    return quantity(chain.ask("eth_blockNumber"))


def paid(chain: EmbeddedChain) -> int:
    return quantity(chain.ask("eth_getBalance", "0x" + "11" * 20, "latest"))


def kill(chain: EmbeddedChain) -> None:
    assert chain.pid is not None
    os.kill(chain.pid, signal.SIGKILL)


class TestStart:
    def test_serves_the_named_chain_without_public_accounts(self, chain: EmbeddedChain) -> None:
        assert quantity(chain.ask("eth_chainId")) == CHAIN_ID
        assert chain.ask("eth_accounts") == []
        assert chain.loaded is None

    def test_comes_back_after_stop(self, chain: EmbeddedChain, folder: Path) -> None:
        send(chain, 3)
        block = record(chain.ask("eth_getBlockByNumber", "latest", HASHES_ONLY))
        chain.stop()
        again = build(folder)
        again.start()
        try:
            assert record(again.ask("eth_getBlockByNumber", "latest", HASHES_ONLY)) == block
            assert again.replayed == 0
        finally:
            again.stop()

    def test_sends_the_journals_tail_again_after_kill(
        self, chain: EmbeddedChain, folder: Path
    ) -> None:
        send(chain)
        chain.keep()  # the first pass copies too
        send(chain, 4)
        chain._copy_due_at = float("inf")  # noqa: SLF001  # no copy may fall due in between
        chain.keep()
        kill(chain)
        again = build(folder)
        again.start()
        try:
            assert again.loaded is not None
            assert again.loaded.block == 1
            assert again.replayed == 4
            assert (head(again), paid(again)) == (5, 5)
        finally:
            again.stop()

    @pytest.mark.parametrize("keep", [0.5, 0.0])
    def test_falls_back_to_the_copy_before_a_cut_one(
        self, chain: EmbeddedChain, folder: Path, keep: float
    ) -> None:
        send(chain)
        chain.keep()
        chain.copy()
        send(chain, 2)
        chain.keep()
        chain.copy()
        kill(chain)
        newest = folder / NEWEST
        os.truncate(newest, int(newest.stat().st_size * keep))
        again = build(folder)
        again.start()
        try:
            assert again.loaded is not None
            assert again.loaded.is_previous
            assert (head(again), paid(again)) == (3, 3)
        finally:
            again.stop()

    def test_refuses_when_both_copies_are_cut(self, chain: EmbeddedChain, folder: Path) -> None:
        send(chain)
        chain.copy()
        chain.copy()
        kill(chain)
        for name in (NEWEST, PREVIOUS):
            os.truncate(folder / name, 100)
        again = build(folder)
        with pytest.raises(CopiesUnreadable):
            again.start()
        assert again.pid is None

    def test_mines_no_block_older_than_its_parent(self, chain: EmbeddedChain, folder: Path) -> None:
        chain.ask("evm_increaseTime", hex(100_000))
        send(chain)
        before = record(chain.ask("eth_getBlockByNumber", "latest", HASHES_ONLY))
        chain.stop()
        again = build(folder)
        again.start()
        try:
            send(again)
            after = record(again.ask("eth_getBlockByNumber", "latest", HASHES_ONLY))
            assert quantity(after["timestamp"]) >= quantity(before["timestamp"])
        finally:
            again.stop()

    def test_begins_in_the_past_where_it_is_to(self, folder: Path) -> None:
        begun = build(folder)
        begun.begins_at = CLOCKS.now() - 100_000
        begun.start()
        try:
            send(begun)
            newest = record(begun.ask("eth_getBlockByNumber", "latest", HASHES_ONLY))
            behind = CLOCKS.now() - quantity(newest["timestamp"])
            assert 90_000 < behind <= 100_000
        finally:
            begun.stop()


class TestKeep:
    def test_copies_nothing_while_the_head_stands_still(
        self, chain: EmbeddedChain, folder: Path
    ) -> None:
        send(chain)
        chain.copy()
        before = (folder / NEWEST).stat().st_mtime_ns
        chain._copy_due_at = 0.0  # noqa: SLF001  # a copy would be due
        chain.keep()
        assert (folder / NEWEST).stat().st_mtime_ns == before

    def test_keeps_files_from_others(self, chain: EmbeddedChain, folder: Path) -> None:
        send(chain)
        chain.copy()
        assert (folder / NEWEST).stat().st_mode & 0o077 == 0
