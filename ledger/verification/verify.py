"""Verification: from a document and the gathered evidence to a report."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ledger.errors import Refused
from ledger.jws import AlgorithmRefused
from ledger.licences.catalogue import Catalogue, LicenceType, TypeUnknown
from ledger.licences.issuance import LicenceClaims, read_licence
from ledger.licences.sd_jwt import DisclosureConflict, DisclosureForeign, SdJwt, parse
from ledger.status_list import ENTRIES, ENTRIES_PER_WORD
from ledger.values import Digest, RecordKind, RecordType, licence_record_type
from ledger.verification.case import LicenceCase, Subject, finding, trusted_reading
from ledger.verification.check import NAMES, Finding, Report, Result, report_of
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
_USUAL_ID: Final = 64
_INTEGRITY: Final[dict[type[Refused], str]] = {
    AlgorithmRefused: "integrity.algorithm-refused",
    DisclosureForeign: "integrity.disclosure-foreign",
    DisclosureConflict: "integrity.disclosure-conflict",
}
"""What reading a document may refuse although its form is right."""


@dataclass(eq=False)
class DocumentTooLong(Refused):
    """The document is longer than any licence."""


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """A document read once, for the query and the report; nothing of it is verified yet.

    `content` is why not where it cannot be read; `digest` is its issuer JWT's, whatever that is
    worth, and None where there is no such part.
    """

    digest: Digest | None
    content: tuple[SdJwt, LicenceClaims] | Refused


def open_document(document: str) -> OpenedDocument:
    """Return `document` read, or the reason why it cannot be."""
    try:
        if len(document) > MAX_DOCUMENT:
            raise DocumentTooLong
        parsed = parse(document)
        return OpenedDocument(parsed.digest, (parsed, read_licence(parsed)))
    except Refused as refused:
        return OpenedDocument(_digest(document), refused)


def verify(
    document: str | OpenedDocument,
    evidence: Evidence,
    policy: Policy,
    at: int,
    catalogue: Catalogue,
) -> Report:
    """Return the report about `document` at `at`, in Unix seconds; never raise for its content.

    For a question about now give an `at` that is not before the reading's `read_at`. A question
    about an earlier time wants the evidence's `history`.
    """
    opened = open_document(document) if isinstance(document, str) else document
    findings = _findings(opened, evidence, policy, at, catalogue)
    return report_of(findings, NAMES, at=at, digest=opened.digest, reading=evidence.reading)


def query_of(document: str | OpenedDocument, proof: ProofFile | None) -> Query:
    """Return what to ask a ledger about `document`; raise `Refused` when it cannot be read.

    The agency and the list are those that the document names; nothing of it is verified yet. For
    an index outside every list any word will do, since check 5 refuses it.
    """
    opened = open_document(document) if isinstance(document, str) else document
    if isinstance(opened.content, Refused):
        raise opened.content
    _, licence = opened.content
    return Query(
        agency=licence.agency_id,
        root=None if proof is None else proof.root,
        key_id=licence.key_id,
        record_type=_record_type(_type_id(licence.vct)),
        list=licence.list,
        word=word_of(licence),
    )


def word_of(licence: LicenceClaims) -> int:
    """Return the word of the status entry, the first for an index outside every list."""
    return licence.index // ENTRIES_PER_WORD if licence.index < ENTRIES else 0


def _findings(
    document: OpenedDocument, evidence: Evidence, policy: Policy, at: int, catalogue: Catalogue
) -> Iterator[Finding]:
    """Yield the findings in order, and none after INVALID in 1 or 2."""
    if isinstance(document.content, Refused):
        code = _INTEGRITY.get(type(document.content))
        if code is None:
            yield finding(1, Result.INVALID, "format.unreadable")
            return
        yield finding(1, Result.VALID, "format.ok")
        yield finding(2, Result.INVALID, code)
        return
    parsed, licence = document.content
    case = LicenceCase(
        subject=Subject(
            RecordKind.LICENCE, parsed.digest, parsed.jws, licence.agency_id, licence.key_id
        ),
        document=parsed,
        licence=licence,
        type=_type(licence, catalogue),
        evidence=evidence,
        reading=trusted_reading(evidence, policy, licence.agency_id),
        policy=policy,
        at=at,
    )
    yield from _checks(case)


def _checks(case: LicenceCase) -> Iterator[Finding]:
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


def _record_type(type_id: str) -> RecordType:
    """Return what an agency must be accredited for; kept for ids of a usual length."""
    is_usual = len(type_id) <= _USUAL_ID
    return _kept_record_type(type_id) if is_usual else licence_record_type(type_id)


_kept_record_type: Final = lru_cache(maxsize=256)(licence_record_type)


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
