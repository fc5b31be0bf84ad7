"""Transfers: what the home authority signs for a traveller to carry."""

from fastapi import APIRouter, Response

from api.http.auth import Caller
from api.http.idempotency import (
    KEYED,
    GivenTicket,
    SealedKeyedRoute,
    json_answer,
    keeping,
    respond,
)
from api.http.openapi import JSON_BODY
from api.http.ports import GivenTransfers
from api.http.routes.licences import signed_in
from api.http.schemas.health_codes import TransferAnswer, TransferForm
from api.services.health_transfers import Transferred
from api.services.idempotency import IdempotencyKeyMissing, KeptAnswer
from api.services.issuers import SigningKeyMissing
from ledger.canonical import EncodingNotCanonical
from ledger.errors import (
    AccreditationMissing,
    AgencyNotActive,
    AgencyUnknown,
    JurisdictionUnknown,
)
from ledger.health.claims import ClaimsInvalid
from ledger.keys import PointInvalid

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=SealedKeyedRoute)


@router.post(
    "/transfers",
    status_code=201,
    response_model=TransferAnswer,
    responses=signed_in(
        AgencyUnknown,
        AgencyNotActive,
        AccreditationMissing,
        SigningKeyMissing,
        JurisdictionUnknown,
        ClaimsInvalid,
        PointInvalid,
        EncodingNotCanonical,
        IdempotencyKeyMissing,
        *KEYED,
        *JSON_BODY,
    ),
)
def transfer(
    form: TransferForm, by: Caller, transfers: GivenTransfers, ticket: GivenTicket
) -> Response:
    """Sign a transfer for ten minutes; it needs an `Idempotency-Key`, and is not kept here.

    A repeat within the session has the same one, which is kept sealed under its token.
    """
    return respond(_signed(transfers.issue(form.parsed(), by, keeping(ticket, _signed))))


def _signed(made: Transferred) -> KeptAnswer:
    return json_answer(TransferAnswer.of(made), 201)
