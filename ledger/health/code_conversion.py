"""Converting a foreign code: which pass a host issues for it, or why it issues none.

A gate that is shown the same code by the same policy, rules and lists accepts what is converted
here, and nothing else: the reading, the grade and the rules are the gate's own.
"""

from collections.abc import Mapping
from typing import Any, Final

from ledger.agreements.agreement import InForce, scope_of
from ledger.agreements.health_policy import Policy
from ledger.certlogic.dates import InstantMalformed
from ledger.certlogic.rules import Judgement
from ledger.health.conversion import (
    ConversionRefused,
    Ground,
    Terms,
    fresh_until,
    tested_until,
)
from ledger.health.hcert.claims import Claims
from ledger.health.hcert.reading import Reading
from ledger.health.hcert.writing import certificate_id
from ledger.health.reasons import Reason
from ledger.health.rule_bundles import RuleBundle
from ledger.health.transfers import HealthTest
from ledger.values import AgreementState, Scope

GROUNDS: Final[Mapping[Reason, Ground]] = {
    Reason.PREFIX: Ground.FORMAT,
    Reason.FORMAT: Ground.FORMAT,
    Reason.SIGNATURE: Ground.SIGNATURE,
    Reason.CLAIMS: Ground.CLAIMS,
    Reason.KEY_USAGE: Ground.KEY_USAGE,
    Reason.KEY_STATE: Ground.KEY_STATE,
    Reason.STATUS: Ground.STATUS,
    Reason.TIME: Ground.TIME,
    Reason.RULE: Ground.RULE,
}
_MAX_ISSUER: Final = 80
"""Characters that the schema gives to an issuer's name."""


def check_recognised(in_force: InForce, kid: bytes, port: str | None) -> None:
    """Raise `ConversionRefused` while an agreement takes in nothing, by this key or at this port.

    A foreign key is named by the SHA-256 of its certificate, of which its kid is the beginning.
    """
    if in_force.state is AgreementState.SUSPENDED:
        raise ConversionRefused(Ground.AGREEMENT, "suspended")
    for each in in_force.suspensions:
        is_key = each.scope_kind is Scope.KEY and each.scope.startswith(kid)
        is_port = each.scope_kind is Scope.PORT and port and each.scope == scope_of(port)
        if is_key or is_port:
            kind = each.scope_kind.name.lower()
            raise ConversionRefused(Ground.AGREEMENT, f"suspended for this {kind}")


def check_reading(reading: Reading) -> Claims:
    """Return what a code claims; raise `ConversionRefused` by the first finding against it.

    One that is perhaps withdrawn is refused, too: the desk can ask its issuer.
    """
    if reading.claims is None or reading.findings:
        first = reading.findings[0]
        raise ConversionRefused(GROUNDS[first.reason], first.detail)
    return reading.claims


def convert_code(
    found: Claims, policy: Policy, rules: RuleBundle, *, at: int, quota_left: int | None
) -> Terms:
    """Return the terms of the passes for a code that nothing speaks against.

    It counts as the best of FROM's grades. Raises `ConversionRefused`.
    """
    document = policy.document
    until = tested_until(shown_by(found), policy, at)
    if quota_left is not None and quota_left <= 0:
        raise ConversionRefused(Ground.QUOTA, "none left today")
    best = min(document["grades"]["from"], key=lambda grade: int(grade["order"]))
    grade = policy.grade_for(best["code"])
    if grade is None:
        raise ConversionRefused(Ground.GRADE, f"grade {best['code']}")
    for rule, judgement in rules.judged(document["to"], found.type, found.certificate, at):
        if judgement is not Judgement.MET:
            raise ConversionRefused(Ground.RULE, f"{rule.identifier} {judgement}")
    ends = [fresh_until(policy, at), int(found.expires_at), *([] if until is None else [until])]
    return Terms(grade, at, min(ends), document["maxUses"])


def shown_by(found: Claims) -> HealthTest:
    """Return what a code rests on, as a test; a shot or a recovery by its own name.

    Raises `ConversionRefused` for a date that cannot be read.
    """
    entry = found.entry
    try:
        at = found.event().milliseconds // 1000
    except InstantMalformed as exc:
        raise ConversionRefused(Ground.RULE, "an unreadable date") from exc
    kind = entry.get("tt") or found.type.value
    laboratory = entry.get("tc") or entry.get("is", "")
    return HealthTest(str(kind), str(entry.get("tr", "")) or "stated", max(at, 0), laboratory)


def reissued(found: Claims, jurisdiction: str, issuer: str, entropy: bytes) -> dict[str, Any]:
    """Return the certificate that the host writes for what it took in: its own number and name.

    What was done where stays as it was; `entropy` of 16 fresh random bytes.
    """
    number = certificate_id(f"URN:UVCI:01:{jurisdiction[:2]}:", entropy)
    entry = {**found.entry, "ci": number, "is": issuer[:_MAX_ISSUER]}
    return {**found.certificate, found.group: [entry]}
