"""Content-Digest (RFC 9530): what a sender says that its body is."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused
from ledger.values import Digest

HEADER: Final = "content-digest"
PATTERN: Final = r"^sha-256=:[A-Za-z0-9+/]{43}=:$"
"""The one spelling that is asked for; other algorithms may stand beside it."""
_SHA256: Final = re.compile(r"(?:^|,)[ \t]*sha-256=:([A-Za-z0-9+/]{43}=):[ \t]*(?=,|$)")


@dataclass(eq=False)
class ContentDigestMissing(Refused):
    """The body's SHA-256 must come in the header Content-Digest: `sha-256=:base64:` (RFC 9530)."""


def content_digest(value: str | None) -> Digest:
    """Return the SHA-256 in a header's value; raise `ContentDigestMissing`.

    Of two, neither is believed; another spelling of the same bytes is none.
    """
    found = _SHA256.findall(value or "")
    if len(found) != 1:
        raise ContentDigestMissing
    try:
        raw = base64.b64decode(found[0], validate=True)
    except binascii.Error as exc:
        raise ContentDigestMissing from exc
    if base64.b64encode(raw).decode("ascii") != found[0]:
        raise ContentDigestMissing
    return Digest(raw)
