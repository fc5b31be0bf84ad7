"""forge and py-solc-x read the same settings and must give the same code."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.build import ABI, CONTRACTS, stale_files

pytestmark = pytest.mark.timeout(300)  # both compile everything
FORGE = Path("node_modules/@foundry-rs/forge-linux-amd64/bin/forge")


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What forge makes of the contracts, in a folder of its own."""
    if not FORGE.exists():
        pytest.skip(f"{FORGE} is not installed here (npm has it for Linux on x86-64 only)")
    out = tmp_path_factory.mktemp("forge")
    sources = [f"contracts/{name}.sol" for name in CONTRACTS]
    command = [str(FORGE), "build", "--out", str(out), "--cache-path", str(out / "cache")]
    subprocess.run([*command, *sources], check=True, capture_output=True)
    paths = {name: out / f"{name}.sol" / f"{name}.json" for name in CONTRACTS}
    return {name: json.loads(path.read_text()) for name, path in paths.items()}


class TestCode:
    @pytest.mark.parametrize("contract", CONTRACTS)
    @pytest.mark.parametrize("code", ["bytecode", "deployedBytecode"])
    def test_is_the_same(self, artefacts: dict[str, Any], contract: str, code: str) -> None:
        committed = json.loads((ABI / f"{contract}.json").read_text())[code]
        assert len(committed) > 1_000
        assert artefacts[contract][code]["object"] == committed

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
