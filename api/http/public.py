"""Routes that anybody may read from any page, and that caches may keep: ETag, 304, CORS.

The head of the projection is no part of what a tag stands for: it moves on while the answer stays,
so such tags are weak (RFC 9110 §8.8.1), and a 304 carries the newer head in its header.
"""

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar, Final

import orjson
from fastapi import Request, Response

from api.http.openapi import Responses
from api.http.strict import StrictRoute

NOT_MODIFIED: Final[Responses] = {
    304: {"description": "The answer is the one that the caller has (If-None-Match)."}
}
HEADER: Final = "Suizheng-Head"
"""Names the block that an answer is as of: `block=7, time=2026-11-21T00:00:00Z, age=3`."""
_OK: Final = 200
_HEAD: Final = "head"


class PublicRoute(StrictRoute):
    """A public read that stays for minutes."""

    cache_control: ClassVar[str] = "public, max-age=300"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the strict handler with tag, cache and CORS headers on its answers."""
        handle = super().get_route_handler()

        async def handle_publicly(request: Request) -> Response:
            response = await handle(request)
            if response.status_code != _OK:
                return response
            tag, head = tag_of(bytes(response.body), response.media_type)
            headers = response.headers
            headers["Access-Control-Allow-Origin"] = "*"
            headers.setdefault("Cache-Control", self.cache_control)
            headers["ETag"] = tag
            if head is not None:
                headers[HEADER] = head
                headers["Access-Control-Expose-Headers"] = HEADER
            if not matches(tag, request.headers.get("if-none-match", "")):
                return response
            kept = {name: value for name, value in headers.items() if name in _KEPT}
            return Response(status_code=304, headers=kept)

        return handle_publicly


class RevalidatedRoute(PublicRoute):
    """A public read that may change with any block: caches keep it and ask each time."""

    cache_control = "public, no-cache"


_KEPT: Final = frozenset(
    {
        "access-control-allow-origin",
        "access-control-expose-headers",
        "cache-control",
        "content-security-policy",  # a browser lays a 304's headers over those it kept
        "etag",
        "vary",
        HEADER.lower(),
    }
)


def tag_of(body: bytes, media_type: str | None) -> tuple[str, str | None]:
    """Return an answer's tag, and the head in its body as the header spells it."""
    value = orjson.loads(body) if media_type == "application/json" else None
    if not isinstance(value, dict) or _HEAD not in value:
        return f'"{_hash(body)}"', None
    return f'W/"{_hash(orjson.dumps(value | {_HEAD: None}))}"', _shown(value[_HEAD])


def matches(tag: str, if_none_match: str) -> bool:
    """Return whether a caller's list of tags has this one, compared weakly (RFC 9110 §13.1.2)."""
    given = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return tag.removeprefix("W/") in given or if_none_match.strip() == "*"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _shown(head: Mapping[str, Any]) -> str:
    return f"block={head['block']}, time={head['time']}, age={head['ageSeconds']}"
