"""A tender published on a test node, with trustees and bidders who have wallets of their own."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.chain import calls
from ledger.chain.abi import load_abi
from ledger.chain.accounts import Account
from ledger.chain.blocks import by_number, read_head
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.chain.direct import send_and_wait
from ledger.chain.rpc import Node
from ledger.tenders import documents
from ledger.tenders.documents import Documents
from ledger.tenders.ids import ref_of, tender_id
from ledger.tenders.trustees import Statement, ledger_json
from ledger.values import Address, LedgerRef, Role, agency_id, jurisdiction_id
from tests.support.anvil import Anvil
from tests.support.bid_desk import DESCRIPTION, Desk
from tests.support.sealed_bids import document_content, with_statements
from tests.support.terminal import Terminal, seeded
from wallet.trust import Trust, TrustedLedger

DAY: Final = 86_400
BUYER: Final = "CN-GD/11440100MBSAMPLE01"
GROUPS: Final = tuple(f"CN-GD/11440100MBSAMPLE1{index}" for index in (1, 2, 3))
THRESHOLD: Final = 2
PAYER: Final = "payer"
DEEP: Final = 70
"""Blocks after which anvil calls one final."""
POLICY: Final = (
    *(20 * DAY, 15 * DAY, 3 * DAY, 10 * DAY, 3 * DAY, 30 * DAY),
    *((300, 3_600), (600, 7_200), (600, 7_200), (600, 7_200)),
    *(2, 1, 2, 2),
    *(False, True, False, False, True),
)
"""Seconds, windows, least numbers, flags, in the order of ITenderPolicies."""
_BALANCE: Final = hex(10**20)

Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Sale:
    """One tender that stands on the chain, with trustees 1 to 3, any two of them."""

    town: "TenderTown"
    known: Documents
    encoded: bytes
    files: dict[str, bytes]
    ends: tuple[int, ...]
    trustees: Sequence[Terminal]

    @property
    def id(self) -> str:
        return self.known.tender.hex()[:12]

    def bidder(self, name: str) -> Desk:
        """A new bidder with the documents, a bid, and an account that pays."""
        desk = Desk(self.town.terminal(name))
        desk.publish(self.encoded, self.files)
        identity = {**DESCRIPTION["identity"], "name": f"样例{name}有限公司"}
        desk.describe(DESCRIPTION | {"identity": identity})
        return desk


class TenderTown:
    """A node with a deployed ledger and an agency that may publish tenders."""

    def __init__(
        self, folder: Path, running: Anvil, deployment: Deployment, council: Account
    ) -> None:
        self.folder = folder
        self.running = running
        self.deployment = deployment
        self.council = council
        self.agency = agency_id(*BUYER.split("/"))
        self.ledger = LedgerRef(deployment.chain_id, deployment.tenders.ledger)
        self.policy = self._admit()

    @property
    def now(self) -> int:
        with self.node() as node:
            method, params = by_number("latest")
            return read_head(node.call(method, *params)).time

    def node(self) -> Any:
        return closing(Node([self.running.url], timeout_seconds=10))

    def send(self, call: Call) -> None:
        with self.node() as node:
            send_and_wait(node, self.council, call)

    def go(self, moment: int) -> None:
        """Mine a block of that time."""
        with self.node() as node:
            node.call("evm_setNextBlockTimestamp", moment)
            node.call("evm_mine")

    def bury(self) -> None:
        """Mine blocks until the node calls what is there final."""
        with self.node() as node:
            node.call("anvil_mine", hex(DEEP), "0x1")

    def terminal(self, name: str) -> Terminal:
        """A new wallet that trusts the ledger and has money on an account."""
        folder = self.folder / name
        folder.mkdir()
        terminal = Terminal(folder, now=self.now, randomness=seeded(name.encode()))
        terminal.outside.trust.save(Trust((TrustedLedger(self.deployment, (self.running.url,)),)))
        terminal.run("key", "new", "account", PAYER)
        address = terminal.outside.keyring.entry(PAYER).shown
        with self.node() as node:
            node.call("anvil_setBalance", address, _BALANCE)
        return terminal

    def make_supervisor(self, terminal: Terminal) -> None:
        """Let the terminal's account supervise the buyer's jurisdiction, as the council does."""
        address = Address(terminal.outside.keyring.entry(PAYER).shown)
        place = jurisdiction_id(BUYER.partition("/")[0])
        self.send(calls.grant_role(self.deployment, place, Role.SUPERVISOR, address))

    def publish(
        self, number: str, change: Change = lambda _: None, parts: int = 1, **said: Any
    ) -> Sale:
        """Publish a tender; `change` is made to what the chain is told, not to the documents.

        `said` are members of the documents besides.
        """
        trustees = [self.terminal(f"{number} trustee {index}") for index in (1, 2, 3)]
        statements = [
            self._statement(each, number, n, part)
            for part in range(1, parts + 1)
            for n, each in enumerate(trustees, 1)
        ]
        encoded, files = with_statements(self._content(number, statements) | said, statements)
        known = documents.read(encoded)
        start = self.now + 21 * DAY
        ends = (start, *(start + 1_800 * n for n in range(4)))
        told: dict[str, Any] = {
            "agency": self.agency,
            "ref": ref_of(number),
            "policy": self.policy,
            "docs": known.digest,
            "previous": bytes(32),
            "mailbox": bytes(32),
            "bond_authority": "0x" + "00" * 20,
            "lots": 1,
            "parts": parts,
            "threshold": THRESHOLD,
            "ends": ends,
            "trustees": [(each.key, each.group) for each in known.trustees],
        }
        change(told)
        self.act("TenderLedger", "publish", tuple(told.values()))
        return Sale(self, known, encoded, files, ends, trustees)

    def _statement(self, trustee: Terminal, number: str, index: int, part: int = 1) -> Statement:
        request, rehearsal, statement = (
            trustee.folder / f"{name}.json" for name in ("request", "rehearsal", "statement")
        )
        trustee.run(
            *("trustee", "register", BUYER, number, "--ledger", self.ledger.address),
            *("--chain-id", self.ledger.chain_id, "--index", index, "--part", part),
            *("--group", GROUPS[index - 1], "--out", request),
        )
        trustee.run("trustee", "challenge", request, "--out", rehearsal)
        trustee.run("trustee", "rehearse", rehearsal, "--out", statement)
        return Statement.read(statement.read_bytes())

    def _content(self, number: str, statements: Sequence[Statement]) -> dict[str, Any]:
        parts = max(each.key.part for each in statements)
        return document_content(parts, THRESHOLD, 3) | {
            "ledger": ledger_json(self.ledger),
            "tender": "0x" + tender_id(self.agency, ref_of(number)).hex(),
            "agency": "0x" + self.agency.hex(),
            "number": number,
            "trustees": [
                {
                    "part": stated.key.part,
                    "index": stated.key.index,
                    "key": stated.key.key,
                    "group": "0x" + stated.key.group.hex(),
                    "name": f"Trustee {stated.key.index}",
                }
                for stated in statements
            ],
        }

    def _admit(self) -> bytes:
        """Admit the agency, let it publish, and register the policy; return the policy's id."""
        place, code = BUYER.split("/")
        council, at = self.council.address, self.deployment
        self.send(calls.admit_jurisdiction(at, place, council))
        self.send(calls.admit_agency(at, jurisdiction_id(place), code, "样例采购中心", council))
        self.send(calls.grant_role(at, self.agency, Role.TENDERER, council))
        found = self.act("TenderPolicies", "registerPolicy", jurisdiction_id(place), POLICY)
        return bytes(found)

    def call(self, contract: str, function: str, *values: Any) -> Call:
        entry = load_abi(contract).functions[function]
        return Call(self.deployment.addresses[contract], entry.encode(*values))

    def act(self, contract: str, function: str, *values: Any) -> Any:
        """Call a function, then send it; return what it answered, None for nothing."""
        entry, call = load_abi(contract).functions[function], self.call(contract, function, *values)
        asked = {"from": self.council.address, "to": call.to, "data": "0x" + call.data.hex()}
        with self.node() as node:
            answer = node.call("eth_call", asked, "latest")
        self.send(call)
        return next(iter(entry.outputs.decode(bytes.fromhex(answer[2:]))), None)


def sent(words: Sequence[object], *flags: object) -> tuple[object, ...]:
    """Return a command with the account that pays for it."""
    return (*words, *flags, "--account", PAYER)


def read_json(path: Path) -> Any:
    return orjson.loads(path.read_bytes())
