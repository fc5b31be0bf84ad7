"""Conversion 转码, refills, moves and withdrawals: travellers sign with a key, without an account.

The answer to a repeat is kept under a secret of the request's own signed part, so a request is
opened before it is known which one it is.
"""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.http.idempotency import (
    KEYED,
    IdempotencyKey,
    json_answer,
    keeping,
    once,
    respond,
    secret_request,
    ticket_of,
)
from api.http.limits import PacedStranger
from api.http.openapi import JSON_BODY, Responses, problems
from api.http.ports import GivenConversions, GivenMoves, GivenPasses, GivenPassStatuses
from api.http.schemas.health_conversions import (
    ConversionForm,
    ConvertedAnswer,
    InvitationAnswer,
    InvitationForm,
    MoveForm,
    RefillForm,
    WithdrawalForm,
)
from api.http.schemas.health_passes import ChangedAnswer, GivenAnswer
from api.http.strict import StrictRoute
from api.services.health_agreements import PolicyMissing
from api.services.health_conversions import Converted
from api.services.health_holders import ConsentUnknown, HolderUnknown, UsesSpent
from api.services.health_keys import HealthKeyMissing
from api.services.health_origins import TransferNotAnchored, TransferUnconfirmed
from api.services.health_passes import Given, TermsEnded, TooManyPasses
from api.services.health_standing import PassesWithheld
from api.services.health_statuses import Changed
from api.services.idempotency import IdempotencyKeyMissing, KeptAnswer, KeyedRequest
from api.services.issuers import SigningKeyMissing
from api.services.refusals import (
    ChallengeUnknown,
    ConsentUsed,
    HolderChanged,
    IndexTaken,
    TransferSpent,
)
from ledger.age import SealedForAnother, SealedMalformed
from ledger.canonical import b64url_encode
from ledger.errors import (
    AccreditationMissing,
    AgencyNotActive,
    AgencyUnknown,
    LedgerError,
    Unavailable,
)
from ledger.health.claims import ClaimsInvalid
from ledger.health.conversion import ConversionRefused
from ledger.health.signed import SignedMalformed
from ledger.keys import SignatureInvalid

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=StrictRoute)


def _unsigned_in(*errors: type[LedgerError]) -> Responses:
    return problems(
        AgencyUnknown, AgencyNotActive, HealthKeyMissing, Unavailable, *JSON_BODY, *errors
    )


def _signed_by_holder(*errors: type[LedgerError]) -> Responses:
    return _unsigned_in(
        ClaimsInvalid,
        AccreditationMissing,
        SigningKeyMissing,
        IndexTaken,
        IdempotencyKeyMissing,
        *KEYED,
        *errors,
    )


@router.post(
    "/conversions/nonces",
    status_code=201,
    responses=_unsigned_in(),
)
def invite(
    form: InvitationForm, conversions: GivenConversions, _: PacedStranger
) -> InvitationAnswer:
    """Give a nonce for one application or refill, and the recipient to seal an application to."""
    return InvitationAnswer.of(conversions.invite(form.agency.id()))


@router.post(
    "/conversions",
    status_code=201,
    response_model=ConvertedAnswer,
    responses=_signed_by_holder(
        SealedMalformed,
        SealedForAnother,
        SignedMalformed,
        ConversionRefused,
        TransferNotAnchored,
        TransferUnconfirmed,
        PolicyMissing,
        TransferSpent,
        ChallengeUnknown,
        ConsentUsed,
    ),
)
async def convert(
    form: ConversionForm,
    request: Request,
    conversions: GivenConversions,
    _: PacedStranger,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Convert what a traveller carries into passes of this side, once; it needs a key.

    A refusal names its ground, and where to appeal. `TransferNotAnchored` may pass: send the same
    again. A repeat under the same key gets the same passes, sealed anew or not.
    """
    opened = await run_in_threadpool(conversions.open, form.agency.id(), form.sealed)
    keyed = secret_request(request, idempotency_key, opened.content, opened.answer_secret)

    def work(keep: Any) -> Converted:
        return conversions.convert(opened, keep)

    return await _once(request, keyed, work, _converted)


@router.post(
    "/passes/refills",
    status_code=201,
    response_model=GivenAnswer,
    responses=_signed_by_holder(
        SignedMalformed,
        SignatureInvalid,
        HolderUnknown,
        HolderChanged,
        PassesWithheld,
        ChallengeUnknown,
        TermsEnded,
        UsesSpent,
        TooManyPasses,
    ),
)
async def refill(
    form: RefillForm,
    request: Request,
    passes: GivenPasses,
    _: PacedStranger,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Issue more one-time passes to the holder who signed the request; it needs a key."""
    opened = passes.open_refill(form.request)
    secret = b64url_encode(opened.refill.answer_key)
    keyed = secret_request(request, idempotency_key, opened.content, secret)

    def work(keep: Any) -> Sequence[Given]:
        return passes.refill(opened, keep)

    return await _once(request, keyed, work, _refilled)


@router.post(
    "/passes/moves",
    status_code=201,
    response_model=GivenAnswer,
    responses=_signed_by_holder(
        SignedMalformed,
        SignatureInvalid,
        HolderUnknown,
        HolderChanged,
        PassesWithheld,
        ChallengeUnknown,
        TermsEnded,
        UsesSpent,
        TooManyPasses,
    ),
)
async def move(
    form: MoveForm,
    request: Request,
    moves: GivenMoves,
    _: PacedStranger,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Move a holder to a new device 换机: passes for its keys, by order of the old key.

    The old passes are superseded once the new ones are anchored; from now on the new key stands for
    the holder. It needs a key.
    """
    opened = moves.open(form.order)
    secret = b64url_encode(opened.request.answer_key)
    keyed = secret_request(request, idempotency_key, opened.content, secret)

    def work(keep: Any) -> Sequence[Given]:
        return moves.move(opened, keep)

    return await _once(request, keyed, work, _refilled)


@router.post(
    "/consents/withdrawals",
    status_code=202,
    response_model=ChangedAnswer,
    responses=_signed_by_holder(SignatureInvalid, ConsentUnknown, HolderChanged),
)
async def withdraw(
    form: WithdrawalForm,
    request: Request,
    statuses: GivenPassStatuses,
    _: PacedStranger,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take a consent back: the passes are revoked, and whom they are about is erased."""
    secret = b64url_encode(form.signature)
    keyed = secret_request(request, idempotency_key, form.document, secret)

    def work(keep: Any) -> Changed:
        return statuses.withdraw(form.document, form.signature, keep)

    return await _once(request, keyed, work, _changed)


async def _once(
    request: Request,
    keyed: KeyedRequest,
    work: Callable[[Any], Any],
    answer: Callable[[Any], KeptAnswer],
) -> Response:
    async def handle(asked: Request) -> Response:
        keep = keeping(await ticket_of(asked), answer)
        return respond(answer(await run_in_threadpool(work, keep)))

    return await once(keyed, request, handle)


def _converted(made: Converted) -> KeptAnswer:
    return json_answer(ConvertedAnswer.of(made), 201)


def _refilled(given: Sequence[Given]) -> KeptAnswer:
    return json_answer(GivenAnswer.of(given[0]), 201)


def _changed(changed: Changed) -> KeptAnswer:
    return json_answer(ChangedAnswer.of(changed), 202)
