"""A kind of problem as a page: plain HTML without a script, its one style named by its hash."""

import hashlib
from base64 import b64encode
from html import escape
from typing import Final

from fastapi import Response

from api.http.explanations import LANGUAGES, explained, texts_in
from api.http.problems import status_of
from ledger.errors import LedgerError

_STYLE: Final = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}"
    "section+section{border-top:1px solid;margin-top:2rem}h1,h2{line-height:1.3}"
    "code{overflow-wrap:anywhere}"
)
_STYLE_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def page_of(kind: type[LedgerError]) -> Response:
    """Return the page that explains a kind of problem in every language that has its texts."""
    sections = "".join(_section(kind, language) for language in LANGUAGES)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{kind.__name__} – Suizheng</title><style>{_STYLE}</style></head>"
        f"<body><main><h1><code>{kind.__name__}</code></h1>{sections}</main></body></html>"
    )
    headers = {"Content-Security-Policy": POLICY}
    return Response(page, headers=headers, media_type="text/html; charset=utf-8")


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
