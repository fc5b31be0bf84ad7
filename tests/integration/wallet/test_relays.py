"""Bidders and trustees whose messages a service sends, and what they do when it does not."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import orjson
import pytest

from ledger.age import recipient_of
from ledger.bech32 import encode
from ledger.chain import tender_calls
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.tenders import receipts
from ledger.tenders.errors import WindowNotOpen
from tests.support.anvil import anvil
from tests.support.bid_desk import Desk
from tests.support.listening import listening
from tests.support.standing import account
from tests.support.tender_service import KEY, TenderService, relaying
from tests.support.tender_town import PAYER, Sale, TenderTown, sent
from tests.support.terminal import Terminal
from tests.support.watcher import Patient
from wallet.service import Service, ServiceRefused

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("relays"), running, deployment, council)


@pytest.fixture(scope="module")
def service(town: TenderTown) -> Iterator[TenderService]:
    with relaying(town, town.folder / "service") as made:
        yield made


def by(words: tuple[object, ...], *urls: str) -> tuple[object, ...]:
    return (*words, *(each for url in urls for each in ("--service", url)))


def bidder(sale: Sale, name: str, service: TenderService) -> Desk:
    desk = sale.bidder(name)
    desk.terminal = Patient(desk.terminal, service.work)
    return desk


def submit(desk: Desk, *urls: str, word: str = "submit", code: int = 0) -> Any:
    return desk.terminal.json(*by(("bid", word, desk.documents, desk.folder), *urls), code=code)


class TestRelay:
    def test_from_the_upload_to_the_opening(self, town: TenderTown, service: TenderService) -> None:
        """Neither bidder nor trustee has an account that pays; the first URL is of nobody."""
        sale = town.publish("relayed")
        service.work()
        first, second = bidder(sale, "甲", service), bidder(sale, "乙", service)
        shown = submit(first, NOBODY, service.url)
        assert shown["service"] == service.url
        assert shown["block"] <= service.parts.registry.head().block
        kept = first.store.find(sale.id, 0)
        for name, state in (("receipt", "submitted"), ("final", "final")):
            told = receipts.read(str(kept.said(1, name)), KEY.public_key)
            assert (told.state, told.digest) == (state, kept.newest().digest)
            assert [each.size for each in told.files] == [shown["files"][0]["size"]]
        replaced = submit(first, service.url, word="replace")
        assert (replaced["version"], replaced["service"]) == (2, service.url)
        assert submit(second, service.url)["version"] == 1
        words = by(("bid", "withdraw", sale.id), service.url)
        taken = bidder(sale, "丙", service)
        submit(taken, service.url)
        assert taken.terminal.json(*words)["service"] == service.url
        asked = len(service.log.lines)
        early = by(("bid", "disclose", sale.id), service.url)
        assert first.terminal.json(*early, code=3)["error"] == "WindowNotOpen"
        assert len(service.log.lines) == asked  # the service was not even asked
        town.go(sale.ends[1])
        service.work()
        for desk in (first, second):
            assert desk.terminal.json(*early)["service"] == service.url
        trustees = [Patient(each, service.work) for each in sale.trustees]
        words = by(("trustee", "release", sale.id), service.url)
        assert trustees[0].json(*words, code=3)["error"] == "WindowNotOpen"
        town.go(sale.ends[2])
        service.work()
        for trustee in trustees[:2]:
            assert trustee.json(*words)["service"] == service.url
        assert first.terminal.json("bid", "status", sale.id)["phase"] == "OPENED"
        words = by(("bid", "recover", sale.id), service.url)
        assert first.terminal.json(*words)["service"] == service.url

    def test_that_sends_nothing_is_left_for_the_direct_path(
        self, town: TenderTown, service: TenderService
    ) -> None:
        """It gives a receipt, and the worker never comes: two periods later the wallet sends."""
        sale = town.publish("censored")
        service.work()
        desk = sale.bidder("censored")
        desk.terminal = Patient(desk.terminal, lambda: None)
        refused = submit(desk, service.url, code=2)
        assert refused == {"error": "NotInABlock", "url": service.url}
        assert sum(desk.terminal.slept) == 30
        words = ("bid", "submit", desk.documents, "--account", PAYER)
        shown = desk.terminal.json(*by(words, service.url))
        assert (shown["service"], shown["version"]) == (None, 1)
        service.work()
        digest = shown["digest"]
        row = service.parts.services().relay.get(bytes.fromhex(digest[2:])).row
        assert (row.outcome, row.block) == ("final", shown["block"])

    def test_near_the_deadline_is_not_waited_for(
        self, town: TenderTown, service: TenderService
    ) -> None:
        sale = town.publish("urgent")
        service.work()
        desk = sale.bidder("urgent")
        town.go(sale.ends[0] - 300)
        service.work()
        desk.terminal = Patient(desk.terminal, lambda: None)
        words = ("bid", "submit", desk.documents, desk.folder, "--account", PAYER)
        shown = desk.terminal.json(*by(words, service.url))
        assert (shown["service"], desk.terminal.slept) == (None, [])
        assert desk.store.find(sale.id, 0).said(1, "receipt") is not None

    def test_whose_receipt_is_not_the_buyers_is_not_believed(self, town: TenderTown) -> None:
        """A service that says yes to everything, and signs with a key of its own."""
        sale = town.publish("lying")
        desk = sale.bidder("lying")
        desk.seal()

        async def lie(_scope: Any, receive: Any, send: Any) -> None:
            await receive()
            head = {"type": "http.response.start", "status": 200}
            await send({**head, "headers": [(b"content-type", b"application/json")]})
            await send({"type": "http.response.body", "body": b'{"receipt": "a.b.c"}'})

        with listening(lie) as url:
            words = by(("bid", "withdraw", sale.id, "--account", PAYER), url)
            desk.terminal.json(*sent(("bid", "submit", desk.documents)))
            shown = desk.terminal.json(*words)
        assert (shown["service"], shown["version"]) == (None, 2)
        assert desk.store.find(sale.id, 0).said(2, "receipt") is None

    def test_refuses_late_with_its_signature(
        self, town: TenderTown, service: TenderService
    ) -> None:
        """Sealed in time and sent late: the wallet keeps the refusal that the service signed."""
        sale = town.publish("late")
        service.work()
        desk = bidder(sale, "late", service)
        desk.seal()
        town.go(sale.ends[0])
        service.work()
        words = by(("bid", "submit", desk.documents), service.url)
        assert desk.terminal.json(*words, code=1)["error"] == "BidLate"
        assert desk.store.find(sale.id, 0).said(1, "refusal") is not None


class TestReplaced:
    def test_secrets_are_destroyed_once_the_new_version_is_final(self, town: TenderTown) -> None:
        sale = town.publish("replaced")
        desk = sale.bidder("replaced")
        for word in ("submit", "replace"):
            desk.terminal.json(*sent(("bid", word, desk.documents, desk.folder)))
        kept = desk.store.find(sale.id, 0)
        secrets = [kept.folder(version) / "secrets.age" for version in (1, 2)]
        assert all(path.exists() for path in secrets)  # the new one might still fall out
        town.bury()
        desk.terminal.json(*sent(("bid", "replace", desk.documents, desk.folder)))
        assert [path.exists() for path in secrets] == [True, True]  # of version 3 nobody knows yet
        town.bury()
        watcher = Patient(desk.terminal, lambda: town.go(sale.ends[2]))
        assert watcher.json(*sent(("bid", "watch", sale.id)), code=1)["error"] == "WindowClosed"
        assert [path.exists() for path in secrets] == [False, False]
        assert (kept.folder(3) / "secrets.age").exists()


class TestBackup:
    def test_discloses_for_a_bidder_who_cannot(
        self, town: TenderTown, service: TenderService
    ) -> None:
        sale = town.publish("backup")
        desk, other = sale.bidder("backup"), sale.bidder("backup 2")
        notary = town.terminal("notary")
        identity, backup, stale = (notary.folder / name for name in ("id", "backup", "stale"))
        identity.write_text("# made here\n" + encode("age-secret-key-", b"\x0f" * 32).upper())
        export = ("bid", "export-backup", sale.id, "--to", recipient_of(b"\x0f" * 32), "--out")
        for word, out in (("submit", stale), ("replace", backup)):
            desk.terminal.json(*sent(("bid", word, desk.documents, desk.folder)))
            desk.terminal.run(*export, out)
        other.terminal.json(*sent(("bid", "submit", other.documents, other.folder)))
        words = ("bid", "disclose-backup", backup, "--identity", identity)
        assert notary.json(*sent(words), code=3)["error"] == "WindowNotOpen"
        town.go(sale.ends[1])
        service.work()
        old = ("bid", "disclose-backup", stale, "--identity", identity)
        assert notary.json(*sent(old), code=4)["error"] == "DigestMismatch"
        notary = Patient(notary, service.work)
        assert notary.json(*by(words, service.url))["service"] == service.url
        assert notary.json(*sent(words)) == {"error": "AlreadyDone"}
        assert desk.terminal.json("bid", "status", sale.id)["bid"]["disclosed"] == [1]


class TestSecrecy:
    def test_who_waits_to_see_the_others_learns_nothing(
        self, town: TenderTown, service: TenderService
    ) -> None:
        """Rivals' s_b open nothing while trustees are silent; after that it is too late."""
        sale = town.publish("waiting")
        service.work()
        first, second, waiting = (bidder(sale, f"waiting {n}", service) for n in (1, 2, 3))
        for desk in (first, second, waiting):
            submit(desk, service.url)
        town.go(sale.ends[1])
        service.work()
        for desk in (first, second):
            desk.terminal.json(*by(("bid", "disclose", sale.id), service.url))
        assert _reads(waiting, first, sale) == (2, "ReleasesTooFew")
        self._no_trustee_speaks(town, service, sale)
        town.go(sale.ends[2])
        service.work()
        for trustee in sale.trustees[:2]:
            trustee.json(*sent(("trustee", "release", sale.id)))
        late = by(("bid", "disclose", sale.id), service.url)
        assert waiting.terminal.json(*late, code=1)["error"] == "WindowClosed"
        found = waiting.terminal.json("bid", "status", sale.id)
        assert (found["phase"], found["bid"]["disclosed"]) == ("OPENED", [])
        assert _reads(waiting, first, sale)[0] == 0
        assert _reads(first, waiting, sale) == (1, "NotDisclosed")

    def _no_trustee_speaks(self, town: TenderTown, service: TenderService, sale: Sale) -> None:
        """The contract, the service and the trustee's own wallet refuse the secret alike."""
        trustee = sale.trustees[0]
        secret = _key_of(trustee)
        call = tender_calls.release(town.ledger, sale.known.tender, 1, 1, secret)
        with pytest.raises(WindowNotOpen):
            town.send(call)
        client, path = Service(service.url), f"/v1/tenders/0x{sale.known.tender.hex()}/releases"
        form = {"part": 1, "index": 1, "secret": "0x" + secret.hex()}
        with closing(client), pytest.raises(ServiceRefused) as refused:
            client.post(path, form)
        assert (refused.value.name, refused.value.status) == ("WindowNotOpen", 409)
        assert secret.hex() not in "".join(service.log.lines)
        words = by(("trustee", "release", sale.id), service.url)
        assert trustee.json(*words, code=3)["error"] == "WindowNotOpen"


def _reads(reader: Desk, author: Desk, sale: Sale) -> tuple[int, str]:
    """Try to open another's bid by all that is public, as if its file had leaked."""
    folder = author.store.find(sale.id, 0).folder(1)
    secrets = reader.terminal.folder / "secrets.json"
    out = reader.terminal.folder / f"out-{len(list(reader.terminal.folder.iterdir()))}"
    words = ("bid", "secrets", folder / "bid.json", "--out", secrets, "--json")
    found = reader.terminal.try_(*words)
    if found.exit_code == 0:
        found = reader.terminal.try_(
            *("bid", "open", folder / "bid.json", folder / "part-1.age", out, "--json"),
            *("--documents", reader.documents, "--secrets", secrets),
        )
    return found.exit_code, str(orjson.loads(found.stdout).get("error", ""))


def _key_of(trustee: Terminal) -> bytes:
    (name,) = (entry["name"] for entry in trustee.json("trustee", "status"))
    return trustee.outside.keyring.account(name, "correct horse").private_key
