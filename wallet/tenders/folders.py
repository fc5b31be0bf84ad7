"""What a bidder has on disk: the tender's documents, and the files of the bid to be made."""

import mimetypes
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.tenders import bid_flags, documents
from ledger.tenders.age_files import BidFile
from ledger.tenders.documents import STATEMENT, Documents
from ledger.tenders.signatures import AGREEMENT
from wallet.home import FileMissing, FileUnreadable, read_file, read_pieces

DOCUMENTS: Final = "documents.json"
DESCRIPTION: Final = "bid.json"
_OPEN: Final = "public"
_CONFIDENTIAL: Final = "confidential"
_PIECE_BYTES: Final = 2**18
_ANY: Final = "application/octet-stream"
_ROLES: Final = {AGREEMENT: AGREEMENT}
"""Open files that have a role by their names, whatever they end with."""
_OF_BID: Final = frozenset({"identity", "members", "validityDays", "parts"})
_OF_PART: Final = frozenset({"price", "durationDays", "quality", "bond", "presentations"})


@dataclass(eq=False)
class DescriptionMalformed(Refused):
    """The bid's description lacks something or has too much. See suizheng bid seal --help."""

    path: str
    member: str


@dataclass(frozen=True, slots=True)
class Known:
    """A tender's documents with every trustee's proven key, compressed, by part."""

    documents: Documents
    keys: dict[int, list[bytes]]


@dataclass(frozen=True, slots=True)
class PartInput:
    """One part of a bid as its bidder wrote it down."""

    said: dict[str, Any]
    open_files: list[BidFile]
    confidential: list[BidFile]


@dataclass(frozen=True, slots=True)
class BidInput:
    """A bid as its bidder wrote it down; `said` holds what is the same for all parts."""

    identity: dict[str, Any]
    said: dict[str, Any]
    parts: list[PartInput]


def read_manifest(folder: Path) -> Documents:
    """Return what a tender's documents say, without their files; raises as `documents.read`."""
    return documents.read(read_file(folder / DOCUMENTS))


def read_documents(folder: Path) -> Known:
    """Return a tender's documents; raise as `documents.read` and `Documents.keys` do."""
    found = read_manifest(folder)
    named = (each["path"] for each in found.content["files"] if each["role"] == STATEMENT)
    statements = {path: read_file(folder / path) for path in named if (folder / path).exists()}
    return Known(found, found.keys(statements))


def standing_requests(known: Documents, folder: Path) -> dict[str, bytes]:
    """Return the files of a tender's standing request by path; `Terms.of` says what is missing."""
    found = {}
    for each in bid_flags.requested(known):
        with suppress(FileMissing):
            found[each["path"]] = read_file(folder / each["path"])
    return found


def read_bid(folder: Path) -> BidInput:
    """Return the bid in a folder: `bid.json`, and the files of part N below `part-N`.

    Raises `DescriptionMalformed`, `FileMissing` or `FileUnreadable`.
    """
    path = folder / DESCRIPTION
    try:
        value = parse_object(read_file(path))
    except JsonMalformed as exc:
        raise DescriptionMalformed(str(path), "not a JSON object") from exc
    _require_members(path, value, _OF_BID - {"members"}, _OF_BID)
    if not isinstance(value["parts"], list) or not isinstance(value["identity"], dict):
        raise DescriptionMalformed(str(path), "parts, identity")
    said: dict[str, Any] = {k: value[k] for k in ("validityDays", "members") if k in value}
    parts = [
        _part(path, each, folder / f"part-{number}")
        for number, each in enumerate(value["parts"], 1)
    ]
    return BidInput(value["identity"], said, parts)


def _part(path: Path, value: Any, folder: Path) -> PartInput:
    if not isinstance(value, dict):
        raise DescriptionMalformed(str(path), "parts")
    _require_members(path, value, {"price", "durationDays", "quality"}, _OF_PART)
    said = {"bond": None, "presentations": [], **value}
    return PartInput(said, list(_files(folder, _OPEN)), list(_files(folder / _CONFIDENTIAL, "")))


def _require_members(
    path: Path, value: dict[str, Any], least: frozenset[str] | set[str], most: frozenset[str]
) -> None:
    wrong = sorted((least - value.keys()) | (value.keys() - most))
    if wrong:
        raise DescriptionMalformed(str(path), wrong[0])


def _files(folder: Path, below: str) -> Iterator[BidFile]:
    """Yield the files below a folder in one order; links are not followed."""
    for path in sorted((folder / below).rglob("*")):
        if path.is_symlink():
            raise FileUnreadable(str(path), "a link is not sealed; put the file itself there")
        if path.is_dir():
            continue
        if not path.is_file():
            raise FileUnreadable(str(path), "not a file")
        kind = mimetypes.guess_type(path.name)[0] or _ANY
        role = _ROLES.get(path.stem, _OPEN) if below else "technical"
        name = path.relative_to(folder).as_posix()
        yield BidFile(name, _size(path), kind, role, _reading(path))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as exc:
        raise FileMissing(str(path)) from exc


def _reading(path: Path) -> Callable[[], Iterator[bytes]]:
    return lambda: read_pieces(path, _PIECE_BYTES)
