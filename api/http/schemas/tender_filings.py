"""Filings on tenders as JSON."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from api.http.forms import WHOLE, Answer, Form, HexDigest, Moment
from api.services.tender_filings import FilingOrder, FilingView
from ledger.tenders.events import Stage
from ledger.tenders.filings import FilingKind, FilingState
from ledger.tenders.ids import TenderId
from ledger.values import Digest

MOST_TEXT = 65_536
_COMPLAINTS_ALONE: Final[list[Any]] = [
    {"properties": {"kind": {"const": "complaint"}}},
    {
        "properties": {
            "stage": {"enum": ["documents", "opening", "result"]},
            "objection": {"type": "null"},
        }
    },
]
"""What `_check_complaint` takes, as the document of the API says it."""


class FilingForm(Form):
    """What is filed; an objection or complaint about documents, opening or result, as `stage` says.

    A complaint may be about something `other`; else it names an objection: the id of one on chain,
    or the digest of one that was filed here.
    """

    model_config = ConfigDict(json_schema_extra={"anyOf": _COMPLAINTS_ALONE})

    kind: Literal["question", "objection", "complaint"]
    lot: Annotated[int, Field(ge=0, le=63), WHOLE] = 0
    stage: Literal["documents", "opening", "result", "other"] = "documents"
    objection: HexDigest | None = None
    text: Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]

    @model_validator(mode="after")
    def _check_complaint(self) -> Self:
        if self.kind != "complaint" and (self.stage == "other" or self.objection is not None):
            raise ValueError("stage other and objection are for complaints")
        return self

    def parsed(self, tender: TenderId) -> FilingOrder:
        """Return the order."""
        stage = Stage[self.stage.upper()]
        objection = bytes(32) if self.objection is None else self.objection
        return FilingOrder(tender, FilingKind(self.kind), self.lot, stage, self.text, objection)


class FilingAnswer(Answer):
    """A filing without who filed it; `dueAt` null where no law says how long an answer takes.

    Of a complaint `dueAt` is when the supervisor has to accept it or not.
    """

    digest: HexDigest
    kind: FilingKind
    lot: int
    stage: str
    objection: HexDigest | None
    filed_at: Moment
    due_at: Moment | None
    state: FilingState

    @classmethod
    def of(cls, view: FilingView) -> Self:
        """Return it as of the head."""
        filing = view.row.filing
        return cls(
            digest=Digest(filing.digest),
            kind=filing.kind,
            lot=filing.lot,
            stage=filing.stage.name.lower(),
            objection=Digest(filing.objection) if any(filing.objection) else None,
            filed_at=filing.filed_at,
            due_at=filing.due_at,
            state=view.state,
        )


class FiledAnswer(Answer):
    """A filing of one's own and the signed receipt for it (`filing-receipt+jwt`)."""

    filing: FilingAnswer
    receipt: str

    @classmethod
    def of(cls, view: FilingView) -> Self:
        """Return it."""
        return cls(filing=FilingAnswer.of(view), receipt=view.row.receipt)


class FilingsAnswer(Answer):
    """A page of a tender's filings, the newest first; `nextCursor` null at the end."""

    filings: list[FilingAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, views: Sequence[FilingView], next_cursor: str | None) -> Self:
        """Return them."""
        return cls(filings=[FilingAnswer.of(view) for view in views], next_cursor=next_cursor)


class StatementAnswer(Answer):
    """What papers answered, as the agency signed it (`filing-answers+jwt`)."""

    statement: str
