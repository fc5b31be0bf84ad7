"""European test codes as pictures: other people's, where their vectors are at hand."""

import base64
import binascii
import json
from pathlib import Path
from typing import Final

_PICTURE: Final = "2DCODE"


def pictures_of(vectors: Path, folder: Path) -> list[Path]:
    """Write the pictures of the case files below `vectors`/dgc as files; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for path in sorted((vectors / "dgc").glob("*/2DCode/raw/*.json")):
        case = json.loads(path.read_text(encoding="utf-8-sig"))
        try:
            picture = base64.b64decode(case[_PICTURE], validate=True)
        except (KeyError, TypeError, binascii.Error):
            continue  # a case without a picture
        out = folder / f"{path.parents[2].name}-{path.stem}.png"
        out.write_bytes(picture)
        found.append(out)
    return found
