"""Verification of a decision document: is it the agency's, and did the ledger do what it says?"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger import jws
from ledger.errors import Refused
from ledger.jws import AlgorithmRefused
from ledger.licences.decisions import TYPE, SignedDecision, parse_decision
from ledger.licences.issuance import LicenceClaims
from ledger.licences.sd_jwt import SdJwt
from ledger.values import Digest, RecordKind, RecordType
from ledger.verification.case import DecisionCase, Subject, finding, trusted_reading
from ledger.verification.check import Finding, Report, Result, report_of
from ledger.verification.checks.anchor import check_anchor
from ledger.verification.checks.change import check_change
from ledger.verification.checks.integrity import check_integrity
from ledger.verification.checks.issuer import check_issuer
from ledger.verification.checks.target import check_target
from ledger.verification.evidence import NO_LIST, Evidence, Query
from ledger.verification.policy import Policy
from ledger.verification.proof_file import MAX_DOCUMENT, ProofFile
from ledger.verification.verify import DocumentTooLong, open_document, word_of

NAMES: Final = ("format", "integrity", "anchor", "issuer", "target", "change")
"""A decision's checks in their order; the first has the number 1."""
_NO_TYPE: Final = RecordType(bytes(32))
"""A decision is of no licence type, so that nobody is accredited for it."""


@dataclass(frozen=True, slots=True)
class OpenedDecision:
    """A decision read once, with the licence it came with; nothing of it is verified yet.

    `content` is why not where it cannot be read; so is `licence`, which is None where none came.
    """

    digest: Digest | None
    content: SignedDecision | Refused
    licence: tuple[SdJwt, LicenceClaims] | Refused | None


def is_decision(document: str) -> bool:
    """Whether the text says of itself that it is a decision document."""
    head = document[:MAX_DOCUMENT].partition(".")[0]
    try:
        return jws.read_header(head).get("typ") == TYPE
    except Refused:
        return False


def open_decision(document: str, licence: str | None = None) -> OpenedDecision:
    """Return the decision read, or the reason why it cannot be; `licence` is what it is about."""
    given = None if licence is None else open_document(licence).content
    try:
        if len(document) > MAX_DOCUMENT:
            raise DocumentTooLong
        signed = parse_decision(document)
    except Refused as refused:
        return OpenedDecision(_digest(document), refused, given)
    return OpenedDecision(signed.digest, signed, given)


def query_of_decision(opened: OpenedDecision, proof: ProofFile | None) -> Query:
    """Return what to ask a ledger about a decision; raise `Refused` when it cannot be read.

    The status entry is the licence's; without one no list is asked for.
    """
    if isinstance(opened.content, Refused):
        raise opened.content
    place = NO_LIST, 0
    if isinstance(opened.licence, tuple):
        _, licence = opened.licence
        place = licence.list, word_of(licence)
    return Query(
        agency=opened.content.agency,
        root=None if proof is None else proof.root,
        key_id=opened.content.key_id,
        record_type=_NO_TYPE,
        list=place[0],
        word=place[1],
    )


def verify_decision(
    decision: str | OpenedDecision, evidence: Evidence, policy: Policy, at: int
) -> Report:
    """Return the report about a decision at `at`, in Unix seconds; never raise for its content.

    Whether it was carried out is asked only with the licence, and wants the evidence's `history`.
    """
    opened = open_decision(decision) if isinstance(decision, str) else decision
    findings = _findings(opened, evidence, policy, at)
    return report_of(findings, NAMES, at=at, digest=opened.digest, reading=evidence.reading)


def _findings(
    opened: OpenedDecision, evidence: Evidence, policy: Policy, at: int
) -> Iterator[Finding]:
    """Yield the findings in order, and none after INVALID in 1 or 2."""
    if isinstance(opened.content, AlgorithmRefused):
        yield finding(1, Result.VALID, "format.ok")
        yield finding(2, Result.INVALID, "integrity.algorithm-refused")
        return
    # 1. Format: every claim is there and of its kind, the reason one for the status.
    if isinstance(opened.content, Refused):
        yield finding(1, Result.INVALID, "format.decision-unreadable")
        return
    yield finding(1, Result.VALID, "format.ok")
    yield from _checks(_case(opened, opened.content, evidence, policy, at))


def _case(
    opened: OpenedDecision, signed: SignedDecision, evidence: Evidence, policy: Policy, at: int
) -> DecisionCase:
    return DecisionCase(
        subject=Subject(
            RecordKind.DECISION, signed.digest, signed.jws, signed.agency, signed.key_id
        ),
        evidence=evidence,
        reading=trusted_reading(evidence, policy, signed.agency),
        policy=policy,
        at=at,
        signed=signed,
        licence=opened.licence,
    )


def _checks(case: DecisionCase) -> Iterator[Finding]:
    # 2. Integrity: signed by the key that `kid` names.
    integrity = check_integrity(case)
    yield integrity
    if integrity.check.result is Result.INVALID:
        return
    # 3. Anchor: the proof leads to a root of decisions on chain, anchored in time and deep enough.
    yield check_anchor(case)
    # 4. Issuer: agency active and key good at the anchor's block time.
    yield check_issuer(case)
    # 5. Target: about the licence that was given, and by that licence's agency.
    target = check_target(case)
    yield target
    if target.check.result is Result.INVALID:
        return
    # 6. Change: the ledger did what it says.
    yield check_change(case)


def _digest(document: str) -> Digest | None:
    """The digest of the text, whatever it is worth; None for what cannot be a token."""
    if not document.isascii() or len(document) > MAX_DOCUMENT:
        return None
    return Digest(hashlib.sha256(document.encode("ascii")).digest())
