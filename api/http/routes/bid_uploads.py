"""Sealed files on their way in: opened, sent in chunks, completed. They never come out here."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.http.auth import Caller
from api.http.chunks import PIECE_SECONDS, TooManyChunks
from api.http.content_digest import ContentDigestMissing, content_digest
from api.http.idempotency import json_answer, respond
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenBidUploads
from api.http.problems import RequestTooLarge
from api.http.public import NOT_MODIFIED, RevalidatedRoute
from api.http.routes.licences import signed_in
from api.http.schemas.bid_uploads import (
    BidStorageAnswer,
    BidUploadAnswer,
    BidUploadForm,
    UnplacedUploadForm,
)
from api.http.strict import StrictRoute
from api.http.uploads import UploadCut, UploadStalled, pieces
from api.services.bid_uploads import BlobsUnsound, ChunkSizeWrong, ChunkUnknown, UploadView
from api.services.issuers import SigningKeyMissing
from api.services.mailboxes import MailboxUnknown
from api.services.refusals import (
    BidSpaceFull,
    BidUploadFinished,
    BidUploadUnknown,
    TooManyBidUploads,
)
from ledger.errors import AgencyNotActive, AgencyUnknown, Unavailable
from ledger.tenders.errors import DigestMismatch, NotSealed, UploadIncomplete

_PREFIX: Final = "/v1/bids/uploads"
router = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=StrictRoute)
mailbox_router = APIRouter(prefix="/v1/mailbox/uploads", tags=["tenders"], route_class=StrictRoute)
storage_router = APIRouter(
    prefix="/v1/bids/storage", tags=["tenders"], route_class=RevalidatedRoute
)
_CHUNK: Final = {
    "requestBody": {
        "required": True,
        "description": "The chunk's bytes: `chunkSize` of them, of the last chunk the rest.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
UploadInPath = Annotated[
    str, Path(alias="upload", pattern="^0x[0-9a-f]{32}$", description="The upload's id.")
]
ChunkNumber = Annotated[int, Path(ge=0, le=2**16, description="From 0 on.")]
DigestHeader = Annotated[
    str | None,
    Header(
        alias="Content-Digest",
        max_length=512,
        description="RFC 9530: `sha-256=:` and the base64 of the body's SHA-256 and `:`.",
        examples=["sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"],
    ),
]


def _id(upload: UploadInPath) -> bytes:
    return bytes.fromhex(upload[2:])


UploadId = Annotated[bytes, Depends(_id)]


_BEGUN: Final = {
    200: {"model": BidUploadAnswer, "description": "The account began it earlier; go on."},
    **signed_in(
        AgencyUnknown,
        AgencyNotActive,
        SigningKeyMissing,
        TooManyBidUploads,
        BidSpaceFull,
        *JSON_BODY,
    ),
}


@storage_router.get("", responses=NOT_MODIFIED | problems(Unavailable))
def storage(uploads: GivenBidUploads) -> BidStorageAnswer:
    """Tell on how many stores each sealed file is kept; a tender's policy says how many it wants.

    A receipt tells how many had the file when it was signed; the others get it from these.
    """
    return BidStorageAnswer(replicas=uploads.replicas)


@router.post("", status_code=201, response_model=BidUploadAnswer, responses=_BEGUN)
def begin(form: BidUploadForm, by: Caller, uploads: GivenBidUploads) -> Response:
    """Begin to send a sealed file, or go on with it after a cut. Sign in with the bid's key."""
    return _begun(uploads.open(form.parsed(), by))


@mailbox_router.post(
    "",
    status_code=201,
    response_model=BidUploadAnswer,
    responses=_BEGUN | signed_in(MailboxUnknown),
)
def begin_unplaced(form: UnplacedUploadForm, by: Caller, uploads: GivenBidUploads) -> Response:
    """Begin to send a sealed file, or go on with it, where a mailbox hides who bids and how many.

    Sign in with a key for this file alone. The rest goes as with any upload. A file that no bid on
    the chain has named three days after the tenders of its time were listed is forgotten.
    """
    return _begun(uploads.open(form.parsed(), by))


def _begun(view: UploadView) -> Response:
    location = {"location": f"{_PREFIX}/0x{view.row.id.hex()}"}
    return respond(json_answer(BidUploadAnswer.of(view), 201 if view.is_new else 200, location))


@router.put(
    "/{upload}/chunks/{number}",
    status_code=204,
    response_class=Response,
    openapi_extra=_CHUNK,
    responses=signed_in(
        BidUploadUnknown,
        BidUploadFinished,
        ChunkUnknown,
        ChunkSizeWrong,
        ContentDigestMissing,
        DigestMismatch,
        NotSealed,
        BidSpaceFull,
        RequestTooLarge,
        UploadCut,
        UploadStalled,
        TooManyChunks,
    ),
)
async def put_chunk(  # the parts of one address, and what is sent
    upload: UploadId,
    number: ChunkNumber,
    by: Caller,
    uploads: GivenBidUploads,
    request: Request,
    digest: DigestHeader = None,
) -> Response:
    """Keep one chunk: 204 once it is on durable storage. Sent again, it takes its own place."""
    given = content_digest(digest)
    await run_in_threadpool(uploads.expect, upload, number, by)
    async with request.app.state.room.chunks.one():
        coming = pieces(request.stream(), seconds=PIECE_SECONDS)
        content = b"".join([piece async for piece in coming])
        await run_in_threadpool(uploads.put, upload, number, content, given, by)
    return Response(status_code=204)


@router.get("/{upload}", responses=signed_in(BidUploadUnknown))
def show(upload: UploadId, by: Caller, uploads: GivenBidUploads) -> BidUploadAnswer:
    """Say which chunks are here; for the account that began the upload alone."""
    return BidUploadAnswer.of(uploads.get(upload, by))


@router.post(
    "/{upload}/complete",
    response_model=BidUploadAnswer,
    responses=signed_in(
        BidUploadUnknown,
        UploadIncomplete,
        DigestMismatch,
        NotSealed,
        BlobsUnsound,
        SigningKeyMissing,
        TooManyChunks,
    ),
)
async def complete(
    upload: UploadId, by: Caller, uploads: GivenBidUploads, request: Request
) -> Response:
    """Read the whole file back, check size, SHA-256 and header, and sign for it.

    A repeat gets the same receipt. It may take a minute for 2 GiB.
    """
    async with request.app.state.room.files.one():
        view = await run_in_threadpool(uploads.complete, upload, by)
    return respond(json_answer(BidUploadAnswer.of(view), 200))
