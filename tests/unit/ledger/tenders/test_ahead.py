import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.ahead import ahead
from ledger.tenders.packages import FileChanged


class TestAhead:
    @given(st.lists(st.binary(max_size=10), max_size=200))
    def test_gives_the_pieces_in_their_order(self, pieces: list[bytes]) -> None:
        assert list(ahead(pieces)) == pieces

    def test_raises_what_making_them_did(self) -> None:
        def breaking() -> Iterator[bytes]:
            yield b"one"
            raise FileChanged("a")

        with pytest.raises(FileChanged):
            list(ahead(breaking()))

    def test_makes_no_more_than_a_few_that_nobody_took(self) -> None:
        made = 0

        def endless() -> Iterator[bytes]:
            nonlocal made
            while True:
                made += 1
                yield b"x"

        stream = ahead(endless())
        for _ in range(3):
            next(stream)
        before = threading.active_count()
        stream.close()
        assert threading.active_count() < before
        assert made <= 8 * 8
