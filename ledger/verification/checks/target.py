"""Check 5 of a decision: it is about the licence that was given with it."""

from ledger.errors import Refused
from ledger.verification.case import DecisionCase, finding
from ledger.verification.check import Finding, Result


def check_target(case: DecisionCase) -> Finding:
    """Compare digest and agency; without a licence there is nothing to compare.

    The digest covers all that the licence says, so that its own signature need not be checked.
    """
    target = {"target": "0x" + case.signed.decision.target.hex()}
    if case.licence is None:
        return finding(5, Result.SKIPPED, "target.not-asked", target)
    if isinstance(case.licence, Refused):
        return finding(5, Result.ERROR, "target.unreadable", target)
    document, licence = case.licence
    if document.digest != case.signed.decision.target:
        return finding(5, Result.INVALID, "target.other-licence", target)
    if licence.agency_id != case.subject.agency:
        return finding(5, Result.INVALID, "target.other-agency", target)
    return finding(5, Result.VALID, "target.ok", target)
