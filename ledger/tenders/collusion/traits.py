"""What one file of a bid says of itself, apart from what reads it.

The readers of PDF and DOCX are 10 MB, which whoever only compares need not load.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """What one file says; `makers` are (kind, value): author, editor, producer, creator, company.

    `images` are SHA-256 of embedded pictures, `rsids` Word's marks of editing sessions.
    """

    text: str = ""
    makers: frozenset[tuple[str, str]] = frozenset()
    images: frozenset[str] = frozenset()
    rsids: frozenset[str] = frozenset()
    unreadable: str | None = None
