"""The bundle's JSON: arrays in a fixed order, hashes in base64url, so that it stays small."""

from typing import Any

from ledger.authority import Agency, DocumentKey
from ledger.canonical import b64url_encode
from ledger.events import Place, StatusChanged
from ledger.keys import PublicKey
from ledger.projection import Header
from ledger.status_list import WORDS
from ledger.values import (
    AgencyId,
    AgencyStatus,
    KeyUsage,
    LedgerRef,
    RecordType,
    Root,
    Status,
    Window,
    agency_id,
)
from ledger.verification.bundle_content import AgencyRecord, BundleContent
from ledger.verification.evidence import Batch
from ledger.verification.shape import (
    MAX_CHAIN_ID,
    ShapeWrong,
    address,
    base64url,
    entries,
    flag,
    members,
    number,
    text,
)

_CONTENT = ("sequence", "iat", "exp", "ledger", "head", "complete", "agencies")
_AGENCY = (
    *("jurisdiction", "code", "name", "status", "statuses", "keys"),
    *("accreditations", "batches", "lists", "events"),
)
_UINT32 = 2**32 - 1
_UINT16 = 2**16 - 1
_ALL_USAGES = sum(KeyUsage)


def write_content(content: BundleContent) -> dict[str, Any]:
    """Return the payload of a bundle's JWT."""
    head = content.head
    return {
        "sequence": content.sequence,
        "iat": content.issued_at,
        "exp": content.expires_at,
        "ledger": [content.ledger.chain_id, content.ledger.address],
        "head": [head.block, b64url_encode(head.hash), head.time],
        "complete": content.is_complete,
        "agencies": [_write_agency(record) for record in content.agencies],
    }


def read_content(payload: Any) -> BundleContent:
    """Return the content of a bundle's payload; raise `ShapeWrong` for any other shape."""
    whole = members(payload, _CONTENT, "bundle")
    ledger = entries(whole["ledger"], "ledger", length=2)
    head = entries(whole["head"], "head", length=3)
    return BundleContent(
        sequence=number(whole["sequence"], "sequence", least=1),
        issued_at=number(whole["iat"], "iat"),
        expires_at=number(whole["exp"], "exp"),
        ledger=LedgerRef(
            number(ledger[0], "ledger", least=1, greatest=MAX_CHAIN_ID),
            address(ledger[1], "ledger"),
        ),
        head=Header(
            number(head[0], "head"), base64url(head[1], 32, "head"), number(head[2], "head")
        ),
        is_complete=flag(whole["complete"], "complete"),
        agencies=_read_agencies(whole["agencies"]),
    )


def _read_agencies(found: Any) -> tuple[AgencyRecord, ...]:
    records = tuple(_read_agency(agency) for agency in entries(found, "agencies"))
    if len({record.agency.id for record in records}) != len(records):
        raise ShapeWrong("agencies")
    return records


def _write_agency(record: AgencyRecord) -> dict[str, Any]:
    return {
        "jurisdiction": record.agency.jurisdiction,
        "code": record.agency.code,
        "name": record.agency.name,
        "status": int(record.agency.status),
        "statuses": [[since, int(status)] for since, status in record.statuses],
        "keys": [write_key(key) for key in record.keys],
        "accreditations": [
            [b64url_encode(record_type), [[window.start, window.end] for window in windows]]
            for record_type, windows in record.accreditations.items()
        ],
        "batches": [
            [b64url_encode(root), batch.anchored_at, batch.block, batch.size, batch.kind]
            for root, batch in record.batches.items()
        ],
        "lists": [
            [number_, [[word, _write_word(value)] for word, value in words.items() if value]]
            for number_, words in record.lists.items()
        ],
        "events": [_write_event(event) for event in record.events],
    }


def _read_agency(found: Any) -> AgencyRecord:
    whole = members(found, _AGENCY, "agency")
    jurisdiction, code = text(whole["jurisdiction"], "jurisdiction"), text(whole["code"], "code")
    agency = agency_id(jurisdiction, code)
    return AgencyRecord(
        agency=Agency(
            agency, jurisdiction, code, text(whole["name"], "name"), read_status(whole["status"])
        ),
        statuses=tuple(
            (number(since, "statuses"), read_status(status))
            for since, status in rows(whole["statuses"], 2, "statuses")
        ),
        keys=tuple(read_key(row) for row in rows(whole["keys"], 9, "keys")),
        accreditations={
            RecordType(base64url(record_type, 32, "accreditations")): read_windows(windows)
            for record_type, windows in rows(whole["accreditations"], 2, "accreditations")
        },
        batches=dict(_read_batch(row) for row in rows(whole["batches"], 5, "batches")),
        lists={
            number(list_number, "lists", greatest=_UINT32): _read_words(words)
            for list_number, words in rows(whole["lists"], 2, "lists")
        },
        events=tuple(_read_event(agency, row) for row in rows(whole["events"], 9, "events")),
    )


def rows(found: Any, length: int, member: str) -> list[list[Any]]:
    """Return an array of arrays of `length`; raise `ShapeWrong` for anything else."""
    return [entries(row, member, length=length) for row in entries(found, member)]


def read_status(value: Any) -> AgencyStatus:
    """Return an agency's status; raise `ShapeWrong` for any other number."""
    return AgencyStatus(number(value, "status", greatest=max(AgencyStatus)))


def write_key(key: DocumentKey) -> list[Any]:
    """Return the row of a document key."""
    return [
        b64url_encode(key.public_key.x),
        b64url_encode(key.public_key.y),
        int(key.usage),
        key.announced_at,
        key.sign_from,
        key.sign_until,
        key.verify_until,
        key.distrust_from,
        key.frozen,
    ]


def read_key(row: list[Any]) -> DocumentKey:
    """Return the document key of a row of nine; raise `ShapeWrong` for any other content."""
    x, y, usage, *times, frozen = row
    announced_at, sign_from, sign_until, verify_until, distrust_from = (
        number(time, "keys") for time in times
    )
    return DocumentKey(
        PublicKey(base64url(x, 32, "keys"), base64url(y, 32, "keys")),
        KeyUsage(number(usage, "keys", greatest=_ALL_USAGES)),
        announced_at,
        sign_from,
        sign_until,
        verify_until,
        distrust_from,
        flag(frozen, "keys"),
    )


def read_windows(found: Any) -> tuple[Window, ...]:
    """Return an accreditation's windows; raise `ShapeWrong` for any other content."""
    return tuple(
        Window(number(start, "accreditations"), number(end, "accreditations"))
        for start, end in rows(found, 2, "accreditations")
    )


def _read_batch(row: list[Any]) -> tuple[Root, Batch]:
    root, anchored_at, block, size, kind = row
    return Root(base64url(root, 32, "batches")), Batch(
        number(anchored_at, "batches", least=1),
        number(block, "batches"),
        number(size, "batches", least=1, greatest=_UINT32),
        number(kind, "batches", greatest=_UINT16),
    )


def _write_word(value: int) -> str:
    return b64url_encode(value.to_bytes(32))


def _read_word(value: Any) -> int:
    return int.from_bytes(base64url(value, 32, "word"))


def _read_words(found: Any) -> dict[int, int]:
    return {
        number(word, "lists", greatest=WORDS - 1): _read_word(value)
        for word, value in rows(found, 2, "lists")
    }


def _write_event(event: StatusChanged) -> list[Any]:
    return [
        event.list,
        event.word,
        _write_word(event.mask),
        int(event.status),
        event.reason,
        event.effective_at,
        event.until,
        event.place.block,
        event.place.block_time,
    ]


def _read_event(agency: AgencyId, row: list[Any]) -> StatusChanged:
    list_number, word, mask, status, reason, effective_at, until, block, block_time = row
    return StatusChanged(
        place=Place(number(block, "events"), b"", number(block_time, "events"), b"", 0),
        agency=agency,
        list=number(list_number, "events", greatest=_UINT32),
        word=number(word, "events", greatest=WORDS - 1),
        mask=_read_word(mask),
        status=Status(number(status, "events", greatest=max(Status))),
        reason=number(reason, "events", greatest=_UINT16),
        effective_at=number(effective_at, "events"),
        until=number(until, "events"),
    )
