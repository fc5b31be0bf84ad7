"""Two hundred bidders at once in the last seconds before the deadline (§10)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx2
import pytest

from api.store.tenders import TenderStore
from ledger.tenders import receipts, refusals
from ledger.tenders.receipts import Mined, ReceiptState
from ledger.tenders.relayed import digest_of
from tests.support.checks import check_audit, check_nonces
from tests.support.kills import Nursery, alive, lead, serve, work
from tests.support.licences import AGENCY_KEY
from tests.support.office import Office
from tests.support.ports import free_port
from tests.support.relayed_bids import Message, RelayedBids

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
BIDDERS: Final = {"sqlite": 200, "postgresql": 40}
"""Fewer where there is more than one writer: what they wait for is the chain."""
LATE: Final = 10
AT_ONCE: Final = 50
LEFT_SECONDS: Final = 20
"""Before submitEnd. Whether all come in time is the machine's affair, and not asked."""

AFTERWARDS: Final = 3_600
"""After submitEnd: later than the rush could last."""


@dataclass
class Rush:
    """The service in processes of its own, and whoever brings bids to it."""

    place: Office
    bids: RelayedBids
    port: int

    @property
    def end(self) -> int:
        return self.bids.story.ends.submit_end

    def go(self, moment: int) -> None:
        """Mine a block of that time; the chain's clock runs on from there."""
        node = self.place.parts.node
        node.call("evm_setNextBlockTimestamp", moment)
        node.call("evm_mine")
        self.place.work()

    def bring(self, messages: Sequence[Message]) -> list[httpx2.Response]:
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            return list(crowd.map(self._bring, messages))

    def _bring(self, message: Message) -> httpx2.Response:
        return httpx2.post(
            f"http://127.0.0.1:{self.port}{message.path}",
            content=message.body,
            headers={"Content-Type": "application/json"},
            timeout=120,
        )

    def on_chain(self) -> dict[bytes, tuple[Mined, int]]:
        """Return where each message stands, and the time of its block; none stands twice."""
        happened = TenderStore(self.place.parts.database).events(self.bids.story.id)
        found = [(digest_of(self.bids.story.ledger, each), each.place) for each in happened]
        named = [(digest, at) for digest, at in found if digest is not None]
        counted = Counter(digest for digest, _ in named)
        assert set(counted.values()) == {1}
        return {digest: (Mined(at.transaction, at.block), at.block_time) for digest, at in named}


@pytest.fixture
def bidders(url: str) -> int:
    return BIDDERS[url.partition(":")[0].partition("+")[0]]


@pytest.fixture
def rush(place: Office) -> Iterator[Rush]:
    made = Rush(place, RelayedBids(place), free_port())
    with alive(Nursery(place.settings), partial(serve, port=made.port)):
        yield made


class TestRush:
    def test_two_hundred_are_on_chain_in_time_or_refused_with_a_signature(
        self, rush: Rush, bidders: int
    ) -> None:
        messages = [rush.bids.bid(f"bidder {number}") for number in range(bidders)]
        late = [rush.bids.bid(f"late {number}") for number in range(LATE)]
        nursery = Nursery(rush.place.settings)
        rush.go(rush.end - LEFT_SECONDS)
        with alive(nursery, lead):
            answers = rush.bring(messages)
        nursery.live(work)
        rush.go(rush.end + AFTERWARDS)
        nursery.live(work)
        answers += rush.bring(late)
        stands = rush.on_chain()
        assert stands.keys() <= {each.digest for each in messages}
        assert stands, "nobody came in time"
        for message, answer in zip(messages + late, answers, strict=True):
            if answer.status_code == 201:
                self._is_settled(rush, message, answer.json()["receipt"], stands)
            else:
                assert answer.status_code == 409, answer.text
                assert message.digest not in stands
                is_late(answer.json()["refusal"], message)
        assert {each.status_code for each in answers[bidders:]} == {409}
        check_nonces(rush.place)
        check_audit(rush.place)

    def _is_settled(self, rush: Rush, message: Message, receipt: str, stands: Any) -> None:
        """A receipt was given: it is kept by a block before submitEnd, or taken back, signed."""
        given = receipts.read(receipt, AGENCY_KEY.public_key)
        assert (given.state, given.digest) == (ReceiptState.SUBMITTED, message.digest)
        shown = rush.bids.shown(message.digest)
        assert shown["receipt"] == receipt
        if message.digest not in stands:
            is_late(shown["refusal"], message)
            return
        mined, block_time = stands[message.digest]
        assert block_time < rush.end
        final = receipts.read(shown["final"], AGENCY_KEY.public_key)
        assert (final.state, final.digest, final.mined) == (
            *(ReceiptState.FINAL, message.digest),
            mined,
        )


def is_late(refusal: str, message: Message) -> None:
    told = refusals.read(refusal, AGENCY_KEY.public_key)
    assert (told.digest, told.error) == (message.digest, "BidLate")
