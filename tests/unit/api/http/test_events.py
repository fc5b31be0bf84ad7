import asyncio
from collections.abc import Callable, Iterator

from api.http.events import LONGEST_SECONDS, SHORTEST_SECONDS, changes
from ledger.errors import LedgerError, Refused, Unavailable


def followed(first: int, *values: int | LedgerError) -> tuple[list[int], list[float]]:
    """Return what is shown of values that end with a negative one, and the pauses made."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def follow() -> list[int]:
        return [value async for value in changes(first, reader(iter(values)), is_last, sleep)]

    return asyncio.run(follow()), pauses


def reader(values: Iterator[int | LedgerError]) -> Callable[[], int]:
    def read() -> int:
        value = next(values)
        if isinstance(value, LedgerError):
            raise value
        return value

    return read


def is_last(value: int) -> bool:
    return value < 0


class TestChanges:
    def test_begin_with_the_present_and_end_with_the_last(self) -> None:
        assert followed(1, 2, 3, -1)[0] == [1, 2, 3, -1]

    def test_of_what_is_over_are_one(self) -> None:
        assert followed(-1) == ([-1], [])

    def test_are_shown_once_each(self) -> None:
        assert followed(1, 1, 1, 2, 2, 1, -1)[0] == [1, 2, 1, -1]

    def test_pause_longer_while_nothing_happens(self) -> None:
        _, pauses = followed(1, *[1] * 20, 2, -1)
        quiet, after = pauses[:21], pauses[21:]
        assert quiet[0] == SHORTEST_SECONDS
        assert quiet == sorted(quiet)
        assert quiet[-1] == LONGEST_SECONDS
        assert after == [SHORTEST_SECONDS]

    def test_end_where_they_may_not_be_read_any_more(self) -> None:
        assert followed(1, 2, Unavailable())[0] == [1, 2]
        assert followed(1, Refused())[0] == [1]
