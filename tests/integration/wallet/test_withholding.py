"""The operator of a mailbox takes messages, signs for them, and leaves one out."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from ledger.tenders.audit.report import NAMES
from ledger.tenders.receipts import told
from tests.support.bid_desk import Desk
from tests.support.mailbox_town import (
    MailboxTown,
    act,
    bidder,
    mailbox_town,
    meanwhile,
    standing,
    submitted,
)
from tests.support.tender_town import BUYER, Sale


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailboxTown]:
    with mailbox_town(tmp_path_factory.mktemp("withholding")) as made:
        yield made


def lists(desk: Desk, sale: Sale, *receipts: str) -> Any:
    """What an audit says of these receipts."""
    archive = desk.terminal.folder / "receipts"
    archive.mkdir()
    for number, receipt in enumerate(receipts):
        (archive / f"{number}.jwt").write_text(receipt)
    tender = "0x" + sale.known.tender.hex()
    report = desk.terminal.try_("tender", "audit", tender, "--archive", archive, "--json")
    return orjson.loads(report.stdout)["checks"][NAMES.index("lists")]


def receipt_of(desk: Desk) -> str:
    (path,) = desk.terminal.folder.rglob("mailbox.json")
    return str(orjson.loads(path.read_bytes())["receipt"])


def signer(town: MailboxTown) -> str:
    return f"{town.place.url}/agencies/{BUYER}"


def leave_out(town: MailboxTown, desk: Desk) -> None:
    """The operator forgets a message that it signed for, before its minute is over."""
    leaf = told(receipt_of(desk)).leaf
    with town.place.parts.database.write() as connection:
        gone = connection.exec_driver_sql("DELETE FROM mailbox_messages WHERE leaf = ?", (leaf,))
        assert gone.rowcount == 1


class TestRoot:
    def test_that_leaves_a_message_out_is_gone_past_and_the_signer_named(
        self, town: MailboxTown
    ) -> None:
        sale = town.sell("root")
        victim, other = bidder(sale, town, "甲"), bidder(sale, town, "乙")
        forgotten: list[Desk] = []

        def forget() -> None:
            if not forgotten:
                leave_out(town, victim)
                forgotten.append(victim)
            town.work()

        meanwhile(victim, forget)
        refused = submitted(victim, town, code=2)
        assert (refused["error"], refused["member"]) == ("MailboxUntrue", "message")
        assert submitted(other, town)["mailbox"]["anchoredAt"] < sale.ends[0]
        end = sale.ends[0]
        moments = iter((end - 601, end - 600, sale.ends[1]))
        meanwhile(victim, lambda: town.go(next(moments)))
        assert act(victim, town, "watch", sale.id, code=1)["error"] == "TooFewBids"
        assert standing(victim, sale)["state"] == "LIVE"
        found = lists(victim, sale, receipt_of(victim))
        leaf = "0x" + (told(receipt_of(victim)).leaf or b"").hex()
        unheard = {"leaf": leaf, "signedBy": signer(town), "error": "MessageUnknown"}
        assert (found["result"], found["facts"]["open"]) == ("ERROR", [unheard])


class TestList:
    def test_that_leaves_a_message_out_is_made_whole_by_its_bidder(self, town: MailboxTown) -> None:
        sale = town.sell("list")
        victim, poor = bidder(sale, town, "甲"), bidder(sale, town, "乙")
        for each in (victim, poor):
            submitted(each, town)
        town.go(sale.ends[0])
        town.place.work()
        for each in (victim, poor):
            meanwhile(each, lambda: None)
        words = ("bid", "list", sale.id, "--service", town.place.url)
        for each in (victim, poor):
            assert each.terminal.json(*words, code=2)["error"] == "NotInABlock"
        assert act(victim, town, "list", sale.id)["service"] is None
        assert [standing(each, sale)["state"] for each in (victim, poor)] == ["LIVE", "NONE"]
        town.go(sale.ends[1])
        taken = [next(each.store.places()).said(1, "listing-receipt") for each in (victim, poor)]
        found = lists(victim, sale, *map(str, taken))
        assert found["code"] == "lists.differs"
        (left_out,) = found["facts"]["faults"]
        assert left_out["digest"] == "0x" + (told(str(taken[1])).digest or b"").hex()
        assert left_out["signedBy"] == signer(town)
