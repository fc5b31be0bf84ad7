"""Verification: from a document and the gathered evidence to a report."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused
from ledger.jws import AlgorithmRefused
from ledger.licences.catalogue import Catalogue, LicenceType, TypeUnknown
from ledger.licences.issuance import LicenceClaims, read_licence
from ledger.licences.sd_jwt import DisclosureConflict, DisclosureForeign, SdJwt, parse
from ledger.status_list import ENTRIES, ENTRIES_PER_WORD
from ledger.values import Digest, licence_record_type
from ledger.verification.case import Case, finding, trusted_reading
from ledger.verification.check import NAMES, Finding, Report, Result, verdict_of
from ledger.verification.checks.anchor import check_anchor
from ledger.verification.checks.format import check_format
from ledger.verification.checks.holder import check_holder
from ledger.verification.checks.integrity import check_integrity
from ledger.verification.checks.issuer import check_issuer
from ledger.verification.checks.status import check_status
from ledger.verification.checks.validity import check_validity
from ledger.verification.evidence import Evidence, Query
from ledger.verification.policy import Policy
from ledger.verification.proof_file import MAX_DOCUMENT, ProofFile

_VCT: Final = re.compile(r"urn:suizheng:licence:([^:\s]+):[0-9]+")
_INTEGRITY: Final[dict[type[Refused], str]] = {
    AlgorithmRefused: "integrity.algorithm-refused",
    DisclosureForeign: "integrity.disclosure-foreign",
    DisclosureConflict: "integrity.disclosure-conflict",
}
"""What reading a document may refuse although its form is right."""


@dataclass(eq=False)
class DocumentTooLong(Refused):
    """The document is longer than any licence."""


def verify(
    document: str, evidence: Evidence, policy: Policy, at: int, catalogue: Catalogue
) -> Report:
    """Return the report about `document` at `at`, in Unix seconds; never raise for its content.

    For a question about now give an `at` that is not before the reading's `read_at`. A question
    about an earlier time wants the evidence's `history`.
    """
    findings = list(_findings(document, evidence, policy, at, catalogue))
    skipped = range(len(findings) + 1, len(NAMES) + 1)
    findings += [finding(n, Result.SKIPPED, "skipped.earlier-check") for n in skipped]
    checks = tuple(found.check for found in findings)
    return Report(
        verdict=verdict_of(checks),
        at=at,
        digest=_digest(document),
        checks=checks,
        warnings=tuple(warning for found in findings for warning in found.warnings),
        reading=evidence.reading,
    )


def query_of(document: str, proof: ProofFile | None) -> Query:
    """Return what to ask a ledger about `document`; raise `Refused` when it cannot be read.

    The agency and the list are those that the document names; nothing of it is verified yet. For
    an index outside every list any word will do, since check 5 refuses it.
    """
    _, licence = _read(document)
    return Query(
        agency=licence.agency_id,
        root=None if proof is None else proof.root,
        key_id=licence.key_id,
        record_type=licence_record_type(_type_id(licence.vct)),
        list=licence.list,
        word=licence.index // ENTRIES_PER_WORD if licence.index < ENTRIES else 0,
    )


def _findings(
    document: str, evidence: Evidence, policy: Policy, at: int, catalogue: Catalogue
) -> Iterator[Finding]:
    """Yield the findings in order, and none after INVALID in 1 or 2."""
    try:
        parsed, licence = _read(document)
    except tuple(_INTEGRITY) as refused:
        yield finding(1, Result.VALID, "format.ok")
        yield finding(2, Result.INVALID, _INTEGRITY[type(refused)])
        return
    except Refused:
        yield finding(1, Result.INVALID, "format.unreadable")
        return
    case = Case(
        document=parsed,
        licence=licence,
        type=_type(licence, catalogue),
        evidence=evidence,
        reading=trusted_reading(evidence, policy, licence.agency_id),
        policy=policy,
        at=at,
    )
    yield from _checks(case)


def _checks(case: Case) -> Iterator[Finding]:
    # 1. Format: what is shown obeys the type's rules, identifiers their check characters.
    form = check_format(case)
    yield form
    if form.check.result is Result.INVALID:
        return
    # 2. Integrity: signed by the key that `kid` names, disclosed items its own.
    integrity = check_integrity(case)
    yield integrity
    if integrity.check.result is Result.INVALID:
        return
    # 3. Anchor: the proof leads to a root on chain, anchored in time and deep enough.
    yield check_anchor(case)
    # 4. Issuer: agency active, key good and type accredited at the anchor's block time.
    yield check_issuer(case)
    # 5. Status at the time asked about: the worse of chain and list.
    yield check_status(case)
    # 6. Validity window.
    yield check_validity(case)
    # 7. Holder binding, where the policy asks for it.
    yield check_holder(case)


def _read(document: str) -> tuple[SdJwt, LicenceClaims]:
    if len(document) > MAX_DOCUMENT:
        raise DocumentTooLong
    parsed = parse(document)
    return parsed, read_licence(parsed)


def _type_id(vct: str) -> str:
    """The type id in a `vct` of ours; any other stands for itself and is accredited nowhere."""
    ours = _VCT.fullmatch(vct)
    return vct if ours is None else ours[1]


def _type(licence: LicenceClaims, catalogue: Catalogue) -> LicenceType | None:
    try:
        return catalogue.by_vct(licence.vct, licence.integrity)
    except TypeUnknown:
        return None


def _digest(document: str) -> Digest | None:
    """The digest of the issuer JWT, whatever it is worth; None for what cannot be one."""
    issuer_jwt, *rest = document.split("~", 1)
    if not rest or not issuer_jwt.isascii() or len(document) > MAX_DOCUMENT:
        return None
    return Digest(hashlib.sha256(issuer_jwt.encode("ascii")).digest())
