"""A kind of problem as a page, in every language that has its texts."""

from html import escape

from fastapi import Response

from api.http.explanations import LANGUAGES, explained, texts_in
from api.http.plain_pages import plain_page
from api.http.problems import status_of
from ledger.errors import LedgerError


def page_of(kind: type[LedgerError]) -> Response:
    """Return the page that explains a kind of problem in every language that has its texts."""
    sections = "".join(_section(kind, language) for language in LANGUAGES)
    return plain_page("en", kind.__name__, f"<h1><code>{kind.__name__}</code></h1>{sections}")


def _section(kind: type[LedgerError], language: str) -> str:
    told, labels = explained(kind, language), texts_in(language)["labels"]
    parts = [
        f'<section lang="{language}"><h2>{escape(told.title)}</h2>',
        f"<p>{labels['status']}: {status_of(kind)}</p>",
        f"<h3>{labels['meaning']}</h3><p>{escape(told.meaning)}</p>",
        f"<h3>{labels['advice']}</h3><p>{escape(told.advice)}</p>",
    ]
    if told.members:
        items = "".join(f"<li><code>{escape(name)}</code></li>" for name in told.members)
        parts.append(f"<h3>{labels['members']}</h3><ul>{items}</ul>")
    return "".join([*parts, "</section>"])
