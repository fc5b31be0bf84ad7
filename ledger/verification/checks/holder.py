"""Check 7: whoever shows the licence holds its key, where the policy asks for that."""

from typing import Final

from ledger import jws
from ledger.errors import LedgerError, Refused
from ledger.licences.sd_jwt import (
    KEY_BINDING_TYPE,
    HolderKeyMissing,
    HolderProofInvalid,
    HolderProofMissing,
    HolderTooOld,
    HolderWrongRequest,
    SdJwt,
    check_key_binding,
)
from ledger.verification.case import LicenceCase, finding
from ledger.verification.check import Finding, Result

_FOUND: Final[dict[type[LedgerError], tuple[Result, str]]] = {
    HolderKeyMissing: (Result.ERROR, "holder.no-key"),
    HolderProofMissing: (Result.INVALID, "holder.proof-missing"),
    HolderProofInvalid: (Result.INVALID, "holder.proof-invalid"),
    HolderWrongRequest: (Result.INVALID, "holder.wrong-request"),
    HolderTooOld: (Result.INVALID, "holder.too-old"),
}


def check_holder(case: LicenceCase) -> Finding:
    """Demand a KB-JWT for the policy's request; one sent unasked must at least be a proof."""
    asked = case.policy.holder
    if asked is None:
        return _unasked(case.document)
    try:
        check_key_binding(case.document, audience=asked.audience, nonce=asked.nonce, now=case.at)
    except tuple(_FOUND) as refused:
        result, code = _FOUND[type(refused)]
        return finding(7, result, code)
    if asked.used:
        return finding(7, Result.INVALID, "holder.reused")
    return finding(7, Result.VALID, "holder.ok")


def _unasked(document: SdJwt) -> Finding:
    """For whom and when it was made does not matter, but what is no proof is a changed file."""
    if document.key_binding is None:
        return finding(7, Result.SKIPPED, "holder.not-asked")
    try:
        made = jws.parse(document.key_binding, KEY_BINDING_TYPE).payload
        audience, nonce, issued_at = made.get("aud"), made.get("nonce"), made.get("iat")
        if not (isinstance(audience, str) and isinstance(nonce, str)):
            raise HolderProofInvalid
        now = issued_at if isinstance(issued_at, int) else 0
        check_key_binding(document, audience=audience, nonce=nonce, now=now)
    except (Refused, HolderKeyMissing):
        return finding(7, Result.INVALID, "holder.proof-invalid")
    return finding(7, Result.SKIPPED, "holder.not-asked")
