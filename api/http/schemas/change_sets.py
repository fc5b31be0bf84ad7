"""Change sets as JSON."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.http.forms import (
    Answer,
    Form,
    GivenMoment,
    HexAddress,
    HexDigest,
    HexProof,
    Moment,
)
from api.http.schemas.shared import HeadAnswer, StatusName
from api.http.schemas.status import DecisionForm, OrderForm, wording_of
from api.services.change_sets import MOST_LICENCES
from api.services.previews import ChangeSetView, RowPage, Selection, SetRow
from api.services.status import StatusRequest
from ledger.values import Digest, Stage, Status

Words = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]
_SOME: Final[list[Any]] = [
    *(
        {"required": [name], "properties": {name: {"type": "string"}}}
        for name in ("type", "issuedFrom", "issuedBefore", "holder")
    ),
    *(
        {"required": [name], "properties": {name: {"type": "array", "minItems": 1}}}
        for name in ("externalIds", "digests", "status")
    ),
]
"""What the document says of a selection: that it asks for something."""


class SelectionForm(Form):
    """Which licences: every criterion given must hold, and one at least must be given.

    `externalIds` and `digests` are one list of names; `holder` is an organisation's whole name.
    """

    model_config = ConfigDict(json_schema_extra={"anyOf": _SOME})

    type: Words | None = None
    issued_from: GivenMoment | None = None
    issued_before: GivenMoment | None = None
    holder: Words | None = None
    external_ids: list[Words] = Field(default_factory=list, max_length=MOST_LICENCES)
    digests: list[HexDigest] = Field(default_factory=list, max_length=MOST_LICENCES)
    status: list[StatusName] = Field(default_factory=list, max_length=4)

    @model_validator(mode="after")
    def _not_everything(self) -> Self:
        """Refuse what would mean every licence of the agency."""
        if all(value in (None, []) for _, value in self):
            raise PydanticCustomError("selection", "at least one criterion")
        return self

    def parsed(self) -> Selection:
        """Return the selection."""
        return Selection(
            type_id=self.type,
            issued_from=self.issued_from,
            issued_before=self.issued_before,
            holder=self.holder,
            external_ids=tuple(self.external_ids),
            digests=tuple(self.digests),
            present=frozenset(Status[name.upper()] for name in self.status),
        )


class ChangeSetForm(Form):
    """An order over the licences that `select` finds, with what the decisions about them say."""

    select: SelectionForm
    order: OrderForm
    decision: DecisionForm | None = None

    def parsed(self) -> StatusRequest:
        """Return the order."""
        return replace(self.order.parsed(), wording=wording_of(self.decision))


class ApprovalForm(Form):
    """A second person's signatures, one a call in the order of the typed data."""

    approver: HexAddress
    signatures: Annotated[list[HexProof], Field(min_length=1, max_length=MOST_LICENCES)]


class RowAnswer(Answer):
    """One licence of a set; `refusal` names why it is left out, `name` is how it was asked for."""

    name: str
    digest: HexDigest | None
    present: str | None
    call: int | None
    refusal: str | None

    @classmethod
    def of(cls, row: SetRow) -> Self:
        """Return the row as JSON."""
        return cls(
            name=row.name,
            digest=row.digest,
            present=None if row.present is None else row.present.name.lower(),
            call=row.part,
            refusal=row.refusal,
        )


class RowsAnswer(Answer):
    """Rows of a set in its order; `nextCursor` null at the end."""

    rows: list[RowAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: RowPage) -> Self:
        """Return the page as JSON."""
        return cls(rows=list(map(RowAnswer.of, page.rows)), next_cursor=page.next_cursor)


class ChangeSetAnswer(Answer):
    """A set of changes: what was fixed at its preview, and how far it is.

    `licences` are to be changed, by their present status in `byStatus`; `refused` are left out, by
    the error's name. `digest` is the SHA-256 over the EIP-712 digests of all calls. `progress`
    counts changes by stage, `failed` by error.
    """

    change_set: str
    state: Literal["previewed", "expired", "withdrawn", "under-way", "done"]
    status: str
    reason: int
    effective_at: Moment | None
    until: Moment | None
    requested_by: HexAddress
    requested_at: Moment
    expires_at: Moment
    licences: int
    by_status: Mapping[str, int]
    refused: Mapping[str, int]
    calls: int
    digest: HexDigest
    needs_co_signature: bool
    uncosigned_revocations: int
    deadline: Moment
    sample: list[RowAnswer]
    settled_at: Moment | None
    settled_by: HexAddress | None
    approver: HexAddress | None
    progress: Mapping[Stage, int]
    failed: Mapping[str, int]
    head: HeadAnswer

    @classmethod
    def of(cls, view: ChangeSetView, head: HeadAnswer) -> Self:
        """Return the set as JSON; `effectiveAt` null means from the beginning."""
        row = view.row
        return cls(
            change_set="0x" + row.id.hex(),
            state=view.state,
            status=row.status.name.lower(),
            reason=row.reason,
            effective_at=row.effective_at or None,
            until=row.until or None,
            requested_by=row.requested_by,
            requested_at=row.requested_at,
            expires_at=row.expires_at,
            licences=view.size,
            by_status={s.name.lower(): n for s, n in sorted(view.counts.by_present.items())},
            refused=dict(sorted(view.counts.by_refusal.items())),
            calls=row.parts,
            digest=Digest(row.digest),
            needs_co_signature=view.needs_cosignature,
            uncosigned_revocations=row.uncosigned,
            deadline=row.deadline,
            sample=[RowAnswer.of(each) for each in view.sample],
            settled_at=row.settled_at,
            settled_by=row.settled_by,
            approver=row.approver,
            progress=view.by_stage,
            failed=view.by_error,
            head=head,
        )


class TypedDataAnswer(Answer):
    """What an APPROVER signs: one EIP-712 message a call, in the order of their numbers."""

    calls: list[dict[str, Any]]
