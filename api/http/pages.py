"""The built pages for browsers: read once at start, served with a policy that lets nothing in.

A page is the same for everybody: what it shows it fetches itself, and the key of a link stays in
the browser, which never sends a fragment.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import Request, Response

VERIFY: Final = "index.html"
_ASSETS: Final = "assets"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""No inline script or style, no third party, no string that becomes markup."""
_FOR_EVER: Final = "public, max-age=31536000, immutable"
"""The name of an asset holds the hash of its content."""
_NOT_BUILT: Final = (
    "The verification page is not built here. `make pages` builds it; "
    "`suizheng verify` takes the same link and needs no page.\n"
)


@dataclass(frozen=True, slots=True)
class File:
    """One built file, its media type and its entity tag."""

    content: bytes
    media_type: str
    tag: str


@dataclass(frozen=True, slots=True)
class Pages:
    """What was built, by path below the folder; nothing where nothing was."""

    files: Mapping[str, File]

    @classmethod
    def load(cls, folder: Path) -> "Pages":
        """Read the pages in `folder`; a folder that is missing holds none."""
        found = [path for path in sorted(folder.rglob("*")) if path.suffix in _MEDIA_TYPES]
        return cls(MappingProxyType({str(p.relative_to(folder)): _read(p) for p in found}))

    def verify(self, request: Request) -> Response:
        """Return the verification page, the same for every link."""
        page = self.files.get(VERIFY)
        if page is None:
            headers = {"Retry-After": "60", "Vary": "Accept"}
            return Response(_NOT_BUILT, 503, headers, "text/plain; charset=utf-8")
        headers = {
            "Cache-Control": "no-cache",
            "Content-Security-Policy": POLICY,
            "ETag": page.tag,
            "Vary": "Accept",
        }
        if page.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(page.content, headers=headers, media_type=page.media_type)

    def asset(self, name: str) -> Response | None:
        """Return a script, style or picture of a page, or None where there is none."""
        file = self.files.get(f"{_ASSETS}/{name}")
        if file is None:
            return None
        return Response(
            file.content, headers={"Cache-Control": _FOR_EVER}, media_type=file.media_type
        )


NO_PAGES: Final = Pages(MappingProxyType({}))


def wants_page(request: Request) -> bool:
    """Whether the caller asks for HTML by name, as browsers do; `*/*` alone does not."""
    return any(_is_html(part) for part in request.headers.get("accept", "").split(","))


def _is_html(media_range: str) -> bool:
    name, *parameters = (part.strip().lower() for part in media_range.split(";"))
    refused = any(p.startswith("q=") and not p[2:].strip("0.") for p in parameters)
    return name == "text/html" and not refused


def _read(path: Path) -> File:
    content = path.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return File(content, _MEDIA_TYPES[path.suffix], tag)
