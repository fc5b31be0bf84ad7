"""Check 2: the content is as the key that `kid` names signed it."""

from ledger.keys import SignatureInvalid
from ledger.verification.case import Case, finding
from ledger.verification.check import Finding, Result
from ledger.verification.evidence import Reading


def check_integrity(case: Case) -> Finding:
    """Verify the signature; the key is the ledger's for the document's agency, or there is none."""
    key = case.reading.key if isinstance(case.reading, Reading) else None
    if key is None or key.public_key.key_id != case.subject.key_id:
        return finding(2, Result.ERROR, "integrity.key-unavailable")
    try:
        case.subject.jws.verify(key.public_key)
    except SignatureInvalid:
        return finding(2, Result.INVALID, "integrity.signature-invalid")
    return finding(2, Result.VALID, "integrity.ok")
