"""Papers of tenders as JSON."""

from typing import Self

from api.http.forms import Answer, HexDigest, Moment
from api.http.schemas.shared import HeadAnswer
from api.services.tender_papers import KeptPaper, PaperPage
from ledger.tenders.papers import PaperRole


class PaperAnswer(Answer):
    """A paper; `isPublic` once its digest, or that of a manifest which names it, is on chain."""

    sha256: HexDigest
    role: PaperRole
    media_type: str
    size: int
    kept_at: Moment
    is_public: bool

    @classmethod
    def of(cls, paper: KeptPaper) -> Self:
        """Return it, without who brought it."""
        row = paper.row
        return cls(
            sha256=row.digest,
            role=row.role,
            media_type=row.media_type,
            size=row.size,
            kept_at=row.kept_at,
            is_public=paper.is_public,
        )


class PapersAnswer(Answer):
    """A page of papers as they came; `nextCursor` null at the end."""

    papers: list[PaperAnswer]
    next_cursor: str | None
    head: HeadAnswer

    @classmethod
    def of(cls, page: PaperPage, head: HeadAnswer) -> Self:
        """Return a page."""
        found = [PaperAnswer.of(each) for each in page.papers]
        return cls(papers=found, next_cursor=page.next_cursor, head=head)
