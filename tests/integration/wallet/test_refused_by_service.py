"""What no contract says, and who is down: from what really happened to the exit code (§2)."""

import base64
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from tests.support.anvil import anvil
from tests.support.bid_desk import Desk
from tests.support.meddler import Meddler, answering, meddling
from tests.support.node_proxy import node_proxy
from tests.support.standing import account
from tests.support.tender_service import TenderService, relaying
from tests.support.tender_town import PAYER, Sale, TenderTown
from tests.support.watcher import Patient
from wallet.trust import Trust, TrustedLedger


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("refused"), running, deployment, council)


@pytest.fixture(scope="module")
def service(town: TenderTown) -> Iterator[TenderService]:
    """One that waits for its database no longer than a fraction of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.store.database.BUSY_SECONDS", 0.2)
        with relaying(town, town.folder / "service") as made:
            yield made


@pytest.fixture(scope="module")
def sale(town: TenderTown, service: TenderService) -> Sale:
    made = town.publish("refused")
    service.work()
    return made


@pytest.fixture
def meddler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meddler]:
    with closing(meddling(monkeypatch)) as made:
        yield made


def bidder(sale: Sale, service: TenderService, name: str) -> Desk:
    desk = sale.bidder(name)
    desk.seal()
    desk.terminal = Patient(desk.terminal, service.work)
    return desk


def submit(desk: Desk, service: TenderService, *words: object, code: int = 0) -> Any:
    typed = ("bid", "submit", desk.documents, "--service", service.url, *words)
    return desk.terminal.json(*typed, code=code)


def standing(desk: Desk, sale: Sale) -> Any:
    return desk.terminal.json("bid", "status", sale.id)["bid"]["state"]


class TestFile:
    def test_that_is_not_sealed_is_not_kept(
        self, sale: Sale, service: TenderService, meddler: Meddler
    ) -> None:
        def opened(_meddler: Meddler, request: httpx2.Request) -> httpx2.Response:
            content = b"a bid for all to read\n" + request.read()[22:]
            digest = base64.b64encode(sha256(content).digest()).decode()
            return meddler.changed(request, content, content_digest=f"sha-256=:{digest}:")

        desk = bidder(sale, service, "unsealed")
        meddler.lurk("PUT", "/chunks/0", opened)
        assert submit(desk, service, code=4)["error"] == "NotSealed"
        assert (meddler.seen, standing(desk, sale)) == (1, "NONE")
        meddler.lurk("", "", Meddler.pass_on)
        assert submit(desk, service)["service"] == service.url

    def test_that_came_by_half_is_not_relayed(
        self, sale: Sale, service: TenderService, meddler: Meddler
    ) -> None:
        """Somebody on the way says that a chunk arrived; the service counts what it has."""
        desk = bidder(sale, service, "half")
        meddler.lurk("PUT", "/chunks/0", answering({}, 200))
        told = submit(desk, service, code=1)
        assert (told["error"], meddler.seen) == ("UploadIncomplete", 1)
        assert standing(desk, sale) == "NONE"
        meddler.lurk("", "", Meddler.pass_on)
        assert submit(desk, service)["service"] == service.url


class TestSpoilt:
    """The wallet's own copy is not what it signed for; a good one put back goes through."""

    @pytest.mark.parametrize(
        ("spoil", "error", "code"),
        [
            (lambda whole: b"a bid for all to read\n" + whole[22:], "NotSealed", 4),
            (lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), "DigestMismatch", 4),
            (lambda _whole: b"", "UploadIncomplete", 1),
        ],
    )
    def test_is_refused_before_it_is_relayed(
        self,
        sale: Sale,
        service: TenderService,
        spoil: Callable[[bytes], bytes],
        error: str,
        code: int,
    ) -> None:
        desk = bidder(sale, service, f"spoilt {error}")
        (place,) = desk.store.places()
        path = place.part_file(1, 1)
        whole = path.read_bytes()
        path.write_bytes(spoil(whole))
        assert submit(desk, service, code=code)["error"] == error
        assert standing(desk, sale) == "NONE"
        path.write_bytes(whole)
        assert submit(desk, service)["service"] == service.url


class TestDown:
    def test_store_is_told_as_nobodys_refusal_and_passed_by(
        self, sale: Sale, service: TenderService
    ) -> None:
        """Another program holds the lock that every writer needs."""
        desk = bidder(sale, service, "store")
        desk.terminal = Patient(desk.terminal, lambda: None)
        with locked(service.database):
            told = submit(desk, service, code=2)
            assert (told["error"], told["name"]) == ("ServiceBusy", "StoreUnavailable")
            assert standing(desk, sale) == "NONE"
            shown = submit(desk, service, "--account", PAYER)
        assert (shown["service"], shown["version"]) == (None, 1)

    def test_node_of_the_wallet_is_told_and_nothing_is_sent(
        self, town: TenderTown, sale: Sale, service: TenderService
    ) -> None:
        desk = bidder(sale, service, "node")
        with node_proxy(town.running.url) as proxy:
            trusted = TrustedLedger(town.deployment, (proxy.url,))
            desk.terminal.outside.trust.save(Trust((trusted,)))
            proxy.is_down = True
            asked = len(service.log.lines)
            assert submit(desk, service, code=2)["error"] == "ChainUnavailable"
            assert len(service.log.lines) == asked
            proxy.behave()
            assert submit(desk, service)["service"] == service.url


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Keep every other writer of an SQLite file out until the block ends."""
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")
