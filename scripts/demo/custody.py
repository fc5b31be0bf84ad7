"""A cross-border driver's trip: declared, let in at the gate, handed over late, and out again."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.canonical import b64url_decode
from ledger.health import custody_events
from scripts.demo.crowd import Traveller
from scripts.demo.lane import Lane
from scripts.demo.privacy import of_key
from scripts.demo.recognition import HOST, Recognition
from scripts.demo.stage import NotAsTold, expect
from scripts.demo.terminal import Terminal
from wallet.health.custody import SubjectFolder
from wallet.keyring import Keyring
from wallet.surroundings import KEYS

_PORT, _SITE, _EXIT = "Sample Checkpoint", "sample-site", "Sample Exit"
_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    _PORT: ("checkpoint", "place-port"),
    _SITE: ("site", "place-site"),
    _EXIT: ("checkpoint", "place-exit"),
}
"""What each place is, and the key that signs there."""
_KEY: Final = "driver"
_LEG_SECONDS: Final = 5
"""A leg that nobody can drive, so that the hand-over is missed."""
_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR
_NAMED: Final = ("name", "birthDate", "documentType", "documentIssuer", "documentNumber")


@dataclass
class DriverStory:
    """The driver's wallet, the places' keys in the office's, and the lane where the trip enters."""

    driver: Terminal
    lane: Lane
    recognition: Recognition
    until: Callable[[Callable[[], bool], str], None]
    trip: dict[str, Any] = field(default_factory=dict)

    def play(self, traveller: Traveller) -> str:
        """Let one of the travellers drive from entry to exit, late once."""
        self._register()
        exemption = self._exempted(traveller)
        self._declare(exemption)
        self._enter(traveller)
        self._step("in-transit", _SITE, {"custodian": _PORT}, due=_LEG_SECONDS)
        alert = self._missed()
        self._step("at-site", None, {"place": _SITE, "traveller": ""}, due=_HOUR)
        self._office("alert", alert, "acknowledgement")
        closed = self._office("alert", alert, "closure", "--finding", "in-order")
        self._step("in-transit", _EXIT, {"custodian": _SITE}, due=_HOUR)
        self._step("at-exit", None, {"place": _EXIT, "traveller": ""}, due=_HOUR)
        self._step("exited", None, {"checkpoint": _EXIT})
        way = [each["step"] for each in self.trip["events"]]
        expect(self.trip["state"] == "exited" and not self.trip["isLive"], str(way))
        self.until(self._is_anchored, "the trip is not anchored")
        asked = f"a hand-over missed: asked by {closed['level']}, {closed['finding']}"
        return f"{' → '.join(way)}; {asked}; every event is anchored"

    def personal(self) -> Iterator[tuple[str, str | bytes]]:
        """Yield what the trip has of a person, by its kind: keys, names of it, its randomness."""
        for entry in Keyring(self.driver.wallet / KEYS).list():
            if entry.public_key is not None:
                yield from of_key("driver", entry.public_key)
        for subject in SubjectFolder(self.driver.wallet / "custody").all():
            yield "exemption", bytes.fromhex(subject.name)
        for each in self.trip.get("events", ()):
            event = custody_events.read(b64url_decode(each["document"])).event
            yield "trip", event.trip
            yield "custody event", event.random

    def _register(self) -> None:
        for code, (kind, key) in _PLACES.items():
            self.lane.office.run("key", "new", "holder", key)
            self._office("place", HOST, code, kind, "--key", key)

    def _exempted(self, traveller: Traveller) -> str:
        """Apply under the traveller's own name, and be listed."""
        who = self.lane.files / "driver.json"
        form = traveller.person.form
        who.write_text(json.dumps({name: form[name] for name in _NAMED}))
        self.driver.run("key", "new", "holder", _KEY)
        words = ("apply", HOST, who, "--key", _KEY)
        exemption = str(self._custody(self.driver, *words)["exemption"])
        until = ("--until", int(time.time()) + 90 * _DAY)
        listed = self._office("decide", exemption, "list", *until)
        expect(listed["state"] == "listed", str(listed))
        return exemption

    def _declare(self, exemption: str) -> None:
        path = self.lane.files / "declaration.json"
        words = ("--entry", int(time.time()) + _HOUR, "--out", path, "--json")
        self.driver.run("health", "custody", "declare", exemption, _PORT, *words)
        self._sign(path, "consignee", _SITE)
        self.trip = self._custody(self.driver, "send", path)

    def _enter(self, traveller: Traveller) -> None:
        """Show the pass at the gate as everybody does; the checkpoint names that scan."""
        now = int(time.time())
        (verdict,) = self.lane.scan("driver", [traveller.live(now)])
        expect(verdict.outcome == "ACCEPT", verdict.told)
        self.lane.push()
        sent = ("--scan", verdict.scan, "--sampled", now)
        self._step("admitted", None, {"checkpoint": _PORT}, *sent, due=_HOUR)

    def _missed(self) -> str:
        """Wait until the service has raised the alert; return its name."""
        found: list[str] = []

        def is_raised() -> bool:
            alerts = self._office("list", HOST, "alerts")
            found[:] = [each["alert"] for each in alerts if each["trip"] == self.trip["trip"]]
            return bool(found)

        self.until(is_raised, "nobody asks about a missed hand-over")
        return found[0]

    def _step(
        self, step: str, place: str | None, signers: dict[str, str], *sent: object, due: int = 0
    ) -> None:
        """Write the next event, have it signed as each party at a place, and send it.

        The driver's own wallet signs where no place is named.
        """
        path = self.lane.files / f"{step}.json"
        more = (("--due", int(time.time()) + due) if due else ()) + ("--out", path)
        where = () if place is None else (place,)
        self._custody(self.driver, "step", self.trip["trip"], step, *where, *more)
        for party, code in signers.items():
            self._sign(path, party, code)
        self.trip = self._custody(self.driver, "send", path, *sent)
        expect(self.trip["state"] == step, str(self.trip["state"]))

    def _sign(self, path: object, party: str, code: str) -> None:
        terminal = self.lane.office if code else self.driver
        key = _PLACES[code][1] if code else _KEY
        terminal.run("health", "custody", "sign", path, "--as", party, "--key", key)

    def _is_anchored(self) -> bool:
        self.trip = self._custody(self.driver, "status", self.trip["trip"])
        return {each["stage"] for each in self.trip["events"]} <= {"anchored", "final"}

    def _custody(self, terminal: Terminal, *words: object) -> dict[str, Any]:
        service = ("--service", self.lane.service, "--json")
        found = terminal.run("health", "custody", *words, *service).json()
        if not isinstance(found, dict):
            raise NotAsTold(f"no object: {found}")
        return found

    def _office(self, *words: object) -> Any:
        return self.recognition.serve("health", "custody", "office", *words, "--json").json()
