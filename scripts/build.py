"""Compile the contracts through py-solc-x and keep `ledger/chain/abi` fresh.

Run as `python -m scripts.build [--check]`. Settings come from foundry.toml alone.
"""

import argparse
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from os.path import normpath
from pathlib import Path
from typing import Any

import solcx

ROOT = Path(__file__).resolve().parent.parent
ABI = ROOT / "ledger" / "chain" / "abi"
CACHE = ROOT / "out" / "build.json"
CONTRACTS = (
    "Authority",
    "RecordLedger",
    "RecognitionLedger",
    "VerificationLens",
    "TenderPolicies",
    "TenderLedger",
    "AwardLedger",
)

_IMPORT = re.compile(r'^\s*import\s+(?:[^";]*?\s+from\s+)?"([^"]+)"\s*;', re.MULTILINE)
_OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]

Artefacts = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What foundry.toml says of sources and compiler."""

    source_dir: str
    solc: Path
    remappings: tuple[tuple[str, str], ...]
    compiler: dict[str, Any]
    runs: tuple[tuple[str, int], ...]  # of the optimiser, for the sources that a pattern names

    @classmethod
    def read(cls, root: Path) -> "Settings":
        """Read the default profile of `root`/foundry.toml."""
        profile = tomllib.loads((root / "foundry.toml").read_text())["profile"]["default"]
        remappings = [str(entry).partition("=") for entry in profile["remappings"]]
        return cls(
            source_dir=profile["src"],
            solc=root / profile["solc"],  # absolute: py-solc-x looks for anything else in PATH
            remappings=tuple((prefix, target) for prefix, _, target in remappings),
            compiler={
                "remappings": profile["remappings"],
                "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
                "evmVersion": profile["evm_version"],
                "viaIR": all(rule["via_ir"] for rule in profile["compilation_restrictions"]),
                "metadata": {"bytecodeHash": profile["bytecode_hash"]},
            },
            runs=tuple(
                (rule["paths"], rule["optimizer_runs"])
                for rule in profile["compilation_restrictions"]
                if "optimizer_runs" in rule
            ),
        )

    def source(self, contract: str) -> str:
        """Return the source name of one of ours."""
        return f"{self.source_dir}/{contract}.sol"

    def runs_of(self, contract: str) -> int:
        """Return for how many runs the contract is optimised."""
        named = [runs for pattern, runs in self.runs if fnmatch(self.source(contract), pattern)]
        return named[0] if named else int(self.compiler["optimizer"]["runs"])

    def compiler_with(self, runs: int) -> dict[str, Any]:
        """Return the compiler's settings for contracts of so many runs."""
        return {**self.compiler, "optimizer": {**self.compiler["optimizer"], "runs": runs}}

    def resolve(self, name: str, importer: str) -> str:
        """Return the source name, relative to the root, that an import in `importer` means."""
        if name.startswith("."):
            # By its words alone: node_modules may be a link to another folder.
            return normpath(Path(importer).parent / name)
        for prefix, target in self.remappings:
            if name.startswith(prefix):
                return target + name.removeprefix(prefix)
        return name


def read_sources(settings: Settings, contracts: Sequence[str]) -> dict[str, str]:
    """Return the text of the contracts and of whatever they import, by source name, sorted."""
    waiting = [settings.source(name) for name in contracts]
    sources: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = (ROOT / name).read_text()
            waiting += [settings.resolve(found, name) for found in _IMPORT.findall(sources[name])]
    return dict(sorted(sources.items()))


def compiler_inputs(settings: Settings) -> list[dict[str, Any]]:
    """Return the standard JSON for each number of runs, the most first."""
    runs_of = {name: settings.runs_of(name) for name in CONTRACTS}
    return [
        _compiler_input(settings, [name for name in CONTRACTS if runs_of[name] == runs], runs)
        for runs in sorted(set(runs_of.values()), reverse=True)
    ]


def _compiler_input(settings: Settings, contracts: Sequence[str], runs: int) -> dict[str, Any]:
    sources = read_sources(settings, contracts)
    outputs = {settings.source(name): {name: _OUTPUTS} for name in contracts}
    return {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {**settings.compiler_with(runs), "outputSelection": outputs},
    }


def compile_contracts() -> Artefacts:
    """Return ABI and code of every contract, from the cache when nothing changed."""
    settings = Settings.read(ROOT)
    inputs = compiler_inputs(settings)
    stamp = _digest([inputs, settings.solc.read_text(), Path(__file__).read_text(), _pinned()])
    cached = json.loads(CACHE.read_text()) if CACHE.exists() else {}
    if cached.get("stamp") == stamp:
        return dict(cached["artefacts"])
    contracts: dict[str, Any] = {}
    for standard in inputs:
        try:
            output = solcx.compile_standard(standard, solc_binary=str(settings.solc))
        except solcx.exceptions.SolcError as refused:
            raise SystemExit(refused.message) from None  # the rest is the whole output
        contracts.update(output["contracts"])
    artefacts = _artefacts(contracts, settings)
    CACHE.parent.mkdir(exist_ok=True)
    CACHE.write_text(json.dumps({"stamp": stamp, "artefacts": artefacts}))
    return artefacts


def _pinned() -> str:
    return str(json.loads((ROOT / "package.json").read_text())["devDependencies"]["solc"])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _artefacts(contracts: dict[str, Any], settings: Settings) -> Artefacts:
    outputs = {name: contracts[settings.source(name)][name] for name in CONTRACTS}
    # A call may fail with an error of the contract behind, so each ABI knows the errors of all.
    errors = [
        entry for output in outputs.values() for entry in output["abi"] if entry["type"] == "error"
    ]
    return {
        name: {
            "abi": _ordered(output["abi"] + errors),
            "bytecode": "0x" + output["evm"]["bytecode"]["object"],
            "deployedBytecode": "0x" + output["evm"]["deployedBytecode"]["object"],
            "immutableReferences": output["evm"]["deployedBytecode"]["immutableReferences"],
        }
        for name, output in outputs.items()
    }


def _ordered(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries once each by type, name, inputs: drivers differ in their order."""
    unique = {json.dumps(entry, sort_keys=True): entry for entry in entries}
    return sorted(unique.values(), key=_order)


def _order(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry["type"], entry.get("name", ""), json.dumps(entry.get("inputs", []))


def render(artefacts: Artefacts) -> Iterator[tuple[Path, str]]:
    """Yield path and text of every file under `ledger/chain/abi`."""
    for name, artefact in artefacts.items():
        yield ABI / f"{name}.json", json.dumps(artefact, indent=1, ensure_ascii=False) + "\n"


def stale_files() -> list[Path]:
    """Return the committed files that differ from what the sources give."""
    files = render(compile_contracts())
    return [path for path, text in files if not path.exists() or path.read_text() != text]


def write_files() -> list[Path]:
    """Write what the sources give and return the files that changed."""
    files = dict(render(compile_contracts()))
    changed = [path for path in files if not path.exists() or path.read_text() != files[path]]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])
    return changed


def main(argv: list[str] | None = None) -> int:
    """Build, or with `--check` only compare; return 1 and name each file that is stale."""
    parser = argparse.ArgumentParser(prog="python -m scripts.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if stale")
    options = parser.parse_args(argv)
    files = stale_files() if options.check else write_files()
    for path in files:
        word = "stale, run python -m scripts.build" if options.check else "written"
        print(f"{path.relative_to(ROOT)}: {word}")
    return 1 if options.check and files else 0


if __name__ == "__main__":
    sys.exit(main())
