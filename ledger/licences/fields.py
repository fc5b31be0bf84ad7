"""Fields of a licence: what a person or a CSV row supplies, and what a document may claim.

Every error names a field and a rule, and none repeats a value: values are personal.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.errors import Refused
from ledger.licences.catalogue import HolderKind, LicenceType, threshold_claim
from ledger.licences.dates import SECONDS_PER_DAY, DateMalformed, DatesReversed, validity
from ledger.licences.identifiers import (
    IdentifierWrong,
    check_organisation_code,
    check_resident_number,
    is_place_known,
    parse_licence_id,
)
from ledger.licences.schema import Broken

ORGANISATION_CODE: Final = "001"
RESIDENT_NUMBER: Final = "111"
CODE_KINDS: Final = {ORGANISATION_CODE: "统一社会信用代码", RESIDENT_NUMBER: "公民身份号码"}
"""Known values of `holder_code_type`, and the `holder_code_kind` of each."""
PLACE_UNKNOWN: Final = "format.place-unknown"

TECHNICAL_CLAIMS: Final = frozenset(
    {"iss", "vct", "vct#integrity", "jti", "iat", "nbf", "exp", "status", "cnf", "predecessor"}
)
"""Claims of the format rather than of a type; none is ever in a disclosure."""

_IMPLIED: Final = {
    HolderKind.ORGANISATION: ORGANISATION_CODE,
    HolderKind.PERSON: RESIDENT_NUMBER,
}
_CODE_CHECKS: Final[Mapping[str, Callable[[str], None]]] = {
    ORGANISATION_CODE: check_organisation_code,
    RESIDENT_NUMBER: check_resident_number,
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field that breaks a rule; `field` is a dotted path, `limit` what the rule allows.

    Rules: `unknown-field`, `computed-field`, `missing`, the JSON Schema keywords, `text`,
    `identifier-shape`, `check-character`, `date-of-birth`, `date`, `dates-reversed`, `max-days`,
    `threshold`, `type-code`, `issuer`; of CSV rows `unknown-column`, `column-twice`, `number`,
    `boolean`, `parts`.
    """

    field: str
    rule: str
    limit: str = ""


@dataclass(eq=False)
class FieldsInvalid(Refused):
    """Fields break the rules of this licence type."""

    errors: tuple[FieldError, ...]

    def __str__(self) -> str:
        """The title and the rules; an unknown field's name may be a value in the wrong place."""
        return f"{self.title()} ({', '.join(sorted({error.rule for error in self.errors}))})"


def check_fields(licence_type: LicenceType, fields: Mapping[str, Any]) -> None:
    """Raise `FieldsInvalid` unless a licence of this type can be issued from `fields`."""
    errors = list(_by_name(licence_type, fields))
    errors += [FieldError(name, "missing") for name in licence_type.mandatory if name not in fields]
    errors += _code_kind_missing(licence_type, fields)
    errors += _dates_missing(licence_type, fields)
    broken = {error.field for error in errors}
    errors += _together(licence_type, fields, broken)
    if errors:
        raise FieldsInvalid(tuple(errors))


def check_claims(licence_type: LicenceType, claims: Mapping[str, Any]) -> None:
    """Raise `FieldsInvalid` unless the claims of a document, all or some, are such as this type's.

    What a holder may leave out may be missing; what is always visible may not.
    """
    errors: list[FieldError] = []
    checks = licence_type.checks
    for name, value in claims.items():
        check = checks.get(name)
        if check is None:
            if name not in TECHNICAL_CLAIMS:
                errors.append(FieldError(name, "unknown-field"))
        elif broken_rules := check(value):
            errors += _named(name, broken_rules)
    errors += [FieldError(name, "missing") for name in licence_type.visible if name not in claims]
    broken = {error.field for error in errors}
    errors += _together(licence_type, claims, broken)
    errors += _computed(licence_type, claims, broken)
    if errors:
        raise FieldsInvalid(tuple(errors))


def warnings_of(licence_type: LicenceType, claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warning codes for fields or claims that are lawful but worth a second look."""
    code = claims.get("holder_code")
    if code_type_of(licence_type, claims) != RESIDENT_NUMBER or not isinstance(code, str):
        return ()
    return () if is_place_known(code) else (PLACE_UNKNOWN,)


def code_type_of(licence_type: LicenceType, fields: Mapping[str, Any]) -> str | None:
    """Return `holder_code_type` as supplied or as the type's holder implies, None for either."""
    supplied = fields.get("holder_code_type")
    if isinstance(supplied, str):
        return supplied
    return _IMPLIED.get(licence_type.holder)


def _by_name(licence_type: LicenceType, fields: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield what single fields break."""
    for name, value in fields.items():
        claim = licence_type.by_name.get(name)
        if claim is None:
            yield FieldError(name, "unknown-field")
        elif claim.computed:
            yield FieldError(name, "computed-field")
        else:
            yield from _named(name, licence_type.checks[name](value))


def _named(name: str, broken: Sequence[Broken]) -> Iterator[FieldError]:
    for where, rule, limit in broken:
        yield FieldError(f"{name}.{where}" if where else name, rule, limit)


def _code_kind_missing(
    licence_type: LicenceType, fields: Mapping[str, Any]
) -> Iterator[FieldError]:
    """Yield what the issuer cannot fill in: which kind of code a holder has, or its name."""
    code_type = code_type_of(licence_type, fields)
    if code_type is None:
        yield FieldError("holder_code_type", "missing")
    elif code_type not in CODE_KINDS and "holder_code_kind" not in fields:
        yield FieldError("holder_code_kind", "missing")


def _dates_missing(licence_type: LicenceType, fields: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield the dates that the issuer cannot tell: a last day, or the first one before it."""
    if "valid_until" in fields and "valid_from" not in fields:
        yield FieldError("valid_from", "missing")
    if "valid_until" not in fields and not licence_type.validity.has_one_term:
        yield FieldError("valid_until", "missing")


def _together(
    licence_type: LicenceType, fields: Mapping[str, Any], broken: set[str]
) -> Iterator[FieldError]:
    """Yield what well-formed fields break by their check characters or with one another."""
    whole = {"valid_from", "valid_until"}
    if whole <= fields.keys() and not whole & broken:
        yield from _validity(licence_type, fields["valid_from"], fields["valid_until"])
    check = _CODE_CHECKS.get(code_type_of(licence_type, fields) or "")
    if check is not None and "holder_code" in fields and "holder_code" not in broken:
        yield from _identifier("holder_code", check, fields["holder_code"])
    if "predecessor_id" in fields and "predecessor_id" not in broken:
        yield from _identifier("predecessor_id", parse_licence_id, fields["predecessor_id"])


def _identifier(name: str, check: Callable[[str], object], value: str) -> Iterator[FieldError]:
    try:
        check(value)
    except IdentifierWrong as wrong:
        yield FieldError(name, wrong.rule.value)


def _validity(licence_type: LicenceType, start: str, end: str) -> Iterator[FieldError]:
    try:
        nbf, exp = validity(start, end)
    except DateMalformed:
        yield FieldError("valid_until", "date")
    except DatesReversed:
        yield FieldError("valid_until", "dates-reversed")
    else:
        most = licence_type.validity.max_days
        if most is not None and exp is not None and exp - nbf > most * SECONDS_PER_DAY:
            yield FieldError("valid_until", "max-days", str(most))


def _computed(
    licence_type: LicenceType, claims: Mapping[str, Any], broken: set[str]
) -> Iterator[FieldError]:
    """Yield claims of ours that disagree with those that they are computed from."""
    if "type_code" not in broken and claims.get("type_code") not in (None, licence_type.type_code):
        yield FieldError("type_code", "type-code")
    if "licence_id" in claims and "licence_id" not in broken:
        yield from _licence_id(licence_type, claims)
    for name, steps in licence_type.thresholds.items():
        if name not in claims or name in broken:
            continue
        for step in steps:
            stated = claims.get(threshold_claim(name, step))
            if stated not in (None, claims[name] >= step):
                yield FieldError(threshold_claim(name, step), "threshold")


def _licence_id(licence_type: LicenceType, claims: Mapping[str, Any]) -> Iterator[FieldError]:
    try:
        found = parse_licence_id(claims["licence_id"])
    except IdentifierWrong as wrong:
        yield FieldError("licence_id", wrong.rule.value)
        return
    if found.type_code != licence_type.type_code:
        yield FieldError("licence_id", "type-code")
    if found.issuer != claims.get("issuing_authority_code"):
        yield FieldError("licence_id", "issuer")


def supplied_names(licence_type: LicenceType) -> list[str]:
    """Return the names of the claims that may be supplied, in the catalogue's order."""
    return [claim.name for claim in licence_type.claims if not claim.computed]
