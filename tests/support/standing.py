"""A ledger that stands on a test node: deployed, with one agency that may do everything."""

from dataclasses import dataclass, field

from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.calls import Call
from ledger.chain.client import LedgerClient
from ledger.chain.deploy import deploy
from ledger.chain.deployments import Deployment
from ledger.chain.direct import Receipt, send_and_wait
from ledger.chain.rpc import Node
from ledger.chain.sender import intent_id
from ledger.outbox import Intent
from ledger.typed_data import StatusOrder
from ledger.values import (
    AgencyId,
    RecordKind,
    Role,
    Root,
    Status,
    WordChange,
    agency_id,
    jurisdiction_id,
    licence_record_type,
)
from tests.support.anvil import Anvil

JURISDICTION = "CN-GD"
CODE = "TEST-OFFICE-1"
NAME = "Test Office of Nowhere"
RECORD_TYPE = licence_record_type("test.licence")


@dataclass(frozen=True)
class Standing:
    """`council` governs the agency; `office` is its ISSUER and REGISTRAR."""

    anvil: Anvil
    node: Node
    deployment: Deployment
    council: Account
    office: Account
    agency: AgencyId = field(default=agency_id(JURISDICTION, CODE))

    @property
    def client(self) -> LedgerClient:
        return LedgerClient(self.node, self.deployment)

    def send(self, call: Call, account: Account | None = None) -> Receipt:
        return send_and_wait(self.node, account or self.council, call)

    def anchor(self, number: int) -> Call:
        return calls.anchor(self.deployment, self.agency, RecordKind.LICENCE, root(number), 3)

    def order(self, status: Status, reason: int, entry: int = 0, *, effective_at: int = 1) -> Call:
        changes = (WordChange(0, 3 << (2 * entry)),)
        order = StatusOrder(self.agency, 0, changes, status, reason, effective_at, 0)
        return calls.change_status(self.deployment, order)

    def intent(self, call: Call) -> Intent:
        chain = self.deployment.chain_id
        return Intent(intent_id(chain, call), chain, self.office.address, call.to, call.data)


def root(number: int) -> Root:
    return Root(number.to_bytes(32))


def account(anvil: Anvil, index: int) -> Account:
    return Account(bytes.fromhex(anvil.accounts[index][1].removeprefix("0x")))


def stand_up(anvil: Anvil) -> Standing:
    """Deploy, admit and accredit the agency, and give `office` its roles."""
    node = Node([anvil.url], timeout_seconds=10)
    council, office = account(anvil, 0), account(anvil, 1)
    deployment = deploy(node, council.private_key, council.address)
    standing = Standing(anvil, node, deployment, council, office)
    jurisdiction, agency = jurisdiction_id(JURISDICTION), standing.agency
    for call in (
        calls.admit_jurisdiction(deployment, JURISDICTION, council.address),
        calls.admit_agency(deployment, jurisdiction, CODE, NAME, council.address),
        calls.accredit(deployment, agency, RECORD_TYPE),
        calls.grant_role(deployment, agency, Role.ISSUER, office.address),
        calls.grant_role(deployment, agency, Role.REGISTRAR, office.address),
    ):
        standing.send(call)
    return standing
