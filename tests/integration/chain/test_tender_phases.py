"""Sealed tenders on a real node: where a lot stands by the contracts, and by Python's own fold."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple

import pytest

from ledger.tenders.events import Phase
from ledger.tenders.phases import lot_phase_at, phase_at
from ledger.tenders.state import TenderState
from ledger.values import LedgerRef
from tests.support.anvil import anvil
from tests.support.standing import stand_up
from tests.support.tender_chain import Stage
from tests.support.tender_story import Where
from tests.support.tender_walk import Walk

STEPS = 110
SEEDS = (26, 88, 28, 18, 211, 52)
"""The first four meet every phase and every event; in the last three bids name older documents."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with anvil() as running:
        standing = stand_up(running)
        with closing(standing.node):
            yield Stage(standing)


def moments(state: TenderState, now: int) -> list[int]:
    """Now, and every end still ahead with the second before it."""
    ends = {end for each in state.ends.values() for end in astuple(each)}
    ends |= {lot.course.notice_end for lot in state.lots}
    return sorted({now, *(end + near for end in ends for near in (-1, 0) if end + near >= now)})


def derived(state: TenderState, times: list[int]) -> list[Phase]:
    lots, parts = range(len(state.lots)), range(1, state.announcement.parts + 1)
    found = [phase_at(state, lot, part, at) for lot in lots for part in parts for at in times]
    return found + [lot_phase_at(state, lot, at) for lot in lots for at in times]


def walked(stage: Stage, seed: int) -> set[Phase]:
    """Play one walk, and compare after each call; return the phases met."""
    ledger = LedgerRef(stage.standing.deployment.chain_id, stage.at.ledger)
    where = Where(f"GZ-{seed}", stage.now + 100, ledger, stage.standing.agency)
    walk = Walk(seed, where=where)
    told, met, played = walk.told, set[Phase](), 0
    for _ in range(STEPS):
        fresh = told.events[played:]
        if fresh:
            stage.play(fresh, told.state)
            played = len(told.events)
            times = moments(told.state, told.now)
            expected = derived(told.state, times)
            assert stage.phases(told.state, times) == expected, (seed, fresh)
            for part, ends in told.state.ends.items():
                assert stage.ends(told.state, part) == astuple(ends), (seed, fresh)
            met |= set(expected)
        told.at(told.now + 1)
        walk.step()
    return met


class TestPhases:
    def test_python_and_the_contracts_agree_after_every_call(self, stage: Stage) -> None:
        """What Python's own rules let pass, the contracts take; and both derive the same."""
        met = set[Phase]().union(*(walked(stage, seed) for seed in SEEDS))
        exits = {Phase.ALL_REJECTED, Phase.TERMINATED, Phase.VOIDED}
        assert set(Phase) - met - exits == {Phase.UNKNOWN}
