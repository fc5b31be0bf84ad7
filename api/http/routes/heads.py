"""The head that an answer is as of, where the answer's body is not ours to add it to."""

from collections.abc import Mapping

from api.http.forms import rfc3339
from api.http.public import HEADER
from api.services.registry import Directory
from ledger.errors import Unavailable


def with_head(directory: Directory, headers: Mapping[str, str]) -> dict[str, str]:
    """Return `headers` with the projection's head: block, its time, seconds since confirmed."""
    try:
        head = directory.head()
    except Unavailable:
        return dict(headers)
    shown = f"block={head.block}, time={rfc3339(head.time)}, age={head.age_seconds}"
    return {**headers, HEADER: shown, "Access-Control-Expose-Headers": HEADER}
