"""The exemption list: who is on it at which time, and what may be done with an entry."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import exemptions
from ledger.health.exemptions import (
    Exemption,
    ExemptionAct,
    ExemptionRefused,
    ExemptionState,
    ExemptionTermInvalid,
)

DAWN = 1_795_219_200
DAY = 86_400
YEAR = 365 * DAY
APPLIED = exemptions.apply(DAWN)
LISTED = exemptions.enlist(APPLIED, DAWN + DAY, DAWN + YEAR)
SUSPENDED = exemptions.suspend(LISTED, DAWN + 2 * DAY, DAWN + 5 * DAY, "sample result pending")
REMOVED = exemptions.remove(SUSPENDED, DAWN + 3 * DAY, "left the leg")


def at(day: int, exemption: Exemption) -> ExemptionState:
    return exemption.state_at(DAWN + day * DAY)


class TestState:
    def test_goes_with_time(self) -> None:
        assert at(1, APPLIED) is ExemptionState.APPLIED
        assert [at(day, LISTED) for day in (1, 364, 365)] == [
            ExemptionState.LISTED,
            ExemptionState.LISTED,
            ExemptionState.LAPSED,
        ]

    def test_is_listed_again_when_its_suspension_ends(self) -> None:
        assert [at(day, SUSPENDED) for day in (2, 4, 5)] == [
            ExemptionState.SUSPENDED,
            ExemptionState.SUSPENDED,
            ExemptionState.LISTED,
        ]

    def test_is_listed_again_when_it_is_reinstated(self) -> None:
        early = exemptions.reinstate(SUSPENDED, DAWN + 3 * DAY)
        assert at(3, early) is ExemptionState.LISTED

    def test_lapses_while_suspended(self) -> None:
        long = exemptions.suspend(LISTED, DAWN + 2 * DAY, DAWN + 2 * YEAR, "cause")
        assert at(366, long) is ExemptionState.LAPSED

    def test_lapses_early_for_a_cause(self) -> None:
        lost = exemptions.lapse(LISTED, DAWN + 3 * DAY, "lost key")
        assert (at(3, lost), lost.cause) == (ExemptionState.LAPSED, "lost key")

    def test_is_suspended_anew_for_longer(self) -> None:
        longer = exemptions.suspend(SUSPENDED, DAWN + 3 * DAY, DAWN + 9 * DAY, "still pending")
        assert (at(8, longer), longer.cause) == (ExemptionState.SUSPENDED, "still pending")


class TestRefused:
    @pytest.mark.parametrize(
        ("act", "wanted"),
        [
            (lambda: exemptions.enlist(LISTED, DAWN + 9 * DAY, DAWN + YEAR), ExemptionState.LISTED),
            (lambda: exemptions.reinstate(LISTED, DAWN + 9 * DAY), ExemptionState.LISTED),
            (lambda: exemptions.remove(APPLIED, DAWN, "cause"), ExemptionState.APPLIED),
            (
                lambda: exemptions.suspend(LISTED, DAWN + YEAR, DAWN + 2 * YEAR, "cause"),
                ExemptionState.LAPSED,
            ),
            (
                lambda: exemptions.reinstate(SUSPENDED, DAWN + 5 * DAY),
                ExemptionState.LISTED,
            ),
            (lambda: exemptions.remove(REMOVED, DAWN + 9 * DAY, "x"), ExemptionState.REMOVED),
            (lambda: exemptions.lapse(SUSPENDED, DAWN + 3 * DAY, "x"), ExemptionState.SUSPENDED),
            (lambda: exemptions.lapse(APPLIED, DAWN + 3 * DAY, "x"), ExemptionState.APPLIED),
        ],
        ids=[
            *("list twice", "reinstate", "remove", "after its end", "when over", "remove twice"),
            *("lapse while suspended", "lapse before it is listed"),
        ],
    )
    def test_what_its_state_does_not_allow(
        self, act: Callable[[], Exemption], wanted: ExemptionState
    ) -> None:
        with pytest.raises(ExemptionRefused) as refused:
            act()
        assert refused.value.state is wanted

    @pytest.mark.parametrize(
        "act",
        [
            lambda: exemptions.enlist(APPLIED, DAWN, DAWN),
            lambda: exemptions.enlist(APPLIED, DAWN - 1, DAWN + 1),
            lambda: exemptions.suspend(LISTED, DAWN + DAY, DAWN + DAY, "cause"),
            lambda: exemptions.suspend(LISTED, DAWN + DAY, DAWN + 2 * DAY, ""),
            lambda: exemptions.suspend(LISTED, DAWN + DAY, DAWN + 2 * DAY, "x" * 201),
            lambda: exemptions.remove(LISTED, DAWN + DAY, "a\nb"),
        ],
        ids=["no time", "before it was asked for", "no end", "no cause", "long cause", "two lines"],
    )
    def test_without_an_end_or_a_cause(self, act: Callable[[], Exemption]) -> None:
        with pytest.raises(ExemptionTermInvalid):
            act()


class TestInvariants:
    @given(
        st.lists(
            st.tuples(st.sampled_from(ExemptionAct), st.integers(0, 400), st.integers(1, 400)),
            max_size=20,
        )
    )
    def test_removed_stays_removed_and_suspensions_end(
        self, acts: list[tuple[ExemptionAct, int, int]]
    ) -> None:
        exemption, removed = APPLIED, False
        for act, day, days in acts:
            now, until = DAWN + day * DAY, DAWN + (day + days) * DAY
            does: dict[ExemptionAct, Callable[[], Exemption]] = {
                ExemptionAct.LIST: lambda: exemptions.enlist(exemption, now, until),  # noqa: B023  # called at once
                ExemptionAct.SUSPEND: lambda: exemptions.suspend(exemption, now, until, "x"),  # noqa: B023  # called at once
                ExemptionAct.REINSTATE: lambda: exemptions.reinstate(exemption, now),  # noqa: B023  # called at once
                ExemptionAct.LAPSE: lambda: exemptions.lapse(exemption, now, "x"),  # noqa: B023  # called at once
                ExemptionAct.REMOVE: lambda: exemptions.remove(exemption, now, "x"),  # noqa: B023  # called at once
            }
            try:
                exemption = does[act]()
            except (ExemptionRefused, ExemptionTermInvalid):
                continue
            assert not removed
            removed = act is ExemptionAct.REMOVE
        in_the_end = (
            {ExemptionState.REMOVED}
            if removed
            else {
                ExemptionState.LAPSED,
                ExemptionState.APPLIED,
            }
        )
        assert at(10_000, exemption) in in_the_end
