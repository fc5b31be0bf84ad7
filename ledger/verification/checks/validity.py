"""Check 6: the time asked about lies within the licence's validity."""

from ledger.verification.case import LicenceCase, finding
from ledger.verification.check import Finding, Result, local_day


def check_validity(case: LicenceCase) -> Finding:
    """Judge `nbf <= at < exp`; the sentences name local days, the last one included."""
    nbf, exp = case.licence.nbf, case.licence.exp
    facts = {"from": local_day(nbf)}
    if exp is not None:
        facts["until"] = local_day(exp - 1)
    if not case.policy.clock_trusted:
        return finding(6, Result.ERROR, "validity.clock-unsure", facts)
    if case.at < nbf:
        return finding(6, Result.INVALID, "validity.not-yet", facts)
    if exp is None:
        return finding(6, Result.VALID, "validity.open-ended", facts)
    if case.at >= exp:
        return finding(6, Result.INVALID, "validity.expired", facts)
    return finding(6, Result.VALID, "validity.ok", facts)
