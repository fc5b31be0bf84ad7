"""Licences: issue, find, fetch, link to, prove."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from api.http.auth import Caller, SignInMissing
from api.http.direct import DirectRoute, form_in
from api.http.forms import GivenMoment, HexDigest
from api.http.idempotency import (
    KEYED,
    GivenTicket,
    KeyedRoute,
    SealedKeyedRoute,
    json_answer,
    keeping,
    keyed_request,
    once,
    respond,
    ticket_of,
)
from api.http.limits import pace_account
from api.http.openapi import JSON_BODY, Responses, problems
from api.http.ports import GivenDirectory, GivenIssuance, GivenLicences, GivenLinks
from api.http.public import NOT_MODIFIED, RevalidatedRoute
from api.http.routes.heads import with_head
from api.http.schemas.licences import (
    IssuedAnswer,
    IssueForm,
    LicenceAnswer,
    LicencesAnswer,
    LinkAnswer,
    LinkForm,
)
from api.http.schemas.shared import HeadAnswer, StatusName
from api.http.strict import StrictRequest
from api.services.idempotency import IdempotencyKeyMissing, KeptAnswer
from api.services.issuance import Issued
from api.services.issuers import SigningKeyMissing
from api.services.licences import MOST, Search
from api.services.links import NewLink
from api.services.progress import ProofPending
from api.services.refusals import (
    CursorMalformed,
    ExternalIdTaken,
    IndexTaken,
    LicenceIdTaken,
    PredecessorReplaced,
    RecordUnknown,
    SessionUnknown,
)
from api.services.renewal import PredecessorMismatch, PredecessorSuspended
from ledger.canonical import EncodingNotCanonical
from ledger.errors import (
    AccreditationMissing,
    AgencyNotActive,
    AgencyUnknown,
    LedgerError,
    ReasonOutsideClass,
    RoleMissing,
    StatusFinal,
    StatusTransitionIllegal,
    Unavailable,
)
from ledger.keys import PointInvalid
from ledger.licences.catalogue import ReasonNotForType, TypeUnknown
from ledger.licences.fields import FieldsInvalid
from ledger.licences.identifiers import IdentifierWrong
from ledger.licences.sd_jwt import ClaimUnknown
from ledger.licences.succession import (
    NothingChanged,
    ParticularsChanged,
    PredecessorExpired,
    TermChanged,
    TermInterrupted,
    TermNotExtended,
)
from ledger.values import Status, agency_id

router = APIRouter(prefix="/v1", tags=["licences"], route_class=KeyedRoute)
public_router = APIRouter(prefix="/v1", tags=["verification"], route_class=RevalidatedRoute)
sealed_router = APIRouter(prefix="/v1", tags=["licences"], route_class=SealedKeyedRoute)
DigestInPath = Annotated[HexDigest, Path(description="The document's digest, 0x and 64 digits.")]
NO_NUL: Final = r"^[^\x00]*$"  # PostgreSQL takes no text with one
AgencyInQuery = Annotated[
    str, Query(pattern="^[^/]{1,32}/[^/]{1,64}$", examples=["CN-GD/11440100MBEXAMPE7Y"])
]


def signed_in(*errors: type[LedgerError]) -> Responses:
    """Return the declarations of a route that asks for a sign-in."""
    return problems(SignInMissing, SessionUnknown, RoleMissing, *errors, Unavailable)


@router.post(
    "/licences",
    status_code=201,
    response_model=IssuedAnswer,
    responses={
        200: {"model": IssuedAnswer, "description": "The same order made it earlier."},
        **signed_in(
            TypeUnknown,
            FieldsInvalid,
            AgencyUnknown,
            AgencyNotActive,
            AccreditationMissing,
            SigningKeyMissing,
            ExternalIdTaken,
            IndexTaken,
            LicenceIdTaken,
            RecordUnknown,
            PredecessorMismatch,
            PredecessorReplaced,
            PredecessorSuspended,
            PredecessorExpired,
            ParticularsChanged,
            NothingChanged,
            TermChanged,
            TermNotExtended,
            TermInterrupted,
            ReasonNotForType,
            ReasonOutsideClass,
            StatusFinal,
            StatusTransitionIllegal,
            PointInvalid,
            EncodingNotCanonical,
            IdentifierWrong,
            IdempotencyKeyMissing,
            *KEYED,
            *JSON_BODY,
        ),
    },
)
async def issue(
    form: IssueForm, by: Caller, issuance: GivenIssuance, ticket: GivenTicket
) -> Response:
    """Issue one licence: 201 with the signed document; 200 for a repeat of `externalId`.

    An order without `externalId` needs an `Idempotency-Key`.
    """
    issued = await issuance.issue(form.parsed(), by, keeping(ticket, _issued))
    if issued.is_repeat and ticket is not None:
        ticket.reopen()  # an equal order was faster; what this one would have kept is undone
    return respond(_issued(issued))


async def _issue_directly(request: StrictRequest) -> Response | None:
    """Issue one licence as `issue` does; None leaves what has no key, or is no order, to it."""
    keyed = await keyed_request(request, await request.body())
    # Who has no session has no body read, which takes longest.
    form = None if keyed is None else await form_in(request, IssueForm)
    if form is None or keyed is None:
        return None

    async def handle(request: Request) -> Response:
        pace_account(request, keyed.caller)
        issuance = request.app.state.services.issuance
        return await issue(form, keyed.caller, issuance, await ticket_of(request))

    return await once(keyed, request, handle)


DIRECT: Final = DirectRoute("POST", "/v1/licences", _issue_directly)


@router.get("/licences", responses=signed_in(CursorMalformed))
def search(  # noqa: PLR0913, PLR0917  # one argument a query parameter
    by: Caller,
    licences: GivenLicences,
    directory: GivenDirectory,
    agency: AgencyInQuery,
    type_: Annotated[str | None, Query(alias="type", max_length=64, pattern=NO_NUL)] = None,
    text: Annotated[
        str | None, Query(alias="q", min_length=1, max_length=128, pattern=NO_NUL)
    ] = None,
    external_id: Annotated[
        str | None, Query(alias="externalId", max_length=128, pattern=NO_NUL)
    ] = None,
    status: StatusName | None = None,
    expires_after: Annotated[GivenMoment | None, Query(alias="expiresAfter")] = None,
    expires_before: Annotated[GivenMoment | None, Query(alias="expiresBefore")] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> LicencesAnswer:
    """List an agency's licences, newest first.

    `expiresAfter` and `expiresBefore` look at the first moment after the last day (`validUntil`).
    """
    jurisdiction, _, code = agency.partition("/")
    wanted = Search(
        agency_id(jurisdiction, code),
        type_,
        text,
        external_id,
        None if status is None else Status[status.upper()],
        expires_after,
        expires_before,
        cursor,
        limit,
    )
    head = HeadAnswer.of(directory.head())
    return LicencesAnswer.of(licences.search(wanted, by), head)


@router.get("/licences/{digest}", responses=signed_in(RecordUnknown))
def licence(
    digest: DigestInPath, by: Caller, licences: GivenLicences, directory: GivenDirectory
) -> LicenceAnswer:
    """Show one licence as its agency sees it."""
    head = HeadAnswer.of(directory.head())
    return LicenceAnswer.of_view(licences.get(digest, by), head)


@router.get(
    "/licences/{digest}/document",
    response_class=Response,
    responses={
        200: {"description": "The SD-JWT.", "content": {"application/dc+sd-jwt": {}}},
        **signed_in(RecordUnknown),
    },
)
def document(digest: DigestInPath, by: Caller, licences: GivenLicences) -> Response:
    """Give the signed document with all its disclosures."""
    return Response(licences.own(digest, by).document, media_type="application/dc+sd-jwt")


@sealed_router.post(
    "/licences/{digest}/links",
    status_code=201,
    response_model=LinkAnswer,
    responses=signed_in(RecordUnknown, ClaimUnknown, *KEYED, *JSON_BODY),
)
def link(
    digest: DigestInPath, form: LinkForm, by: Caller, links: GivenLinks, ticket: GivenTicket
) -> Response:
    """Make a link, and its QR code, to a sealed copy; the key is in the link alone.

    An `Idempotency-Key` counts within one session: the answer is kept sealed under its token.
    """
    keep = keeping(ticket, _linked)
    return respond(_linked(links.create(digest, by, form.claims, form.lifetime_seconds, keep)))


@router.delete(
    "/licences/{digest}/links", status_code=204, responses=signed_in(RecordUnknown, *KEYED)
)
def withdraw_links(
    digest: DigestInPath, by: Caller, links: GivenLinks, ticket: GivenTicket
) -> Response:
    """End all links to this licence."""
    links.withdraw(digest, by, keeping(ticket, _withdrawn))
    return respond(_withdrawn())


@public_router.get(
    "/proofs/{digest}",
    response_class=Response,
    responses={
        200: {"description": "The proof file.", "content": {"application/json": {}}},
        **NOT_MODIFIED,
        **problems(RecordUnknown, ProofPending, Unavailable),
    },
)
def proof(digest: DigestInPath, licences: GivenLicences, directory: GivenDirectory) -> Response:
    """Give the proof that leads from a digest to a root on the ledger; anybody may have it."""
    content = licences.proof(digest).to_json()
    headers = with_head(directory, {})
    return Response(content, headers=headers, media_type="application/json")


def _issued(issued: Issued) -> KeptAnswer:
    digest = f"0x{issued.row.digest.hex()}"
    headers = (("content-type", "application/json"), ("location", f"/v1/licences/{digest}"))
    # `IssuedAnswer` in its own order; to build a model of what is finished costs more than this.
    body = {
        "digest": digest,
        "licenceId": issued.row.licence_id,
        "document": issued.row.document,
        "stage": issued.stage,
    }
    return KeptAnswer(200 if issued.is_repeat else 201, headers, orjson.dumps(body))


def _linked(made: NewLink) -> KeptAnswer:
    return json_answer(LinkAnswer.of(made), 201)


def _withdrawn(_: None = None) -> KeptAnswer:
    return KeptAnswer(204, (), b"")
