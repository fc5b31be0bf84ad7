"""Changes of status as JSON."""

from typing import Literal, Self

from pydantic import Field

from api.http.forms import (
    Answer,
    BigNumber,
    Form,
    GivenMoment,
    HexAddress,
    HexDigest,
    HexSignature,
    Moment,
)
from api.http.schemas.shared import HeadAnswer
from api.services.status import ChangeView, StatusRequest
from ledger.typed_data import CoSignature
from ledger.values import OPEN_END, Digest, Stage, Status


class CoSignatureForm(Form):
    """The second person's signature over the typed data; `deadline` as signed."""

    approver: HexAddress
    nonce: BigNumber
    deadline: int = Field(ge=0, lt=OPEN_END)
    signature: HexSignature

    def parsed(self) -> CoSignature:
        """Return the signature."""
        return CoSignature(self.approver, self.nonce, self.deadline, self.signature)


class OrderForm(Form):
    """A change of status; `effectiveAt` absent for now, and for ever where the reason annuls."""

    status: Literal["valid", "suspended", "revoked"]
    reason: int = Field(ge=0, le=0xFFFF)
    effective_at: GivenMoment | None = None
    until: GivenMoment | None = None

    def parsed(self) -> StatusRequest:
        """Return the request."""
        status = Status[self.status.upper()]
        return StatusRequest(status, self.reason, self.effective_at, self.until or 0)


class StatusForm(OrderForm):
    """A change of status, with the second person's signature where one is needed."""

    co_signature: CoSignatureForm | None = None

    def parsed(self) -> StatusRequest:
        """Return the request."""
        order = super().parsed()
        signed = None if self.co_signature is None else self.co_signature.parsed()
        return StatusRequest(order.status, order.reason, order.effective_at, order.until, signed)


class TypedDataForm(OrderForm):
    """A change that somebody is to co-sign: any unused nonce, and the last second it counts."""

    nonce: BigNumber
    deadline: int = Field(ge=0, lt=OPEN_END)


class ChangeAnswer(Answer):
    """A change of status on its way; `error` names why it failed."""

    change: str
    digest: HexDigest
    status: str
    reason: int
    effective_at: Moment | None
    until: Moment | None
    requested_at: Moment
    not_before: Moment
    stage: Stage
    error: str | None
    block: int | None
    transaction: HexDigest | None
    head: HeadAnswer

    @classmethod
    def of(cls, view: ChangeView, head: HeadAnswer) -> Self:
        """Return the change as JSON; `effectiveAt` null means from the beginning."""
        row = view.row
        return cls(
            change="0x" + row.id.hex(),
            digest=row.digest,
            status=row.status.name.lower(),
            reason=row.reason,
            effective_at=row.effective_at or None,
            until=row.until or None,
            requested_at=row.requested_at,
            not_before=row.not_before,
            stage=view.stage,
            error=row.error,
            block=row.block,
            transaction=None if row.transaction is None else Digest(row.transaction),
            head=head,
        )
