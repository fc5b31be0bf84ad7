"""Lane 7 of a sample checkpoint: one wallet that is a gate, and what it says about codes."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.demo.off_line import off_line
from scripts.demo.recognition import HOST
from scripts.demo.stage import expect
from scripts.demo.terminal import Answer, Terminal

PLACE: Final = (
    *("--checkpoint", "Sample Checkpoint", "--port", "sample-port", "--lane", "7"),
    *("--time-zone", "Asia/Macau"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate said about one code, as its --json has it."""

    said: dict[str, Any]

    @property
    def outcome(self) -> str:
        """ACCEPT, SECONDARY, DENY or UNKNOWN."""
        return str(self.said["outcome"])

    @property
    def headline(self) -> str | None:
        """The first reason, None where there is none."""
        found: str | None = self.said["headline"]
        return found

    @property
    def told(self) -> str:
        """Outcome and first reason in one line."""
        return self.outcome if self.headline is None else f"{self.outcome} {self.headline}"

    @property
    def scan(self) -> str:
        """The number that is shown with the answer."""
        return str(self.said["scans"][0])


@dataclass(frozen=True, slots=True)
class Lane:
    """The gate's terminal, the office that vouches for it, and where its bundles come from."""

    gate: Terminal
    office: Terminal
    files: Path
    service: str

    def open(self) -> str:
        """Enrol, be certified, trust the publisher; take the first signed bundle."""
        request, certificate, publisher = (
            self.files / name for name in ("reader-request.json", "reader.cert", "mo-lists.jwk")
        )
        self.gate.run("gate", "enrol", HOST, *PLACE, "--out", request)
        words = ("certify", request, "--key", "mo-gates", "--out", certificate)
        self.office.run("gate", *words)
        self.gate.run("gate", "install", certificate)
        self.office.run("key", "export-public", "mo-lists", "--out", publisher)
        self.gate.run("trust", "add", publisher)
        self.gate.run("key", "new", "account", "gatekeeper")
        account = self.gate.run("key", "show", "gatekeeper", "--json").json()["address"]
        for role in ("gate", "registrar"):
            self.office.run("agency", "grant", HOST, role, account)
        told = self.update()
        parts = ", ".join(part["part"] for part in told["parts"])
        return f"bundle {told['sequence']} of block {told['block']}: {parts}"

    def update(self) -> dict[str, Any]:
        """Take the newest bundle; return what the gate says that it holds."""
        url = f"{self.service}/v1/health/gate-bundles/{HOST}"
        told: dict[str, Any] = self.gate.run("gate", "update", "--from", url, "--json").json()
        expect(told["unusable"] == {}, str(told["unusable"]))
        return told

    def scan(self, name: str, codes: Iterable[str], *options: object) -> list[Verdict]:
        """Scan codes from a file of lines, with no network; return one verdict a code."""
        path = self.files / f"{name}.txt"
        path.write_text("".join(f"{code}\r\n" for code in codes))
        return self.look_at([path], *options)

    def look_at(self, sources: Sequence[Path], *options: object) -> list[Verdict]:
        """Scan pictures or files of lines, with no network; return one verdict a code."""
        words = ("gate", "scan", *sources, *options, "--json")
        self.gate.show(*words)
        with off_line():
            answer = self.gate.quietly(*words)
        found = [Verdict(json.loads(line)) for line in answer.out.splitlines()]
        expect(found, f"nothing was answered: {answer.err[:500]}")
        return found

    def one(self, name: str, code: str) -> str:
        """Scan one code; return outcome and first reason."""
        (verdict,) = self.scan(name, [code])
        return verdict.told

    def push(self) -> int:
        """Hand the scan log on by the gate's own account; return how many rows."""
        by = ("--account", "gatekeeper", "--service", self.service)
        return int(self.gate.run("gate", "log", "push", *by, "--json").json()["pushed"])

    def answer(self, number: str, code: Path, text: str) -> None:
        """Answer the appeal against a scan in writing, by the gate's own account."""
        out = self.files / "answer.json"
        said = ("--code", code, "--by", "officer-7", "--text", text, "--out", out)
        by = ("--account", "gatekeeper", "--service", self.service)
        self.gate.run("gate", "appeal", "answer", number, *said, *by)

    def explain(self, number: str, code: Path) -> Answer:
        """Ask why the scan was decided as it was, and decide once more by the cited versions."""
        with off_line():
            return self.gate.run("gate", "appeal", "explain", number, "--code", code, "--json")


def counted(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Return how many had which outcome and first reason."""
    return dict(Counter(verdict.told for verdict in verdicts))
