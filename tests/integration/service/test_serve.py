"""The serving process, killed under load."""

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from api.store.tables import idempotency_keys, licences
from ledger.chain import calls
from ledger.values import Digest
from tests.support.licences import AGENCY, CATALOGUE
from tests.support.office import TYPE, Office
from tests.support.ports import free_port
from tests.support.service import message_of, order

CLIENTS, ENOUGH = 8, 60
POLLS, POLL_SECONDS = 1200, 0.05
NO_LIMITS = {f"SUIZHENG_REQUESTS_PER_{who}": "0" for who in ("ADDRESS", "STRANGER", "ACCOUNT")}


@contextmanager
def serving(office: Office) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "api.main", "serve", "--port", str(port)]
    log = office.settings.keys / "serve.log"
    with (
        log.open("ab") as out,
        subprocess.Popen(
            command, env=environment(office), stdout=out, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            assert until(lambda: is_there(origin)), log.read_text()
            yield process, origin
        finally:
            process.kill()


def environment(office: Office) -> dict[str, str]:
    settings = office.settings
    return (
        os.environ
        | NO_LIMITS
        | {
            "SUIZHENG_DATABASE_URL": settings.database_url,
            "SUIZHENG_NODE_URLS": ",".join(settings.node_urls),
            "SUIZHENG_DEPLOYMENT": str(settings.deployment),
            "SUIZHENG_KEYS": str(settings.keys),
            "SUIZHENG_PASSWORD_FILE": str(settings.password_file),
        }
    )


def until(holds: Callable[[], bool]) -> bool:
    """Ask again and again, a minute at most."""
    pause = threading.Event()
    return any(holds() or pause.wait(POLL_SECONDS) for _ in range(POLLS))


def is_there(origin: str) -> bool:
    try:
        return httpx2.get(f"{origin}/healthz").status_code == 200
    except httpx2.TransportError:
        return False


def signed_in(office: Office, origin: str) -> dict[str, str]:
    account = office.standing.office
    path = f"{origin}/v1/sign-in"
    challenge = httpx2.post(f"{path}/challenge", json={"address": account.address}).json()
    message = message_of(challenge)
    form = {"message": message, "signature": "0x" + account.sign_message(message).hex()}
    return {"Authorization": f"Bearer {httpx2.post(path, json=form).json()['token']}"}


@dataclass
class Callers:
    """Clients that issue without a pause, each order under a key of its own."""

    origin: str
    headers: dict[str, str]
    sent: list[str] = field(default_factory=list)
    answered: dict[str, bytes] = field(default_factory=dict)

    def issue(self, key: str, origin: str) -> Any:
        headers = self.headers | {"Idempotency-Key": key}
        return httpx2.post(f"{origin}/v1/licences", json=order(), headers=headers, timeout=30)

    def work(self, client: int) -> None:
        for number in itertools.count():
            key = f"client-{client:04}-{number:08}"
            self.sent.append(key)
            try:
                answer = self.issue(key, self.origin)
            except httpx2.TransportError:
                return
            assert answer.status_code == 201, answer.text
            self.answered[key] = answer.content


@pytest.fixture
def accredited(place: Office) -> Office:
    record_type = CATALOGUE.get(TYPE).record_type
    place.standing.send(calls.accredit(place.standing.deployment, AGENCY.id, record_type))
    place.work()
    return place


class TestServe:
    def test_lost_nothing_that_it_answered_before_a_kill(self, accredited: Office) -> None:
        office = accredited
        with serving(office) as (process, origin):
            callers = Callers(origin, signed_in(office, origin))
            with ThreadPoolExecutor(CLIENTS) as pool:
                done = [pool.submit(callers.work, client) for client in range(CLIENTS)]
                assert until(
                    lambda: len(callers.answered) >= ENOUGH or any(each.done() for each in done)
                )
                process.kill()
                for each in done:
                    each.result()
        assert len(callers.answered) >= ENOUGH
        with serving(office) as (_, origin):
            for key in callers.sent:
                again = callers.issue(key, origin)
                assert again.status_code == 201
                assert callers.answered.get(key, again.content) == again.content
                digest = bytes.fromhex(again.json()["digest"][2:])
                assert office.licences.get(Digest(digest)).document == again.json()["document"]
        with office.parts.database.read() as connection:
            counts = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (licences, idempotency_keys)
            ]
        assert counts == [len(callers.sent)] * 2
