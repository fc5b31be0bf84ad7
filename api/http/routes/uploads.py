"""Issuing many licences from one upload."""

from dataclasses import dataclass
from email.message import Message
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from api.http.auth import Caller
from api.http.idempotency import KEYED, GivenTicket, KeyedRoute, json_answer, keeping, respond
from api.http.ports import GivenIssuance
from api.http.problems import MediaTypeUnknown, RequestTooLarge
from api.http.routes.licences import signed_in
from api.http.schemas.licences import BulkAnswer
from api.http.schemas.shared import CodeInPath, JurisdictionInPath
from api.services.idempotency import IdempotencyKeyMissing, KeptAnswer
from api.services.issuance import BulkResult
from api.services.issuers import SigningKeyMissing
from api.services.refusals import ExternalIdTaken, IndexTaken
from api.services.uploads import (
    EncodingUnknown,
    Row,
    RowError,
    TooManyRows,
    UploadInvalid,
    UploadMalformed,
    decode,
    read_csv,
    read_json_lines,
)
from ledger.errors import AccreditationMissing, AgencyNotActive, AgencyUnknown
from ledger.licences.catalogue import LicenceType, TypeUnknown
from ledger.values import agency_id

router = APIRouter(prefix="/v1/agencies", tags=["licences"], route_class=KeyedRoute)
CSV: Final = "text/csv"
JSON_LINES: Final = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Upload:
    """A body as it came, with its media type and, where the caller names it, its charset."""

    raw: bytes
    media_type: str
    charset: str | None

    def rows(self, type_: LicenceType) -> tuple[list[Row], list[RowError]]:
        """Return the rows and what is wrong with them; raise as their readers do."""
        text = decode(self.raw, self.charset)
        return read_csv(type_, text) if self.media_type == CSV else read_json_lines(text)


async def uploaded(request: Request) -> Upload:
    """Return the body; raise `MediaTypeUnknown` unless it says that it is CSV or NDJSON."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "application/octet-stream")
    media_type = header.get_content_type()
    if media_type not in (CSV, JSON_LINES):
        raise MediaTypeUnknown((CSV, JSON_LINES))
    charset = header.get_content_charset()
    return Upload(await request.body(), media_type, charset)


_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "At most 16 MiB and 10,000 rows. Columns are claim names or Chinese labels, "
        "and `external_id`, which makes a second upload harmless. CSV in UTF-8, with or without "
        "BOM, or GB18030.",
        "content": {
            CSV: {"schema": {"type": "string"}},
            JSON_LINES: {"schema": {"type": "string"}},
        },
    }
}


@router.post(
    "/{jurisdiction}/{code}/licences/bulk",
    response_model=BulkAnswer,
    openapi_extra=_BODY,
    responses=signed_in(
        TypeUnknown,
        AgencyUnknown,
        AgencyNotActive,
        AccreditationMissing,
        SigningKeyMissing,
        EncodingUnknown,
        UploadMalformed,
        UploadInvalid,
        TooManyRows,
        RequestTooLarge,
        MediaTypeUnknown,
        ExternalIdTaken,
        IndexTaken,
        IdempotencyKeyMissing,
        *KEYED,
    ),
)
def issue_many(  # noqa: PLR0913  # the parts of one address, and what is sent
    jurisdiction: JurisdictionInPath,
    code: CodeInPath,
    type_: Annotated[str, Query(alias="type", max_length=64)],
    upload: Annotated[Upload, Depends(uploaded)],
    by: Caller,
    issuance: GivenIssuance,
    ticket: GivenTicket,
    *,
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,
) -> Response:
    """Issue every row of an upload, or none; `dryRun` checks all and issues nothing.

    Rows without `external_id` need an `Idempotency-Key`.
    """
    agency = agency_id(jurisdiction, code)
    keep = keeping(ticket, _issued)
    result = issuance.issue_many(agency, type_, upload.rows, by, keep, dry_run=dry_run)
    return respond(_issued(result))


def _issued(result: BulkResult) -> KeptAnswer:
    return json_answer(BulkAnswer.of(result))
