"""What gates decide by off line: a signed manifest, and the files that it names."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.http.openapi import problems
from api.http.ports import GivenGateBundles
from api.http.public import NOT_MODIFIED, PublicRoute, RevalidatedRoute
from api.http.schemas.shared import CodeInPath, JurisdictionInPath
from api.services.gate_bundles import GateBundleAbsent
from api.services.issuers import SigningKeyMissing
from api.services.refusals import GateFileUnknown
from ledger.errors import AgencyNotActive, AgencyUnknown, Unavailable
from ledger.health.gate_bundle.archive import pack
from ledger.values import Digest, agency_id

MANIFEST_TYPE = "application/cbor"
FILE_TYPE = "application/octet-stream"
_PREFIX = "/v1/health/gate-bundles/{jurisdiction}/{code}"
router = APIRouter(prefix=_PREFIX, tags=["health codes"], route_class=RevalidatedRoute)
file_router = APIRouter(prefix=_PREFIX, tags=["health codes"], route_class=PublicRoute)
_Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the file.")]


@router.get(
    "",
    response_class=Response,
    responses={
        200: {"description": "CBOR of [signed manifest, []].", "content": {MANIFEST_TYPE: {}}},
        **NOT_MODIFIED,
        **problems(
            AgencyUnknown, AgencyNotActive, GateBundleAbsent, SigningKeyMissing, Unavailable
        ),
    },
)
def manifest(
    jurisdiction: JurisdictionInPath, code: CodeInPath, bundles: GivenGateBundles
) -> Response:
    """Give the manifest of an agency's gates; a gate then fetches the files that it lacks."""
    made = bundles.manifest(agency_id(jurisdiction, code))
    headers = {"Cache-Control": f"public, max-age={bundles.kept_seconds}"}
    return Response(pack(made, []), headers=headers, media_type=MANIFEST_TYPE)


@file_router.get(
    "/files/{sha256}",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": {FILE_TYPE: {}}},
        **NOT_MODIFIED,
        **problems(GateFileUnknown, Unavailable),
    },
)
def file(
    jurisdiction: JurisdictionInPath,  # noqa: ARG001  # part of the address that gates are given
    code: CodeInPath,  # noqa: ARG001  # likewise
    sha256: _Sha256,
    bundles: GivenGateBundles,
) -> Response:
    """Give a file that a manifest of the last hour names."""
    content = bundles.file(Digest(bytes.fromhex(sha256)))
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content, headers=headers, media_type=FILE_TYPE)
