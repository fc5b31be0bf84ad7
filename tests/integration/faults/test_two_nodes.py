"""The service beside two nodes, one gone, the other behind; and where nobody says what is final.

What a node that lags lacks is neither lost nor absent: nothing is rolled back, sent again, denied.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.services.progress import Proofs
from ledger.chain.wire import spell
from ledger.errors import NodeStale
from ledger.finality import FINALIZED
from ledger.values import Stage
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.front import Front, front, is_outage
from tests.support.household import until
from tests.support.node_proxy import Exchange, NodeProxy, Request, node_proxy
from tests.support.office import Office, OfficeParts
from tests.support.twin import twin

STALE = 31
FINALITY = 64  # blocks by which anvil's finalized block is behind its head


@dataclass
class Both:
    """The office, its first node behind a proxy, and the second, which lags."""

    place: Office
    first: NodeProxy


@pytest.fixture
def both(issuing: Office, tmp_path: Path) -> Iterator[Both]:
    place = issuing
    with (
        twin(place.standing.node, tmp_path, "--no-mining") as second,
        node_proxy(place.standing.anvil.url) as first,
        reopened(place, node_urls=(first.url, second.url)),
    ):
        yield Both(place, first)


@contextmanager
def reopened(place: Office, **settings: Any) -> Iterator[None]:
    """Let the office work with other settings until the block ends."""
    before = place.parts, place.worker, place.settings
    place.settings = place.settings.model_copy(update=settings)
    place.parts = OfficeParts(place.settings)
    place.worker = place.parts.worker(place.stop)
    try:
        yield
    finally:
        place.parts.close()
        place.parts, place.worker, place.settings = before


def anchor_check(counter: Front, document: str, **more: Any) -> dict[str, Any]:
    answer = counter.client.post("/v1/verifications", json={"document": document, **more}).json()
    (found,) = [check for check in answer["checks"] if check["name"] == "anchor"]
    assert isinstance(found, dict)
    return found


class TestLagging:
    def test_node_alone_takes_nothing_back_and_denies_nothing(self, both: Both) -> None:
        place = both.place
        proofs = Proofs(place.batches, place.standing.deployment.ledger)
        with front(place) as counter:
            document = counter.issue()["document"]
            place.work()
            (digest,) = counter.digests()
            before = place.parts.registry.head()
            both.first.is_down = True
            counter.issue()
            place.parts.ahead = STALE
            for _ in range(8):
                for step in place.worker.steps:
                    with suppress(NodeStale):
                        step.run(False)  # noqa: FBT003  # flush
            assert is_outage(counter.client.get("/readyz"))
            after = place.parts.registry.head()
            assert (after.hash, after.seen_at) == (before.hash, before.seen_at)
            assert proofs.stage(digest) is Stage.FINAL
            check = anchor_check(counter, document, fresh=True)
            assert (check["result"], check["code"]) == ("ERROR", "anchor.unreachable")
            assert check["facts"]["why"] == "node-stale"
            assert check["facts"]["age"] >= STALE - 1
            assert counter.verdict(document) == "valid"
            place.parts.ahead = 0
            both.first.behave()
            place.work()
            assert counter.verdict(document, fresh=True) == "valid"
        check_anchored_once(place, counter.digests())
        check_nonces(place)
        check_audit(place)


def unknown_tag(exchange: Exchange, request: Request) -> None:
    """Refuse the tag as a node does that was written before it."""
    if request["params"][0] == FINALIZED:
        error = {"code": -32602, "message": "invalid block tag"}
        exchange.own[request["id"]] = {"error": error}


class TestFinalized:
    def test_is_waited_for_by_all_and_missed_aloud(self, issuing: Office) -> None:
        place = issuing
        deployment = place.standing.deployment
        with (
            node_proxy(place.standing.anvil.url) as proxy,
            reopened(place, node_urls=(proxy.url,), confirmations=FINALIZED),
        ):
            proxy.when("eth_getBlockByNumber", unknown_tag, times=None)
            proofs = Proofs(place.batches, deployment.ledger)
            with front(place) as counter:
                document = counter.issue()["document"]
                place.work()
                (digest,) = counter.digests()
                place.standing.node.call("anvil_mine", spell(FINALITY))
                place.work()
                assert proofs.stage(digest) is Stage.ANCHORED
                answer = counter.client.get("/readyz")
                assert (answer.status_code, answer.json()["type"]) == (
                    503,
                    "/problems/FinalityUnknown",
                )
                assert anchor_check(counter, document)["code"] == "anchor.not-final"
                assert anchor_check(counter, document, fresh=True)["code"] == "anchor.not-final"
                proxy.behave()
                place.parts.ahead += 1  # what was seen is noted once a second
                place.work()
                assert counter.client.get("/readyz").status_code == 200
                until(lambda: counter.verdict(document) == "valid")  # a look at the head serves on
                assert counter.verdict(document, fresh=True) == "valid"
                place.work()
                assert proofs.stage(digest) is Stage.FINAL
            check_audit(place)
