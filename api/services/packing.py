"""Packing: status changes of one order share a call, as far as the contract's bounds allow.

A change of one entry costs about 47,000 gas alone and a fourth of that in company.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, TypeVar

from api.store.changes import ChangeRow
from ledger.status_list import place, word_changes
from ledger.typed_data import StatusOrder
from ledger.values import Status

MAX_WORDS: Final = 512
"""Words that one call may touch (RecordLedger.MAX_WORDS); fresh ones take 14.1 M gas of 2^24."""
UNCOSIGNED_LIMIT: Final = 100
"""IRecordLedger.UNCOSIGNED_LIMIT: more revocations in one call need a second person's signature."""

Pack = tuple[ChangeRow, ...]
_Order = tuple[object, ...]
_T = TypeVar("_T")


def packed(due: Iterable[ChangeRow], signed: Iterable[Pack] = ()) -> list[Pack]:
    """Return changes by call, in the order in which each order was first asked for.

    Of each licence only the first change is taken: the next one follows it on chain, at a later
    step. A co-signed change goes alone, and the calls of co-signed sets go as they were `signed`.
    """
    groups: dict[_Order, list[ChangeRow]] = {}
    seen: set[bytes] = set()
    for change in due:
        if change.digest not in seen:
            seen.add(change.digest)
            groups.setdefault(_order(change), []).append(change)
    packs = [pack for group in groups.values() for pack in _calls(group)]
    for pack in signed:
        licences = {change.digest for change in pack}
        if not licences & seen:
            seen |= licences
            packs.append(pack)
    return packs


def halves(pack: Pack) -> list[Pack]:
    """Return the two halves of a pack of more than one."""
    middle = len(pack) // 2
    return [pack[:middle], pack[middle:]]


def order_of(pack: Sequence[ChangeRow]) -> StatusOrder:
    """Return the order that carries out changes which agree in everything but their entries."""
    first = pack[0]
    return StatusOrder(
        agency=first.agency,
        list=first.list,
        changes=word_changes(change.index for change in pack),
        status=first.status,
        reason=first.reason,
        effective_at=first.effective_at,
        until=first.until,
    )


def _order(change: ChangeRow) -> _Order:
    order = (
        change.agency,
        change.list,
        change.status,
        change.reason,
        change.effective_at,
        change.until,
    )
    return order if change.co_signature is None else (*order, change.id)


def calls_of(
    entries: Iterable[_T], index_of: Callable[[_T], int], most: int | None = None
) -> Iterator[tuple[_T, ...]]:
    """Yield the calls over entries of one list, ascending, so that each touches its words once.

    `most` bounds the entries of one call.
    """
    call: list[_T] = []
    words = 0
    ascending = sorted(entries, key=index_of)
    for _, found in groupby(ascending, key=lambda each: place(index_of(each))[0]):
        for number, each in enumerate(found):
            if number == 0:
                words += 1
            if words > MAX_WORDS or len(call) == most:
                yield tuple(call)
                call, words = [], 1
            call.append(each)
    if call:
        yield tuple(call)


def _calls(group: Sequence[ChangeRow]) -> Iterator[Pack]:
    most = UNCOSIGNED_LIMIT if group[0].status is Status.REVOKED else None
    return calls_of(group, lambda change: change.index, most)
