"""Custody at terminals: driver, guest, site, checkpoint and officer, each with a wallet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.values import RecordKind
from tests.support.custody import AGENCY, HOTEL, PORT, SITE, CustodyDesk, custody_desk, moment
from tests.support.health_desks import HOST_ID
from tests.support.terminal import Terminal, seeded
from tests.support.wired import AT, wire
from wallet.commands import custody, custody_office

CUSTODY = ("health", "custody")
PERSON = {
    "name": "Sample Driver Kirin",
    "birthDate": "1981-05-06",
    "documentType": "P",
    "documentIssuer": "XA",
    "documentNumber": "D70012345",
}
PLACES = {PORT: "checkpoint", SITE: "site", HOTEL: "facility"}


@pytest.fixture(scope="module")
def desk(module_url: str) -> Iterator[CustodyDesk]:
    with custody_desk(module_url) as made:
        yield made


class People:
    """Wallets that speak to one service; the places' keys are in the wallets of the places."""

    def __init__(self, desk: CustodyDesk, folder: Path) -> None:
        self.desk = desk
        self.folder = folder
        self.office = self.wallet("office")
        self.traveller = self.wallet("me")
        for code, kind in PLACES.items():
            self.office.run("key", "new", "holder", kind)
            words = (code, kind, "--key", kind, *AT, "--account", "officer")
            self.office.run(*CUSTODY, "office", "place", AGENCY, *words)
        self.desk.world.clock.now += 1

    def wallet(self, name: str) -> Terminal:
        folder = self.folder / name
        folder.mkdir()
        randomness = seeded(str(self.folder).encode() + name.encode())
        terminal = Terminal(folder, self.desk.world.clock.now, randomness=randomness)
        terminal.run("key", "new", "holder", name)
        return terminal

    def later(self, seconds: int = 60) -> None:
        self.desk.world.clock.now += seconds
        for each in (self.office, self.traveller):
            each.now = self.desk.world.clock.now

    def file(self, name: str, content: Any = None) -> Path:
        path = self.folder / name
        if content is not None:
            path.write_bytes(orjson.dumps(content))
        return path

    def decide(self, *words: object) -> Any:
        return self.office.json(*CUSTODY, "office", *words, *AT, "--account", "officer")

    def step(
        self, trip: str, step: str, *words: object, signers: dict[str, str], **sent: Any
    ) -> Any:
        """Write the next event, have it signed by each as which party, and send it."""
        self.later()
        path, due = self.file(f"{step}.json"), moment(self.desk.world.clock.now + 1_800)
        ends = () if step in {"cancelled", "exited"} else ("--due", due)
        self.office.run(*CUSTODY, "step", trip, step, *words, *ends, "--out", path, *AT)
        for party, key in signers.items():
            terminal = self.traveller if key == "me" else self.office
            told = terminal.json(*CUSTODY, "sign", path, "--as", party, "--key", key)
        assert told["missing"] == []
        options = [word for name, value in sent.items() for word in (f"--{name}", value)]
        return self.office.json(*CUSTODY, "send", path, *options, *AT)


@pytest.fixture
def people(desk: CustodyDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    officer = {"officer": desk.desks.host_officer}
    wire(monkeypatch, desk.world, (custody, custody_office), officer)
    return People(desk, tmp_path)


class TestDriver:
    def test_applies_declares_and_is_admitted(self, people: People, desk: CustodyDesk) -> None:
        driver = people.traveller
        who = people.file("person.json", PERSON)
        applied = driver.json(*CUSTODY, "apply", AGENCY, who, *AT)
        name = applied["exemption"]
        until = moment(desk.world.clock.now + 86_400)
        assert people.decide("decide", name, "list", "--until", until)["state"] == "listed"
        path, entry = people.file("declaration.json"), desk.world.clock.now + 3_600
        ends = ("--entry", entry, "--out", path)
        told = driver.json(*CUSTODY, "declare", name, PORT, *ends)
        assert told["missing"] == ["consignee"]
        unsigned = driver.try_(*CUSTODY, "send", path, *AT)
        assert unsigned.exit_code == 1
        people.office.run(*CUSTODY, "sign", path, "--as", "consignee", "--key", "site")
        assert "declared" in driver.run(*CUSTODY, "send", path, *AT)
        trip = told["trip"]
        admission = desk.admission()
        shown = people.step(
            trip,
            "admitted",
            signers={"checkpoint": "checkpoint"},
            scan=admission["scan"],
            sampled=admission["sampledAt"],
        )
        assert shown["state"] == "admitted"
        people.step(trip, "in-transit", SITE, signers={"custodian": "checkpoint"})
        arrived = people.step(trip, "at-site", signers={"place": "site", "traveller": "me"})
        assert (arrived["state"], arrived["custodian"]) == ("at-site", SITE)
        listed = people.decide("list", AGENCY, "trips")
        assert trip in {each["trip"] for each in listed}
        desk.desks.anchor(HOST_ID, RecordKind.HEALTH_CUSTODY)
        assert "anchored" in driver.run(*CUSTODY, "status", trip, *AT)
        (known,) = driver.json(*CUSTODY, "mine")
        own = driver.json(*CUSTODY, "mine", known["name"][:8])
        assert own["exemption"]["state"] == "listed"
        assert [each["trip"] for each in own["trips"]] == [trip]
        assert "Exemption: listed" in driver.run(*CUSTODY, "mine", known["name"])
        people.later(1_801)
        assert people.decide("lapse", trip)["state"] == "lapsed"
        lost = people.decide("decide", name, "lapse", "--cause", "lost key")
        assert lost["state"] == "lapsed"
        shown = people.decide("applicant", name)
        assert shown["person"]["documentNumber"] == PERSON["documentNumber"]
        assert [act["act"] for act in shown["acts"]] == ["list", "lapse"]

    def test_is_told_what_is_missing(self, people: People) -> None:
        said = people.traveller.run(*CUSTODY, "mine", "00", code=1)
        assert "nothing of this name" in said
        bad = people.file("bad.json", {"name": "Sample"})
        assert "who the person is" in people.traveller.run(
            *CUSTODY, "apply", AGENCY, bad, *AT, code=1
        )
        wrong = people.file("wrong.json", {"event": "AA"})
        assert "no event of a trip" in people.traveller.run(*CUSTODY, "send", wrong, *AT, code=1)
        for words in (("in-transit",), ("in-transit", SITE), ("at-site",), ("exited", "--due", 9)):
            people.office.run(*CUSTODY, "step", "0x00", *words, *AT, code=64)


class TestArrival:
    def test_lands_stays_and_is_released(self, people: People, desk: CustodyDesk) -> None:
        guest = people.traveller
        who = people.file("guest.json", PERSON)
        path = people.file("landing.json")
        ends = ("--due", desk.world.clock.now + 3_600, "--out", path)
        told = guest.json(*CUSTODY, "land", AGENCY, PORT, who, *ends, *AT)
        assert told["missing"] == ["checkpoint"]
        trip = told["trip"]
        checkpoint = ("--as", "checkpoint", "--key", "checkpoint")
        people.office.run(*CUSTODY, "sign", path, *checkpoint)
        assert people.office.json(*CUSTODY, "send", path, *AT)["state"] == "landed"
        people.step(trip, "tested", signers={"checkpoint": "checkpoint"})
        people.step(trip, "in-transit", HOTEL, signers={"custodian": "checkpoint"})
        asked = people.decide("ask", trip, "--seen-at", SITE)["alerts"]
        assert [each["cause"] for each in asked] == ["other-place"]
        named = asked[0]["alert"]
        assert people.decide("alert", named, "acknowledgement")["finding"] is None
        assert named in {each["alert"] for each in people.decide("list", AGENCY, "alerts")}
        closed = people.decide("alert", named, "closure", "--finding", "in-order")
        assert closed["finding"] == "in-order"
        both = {"place": "facility", "traveller": "me"}
        people.step(trip, "at-facility", signers=both)
        assert people.decide("release", trip)["state"] == "released"
        own = guest.json(*CUSTODY, "mine", trip)
        assert (own["exemption"], own["trips"][0]["state"]) == (None, "released")
        assert len(own["alerts"]) == 1
