"""The story of health codes: from an agreement's signature to an appeal that is answered."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ledger.health import passes
from ledger.keys import PrivateKey
from ledger.verification.check import rfc3339
from scripts.demo.chain_time import head_number
from scripts.demo.crowd import RED, SIZE, YELLOW, Crossing, Person, Traveller, people, transfer_form
from scripts.demo.custody import DriverStory
from scripts.demo.european import pictures_of, trust_list_of
from scripts.demo.lane import Lane, Verdict, counted
from scripts.demo.privacy import of_person, of_transfer, of_travellers, of_wallet
from scripts.demo.recognition import HOME, HOST, Recognition
from scripts.demo.stage import NotAsTold, Stage, expect
from scripts.demo.terminal import Terminal
from wallet.health.conversions import Carried
from wallet.household import Household
from wallet.keyring import Keyring
from wallet.sessions import SessionFile
from wallet.surroundings import KEYS

PATIENCE_SECONDS: Final = 60.0
LEAD: Final = Person(SIZE)
_CARRIED: Final = "transfer.json"
"""The traveller who types every command."""
MORE: Final = 2
_ANSWER: Final = "The code was red when it was shown; a new test changes it."
_HOUR: Final = 3_600
_SOME: Final = 50
"""How many of the crowd come once more."""


@dataclass
class HealthStory:
    """What the steps hand on to each other; `vectors` is a folder of other people's codes."""

    household: Household
    folder: Path
    office: Terminal
    files: Path
    vectors: Path | None
    crowd: list[Traveller] = field(default_factory=list)
    thieves: dict[str, Traveller] = field(default_factory=dict)
    refused: tuple[Traveller, Verdict] | None = None

    def __post_init__(self) -> None:
        """Open everybody's wallets."""
        self.recognition = Recognition(self.household, self.office, self.files)
        self.traveller = Terminal(self.folder / "traveller", self.folder)
        gate = Terminal(self.folder / "lane-7", self.folder)
        self.lane = Lane(gate, self.office, self.files, self.household.urls.service)
        driver = Terminal(self.folder / "driver", self.folder)
        self.driver = DriverStory(driver, self.lane, self.recognition, self._until)

    def begin(self, stage: Stage) -> None:
        """Play what lies in the past when everything else begins."""
        agree = "Sixty hours ago two jurisdictions agreed to recognise each other"
        stage.play(agree, self.recognition.agree)

    def equip(self, stage: Stage) -> None:
        """Play the last step that lies in the past, after which it is today."""
        stage.play("Two health authorities get a key for each purpose", self.recognition.equip)

    def play(self, stage: Stage) -> None:
        """Play every other step."""
        stage.play("A traveller consents and converts a code", self.convert)
        stage.play("A thousand travellers convert", self.convert_all)
        stage.play("A gate is enrolled and takes a signed bundle", self.lane.open)
        stage.play("Off line the gate decides about all of them", self.scan_all)
        stage.play("The gate proves itself, the traveller answers it alone", self.challenge)
        stage.play("Off line, European test codes", self.scan_foreign)
        stage.play("A cross-border driver enters, misses a hand-over, and leaves", self.drive)
        stage.play("A stolen key signs passes, which do not pass", self.steal)
        stage.play("The key is reported; what was anchored before stays good", self.report)
        stage.play("The receiver suspends the agreement: to the desk", self.suspend)
        stage.play("“Why was I refused in lane 7?” is answered", self.appeal)

    def convert(self) -> str:
        """Let one traveller type all of it."""
        public, form, carried = (
            self.files / name for name in ("me.jwk", "transfer-form.json", _CARRIED)
        )
        self.traveller.run("key", "new", "holder", "me")
        self.traveller.run("trust", "ledger", self.household.layout.deployment)
        self.traveller.run("key", "export-public", "me", "--out", public)
        jwk = json.loads(public.read_text())
        body = transfer_form(LEAD, jwk, int(time.time()))
        form.write_text(json.dumps(body, ensure_ascii=False))
        self.recognition.serve("health", "transfer", HOME, form, "--out", carried, by="gd-officer")
        policy = self.recognition.agreed[0].policy
        where = ("--service", self.household.urls.service, "--node", self.household.urls.node)
        words = ("convert", carried, "--agency", HOST, "--policy", policy, "--yes", "--json")
        told = self.traveller.run("health", *words, *where).json()
        refill = ("health", "refill", told["name"], "--count", MORE, "--json")
        expect(self.traveller.run(*refill).json() == {"passes": MORE}, "no more passes")
        return f"{told['passes']} one-time passes and {MORE} more, good until {told['endsAt']}"

    def convert_all(self) -> str:
        """Let a thousand do the same by the wallet's code, over a few connections."""
        self.crowd = people()
        started = time.monotonic()
        policy, url = self.recognition.agreed[0].policy, self.household.urls.service
        crossing = Crossing(url, self._token("gd-officer"), policy)
        crossing.transfer(self.crowd)
        crossing.convert(self.crowd)
        seconds = time.monotonic() - started
        lists = self._secret_key("mo-lists").public_key
        self._until(lambda: crossing.are_listed(self.crowd, lists), "passes are not listed")
        return f"{len(self.crowd):,} in {seconds:.0f} s; all passes anchored and listed for gates"

    def scan_all(self) -> str:
        """Scan everybody's screen."""
        now, started = int(time.time()), time.monotonic()
        verdicts = self.lane.scan("thousand", [each.live(now) for each in self.crowd])
        seconds = time.monotonic() - started
        graded = [each.person.grade for each in self.crowd]
        yellow, red = graded.count(YELLOW), graded.count(RED)
        green = len(graded) - yellow - red
        wanted = {"ACCEPT": green, "SECONDARY GRADE": yellow, "DENY GRADE": red}
        found = counted(verdicts)
        expect(found == wanted, f"{found}, not {wanted}")
        together = zip(self.crowd, verdicts, strict=True)
        self.refused = next((each, said) for each, said in together if said.outcome == "DENY")
        return f"{_told(found)}; in {seconds:.1f} s, with no network"

    def challenge(self) -> str:
        """Show the gate's challenge to the traveller, and the answer to the gate, twice."""
        asked = self.files / "challenge.png"
        self.lane.gate.run("gate", "challenge", "--out", asked)
        node = ("--node", self.household.urls.node)
        told = self.traveller.run("health", "answer", asked, "--yes", "--json", *node).json()
        found = [self.lane.one("answer", told["text"]) for _ in range(2)]
        expect(found == ["ACCEPT", "SECONDARY REPLAY"], str(found))
        known = self.traveller.run("health", "gates", "--json").json()
        expect(len(known) == 1, "the wallet does not remember the gate")
        place = f"{told['gate']['checkpoint']}, lane {told['gate']['lane']}"
        return f"{place}: {found[0]}; the same answer again: {found[1]}"

    def scan_foreign(self) -> str:
        """Scan European test codes as pictures, where somebody has them."""
        if self.vectors is None:
            return "SKIPPED: SUIZHENG_VECTORS names no folder with the European test codes (dgc/)"
        pictures = pictures_of(self.vectors, self.files / "european")
        expect(pictures, f"no picture below {self.vectors}/dgc")
        before = counted(self.lane.look_at(pictures))
        expect(not _passing(before), f"codes of issuers that nobody knows pass: {before}")
        form, since = self.files / "trust-list.json", int(time.time())
        form.write_text(json.dumps(trust_list_of(self.vectors, rfc3339(since))))
        told = self.recognition.serve("health", "trust-list", HOST, form, "--json").json()
        self._until(lambda: self.lane.update()["sequence"] > since, "no newer bundle")
        after = counted(self.lane.look_at(pictures))
        expect(not _passing(after), f"codes that no agreement recognises pass: {after}")
        unknown = "UNKNOWN KEY_UNKNOWN"
        expect(after.get(unknown, 0) < before[unknown], f"no issuer is known: {after}")
        keys = f"with {told['keys']} test issuers known"
        return f"{len(pictures)} pictures: {_told(before)}; {keys} {_told(after)}"

    def drive(self) -> str:
        """Let one of the green travellers drive a lorry."""
        return self.driver.play(next(each for each in self.crowd if not each.person.grade))

    def steal(self) -> str:
        """Sign passes with the authority's stolen key, dated now and dated back."""
        honest, stolen = self.crowd[0].content, self._secret_key("mo-passes")
        now = int(time.time())
        for name, issued_at in (("dated now", now), ("dated back", now - _HOUR)):
            (thief,) = people(1)
            forged = replace(
                honest,
                cti=secrets.token_bytes(16),
                holder=thief.key.public_key,
                issued_at=issued_at,
                not_before=issued_at,
            )
            thief.code = passes.to_text(passes.sign(forged, stolen))
            self.thieves[name] = thief
        found = self._thieves_seen()
        wanted = {"dated now": "UNKNOWN ANCHOR", "dated back": "DENY ANCHOR"}
        expect(found == wanted, f"{found}, not {wanted}")
        return "; ".join(f"{name}: {said}" for name, said in found.items())

    def report(self) -> str:
        """Distrust the key from now on: what was anchored passes, what the thief made does not."""
        words = ("report-compromised", HOST, "mo-passes", "--from", int(time.time()))
        self.office.run("agency", *words)
        self.recognition.announce_another()
        self._take_bundle_of_now()
        good = self._green_seen()
        expect(good == {"ACCEPT": _SOME}, f"anchored before: {good}")
        found = self._thieves_seen()
        expect(all(said.startswith(("DENY", "UNKNOWN")) for said in found.values()), str(found))
        told = "; ".join(f"{name}: {said}" for name, said in found.items())
        return f"anchored before: {_told(good)}; stolen, {told}"

    def suspend(self) -> str:
        """Let the receiver suspend; the next bundle sends green travellers to the desk."""
        said = self.recognition.suspend()
        self._take_bundle_of_now()
        found = self._green_seen()
        expect(found == {"SECONDARY AGREEMENT": _SOME}, str(found))
        return f"{said}; green codes: {_told(found)}"

    def appeal(self) -> str:
        """Let who was refused appeal; decide once more by the cited versions, and answer."""
        if self.refused is None:
            raise NotAsTold("nobody was refused")
        traveller, verdict = self.refused
        pushed = self.lane.push()
        shown = self.files / "refused.txt"
        shown.write_text(traveller.code)
        told = self.lane.explain(verdict.scan, shown).json()
        expect(told["reasons"] == ["GRADE"], str(told["reasons"]))
        expect(told["recomputed"]["agrees"], str(told["recomputed"]))
        ask = ("appeal", verdict.scan, "--service", self.household.urls.service, "--json")
        expect(self.traveller.run("health", *ask).json()["answer"] is None, "answered already")
        self.lane.answer(verdict.scan, shown, _ANSWER)
        answer = self.traveller.run("health", *ask).json()["answer"]
        expect((answer["verdict"], answer["text"]) == ("UPHELD", _ANSWER), str(answer))
        where = f"{told['minute']}, lane {told['lane']}: {told['outcome']} GRADE"
        return f"{pushed:,} scans logged; {where}, the same once more: {answer['verdict']}"

    def personal(self) -> Iterator[tuple[str, str | bytes | int]]:
        """Yield everything personal of the story, by its kind."""
        yield from of_person(LEAD.form)
        yield from of_wallet(self.traveller.wallet)
        carried = Carried.read(self.files / _CARRIED)
        yield from of_transfer(carried.document)
        yield from of_travellers((*self.crowd, *self.thieves.values()))
        yield from self.driver.personal()

    def _green_seen(self) -> dict[str, int]:
        """Return what the gate says of some whom it let in before."""
        green = [each for each in self.crowd if not each.person.grade][:_SOME]
        now = int(time.time())
        return counted(self.lane.scan("green", [each.live(now) for each in green]))

    def _thieves_seen(self) -> dict[str, str]:
        """Return what the gate says of the thief's codes, by their names."""
        now = int(time.time())
        return {
            name: self.lane.one("stolen", thief.live(now)) for name, thief in self.thieves.items()
        }

    def _take_bundle_of_now(self) -> None:
        """Update the gate until it knows the chain's present block; others may be as old."""
        head = head_number(self.household.chain)
        self._until(lambda: self.lane.update()["block"] >= head, "no newer bundle")

    @property
    def _keyring(self) -> Keyring:
        return Keyring(self.office.wallet / KEYS)

    def _secret_key(self, name: str) -> PrivateKey:
        """Return a signing key of the office, as a thief of keystore and password has it."""
        return self._keyring.signer(name, self.household.password)

    def _token(self, account: str) -> str:
        """Return the session of an officer who has signed in before."""
        address = self._keyring.entry(account).address
        known = SessionFile(self.office.wallet)
        if address is not None:
            session = known.find(self.household.urls.service, address, int(time.time()))
            if session is not None:
                return session.token
        raise NotAsTold(f"{account} has not signed in")

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            expect(time.monotonic() < deadline, otherwise)
            time.sleep(0.5)


def _passing(found: dict[str, int]) -> list[str]:
    return [what for what in found if what.startswith("ACCEPT")]


def _told(found: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(found.items()))
