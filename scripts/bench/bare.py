"""A server that does nothing: what uvicorn itself costs. `python -m scripts.bench.bare PORT`."""

import sys
from typing import Any

import uvicorn

HEADERS = [(b"content-length", b"2"), (b"content-type", b"application/json")]


async def app(_scope: Any, receive: Any, send: Any) -> None:
    """Read the whole request, answer an empty object."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"{}"})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error", lifespan="off")
