"""Why bids stay closed and what is to be looked at: told alike by the service and by a wallet."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.chain.tender_history import tender_history
from ledger.tenders import documents
from ledger.tenders.errors import TenderNotOpen
from ledger.tenders.events import Phase
from ledger.tenders.history import tenders_of
from ledger.tenders.joint import BidFlag
from ledger.tenders.opening_record import cause_of
from ledger.values import jurisdiction_id
from tests.support.anvil import anvil
from tests.support.award_office import Office, disclose, key_of, release
from tests.support.bid_desk import DESCRIPTION, Desk
from tests.support.cheats import break_shares, promise_another
from tests.support.refusals import BIDS, walk
from tests.support.sealed_bids import PRICE
from tests.support.standing import account
from tests.support.tender_service import TenderService, relaying
from tests.support.tender_town import BUYER, POLICY, Sale, TenderTown, sent
from wallet.service import Service, ServiceRefused

PLACE = jurisdiction_id(BUYER.partition("/")[0])
DROPPING = (*POLICY[:-5], True, *POLICY[-4:])
"""The town's policy, but bids on documents that were amended are dropped."""
TWO_DISCLOSED = (*POLICY[:-8], 2, *POLICY[-7:])
"""The town's policy, but two have to disclose."""
LICENCE = {
    "id": "permit",
    "vct": "cn.food-business",
    "claims": [],
    "who": "organisation",
    "minValidityDays": 0,
    "optional": False,
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("reasons"), running, deployment, council)


@pytest.fixture(scope="module")
def service(town: TenderTown) -> Iterator[TenderService]:
    with relaying(town, town.folder / "service") as made:
        yield made


@dataclass
class Hall:
    """A tender whose documents and bids the service has; bidders come in one by one."""

    service: TenderService
    sale: Sale
    desks: dict[str, Desk] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.office = Office(self.sale, f"{self.sale.known.digest.hex()[:12]} office")
        self.service.work()
        words = ("tender", "bring", self.office.tender, "docs")
        self._serve(*words, self.office.documents / "documents.json")

    def enter(self, name: str, code: int, *, price: Any = PRICE, **said: Any) -> Desk:
        """A bidder of its own code with a sealed bid, which nobody has seen yet."""
        desk = self.sale.bidder(f"{self.sale.id} {name}")
        identity = {**DESCRIPTION["identity"], **organisation(name, code)}
        parts = [{**DESCRIPTION["parts"][0], "price": price}]
        desk.describe({**DESCRIPTION, "identity": identity, "parts": parts, **said})
        desk.seal()
        self.desks[name] = desk
        return desk

    def submit(self) -> None:
        """Bring all bids to the chain, and their files to the service."""
        for desk in self.desks.values():
            words = ("bid", "submit", desk.documents, "--service", self.service.url)
            desk.terminal.try_(*words)  # in no block before the service works
        self.service.work()
        for desk in self.desks.values():
            shown = desk.terminal.json("bid", "status", self.sale.id)
            assert shown["bid"]["state"] == "LIVE"

    def disclose(self, *names: str) -> None:
        self.sale.town.go(self.sale.ends[1])
        disclose(self.sale, [self.desks[name] for name in names])

    def go(self, moment: int) -> None:
        self.sale.town.go(moment)
        self.service.work()

    def key(self, name: str) -> str:
        return key_of(self.desks[name], self.sale)

    def told(self, path: str) -> Any:
        with closing(Service(self.service.url)) as service:
            return service.get(f"/v1/tenders/{self.office.tender}{path}")

    def opened(self, *words: object, code: int = 0) -> Any:
        return self.office.open("--service", self.service.url, *words, code=code)

    def _serve(self, *words: object) -> None:
        self.office.terminal.json(*sent(words), "--service", self.service.url)


def amended(sale: Sale) -> Sale:
    """The tender with documents that affect bids, which the chain has; its ends stay."""
    said = orjson.loads(sale.encoded) | {"version": 2, "title": "样例道路工程(补遗一)"}
    encoded = documents.write(said)
    known = documents.read(encoded)
    sale.town.act("TenderLedger", "amend", known.tender, known.digest, True, sale.ends)  # noqa: FBT003  # affectsBids
    return replace(sale, known=known, encoded=encoded)


def organisation(name: str, code: int) -> dict[str, str]:
    return {"code": f"91440101MASAMPLE{code:02}", "name": f"样例{name}有限公司"}


def _member(name: str, code: int) -> dict[str, Any]:
    identity = {**DESCRIPTION["identity"], **organisation(name, code)}
    return {"identity": {**identity, "salt": "bWVtYmVyc2FsdHNhbHRzYQ"}, "presentations": []}


class TestReasons:
    def test_are_told_alike_by_wallet_and_service(
        self, town: TenderTown, service: TenderService
    ) -> None:
        ceiling = {"amount": "930000.00", "currency": "CNY"}
        asked = {"amount": "10000.00", "currency": "CNY"}
        sale = town.publish("GZ-2026-0501", ceiling=ceiling, requirements=[LICENCE], bond=asked)
        hall = Hall(service, sale)
        members = [_member("丙", 3), _member("己", 5), _member("卯", 11) | {"consent": "none"}]
        hall.enter("甲", 1)
        hall.enter("乙", 1)
        hall.enter("丙", 3, members=members)
        hall.enter("己", 5, price={**PRICE, "amount": "930000.01"})
        hall.enter("庚", 6, price={**PRICE, "currency": "MOP"})
        break_shares(hall.enter("辛", 7), (1, 2))
        promise_another(hall.enter("壬", 8))
        hall.enter("癸", 9)
        hall.enter("丑", 10)
        hall.submit()
        hall.desks["丑"].terminal.json(*sent(("bid", "withdraw", sale.id)))
        hall.disclose(*"甲乙丙己庚辛壬")
        town.go(sale.ends[2])
        release(sale, 1, 2)
        service.work()
        early = hall.opened("--record", code=3)
        assert early["error"] == "WindowNotOpen"  # whose shares are bad may still recover
        hall.go(sale.ends[4])
        told = hall.opened("--record")
        assert told["opened"] == 5
        record = orjson.loads(hall.office.record().read_bytes())
        assert {each["key"]: each["cause"] for each in record["notOpened"]} == {
            hall.key("辛"): "SHARES_BAD",
            hall.key("壬"): "UNSEALED_INVALID",
            hall.key("癸"): "UNDISCLOSED",
            hall.key("丑"): "WITHDRAWN",
        }
        assert {each["bidder"]: set(each["flags"]) for each in record["bids"]} == {
            hall.key(name): {"UNSIGNED", "NOT_QUALIFIED", "BOND_MISSING", *flags}
            for name, flags in {
                "甲": {"TWO_BIDS"},
                "乙": {"TWO_BIDS"},
                "丙": {
                    *("JOINT_CLASH", "NO_AGREEMENT"),
                    *("MEMBER_UNSIGNED", "MEMBER_SIGNATURE_WRONG"),
                },
                "己": {"JOINT_CLASH", "OVER_CEILING"},
                "庚": {"OTHER_CURRENCY"},
            }.items()
        }
        self._is_what_the_service_says(hall, told, record)

    def _is_what_the_service_says(self, hall: Hall, told: Any, record: Any) -> None:
        theirs = hall.told("/lots/0/openings/1")
        assert (theirs["record"], theirs["recordDigest"]) == (record, told["record"])
        causes = {each["key"]: each["cause"] for each in record["notOpened"]}
        assert {each["bidder"]: each["cause"] for each in theirs["notOpened"]} == causes
        shown = hall.office.terminal.run(
            *sent(("tender", "open", hall.office.documents, hall.office.files, hall.office.opened))
        )
        for code in (BidFlag.TWO_BIDS, BidFlag.JOINT_CLASH):
            assert code in shown
        for name, cause in (("辛", "SHARES_BAD"), ("壬", "UNSEALED_INVALID")):
            assert f"{hall.key(name)} stays closed: {cause}" in shown
        assert told["closed"][hall.key("辛")]["broken"] == [1, 2]


class TestAddendum:
    def test_drops_who_does_not_confirm(self, town: TenderTown, service: TenderService) -> None:
        """Where the policy says so; whoever sealed on the old documents comes too late with it."""
        id_ = town.act("TenderPolicies", "registerPolicy", PLACE, DROPPING)
        sale = town.publish("GZ-2026-0504", lambda told: told.update(policy=bytes(id_)))
        before = Hall(service, sale)
        stale, late = before.enter("丙", 3), before.enter("丁", 4)
        del before.desks["丁"]
        before.submit()
        hall = Hall(service, amended(sale))
        hall.service.work()
        refused = late.terminal.json(*sent(("bid", "submit", late.documents)), code=4)
        assert refused["error"] == "DocumentsOutdated"
        for code, name in enumerate("甲乙", 1):
            hall.enter(name, code)
        hall.submit()
        hall.disclose(*"甲乙")
        words = ("bid", "disclose", sale.id)
        dropped = stale.terminal.json(*sent(words), code=4)
        assert dropped["error"] == "DocumentsOutdated"
        town.go(sale.ends[2])
        release(sale, 1, 2)
        hall.service.work()
        told = hall.opened("--record")
        record = orjson.loads(hall.office.record().read_bytes())
        closed = [{"key": key_of(stale, sale), "cause": "OUTDATED"}]
        assert (told["opened"], record["notOpened"]) == (2, closed)
        theirs = hall.told("/lots/0/openings/1")
        assert (theirs["record"], theirs["recordDigest"]) == (record, told["record"])


class TestFailed:
    def test_without_trustees_nothing_opens(self, town: TenderTown, service: TenderService) -> None:
        """Every bid was disclosed, no trustee spoke, and nobody recovered: NOT_OPENED."""
        hall = Hall(service, town.publish("GZ-2026-0502"))
        for code, name in enumerate("甲乙"):
            hall.enter(name, code)
        hall.submit()
        hall.disclose(*"甲乙")
        hall.go(hall.sale.ends[4])
        self._is_over(hall, Phase.NOT_OPENED)
        late = hall.desks["甲"].terminal.json(*sent(("bid", "recover", hall.sale.id)), code=1)
        assert late["error"] == "WindowClosed"

    def test_with_too_few_nothing_opens(self, town: TenderTown, service: TenderService) -> None:
        """FAILED_FEW: one bid came, and its secret is not taken."""
        hall = Hall(service, town.publish("GZ-2026-0503"))
        hall.enter("甲", 1)
        hall.submit()
        hall.go(hall.sale.ends[1])
        words = ("bid", "disclose", hall.sale.id)
        few = hall.desks["甲"].terminal.json(*sent(words), code=1)
        assert (few["error"], few["count"], few["minimum"]) == ("TooFewBids", 1, 2)
        self._is_over(hall, Phase.FAILED_FEW)

    def test_a_failed_lot_stays_closed_though_trustees_speak_for_another(
        self, town: TenderTown, service: TenderService
    ) -> None:
        """One secret for all lots: what was disclosed in a failed one is opened by nobody here."""
        id_ = town.act("TenderPolicies", "registerPolicy", PLACE, TWO_DISCLOSED)
        lots = [{"lot": number, "title": f"{number + 1} 标段"} for number in range(2)]
        change = {"lots": 2, "policy": bytes(id_)}
        sale = town.publish("GZ-2026-0505", lambda told: told.update(change), lots=lots)
        hall = Hall(service, sale)
        desks = [sale.bidder(f"lots {number}") for number in range(4)]
        for number, desk in enumerate(desks):
            words = ("bid", "submit", desk.documents, desk.folder, "--lot", number % 2)
            desk.terminal.json(*sent(words))
        town.go(sale.ends[1])
        for number, desk in enumerate(desks[:3]):
            desk.terminal.json(*sent(("bid", "disclose", sale.id, "--lot", number % 2)))
        hall.go(sale.ends[2])
        release(sale, 1, 2)
        service.work()
        told = hall.told("/lots/0/openings/1")["notOpened"]
        lost = {key_of(desk, sale): "FILE_LOST" for desk in desks[::2]}  # they were never uploaded
        assert {each["bidder"]: each["cause"] for each in told} == lost
        refused = hall.office.open("--lot", 1, code=1)
        assert (refused["error"], refused["phase"]) == ("TenderNotOpen", Phase.FAILED_FEW)
        with pytest.raises(ServiceRefused, match="TenderNotOpen"):
            hall.told("/lots/1/openings/1")
        with town.node() as node:
            happened = tender_history(node, town.deployment, sale.known.tender)
        state = tenders_of(happened)[sale.known.tender]
        causes = [cause_of(state, 1, 1, bid) for bid in state.lot(1).bids.values()]
        assert sorted(str(each) for each in causes) == ["LOT_FAILED", "UNDISCLOSED"]

    def _is_over(self, hall: Hall, phase: Phase) -> None:
        """The wallet refuses to open for good, the service shows the end, anybody may tell it."""
        refused = hall.office.open(code=1)
        assert (refused["error"], refused["phase"]) == ("TenderNotOpen", phase)
        walk(TenderNotOpen(phase), *BIDS["TenderNotOpen"])
        (lot,) = hall.told("")["lots"]
        assert lot["phase"] == phase.name
        shown = hall.desks["甲"].terminal.json("bid", "status", hall.sale.id)
        assert shown["phase"] == phase.name
        closed = hall.office.act("close")
        assert closed["block"] > 0
        assert hall.office.act("close")["error"] == "AlreadyDone"
        assert not Path(hall.office.out).exists()
