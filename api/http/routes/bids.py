"""Bids, withdrawals and secrets, brought by anybody: what is in them says whose they are."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from api.http.direct import DirectRoute, form_in
from api.http.forms import HexDigest
from api.http.idempotency import json_answer, respond
from api.http.limits import PacedStranger, pace_stranger
from api.http.openapi import JSON_BODY, Responses, problems
from api.http.ports import GivenRelay
from api.http.schemas.bids import (
    BidForm,
    BidMessageAnswer,
    ListedBidForm,
    ListedWithdrawalForm,
    ReleaseForm,
    SecretForm,
    WithdrawalForm,
)
from api.http.strict import StrictRequest, StrictRoute
from api.services.issuers import SigningKeyMissing
from api.services.refusals import BidMessageUnknown
from api.services.relaying import BidMessage, TendersAbsent
from ledger.eip712 import MessageUnencodable
from ledger.errors import AgencyNotActive, AgencyUnknown, LedgerError, Unavailable
from ledger.tenders.contract_errors import (
    BidMissing,
    MailboxAbsent,
    MailboxProofInvalid,
    MailboxRootUnknown,
)
from ledger.tenders.errors import (
    BidLate,
    BidRejected,
    BidSignatureInvalid,
    BidVersionStale,
    BondNotAttested,
    CommitmentMismatch,
    DigestMismatch,
    DocumentsOutdated,
    LotUnknown,
    MessageExpired,
    NotDisclosed,
    PartsMismatch,
    PartUnknown,
    SharesMismatch,
    TenderNotOpen,
    TenderSuspended,
    TenderUnknown,
    TooFewBids,
    TrusteeKeyInvalid,
    UploadIncomplete,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.ids import TenderId
from ledger.tenders.relayed import Kind

_PREFIX: Final = "/v1/bids"
router = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=StrictRoute)
listings_router = APIRouter(
    prefix="/v1/mailbox/listings", tags=["tenders"], route_class=StrictRoute
)
releases_router = APIRouter(prefix="/v1/tenders", tags=["tenders"], route_class=StrictRoute)
_OF_TIME: Final = (TooFewBids, WindowNotOpen, WindowClosed, PartUnknown)
_OF_SECRETS: Final = (
    *(BidMissing, DigestMismatch, DocumentsOutdated, NotDisclosed, BidRejected, LotUnknown),
    *(CommitmentMismatch, MessageUnencodable, *_OF_TIME),
)
_OF_MESSAGES: Final = (
    *(BidLate, MessageExpired, BidVersionStale, BidSignatureInvalid, LotUnknown),
    MessageUnencodable,
)
_OF_LISTINGS: Final = (
    *(MailboxAbsent, MailboxRootUnknown, MailboxProofInvalid, WindowNotOpen, WindowClosed),
)
DigestInPath = Annotated[HexDigest, Path(description="The message's digest, as its receipt says.")]


def _brought(*errors: type[LedgerError]) -> Responses:
    known = {"model": BidMessageAnswer, "description": "The same message came earlier."}
    always = (TenderUnknown, TenderNotOpen, TenderSuspended, TendersAbsent)
    signing = (AgencyUnknown, AgencyNotActive, SigningKeyMissing)
    return {200: known, **problems(*errors, *always, *signing, *JSON_BODY, Unavailable)}


@router.post(
    "",
    status_code=201,
    response_model=BidMessageAnswer,
    responses=_brought(
        *_OF_MESSAGES,
        DocumentsOutdated,
        PartsMismatch,
        SharesMismatch,
        BondNotAttested,
        UploadIncomplete,
    ),
)
async def submit(form: BidForm, relay: GivenRelay, _: PacedStranger) -> Response:
    """Take a bid, or its replacement, whose files are here whole; answer with a receipt.

    At or after submitEnd the problem has a signed `refusal` with block and time.
    """
    return _answered(await relay.bring(form.parsed(relay.ledger)), 201)


async def _submit_directly(request: StrictRequest) -> Response | None:
    """Take a bid as `submit` does; None leaves what is no bid to it."""
    form = await form_in(request, BidForm)
    if form is None:
        return None
    services = request.app.state.services
    await pace_stranger(request, services.sign_ins)
    return await submit(form, services.relay, None)


DIRECT: Final = DirectRoute("POST", _PREFIX, _submit_directly)


@router.post("/withdrawals", response_model=BidMessageAnswer, responses=_brought(*_OF_MESSAGES))
async def withdraw(form: WithdrawalForm, relay: GivenRelay, _: PacedStranger) -> Response:
    """Take a withdrawal; answer with a receipt, when late as for a bid."""
    return _answered(await relay.bring(form.parsed(relay.ledger)), 200)


@listings_router.post(
    "",
    status_code=201,
    response_model=BidMessageAnswer,
    responses=_brought(
        *_OF_MESSAGES,
        *_OF_LISTINGS,
        DocumentsOutdated,
        PartsMismatch,
        SharesMismatch,
        BondNotAttested,
    ),
)
async def list_bid(form: ListedBidForm, relay: GivenRelay) -> Response:
    """Take a bid out of a mailbox, from submitEnd to listEnd by the chain's clock."""
    return _answered(await relay.bring(form.listing(relay.ledger)), 201)


@listings_router.post(
    "/withdrawals",
    response_model=BidMessageAnswer,
    responses=_brought(*_OF_MESSAGES, *_OF_LISTINGS),
)
async def list_withdrawal(form: ListedWithdrawalForm, relay: GivenRelay) -> Response:
    """Take a withdrawal out of a mailbox, likewise."""
    return _answered(await relay.bring(form.listing(relay.ledger)), 200)


@router.post(
    "/disclosures",
    status_code=202,
    response_model=BidMessageAnswer,
    responses=_brought(*_OF_SECRETS),
)
async def disclose(form: SecretForm, relay: GivenRelay, _: PacedStranger) -> Response:
    """Take s_b of a bid, from listEnd to discloseEnd by the chain's clock; never before."""
    return _answered(await relay.bring(form.parsed(Kind.DISCLOSURE)), 202)


@router.post(
    "/recoveries",
    status_code=202,
    response_model=BidMessageAnswer,
    responses=_brought(*_OF_SECRETS),
)
async def recover(form: SecretForm, relay: GivenRelay, _: PacedStranger) -> Response:
    """Take s_c of a disclosed bid, once its part is opened or the trustees' time is over."""
    return _answered(await relay.bring(form.parsed(Kind.RECOVERY)), 202)


@router.get(
    "/messages/{digest}",
    responses=problems(BidMessageUnknown, Unavailable),
)
def show(digest: DigestInPath, relay: GivenRelay) -> BidMessageAnswer:
    """Say what became of a message to whoever has its digest."""
    return BidMessageAnswer.of(relay.get(digest))


@releases_router.post(
    "/{tender}/releases",
    status_code=202,
    response_model=BidMessageAnswer,
    responses=_brought(TrusteeKeyInvalid, *_OF_TIME),
)
async def release(
    tender: HexDigest, form: ReleaseForm, relay: GivenRelay, _: PacedStranger
) -> Response:
    """Take a trustee's secret, from discloseEnd to fallbackEnd by the chain's clock."""
    return _answered(await relay.bring(form.parsed(TenderId(tender))), 202)


def _answered(message: BidMessage, status: int) -> Response:
    row = message.row
    location = {"location": f"{_PREFIX}/messages/0x{row.digest.hex()}"}
    answer = BidMessageAnswer.of(message)
    return respond(json_answer(answer, status if message.is_new else 200, location))
