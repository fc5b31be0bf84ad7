"""What is looked at: opened bids of one lot, and the tender's own documents.

Whatever names a person or a machine comes salted and hashed with the tender's salt, by the wallet
or at the opening; equal values are equal, and nothing else can be learnt from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file of a bid, or of the tender; what it is, its first bytes say."""

    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UploadTrace:
    """When a bid's file came, in Unix seconds, and from which address, as the sealed log has it."""

    address: str
    at: int


@dataclass(frozen=True, slots=True)
class BidMaterial:
    """One opened bid.

    `devices`: kind (mac, cpu, disk, dongle) to hashes. `staff`, `agents`, `payers`, `controllers`:
    hashes of who works for, hands in, pays for and controls the bidder. `lines`: bill of
    quantities, position to unit price. Amounts are decimal strings.
    """

    id: str
    price: str | None = None
    files: tuple[FileContent, ...] = ()
    devices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    uploads: tuple[UploadTrace, ...] = ()
    staff: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    payers: frozenset[str] = frozenset()
    controllers: frozenset[str] = frozenset()
    lines: Mapping[str, str] = field(default_factory=dict)
