"""Licences: issue, find, fetch, link to, prove."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Query, Response

from api.http.auth import Caller, SignInMissing
from api.http.forms import HexDigest
from api.http.openapi import JSON_BODY, Responses, problems
from api.http.ports import GivenDirectory, GivenIssuance, GivenLicences, GivenLinks
from api.http.routes.heads import with_head
from api.http.schemas.licences import (
    IssuedAnswer,
    IssueForm,
    LicenceAnswer,
    LicencesAnswer,
    LinkAnswer,
    LinkForm,
)
from api.http.schemas.shared import HeadAnswer
from api.http.strict import StrictRoute
from api.services.issuers import SigningKeyMissing
from api.services.licences import MOST, Search
from api.services.progress import ProofPending
from api.services.refusals import (
    CursorMalformed,
    ExternalIdTaken,
    IndexTaken,
    LicenceIdTaken,
    RecordUnknown,
    SessionUnknown,
)
from api.services.renewal import PredecessorMismatch, PredecessorReplaced
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
from ledger.values import agency_id

router = APIRouter(prefix="/v1", tags=["licences"], route_class=StrictRoute)
DigestInPath = Annotated[HexDigest, Path(description="The document's digest, 0x and 64 digits.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r'^(?:"[\x21\x23-\x7e]{16,128}"|[\x21\x23-\x7e]{16,128})$',
        description="16 to 128 visible characters, in quotes (RFC 8941) or without.",
    ),
]
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
            ReasonNotForType,
            ReasonOutsideClass,
            StatusFinal,
            StatusTransitionIllegal,
            PointInvalid,
            EncodingNotCanonical,
            IdentifierWrong,
            *JSON_BODY,
        ),
    },
)
def issue(
    form: IssueForm,
    by: Caller,
    issuance: GivenIssuance,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> IssuedAnswer:
    """Issue one licence: 201 with the signed document; 200 for a repeat of `externalId`.

    `Idempotency-Key` stands for `externalId` where the order has none.
    """
    issued = issuance.issue(form.parsed(idempotency_key), by)
    response.status_code = 200 if issued.is_repeat else 201
    response.headers["Location"] = f"/v1/licences/0x{issued.row.digest.hex()}"
    return IssuedAnswer.of(issued)


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
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> LicencesAnswer:
    """List an agency's licences, newest first."""
    jurisdiction, _, code = agency.partition("/")
    wanted = Search(agency_id(jurisdiction, code), type_, text, external_id, cursor, limit)
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


@router.post(
    "/licences/{digest}/links",
    status_code=201,
    responses=signed_in(RecordUnknown, ClaimUnknown, *JSON_BODY),
)
def link(digest: DigestInPath, form: LinkForm, by: Caller, links: GivenLinks) -> LinkAnswer:
    """Make a link, and its QR code, to a sealed copy; the key is in the link alone."""
    return LinkAnswer.of(links.create(digest, by, form.claims, form.lifetime_seconds))


@router.delete("/licences/{digest}/links", status_code=204, responses=signed_in(RecordUnknown))
def withdraw_links(digest: DigestInPath, by: Caller, links: GivenLinks) -> Response:
    """End all links to this licence."""
    links.withdraw(digest, by)
    return Response(status_code=204)


@router.get(
    "/proofs/{digest}",
    response_class=Response,
    tags=["verification"],
    responses={
        200: {"description": "The proof file.", "content": {"application/json": {}}},
        **problems(RecordUnknown, ProofPending, Unavailable),
    },
)
def proof(digest: DigestInPath, licences: GivenLicences, directory: GivenDirectory) -> Response:
    """Give the proof that leads from a digest to a root on the ledger; anybody may have it."""
    content = licences.proof(digest).to_json()
    headers = with_head(directory, {"Access-Control-Allow-Origin": "*"})
    return Response(content, headers=headers, media_type="application/json")
