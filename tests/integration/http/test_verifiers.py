"""Verifying in processes beside the server: the same bytes, and nobody waits for a dead one."""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from api.http import verifiers as module
from api.http.verifiers import AT_ONCE, MOST_WAITING, Verifiers
from api.verifier import Brief
from ledger.licences.sd_jwt import parse, present
from ledger.values import Digest, Status
from ledger.verification.policy import Policy
from tests.support.apps import app_over
from tests.support.licences import HOLDER_KEY
from tests.support.service import BASE_URL, LEDGER, World

PATH = "/v1/verifications"
COUNT = 2
SPOILT = 150
WAIT_SECONDS = 60.0


@dataclass
class Staffed:
    """The service with verifiers, whose clock stands where the service's does."""

    service: World
    url: str

    def play(self, scene: Callable[[FastAPI, Verifiers], Awaitable[None]]) -> None:
        """Serve until the scene ends; no process is left then."""

        async def played() -> None:
            verifiers = Verifiers(COUNT, self._program(), self._brief())
            app = app_over(self.service.services, self.service, verifiers=verifiers)
            async with app.router.lifespan_context(app):
                await until(lambda: verifiers.ready == COUNT)
                await scene(app, verifiers)
            assert verifiers.ready == 0

        asyncio.run(played())
        assert processes() == set()

    def _program(self) -> tuple[str, ...]:
        now = self.service.clock.now
        clock = f"import time; time.time = lambda: {now}.5"
        return (sys.executable, "-c", f"{clock}; from api.verifier import main; main()")

    def _brief(self) -> Brief:
        return Brief(self.url, LEDGER, Policy(frozenset({LEDGER}), max_evidence_age=60))


@pytest.fixture
def staffed(service: World, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Staffed]:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    service.pace = 0.0
    yield Staffed(service, url)
    for process in processes():  # where a scene failed
        os.kill(process, signal.SIGKILL)


@pytest.fixture
def documents(service: World) -> list[str]:
    """A licence that stands, one that is suspended, one revoked, one that is in no block."""
    made = [service.issue(holderKey=HOLDER_KEY.public_key.jwk()) for _ in range(3)]
    service.clock.now += 1
    service.anchor()
    ids = [Digest(bytes.fromhex(one["digest"][2:])) for one in made]
    service.change(ids[1], Status.SUSPENDED, 101)
    service.change(ids[2], Status.REVOKED, 331)
    made.append(service.issue())
    service.say()
    return [one["document"] for one in made]


def spoilt(documents: list[str]) -> Iterator[str]:
    """Yield documents with a part gone, doubled, moved, or a character changed."""
    draw = random.Random(44)  # noqa: S311  # no secret
    for _ in range(SPOILT):
        document = draw.choice(documents)
        parts, place = document.split("~"), draw.randrange(len(document))
        yield draw.choice(
            (
                document[:place] + draw.choice("Aa0-_.~ é") + document[place + 1 :],
                document[:place],
                "~".join(draw.sample(parts, len(parts))),
                "~".join([*parts[:-1], draw.choice(parts[:-1]), ""]),
                present(parse(document), draw.sample(["holder_name", "domicile"], 1)).compact,
            )
        )


def questions(documents: list[str]) -> list[dict[str, Any]]:
    whole = documents[0]
    past = [{"at": "2026-11-21T02:00:00Z"}, {"at": "2020-01-01T00:00:00Z"}]
    holder = {"audience": "https://office.example", "nonce": "n"}
    return [
        *({"document": one} for one in documents),
        *({"document": one} | at for one in documents for at in past),
        {"document": whole} | holder,
        {"document": whole, "licence": whole},
        {"document": ""},
        *({"document": one} for one in spoilt(documents)),
    ]


def processes() -> set[int]:
    """Return the verifiers that this process started and that have not ended."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            words = stat.with_name("cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if parent == os.getpid() and b"api.verifier" in words:
            found.add(int(stat.parent.name))
    return found


def send(number: int) -> None:
    for process in processes():
        os.kill(process, number)


async def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it never was"
        await asyncio.sleep(0.01)


def caller(app: FastAPI) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE_URL)


def verdicts(metrics: str) -> list[str]:
    return sorted(line for line in metrics.splitlines() if "suizheng_verdicts_total" in line)


class TestAnswers:
    def test_are_the_same_bytes_as_without_them(
        self, service: World, staffed: Staffed, documents: list[str]
    ) -> None:
        asked = questions(documents)
        alone = [service.client.post(PATH, json=one) for one in asked]
        assert {answer.json().get("verdict") for answer in alone} >= {"valid", "invalid"}

        async def scene(app: FastAPI, _: Verifiers) -> None:
            app.state.verifying = None  # nobody else is there to answer
            async with caller(app) as client:
                together: list[httpx2.Response] = []
                for at in range(0, len(asked), MOST_WAITING):
                    lot = asked[at : at + MOST_WAITING]
                    together += await asyncio.gather(*(client.post(PATH, json=one) for one in lot))
                metrics = (await client.get("/metrics")).text
            for one, other in zip(alone, together, strict=True):
                assert (other.status_code, other.content) == (one.status_code, one.content)
            assert verdicts(metrics) == verdicts(service.client.get("/metrics").text)

        staffed.play(scene)

    @pytest.mark.parametrize("url", ["sqlite"], indirect=True)
    def test_to_fresh_questions_are_the_server_s(
        self, service: World, staffed: Staffed, documents: list[str]
    ) -> None:
        async def scene(app: FastAPI, _: Verifiers) -> None:
            async with caller(app) as client:
                answer = await client.post(PATH, json={"document": documents[0], "fresh": True})
            assert answer.json()["verdict"] == "valid"

        staffed.play(scene)
        assert len(service.live.asked) == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # no database is asked otherwise
class TestLoss:
    def test_loses_no_request(self, service: World, staffed: Staffed, documents: list[str]) -> None:
        async def scene(app: FastAPI, verifiers: Verifiers) -> None:
            async with caller(app) as client:
                send(signal.SIGSTOP)
                asked = [client.post(PATH, json={"document": documents[0]}) for _ in range(60)]
                waiting = [asyncio.create_task(one) for one in asked]
                await until(lambda: verifiers.waiting == len(waiting))
                send(signal.SIGKILL)
                answers = await asyncio.gather(*waiting)
                assert {(one.status_code, one.json()["verdict"]) for one in answers} == {
                    (200, "valid")
                }
                await until(lambda: verifiers.ready == COUNT)  # others in their place
                app.state.verifying = None
                again = await client.post(PATH, json={"document": documents[0]})
                assert again.content == answers[0].content

        staffed.play(scene)
        lost = [line for line in service.log if line["event"] == "verifier.lost"]
        assert [line["ready"] for line in lost] == [True] * COUNT

    def test_under_load_loses_no_request(self, staffed: Staffed, documents: list[str]) -> None:
        async def scene(app: FastAPI, _: Verifiers) -> None:
            answered = 0

            async def ask(client: httpx2.AsyncClient) -> str:
                nonlocal answered
                answer = await client.post(PATH, json={"document": documents[0]})
                answered += 1
                if answered in {50, 150}:
                    send(signal.SIGKILL)
                return f"{answer.status_code} {answer.json()['verdict']}"

            async with caller(app) as client:
                told = await asyncio.gather(*(ask(client) for _ in range(300)))
            assert set(told) == {"200 valid"}

        staffed.play(scene)

    def test_of_time_is_not_passed_on(self, staffed: Staffed, documents: list[str]) -> None:
        """Whatever is more than may wait for processes that hang is answered meanwhile."""

        async def scene(app: FastAPI, verifiers: Verifiers) -> None:
            async with caller(app) as client:
                send(signal.SIGSTOP)
                asked = [client.post(PATH, json={"document": documents[0]}) for _ in range(140)]
                tasks = [asyncio.create_task(one) for one in asked]
                await until(lambda: sum(task.done() for task in tasks) == 140 - 2 * MOST_WAITING)
                assert verifiers.waiting == 2 * MOST_WAITING
                send(signal.SIGCONT)
                answers = await asyncio.gather(*tasks)
            assert len({answer.content for answer in answers}) == 1

        staffed.play(scene)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
class TestQueue:
    def test_goes_to_whoever_is_free(self, staffed: Staffed, documents: list[str]) -> None:
        """One that hangs keeps what it was given, never what waits behind."""

        async def scene(app: FastAPI, verifiers: Verifiers) -> None:
            hanging = next(iter(processes()))
            async with caller(app) as client:
                os.kill(hanging, signal.SIGSTOP)
                asked = [client.post(PATH, json={"document": documents[0]}) for _ in range(60)]
                tasks = [asyncio.create_task(one) for one in asked]
                await until(lambda: sum(task.done() for task in tasks) == 60 - AT_ONCE)
                assert verifiers.waiting == AT_ONCE
                os.kill(hanging, signal.SIGCONT)
                answers = await asyncio.gather(*tasks)
            assert len({answer.content for answer in answers}) == 1

        staffed.play(scene)

    def test_passes_by_whoever_hung_up(self, staffed: Staffed, documents: list[str]) -> None:
        async def scene(app: FastAPI, verifiers: Verifiers) -> None:
            async with caller(app) as client:
                send(signal.SIGSTOP)
                asked = [client.post(PATH, json={"document": documents[0]}) for _ in range(20)]
                tasks = [asyncio.create_task(one) for one in asked]
                await until(lambda: verifiers.waiting == len(tasks))
                for task in tasks[:-1]:
                    task.cancel()
                send(signal.SIGCONT)
                answer = await tasks[-1]
                assert answer.json()["verdict"] == "valid"
                await until(lambda: verifiers.waiting == 0)

        staffed.play(scene)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
class TestStart:
    @pytest.mark.parametrize("program", [(sys.executable, "-c", "pass"), ("/no/such/program",)])
    def test_in_vain_leaves_the_server_to_answer(
        self, service: World, documents: list[str], program: tuple[str, ...]
    ) -> None:
        async def scene() -> None:
            verifiers = Verifiers(1, program, None)
            app = app_over(service.services, service, verifiers=verifiers)
            async with app.router.lifespan_context(app), caller(app) as client:
                await until(lambda: service.log[-1]["event"] == "verifier.lost")
                answer = await client.post(PATH, json={"document": documents[0]})
                assert answer.json()["verdict"] == "valid"

        asyncio.run(scene())
        assert not any(line.get("ready") for line in service.log)
