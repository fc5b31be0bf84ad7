"""Co-signatures of opening records, brought by anybody: what is in them says whose they are."""

from fastapi import APIRouter, Response

from api.http.forms import HexDigest
from api.http.idempotency import json_answer, respond
from api.http.limits import PacedStranger
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenOpeningCoSignatures
from api.http.routes.openings import LotInPath, PartInPath
from api.http.schemas.opening_cosignatures import CoSignatureForm
from api.http.schemas.tender_papers import PaperAnswer
from api.http.strict import StrictRoute
from api.services.refusals import TenderSpaceFull
from ledger.errors import CoSignatureInvalid, Unavailable
from ledger.tenders.errors import (
    LotUnknown,
    OpeningDiffers,
    OpeningNotRecorded,
    PartUnknown,
    TenderUnknown,
)
from ledger.tenders.ids import TenderId
from ledger.tenders.opening_cosignatures import CoSignerUnknown

router = APIRouter(
    prefix="/v1/tenders/{tender}/lots/{lot}/openings/{part}/cosignatures",
    tags=["tenders"],
    route_class=StrictRoute,
)


@router.post(
    "",
    status_code=201,
    response_model=PaperAnswer,
    responses={
        200: {"model": PaperAnswer, "description": "It was kept already."},
        **problems(
            TenderUnknown,
            LotUnknown,
            PartUnknown,
            OpeningNotRecorded,
            OpeningDiffers,
            CoSignatureInvalid,
            CoSignerUnknown,
            TenderSpaceFull,
            *JSON_BODY,
            Unavailable,
        ),
    },
)
def co_sign(
    tender: HexDigest,
    lot: LotInPath,
    part: PartInPath,
    form: CoSignatureForm,
    co_signatures: GivenOpeningCoSignatures,
    _: PacedStranger,
) -> Response:
    """Take a supervisor's or notary's co-signature of the opening record that was anchored.

    It is the message CoSignOpening to the TenderLedger (EIP-712). A supervisor's key has that role
    on the chain, the notary's stands in the tender documents. Everybody reads it among the papers.
    """
    kept, is_new = co_signatures.keep(form.parsed(TenderId(tender), lot, part))
    location = {"location": f"/v1/tenders/0x{tender.hex()}/papers/0x{kept.row.digest.hex()}"}
    return respond(json_answer(PaperAnswer.of(kept), 201 if is_new else 200, location))
