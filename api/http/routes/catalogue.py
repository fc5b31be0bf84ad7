"""The catalogue of licence types."""

import codecs
import csv
import io
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from api.http.openapi import problems
from api.http.ports import GivenCatalogue
from api.http.public import NOT_MODIFIED, PublicRoute
from api.http.schemas.catalogue import CatalogueAnswer, TypeAnswer, TypeSummary
from api.services.uploads import EXTERNAL_ID
from ledger.licences.catalogue import TypeUnknown
from ledger.licences.rows import template_header, template_labels

router = APIRouter(prefix="/v1/catalogue", tags=["catalogue"], route_class=PublicRoute)
TypeInPath = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("", responses=NOT_MODIFIED | problems())
async def types(catalogue: GivenCatalogue) -> CatalogueAnswer:
    """List the licence types."""
    return CatalogueAnswer(types=[TypeSummary.of(type_) for type_ in catalogue.all()])


@router.get("/{type_id}", responses=NOT_MODIFIED | problems(TypeUnknown))
async def one_type(type_id: TypeInPath, catalogue: GivenCatalogue) -> TypeAnswer:
    """Show one licence type, its newest version."""
    return TypeAnswer.of(catalogue.get(type_id))


@router.get(
    "/{type_id}/template.csv",
    response_class=Response,
    responses={
        200: {"description": "The heading of an upload.", "content": {"text/csv": {}}},
        **NOT_MODIFIED,
        **problems(TypeUnknown),
    },
)
async def template(
    type_id: TypeInPath,
    catalogue: GivenCatalogue,
    heading: Annotated[Literal["names", "labels"], Query()] = "names",
) -> Response:
    """Give the heading of an upload: claim names, or their Chinese labels; both are taken."""
    type_ = catalogue.get(type_id)
    columns = template_labels(type_) if heading == "labels" else template_header(type_)
    text = io.StringIO()
    csv.writer(text).writerow([EXTERNAL_ID, *columns])
    # Spreadsheets take UTF-8 for the local encoding unless a BOM says otherwise.
    content = codecs.BOM_UTF8 + text.getvalue().encode("utf-8")
    named = {"Content-Disposition": f'attachment; filename="{type_.id}.csv"'}
    return Response(content, headers=named, media_type="text/csv; charset=utf-8")
