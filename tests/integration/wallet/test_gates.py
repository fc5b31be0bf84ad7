"""A gate that is killed while it scans, and a traveller who asks the ledger who a gate is."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from ledger.chain.rpc import Node
from ledger.health import presentations
from ledger.health.scans import digest_of, scan_number
from ledger.keys import PublicKey
from tests.integration.wallet.conftest import NAME, Town
from tests.support.lanes import AT, PLACE, GateTerminal, bundle, live, sealed
from tests.support.terminal import Terminal
from tests.support.travellers import pass_texts

_SCAN = """
import sys, time
from dataclasses import replace
from pathlib import Path
from tests.support.terminal import Terminal, seeded
from wallet.cli import main
from wallet.embedded import Clocks
terminal = Terminal(Path(sys.argv[1]), now=int(sys.argv[2]), randomness=seeded(b"scanner"))
clocks = Clocks(lambda: terminal.now, time.monotonic, time.sleep)
main(["gate", "scan", "--json"], obj=replace(terminal.outside, clocks=clocks))
"""


class TestKilledGate:
    def test_remembers_what_it_answered(self, tmp_path: Path) -> None:
        gate = GateTerminal(Terminal(tmp_path, now=AT))
        shown = sealed()
        gate.take(bundle(shown))
        words = [sys.executable, "-c", _SCAN, str(tmp_path), str(AT)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as scanner:
            assert scanner.stdin is not None
            assert scanner.stdout is not None
            scanner.stdin.write(live(shown).encode() + b"\r\n")
            scanner.stdin.flush()
            answer = orjson.loads(scanner.stdout.readline())
            scanner.kill()
        assert answer["outcome"] == "ACCEPT"
        again = orjson.loads(gate.scan(live(shown), words=("--json",), code=3).stdout)
        assert again["headline"] == "REPLAY"
        (number,) = answer["scans"]
        assert gate.terminal.json("gate", "appeal", "explain", number)["outcome"] == "ACCEPT"

    def test_kept_together_is_kept_before_it_is_answered(self, tmp_path: Path) -> None:
        gate = GateTerminal(Terminal(tmp_path, now=AT))
        gate.take(bundle())
        words = [sys.executable, "-c", _SCAN, str(tmp_path), str(AT)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as scanner:
            assert scanner.stdin is not None
            assert scanner.stdout is not None
            scanner.stdin.write(b"SZ2:NO CODE\r\n" * 3_000)
            scanner.stdin.flush()
            first = scanner.stdout.readline()
            scanner.kill()
            answered = [first, *scanner.stdout]
        numbers = {orjson.loads(line)["scans"][0] for line in answered if line.endswith(b"\n")}
        rows = gate.terminal.run("gate", "log", "export").encode().splitlines()
        assert 1 <= len(numbers) < 3_000
        assert numbers <= {scan_number(digest_of(row)) for row in rows}


class TestAskedTraveller:
    def test_finds_on_the_ledger_who_vouches_for_a_gate(self, town: Town) -> None:
        """One wallet is agency, gate and traveller here; the ledger is between them."""
        terminal = town.terminal
        for kind, key in (("document", "seal"), ("document", "vouching"), ("holder", "me")):
            terminal.run("key", "new", kind, key)
        town.admit("seal")
        terminal.run("agency", "announce-key", NAME, "vouching", "--usage", "readers")
        request, certificate, asked = (terminal.folder / name for name in ("r", "c", "a.png"))
        terminal.run("gate", "enrol", NAME, *PLACE, "--out", request)
        with closing(Node([town.anvil.url])) as node:
            head = node.call("eth_getBlockByNumber", "latest", False)  # noqa: FBT003  # JSON-RPC
        terminal.now = int(head["timestamp"], 16)
        given: dict[str, Any] = {"not_before": terminal.now - 60, "issued_at": terminal.now - 60}
        out = terminal.folder / "request.json"
        terminal.run("health", "pass", "request", "me", "--count", 1, "--out", out)
        (jwk,) = orjson.loads(out.read_bytes())["keys"]
        kept = terminal.folder / "pass.txt"
        ends = terminal.now + 3_600
        (text,) = pass_texts([PublicKey.from_jwk(jwk)], expires_at=ends, **given)
        kept.write_text(text)
        terminal.run("health", "pass", "add", kept)

        def challenged(key: str) -> None:
            words = ("certify", request, "--key", key, "--out", certificate)
            terminal.run("gate", *words)
            terminal.run("gate", "install", certificate)
            terminal.run("gate", "challenge", "--out", asked)

        challenged("vouching")
        told = terminal.json("health", "answer", asked, "--yes")
        assert told["gate"]["checkpoint"] == "Sample Checkpoint"
        assert presentations.read(told["text"]).passes
        challenged("seal")  # an agency's key, but not one for gates
        assert "not known here" in terminal.run("health", "answer", asked, "--yes", code=2)
