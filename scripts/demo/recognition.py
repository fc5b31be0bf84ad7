"""Two jurisdictions that recognise each other's health codes, and what each signs with."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from typing import Any, Final

from scripts.demo.chain_time import go, until_known
from scripts.demo.stage import expect
from scripts.demo.terminal import Answer, Terminal
from scripts.steps import ROOT
from wallet.household import Household

HOME: Final = "CN-GD/SAMPLE-GD-HEALTH"
HOST: Final = "MO/SAMPLE-MO-HEALTH"
_NAMES: Final = {HOME: "示例省卫生局", HOST: "示例卫生局（澳门样本）"}
_SUPERVISORS: Final = {"CN-GD": "supervisor", "MO": "mo-supervisor"}
_DATA: Final = ROOT / "scripts" / "demo_data" / "health"
_HOUR: Final = 3_600
AGO: Final = 60 * _HOUR
"""How long ago the chain begins: a version comes into force 48 hours after its signature."""
_BEGAN: Final = 3 * _HOUR
"""How long the agreements are in force when the story begins."""
_LASTS: Final = 300 * 24 * _HOUR
_KEYS: Final = (
    (HOME, "gd-transfers", ("documents", "status-lists")),
    (HOST, "mo-passes", ("documents",)),
    (HOST, "mo-lists", ("status-lists", "bundles")),
    (HOST, "mo-gates", ("readers",)),
)
"""Each key has its use: a thief of one has no other."""
_NOT_HANDED_OVER: Final = "readers"
"""The use of the key that stays in the office, which certifies gates itself."""
_OPERATOR: Final = "operator"
_GRANTS: Final = (
    (HOME, "issuer", "gd-officer"),
    (HOME, "issuer", _OPERATOR),
    (HOST, "issuer", "mo-officer"),
    (HOST, "registrar", "mo-officer"),
    (HOST, "issuer", _OPERATOR),
    (HOST, "registrar", _OPERATOR),
)
_OFFICES: Final = {"gd-officer": HOME, "mo-officer": HOST}


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement's name, and the files of its policy and manifest."""

    name: str
    policy: Path
    manifest: Path


@dataclass(frozen=True, slots=True)
class BackEnd:
    """One authority's service: where it answers, where its keys lie, whose account anchors."""

    url: str
    keys: Path
    operator: str = _OPERATOR


@dataclass
class Recognition:
    """Both sides' offices, which share one wallet here; `files` is where documents are written.

    `back_ends` by agency; an agency that has none of its own there uses the household's service.
    """

    household: Household
    office: Terminal
    files: Path
    agreed: list[Agreed] = field(default_factory=list)
    back_ends: dict[str, BackEnd] = field(default_factory=dict)

    def agree(self) -> str:
        """Sign both directions while the chain's clock is 60 hours behind."""
        self._make_accounts(("mo-supervisor",))
        for code, supervisor in _SUPERVISORS.items():
            self.office.run("agency", "admit-jurisdiction", code, "--supervisor", supervisor)
        now = int(time.time())
        window = ("--from", now - _BEGAN, "--until", now + _LASTS)
        for source, target in (("CN-GD", "MO"), ("MO", "CN-GD")):
            self._sign(source, target, window)
        shown = [self._shown(each.name) for each in self.agreed]
        expect(all(each["inForce"] == 1 for each in shown), str(shown))
        return "; ".join(f"{each['to']} recognises {each['from']}" for each in shown)

    def equip(self) -> str:
        """Admit both health authorities, give roles, announce keys, then let it be today."""
        self._make_accounts(("gd-officer", "mo-officer"))
        for agency in (HOME, HOST):
            by = ("--account", _SUPERVISORS[agency.partition("/")[0]])
            who = ("--name", _NAMES[agency], "--admin", "admin")
            self.office.run("agency", "admit", agency, *who, *by)
            for type_ in ("health:pass", "health:transfer", "health:custody"):
                self.office.run("agency", "accredit", agency, type_, *by)
        for agency, role, account in _GRANTS:
            whose = self._back_end(agency).operator if account == _OPERATOR else account
            self.office.run("agency", "grant", agency, role, whose)
        for agency, key, usages in _KEYS:
            self._announce(agency, key, *usages)
        go(self.household.chain, int(time.time()))
        for url in {self._back_end(agency).url for agency in (HOME, HOST)}:
            until_known(self.household, url)
            for each in self.agreed:
                who = ("--account", "admin", "--service", url)
                self.office.run("agreement", "publish", each.policy, each.manifest, *who)
        return f"{_NAMES[HOME]} and {_NAMES[HOST]}, {len(_KEYS)} keys"

    def announce_another(self) -> None:
        """Announce a new key for passes, where the one before is distrusted."""
        self._announce(HOST, "mo-passes-2", "documents")

    def suspend(self) -> str:
        """Let the receiver suspend what it recognises of CN-GD for a day, at once and alone."""
        until = ("--until", int(time.time()) + 24 * _HOUR)
        name = self.agreed[0].name
        words = ("agreement", "suspend", name, 1, "--cause", 7, *until)
        refused = self.office.run(*words, "--account", "supervisor", code=1)
        self.office.run(*words, "--account", "mo-supervisor")
        (version,) = self._shown(name)["versions"]
        expect(version["state"] == "suspended", version["state"])
        return f"of {name}; the other side may not: {_first_words(refused.err)}"

    def serve(self, *words: object, code: int = 0, by: str = "mo-officer") -> Answer:
        """Run a command that speaks to an officer's service; the host's for everybody else."""
        service = ("--account", by, "--service", self._back_end(_OFFICES.get(by, HOST)).url)
        return self.office.run(*words, *service, code=code)

    def _sign(self, source: str, target: str, window: tuple[object, ...]) -> None:
        """Let TO sign off line and FROM agree in one step."""
        stem = f"{source}-to-{target}"
        policy, manifest = (self.files / f"{stem}.{each}.json" for each in ("policy", "manifest"))
        self.office.run("agreement", "check-policy", _DATA / policy.name, "--write", policy)
        bundle = self.files / f"{stem}.bundle"
        (bundle / "texts").mkdir(parents=True, exist_ok=True)
        copyfile(_DATA / f"{stem}.consent.json", bundle / "texts" / "consent.json")
        self.office.run("agreement", "bundle", policy, bundle, "--out", manifest)
        terms = self.files / f"{stem}.terms.json"
        given = (policy, "--bundle", manifest, *window, "--out", terms)
        self.office.run("agreement", "sign-terms", *given, "--account", _SUPERVISORS[target])
        by = ("--as", source, "--account", _SUPERVISORS[source])
        self.office.run("agreement", "agree", policy, terms, *by)
        self.agreed.append(Agreed(f"{source}/{target}/pass", policy, manifest))

    def _announce(self, agency: str, key: str, *usages: str) -> None:
        self.office.run("key", "new", "document", key)
        words = [word for usage in usages for word in ("--usage", usage)]
        self.office.run("agency", "announce-key", agency, key, *words)
        if _NOT_HANDED_OVER not in usages:
            folder = self._back_end(agency).keys / "documents"
            self.office.run("key", "hand-over", key, folder)

    def _back_end(self, agency: str) -> BackEnd:
        house = self.household
        return self.back_ends.get(agency, BackEnd(house.urls.service, house.layout.service_keys))

    def _shown(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(
            self.office.run("agreement", "show", name, "--json").out
        )
        return found

    def _make_accounts(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.office.run("key", "new", "account", name)
            self.office.run("key", "fund", name, "--node", self.household.urls.node)


def _first_words(said: str) -> str:
    """Return a refusal's sentence without its values."""
    return said.strip().splitlines()[0].removeprefix("Error: ").partition(" (")[0]
