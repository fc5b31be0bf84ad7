"""European test codes as pictures: other people's, where their vectors are at hand."""

import base64
import binascii
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ledger.canonical import b64url_encode

_PICTURE: Final = "2DCODE"
_CASES: Final = "*/2DCode/raw/*.json"


def pictures_of(vectors: Path, folder: Path) -> list[Path]:
    """Write the pictures of the case files below `vectors`/dgc as files; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for path, case in _cases(vectors):
        try:
            picture = base64.b64decode(case[_PICTURE], validate=True)
        except (KeyError, TypeError, binascii.Error):
            continue  # a case without a picture
        out = folder / f"{path.parents[2].name}-{path.stem}.png"
        out.write_bytes(picture)
        found.append(out)
    return found


def trust_list_of(vectors: Path, issued_at: str) -> dict[str, Any]:
    """Return the certificates of all cases as a trust list; whoever brings it vouches for them."""
    found = set()
    for _, case in _cases(vectors):
        with suppress(KeyError, TypeError, binascii.Error):
            found.add(base64.b64decode(case["TESTCTX"]["CERTIFICATE"], validate=True))
    certificates = sorted(b64url_encode(each) for each in found)
    return {
        "source": "European test codes",
        "sequence": 1,
        "issuedAt": issued_at,
        "authorities": certificates,
        "certificates": [{"der": each} for each in certificates],
    }


def _cases(vectors: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted((vectors / "dgc").glob(_CASES)):
        yield path, json.loads(path.read_text(encoding="utf-8-sig"))
