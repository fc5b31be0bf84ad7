"""The JSON forms of sealed tenders (§5): RFC 8785, read strictly, since digests of them count.

Amounts are decimal strings of two places: numbers of RFC 8785 are IEEE doubles.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema_rs import Draft202012Validator

from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused

MAX_BYTES: Final = 8 * 2**20
"""A manifest names ten thousand files at most."""


class Form(StrEnum):
    """The forms there are, as their member `type` names them."""

    MANIFEST = "bid-manifest"
    BID = "signed-bid"
    BACKUP = "bid-backup"
    CONFIDENTIAL = "confidential-manifest"
    DOCUMENTS = "tender-documents"
    STATEMENT = "trustee-statement"
    REQUEST = "trustee-request"
    REHEARSAL = "trustee-rehearsal"
    GUARANTEE = "bid-guarantee"
    EXTENSION = "disclosure-extension"
    COSIGNATURE = "opening-cosignature"


@dataclass(eq=False)
class FormInvalid(Refused):
    """The file does not have its form: where, as a dotted path, and what is wrong."""

    form: str
    path: str
    reason: str


def write(form: Form, value: dict[str, Any]) -> bytes:
    """Return the one spelling of a form; raise `FormInvalid` for what is none."""
    whole = {"type": form.value, **value}
    _check(form, whole)
    return canonical_json(whole)


def read(form: Form, octets: bytes) -> dict[str, Any]:
    """Return what is written in a form; raise `FormInvalid` for any other bytes."""
    if len(octets) > MAX_BYTES:
        raise FormInvalid(form, "", "too long")
    try:
        value = parse_object(octets)
        is_canonical = canonical_json(value) == octets
    except LedgerError as exc:
        raise FormInvalid(form, "", "no JSON object") from exc
    if not is_canonical:
        raise FormInvalid(form, "", "not canonical (RFC 8785)")
    _check(form, value)
    return value


def _check(form: Form, value: dict[str, Any]) -> None:
    for error in _validator(form).iter_errors(value):
        raise FormInvalid(form, ".".join(map(str, error.instance_path)), str(error.kind.name))


@cache
def _validator(form: Form) -> Draft202012Validator:
    schema = json.loads(files("ledger.tenders").joinpath("forms.schema.json").read_text("utf-8"))
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{form.value}"})
