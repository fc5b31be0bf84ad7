"""Codes out of pictures: what a camera, a screenshot or a scan of paper shows."""

from io import BytesIO
from typing import Final

import zxingcpp
from PIL import Image

MAX_PIXELS: Final = 40_000_000
"""A few bytes of PNG can claim billions. Fixed: it bounds memory, 160 MB while one is decoded,
which no agreement and no operator decides; phones that count more pixels bin them to fewer.
"""
_KINDS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_FORMATS: Final = zxingcpp.barcode_formats_from_str("QRCode")


def codes_in(picture: bytes) -> list[str]:
    """Return the texts of all QR codes in `picture`; none for what is no picture.

    PNG, JPEG, WebP, GIF and BMP are read. A QR code does not tell whether its text was stored in
    byte or alphanumeric mode.
    """
    try:
        with Image.open(BytesIO(picture), formats=_KINDS) as image:
            if image.width * image.height > MAX_PIXELS:
                return []
            grey = image.convert("L")
    except Exception:  # noqa: BLE001  # a stranger's picture may break a decoder in any way
        return []
    found = zxingcpp.read_barcodes(grey, formats=_FORMATS)
    return [code.text for code in found]
