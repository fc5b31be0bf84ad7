"""Papers of tenders: brought by officers, everybody's once the chain has their digests."""

import tempfile
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import AfterValidator, Field

from api.http.auth import Caller, account_of
from api.http.content_digest import ContentDigestMissing, content_digest
from api.http.forms import HexDigest
from api.http.idempotency import json_answer, respond
from api.http.limits import pace_account
from api.http.openapi import problems
from api.http.ports import GivenDirectory, GivenTenderPapers
from api.http.problems import RequestTooLarge
from api.http.public import NOT_MODIFIED, RevalidatedRoute, matches
from api.http.routes.licences import signed_in
from api.http.schemas.shared import HeadAnswer
from api.http.schemas.tender_papers import PaperAnswer, PapersAnswer
from api.http.strict import StrictRoute
from api.http.uploads import UploadCut, UploadStalled, pieces
from api.services.refusals import CursorMalformed, FilingUnknown, SessionUnknown, TenderSpaceFull
from api.services.tender_papers import KeptPaper, PaperLotsInvalid, PaperOrder, PaperUnknown
from ledger.errors import Unavailable
from ledger.tenders.documents import DocumentsInvalid
from ledger.tenders.errors import DigestMismatch, LotUnknown, TenderUnknown
from ledger.tenders.forms import FormInvalid
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from ledger.values import Address, Digest

_PREFIX: Final = "/v1/tenders/{tender}/papers"
router = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=StrictRoute)
list_router = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=RevalidatedRoute)
MOST: Final = 100
_MEMORY_BYTES: Final = 2**20
"""A paper waits here for its end; what is longer waits on the disk."""
_OCTETS: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The paper's bytes, 256 MiB at most.",
        "content": {"*/*": _OCTETS},
    }
}
_MEDIA_TYPE: Final = r"^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}$"
_PRIVATE: Final = {"Cache-Control": "private, no-store", "Vary": "Authorization"}
_PUBLIC: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, no-cache",
    "Vary": "Authorization",
}


def _brought(role: PaperRole) -> PaperRole:
    if role is PaperRole.COSIGNATURE:
        raise ValueError("co-signatures are brought to the opening that they are of")
    return role


MediaType = Annotated[
    str, Query(alias="mediaType", pattern=_MEDIA_TYPE, description="What it is given out as.")
]
DigestHeader = Annotated[
    str | None,
    Header(
        alias="Content-Digest",
        max_length=512,
        description="RFC 9530: `sha-256=:` and the base64 of the paper's SHA-256 and `:`.",
    ),
]
BroughtRole = Annotated[
    PaperRole,
    AfterValidator(_brought),
    Query(json_schema_extra={"not": {"const": PaperRole.COSIGNATURE.value}}),
]
Ref = Annotated[
    HexDigest | None,
    Query(description="SHA-256 of the project number, for a tender that has no papers yet."),
]


Lots = Annotated[
    list[Annotated[int, Field(ge=0, le=63)]],
    Query(
        alias="lot", description="Lots that a paper of role supervision or bond-return tells of."
    ),
]
FilingDigest = Annotated[
    HexDigest | None,
    Query(alias="filing", description="What a paper answers, or refuses, that was filed here."),
]


@dataclass(frozen=True, slots=True)
class About:
    """What a paper tells of, for which the chain has no place."""

    lots: frozenset[int]
    filing: HexDigest | None


async def _about(lots: Lots = [], filing: FilingDigest = None) -> About:  # noqa: B006  # as FastAPI wants it; only read
    return About(frozenset(lots), filing)


async def _order(  # what there is to say of a paper
    tender: HexDigest,
    _: Caller,  # a stranger is told so before anything about the order
    role: BroughtRole,
    about: Annotated[About, Depends(_about)],
    media_type: MediaType = "application/octet-stream",
    digest: DigestHeader = None,
    ref: Ref = None,
) -> PaperOrder:
    named = (about.lots, about.filing)
    return PaperOrder(TenderId(tender), role, media_type, content_digest(digest), ref, *named)


Order = Annotated[PaperOrder, Depends(_order)]


async def _maybe(request: Request) -> Address | None:
    """Return the account that signed in; None for a stranger. Raises `SessionUnknown`."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer":
        return None
    account = await account_of(request.app.state.services.sign_ins, token)
    pace_account(request, account)
    return account


MaybeCaller = Annotated[Address | None, Depends(_maybe)]


@router.post(
    "",
    status_code=201,
    response_model=PaperAnswer,
    openapi_extra=_BODY,
    responses={
        200: {"model": PaperAnswer, "description": "It was kept already."},
        **signed_in(
            TenderUnknown,
            LotUnknown,
            FilingUnknown,
            PaperLotsInvalid,
            TenderSpaceFull,
            ContentDigestMissing,
            DigestMismatch,
            FormInvalid,
            DocumentsInvalid,
            RequestTooLarge,
            UploadCut,
            UploadStalled,
        ),
    },
)
async def bring(order: Order, by: Caller, papers: GivenTenderPapers, request: Request) -> Response:
    """Bring a paper, also before the tender is published. Its tenderers and supervisors alone.

    Everybody may read it once its digest, or that of a manifest of documents which names it,
    stands in the tender's events. What was filed with the supervisor, and that bonds went back,
    names the lots that it tells of; an answer to what was filed here, or its refusal, names that:
    to a question it is everybody's to read at once, so it must not tell who asked; to an objection
    or a complaint whoever filed it may read it.
    """
    await run_in_threadpool(papers.expect, order, by)
    with tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as body:
        async for piece in pieces(request.stream()):
            await run_in_threadpool(body.write, piece)
        kept, is_new = await run_in_threadpool(papers.keep, order, body, by)
    location = {"location": f"/v1/tenders/0x{order.tender.hex()}/papers/0x{order.digest.hex()}"}
    return respond(json_answer(PaperAnswer.of(kept), 201 if is_new else 200, location))


@list_router.get(
    "",
    responses=NOT_MODIFIED | problems(TenderUnknown, CursorMalformed, SessionUnknown, Unavailable),
)
def listed(  # what narrows a list
    tender: HexDigest,
    papers: GivenTenderPapers,
    directory: GivenDirectory,
    by: MaybeCaller,
    response: Response,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> PapersAnswer:
    """List a tender's papers as they came: the public ones; all of them for its officers.

    Whoever filed finds the answers to that among them.
    """
    if by is not None:
        response.headers.update(_PRIVATE)
    response.headers["Vary"] = "Authorization"
    head = HeadAnswer.of(directory.head())
    return PapersAnswer.of(papers.listed(TenderId(tender), cursor, limit, by), head)


@router.get(
    "/{sha256}",
    response_class=Response,
    responses={
        # No schema: a paper that is JSON is JSON to whoever reads it, and no string.
        200: {"description": "The paper's own bytes.", "content": {"*/*": {}}},
        **NOT_MODIFIED,
        **problems(PaperUnknown, SessionUnknown, Unavailable),
    },
)
def read(
    tender: HexDigest,
    sha256: HexDigest,
    papers: GivenTenderPapers,
    by: MaybeCaller,
    request: Request,
) -> Response:
    """Give a paper's own bytes. What is not public yet its officers alone find here.

    So does whoever filed what a paper answers or refuses.
    """
    paper = papers.read(TenderId(tender), Digest(sha256), by)
    headers = _headers(paper)
    if paper.is_public and matches(headers["ETag"], request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    headers |= {"Content-Length": str(paper.row.size), "Content-Disposition": "attachment"}
    return StreamingResponse(papers.pieces(paper), headers=headers, media_type=paper.row.media_type)


def _headers(paper: KeptPaper) -> dict[str, str]:
    kept = _PUBLIC if paper.is_public else _PRIVATE
    return {"ETag": f'"{paper.row.digest.hex()}"', **kept}
