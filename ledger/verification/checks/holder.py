"""Check 7: whoever shows the licence holds its key, where the policy asks for that."""

from typing import Final

from ledger.errors import LedgerError
from ledger.licences.sd_jwt import (
    HolderKeyMissing,
    HolderProofInvalid,
    HolderProofMissing,
    HolderTooOld,
    HolderWrongRequest,
    check_key_binding,
)
from ledger.verification.case import Case, finding
from ledger.verification.check import Finding, Result

_FOUND: Final[dict[type[LedgerError], tuple[Result, str]]] = {
    HolderKeyMissing: (Result.ERROR, "holder.no-key"),
    HolderProofMissing: (Result.INVALID, "holder.proof-missing"),
    HolderProofInvalid: (Result.INVALID, "holder.proof-invalid"),
    HolderWrongRequest: (Result.INVALID, "holder.wrong-request"),
    HolderTooOld: (Result.INVALID, "holder.too-old"),
}


def check_holder(case: Case) -> Finding:
    """Demand a KB-JWT for the policy's request; one that was sent unasked is not looked at."""
    asked = case.policy.holder
    if asked is None:
        return finding(7, Result.SKIPPED, "holder.not-asked")
    try:
        check_key_binding(case.document, audience=asked.audience, nonce=asked.nonce, now=case.at)
    except tuple(_FOUND) as refused:
        result, code = _FOUND[type(refused)]
        return finding(7, result, code)
    if asked.used:
        return finding(7, Result.INVALID, "holder.reused")
    return finding(7, Result.VALID, "holder.ok")
