"""What is fetched for the benchmarks alone: pinned, from no address, called as contracts expect."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from scripts.bench.peers import contract, npm
from scripts.bench.peers.contract import Contract

LOCKS = sorted(npm.FILES.glob("*/package-lock.json"))


def test_there_are_locks() -> None:
    assert [lock.parent.name for lock in LOCKS] == ["contracts", "trustvc"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
class TestLocks:
    def test_hold_hashes_and_no_address(self, lock: Path) -> None:
        packages: dict[str, dict[str, Any]] = json.loads(lock.read_text())["packages"]
        assert not [n for n, p in packages.items() if "://" in str(p.get("resolved", ""))]
        fetched = [p for n, p in packages.items() if n and "version" in p]
        assert fetched
        assert all(p["integrity"].startswith("sha512-") for p in fetched)

    def test_run_no_scripts_of_packages(self, lock: Path) -> None:
        assert "ignore-scripts=true" in (lock.parent / ".npmrc").read_text().splitlines()

    def test_pin_what_is_asked_for(self, lock: Path) -> None:
        wanted = json.loads((lock.parent / "package.json").read_text())["dependencies"]
        locked = json.loads(lock.read_text())["packages"]
        assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}


class TestContract:
    def test_calls_as_the_abi_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[bytes] = []
        monkeypatch.setattr(contract, "transact", lambda _n, _a, _to, data: sent.append(data))
        made = Contract(None, None, None)  # type: ignore[arg-type]  # nothing is sent here
        made.send("multiRevoke((bytes32,(bytes32,uint256)[])[])", [(bytes(32), [(b"\1" * 32, 7)])])
        made.send("pause()")
        types = ["(bytes32,(bytes32,uint256)[])[]"]
        signature = b"multiRevoke((bytes32,(bytes32,uint256)[])[])"
        expected = encode(types, [[(bytes(32), [(b"\1" * 32, 7)])]])
        assert sent == [keccak(signature)[:4] + expected, keccak(b"pause()")[:4]]
