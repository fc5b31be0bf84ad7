"""How much of a tender's filing room one account or address may take, so that others find some.

Accounts are free, and addresses of a network are not many for most: whoever files takes a share of
what is left, never the last of it. What each address took stands in this process's memory alone,
since who files is nobody's business: a restart forgets it, and every process gives a whole share.
"""

from collections import OrderedDict
from threading import Lock
from typing import Final

from api.store.tender_filings import TooManyFilings
from api.store.tender_papers import TenderSpaceFull
from ledger.tenders.ids import TenderId

SHARES: Final = 64
"""What is left is for so many: one takes a share of it (proposed)."""
MOST_OF_ADDRESS: Final = 200
"""What one address may file on one tender: ten accounts' worth (proposed)."""
MOST_KEPT: Final = 65_536
"""Addresses in memory, by tender; beyond it the one that filed longest ago is forgotten."""


def require_share(size: int, taken: int, left: int) -> None:
    """Raise `TenderSpaceFull` where who took `taken` bytes would take more than a share."""
    share = (left + taken) // SHARES
    if taken + size > share:
        raise TenderSpaceFull(share)


class AddressShares:
    """What addresses took of tenders' filing rooms; may be used from several threads."""

    def __init__(self) -> None:
        self._taken: OrderedDict[tuple[TenderId, str], tuple[int, int]] = OrderedDict()
        self._turn = Lock()

    def require(self, tender: TenderId, address: str, size: int, left: int) -> None:
        """Raise unless an address may file so many bytes more while `left` are free.

        Raises `TooManyFilings` and `TenderSpaceFull`.
        """
        with self._turn:
            number, taken = self._taken.get((tender, address), (0, 0))
        if number >= MOST_OF_ADDRESS:
            raise TooManyFilings(MOST_OF_ADDRESS)
        require_share(size, taken, left)

    def add(self, tender: TenderId, address: str, size: int) -> None:
        """Count what an address filed."""
        with self._turn:
            number, taken = self._taken.pop((tender, address), (0, 0))
            self._taken[tender, address] = (number + 1, taken + size)
            if len(self._taken) > MOST_KEPT:
                self._taken.popitem(last=False)
