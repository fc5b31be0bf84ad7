"""Check 1: what is shown obeys the rules of its type, identifiers their check characters."""

from collections.abc import Sequence
from typing import Any, Final

from ledger.licences.catalogue import LicenceType
from ledger.licences.fields import FieldError, FieldsInvalid, check_claims, warnings_of
from ledger.licences.identifiers import IdentifierRule, IdentifierWrong, parse_licence_id
from ledger.verification.case import LicenceCase, finding
from ledger.verification.check import Finding, Notice, Result

_IDENTIFIER_RULES: Final = frozenset(rule.value for rule in IdentifierRule)

_SHOWN: Final = 120
"""How much of a stranger's own words a report repeats, in characters."""


def check_format(case: LicenceCase) -> Finding:
    """Judge the shown claims by the type's rules; hidden ones are not missed.

    Of a type that is not catalogued only the identifier common to all is judged.
    """
    if case.type is None:
        return _uncatalogued(case)
    try:
        check_claims(case.type, case.document.claims)
    except FieldsInvalid as invalid:
        broken = [error for error in invalid.errors if not _is_excused(case.type, error)]
        if broken:
            return _broken(case.type, broken)
    warnings = tuple(Notice(code) for code in warnings_of(case.type, case.document.claims))
    return finding(1, Result.VALID, "format.ok", warnings=warnings)


def _uncatalogued(case: LicenceCase) -> Finding:
    try:
        if case.licence.licence_id is not None:
            parse_licence_id(case.licence.licence_id)
    except IdentifierWrong:
        return finding(1, Result.INVALID, "format.identifier-wrong", {"field": "licence_id"})
    return finding(1, Result.ERROR, "format.type-unknown", {"vct": case.licence.vct[:_SHOWN]})


def _is_excused(kind: LicenceType, error: FieldError) -> bool:
    """Whether it is only that elements of an array, disclosed one by one, were left out."""
    claim = kind.by_name.get(error.field)
    return error.rule == "minItems" and claim is not None and claim.by_element


def _broken(kind: LicenceType, errors: Sequence[FieldError]) -> Finding:
    first = next((error for error in errors if error.rule in _IDENTIFIER_RULES), errors[0])
    facts: dict[str, Any] = {"field": first.field[:_SHOWN], "rule": first.rule}
    claim = kind.by_name.get(first.field.partition(".")[0])
    if claim is not None:
        facts["labels"] = dict(claim.labels)
    if first.rule in _IDENTIFIER_RULES:
        return finding(1, Result.INVALID, "format.identifier-wrong", facts)
    return finding(1, Result.INVALID, "format.schema-mismatch", facts)
