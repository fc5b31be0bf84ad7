"""What the policies of all agreements have in common: form, parties, notice, and their digest.

A policy says what one version of an agreement means. It is RFC 8785 JSON of at most 64 KiB; its
SHA-256 is the `policyHash` that both parties sign on chain.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema_rs import Draft202012Validator

from ledger.agreements.durations import DurationMalformed, seconds_in
from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.values import RecordType, record_type

MAX_BYTES: Final = 65_536
_SHORTEST_NOTICE: Final = 7 * 86_400


@dataclass(eq=False)
class PolicyInvalid(Refused):
    """The document is no policy: where, as a dotted path, and what is wrong there."""

    path: str
    reason: str


@dataclass(eq=False)
class PolicyKindWrong(Refused):
    """The policy is about documents of another kind than what was asked for."""

    record_type: str


@dataclass(frozen=True)
class AgreementPolicy:
    """A policy that was checked; `document` as it was signed, `digest` its SHA-256."""

    document: Mapping[str, Any]
    digest: bytes

    @property
    def record_type(self) -> RecordType:
        """The type of documents that TO recognises."""
        return record_type(self.document["recordType"])

    def seconds(self, *path: str) -> int:
        """Return the length of the duration at a path, such as `"test", "maxAge"`."""
        value: Any = self.document
        for part in path:
            value = value[part]
        return seconds_in(value)


def read_document(encoded: bytes) -> Mapping[str, Any]:
    """Return the JSON object that a policy is; raise `PolicyInvalid` for anything else.

    The bytes are canonical, so that a policy has one digest. Nothing of it is checked yet.
    """
    if len(encoded) > MAX_BYTES:
        raise PolicyInvalid("", f"longer than {MAX_BYTES} bytes")
    try:
        document = parse_object(encoded)
        is_canonical = canonical_json(document) == encoded
    except LedgerError as exc:
        raise PolicyInvalid("", "no JSON object") from exc
    if not is_canonical:
        raise PolicyInvalid("", "not canonical (RFC 8785)")
    return document


def digest_of(encoded: bytes) -> bytes:
    """Return the `policyHash` of a policy."""
    return hashlib.sha256(encoded).digest()


def check_schema(document: Mapping[str, Any], schema: str) -> None:
    """Raise `PolicyInvalid` at the first fault by a schema of this package, given by file name."""
    for error in _validator(schema).iter_errors(document):
        path = ".".join(map(str, (*error.instance_path, *_members(error.kind))))
        raise PolicyInvalid(path, str(error.kind.name))


def refuse_kind(document: Mapping[str, Any], kind: str) -> None:
    """Raise `PolicyKindWrong` for a record type of a kind, such as `LICENCE_KIND`."""
    named = document.get("recordType")
    if isinstance(named, str) and named.startswith(kind):
        raise PolicyKindWrong(named)


def require_two_parties(document: Mapping[str, Any]) -> None:
    """Raise `PolicyInvalid` where FROM and TO are one jurisdiction."""
    if document["from"] == document["to"]:
        raise PolicyInvalid("to", "the same jurisdiction as the source")


def check_duration(path: str, text: str) -> None:
    """Raise `PolicyInvalid` at `path` unless the text is a duration."""
    try:
        seconds_in(text)
    except DurationMalformed as exc:
        raise PolicyInvalid(path, "no duration") from exc


def check_notice(document: Mapping[str, Any]) -> None:
    """Raise `PolicyInvalid` unless the notice is seven days or more, as the ledger asks."""
    check_duration("notice", document["notice"])
    if seconds_in(document["notice"]) < _SHORTEST_NOTICE:
        raise PolicyInvalid("notice", "less than seven days")


def _members(kind: Any) -> Iterator[str]:
    """Yield which member is missing, or is there and should not be."""
    about = kind.as_dict()
    if kind.name == "required":
        yield about["property"]
    elif kind.name == "additionalProperties":
        yield min(about["unexpected"])


@cache
def _validator(schema: str) -> Draft202012Validator:
    text = files("ledger.agreements").joinpath(schema).read_text()
    return Draft202012Validator(json.loads(text))
