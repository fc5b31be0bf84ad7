"""The schema of a certificate, by the version that it names: a compact statement of our own.

Facts from ehn-dcc-development/eu-dcc-schema (Apache-2.0), releases 1.0.0 to 1.3.3. Its value sets
are left out. Formats are not judged: dates are text here, and two of the authors' valid samples
do not fit theirs.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jsonschema_rs import Draft202012Validator, ValidationError

Version = tuple[int, int, int]

DOB_PARTIAL: Final = "dob-partial"
COUNTRY_EMPTY: Final = "country-empty"
TEXT_TOO_LONG: Final = "text-too-long"
TOLERABLE: Final = frozenset((DOB_PARTIAL, COUNTRY_EMPTY, TEXT_TOO_LONG))
"""Faults that an agreement may tolerate; any other one is `schema`."""
ENTRIES: Final = ("v", "t", "r")
"""Vaccination, test, recovery."""


def faults(certificate: Mapping[str, Any]) -> frozenset[str]:
    """Return what is wrong with `certificate` by the schema of its `ver`; empty if it fits.

    The words are those of `TOLERABLE` and `schema`. A version later than those known is judged by
    the latest, one in between by the one before it; a certificate without one fits none.
    """
    version = _version(certificate.get("ver"))
    if version is None:
        return frozenset(("schema",))
    validator = _validator(version)
    if validator.is_valid(certificate):
        return frozenset()
    return frozenset(_named(error) for error in validator.iter_errors(certificate))


_VERSION: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII)
_KNOWN: Final[tuple[Version, ...]] = ((1, 0, 0), (1, 1, 0), (1, 3, 0), (1, 3, 1), (1, 3, 2))
"""Versions that changed something besides words; 1.2.1 is as 1.1.0, 1.3.3 as 1.3.2."""


def _version(text: object) -> Version | None:
    found = _VERSION.fullmatch(text) if type(text) is str else None
    if found is None or int(found[1]) != 1:
        return None
    named = (1, int(found[2]), int(found[3]))
    return max(known for known in _KNOWN if known <= named)


@cache
def _validator(version: Version) -> Draft202012Validator:
    """Compiled once a version; a check takes two microseconds then."""
    return Draft202012Validator(_schema(version), validate_formats=False)


_Schema = dict[str, Any]
_DOB: Final[Mapping[Version, str]] = {
    (1, 0, 0): r"(19|20)\d{2}-\d{2}-\d{2}",
    (1, 1, 0): r"^(19|20)\d\d(-\d\d){0,2}$",
    (1, 3, 0): r"^((19|20)\d\d(-\d\d){0,2}){0,1}$",
}
_PARTIAL_DOB: Final = re.compile(_DOB[1, 3, 0].replace("$", r"\Z"), re.ASCII)


def _schema(version: Version) -> _Schema:
    is_latest = version >= (1, 3, 0)
    text = {"type": "string", "maxLength": 80 if is_latest else 50}
    dob = _DOB[max(known for known in _DOB if known <= version)]
    return {
        "type": "object",
        "required": ["ver", "nam", "dob"],
        "properties": {
            "nam": _name(text, either=version >= (1, 3, 2)),
            "dob": {"type": "string", "pattern": dob},
            "v": _group(_vaccination(text, is_latest=is_latest), is_latest=is_latest),
            "t": _group(_test(text, version), is_latest=is_latest),
            "r": _group(_recovery(text), is_latest=is_latest),
        },
        **({"oneOf": [{"required": [entry]} for entry in ENTRIES]} if is_latest else {}),
    }


def _name(text: _Schema, *, either: bool) -> _Schema:
    standard = {**text, "pattern": "^[A-Z<]*$"}
    asked = {"anyOf": [{"required": ["fnt"]}, {"required": ["gnt"]}]}
    return {
        "type": "object",
        "properties": {"fn": text, "gn": text, "fnt": standard, "gnt": standard},
        **(asked if either else {"required": ["fnt"]}),
    }


def _group(entry: _Schema, *, is_latest: bool) -> _Schema:
    return {
        "type": "array",
        "items": entry,
        "minItems": 1,
        **({"maxItems": 1} if is_latest else {}),
    }


_WORD: Final[_Schema] = {"type": "string"}


def _entry(text: _Schema, own: Mapping[str, _Schema], optional: frozenset[str]) -> _Schema:
    country = {"type": "string", "pattern": "[A-Z]{1,10}"}
    properties = {"tg": _WORD, "co": country, "is": text, "ci": text, **own}
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def _vaccination(text: _Schema, *, is_latest: bool) -> _Schema:
    dose = {"type": "integer", "minimum": 1, **({} if is_latest else {"maximum": 9})}
    words = dict.fromkeys(("vp", "mp", "ma", "dt"), _WORD)
    return _entry(text, {**words, "dn": dose, "sd": dose}, frozenset())


def _test(text: _Schema, version: Version) -> _Schema:
    words = dict.fromkeys(("tt", "sc", "tr", "ma"), _WORD)
    name = text if version >= (1, 3, 0) else _WORD
    optional = {"nm", "ma"} | ({"tc"} if version >= (1, 3, 1) else set())
    return _entry(text, {**words, "nm": name, "tc": text}, frozenset(optional))


def _recovery(text: _Schema) -> _Schema:
    return _entry(text, dict.fromkeys(("fr", "df", "du"), _WORD), frozenset())


def _named(error: ValidationError) -> str:
    """The word for one error: what an agreement may tolerate has its own."""
    keyword, place = error.kind.name, error.instance_path
    if keyword == "maxLength":
        return TEXT_TOO_LONG
    if keyword == "pattern" and place == ["dob"] and _PARTIAL_DOB.match(str(error.instance)):
        return DOB_PARTIAL
    if keyword == "pattern" and place[-1:] == ["co"] and error.instance == "":
        return COUNTRY_EMPTY
    return "schema"
