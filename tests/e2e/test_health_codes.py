"""`suizheng health` and `suizheng gate` from end to end: two authorities' services on one chain.

Each has its own database, keys, account and processes, whose connections are watched: neither ever
opens one to the other. The traveller carries what crosses, the ledger has what both believe.

Every command here speaks to the real thing; each refusal is read, and its exit code counted.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.canonical import canonical_json
from scripts.demo.__main__ import household
from scripts.demo.crowd import Person, transfer_form
from scripts.demo.lane import PLACE, Lane
from scripts.demo.recognition import HOME, HOST, Recognition
from scripts.demo.terminal import Answer, Terminal
from scripts.ports import free_ports
from tests.support.back_end import OwnService
from tests.support.watching import Watch
from wallet.embedded import ANVIL
from wallet.household import Household

pytestmark = [
    pytest.mark.skipif(not ANVIL.exists(), reason=f"{ANVIL} is not installed here"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]
PERSON = Person(4_711)
CHILDREN = (Person(4_712), Person(4_713))
DAY = 86_400
TALKS = """
import asyncio, contextlib, socket, subprocess, sys
with contextlib.suppress(OSError):
    socket.create_connection(("127.0.0.1", 9))
with contextlib.suppress(OSError):
    asyncio.run(asyncio.open_connection("127.0.0.1", 10))
try:
    import uvloop
except ImportError:
    talk = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 11))"
    subprocess.run([sys.executable, "-c", talk], check=True)
"""
NOBODY_LISTENS = "http://127.0.0.1:9"


class Border:
    """Both offices, the traveller's wallet, and the gate's.

    The household's service is the host's; the home authority's is beside it.
    """

    def __init__(self, house: Household, folder: Path, host: Watch) -> None:
        self.house = house
        self.folder = folder
        self.watches = {HOME: Watch(folder / "home.sockets"), HOST: host}
        (port,) = free_ports(1)
        watched = self.watches[HOME].environment
        self.home = OwnService(house, folder / "home", port, "gd-operator", watched)
        self.office = Terminal(house.layout.wallet, folder)
        self.recognition = Recognition(house, self.office, folder)
        self.traveller = Terminal(folder / "traveller", folder)
        gate = Terminal(folder / "lane-7", folder)
        self.lane = Lane(gate, self.office, folder, house.urls.service)
        self.service = ("--service", house.urls.service)
        self.node = ("--node", house.urls.node)

    def open(self) -> None:
        self.office.run("key", "new", "account", "admin")
        self.office.run("key", "fund", "admin", *self.node)
        self.office.run("key", "new", "account", "gd-operator")
        self.office.run("key", "fund", "gd-operator", *self.node)
        self.home.start()
        self.recognition.back_ends[HOME] = self.home.back_end
        self.recognition.agree()
        self.recognition.equip()
        self.recognition.serve("agreement", "publish", self.domestic(), by="mo-supervisor")
        self.traveller.run("key", "new", "holder", "me")
        self.traveller.run("trust", "ledger", self.house.layout.deployment)
        self.traveller.run("key", "export-public", "me", "--out", self.folder / "me.jwk")

    @property
    def policy(self) -> Path:
        return self.recognition.agreed[0].policy

    def domestic(self) -> Path:
        """Write the host's policy for its own passes."""
        document = orjson.loads(self.policy.read_bytes()) | {"from": "MO"}
        path = self.folder / "domestic.json"
        path.write_bytes(canonical_json(document))
        return path

    def form(self, name: str, **changes: Any) -> Path:
        jwk = orjson.loads((self.folder / "me.jwk").read_bytes())
        form = transfer_form(PERSON, jwk, int(time.time())) | changes
        path = self.folder / f"{name}.form.json"
        path.write_bytes(orjson.dumps(form))
        return path

    def transfer(self, name: str, **changes: Any) -> Path:
        """Have the home authority sign a transfer, anchored."""
        out = self.folder / f"{name}.json"
        words = ("health", "transfer", HOME, self.form(name, **changes), "--out", out)
        self.recognition.serve(*words, by="gd-officer")
        return out

    def convert(self, carried: Path, *more: object, code: int = 0) -> Answer:
        words = (carried, "--agency", HOST, "--policy", self.policy, *self.service, *self.node)
        return self.traveller.run("health", "convert", *words, *more, code=code)

    def passes(self) -> list[dict[str, Any]]:
        return list(self.traveller.run("health", "pass", "list", "--json").json())

    def shown(self, *words: object) -> str:
        answer = self.traveller.run("health", "pass", "show", *words, "--once", "--json")
        return str(answer.json()["text"])

    def scan(self, *words: object, code: int) -> Answer:
        return self.lane.gate.run("gate", "scan", *words, code=code)

    def typed(self, text: bytes) -> subprocess.CompletedProcess[bytes]:
        """Let a hand scanner type at the gate's terminal."""
        wallet = ("--wallet", str(self.lane.gate.wallet))
        command = [sys.executable, "-m", "wallet.cli", *wallet, "gate", "scan", "--json"]
        return subprocess.run(command, input=text, check=False, capture_output=True)

    def update_until_listed(self, text: str) -> None:
        """Update the gate until its allow list has the pass."""
        deadline = time.monotonic() + 60
        while self.lane.one("waiting", text).startswith("UNKNOWN ANCHOR"):
            assert time.monotonic() < deadline, "the pass is not listed"
            time.sleep(1)
            self.lane.update()


@pytest.fixture
def border(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Border]:
    for name in [name for name in os.environ if name.startswith("SUIZHENG_")]:
        monkeypatch.delenv(name)
    watch = Watch(tmp_path / "host.sockets")
    with monkeypatch.context() as given:
        for name, value in (watch.environment | {"SUIZHENG_VERIFIERS": "0"}).items():
            given.setenv(name, value)
        house = household(tmp_path / "var")
    monkeypatch.setenv("SUIZHENG_PASSWORD_FILE", str(house.layout.password))
    made = Border(house, tmp_path, watch)
    try:
        house.start()
        made.open()
        yield made
    finally:
        made.home.stop()
        house.stop()


class TestWatch:
    def test_sees_whoever_is_spoken_to(self, tmp_path: Path) -> None:
        """Were it blind, nothing below would show that services are strangers."""
        watch = Watch(tmp_path / "sockets")
        done = subprocess.run(
            [sys.executable, "-c", TALKS], check=False, env=os.environ | watch.environment
        )
        assert done.returncode == 0
        assert watch.peers == {("127.0.0.1", port) for port in (9, 10, 11)}
        assert watch.programs == {sys.executable}


class TestBorder:
    def test_from_the_transfer_to_the_withdrawal(self, border: Border) -> None:
        """One world for all of it, since each costs half a minute; the parts are below."""
        self.nothing_is_there_yet(border)
        self.officers_are_told_what_is_wrong(border)
        self.conversions_are_refused_in_words(border)
        self.a_conversion_and_its_refill(border)
        self.a_gate_opens(border)
        self.a_live_pass_and_a_group(border)
        self.what_a_scanner_types(border)
        number = self.an_officer_decides_otherwise(border)
        self.the_log_is_handed_on(border, number)
        self.an_appeal(border, number)
        self.a_consent_is_taken_back(border)
        self.neither_service_spoke_to_the_other(border)

    def neither_service_spoke_to_the_other(self, border: Border) -> None:
        node = ("127.0.0.1", int(border.house.urls.node.rpartition(":")[2]))
        for watch in border.watches.values():
            assert {"serve", "work"} <= watch.commands
            assert watch.programs <= {sys.executable}  # each of them is watched as well
            assert watch.peers == {node}
        databases = [border.house.layout.database, border.home.folder / "suizheng.db"]
        kept = [database.read_bytes() for database in databases]
        assert all(PERSON.form["documentNumber"].encode() not in each for each in kept)

    def nothing_is_there_yet(self, border: Border) -> None:
        gate, traveller = border.lane.gate, border.traveller
        for words in (("status",), ("scan",), ("challenge",), ("erase",), ("log", "export")):
            assert "suizheng gate enrol" in gate.run("gate", *words, code=2).err
        said = traveller.run("health", "pass", "show", code=1).err
        assert "suizheng health convert" in said
        assert "No passes yet" in traveller.run("health", "pass", "list").out
        assert "No conversions yet" in traveller.run("health", "conversions").out
        assert "No gate was answered" in traveller.run("health", "gates").out
        assert "No conversion waits" in traveller.run("health", "convert", "--resume", code=1).err
        assert "TRANSFER or --code" in traveller.run("health", "convert", code=64).err

    def officers_are_told_what_is_wrong(self, border: Border) -> None:
        serve, form = border.recognition.serve, border.form("refused")
        out = ("--out", border.folder / "never.json")
        said = serve("health", "transfer", HOME, form, *out, by="mo-officer", code=1).err
        assert "does not hold the role issuer" in said
        unknown = border.form("unknown", target="XX")
        said = serve("health", "transfer", HOME, unknown, *out, by="gd-officer", code=1).err
        assert "suizheng agency admit-jurisdiction" in said
        bad = border.form("bad", grade=9)
        said = serve("health", "transfer", HOME, bad, *out, by="gd-officer", code=1).err
        assert "grade" in said
        away = ("--service", NOBODY_LISTENS, "--account", "gd-officer")
        said = border.office.run("health", "transfer", HOME, form, *out, *away, code=2).err
        assert "Check that it runs" in said
        assert not (border.folder / "never.json").exists()

    def conversions_are_refused_in_words(self, border: Border) -> None:
        old = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 8 * DAY))
        test = {"kind": "LP6464-4", "result": "negative", "sampledAt": old, "laboratory": "Sample"}
        carried = border.transfer("old", test=test)
        said = border.convert(carried, "--yes", code=1).err
        assert "Take a new one" in said
        assert "Appeal to appeals@health.example; you are answered within 24 hours." in said
        said = border.convert(carried, "--purpose", "holidays", "--yes", code=64).err
        assert "holidays: the policy knows entry, work site." in said
        other = border.recognition.agreed[1].policy
        words = (carried, "--agency", HOST, "--policy", other, *border.service, *border.node)
        said = border.traveller.run("health", "convert", *words, "--yes", code=1).err
        assert "Get one for this agreement" in said
        draft = border.folder / "draft.json"
        document = orjson.loads(border.policy.read_bytes()) | {"maxUses": 9}
        draft.write_bytes(canonical_json(document))
        words = (carried, "--agency", HOST, "--policy", draft, *border.service, *border.node)
        said = border.traveller.run("health", "convert", *words, "--yes", code=1).err
        assert "Get the present one" in said
        said = border.traveller.run("health", "conversions").out
        assert "No conversions yet" in said

    def a_conversion_and_its_refill(self, border: Border) -> None:
        carried = border.transfer("good")
        done = border.convert(carried, "--count", 3, "--yes")
        assert "3 passes kept." in done.out
        assert "Grade to expect: Green code" in done.err
        said = border.convert(carried, "--yes", code=1).err
        assert "The transfer was converted already." in said
        (terms,) = border.traveller.run("health", "conversions", "--json").json()
        refill = ("health", "refill", terms["name"][:8], "--count")
        assert "2 passes kept." in border.traveller.run(*refill, 2).out
        said = border.traveller.run(*refill, 64, code=1).err
        assert "Ask for fewer" in said
        assert len(border.passes()) == 5
        said = border.traveller.run("health", "refill", "ffff", code=1).err
        assert "`suizheng health conversions` lists them" in said

    def a_gate_opens(self, border: Border) -> None:
        gate, request = border.lane.gate, border.folder / "request.json"
        gate.run("gate", "enrol", HOST, *PLACE, "--out", request)
        said = gate.run("gate", "enrol", HOST, *PLACE, "--key", "other", code=1).err
        assert "another --wallet folder" in said
        assert "suizheng gate install" in gate.run("gate", "challenge", code=2).err
        assert "holds no bundle" in gate.run("gate", "status").out
        assert "suizheng gate update" in border.scan(border.policy, code=2).err
        certify = ("gate", "certify", request, "--out", border.folder / "reader.cert", "--key")
        assert "document" in border.office.run(*certify, "admin", code=1).err
        border.office.run(*certify, "mo-gates")
        assert (
            "may ask for passes" in gate.run("gate", "install", border.folder / "reader.cert").out
        )
        url = f"{border.house.urls.service}/v1/health/gate-bundles"
        said = gate.run("gate", "update", "--from", f"{url}/{HOST}", code=2).err
        assert "suizheng trust add" in said
        said = gate.run("gate", "update", "--from", f"{url}/MO/NOBODY", code=1).err
        assert "suizheng agency list" in said
        border.office.run("key", "export-public", "mo-lists", "--out", border.folder / "lists.jwk")
        gate.run("trust", "add", border.folder / "lists.jwk")
        gate.run("key", "new", "account", "gatekeeper")
        account = gate.run("key", "show", "gatekeeper", "--json").json()["address"]
        for role in ("gate", "registrar"):
            border.office.run("agency", "grant", HOST, role, account)
        said = gate.run("gate", "update", "--from", f"{url}/{HOST}").out
        assert f"of {HOST}" in said

    def a_live_pass_and_a_group(self, border: Border) -> None:
        border.update_until_listed(border.shown())
        picture = border.folder / "code.png"
        border.traveller.run("health", "pass", "show", "--out", picture)
        said = border.scan(picture, code=0).out
        assert "● ACCEPT" in said
        assert "Agreement CN-GD to MO, version 1, IN_FORCE" in said
        codes = self.of_children(border)
        border.update_until_listed(border.shown(*codes))
        group = border.folder / "group.txt"
        group.write_text(border.shown(*codes))
        said = border.scan(group, code=0).out
        assert said.count("ACCEPT") == 1 + len(codes)

    def of_children(self, border: Border) -> list[str]:
        """Have the host issue its own passes of two children, bound to the traveller's key."""
        asked, out = border.folder / "asked.json", border.folder / "children.txt"
        border.traveller.run("health", "pass", "request", "me", "--count", 0, "--out", asked)
        keys = orjson.loads(asked.read_bytes())
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + DAY))
        form = border.folder / "issue.json"
        form.write_bytes(
            orjson.dumps(
                {
                    "terms": {"grade": 0, "endsAt": ends, "modes": ["A"], "purposes": 1},
                    "recipients": [{"person": child.form, **keys} for child in CHILDREN],
                }
            )
        )
        border.recognition.serve("health", "issue", HOST, form, "--out", out)
        kept = border.traveller.run("health", "pass", "add", out, "--json").json()
        return [each["digest"] for each in kept]

    def what_a_scanner_types(self, border: Border) -> None:
        code = border.shown("--key", "me")
        typed = border.typed(b"]Q1" + code.encode() + b"\r\n\tHC1:6BF\r\n")
        told = [orjson.loads(line) for line in typed.stdout.splitlines()]
        assert [each["outcome"] for each in told] == ["ACCEPT", "DENY"]
        assert typed.returncode == 1
        typed = border.typed(code.lower().encode() + b"\r\n")
        assert orjson.loads(typed.stdout)["headline"] == "REPLAY"
        assert typed.returncode == 3
        typed = border.typed(b"\r\n")
        assert (typed.returncode, typed.stdout) == (2, b"")
        assert b"No code was scanned" in typed.stderr
        assert "TYPE,ISSUER,NUMBER" in border.scan("--id", "P", code=64).err

    def an_officer_decides_otherwise(self, border: Border) -> str:
        gate = border.lane.gate
        (verdict,) = border.lane.scan("broken", ["SZ2:NOT A CODE"])
        assert verdict.told == "DENY FORMAT"
        said = ("--by", "officer-7", "--why", "printed badly")
        words = ("gate", "override", verdict.scan, "ACCEPT", *said)
        assert "ACCEPT by officer-7" in gate.run(*words).out
        unknown = ("gate", "override", "A" * 16, "ACCEPT", *said)
        assert "Check the number" in gate.run(*unknown, code=1).err
        told = gate.run("gate", "appeal", "explain", verdict.scan).out
        assert "DENY" in told
        assert "FORMAT" in told
        return verdict.scan

    def the_log_is_handed_on(self, border: Border, number: str) -> None:
        gate, traveller = border.lane.gate, border.traveller
        said = traveller.run("health", "appeal", number, *border.service, code=1).err
        assert "may not have handed its log on" in said
        push = ("gate", "log", "push", "--account", "gatekeeper", "--service")
        assert "Check that it runs" in gate.run(*push, NOBODY_LISTENS, code=2).err
        waiting = gate.run("gate", "status", "--json").json()["notPushed"]
        told = gate.run(*push, border.house.urls.service, "--json").json()
        assert (told["pushed"], len(told["dayKeys"])) == (waiting, 1)
        assert gate.run("gate", "status", "--json").json()["notPushed"] == 0
        rows = border.folder / "rows.jsonl"
        gate.run("gate", "log", "export", "--out", rows)
        assert len(rows.read_bytes().splitlines()) == waiting
        seen = traveller.run("health", "scans", HOST, *border.service, "--json").json()
        assert {each["row"]["outcome"] for each in seen} >= {"ACCEPT"}
        assert "0 days erased" in gate.run("gate", "erase").out

    def an_appeal(self, border: Border, number: str) -> None:
        gate, traveller = border.lane.gate, border.traveller
        code, out = border.folder / "broken.txt", border.folder / "answer.json"
        by = ("--by", "officer-7", "--text", "The code was damaged.", "--out", out)
        account = ("--account", "gatekeeper", *border.service)
        answer = ("gate", "appeal", "answer", number, "--code", code, *by, *account)
        assert "suizheng health appeal" in gate.run(*answer, code=1).err
        said = traveller.run("health", "appeal", number, *border.service).out
        assert "is lodged. It is to be answered by" in said
        assert "UPHELD" in gate.run(*answer).out
        assert "an answer is never edited" in gate.run(*answer, code=1).err
        said = traveller.run("health", "appeal", number, *border.service).out
        assert "UPHELD, the refusal stands." in said
        assert "The code was damaged." in said

    def a_consent_is_taken_back(self, border: Border) -> None:
        (terms,) = border.traveller.run("health", "conversions", "--json").json()
        last = border.shown(border.passes()[0]["digest"])
        assert border.lane.one("last", last) == "ACCEPT"
        withdraw = ("health", "withdraw", terms["name"], "--yes")
        assert "1 consents taken back." in border.traveller.run(*withdraw).out
        assert "lists them" in border.traveller.run(*withdraw, code=1).err
        digest = border.passes()[0]["digest"]
        deadline = time.monotonic() + 60
        while (found := border.lane.one("withdrawn", border.shown(digest))) != "DENY STATUS":
            assert time.monotonic() < deadline, found
            time.sleep(1)
            border.lane.update()
