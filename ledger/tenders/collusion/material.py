"""What is looked at: opened bids of one lot, and the tender's own documents.

What names a person comes salted and hashed, so that equal values are equal and a flag that is
passed on names nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file of a bid, or of the tender; what it is, its first bytes say."""

    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BidMaterial:
    """One opened bid.

    `payers`: digests of the guarantees and receipts behind it. `controllers`: salted hashes of who
    its shown licences say is in charge. `lines`: bill of quantities, position to unit price.
    Amounts are decimal strings.
    """

    id: str
    price: str | None = None
    files: tuple[FileContent, ...] = ()
    payers: frozenset[str] = frozenset()
    controllers: frozenset[str] = frozenset()
    lines: Mapping[str, str] = field(default_factory=dict)
