"""kill -9 of the API that takes sealed bids in to relay them, and of the worker that sends them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

import httpx2
import pytest

from tests.support.checks import check_audit, check_nonces
from tests.support.kills import KillableParts, Nursery, Say, alive, serve
from tests.support.office import Office, OfficeParts
from tests.support.ports import free_port
from tests.support.relayed_bids import Message, RelayedBids

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
CONFIRMATIONS = 3
IN_A_BLOCK = "in a block"
SENDING = {"commit", "committed", "broadcast", "broadcast done"}
TAKING_IN = {"commit", "committed", "answer"}
AGAIN = (1, 3, 8, 20)
"""Points of the second life at which the worker is killed, by turns."""


@pytest.fixture
def place(place: Office) -> Iterator[Office]:
    """The office, to which nothing is final before three confirmations."""
    before = place.parts
    place.settings = place.settings.model_copy(update={"confirmations": CONFIRMATIONS})
    place.parts = OfficeParts(place.settings)
    place.worker = place.parts.worker(place.stop)
    yield place
    before.close()


@pytest.fixture
def bids(place: Office) -> RelayedBids:
    return RelayedBids(place)


def relay(parts: KillableParts, say: Say) -> None:
    """Work until all is in a block, say so, let blocks come, and work until all is final."""
    worker = parts.worker(parts.stop)
    worker.run_until_idle()
    say(IN_A_BLOCK)
    parts.node.call("anvil_mine", hex(CONFIRMATIONS))
    worker.run_until_idle()


class TestWorker:
    def test_killed_twice_running_sends_each_message_once(
        self, bids: RelayedBids, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        """Before it sends, after it, and while the block of what it sent is not final yet."""
        name = "bidder"
        messages = [bids.bid(name)]
        bids.bring(*messages)
        nursery.live(relay)
        passed: set[str] = set()
        killed_in_a_block: set[bool] = set()
        for number in count(1, 2 if is_thorough else 5):
            fresh, name = [bids.withdrawal(name), bids.bid(f"bidder {number}")], f"bidder {number}"
            bids.bring(*fresh)
            child = nursery.live(relay, kill_at=number)
            passed |= set(child.points)
            seen = [bids.shown(each.digest) for each in fresh]
            assert child.said or [each["state"] for each in seen] == ["submitted"] * 2
            if child.was_killed:
                killed_in_a_block.add(IN_A_BLOCK in child.said)
                nursery.live(relay, kill_at=AGAIN[number % len(AGAIN)])
                nursery.live(relay)
            messages += fresh
            bids.check(*messages)
            check_kept(seen, [bids.shown(each.digest) for each in fresh])
            if not child.was_killed:
                break
        assert passed == SENDING
        assert killed_in_a_block == {False, True}
        check_nonces(bids.place)
        check_audit(bids.place)


class TestServer:
    def test_killed_twice_running_takes_each_message_in_once(
        self, bids: RelayedBids, nursery: Nursery
    ) -> None:
        """Before a message is stored with its intent, after it, and before its receipt leaves."""
        port, name = free_port(), "bidder"
        life = partial(serve, port=port)
        messages = [bids.bid(name)]
        bids.bring(*messages)
        passed: set[str] = set()
        for number in count(1):
            nursery.live(relay)
            fresh, name = [bids.withdrawal(name), bids.bid(f"bidder {number}")], f"bidder {number}"
            receipts: dict[bytes, set[str]] = {each.digest: set() for each in fresh}
            for kill_at in (number, 1 + number % 2, None):
                with alive(nursery, life, kill_at=kill_at) as child:
                    was_killed = not bring(port, fresh, receipts)
                passed |= set(child.points)
                check_stored_whole(bids, len(messages), receipts)
                if not was_killed:
                    break
            assert not was_killed
            messages += fresh
            if kill_at == number:
                break
        assert number > len(TAKING_IN)
        assert passed == TAKING_IN
        nursery.live(relay)
        bids.check(*messages)
        check_nonces(bids.place)
        check_audit(bids.place)


def bring(port: int, messages: Sequence[Message], receipts: Mapping[bytes, set[str]]) -> bool:
    """Bring messages in their order, and keep their receipts; return whether all were answered."""
    for each in messages:
        try:
            answer = httpx2.post(
                f"http://127.0.0.1:{port}{each.path}",
                content=each.body,
                headers={"Content-Type": "application/json"},
                timeout=60,
            )
        except httpx2.HTTPError:
            return False
        assert answer.status_code in (200, 201), answer.text
        receipts[each.digest].add(answer.json()["receipt"])
    return True


def check_stored_whole(bids: RelayedBids, before: int, receipts: Mapping[bytes, set[str]]) -> None:
    """Raise unless each message is here with an intent and the one receipt given, or not at all."""
    shown = {digest: bids.shown(digest) for digest in receipts}
    stored = before + sum(each is not None for each in shown.values())
    assert bids.rows() == (stored, stored)
    for digest, given in receipts.items():
        assert given <= {(shown[digest] or {}).get("receipt")}


def check_kept(before: Sequence[Any], after: Sequence[Any]) -> None:
    """Raise where what was said of a message, its receipt or its final one, was said otherwise."""
    for earlier, later in zip(before, after, strict=True):
        assert later["receipt"] == earlier["receipt"]
        assert earlier["final"] in (None, later["final"])
