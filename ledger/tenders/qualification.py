"""Licences shown with a bid, judged as of the deadline; what follows is the committee's to say.

The ordinary verification decides. *Invalid* is told to the committee (R51(3)), *unconfirmed* is
asked again until the report: nobody is rejected because a node was down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger import jws
from ledger.errors import LedgerError
from ledger.licences.catalogue import Catalogue
from ledger.licences.sd_jwt import KEY_BINDING_TYPE, SdJwt, check_key_binding
from ledger.tenders.requests import ORGANISATION, Requirement
from ledger.values import Window
from ledger.verification.check import Report, Verdict
from ledger.verification.evidence import Evidence
from ledger.verification.policy import Policy
from ledger.verification.verify import open_document, verify

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Ask:
    """How presentations to one bid are bound: to whom, for which bid, made when, judged when.

    `made` reaches from publication to the deadline, `at` is the effective deadline. `holder` is the
    code of the organisation that shows them: the bidder's own, or a joint member's.
    """

    audience: str
    nonce: str
    made: Window
    at: int
    holder: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One presentation: for which requirement, what was found, and why (codes, stable).

    `claims` are what it shows, empty for a document that cannot be read.
    """

    requirement: str
    verdict: Verdict
    reasons: tuple[str, ...]
    report: Report
    claims: Mapping[str, Any]


def judge(
    document: str,
    requirement: Requirement,
    ask: Ask,
    evidence: Evidence,
    policy: Policy,
    catalogue: Catalogue,
) -> Judged:
    """Return what a presentation is worth for a requirement; never raise for its content.

    `policy` is asked without a holder: the window of minutes is for people at a counter, and
    whose presentation this is follows from `ask`. A question about the past wants the evidence's
    `history`.
    """
    opened = open_document(document)
    report = verify(opened, evidence, policy, ask.at, catalogue)
    if not isinstance(opened.content, tuple):
        return Judged(requirement.id, Verdict.INVALID, ("presentation.unreadable",), report, {})
    parsed, licence = opened.content
    reasons = [*_unfit(licence.vct, parsed, requirement, ask), *_unbound(parsed, ask)]
    if reasons:
        verdict = Verdict.INVALID
    else:
        verdict, reasons = report.verdict, _codes(report)
    return Judged(requirement.id, verdict, tuple(reasons), report, parsed.claims)


def _unfit(vct: str, parsed: SdJwt, requirement: Requirement, ask: Ask) -> list[str]:
    """Why the licence is not what was asked for, whoever issued it."""
    found = []
    if vct != requirement.vct:
        found.append("presentation.other-type")
    found += _not_own(parsed, requirement, ask)
    exp = parsed.claims.get("exp")
    needed = ask.at + requirement.min_validity_days * _DAY
    if isinstance(exp, int) and exp < needed:
        found.append("presentation.ends-too-soon")
    return found


def _not_own(parsed: SdJwt, requirement: Requirement, ask: Ask) -> list[str]:
    """Why it shows too little, or another's: an organisation qualifies by its own licence alone.

    Its code is always looked at, asked for or not: names and keys can be had by anybody.
    """
    is_own = requirement.who == ORGANISATION
    wanted = {*requirement.claims, "holder_code"} if is_own else requirement.claims
    if any(name not in parsed.claims for name in wanted):
        return ["presentation.claims-missing"]
    if is_own and parsed.claims["holder_code"] != ask.holder:
        return ["presentation.other-organisation"]
    return []


def _unbound(parsed: SdJwt, ask: Ask) -> list[str]:
    """Why the presentation is not this bidder's to this bid; its age is that of the bid."""
    try:
        made = jws.parse(parsed.key_binding or "", KEY_BINDING_TYPE).payload.get("iat")
        now = made if isinstance(made, int) else 0
        check_key_binding(parsed, audience=ask.audience, nonce=ask.nonce, now=now)
    except LedgerError:
        return ["presentation.not-bound"]
    return [] if ask.made.holds(now) else ["presentation.made-outside"]


def _codes(report: Report) -> list[str]:
    found = {Verdict.INVALID: "INVALID", Verdict.UNCONFIRMED: "ERROR"}.get(report.verdict)
    return [check.code for check in report.checks if check.result == found]
