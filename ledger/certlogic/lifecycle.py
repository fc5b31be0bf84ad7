"""What a rule must satisfy before it may enter force: the European gateway's constraints and ours.

dgc-business-rules-testdata `tooling/Gateway-constraints.adoc`; the first failure is the one told.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from ledger.certlogic.lint import lint
from ledger.certlogic.rules import (
    CertificateType,
    Rule,
    RuleMalformed,
    RuleType,
    payload_fields,
    read_rule,
)
from ledger.errors import Refused
from ledger.values import Seconds

_HOUR: Final = 3600
MIN_LEAD: Final = 48 * _HOUR
MAX_LEAD: Final = 14 * 24 * _HOUR
MIN_LIFE: Final = 72 * _HOUR


@dataclass(eq=False)
class RuleRefused(Refused):
    """The rule may not enter force."""

    check: str
    reason: str


def admit(
    upload: bytes,
    country: str,
    known: Collection[str],
    previous: Rule | None,
    now: Seconds,
) -> Rule:
    """Return the rule in `upload`, or raise `RuleRefused` with the first check that fails.

    `country` is the one that the uploader acts for and `known` those that may upload; `previous` is
    the latest rule of the same identifier. In this order: uploader, schema, type, country, version,
    period, fields, logic.
    """
    if country not in known:
        raise RuleRefused("uploader", country)
    rule = _stated(upload, country)
    if previous is not None and rule.version <= previous.version:
        raise RuleRefused("version", "not greater than the previous one")
    _check_period(rule, previous, now)
    _check_logic(rule)
    return rule


def fit(upload: bytes, country: str) -> Rule:
    """Return the rule in `upload`, or raise `RuleRefused` as `admit` does for what no date changes.

    That is schema, type, country, fields and logic: of a rule that was agreed on, whenever it was.
    """
    rule = _stated(upload, country)
    _check_logic(rule)
    return rule


def _stated(upload: bytes, country: str) -> Rule:
    rule = _read(upload)
    _check_type(rule)
    if rule.country != country or rule.identifier.split("-")[1] != country:
        raise RuleRefused("country", rule.identifier)
    return rule


def _read(upload: bytes) -> Rule:
    try:
        return read_rule(json.loads(upload, object_pairs_hook=_members))
    except RuleMalformed as exc:
        raise RuleRefused("schema", exc.field) from exc
    except (ValueError, RecursionError) as exc:
        raise RuleRefused("schema", "no JSON") from exc


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError  # two readers could see two rules
    return members


_PREFIXES: Final = {
    "GR": CertificateType.GENERAL,
    "VR": CertificateType.VACCINATION,
    "TR": CertificateType.TEST,
    "RR": CertificateType.RECOVERY,
}


def _check_type(rule: Rule) -> None:
    prefix = rule.identifier.split("-")[0]
    if (prefix == "IR") is not (rule.type is RuleType.INVALIDATION):
        raise RuleRefused("type", "IR is for invalidation, and nothing else is")
    if prefix != "IR" and _PREFIXES[prefix] is not rule.certificate_type:
        raise RuleRefused("type", f"{prefix} is not for {rule.certificate_type}")


def _check_period(rule: Rule, previous: Rule | None, now: Seconds) -> None:
    start, end = rule.window.start, rule.window.end
    lead = MIN_LEAD if rule.type is RuleType.ACCEPTANCE else 1
    faults = {
        "ValidTo is not after ValidFrom": end <= start,
        "ValidFrom is too far ahead": start > now + MAX_LEAD,
        "ValidFrom is too near": start < now + lead,
        "in force for less than 72 h": end - start < MIN_LIFE,
        "ValidFrom is before the previous one": previous is not None
        and start < previous.window.start,
    }
    for fault, holds in faults.items():
        if holds:
            raise RuleRefused("period", fault)


def _check_logic(rule: Rule) -> None:
    """Ours: a gate shows AffectedFields as what the rule is about, so they must be that."""
    read = payload_fields(rule.logic)
    if read != set(rule.affected_fields):
        odd = sorted(read ^ set(rule.affected_fields))
        raise RuleRefused("fields", ", ".join(odd)[:200])
    for issue in lint(rule.logic):
        raise RuleRefused("logic", issue.message)
