"""A sample licence with evidence under which it is valid; a test then spoils one thing."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from ledger.authority import DocumentKey
from ledger.events import Place, StatusChanged
from ledger.keys import Signer
from ledger.licences.issuance import Licence, issue
from ledger.list_tokens import ListChain, sign_list
from ledger.merkle import Tree
from ledger.status_list import StatusList, mask, place
from ledger.values import (
    Address,
    AgencyStatus,
    Digest,
    KeyUsage,
    LedgerRef,
    RecordKind,
    Status,
)
from ledger.verification.check import Check, Report
from ledger.verification.evidence import (
    Batch,
    Evidence,
    ListToken,
    Reading,
    Source,
    Unreachable,
)
from ledger.verification.policy import Policy
from ledger.verification.proof_file import ProofFile
from ledger.verification.verify import verify
from tests.support import licences
from tests.support.licences import AGENCY, AGENCY_KEY, CATALOGUE, ISSUED_AT, counted_bytes

DAY = 86_400
LEDGER = LedgerRef(31337, Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"))
OTHER_LEDGER = LedgerRef(31337, Address("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"))
ANNOUNCED_AT = ISSUED_AT - 30 * DAY
KEY = DocumentKey(
    AGENCY_KEY.public_key,
    KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS | KeyUsage.BUNDLES,
    announced_at=ANNOUNCED_AT,
    sign_from=ANNOUNCED_AT,
    sign_until=ANNOUNCED_AT + 365 * DAY,
    verify_until=ANNOUNCED_AT + 730 * DAY,
)
"""The sample agency's one key, for documents, status lists and bundles alike."""
ANCHORED_AT = ISSUED_AT + 2
ANCHOR_BLOCK = 7
HEAD_BLOCK = 9
AT = ISSUED_AT + 3600
POLICY = Policy(frozenset({LEDGER}), max_evidence_age=300)


@dataclass(frozen=True, slots=True)
class Sample:
    """A document, its proof, what a node says about it, and the question."""

    licence: Licence
    document: str
    evidence: Evidence
    policy: Policy = POLICY
    at: int = AT

    def report(self) -> Report:
        return verify(self.document, self.evidence, self.policy, self.at, CATALOGUE)

    def check(self, name: str) -> Check:
        return self.report().check(name)

    def but(self, **changes: Any) -> "Sample":
        return replace(self, **changes)

    def with_evidence(self, **changes: Any) -> "Sample":
        return replace(self, evidence=replace(self.evidence, **changes))

    def with_reading(self, **changes: Any) -> "Sample":
        assert isinstance(self.evidence.reading, Reading)
        return self.with_evidence(reading=replace(self.evidence.reading, **changes))

    def with_proof(self, **changes: Any) -> "Sample":
        assert self.evidence.proof is not None
        return self.with_evidence(proof=replace(self.evidence.proof, **changes))

    def with_policy(self, **changes: Any) -> "Sample":
        return replace(self, policy=replace(self.policy, **changes))

    def with_key(self, **changes: Any) -> "Sample":
        return self.with_reading(key=replace(KEY, **changes))

    def with_batch(self, **changes: Any) -> "Sample":
        assert isinstance(self.evidence.reading, Reading)
        assert self.evidence.reading.batch is not None
        return self.with_reading(batch=replace(self.evidence.reading.batch, **changes))

    def with_status(self, status: Status) -> "Sample":
        """The bare bit on chain."""
        return self.with_reading(status_word=status << place(self.licence.index)[1])

    def with_events(self, *events: StatusChanged) -> "Sample":
        """Events on chain, and the bit that they lead to."""
        spoilt = self.with_status(events[-1].status) if events else self
        return spoilt.with_evidence(history=events)

    def event(self, status: Status, reason: int, at: int, **changes: Any) -> StatusChanged:
        """An event in a block of time `at`, by default effective then and without end."""
        place_ = Place(8, b"\x08" * 32, at, b"\x0a" * 32, 0)
        event = StatusChanged(
            place_,
            AGENCY.id,
            self.licence.list,
            place(self.licence.index)[0],
            mask(self.licence.index),
            status,
            reason,
            at,
            0,
        )
        return replace(event, **changes)

    def with_list(self, status: Status = Status.VALID, **changes: Any) -> "Sample":
        return self.with_evidence(status_list=list_token(self, status, **changes))


def sample(type_id: str = "cn.food-business", *, seed: bytes = b"salts", **changes: Any) -> Sample:
    """Return the sample; `fields` are laid over the type's, other changes are the draft's."""
    changes["fields"] = {**licences.FIELDS[type_id], **changes.get("fields", {})}
    draft = licences.draft(type_id, **changes)
    return sample_of(issue(draft, licences.issuer(), counted_bytes(seed)))


def sample_of(licence: Licence) -> Sample:
    """Return the licence in a batch of five with evidence from a node."""
    digest = Digest(sha256(licence.document.split("~")[0].encode()).digest())
    others = [Digest(bytes([i]) * 32) for i in range(1, 5)]
    tree = Tree.of([*others[:2], digest, *others[2:]])
    proof = ProofFile(
        digest, tree.proof(2), tree.root, LEDGER, AGENCY.id, b"\x0b" * 32, ANCHOR_BLOCK
    )
    reading = Reading(
        source=Source.NODE,
        ledger=LEDGER,
        block=HEAD_BLOCK,
        block_time=AT - 5,
        read_at=AT,
        batch=Batch(ANCHORED_AT, ANCHOR_BLOCK, tree.size, RecordKind.LICENCE),
        agency=AGENCY,
        agency_status_then=AgencyStatus.ACTIVE,
        key=KEY,
        accredited_then=True,
        status_word=0,
    )
    return Sample(licence, licence.document, Evidence(proof, reading))


def list_token(
    of: Sample,
    status: Status,
    *,
    issued_at: int = AT - 60,
    signer: Signer | None = None,
    key: DocumentKey | None = None,
) -> ListToken:
    """A list token of the sample's agency, unless another signs it."""
    entries = StatusList.empty().with_status([of.licence.index], status)
    chain = ListChain(LEDGER, AGENCY.id, of.licence.list, HEAD_BLOCK, b"\x09" * 32)
    token = sign_list(
        entries,
        uri=licences.issuer().status_uri(of.licence.list),
        issued_at=issued_at,
        chain=chain,
        signer=signer or AGENCY_KEY,
    )
    return ListToken(token, key or KEY)


def unreachable(of: Sample, since: int | None = AT - 900) -> Sample:
    return of.with_evidence(reading=Unreachable("no-answer", since))
