"""A small PDF, such as bidders hand in."""

import io
from collections.abc import Sequence
from typing import Final

from pypdf import PdfWriter
from pypdf.annotations import FreeText

_A4: Final = (595, 842)
_LINES: Final = 60


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """Return a PDF of that title with these lines, sixty a page."""
    writer, found = PdfWriter(), io.BytesIO()
    for number in range(0, len(lines), _LINES):
        page = writer.add_blank_page(*_A4)
        text = "\n".join(lines[number : number + _LINES])
        writer.add_annotation(page, FreeText(text=text, rect=(50, 50, 545, 792)))
    writer.add_metadata({"/Title": title})
    writer.write(found)
    return found.getvalue()
