"""The list of anchored passes: what it says, and what its silence says."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import allow_list, signed
from ledger.health.allow_list import MARGIN_SECONDS, AllowList, Segment, segment_of
from ledger.health.claims import ClaimsInvalid
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.values import AgencyId, Digest

AGENCY = PrivateKey.from_secret(b"\x07" * 32)
OTHER = PrivateKey.from_secret(b"\x08" * 32)
BUREAU = AgencyId(b"\x01" * 32)
NOON = 1_795_262_400
HOUR = 3_600


def digest(number: int) -> Digest:
    return Digest(hashlib.sha256(number.to_bytes(8)).digest())


FIRST = segment_of(BUREAU, 1, NOON, NOON + HOUR, map(digest, range(100)))
SECOND = segment_of(BUREAU, 2, NOON + HOUR, NOON + 2 * HOUR, map(digest, range(100, 150)))
EMPTY = segment_of(BUREAU, 3, NOON + 2 * HOUR, NOON + 3 * HOUR, [])
WAITING = replace(EMPTY, waiting_since=NOON + HOUR)


class TestSegment:
    @given(st.sets(st.integers(0, 500)), st.integers(0, 500))
    def test_lists_exactly_what_it_was_made_of(self, members: set[int], asked: int) -> None:
        segment = segment_of(BUREAU, 1, 0, 1, map(digest, members))
        assert (AllowList([segment]).find(digest(asked)) is not None) == (asked in members)
        assert len(segment.prefixes) == 10 * len(members)

    @pytest.mark.parametrize("segment", [FIRST, SECOND, EMPTY, WAITING])
    def test_is_read_again(self, segment: Segment) -> None:
        envelope = signed.read(allow_list.sign(segment, AGENCY))
        assert allow_list.verify(envelope, AGENCY.public_key) == segment
        with pytest.raises(SignatureInvalid):
            allow_list.verify(envelope, OTHER.public_key)

    @pytest.mark.parametrize(
        ("segment", "claim"),
        [
            (replace(FIRST, prefixes=FIRST.prefixes[1:]), "prefixes"),
            (replace(FIRST, prefixes=FIRST.prefixes[10:] + FIRST.prefixes[:10]), "prefixes"),
            (replace(FIRST, prefixes=FIRST.prefixes[:10] * 2), "prefixes"),
            (replace(FIRST, end=FIRST.start), "end"),
            (replace(FIRST, seq=-1), "seq"),
            (replace(FIRST, waiting_since=-1), "waiting"),
            (replace(FIRST, agency=AgencyId(b"")), "agency"),
        ],
    )
    def test_of_another_shape_is_refused(self, segment: Segment, claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            allow_list.sign(segment, AGENCY)
        assert refused.value.claim == claim


class TestManySegments:
    @given(st.lists(st.sets(st.integers(0, 60)), max_size=9), st.integers(0, 60))
    def test_the_latest_that_lists_a_pass_is_found(
        self, members: list[set[int]], asked: int
    ) -> None:
        segments = [
            segment_of(BUREAU, number, number * HOUR, (number + 1) * HOUR, map(digest, each))
            for number, each in enumerate(members)
        ]
        wanted = [segments[number] for number, each in enumerate(members) if asked in each]
        assert AllowList(segments).find(digest(asked)) == (wanted[-1] if wanted else None)


class TestAllowList:
    LIST = AllowList([SECOND, EMPTY, FIRST])

    def test_finds_a_pass_in_its_segment(self) -> None:
        assert self.LIST.find(digest(5)) == FIRST
        assert self.LIST.find(digest(149)) == SECOND
        assert self.LIST.find(digest(150)) is None

    def test_the_latest_of_several_segments_counts(self) -> None:
        again = replace(EMPTY, prefixes=FIRST.prefixes)
        assert AllowList([FIRST, again, SECOND]).find(digest(5)) == again

    def test_covers_what_had_time_to_be_anchored(self) -> None:
        end = NOON + 3 * HOUR
        assert self.LIST.end == end
        covered = [self.LIST.covers(end - ahead) for ahead in (0, MARGIN_SECONDS)]
        assert covered == [False, False]
        assert self.LIST.covers(end - MARGIN_SECONDS - 1)

    def test_covers_nothing_issued_since_one_that_waits(self) -> None:
        passes = AllowList([FIRST, SECOND, WAITING])
        covered = [passes.covers(NOON + HOUR + later) for later in (-1, 0, 1)]
        assert covered == [True, False, False]
        after = replace(EMPTY, seq=4, start=EMPTY.end, end=EMPTY.end + HOUR)
        assert AllowList([FIRST, SECOND, WAITING, after]).covers(NOON + HOUR)

    def test_of_nothing_covers_nothing(self) -> None:
        assert AllowList([]).find(digest(1)) is None
        assert not AllowList([]).covers(0)

    @pytest.mark.parametrize(
        ("segments", "claim"),
        [
            ([FIRST, EMPTY], "seq"),
            ([FIRST, FIRST], "seq"),
            ([FIRST, replace(SECOND, start=SECOND.start + 1)], "start"),
            ([FIRST, replace(SECOND, start=SECOND.start - 1)], "start"),
            ([FIRST, replace(SECOND, agency=AgencyId(b"\x02" * 32))], "agency"),
        ],
    )
    def test_with_a_gap_is_refused(self, segments: list[Segment], claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            AllowList(segments)
        assert refused.value.claim == claim
