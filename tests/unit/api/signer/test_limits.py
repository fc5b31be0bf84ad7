import pytest

from api.signer.limits import (
    DEFAULTS,
    Allowance,
    LimitReached,
    Limits,
    LimitsMalformed,
    parse_limits,
)
from api.signer.purposes import Purpose
from ledger.errors import AllowanceTooSmall
from ledger.values import KeyId

KEY, OTHER = KeyId(bytes(32)), KeyId(bytes([1]) * 32)


def limits(per_minute: int, per_day: int) -> Limits:
    return Limits({**DEFAULTS, Purpose.BUNDLE: Allowance(per_minute, per_day)})


def spend(found: Limits, count: int, at: float, key: KeyId = KEY) -> None:
    for _ in range(count):
        found.take({Purpose.BUNDLE: 1}, key, at)


class TestTake:
    def test_ends_with_the_minutes_allowance(self) -> None:
        found = limits(3, 100)
        spend(found, 3, 0)
        with pytest.raises(LimitReached) as caught:
            spend(found, 1, 0)
        assert (caught.value.purpose, caught.value.seconds) == ("bundle", 60)

    def test_takes_many_or_none(self) -> None:
        found = limits(3, 100)
        spend(found, 1, 0)
        wanted = {Purpose.LICENCE: 1, Purpose.BUNDLE: 3}
        with pytest.raises(LimitReached):
            found.take(wanted, KEY, 0)
        found.take(wanted | {Purpose.BUNDLE: 2}, KEY, 0)
        with pytest.raises(LimitReached):
            spend(found, 1, 0)

    def test_fills_evenly(self) -> None:
        found = limits(3, 100)
        spend(found, 3, 0)
        with pytest.raises(LimitReached):
            spend(found, 1, 19.9)
        spend(found, 1, 20.1)
        with pytest.raises(LimitReached):
            spend(found, 1, 20.2)

    def test_never_holds_more_than_a_minutes_worth(self) -> None:
        found = limits(3, 100)
        spend(found, 3, 1e6)
        with pytest.raises(LimitReached):
            spend(found, 1, 1e6)

    def test_ends_with_the_days_allowance(self) -> None:
        found = limits(3, 4)
        spend(found, 3, 0)
        spend(found, 1, 60)
        with pytest.raises(LimitReached) as caught:
            spend(found, 1, 120)
        assert caught.value.seconds == 86_400
        spend(found, 1, 120 + 86_400 / 4)

    def test_a_clock_that_goes_back_gives_nothing(self) -> None:
        found = limits(1, 100)
        spend(found, 1, 100)
        with pytest.raises(LimitReached):
            spend(found, 1, 0)
        with pytest.raises(LimitReached):
            spend(found, 1, 59)
        with pytest.raises(LimitReached):
            spend(found, 1, 100)
        spend(found, 1, 160)

    def test_counts_each_key_and_purpose_alone(self) -> None:
        found = limits(1, 100)
        spend(found, 1, 0)
        spend(found, 1, 0, OTHER)
        found.take({Purpose.LICENCE: 1}, KEY, 0)
        with pytest.raises(LimitReached):
            spend(found, 1, 0, OTHER)

    @pytest.mark.parametrize("found", [limits(2, 100), limits(100, 2)])
    def test_says_what_no_waiting_helps(self, found: Limits) -> None:
        with pytest.raises(AllowanceTooSmall):
            found.take({Purpose.BUNDLE: 3}, KEY, 0)
        found.take({Purpose.BUNDLE: 2}, KEY, 0)

    def test_nothing_forbids(self) -> None:
        with pytest.raises(AllowanceTooSmall):
            spend(limits(0, 0), 1, 0)


class TestParseLimits:
    def test_keeps_the_defaults(self) -> None:
        assert parse_limits("") == DEFAULTS

    def test_changes_what_is_named(self) -> None:
        found = parse_limits("licence=5/50, bundle=0/0")
        changed = {Purpose.LICENCE: Allowance(5, 50), Purpose.BUNDLE: Allowance(0, 0)}
        assert found == {**DEFAULTS, **changed}

    @pytest.mark.parametrize(
        "text",
        ["licence", "licence=5", "pass=5/50", "licence=-1/5", "licence=5/5/5", "licence=٣/٣x"],
    )
    def test_refuses_anything_else(self, text: str) -> None:
        with pytest.raises(LimitsMalformed):
            parse_limits(text)
