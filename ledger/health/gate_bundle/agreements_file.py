"""The file of agreements: every version with its dates, and what was suspended when."""

from collections.abc import Iterable
from typing import Any, Final

from ledger.agreements.agreement import Agreement, Suspension, Version
from ledger.canonical import b64url_encode, canonical_json, parse_json
from ledger.values import JurisdictionId, RecordType, Scope
from ledger.verification.bundle_form import rows
from ledger.verification.shape import ShapeWrong, base64url, number

_HASH_BYTES: Final = 32
_UINT32: Final = 2**32 - 1
_AGREEMENT_PARTS: Final = 5
_VERSION_PARTS: Final = 12
_SUSPENSION_PARTS: Final = 5


def write_agreements(agreements: Iterable[Agreement]) -> bytes:
    """Return the file."""
    return canonical_json([_write_agreement(each) for each in agreements])


def read_agreements(content: bytes) -> tuple[Agreement, ...]:
    """Return the agreements in a file, each once.

    Raises `ShapeWrong` or `JsonMalformed` for any other content.
    """
    found = rows(parse_json(content), _AGREEMENT_PARTS, "agreements")
    agreements = tuple(_read_agreement(row) for row in found)
    if len({each.id for each in agreements}) != len(agreements):
        raise ShapeWrong("agreements")
    return agreements


def _write_agreement(agreement: Agreement) -> list[Any]:
    return [
        b64url_encode(agreement.source),
        b64url_encode(agreement.target),
        b64url_encode(agreement.record_type),
        [_write_version(version) for version in agreement.versions],
        [
            [number, [_write_suspension(each) for each in suspensions]]
            for number, suspensions in agreement.suspensions.items()
        ],
    ]


def _read_agreement(row: list[Any]) -> Agreement:
    source, target, record_type = (base64url(each, _HASH_BYTES, "agreement") for each in row[:3])
    return Agreement(
        JurisdictionId(source),
        JurisdictionId(target),
        RecordType(record_type),
        tuple(_read_version(each) for each in rows(row[3], _VERSION_PARTS, "versions")),
        {
            number(version, "suspensions", greatest=_UINT32): tuple(
                _read_suspension(each) for each in rows(found, _SUSPENSION_PARTS, "suspensions")
            )
            for version, found in rows(row[4], 2, "suspensions")
        },
    )


def _write_version(version: Version) -> list[Any]:
    return [
        version.number,
        b64url_encode(version.policy_hash),
        b64url_encode(version.bundle_hash),
        b64url_encode(version.proposer),
        version.valid_from,
        version.valid_to,
        version.notice,
        version.proposed_at,
        version.signed_at,
        version.ended_at,
        version.notice_at,
        version.terminates_at,
    ]


def _read_version(row: list[Any]) -> Version:
    policy_hash, bundle_hash, proposer = (
        base64url(each, _HASH_BYTES, "versions") for each in row[1:4]
    )
    return Version(
        number(row[0], "versions", greatest=_UINT32),
        policy_hash,
        bundle_hash,
        JurisdictionId(proposer),
        *(number(each, "versions") for each in row[4:]),
    )


def _write_suspension(suspension: Suspension) -> list[Any]:
    return [
        suspension.start,
        suspension.end,
        suspension.cause,
        int(suspension.scope_kind),
        b64url_encode(suspension.scope),
    ]


def _read_suspension(row: list[Any]) -> Suspension:
    start, end, cause, scope_kind, scope = row
    return Suspension(
        number(start, "suspensions"),
        number(end, "suspensions"),
        number(cause, "suspensions", greatest=_UINT32),
        Scope(number(scope_kind, "suspensions", greatest=max(Scope))),
        base64url(scope, _HASH_BYTES, "suspensions"),
    )
