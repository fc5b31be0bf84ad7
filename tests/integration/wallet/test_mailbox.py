"""Bids that lie in a mailbox until submitEnd, typed by their bidders, over a real service.

Time passes only while a command waits: then the service's worker works.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.tenders.audit.report import NAMES
from tests.support.bid_desk import Desk
from tests.support.mailbox_town import (
    MINUTE,
    MailboxTown,
    act,
    bidder,
    mailbox_town,
    meanwhile,
    standing,
    submitted,
)
from tests.support.tender_town import Sale


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailboxTown]:
    with mailbox_town(tmp_path_factory.mktemp("mailbox")) as made:
        yield made


def posted(desk: Desk, version: int = 1) -> Any:
    """What a bidder knows of its message in the mailbox."""
    (path,) = desk.terminal.folder.rglob(f"v{version}/mailbox.json")
    return orjson.loads(path.read_bytes())


def lists(desk: Desk, sale: Sale, archive: Path, *words: object) -> Any:
    """What the audit says of receipts in a folder."""
    tender = "0x" + sale.known.tender.hex()
    given = ("tender", "audit", tender, "--archive", archive, *words, "--json")
    return step(desk.terminal.try_(*given).stdout)


def verified(desk: Desk, bundle: Path) -> Any:
    head = orjson.loads((bundle / "bundle.json").read_bytes())["head"]["hash"]
    words = ("tender", "verify", bundle, "--head", head, "--json")
    return step(desk.terminal.try_(*words).stdout)


def step(report: str) -> Any:
    return orjson.loads(report)["checks"][NAMES.index("lists")]


class TestMailbox:
    def test_hides_bids_until_they_are_listed(self, town: MailboxTown) -> None:
        sale = town.sell("hidden")
        first, second, shown, third = (bidder(sale, town, name) for name in "甲乙丙丁")
        told = submitted(first, town)
        assert told["version"] == 1
        assert told["mailbox"]["mailbox"] == "0x" + town.agency.hex()
        assert len(told["mailbox"]["proof"]["path"]) == 6
        assert act(first, town, "submit", first.documents) == {"error": "AlreadyDone"}
        again = act(first, town, "replace", first.documents, first.folder)
        assert again["version"] == 2
        assert again["mailbox"]["anchoredAt"] > told["mailbox"]["anchoredAt"]
        submitted(second, town)
        assert "block" in submitted(shown, town, "--direct")
        submitted(third, town)
        assert act(third, town, "withdraw", sale.id)["version"] == 2
        assert act(third, town, "withdraw", sale.id) == {"error": "AlreadyDone"}
        states = [standing(desk, sale)["state"] for desk in (first, second, shown, third)]
        assert states == ["NONE", "NONE", "LIVE", "NONE"]
        early = act(first, town, "list", sale.id, code=3)
        assert (early["error"], early["opens_at"]) == ("WindowNotOpen", sale.ends[0])

        town.go(sale.ends[0])
        listed = act(first, town, "list", sale.id)
        assert (listed["version"], listed["isWithdrawal"]) == (2, False)
        assert act(first, town, "list", sale.id) == {"error": "AlreadyDone"}
        assert (standing(first, sale)["version"], standing(second, sale)["version"]) == (2, 0)
        assert standing(first, sale)["submittedAt"] == again["mailbox"]["anchoredAt"]
        assert act(shown, town, "list", sale.id, code=1)["error"] == "BidMissing"
        assert act(third, town, "watch", sale.id) == {"isWithdrawn": True}
        assert standing(third, sale)["state"] == "WITHDRAWN"

        meanwhile(second, lambda: town.go(sale.ends[1]))
        assert act(second, town, "watch", sale.id)["part"] == 1
        assert standing(second, sale)["disclosed"] == [1]
        late = act(third, town, "list", sale.id, code=1)
        assert (late["error"], late["closed_at"]) == ("WindowClosed", sale.ends[1])

    def test_that_is_not_anchored_is_said_and_goes_direct_in_the_end(
        self, town: MailboxTown
    ) -> None:
        sale = town.sell("stuck")
        desk = bidder(sale, town, "甲")
        meanwhile(desk, lambda: None)
        refused = submitted(desk, town, code=2)
        assert refused["error"] == "NotAnchoredYet"
        assert act(desk, town, "submit", desk.documents, code=2) == refused
        assert standing(desk, sale)["state"] == "NONE"
        end = sale.ends[0]
        moments = iter((end - 601, end - 600, sale.ends[1]))
        seen: list[str] = []

        def pass_on() -> None:
            seen.append(standing(desk, sale)["state"])
            town.go(next(moments))

        meanwhile(desk, pass_on)
        assert act(desk, town, "watch", sale.id, code=1)["error"] == "TooFewBids"
        assert seen == ["NONE", "NONE", "LIVE"]

    def test_is_listed_by_the_service_for_who_has_no_money(self, town: MailboxTown) -> None:
        """A wrong path is refused there as the contract would; nothing is sent for it."""
        sale = town.sell("poor")
        desk, other = bidder(sale, town, "甲"), bidder(sale, town, "乙")
        told = submitted(desk, town)["mailbox"]
        submitted(other, town)
        assert act(other, town, "withdraw", sale.id)["version"] == 2
        town.go(sale.ends[0])
        town.place.work()
        words = ("bid", "list", sale.id, "--service", town.place.url)
        listed = desk.terminal.json(*words)
        assert (listed["version"], listed["service"]) == (1, town.place.url)
        assert standing(desk, sale)["state"] == "LIVE"
        assert standing(desk, sale)["submittedAt"] == told["anchoredAt"]
        assert other.terminal.json(*words)["isWithdrawal"]
        assert standing(other, sale)["state"] == "WITHDRAWN"
        kept = next(desk.store.places())
        assert kept.said(1, "listing-receipt")

    def test_tells_outsiders_by_receipts_who_was_listed(
        self, town: MailboxTown, tmp_path: Path
    ) -> None:
        """Whoever lists a message shows its blind to everybody; the others are under a root."""
        sale = town.sell("outside")
        first, second = bidder(sale, town, "甲"), bidder(sale, town, "乙")
        submitted(first, town)
        submitted(second, town)
        held = [posted(each) for each in (first, second)]
        for told in held:
            told["blind"] = "none of yours"
        archive = tmp_path / "archive"
        archive.mkdir()
        (archive / "first.jwt").write_text(held[0]["receipt"])
        assert lists(first, sale, archive)["facts"]["open"][0]["error"] == "MessageUnknown"
        town.go(sale.ends[0])
        act(first, town, "list", sale.id)
        bundle = tmp_path / "bundle"
        assert lists(first, sale, archive, "--out", bundle)["facts"] == {}
        assert verified(first, bundle)["facts"] == {}

        (archive / "second.jwt").write_text(held[1]["receipt"])
        (told,) = lists(first, sale, archive)["facts"]["open"]
        assert told["error"] == "MessageUnknown"
        (archive / "mailbox.json").write_bytes(orjson.dumps(held[1]))
        bundle = tmp_path / "with a place"
        assert lists(first, sale, archive, "--out", bundle)["code"] == "lists.ok"
        assert verified(first, bundle)["code"] == "lists.ok"
        held[1]["proof"]["index"] ^= 1
        (archive / "mailbox.json").write_bytes(orjson.dumps(held[1]))
        assert lists(first, sale, archive)["result"] == "ERROR"

    def test_that_was_signed_for_and_never_listed_accuses_its_signer(
        self, town: MailboxTown, tmp_path: Path
    ) -> None:
        """The service takes both listings; the second it keeps to itself until listEnd."""
        sale = town.sell("withheld")
        first, second = bidder(sale, town, "甲"), bidder(sale, town, "乙")
        submitted(first, town)
        submitted(second, town)
        town.go(sale.ends[0])
        town.place.work()
        words = ("bid", "list", sale.id, "--service", town.place.url)
        first.terminal.json(*words)
        errors: list[str] = []

        def withhold() -> None:
            if not errors:
                errors.extend(self.listed_by(first, second, sale, tmp_path))
            town.go(sale.ends[1])

        meanwhile(second, withhold)
        second.terminal.try_(*words)
        assert errors == ["NotDue"]
        found = self.audited(first, second, sale, tmp_path)
        (told,) = found["facts"]["faults"]
        assert told["root"] == posted(second)["proof"]["root"]
        assert told["signedBy"]
        (tmp_path / "second.jwt").unlink()
        assert lists(first, sale, tmp_path)["code"] == "lists.ok"

    def audited(self, first: Desk, second: Desk, sale: Sale, archive: Path) -> Any:
        """Judge the receipts for the listings of both."""
        for name, desk in (("first", first), ("second", second)):
            said = next(desk.store.places()).said(1, "listing-receipt")
            assert said is not None
            (archive / f"{name}.jwt").write_text(said)
        return lists(first, sale, archive)

    def listed_by(self, first: Desk, second: Desk, sale: Sale, archive: Path) -> list[str]:
        found = self.audited(first, second, sale, archive)
        return [each["error"] for each in found["facts"]["open"]]

    def test_is_passed_by_where_submit_end_is_near(self, town: MailboxTown) -> None:
        sale = town.sell("near")
        desk = bidder(sale, town, "甲")
        town.go(sale.ends[0] - 600)
        assert "block" in submitted(desk, town)
        assert standing(desk, sale)["state"] == "LIVE"

    def test_anchored_too_late_is_said(self, town: MailboxTown) -> None:
        sale = town.sell("late")
        desk = bidder(sale, town, "甲")
        meanwhile(desk, lambda: None)
        assert submitted(desk, town, code=2)["error"] == "NotAnchoredYet"
        town.go(sale.ends[0] - 1)
        for step in town.place.worker.steps[:2]:  # what is said, and the mailboxes
            step.run(True)  # noqa: FBT003  # flush
        town.go(sale.ends[0])
        town.place.work()
        late = act(desk, town, "list", sale.id, code=1)
        assert (late["error"], late["deadline"]) == ("BidLate", sale.ends[0])

    def test_that_expired_before_it_was_sent_is_signed_again(self, town: MailboxTown) -> None:
        """Its files and secrets stay; only what it says of its own end is new."""
        sale = town.sell("slept")
        desk = bidder(sale, town, "甲")
        sealed = desk.seal("--valid-until", town.now + MINUTE)
        town.go(town.now + MINUTE)
        refused = act(desk, town, "submit", desk.documents, code=4)
        assert (refused["error"], refused["valid_until"]) == (
            "MessageExpired",
            sealed["validUntil"],
        )
        town.bury()
        told = act(desk, town, "submit", desk.documents)
        assert (told["version"], told["files"]) == (1, sealed["files"])
        assert told["validUntil"] > told["mailbox"]["anchoredAt"]
        town.go(sale.ends[0])
        assert act(desk, town, "list", sale.id)["version"] == 1
        assert standing(desk, sale)["digest"] == told["digest"] != sealed["digest"]

    def test_that_expired_before_its_root_is_said_and_hides_no_earlier_one(
        self, town: MailboxTown
    ) -> None:
        """It would be refused when it is listed, too late to do anything about it."""
        sale = town.sell("expired")
        desk = bidder(sale, town, "甲")
        submitted(desk, town)
        until = ("--valid-until", town.now + MINUTE // 2)
        words = ("replace", desk.documents, desk.folder)
        refused = act(desk, town, *words, *until, code=4)
        assert (refused["error"], refused["valid_until"]) == ("MessageExpired", until[1])
        assert refused["block_time"] == posted(desk, version=2)["anchoredAt"]
        again = act(desk, town, "submit", desk.documents, code=4)
        assert again == refused
        town.go(sale.ends[0])
        assert act(desk, town, "list", sale.id)["version"] == 1

    def test_takes_a_withdrawal_again_that_expired(self, town: MailboxTown) -> None:
        sale = town.sell("withdrawn")
        desk = bidder(sale, town, "甲")
        submitted(desk, town)
        until = ("--valid-until", town.now + MINUTE // 2)
        assert act(desk, town, "withdraw", sale.id, *until, code=4)["error"] == "MessageExpired"
        assert act(desk, town, "withdraw", sale.id)["version"] == 3
        town.go(sale.ends[0])
        assert act(desk, town, "list", sale.id)["isWithdrawal"]
        assert standing(desk, sale)["version"] == 3

    def test_is_listed_though_the_service_is_gone(self, town: MailboxTown) -> None:
        """Whoever has message, path and a node needs nobody who might leave the bid out."""
        sale = town.sell("gone")
        desk = bidder(sale, town, "甲")
        submitted(desk, town)
        folder = next(desk.store.places()).folder(1)
        path = folder / "mailbox.json"
        path.write_text(path.read_text().replace(town.place.url, "http://127.0.0.1:9"))
        town.go(sale.ends[0])
        assert act(desk, town, "list", sale.id)["version"] == 1
        assert standing(desk, sale)["state"] == "LIVE"

    def test_of_nobody_is_refused(self, town: MailboxTown) -> None:
        sale = town.publish("none")
        desk = sale.bidder("none")
        words = ("submit", desk.documents, desk.folder)
        assert "block" in act(desk, town, *words)
        assert act(desk, town, "list", sale.id, code=4)["error"] == "MailboxAbsent"


def test_nothing_that_is_kept_tells_the_service_what_bid_it_is(town: MailboxTown) -> None:
    sale = town.sell("private")
    desk = bidder(sale, town, "甲")
    told = submitted(desk, town)
    with town.place.parts.database.engine.connect() as connection:
        dump = b"".join(
            repr(row).encode()
            for table in ("mailbox_messages", "mailbox_roots")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608  # names of ours
        ).lower()
    for name in ("digest", "bidder", "tender"):
        plain = bytes.fromhex(told[name][2:])
        assert repr(plain)[2:-1].lower().encode() not in dump
        assert plain.hex().encode() not in dump
    assert bytes.fromhex(told["mailbox"]["blind"][2:])
