"""The node ended, hanging, lying, or of another chain: issuing goes on, nobody is a forger."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from ledger.chain.lane import Reason
from ledger.errors import ChainUnavailable, LedgerError
from tests.support.anvil import anvil
from tests.support.apps import app_over
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.front import Front, Silent, accredit, front, is_outage
from tests.support.listening import listening
from tests.support.node_proxy import (
    NodeProxy,
    alter,
    answer,
    cut,
    http_status,
    lose_answer,
    misnumber,
)
from tests.support.office import Office, office
from tests.support.ports import free_port

STALE = 31
CALLERS = 44  # more than a server has threads
LIES = {
    "a wrong id": misnumber,
    "a cut answer": cut,
    "no answer": lose_answer,
    "another status": http_status(502),
    "another chain": answer("0x7"),
    "the wrong shape": alter(lambda _: {"is": "something else"}),
}


@dataclass
class Machine:
    """A node that may be ended and started again with what it had written down, or without."""

    folder: Path
    port: int
    _running: ExitStack

    def end(self) -> None:
        self._running.close()

    def start(self, *, empty: bool = False) -> None:
        state = self.folder / "state.json"
        if empty:
            state.unlink()
        self._running.enter_context(anvil("--state", str(state), port=self.port))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with ExitStack() as running:
        yield Machine(tmp_path, free_port(), running)


@pytest.fixture
def beside(machine: Machine, url: str, tmp_path: Path) -> Iterator[Office]:
    """An office beside the machine's node."""
    with ExitStack() as begun:
        state = str(machine.folder / "state.json")
        node = machine._running.enter_context(anvil("--state", state, port=machine.port))  # noqa: SLF001  # begun here
        made = begun.enter_context(office(node, url, tmp_path))
        accredit(made)
        yield made


def try_all(place: Office) -> None:
    """Run every step three times, whatever the others say."""
    for _ in range(3):
        for step in place.worker.steps:
            with suppress(LedgerError):
                step.run(True)  # noqa: FBT003  # flush


def check(place: Office, counter: Front) -> None:
    """Check what must hold in the end."""
    place.work()
    check_anchored_once(place, counter.digests())
    check_nonces(place)
    check_audit(place)


class TestDown:
    def test_is_borne_and_ends_by_itself(self, beside: Office, machine: Machine) -> None:
        place = beside
        with front(place) as counter:
            first = counter.issue()
            place.work()
            machine.end()
            counter.issue()
            assert place.worker.run_once() >= 0
            assert counter.verdict(first["document"], fresh=True) == "unconfirmed"
            assert counter.verdict(first["document"]) == "valid"
            place.parts.ahead = STALE
            assert is_outage(counter.client.get("/readyz"))
            place.parts.ahead = 0
            machine.start()
            place.work()
            assert counter.client.get("/readyz").status_code == 200
            assert counter.verdict(first["document"], fresh=True) == "valid"
        check(place, counter)

    def test_in_the_middle_of_a_batch_or_before_its_receipt(
        self, beside: Office, machine: Machine
    ) -> None:
        place = beside
        steps = [["anchoring"], ["anchoring", "dispatch", "sending"]]
        with front(place) as counter:
            for names in steps:
                counter.issue()
                place.only(*names)
                machine.end()
                with suppress(ChainUnavailable):
                    place.only("sending", "projection")
                machine.start()
            check(place, counter)


class TestHangs:
    def test_is_given_up_while_everybody_else_is_served(self, issuing: Office) -> None:
        place = issuing
        with front(place) as counter:
            document = counter.issue()["document"]
            place.work()
            form = {"document": document, "fresh": True}
            app = app_over(place.parts.services(), Silent())
            with (
                listening(app) as origin,
                hanging(place),
                ThreadPoolExecutor(CALLERS) as pool,
            ):
                asked = [
                    pool.submit(httpx2.post, f"{origin}/v1/verifications", json=form, timeout=60)
                    for _ in range(CALLERS)
                ]
                while not all(each.done() for each in asked):
                    assert httpx2.get(f"{origin}/healthz", timeout=10).status_code == 200
                    assert counter.order().status_code == 201
                assert {each.result().json()["verdict"] for each in asked} == {"unconfirmed"}
                place.parts.ahead = STALE
                assert is_outage(httpx2.get(f"{origin}/readyz", timeout=10))
            place.parts.ahead = 0
        check(place, counter)


class TestLost:
    def test_chain_halts_the_account_and_marks_nothing_lost(
        self, beside: Office, machine: Machine
    ) -> None:
        place = beside
        with front(place) as counter:
            document = counter.issue()["document"]
            place.work()
            counter.issue()
            place.only("anchoring")
            before = place.parts.registry.head()
            machine.end()
            machine.start(empty=True)
            outbox, name = place.outbox, place.lane
            try_all(place)
            assert outbox.halted(*name) == ""  # so short a chain may still be catching up
            assert outbox.unfinished(*name) == []
            place.standing.node.close()  # its connection ended with the machine
            place.standing.node.call("anvil_mine", hex(before.block + 1))
            try_all(place)
            assert outbox.halted(*name) in (Reason.WRONG_HISTORY, Reason.WRONG_CODE)
            assert outbox.unfinished(*name) == []  # nothing was signed
            assert place.parts.registry.head().hash == before.hash
            assert [
                place.batches.place_of(each).anchored is not None for each in counter.digests()
            ] == [True, False]
            assert counter.verdict(document, fresh=True) == "unconfirmed"
            assert counter.issue()


class TestLies:
    @pytest.mark.parametrize("lie", LIES)
    def test_of_the_node_confirm_nothing_and_lose_nothing(
        self, proxied: tuple[Office, NodeProxy], lie: str
    ) -> None:
        place, proxy = proxied
        with front(place) as counter:
            document = counter.issue()["document"]
            place.work()
            counter.issue()
            place.only("anchoring")
            proxy.when("*", LIES[lie], times=None)
            place.parts.node.close()  # whoever connects anew is asked for its chain
            for _ in range(3):
                place.worker.run_once()
            assert counter.verdict(document, fresh=True) == "unconfirmed"
            assert counter.verdict(document) == "valid"
            counter.issue()
            proxy.behave()
        check(place, counter)


@contextmanager
def hanging(place: Office) -> Iterator[None]:
    """Let the node hang until the block ends."""
    os.kill(place.standing.anvil.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(place.standing.anvil.pid, signal.SIGCONT)
