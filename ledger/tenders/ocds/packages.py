"""Release packages and record packages: what a publisher hands out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.canonical import canonical_json
from ledger.errors import Refused
from ledger.tenders.ocds.parts import Json, filled, moment
from ledger.tenders.ocds.releases import Publication

VERSION: Final = "1.1"
_LONG: Final = 32
"""Digits of no block and log index together."""


@dataclass(eq=False)
class RecordMixed(Refused):
    """Releases of several tenders, or none, do not make one record."""

    ocids: tuple[str, ...]


def release_package(
    releases: Sequence[Mapping[str, Any]], publication: Publication, *, uri: str, at: int
) -> Json:
    """Return a package of releases; `uri` is where it is found, `at` when it last changed."""
    return _package(publication, uri, at) | {"releases": list(releases)}


def record(releases: Sequence[Mapping[str, Any]]) -> Json:
    """Return the record of one tender: all its releases, oldest first, and what they add up to.

    Raises `RecordMixed` for releases of several tenders, and for none.
    """
    ocids = tuple(dict.fromkeys(str(each["ocid"]) for each in releases))
    if len(ocids) != 1:
        raise RecordMixed(ocids)
    ordered = sorted(releases, key=lambda each: each["date"])  # stable: ties stay in chain order
    return {"ocid": ocids[0], "releases": ordered, "compiledRelease": compiled(ordered)}


def record_digest(told: Mapping[str, Any]) -> bytes:
    """Return what a contract's event keeps of the record before it: SHA-256 of its RFC 8785 form.

    Raise `JsonMalformed` for what has no such form.
    """
    return hashlib.sha256(canonical_json(dict(told))).digest()


def place_of(release: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return block and log index in a release's id; None for an id of another form."""
    *_, block, log_index = ("", "", *str(release.get("id")).split("-"))
    is_place = all(each.isascii() and each.isdigit() for each in (block, log_index))
    return (int(block), int(log_index)) if is_place and len(block + log_index) < _LONG else None


def compiled(releases: Sequence[Mapping[str, Any]]) -> Json:
    """Return the compiled release of releases in order: since each one is whole, the last one."""
    last = releases[-1]
    return {**last, "id": f"{last['ocid']}-{last['date']}", "tag": ["compiled"]}


def record_package(
    records: Sequence[Mapping[str, Any]], publication: Publication, *, uri: str, at: int
) -> Json:
    """Return a package of records; as `release_package`. Versioned releases are never in it."""
    return _package(publication, uri, at) | {"records": list(records)}


def _package(publication: Publication, uri: str, at: int) -> Json:
    return filled(
        {
            "uri": uri,
            "version": VERSION,
            "extensions": list(publication.extensions),
            "publisher": {"name": publication.publisher},
            "license": publication.licence,
            "publishedDate": moment(at),
        }
    )
