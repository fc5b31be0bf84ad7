"""A gate of XB with everything it knows, and passes to show it: plainly invented parties."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ledger.agreements.agreement import Agreement, AgreementId, Suspension, Version
from ledger.agreements.health_policy import Policy
from ledger.authority import Agency, DocumentKey
from ledger.certlogic.rules import Rule, read_rule
from ledger.health import allow_list, passes, presentations
from ledger.health.allow_list import AllowList
from ledger.health.gate.decision import decide
from ledger.health.gate.evidence import (
    Block,
    GateEvidence,
    HeldAllow,
    HeldStatus,
    IssuerKey,
    Part,
    keys_by_kid,
)
from ledger.health.gate.lane import Identity, Lane
from ledger.health.gate.recognition import HCERT, PASS
from ledger.health.gate.report import GateReport
from ledger.health.passes import HealthPass, Mode, Recognition
from ledger.health.rule_bundles import RuleBundle
from ledger.health.signed import read
from ledger.keys import PrivateKey
from ledger.status_list import StatusList
from ledger.values import (
    OPEN_END,
    AgencyId,
    AgencyStatus,
    KeyUsage,
    RecordType,
    Scope,
    Status,
    Window,
    agency_id,
    jurisdiction_id,
)
from tests.support import health_codes
from tests.support.health_codes import Issuer
from tests.support.policies import sample_domestic_policy, sample_policy

NOW: Final = health_codes.NOW
"""When the codes of others in `health_codes` are good."""
HOUR: Final = 3_600
DAY: Final = 24 * HOUR
BEGAN: Final = NOW - 10 * DAY
"""When agreements came into force."""
LISTED: Final = NOW - 2 * HOUR, NOW - 60
"""The block times of the segment that passes are listed in."""
SIGNER: Final = PrivateKey.from_secret(b"\x01" * 32)
HOLDER: Final = PrivateKey.from_secret(b"\x02" * 32)
THIEF: Final = PrivateKey.from_secret(b"\x03" * 32)
CTI: Final = bytes(range(16))
NONCE: Final = bytes(8)
LIST: Final = 3
INDEX: Final = 4_711
AGENCY: Final = Agency(
    agency_id("XB", "SAMPLE-HEALTH"),
    "XB",
    "SAMPLE-HEALTH",
    "Sample Health Bureau of XB",
    AgencyStatus.ACTIVE,
)
DOCUMENT_KEY: Final = DocumentKey(
    SIGNER.public_key, KeyUsage.DOCUMENTS, BEGAN, BEGAN, OPEN_END, OPEN_END
)
ISSUER_KEY: Final = IssuerKey(
    AGENCY,
    DOCUMENT_KEY,
    ((BEGAN, AgencyStatus.ACTIVE),),
    {PASS: (Window(BEGAN, OPEN_END),)},
)
FOREIGN: Final = Issuer()
LANE: Final = Lane("XB", "Sample Checkpoint", "port-1", "7", 0)
POLICY: Final = sample_policy()
HCERT_POLICY: Final = sample_policy(**{"from": "XX", "recordType": "health:hcert"})
BUNDLE_HASH: Final = b"\x0b" * 32


@dataclass(slots=True)
class RememberedMemory:
    """A gate's memory in dictionaries."""

    shown: set[tuple[bytes, int]] = field(default_factory=set)
    used: dict[bytes, int] = field(default_factory=dict)
    inside: dict[tuple[str, str], int] = field(default_factory=dict)

    def was_shown(self, subject: bytes, time: int) -> bool:
        return (subject, time) in self.shown

    def uses(self, subject: bytes) -> int:
        return self.used.get(subject, 0)

    def admitted(self, source: str, port: str) -> int:
        return self.inside.get((source, port), 0)


def content(**changes: Any) -> HealthPass:
    """Return a good pass of XB for a traveller from XA."""
    good = HealthPass(
        jurisdiction="XB",
        cti=CTI,
        issued_at=NOW - HOUR,
        not_before=NOW - HOUR,
        expires_at=NOW + HOUR,
        grade=0,
        list=LIST,
        index=INDEX,
        modes=Mode.DYNAMIC | Mode.CHALLENGE | Mode.PAPER,
        purposes=0b11,
        holder=HOLDER.public_key,
        recognition=Recognition("XA", 1),
        hint="C L 07-23",
    )
    return replace(good, **changes)


def sealed(given: HealthPass | None = None, signer: PrivateKey = SIGNER, **changes: Any) -> bytes:
    """Return it signed."""
    return passes.sign(given or content(**changes), signer)


GOOD: Final = sealed()
"""The pass that a gate knows unless it is told of others; no two signatures are alike."""


def live(
    *encoded: bytes, time: int = NOW - 5, nonce: bytes = NONCE, holder: PrivateKey = HOLDER
) -> str:
    """Return what a holder's screen shows."""
    return presentations.present(encoded, time, nonce, holder)


def version(number: int = 1, policy: Policy = POLICY, **changes: Any) -> Version:
    """Return a version that came into force ten days ago, for thirty."""
    times: dict[str, Any] = {
        "valid_from": BEGAN,
        "valid_to": BEGAN + 30 * DAY,
        "proposed_at": BEGAN - 4 * DAY,
        "signed_at": BEGAN - 3 * DAY,
    }
    fixed: dict[str, Any] = {
        "proposer": jurisdiction_id("XA"),
        "notice": 7 * DAY,
        "bundle_hash": BUNDLE_HASH,
    }
    return Version(number=number, policy_hash=policy.digest, **(fixed | times | changes))


def suspension(kind: Scope = Scope.ALL, scope: bytes = bytes(32), **changes: int) -> Suspension:
    """Return one in effect for an hour on both sides of now."""
    times = {"start": NOW - HOUR, "end": NOW + HOUR, "cause": 42} | changes
    return Suspension(scope_kind=kind, scope=scope, **times)


def agreements(
    *versions: Version,
    suspensions: Sequence[Suspension] = (),
    source: str = "XA",
    record_type: RecordType = PASS,
) -> dict[AgreementId, Agreement]:
    """Return the agreement from `source` to XB by its id; suspensions are of its last version."""
    given = versions or (version(),)
    parties = jurisdiction_id(source), jurisdiction_id("XB")
    by_version = {given[-1].number: tuple(suspensions)}
    found = Agreement(*parties, record_type, given, by_version)
    return {found.id: found}


def allow(
    *encoded: bytes, start: int = LISTED[0], end: int = LISTED[1], as_of: int = NOW - 60
) -> dict[AgencyId, HeldAllow]:
    """Return the agency's allow list of one segment with these passes."""
    digests = [read(each).digest for each in encoded]
    segment = allow_list.segment_of(AGENCY.id, 1, start, end, digests)
    return {AGENCY.id: HeldAllow(AllowList([segment]), Part(1, as_of))}


def status_lists(
    status: Status = Status.VALID, as_of: int = NOW - HOUR
) -> dict[tuple[AgencyId, int], HeldStatus]:
    """Return the agency's list with the pass's entry set."""
    packed = bytearray(2**18)
    packed[INDEX * 2 >> 3] = status << (INDEX * 2 & 7)
    return {(AGENCY.id, LIST): HeldStatus(StatusList(bytes(packed)), Part(9, as_of))}


def keys(key: DocumentKey = DOCUMENT_KEY, **changes: Any) -> dict[bytes, tuple[IssuerKey, ...]]:
    """Return the issuer's key by its kid."""
    return dict(keys_by_kid([replace(ISSUER_KEY, key=key, **changes)]))


def rule(**changes: Any) -> Rule:
    """Return an entry rule of XB's country for every kind of code."""
    document: dict[str, Any] = {
        "Identifier": "GR-XB-0001",
        "Type": "Acceptance",
        "Country": "XB",
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": "Sample rule."}],
        "ValidFrom": "2021-01-01T00:00:00Z",
        "ValidTo": "2030-01-01T00:00:00Z",
        "AffectedFields": ["ver"],
        "Logic": {"===": [{"var": "payload.ver"}, {"var": "payload.ver"}]},
    }
    return read_rule(document | changes)


def evidence(*encoded: bytes, **changes: Any) -> GateEvidence:
    """Return what a gate knows that has these passes on its allow list, or `GOOD`."""
    both = agreements() | agreements(version(policy=HCERT_POLICY), source="XX", record_type=HCERT)
    domestic = sample_domestic_policy()
    parts: dict[str, Any] = {
        "sequence": 5,
        "block": Block(1_000, b"\x0c" * 32, NOW - 120),
        "trust": Part(5, NOW - 60),
        "rules": Part(5, NOW - 60),
        "keys": keys(),
        "foreign": FOREIGN.trust,
        "revoked": Part(2, NOW - 60),
        "agreements": both,
        "policies": {each.digest: each for each in (POLICY, HCERT_POLICY)},
        "domestic": {"XB": domestic},
        "bundles": {BUNDLE_HASH: RuleBundle((rule(),), {})},
        "status": status_lists(),
        "allow": allow(*(encoded or (GOOD,))),
    }
    return GateEvidence(**(parts | changes))


def judged(
    text: str,
    known: GateEvidence | None = None,
    *identities: Identity,
    lane: Lane = LANE,
    at: int = NOW,
    memory: RememberedMemory | None = None,
) -> GateReport:
    """Return the gate's answer."""
    remembered = memory or RememberedMemory()
    return decide(text, known or evidence(), lane, at, remembered, identities)


def told(report: GateReport) -> tuple[str, list[str]]:
    """Return the outcome and the reasons of everybody in a report, in their order."""
    reasons = [finding.reason.value for each in report.people for finding in each.findings]
    return report.outcome.value, reasons
