"""Mailboxes of 64 leaves."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import ProofMalformed, RootMismatch
from ledger.tenders.mailbox import (
    LEAVES,
    PATH,
    MailboxFull,
    MailboxLeafMalformed,
    check_path,
    fill,
    leaf,
)
from ledger.values import Digest

DIGEST = bytes.fromhex("543e79c718a3110386b6f1d4011bb55b56b325aecac356d08cf1a102e1cecc96")
ROUND_TRIPS = st.integers(0, LEAVES)


def stream(seed: int = 0) -> Callable[[int], bytes]:
    state = [seed]

    def take(size: int) -> bytes:
        state[0] += 1
        return hashlib.sha256(str(state[0]).encode()).digest()[:size]

    return take


def messages(count: int) -> list[Digest]:
    return [leaf(DIGEST, bytes([n]) * 32) for n in range(count)]


class TestLeaf:
    def test_known_answer(self) -> None:
        known = "47596b96a1e0c7684973474ff0bb2bd58225d038f5cc92672d3316262e65d915"
        assert leaf(DIGEST, b"\x66" * 32).hex() == known

    @pytest.mark.parametrize(("digest", "blind"), [(31, 32), (32, 31), (33, 32), (32, 0)])
    def test_refuses_other_lengths(self, digest: int, blind: int) -> None:
        with pytest.raises(MailboxLeafMalformed):
            leaf(bytes(digest), bytes(blind))


class TestFill:
    @given(ROUND_TRIPS, st.integers(0, 10_000))
    def test_every_message_is_found_and_every_box_has_64(self, count: int, seed: int) -> None:
        given_ = messages(count)
        box = fill(given_, stream(seed))
        assert box.tree.size == LEAVES
        assert len(set(box.places)) == count
        for number, data in enumerate(given_):
            path = box.path(number)
            assert len(path) == PATH
            check_path(data, box.places[number], path, box.root)

    def test_places_tell_nothing_of_the_order(self) -> None:
        first = {fill(messages(1), stream(seed * 1_000)).places[0] for seed in range(64)}
        assert len(first) > 30

    def test_the_65th_waits(self) -> None:
        with pytest.raises(MailboxFull) as refused:
            fill(messages(65), stream())
        assert (refused.value.count, refused.value.limit) == (65, 64)


class TestCheckPath:
    BOX = fill(messages(3), stream())

    def test_wrong_place_path_or_leaf(self) -> None:
        data, place, path = messages(3)[0], self.BOX.places[0], self.BOX.path(0)
        for wrong in (
            (messages(3)[1], place, path),
            (data, place ^ 1, path),
            (data, place, (path[1], path[0], *path[2:])),
        ):
            with pytest.raises(RootMismatch):
                check_path(*wrong, self.BOX.root)

    @pytest.mark.parametrize("index", [-1, 64])
    def test_places_outside(self, index: int) -> None:
        with pytest.raises(ProofMalformed):
            check_path(messages(1)[0], index, self.BOX.path(0), self.BOX.root)

    def test_other_lengths_of_the_path(self) -> None:
        path = self.BOX.path(0)
        for wrong in (path[:5], (*path, path[0])):
            with pytest.raises(ProofMalformed):
                check_path(messages(1)[0], self.BOX.places[0], wrong, self.BOX.root)
