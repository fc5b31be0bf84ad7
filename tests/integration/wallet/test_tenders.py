"""A sealed tender from publication to the opened files, typed by those who take part."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from tests.support.anvil import anvil
from tests.support.bid_desk import FILES, Desk
from tests.support.node_proxy import Exchange, Request, http_status, node_proxy
from tests.support.sealed_bids import PRICE
from tests.support.standing import account
from tests.support.tender_town import DAY, Sale, TenderTown, read_json, sent
from tests.support.terminal import Terminal
from tests.support.watcher import Watcher
from wallet.tenders.bids import StoreKey


@pytest.fixture(scope="module")
def tender_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("tenders"), running, deployment, council)


def submitted(desk: Desk, word: str = "submit", code: int = 0) -> Any:
    words = sent(("bid", word, desk.documents, desk.folder))
    return desk.terminal.json(*words, code=code)


def act(desk: Desk, sale: Sale, word: str, code: int = 0) -> Any:
    return desk.terminal.json(*sent(("bid", word, sale.id)), code=code)


def release(trustee: Terminal, sale: Sale, code: int = 0) -> Any:
    return trustee.json(*sent(("trustee", "release", sale.id)), code=code)


def standing(desk: Desk, sale: Sale) -> Any:
    return desk.terminal.json("bid", "status", sale.id)


class TestSealedTender:
    def test_from_publication_to_the_opened_files(self, tender_town: TenderTown) -> None:
        sale = tender_town.publish("GZ-2026-0001")
        first, second, third, late = (sale.bidder(name) for name in ("甲", "乙", "丙", "丁"))
        _receive(sale, first, second, third)
        late.seal()
        tender_town.go(sale.ends[0])
        _refuse_late(sale, late, third)
        _disclose(sale, first, third)
        tender_town.go(sale.ends[2])
        refused = act(second, sale, "disclose", code=1)
        assert refused["error"] == "WindowClosed"
        assert refused["closed_at"] == sale.ends[2]
        at = ("--node", tender_town.running.url)
        (seat,) = sale.trustees[0].json("trustee", "status", *at)
        window = {"opensAt": sale.ends[2], "dueAt": sale.ends[3], "closesAt": sale.ends[4]}
        assert seat["release"] == window
        assert "RELEASE FROM" in sale.trustees[0].run("trustee", "status", *at)
        assert release(sale.trustees[0], sale)["part"] == 1
        said = sale.trustees[1].run(*sent(("trustee", "release", sale.id)))
        assert "Your secret of part 1 is out" in said
        assert release(sale.trustees[0], sale) == {"error": "AlreadyDone"}
        assert standing(first, sale)["phase"] == "OPENED"
        _open(first)
        _recover(sale, first, second)

    def test_seals_to_nobody_but_whom_the_chain_names(self, tender_town: TenderTown) -> None:
        def regroup(told: dict[str, Any]) -> None:
            told["trustees"] = [(key, b"%032d" % n) for n, (key, _) in enumerate(told["trustees"])]

        sale = tender_town.publish("groups", regroup)
        desk = sale.bidder("groups")
        refused = submitted(desk, code=4)
        assert refused == {"error": "DocumentsNotAsPublished", "member": "trustees"}
        assert not list(desk.store.places())

    def test_seals_under_no_other_documents(self, tender_town: TenderTown) -> None:
        sale = tender_town.publish("docs", lambda told: told.update(docs=b"\x07" * 32))
        desk = sale.bidder("docs")
        refused = submitted(desk, code=4)
        assert refused == {"error": "DocumentsOutdated", "current": "0x" + "07" * 32}
        desk.seal()
        assert desk.terminal.json(*sent(("bid", "submit", desk.documents)), code=4) == refused

    def test_says_what_it_cannot_say(self, tender_town: TenderTown) -> None:
        """Without a node nobody can say; with a wrong option nothing was asked."""
        sale = tender_town.publish("silent")
        desk = sale.bidder("silent")
        desk.seal()
        words = sent(("bid", "disclose", sale.id, "--node", "http://127.0.0.1:9"))
        assert desk.terminal.json(*words, code=2)["error"] == "ChainUnavailable"
        assert desk.terminal.try_(*words, "--part", 3).exit_code == 64
        assert act(desk, sale, "disclose", code=1)["error"] == "BidMissing"
        assert submitted(desk, "replace", code=1)["error"] == "BidMissing"
        assert act(desk, sale, "withdraw", code=1)["error"] == "BidMissing"

    def test_sends_no_secret_before_its_time(self, tender_town: TenderTown) -> None:
        """Not even to the node that would only have to say how much gas it takes."""
        sale = tender_town.publish("early")
        desk = sale.bidder("early")
        submitted(desk)
        asked: list[str] = []

        def note(_: Exchange, request: Request) -> None:
            asked.append(str(request))

        with node_proxy(tender_town.running.url) as proxy:
            proxy.when("*", note, times=None)
            for terminal, words in (
                (desk.terminal, ("bid", "disclose", sale.id)),
                (desk.terminal, ("bid", "recover", sale.id)),
                (sale.trustees[0], ("trustee", "release", sale.id)),
            ):
                refused = terminal.json(*sent(words, "--node", proxy.url), code=3)
                assert refused["error"] == "WindowNotOpen"
        assert asked
        kept = desk.store.find(sale.id, 0)
        key = desk.terminal.outside.keyring.account(kept.key_name, "correct horse")
        (secrets,) = kept.secrets(1, StoreKey.of(key.private_key))
        trustee = sale.trustees[0].outside.keyring
        (name,) = (entry["name"] for entry in sale.trustees[0].json("trustee", "status"))
        secret = trustee.account(name, "correct horse").private_key
        for each in (secrets.s_b, secrets.s_c, secret):
            assert each.hex() not in "".join(asked)


def standing_window(sale: Sale) -> dict[str, Any]:
    window = {"opensAt": sale.ends[1], "closesAt": sale.ends[2]}
    return {"step": "disclose", "part": 1, **window}


class TestWatch:
    def test_discloses_whatever_comes_between(self, tender_town: TenderTown) -> None:
        """Too early twice, then a gateway in trouble before and after, then a wait for the end."""
        sale = tender_town.publish("watched")
        desk, other = sale.bidder("watched"), sale.bidder("watched 2")
        submitted(desk)
        submitted(other)
        with node_proxy(tender_town.running.url) as proxy:
            start = sale.ends[1]
            steps: list[Callable[[], object]] = [
                lambda: tender_town.go(start - 4),
                lambda: tender_town.go(start),
                lambda: proxy.when("eth_sendRawTransaction", http_status(502)),
                lambda: None,
                tender_town.bury,
            ]
            proxy.when("eth_estimateGas", http_status(503))
            watcher = Watcher(desk.terminal, steps)
            words = sent(("bid", "watch", sale.id, "--node", proxy.url))
            result = watcher.try_(*words, "--json")
            assert result.exit_code == 0, result.output
        shown = orjson.loads(result.stdout)
        reminded = [
            orjson.loads(each) for each in result.stderr.splitlines() if each.startswith("{")
        ]
        assert [each["reminder"] for each in reminded] == [
            {**standing_window(sale), "lead": lead} for lead in (3_600, 0)
        ]
        assert watcher.slept == [15, 4, 15, 15, 15]
        folder = next(desk.store.places()).folder(1)
        out = desk.terminal.folder / "secrets.json"
        read = desk.terminal.json("bid", "secrets", folder / "bid.json", "--out", out)
        assert shown == {"part": 1, "secret": read["s_b"]}
        assert "on the chain" in desk.terminal.run(*sent(("bid", "watch", sale.id)))

    def test_of_a_bid_that_was_only_sealed_reminds_until_it_is_late(
        self, tender_town: TenderTown
    ) -> None:
        sale = tender_town.publish("forgotten")
        desk = sale.bidder("forgotten")
        desk.seal()
        found = standing(desk, sale)["next"]
        assert (found["step"], found["closesAt"]) == ("submit", sale.ends[0])
        steps: list[Callable[[], object]] = [
            lambda: tender_town.go(sale.ends[0] - DAY),
            lambda: tender_town.go(sale.ends[0] - 3_600),
            lambda: tender_town.go(sale.ends[0]),
        ]
        result = Watcher(desk.terminal, steps).try_(*sent(("bid", "watch", sale.id)))
        assert (result.exit_code, steps) == (1, [])
        assert result.stderr.count("Reminder: the bid is not sent yet; submit it before") == 2
        assert standing(desk, sale)["next"] is None

    def test_ends_where_it_can_never_be(self, tender_town: TenderTown) -> None:
        sale = tender_town.publish("too few")
        desk = sale.bidder("too few")
        submitted(desk)
        tender_town.go(sale.ends[1])
        words = sent(("bid", "watch", sale.id))
        assert desk.terminal.json(*words, code=1)["error"] == "TooFewBids"
        tender_town.go(sale.ends[2])
        assert desk.terminal.json(*words, code=1)["error"] == "WindowClosed"


def _receive(sale: Sale, first: Desk, second: Desk, third: Desk) -> None:
    """One bid that is replaced, one that was sealed off line, one that is withdrawn."""
    assert submitted(first)["version"] == 1
    assert submitted(first, "replace")["version"] == 2
    second.seal()
    words = sent(("bid", "submit", second.documents))
    assert second.terminal.json(*words)["version"] == 1
    assert second.terminal.json(*words) == {"error": "AlreadyDone"}
    submitted(third)
    assert act(third, sale, "withdraw")["version"] == 2
    assert act(third, sale, "withdraw") == {"error": "AlreadyDone"}
    for word in ("RECEIVING", "listEnd", "Your bid: LIVE, version 2", "Next: disclose part 1 from"):
        assert word in first.terminal.run("bid", "status", sale.id)
    found = standing(first, sale)
    assert (found["phase"], found["bid"]["version"]) == ("RECEIVING", 2)
    assert standing(third, sale)["bid"]["state"] == "WITHDRAWN"
    refused = act(first, sale, "disclose", code=3)
    assert (refused["error"], refused["opens_at"]) == ("WindowNotOpen", sale.ends[1])


def _refuse_late(sale: Sale, late: Desk, third: Desk) -> None:
    """What comes at the deadline is refused, sealed before it or not."""
    sealed = late.terminal.json(*sent(("bid", "submit", late.documents)), code=1)
    assert (sealed["error"], sealed["deadline"]) == ("BidLate", sale.ends[0])
    assert submitted(late, code=1)["error"] == "BidLate"
    assert late.store.find(sale.id, 0).versions() == [1]
    assert submitted(third, "replace", code=1)["error"] == "BidLate"


def _disclose(sale: Sale, first: Desk, third: Desk) -> None:
    assert act(third, sale, "disclose", code=1)["error"] == "BidMissing"
    assert act(first, sale, "recover", code=3)["error"] == "WindowNotOpen"
    assert release(sale.trustees[0], sale, code=3)["error"] == "WindowNotOpen"
    shown = act(first, sale, "disclose")
    assert (shown["version"], shown["part"]) == (2, 1)
    assert act(first, sale, "disclose") == {"error": "AlreadyDone"}
    assert "done before" in first.terminal.run(*sent(("bid", "disclose", sale.id)))
    assert standing(first, sale)["bid"]["disclosed"] == [1]


def _open(desk: Desk) -> None:
    """Open the bid's file by what stands on the chain, with nothing of the bidder's own."""
    folder = next(desk.store.places()).folder(2)
    secrets, out = desk.terminal.folder / "secrets.json", desk.terminal.folder / "opened"
    found = desk.terminal.json("bid", "secrets", folder / "bid.json", "--out", secrets)
    assert sorted(found["released"]) == ["1", "2"]
    assert read_json(secrets) == found
    opened = desk.terminal.json(
        *("bid", "open", folder / "bid.json", folder / "part-1.age", out),
        *("--documents", desk.documents, "--secrets", secrets),
    )
    assert opened["manifest"]["price"] == PRICE
    name = "part-1/public/营业执照.txt"
    assert (out / Path(name).relative_to("part-1")).read_bytes() == FILES[name]


def _recover(sale: Sale, first: Desk, second: Desk) -> None:
    """Whoever disclosed may recover, and the file opens by that as well; nobody else may."""
    assert act(second, sale, "recover", code=1)["error"] == "NotDisclosed"
    said = first.terminal.run(*sent(("bid", "recover", sale.id)))
    assert "The secret of part 1 is out" in said
    assert act(first, sale, "recover") == {"error": "AlreadyDone"}
    folder, place = first.terminal.folder, first.store.find(sale.id, 0).folder(2)
    secrets = folder / "recovered.json"
    assert "s_c" in first.terminal.json("bid", "secrets", place / "bid.json", "--out", secrets)
    opened = first.terminal.json(
        *("bid", "open", place / "bid.json", place / "part-1.age", folder / "again"),
        *("--documents", first.documents, "--secrets", secrets),
    )
    assert opened["manifest"]["price"] == PRICE
