"""A real node for tests: npm's native anvil on a free port of this machine."""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from eth_account import Account

BINARY = Path("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
MNEMONIC = "test test test test test test test test test test test junk"
ACCOUNTS = 10
START_SECONDS = 30.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Anvil:
    """A running node. `accounts` are (address, private key), each with 10,000 ether."""

    url: str
    pid: int
    accounts: tuple[tuple[str, str], ...]


class AnvilSilent(RuntimeError):
    """The node ended, or did not answer in time."""


@cache
def well_known_accounts() -> tuple[tuple[str, str], ...]:
    """Return the accounts of anvil's public mnemonic: fit for tests, worthless elsewhere."""
    Account.enable_unaudited_hdwallet_features()
    accounts = (
        Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
        for index in range(ACCOUNTS)
    )
    return tuple((account.address, "0x" + bytes(account.key).hex()) for account in accounts)


@contextmanager
def anvil(*options: str, port: int | None = None) -> Iterator[Anvil]:
    """Run a node with `options` beside the usual ones until the block ends; skip without anvil.

    It gets a free port of this machine where none is given.
    """
    if not BINARY.exists():
        pytest.skip(f"{BINARY} is not installed here (npm has it for Linux on x86-64 only)")
    port = port or _free_port()
    command = [str(BINARY), "--quiet", "--host", "127.0.0.1", "--port", str(port), "--no-cors"]
    command += ["--hardfork", "osaka", "--enable-tx-gas-limit", "--mnemonic", MNEMONIC, *options]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            _wait(process, port)
            yield Anvil(f"http://127.0.0.1:{port}", process.pid, well_known_accounts())
        finally:
            _end(process)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        if process.poll() is not None:
            raise AnvilSilent(f"anvil ended with code {process.returncode}")
        if time.monotonic() > deadline:
            raise AnvilSilent(f"anvil did not answer on port {port} in {START_SECONDS} s")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    headers = {"Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=1)) as connection:
        try:
            connection.request("POST", "/", json.dumps(request), headers)
            return "result" in json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException):
            return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
