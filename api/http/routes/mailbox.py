"""Mailboxes of sealed tenders: hashes come in; where each lies, whoever knows it may ask.

Nobody signs in: a leaf says nothing of its bidder, and a session would.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from api.http.forms import HexDigest
from api.http.idempotency import json_answer, respond
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenMailboxes
from api.http.schemas.mailbox import MessageAnswer, MessageForm, PlaceAnswer
from api.http.strict import StrictRoute
from api.services.issuers import SigningKeyMissing
from api.services.mailboxes import MailboxClosed, MailboxUnknown
from api.services.refusals import MailboxLeafTaken, MailboxMessageUnknown, MailboxOverrun
from ledger.errors import AgencyNotActive, AgencyUnknown, Unavailable
from ledger.values import AgencyId

_PREFIX: Final = "/v1/mailbox/messages"
LeafInPath = Annotated[HexDigest, Path(description="The leaf data: SHA-256(digest ‖ blind).")]
router = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=StrictRoute)


@router.post(
    "",
    status_code=201,
    response_model=MessageAnswer,
    responses={
        200: {"model": MessageAnswer, "description": "It came before; the first receipt stands."},
        **problems(
            MailboxUnknown,
            MailboxClosed,
            AgencyUnknown,
            AgencyNotActive,
            SigningKeyMissing,
            MailboxLeafTaken,
            MailboxOverrun,
            Unavailable,
            *JSON_BODY,
        ),
    },
)
def put(form: MessageForm, mailboxes: GivenMailboxes) -> Response:
    """Keep a message for the next root, and sign for it; that it is anchored is not said yet."""
    row, is_new = mailboxes.put(AgencyId(form.mailbox), form.leaf)
    location = {"location": f"{_PREFIX}/0x{row.leaf.hex()}"}
    return respond(json_answer(MessageAnswer.of(row), 201 if is_new else 200, location))


@router.get("/{leaf}", responses=problems(MailboxMessageUnknown, Unavailable))
def show(leaf: LeafInPath, mailboxes: GivenMailboxes) -> PlaceAnswer:
    """Say where a message lies: root, index, path, and the block once it is anchored."""
    return PlaceAnswer.of_view(mailboxes.get(leaf))
