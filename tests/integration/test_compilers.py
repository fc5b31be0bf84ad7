"""forge and py-solc-x read the same settings and must give the same code."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.build import ABI, CACHE, CONTRACTS, stale_files

pytestmark = pytest.mark.timeout(300)  # both compile everything, unless they did before
FORGE = Path("node_modules/@foundry-rs/forge-linux-amd64/bin/forge")


def artefacts() -> dict[str, Any]:
    """Return what forge makes of the contracts; it compiles only what changed since it last did."""
    if not FORGE.exists():
        pytest.skip(f"{FORGE} is not installed here (npm has it for Linux on x86-64 only)")
    subprocess.run([str(FORGE), "build"], check=True, capture_output=True)
    paths = {name: CACHE.parent / f"{name}.sol" / f"{name}.json" for name in CONTRACTS}
    return {name: json.loads(path.read_text()) for name, path in paths.items()}


class TestCode:
    def test_is_the_same(self) -> None:
        """One test, since two processes of a run would else compile everything each."""
        for contract, made in artefacts().items():
            committed = json.loads((ABI / f"{contract}.json").read_text())
            for code in ("bytecode", "deployedBytecode"):
                assert len(committed[code]) > 1_000
                assert made[code]["object"] == committed[code], (contract, code)

    @pytest.mark.parametrize("contract", CONTRACTS)
    def test_fits_a_block_chain(self, contract: str) -> None:
        code = json.loads((ABI / f"{contract}.json").read_text())["deployedBytecode"]
        assert len(code) // 2 - 1 <= 24_576  # EIP-170


class TestCommitted:
    def test_files_are_fresh(self) -> None:
        assert stale_files() == []

    @pytest.mark.parametrize("contract", CONTRACTS)
    def test_abi_is_sorted_and_knows_every_error(self, contract: str) -> None:
        abi = json.loads((ABI / f"{contract}.json").read_text())["abi"]
        keys = [
            (entry["type"], entry.get("name", ""), json.dumps(entry.get("inputs", [])))
            for entry in abi
        ]
        assert keys == sorted(keys)
        errors = {entry["name"] for entry in abi if entry["type"] == "error"}
        assert {"AgencyNotActive", "StatusFinal", "AccessControlUnauthorizedAccount"} <= errors
