"""The buyer of the demo's tender: an agency with a key, a law, tried trustees and papers."""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ledger.age import recipient_of
from ledger.bech32 import encode
from ledger.chain.deployments import load_deployment
from scripts.demo.chain_time import go, head_time, until_known
from scripts.demo.terminal import Answer, Terminal
from wallet.home import write_file
from wallet.household import Household

BUYER: Final = "CN-GD/11440100MBSAMPLE01"
NUMBER: Final = "示例-2026-道路-001"
TRUSTEES: Final = ("样例公证处", "样例行业协会", "样例高校", "样例监理所", "样例档案馆")
THRESHOLD: Final = 3
SEATS: Final = 5
TENDERER: Final = "tenderer"
NOTARY: Final = "notary"
_USAGES: Final = ("--usage", "documents")
_CRITERIA: Final[dict[str, Any]] = {
    "points": [{"id": "technical", "most": "60"}],
    "price": {"kind": "lowest", "most": "40"},
    "averaging": "mean",
    "scale": 2,
}


@dataclass
class Tenderer:
    """The buyer's office with its papers in a folder; `tender` is the id once it is published."""

    household: Household
    office: Terminal
    folder: Path
    tender: str = ""
    ends: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the trustees' wallets."""
        self.papers = self.folder / "tender"
        self.trustees = [
            Terminal(self.folder / f"trustee-{index}", self.folder)
            for index in range(1, len(TRUSTEES) + 1)
        ]
        self.notary = Terminal(self.folder / "notary", self.folder)

    @property
    def where(self) -> tuple[object, ...]:
        """The options that name service and node."""
        urls = self.household.urls
        return ("--service", urls.service, "--node", urls.node)

    def admit(self) -> None:
        """Admit the agency, let it publish and keep a mailbox; register the law's policy."""
        office, by = self.office, ("--account", TENDERER)
        office.run("key", "new", "account", TENDERER)
        office.run("key", "fund", TENDERER, "--node", self.household.urls.node)
        office.run("agency", "admit", BUYER, "--name", "样例采购中心", "--admin", TENDERER)
        for role, account in (("tenderer", TENDERER), ("issuer", "operator")):
            office.run("agency", "grant", BUYER, role, account, *by)
        office.run("key", "new", "document", "tender-seal")
        office.run("agency", "announce-key", BUYER, "tender-seal", *_USAGES, *by)
        service_keys = self.household.layout.service_keys / "documents"
        office.run("key", "hand-over", "tender-seal", service_keys)
        office.run("tender", "policy", "register", "cn", "CN-GD", "--account", "supervisor")

    def try_trustees(self) -> None:
        """Let each trustee make a key, open what was sealed to it, and say so under it."""
        deployment = load_deployment(self.household.layout.deployment)
        at = ("--ledger", deployment.tenders.ledger, "--chain-id", deployment.chain_id)
        for index, trustee in enumerate(self.trustees, 1):
            trustee.run("trust", "ledger", self.household.layout.deployment)
            request, rehearsal = (
                self.folder / "files" / f"trustee-{index}-{name}.json"
                for name in ("request", "rehearsal")
            )
            statement = self.papers / f"trustees/{index}.json"
            group = ("--index", index, "--group", f"CN-GD/11440100MBSAMPLE1{index}")
            trustee.run("trustee", "register", BUYER, NUMBER, *at, *group, "--out", request)
            self.office.run("trustee", "challenge", request, "--out", rehearsal)
            trustee.run("trustee", "rehearse", rehearsal, "--out", statement)
            self.office.run("trustee", "check", statement)

    def publish(self) -> dict[str, Any]:
        """Publish documents and deadlines; return what the command told."""
        notary = self.notary.run("key", "new", "account", NOTARY, "--json").json()["address"]
        evaluators = []
        for name in ("buyer", "supervisor"):
            identity = secrets.token_bytes(32)
            spelt = encode("age-secret-key-", identity).upper()
            write_file(self.folder / "files" / f"{name}.identity", spelt.encode())
            evaluators.append({"name": name, "recipient": recipient_of(identity)})
        said = {
            "agency": BUYER,
            "number": NUMBER,
            "title": "样例道路工程",
            "lots": ["一标段"],
            "policy": "cn",
            "threshold": THRESHOLD,
            "trusteeNames": {str(index): name for index, name in enumerate(TRUSTEES, 1)},
            "mailbox": BUYER,
            "evaluators": evaluators,
            "coSigners": {"supervisor": True, "notary": {"name": TRUSTEES[0], "key": notary}},
            "criteria": _CRITERIA,
        }
        write_file(self.papers / "tender.json", json.dumps(said, ensure_ascii=False).encode())
        text = "样例道路工程招标文件。\n评标办法：综合评估法。\n" * 4_000
        write_file(self.papers / "招标文件.txt", text.encode())
        told: dict[str, Any] = self.serve("publish", self.papers, "--json").json()
        self.tender, self.ends = told["tender"], told["ends"]
        return told

    def serve(self, *words: object, code: int = 0) -> Answer:
        """Run a `suizheng tender` command that speaks to the service too."""
        service = ("--account", TENDERER, "--service", self.household.urls.service)
        return self.office.run("tender", *words, *service, code=code)

    def act(self, *words: object, code: int = 0) -> Answer:
        """Run a `suizheng tender` command that speaks to the ledger alone."""
        return self.office.run("tender", *words, "--account", TENDERER, "--json", code=code)

    def step(self, word: str, paper: Path, *options: object, role: str | None = None) -> None:
        """Give the service a paper, then take the step whose paper it is."""
        self.bring(role or word, paper)
        self.act(word, self.tender, paper, *options)

    def bring(self, role: str, *papers: Path) -> None:
        """Give the service papers."""
        self.serve("bring", self.tender, role, *papers)

    def paper(self, name: str, content: object) -> Path:
        """Write a paper: text as it is, everything else as JSON."""
        path = self.folder / "files" / name
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        write_file(path, text.encode())
        return path

    def go(self, moment: int) -> None:
        """Move the chain's clock on and wait until the service has seen it."""
        go(self.household.chain, moment)
        self.wait()

    def wait(self) -> None:
        """Wait until the service has seen the present block."""
        until_known(self.household, self.household.urls.service)

    @property
    def now(self) -> int:
        """The chain's time."""
        return head_time(self.household.chain)
