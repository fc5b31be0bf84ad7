"""Codes as they are drawn: in alphanumeric mode, by the encoder's word and by their size."""

from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
import segno
from PIL import Image

from ledger.health import passes
from ledger.health.passes import Mode
from tests.support.lanes import live, sealed
from wallet.drawing import PAPER, SCREEN, draw, symbol
from wallet.pictures import codes_in

ROOM: Final = {SCREEN: (11, 366, 12, 419), PAPER: (9, 189, 10, 221)}
"""By level a version, the characters it holds in alphanumeric mode, and the same of the next one.

ISO/IEC 18004, table 7.
"""
QUIET: Final = 4
SCALE: Final = 8


def version_of(picture: bytes) -> int:
    """Return the version that a picture's width tells."""
    with Image.open(BytesIO(picture)) as image:
        modules = image.width // SCALE - 2 * QUIET
    return (modules - 17) // 4


@pytest.mark.parametrize("level", [PAPER, SCREEN])
class TestMode:
    def test_is_what_the_encoder_says(self, level: str) -> None:
        for text in (passes.to_text(sealed(holder=None, modes=Mode.PAPER)), live(sealed())):
            assert symbol(text, level).mode == "alphanumeric"

    def test_is_what_the_picture_has_room_for(self, tmp_path: Path, level: str) -> None:
        version, most, next_version, more = ROOM[level]
        path = tmp_path / "code.png"
        for length, needed in ((most, version), (most + 1, next_version), (more, next_version)):
            text = live(sealed(), sealed(1), sealed(2), sealed(3))[:length]
            assert len(text) == length
            draw(text, path, level)
            assert codes_in(path.read_bytes()) == [text]
            assert version_of(path.read_bytes()) == needed

    def test_would_show_if_it_were_another(self, level: str) -> None:
        version, most, next_version, _ = ROOM[level]
        text, out = live(sealed(), sealed(1), sealed(2), sealed(3))[:most], BytesIO()
        other = segno.make(text, mode="byte", error=level, boost_error=False, micro=False)
        other.save(out, kind="png", scale=SCALE)
        assert other.mode == "byte"
        assert codes_in(out.getvalue()) == [text]  # the reader cannot tell the two apart
        assert version_of(out.getvalue()) > next_version > version


def test_other_characters_are_refused_and_not_written_otherwise() -> None:
    for text in ("SZ1:a", "SZ1:_", "SZ1:码"):
        with pytest.raises(ValueError, match="mode"):
            symbol(text, PAPER)
