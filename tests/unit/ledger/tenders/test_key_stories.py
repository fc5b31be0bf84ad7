"""Whether a key was good when it signed, as the ledger's events tell."""

from typing import Any

import pytest

from ledger.events import (
    Event,
    KeyAnnounced,
    KeyCompromised,
    KeyFrozen,
    KeyRetired,
    KeyUnfrozen,
    Place,
)
from ledger.keys import PrivateKey
from ledger.tenders.audit.key_stories import KeyStory, key_stories
from ledger.values import AgencyId, KeyUsage

AGENCY, OTHER = AgencyId(b"\x01" * 32), AgencyId(b"\x02" * 32)
KEY = PrivateKey.from_secret(b"\x0b" * 32).public_key
START, END, OVER = 1_000, 5_000, 9_000


def place(at: int) -> Place:
    return Place(at, at.to_bytes(32), at, bytes(32), 0)


def announced(**changes: Any) -> KeyAnnounced:
    told: dict[str, Any] = {
        "agency": AGENCY,
        "usage": KeyUsage.DOCUMENTS,
        "sign_from": START,
    } | changes
    return KeyAnnounced(
        place(START - 500),
        told["agency"],
        KEY.key_id,
        KEY.x,
        KEY.y,
        told["usage"],
        told["sign_from"],
        END,
        OVER,
    )


def story(*later: Event, **changes: Any) -> KeyStory:
    (found,) = key_stories([announced(**changes), *later], {AGENCY}).values()
    return found


def frozen(at: int) -> KeyFrozen:
    return KeyFrozen(place(at), AGENCY, KEY.key_id)


def unfrozen(at: int) -> KeyUnfrozen:
    return KeyUnfrozen(place(at), AGENCY, KEY.key_id)


class TestDoubt:
    @pytest.mark.parametrize(
        ("at", "why"),
        [
            (START - 501, "unknown"),
            (START - 1, "announced"),
            (START, ""),
            (END - 1, ""),
            (END, "retiring"),
            (OVER, "expired"),
        ],
    )
    def test_by_the_window(self, at: int, why: str) -> None:
        assert story().doubt_at(at) == why

    def test_by_usage(self) -> None:
        assert story(usage=KeyUsage.STATUS_LISTS | KeyUsage.REQUESTS).doubt_at(START) == "usage"
        assert story(usage=KeyUsage.DOCUMENTS | KeyUsage.BUNDLES).doubt_at(START) == ""

    def test_by_an_earlier_end(self) -> None:
        retired = story(KeyRetired(place(2_000), AGENCY, KEY.key_id, 2_500))
        assert (retired.doubt_at(2_499), retired.doubt_at(2_500)) == ("", "retiring")

    def test_by_a_compromise_from_its_date_on(self) -> None:
        lost = story(KeyCompromised(place(4_000), AGENCY, KEY.key_id, 2_000))
        assert (lost.doubt_at(1_999), lost.doubt_at(2_000)) == ("", "compromised")

    def test_by_each_spell_of_a_freeze(self) -> None:
        told = story(frozen(1_500), unfrozen(1_600), frozen(1_700), unfrozen(1_800))
        moments = (1_499, 1_500, 1_599, 1_600, 1_700, 1_799, 1_800)
        assert [told.doubt_at(each) for each in moments] == [
            *("", "frozen", "frozen", "", "frozen", "frozen", "")
        ]

    def test_while_it_is_frozen_for_all_that_it_ever_signed(self) -> None:
        told = story(frozen(1_500))
        assert (told.doubt_at(1_499), told.doubt_at(1_500)) == ("frozen-now", "frozen")


class TestStories:
    def test_are_of_the_agencies_asked_for_and_of_announced_keys(self) -> None:
        assert key_stories([announced(agency=OTHER)], {AGENCY}) == {}
        assert key_stories([frozen(1_500)], {AGENCY}) == {}
        stranger = KeyFrozen(place(1_500), OTHER, KEY.key_id)
        assert story(stranger).doubt_at(1_500) == ""

    def test_name_every_block_that_tells_of_the_key(self) -> None:
        told = story(frozen(1_500), unfrozen(1_600))
        assert [each.block for each in told.places] == [500, 1_500, 1_600]
        assert [*key_stories([announced()], {AGENCY})] == [KEY.kid]
