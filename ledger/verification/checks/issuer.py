"""Check 4: the agency might issue this then, and the key was its own and good then.

"Then" is the block time of the anchor, not `iat`, which the signer chooses.
"""

from ledger.authority import Agency
from ledger.values import AgencyStatus, KeyState, KeyUsage
from ledger.verification.case import Case, LicenceCase, finding, not_known, unreachable
from ledger.verification.check import Finding, Notice, Result, rfc3339
from ledger.verification.evidence import Reading


def check_issuer(case: Case) -> Finding:
    """Judge agency, key and accreditation at the anchor's block time, or now without an anchor.

    A decision is judged without accreditation.
    """
    reading = case.reading
    if not isinstance(reading, Reading):
        return unreachable(4, "issuer.unreachable", case)
    if reading.agency is None:
        return not_known(4, "issuer.agency-unknown", "issuer.unreachable", case)
    refused = _refused(case, reading)
    if refused is not None:
        code, facts = refused
        return finding(4, Result.INVALID, code, {"name": reading.agency.name} | facts)
    return _not_refused(case, reading, reading.agency)


def _not_refused(case: Case, reading: Reading, agency: Agency) -> Finding:
    name = {"name": agency.name}
    if reading.key is None or reading.key.public_key.key_id != case.subject.key_id:
        return finding(4, Result.ERROR, "issuer.key-unknown", name)
    if reading.key.frozen:
        return finding(4, Result.ERROR, "issuer.key-frozen", name)
    code = "issuer.ok" if isinstance(case, LicenceCase) else "issuer.active"
    return finding(4, Result.VALID, code, name, _suspended_now(agency))


def _refused(case: Case, reading: Reading) -> tuple[str, dict[str, str]] | None:
    """The first rule that says no, in the order in which a person would want to hear of it."""
    if reading.agency_status_then != AgencyStatus.ACTIVE:
        return "issuer.agency-inactive", {"status": AgencyStatus(reading.agency_status_then).name}
    distrusted = _key_refused(case, reading)
    if distrusted is not None:
        return distrusted
    return _not_entitled(case, reading) if isinstance(case, LicenceCase) else None


def _not_entitled(case: LicenceCase, reading: Reading) -> tuple[str, dict[str, str]] | None:
    """What is asked of who issues; a decision needs no accreditation, which may have ended."""
    if not reading.accredited_then:
        return "issuer.not-accredited", {}
    recognised = case.policy.recognised
    if recognised is not None and case.licence.jurisdiction not in recognised:
        return "issuer.not-recognised-here", {"jurisdiction": case.licence.jurisdiction}
    return None


def _key_refused(case: Case, reading: Reading) -> tuple[str, dict[str, str]] | None:
    key = reading.key
    if key is None or key.public_key.key_id != case.subject.key_id:
        return None
    then = reading.block_time if reading.batch is None else reading.batch.anchored_at
    state = key.state_at(then)
    if state == KeyState.COMPROMISED:
        return "issuer.key-distrusted", {"date": rfc3339(key.distrust_from)}
    if state != KeyState.ACTIVE or not key.usage & KeyUsage.DOCUMENTS:
        return "issuer.key-not-valid-then", {"state": state.name}
    return None


def _suspended_now(agency: Agency) -> tuple[Notice, ...]:
    if agency.status == AgencyStatus.ACTIVE:
        return ()
    facts = {"name": agency.name, "status": AgencyStatus(agency.status).name}
    return (Notice("issuer.agency-suspended-now", facts),)
