"""Two jurisdictions on a test node: XB recognises what XA issues."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from ledger.agreements.agreement import AgreementId, Terms, agreement_id
from ledger.agreements.terms import sign_terms
from ledger.canonical import canonical_json
from ledger.chain import agreement_calls, calls
from ledger.chain.accounts import Account
from ledger.chain.calls import Call
from ledger.chain.direct import Receipt
from ledger.chain.recognition import RecognitionClient
from ledger.values import RecordType, Scope, health_record_type, jurisdiction_id
from tests.support.policies import policy_document
from tests.support.standing import Standing, account

FROM, TO = jurisdiction_id("XA"), jurisdiction_id("XB")
PASS = health_record_type("pass")
POLICY = canonical_json(policy_document())
POLICY_HASH, BUNDLE_HASH = hashlib.sha256(POLICY).digest(), b"\x0b" * 32
DAY = 86_400


@dataclass(frozen=True)
class Parties:
    """`there` is the SUPERVISOR of FROM, `here` that of TO; `record_type` sets histories apart."""

    standing: Standing
    there: Account
    here: Account
    record_type: RecordType = field(default=PASS)

    @property
    def id(self) -> AgreementId:
        return agreement_id(FROM, TO, self.record_type)

    @property
    def client(self) -> RecognitionClient:
        return RecognitionClient(self.standing.node, self.standing.deployment)

    @property
    def now(self) -> int:
        return self.standing.client.head().time

    def wait(self, seconds: int) -> None:
        """Move the chain's clock and mine a block."""
        self.standing.node.call("evm_increaseTime", seconds)
        self.standing.node.call("evm_mine")

    def terms(self, version: int = 1, **changes: Any) -> Terms:
        """Return terms in force from 3 to 30 days after now, unless told."""
        facts: dict[str, Any] = {
            "policy_hash": POLICY_HASH,
            "bundle_hash": BUNDLE_HASH,
            "valid_from": self.now + 3 * DAY,
            "valid_to": self.now + 30 * DAY,
            "notice": 7 * DAY,
        }
        return Terms(FROM, TO, self.record_type, version, **facts | changes)

    def send(self, call: Call, by: Account) -> Receipt:
        return self.standing.send(call, by)

    def propose(self, terms: Terms) -> None:
        self.send(agreement_calls.propose(self.standing.deployment, terms, FROM), self.there)

    def sign(self, version: int) -> None:
        hashes = (POLICY_HASH, BUNDLE_HASH)
        at = self.standing.deployment
        self.send(agreement_calls.sign(at, self.id, version, *hashes), self.here)

    def agree(self, terms: Terms) -> None:
        """Both sign in one call."""
        signed = sign_terms(self.client.ledger, terms, self.here.private_key)
        at = self.standing.deployment
        self.send(agreement_calls.agree(at, terms, FROM, signed), self.there)

    def enforce(self, version: int = 1) -> None:
        """Agree on a version and move the clock to where it is in force."""
        self.agree(self.terms(version))
        self.wait(3 * DAY)

    def suspend(
        self, version: int, until: int, kind: Scope = Scope.ALL, scope: bytes = bytes(32)
    ) -> None:
        at = self.standing.deployment
        call = agreement_calls.suspend(at, self.id, version, 7, until, kind, scope)
        self.send(call, self.here)


def stand_opposite(standing: Standing) -> Parties:
    """Admit both jurisdictions."""
    there, here = account(standing.anvil, 2), account(standing.anvil, 3)
    for code, supervisor in (("XA", there), ("XB", here)):
        call = calls.admit_jurisdiction(standing.deployment, code, supervisor.address)
        standing.send(call)
    return Parties(standing, there, here)
