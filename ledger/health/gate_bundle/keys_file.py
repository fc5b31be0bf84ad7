"""The file of all parties' document keys: each agency once, with its past, and its keys."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ledger.authority import Agency
from ledger.canonical import b64url_encode, canonical_json, parse_json
from ledger.health.gate.evidence import IssuerKey
from ledger.values import AgencyId, RecordType, agency_id
from ledger.verification.bundle_form import read_key, read_status, read_windows, rows, write_key
from ledger.verification.shape import ShapeWrong, base64url, entries, number, text

_HASH_BYTES: Final = 32
_KEY_PARTS: Final = 9
_AGENCY_PARTS: Final = 7


def write_keys(keys: Iterable[IssuerKey]) -> bytes:
    """Return the file; keys of one agency are told with that agency's first one's past."""
    agencies: dict[AgencyId, list[IssuerKey]] = {}
    for each in keys:
        agencies.setdefault(each.agency.id, []).append(each)
    return canonical_json([_write_agency(found) for found in agencies.values()])


def read_keys(content: bytes) -> tuple[IssuerKey, ...]:
    """Return the keys in a file.

    Raises `ShapeWrong` or `JsonMalformed` for any other content, `PointInvalid` for a key that is
    none: a gate must not find that out while somebody waits.
    """
    agencies = rows(parse_json(content), _AGENCY_PARTS, "keys")
    return tuple(key for agency in agencies for key in _read_agency(agency))


def _write_agency(keys: list[IssuerKey]) -> list[Any]:
    first = keys[0]
    return [
        first.agency.jurisdiction,
        first.agency.code,
        first.agency.name,
        int(first.agency.status),
        [[since, int(status)] for since, status in first.statuses],
        [
            [b64url_encode(record_type), [[window.start, window.end] for window in windows]]
            for record_type, windows in first.accreditations.items()
        ],
        [write_key(each.key) for each in keys],
    ]


def _read_agency(row: list[Any]) -> Iterator[IssuerKey]:
    jurisdiction, code = text(row[0], "jurisdiction"), text(row[1], "code")
    status = read_status(row[3])
    agency = Agency(agency_id(jurisdiction, code), jurisdiction, code, text(row[2], "name"), status)
    statuses = tuple(
        (number(since, "statuses"), read_status(each))
        for since, each in rows(row[4], 2, "statuses")
    )
    if list(statuses) != sorted(statuses, key=lambda told: told[0]):
        raise ShapeWrong("statuses")
    accreditations = {
        RecordType(base64url(record_type, _HASH_BYTES, "accreditations")): read_windows(windows)
        for record_type, windows in rows(row[5], 2, "accreditations")
    }
    for each in entries(row[6], "keys"):
        key = read_key(entries(each, "keys", length=_KEY_PARTS))
        key.public_key.loaded()
        yield IssuerKey(agency, key, statuses, accreditations)
