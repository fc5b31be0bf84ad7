"""The list of anchored passes: what it says, and what its silence says."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import allow_list, signed
from ledger.health.allow_list import MARGIN_SECONDS, AllowList, Segment, Standing, segment_of
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


class TestSegment:
    @given(st.sets(st.integers(0, 500)), st.integers(0, 500))
    def test_lists_exactly_what_it_was_made_of(self, members: set[int], asked: int) -> None:
        segment = segment_of(BUREAU, 1, 0, 1, map(digest, members))
        assert segment.lists(digest(asked)) == (asked in members)
        assert len(segment.prefixes) == 10 * len(members)

    @pytest.mark.parametrize("segment", [FIRST, SECOND, EMPTY])
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
            (replace(FIRST, agency=AgencyId(b"")), "agency"),
        ],
    )
    def test_of_another_shape_is_refused(self, segment: Segment, claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            allow_list.sign(segment, AGENCY)
        assert refused.value.claim == claim


class TestAllowList:
    LIST = AllowList([SECOND, EMPTY, FIRST])

    def test_tells_listed_from_missing_from_too_new(self) -> None:
        assert self.LIST.standing(digest(5), NOON) is Standing.LISTED
        assert self.LIST.standing(digest(149), NOON) is Standing.LISTED
        assert self.LIST.standing(digest(150), NOON) is Standing.NOT_LISTED
        end = NOON + 3 * HOUR
        assert self.LIST.end == end
        assert self.LIST.standing(digest(150), end) is Standing.NOT_COVERED
        assert self.LIST.standing(digest(150), end - MARGIN_SECONDS) is Standing.NOT_COVERED
        assert self.LIST.standing(digest(150), end - MARGIN_SECONDS - 1) is Standing.NOT_LISTED

    def test_of_nothing_covers_nothing(self) -> None:
        assert AllowList([]).standing(digest(1), 0) is Standing.NOT_COVERED

    def test_knows_which_side_of_a_theft_a_pass_lies(self) -> None:
        turn = NOON + HOUR
        assert self.LIST.was_anchored_before(digest(5), turn) is True
        assert self.LIST.was_anchored_before(digest(149), turn) is False
        assert self.LIST.was_anchored_before(digest(149), turn + 1) is None
        assert self.LIST.was_anchored_before(digest(150), turn) is None

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
