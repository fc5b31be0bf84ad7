"""Appeals as JSON; an answer is a text of its own, since its digest is over its very bytes."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from api.http.forms import Answer, Form, HexDigest, Moment
from api.http.schemas.health_scans import HexId, ScanNumber, SignatureAnswer
from api.services.health_appeals import AppealView
from ledger.health.appeals import MAX_BYTES, Verdict, digest_of_answer


class AppealForm(Form):
    """Against which scan: the number that was shown with the refusal."""

    scan: ScanNumber


class AppealAnswerForm(Form):
    """The written answer: the RFC 8785 JSON that `ledger.health.appeals` writes."""

    answer: Annotated[str, Field(min_length=2, max_length=MAX_BYTES)]


class WrittenAnswer(Answer):
    """What became of an appeal; its proof is at `/v1/proofs/{digest}` once it is anchored.

    `document` is the text that was signed, RFC 8785 JSON; `signature` null on those of long ago.
    """

    verdict: Verdict
    answered_at: Moment
    text: str
    remedy: HexDigest | None
    digest: HexDigest
    document: str
    signature: SignatureAnswer | None


class AppealAnswer(Answer):
    """An appeal; `answer` null while it is open. `isOverdue`: the answer is late, or was."""

    id: HexId
    scan: ScanNumber
    row: HexDigest
    lodged_at: Moment
    answer_by: Moment
    is_overdue: bool
    answer: WrittenAnswer | None

    @classmethod
    def of(cls, view: AppealView) -> Self:
        """Return the appeal as JSON."""
        appeal = view.appeal
        return cls(
            id=appeal.id,
            scan=appeal.scan_number,
            row=appeal.row,
            lodged_at=appeal.lodged_at,
            answer_by=appeal.answer_by,
            is_overdue=view.is_overdue,
            answer=_written(view),
        )


class AppealsAnswer(Answer):
    """Open appeals, those that wait longest first."""

    appeals: list[AppealAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: tuple[Sequence[AppealView], str | None]) -> Self:
        """Return a page of appeals and the next cursor as JSON."""
        views, cursor = page
        return cls(appeals=[AppealAnswer.of(view) for view in views], next_cursor=cursor)


def _written(view: AppealView) -> WrittenAnswer | None:
    answer, signed = view.answer, view.signed
    if answer is None or signed is None:
        return None
    signature = None
    if signed.signature is not None and signed.key_id is not None:
        signature = SignatureAnswer(key_id=signed.key_id, signature=signed.signature)
    return WrittenAnswer(
        verdict=answer.verdict,
        answered_at=answer.answered_at,
        text=answer.text,
        remedy=answer.remedy,
        digest=digest_of_answer(signed.document),
        document=signed.document.decode(),
        signature=signature,
    )
