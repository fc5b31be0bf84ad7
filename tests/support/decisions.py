"""A sample decision with evidence under which it is valid; a test then spoils one thing."""

from dataclasses import dataclass, replace
from typing import Any, Final

from ledger.events import StatusChanged
from ledger.licences.decisions import Decision, parse_decision, sign_decisions
from ledger.merkle import Tree
from ledger.values import RecordKind, Status
from ledger.verification.check import Report
from ledger.verification.decision import open_decision, verify_decision
from ledger.verification.evidence import Batch
from tests.support.licences import ISSUED_AT, counted_bytes, issuer
from tests.support.verification import ANCHOR_BLOCK, ANCHORED_AT, AT, Sample, sample

LICENCE: Final = sample()
DECISION: Final = Decision(
    target=LICENCE.licence.digest,
    status=Status.SUSPENDED,
    reason=101,
    effective_at=ISSUED_AT + 60,
    until=ISSUED_AT + 86_400,
    number="示市监罚〔2026〕1号",
    legal_basis="示例法第一条",
    text="暂扣一日。",
    appeal="六十日内可申请行政复议。",
)
CODES: Final = frozenset(
    {
        "format.decision-unreadable",
        "issuer.active",
        *("target.ok", "target.not-asked", "target.unreadable"),
        *("target.other-licence", "target.other-agency"),
        *("change.ok", "change.not-asked", "change.differs"),
        *("change.pending", "change.not-found", "change.unreachable"),
    }
)
"""The codes that decisions alone have."""


@dataclass(frozen=True, slots=True)
class DecisionSample(Sample):
    """A decision in `document`; `given` is the licence that comes with it."""

    given: str | None = None

    def report(self) -> Report:
        opened = open_decision(self.document, self.given)
        return verify_decision(opened, self.evidence, self.policy, self.at)

    def carried_out(self, **changes: Any) -> Sample:
        """The decision's event on chain, with something changed in it."""
        return self.with_events(self.told(**changes))

    def told(self, **changes: Any) -> StatusChanged:
        told = self.event(DECISION.status, DECISION.reason, DECISION.effective_at)
        return replace(told, until=DECISION.until, **changes)


def signed(decision: Decision = DECISION) -> str:
    (token,) = sign_decisions([decision], issuer(), counted_bytes(), issued_at=ISSUED_AT)
    return token


def sample_decision(token: str | None = None, given: str | None = LICENCE.document) -> Any:
    """Return the decision anchored alone, carried out, and its licence with it."""
    document = signed() if token is None else token
    digest = parse_decision(document).digest
    tree = Tree.of([digest])
    made = DecisionSample(LICENCE.licence, document, LICENCE.evidence, at=AT, given=given)
    batch = Batch(ANCHORED_AT, ANCHOR_BLOCK, tree.size, RecordKind.DECISION)
    anchored = made.with_proof(digest=digest, proof=tree.proof(0), root=tree.root)
    read = anchored.with_reading(batch=batch, accredited_then=False)
    assert isinstance(read, DecisionSample)
    return read.carried_out()
