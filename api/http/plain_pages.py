"""Pages of plain HTML without a script, their one style named by its hash."""

import hashlib
from base64 import b64encode
from html import escape
from typing import Final

from fastapi import Response

_STYLE: Final = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}"
    "section+section{border-top:1px solid;margin-top:2rem}h1,h2{line-height:1.3}"
    "code{overflow-wrap:anywhere}table{border-collapse:collapse}"
    "th,td{padding:.2rem .8rem .2rem 0;text-align:start;vertical-align:top}"
    "th{overflow-wrap:anywhere}time{white-space:nowrap}"
)
_STYLE_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def plain_page(language: str, title: str, main: str, vary: str = "Accept") -> Response:
    """Return a page in a language; `main` is HTML, `title` text."""
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – Suizheng</title><style>{_STYLE}</style></head>"
        f"<body><main>{main}</main></body></html>"
    )
    headers = {"Content-Security-Policy": POLICY, "Vary": vary}
    return Response(page, headers=headers, media_type="text/html; charset=utf-8")
