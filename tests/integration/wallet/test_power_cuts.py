"""kill -9 of a bidder's wallet at every write and every exchange with node or service (§3.10)."""

import io
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.chain.tender_history import tender_history
from ledger.tenders.events import SecretDisclosed
from ledger.tenders.file_keys import file_key
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.unsealing import open_part
from tests.support.anvil import anvil
from tests.support.bid_desk import Desk
from tests.support.sealed_bids import Sinks
from tests.support.standing import account
from tests.support.tender_service import TenderService, relaying
from tests.support.tender_town import Sale, TenderTown, sent
from tests.support.terminal import Terminal
from tests.support.watcher import Patient
from wallet import home
from wallet.tenders.bids import BidUnknown, StoreKey

pytestmark = pytest.mark.timeout(300)
POINTS: Final = {"half written", "written", "synced", "broadcast", "broadcast done"}
SEND: Final = "eth_sendRawTransaction"
CHUNK_BYTES: Final = 2**18
"""So small that the sealed file comes in five."""
TOLD: Final = "answered POST /v1/bids"
_CONTEXT: Final = multiprocessing.get_context("fork")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("power"), running, deployment, council)


@pytest.fixture(scope="module")
def service(town: TenderTown) -> Iterator[TenderService]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.services.bid_uploads.CHUNK_BYTES", CHUNK_BYTES)
        with relaying(town, town.folder / "service") as made:
            yield made


class TestWallet:
    def test_killed_while_it_seals_and_sends_has_nothing_half_and_every_secret(
        self, town: TenderTown
    ) -> None:
        """Whatever the chain has of the bidder can be disclosed, and a repeat brings the rest."""
        sale = town.publish("seals")
        passed: set[str] = set()
        desks: list[Desk] = []
        for number in count(1):
            desk = sale.bidder(f"sealing {number}")
            words = ("bid", "submit", desk.documents, desk.folder)
            was_killed, points = killed(desk.terminal, words, at=number)
            passed |= set(points)
            is_sent = standing(desk, sale)["state"] == "LIVE"
            check_whole(desk)
            assert is_sent or was_killed
            if not is_sent:
                desk.terminal.json(*sent(words if signed(desk) is None else words[:3]))
            check_whole(desk)
            assert standing(desk, sale)["state"] == "LIVE"
            desks.append(desk)
            if not was_killed:
                break
        assert passed == POINTS
        town.go(sale.ends[1])
        for desk in desks:
            desk.terminal.json(*sent(("bid", "disclose", sale.id)))

    def test_killed_while_it_discloses_by_itself_does_it_once(self, town: TenderTown) -> None:
        """Before its transaction, between that and what it notes of it, and not at all."""
        sale = town.publish("watches")
        desks = [sale.bidder(f"watching {number}") for number in range(3)]
        for desk in desks:
            desk.terminal.json(*sent(("bid", "submit", desk.documents, desk.folder)))
        town.go(sale.ends[1])
        for number, desk in enumerate(desks, 1):
            words = ("bid", "watch", sale.id)
            desk.terminal = Patient(desk.terminal, town.bury)
            was_killed, points = killed(desk.terminal, words, at=number, begins="broadcast")
            assert was_killed == (number < 3), points
            assert standing(desk, sale)["disclosed"] == ([1] if number > 1 else [])
            assert desk.terminal.json(*sent(words))["part"] == 1
            assert standing(desk, sale)["disclosed"] == [1]
        with town.node() as node:
            told = tender_history(node, town.deployment, sale.known.tender)
        assert sum(isinstance(each, SecretDisclosed) for each in told) == len(desks)

    def test_killed_while_it_uploads_goes_on_from_what_the_service_has(
        self, town: TenderTown, service: TenderService
    ) -> None:
        """Before and after each request: nothing that was answered is sent again."""
        sale = town.publish("uploads")
        service.work()
        last = ""
        for number in count(1):
            desk = sale.bidder(f"uploading {number}")
            desk.seal()
            words = ("bid", "submit", desk.documents, "--service", service.url)
            begun = len(service.app.heard)
            was_killed, points = killed(desk.terminal, words, at=number, begins="a")
            assert was_killed
            assert standing(desk, sale)["state"] == "NONE"
            desk.terminal = Patient(desk.terminal, service.work)
            assert desk.terminal.json(*words)["service"] == service.url
            assert standing(desk, sale)["state"] == "LIVE"
            check_whole(desk)
            check_uploaded(desk, [each.head for each in service.app.heard[begun:]], points)
            last = points[-1]
            if last == TOLD:
                break
        assert number > 2 * 5  # five chunks, and what is asked around them


def check_uploaded(desk: Desk, heard: list[bytes], points: list[str]) -> None:
    """Each chunk came once, the one under way at the kill perhaps twice; it is signed for."""
    sent = Counter(line.split()[1] for line in heard if line.startswith(b"PUT "))
    chunks = {path.rpartition(b"/")[2] for path in sent}
    assert chunks == {b"%d?" % number for number in range(5)}
    assert len(sent) == len(chunks)  # all of them to one upload
    is_under_way = points[-1].startswith("asks PUT ")
    assert sent.total() <= len(chunks) + is_under_way
    (place,) = desk.store.places()
    assert place.said(1, "file-1-receipt")
    assert place.said(1, "receipt")


def killed(
    terminal: Terminal, words: tuple[object, ...], *, at: int, begins: str = ""
) -> tuple[bool, list[str]]:
    """Run a command in a process that ends at one of its points; return if so, and those passed.

    They are counted from 1, those alone whose name `begins` so.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    child = _CONTEXT.Process(target=_live, args=(terminal, words, at, begins, theirs))
    child.start()
    theirs.close()
    points: list[str] = []
    with suppress(EOFError):
        while True:
            points.append(ours.recv())
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL), child.exitcode
    return child.exitcode != 0, points


def _live(
    terminal: Terminal, words: tuple[object, ...], at: int, begins: str, line: Connection
) -> None:
    left = at

    def reach(point: str) -> None:
        nonlocal left
        line.send(point)
        left -= point.startswith(begins)
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    _tell_of_writes(reach)
    _tell_of_broadcasts(reach)
    _tell_of_requests(reach)
    result = terminal.try_(*sent(words), "--json")
    os._exit(result.exit_code)  # the parent's fixtures are the parent's to end


def _tell_of_writes(reach: Callable[[str], None]) -> None:
    """Tell when a file is half there, whole under another name, and there."""
    through, sync = home._write_through, home.sync_folder  # noqa: SLF001  # the only way to the disk

    def halved(content: bytes | Iterable[bytes]) -> Iterator[bytes]:
        pieces = iter([content[:9], content[9:]] if isinstance(content, bytes) else content)
        yield next(pieces)
        reach("half written")
        yield from pieces

    def write(path: Path, content: bytes | Iterable[bytes]) -> None:
        through(path, halved(content))
        reach("written")

    def synced(path: Path) -> None:
        sync(path)
        reach("synced")

    home._write_through, home.sync_folder = write, synced  # noqa: SLF001  # in a process of its own


def _tell_of_broadcasts(reach: Callable[[str], None]) -> None:
    plain = Node.call

    def call(node: Node, method: str, *params: Any) -> Any:
        if method != SEND:
            return plain(node, method, *params)
        reach("broadcast")
        found = plain(node, method, *params)
        reach("broadcast done")
        return found

    Node.call = call  # type: ignore[method-assign,assignment]  # in a process of its own


def _tell_of_requests(reach: Callable[[str], None]) -> None:
    """Tell of each request to a service, before it is sent and once it is answered."""
    plain = httpx2.HTTPTransport.handle_request

    def handle(transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        what = f"{request.method} {request.url.path}"
        reach(f"asks {what}")
        found = plain(transport, request)
        reach(f"answered {what}")
        return found

    httpx2.HTTPTransport.handle_request = handle  # type: ignore[method-assign,assignment]  # likewise


def signed(desk: Desk) -> SignedBid | None:
    """Return the newest bid that was signed, if one was."""
    for place in desk.store.places():
        with suppress(BidUnknown):
            return place.newest()
    return None


def check_whole(desk: Desk) -> None:
    """What was signed opens by the secrets that are kept, to what it commits itself to."""
    bid = signed(desk)
    if bid is None:
        return
    (place,) = desk.store.places()
    key = desk.terminal.outside.keyring.account(place.key_name, "correct horse").private_key
    version = bid.message.version
    (secrets,) = place.secrets(version, StoreKey.of(key))
    opens = file_key(secrets.s_b, secrets.s_c, bid.message.place(bid.ledger).context(1, version))
    file = io.BytesIO(place.part_file(version, 1).read_bytes())
    open_part(file, opens, bid.ledger, bid.message, 1, Sinks())


def standing(desk: Desk, sale: Sale) -> Any:
    """Return what the chain has of the bidder."""
    bid = signed(desk)
    if bid is None:
        return {"state": "NONE", "disclosed": []}
    return desk.terminal.json("bid", "status", sale.id)["bid"]
