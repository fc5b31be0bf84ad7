"""Messages of mailboxes as JSON."""

from typing import Annotated, Literal, Self

from pydantic import Field

from api.http.forms import Answer, Form, HexDigest, Moment
from api.services.mailboxes import MessageRow, MessageView
from ledger.tenders.mailbox import PATH
from ledger.values import Digest

MessageState = Literal["stored", "submitted", "final"]


class MessageForm(Form):
    """A message: the agency of the tender's mailbox, and SHA-256(digest ‖ blind)."""

    mailbox: HexDigest
    leaf: HexDigest


class MessageAnswer(Answer):
    """A message that came in, and the signed receipt for it."""

    mailbox: HexDigest
    leaf: HexDigest
    received_at: Moment
    receipt: str

    @classmethod
    def of(cls, row: MessageRow) -> Self:
        """Return a message as JSON."""
        return cls(
            mailbox=Digest(row.agency),
            leaf=row.leaf,
            received_at=row.received_at,
            receipt=row.receipt,
        )


class MailboxBlock(Answer):
    """The block that has the root."""

    number: int
    hash: HexDigest
    time: Moment
    transaction: HexDigest


class PlaceAnswer(MessageAnswer):
    """Where a message lies: `root`, `index` and `path` once it has a place, `block` once anchored.

    While `state` is `submitted` the block may still fall out; the same root goes out again then.
    """

    state: MessageState
    root: HexDigest | None
    index: int | None
    path: Annotated[list[HexDigest], Field(max_length=PATH)]
    block: MailboxBlock | None

    @classmethod
    def of_view(cls, view: MessageView) -> Self:
        """Return a message and its place as JSON."""
        place, anchored = view.place, view.place.anchored
        block = None
        if anchored is not None:
            block = MailboxBlock(
                number=anchored.block,
                hash=Digest(anchored.block_hash),
                time=anchored.block_time,
                transaction=Digest(anchored.transaction),
            )
        has_place = place.root is not None
        return cls(
            mailbox=Digest(place.row.agency),
            leaf=place.row.leaf,
            received_at=place.row.received_at,
            receipt=place.row.receipt,
            state="final" if view.is_final else "submitted" if has_place else "stored",
            root=None if place.root is None else Digest(place.root),
            index=place.index if has_place else None,
            path=[Digest(each) for each in place.path],
            block=block,
        )
