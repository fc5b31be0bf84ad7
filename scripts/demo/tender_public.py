"""What the service tells everybody of a tender, as bytes."""

from typing import Final

import httpx2

_PATHS: Final = ("", "/papers", "/archive", "/lots/0/openings/1", "/ocds/releases", "/ocds/record")


def answers(service: str, tender: str) -> dict[str, bytes]:
    """Return all public answers about a tender, refusals too, under what they are."""
    places = [f"/v1/tenders/{tender}{path}" for path in _PATHS] + ["/v1/tenders", "/v1/feed"]
    with httpx2.Client(base_url=service, timeout=30) as client:
        found = [client.get(place).content for place in places]
    return {f"{len(found)} public answers": b"|".join(found)}
