"""A draw's rounds out of the ledger's events: every other order than the right one is refused."""

from collections.abc import Iterable

import pytest

from ledger.errors import Refused
from ledger.events import Place
from ledger.tenders import events
from ledger.tenders.contract_errors import SecretForeign
from ledger.tenders.draw import DrawMalformed
from ledger.tenders.draw_course import Round, dealt_last, rounds_of
from ledger.tenders.events import DrawState
from ledger.tenders.ids import TenderId
from tests.support.drawn_committee import Told, draw_told, drawn_committee
from tests.support.tender_story import address, secret

TENDER = TenderId(b"\x01" * 32)
FIRST, SECOND = (draw_told(drawn_committee(TENDER, round=each)) for each in (1, 2))
BEGUN, JOINED, DEALT, *REVEALED = FIRST
SEATED = (events.CommitteeCommitted, (0, 1, b"\xc0" * 32, 5))


def of(*told: Told) -> dict[int, tuple[Round, ...]]:
    return rounds_of(
        kind(Place(block, b"", block, b"", 0), TENDER, *values)
        for block, (kind, values) in enumerate(told, 1)
    )


def refusal(told: Iterable[Told]) -> Refused:
    with pytest.raises(Refused) as refused:
        of(*told)
    return refused.value


def in_part_2(told: Iterable[Told]) -> list[Told]:
    (kind, values), *rest = told
    return [(kind, (*values[:2], 2, *values[3:])), *rest]


class TestRounds:
    @pytest.mark.parametrize("steps", range(1, 7))
    def test_come_as_far_as_is_told(self, steps: int) -> None:
        (round_,) = of(*FIRST[:steps])[0]
        states = (DrawState.BEGUN, DrawState.JOINED, DrawState.DEALT)
        expected = (*states, DrawState.DEALT, DrawState.DEALT, DrawState.REVEALED)
        assert round_.state is expected[steps - 1]
        assert [each.place.block for each in round_.revealed] == list(range(4, steps + 1))

    def test_given_up_are_not_those_that_count(self) -> None:
        rounds = of(BEGUN, JOINED, *SECOND[:3])[0]
        assert [each.state for each in rounds] == [DrawState.JOINED, DrawState.DEALT]
        assert dealt_last(rounds) is rounds[1]
        assert dealt_last(rounds[:1]) is None

    def test_of_part_2_come_after_those_of_part_1(self) -> None:
        rounds = of(*FIRST, SEATED, *in_part_2(SECOND))[0]
        assert [each.part for each in rounds] == [1, 2]

    def test_of_two_lots_are_apart(self) -> None:
        other = draw_told(drawn_committee(TENDER, 1))
        found = of(BEGUN, *other, *FIRST[1:])
        assert {lot: len(rounds) for lot, rounds in found.items()} == {0: 1, 1: 1}

    @pytest.mark.parametrize(
        "told",
        [
            [JOINED],
            [BEGUN, DEALT],
            [BEGUN, REVEALED[0]],
            [BEGUN, JOINED, REVEALED[0]],
            [BEGUN, JOINED, REVEALED[0], DEALT],
            [JOINED, BEGUN],
            [BEGUN, JOINED, JOINED],
            [*FIRST[:3], DEALT],
            [*FIRST[:3], SECOND[0]],
            [*FIRST, SECOND[0]],
            [SECOND[0]],
            [BEGUN, BEGUN],
            [BEGUN, JOINED, SECOND[0], DEALT],
            [SEATED, BEGUN],
            [*FIRST[:3], SEATED, REVEALED[0]],
            [BEGUN, SEATED, JOINED],
        ],
    )
    def test_in_another_order_are_refused(self, told: list[Told]) -> None:
        error = refusal(told)
        assert isinstance(error, DrawMalformed)
        assert error.reason == "order"

    def test_key_that_joined_before_is_refused(self) -> None:
        (_, (lot, _, keys)) = JOINED
        again: Told = (events.DrawJoined, (lot, 2, keys))
        twice: Told = (events.DrawJoined, (lot, 1, (keys[0], keys[0])))
        elsewhere: Told = (events.DrawJoined, (1, 1, keys))
        begun: Told = (events.DrawBegun, (1, 1, 1, b"\x05" * 32))
        for told in ([BEGUN, JOINED, SECOND[0], again], [BEGUN, twice], [*FIRST, begun, elsewhere]):
            error = refusal(told)
            assert isinstance(error, DrawMalformed)
            assert error.reason == "keys"

    def test_secret_that_is_foreign_is_refused(self) -> None:
        (_, (*place, key, _)) = REVEALED[0]
        stranger: Told = (events.DrawRevealed, (*place, address("stranger"), secret("stranger")))
        false: Told = (events.DrawRevealed, (*place, key, secret("stranger")))
        none: Told = (events.DrawRevealed, (*place, key, bytes(32)))
        for told in (stranger, false, none):
            assert isinstance(refusal([*FIRST[:3], told]), SecretForeign)
        assert isinstance(refusal([*FIRST[:4], REVEALED[0]]), SecretForeign)
