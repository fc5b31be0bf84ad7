"""Builders from elsewhere bid: what supervisors agreed on decides, as of the deadline."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from ledger.chain.client import LedgerClient
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.errors import Unavailable
from ledger.tenders.shown_licences import presented
from ledger.values import Role, agency_id
from tests.support.abroad import CODE, Abroad, abroad, run
from tests.support.anvil import anvil
from tests.support.award_office import Office, disclose, key_of, officer, release
from tests.support.builders import ASKED, LEAD
from tests.support.licences import ISSUED_AT
from tests.support.standing import account
from tests.support.tender_town import DAY, Sale, TenderTown
from tests.support.terminal import Terminal
from wallet.tenders.opening import bench_of

REQUIREMENT = {
    "id": ASKED.id,
    "vct": ASKED.vct,
    "claims": list(ASKED.claims),
    "who": ASKED.who,
    "minValidityDays": ASKED.min_validity_days,
    "optional": ASKED.optional,
}
WAYS = {
    "XA": "agreed on",
    "XB": "suspended",
    "XC": "agreed on the other way round",
    "XD": "agreed on for another type",
    "XE": "terminated",
    "XF": "agreed on from after the deadline",
    "XG": "proposed and withdrawn",
    "XH": "agreed on, its agency suspended",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with (
        anvil("--timestamp", str(ISSUED_AT + 60)) as running,
        closing(Node([running.url], timeout_seconds=10)) as node,
    ):
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("abroad"), running, deployment, council)


@dataclass(frozen=True)
class Stand:
    """A tender to which builders from everywhere bid; `here` supervises where it is held."""

    sale: Sale
    here: Terminal
    countries: Mapping[str, Abroad]

    def agree(self) -> None:
        """Bring about what each country stands for, up to the last day before the deadline."""
        town, submit_end = self.sale.town, self.sale.ends[0]
        for code in ("XA", "XB", "XE", "XH"):
            self._agree(code)
        self._agree("XC", is_reversed=True)
        self._agree("XD", type_id="cn.business-licence")
        self._take_back("XG")
        town.go(submit_end - 17 * DAY)
        ended = self.countries["XE"]
        notice = ("--at", submit_end - 9 * DAY, "--as", "XE")
        run(ended.supervisor, "terminate", ended.name, 1, *notice)
        town.go(submit_end - 10 * DAY)
        self._agree("XF", begins=submit_end + 1)
        town.go(submit_end - DAY)
        self.suspend("XB")
        self.suspend("XH", "--scope", f"agency:XH/{CODE}")

    def suspend(self, code: str, *scope: object) -> None:
        until = ("--until", self.sale.town.now + 10 * DAY)
        run(self.here, "suspend", self.countries[code].name, 1, "--cause", 7, *until, *scope)

    def _agree(self, code: str, begins: int = 0, **said: Any) -> None:
        country = self.countries[code]
        country.agree(self.here, country.policy(**said), begins)

    def _take_back(self, code: str) -> None:
        country, now = self.countries[code], self.sale.town.now
        span = ("--from", now + 3 * DAY, "--until", now + 60 * DAY)
        run(country.supervisor, "propose", country.policy(), *span, "--as", code)
        run(country.supervisor, "withdraw", country.name, 1)


@pytest.fixture(scope="module")
def stand(town: TenderTown) -> Stand:
    countries = {code: abroad(town, code) for code in WAYS}
    here = officer(town, "here", Role.SUPERVISOR)
    sale = town.publish("GZ-2026-0601", requirements=[REQUIREMENT])
    return Stand(sale, here, countries)


class TestForeignBidders:
    def test_count_by_what_was_agreed_as_it_stood_at_the_deadline(self, stand: Stand) -> None:
        stand.agree()
        sale, town = stand.sale, stand.sale.town
        desks = {code: country.bidder(sale) for code, country in stand.countries.items()}
        office = Office(sale, "abroad")
        for desk in desks.values():
            office.take(desk)
        town.go(sale.ends[1])
        disclose(sale, list(desks.values()))
        town.go(sale.ends[2])
        release(sale, 1, 2)
        office.terminal.now = town.now
        told = office.open()
        assert told["isWhole"], told
        found = {each["bidder"]: each for each in told["bids"]}
        verdicts = {code: found[key_of(desk, sale)]["licences"] for code, desk in desks.items()}
        assert {code: each[0]["verdict"] for code, each in verdicts.items()} == {
            code: "valid" if code == "XA" else "invalid" for code in WAYS
        }
        flagged = {code for code, desk in desks.items() if is_flagged(found[key_of(desk, sale)])}
        assert flagged == WAYS.keys() - {"XA"}
        stand.suspend("XA")
        assert office.open()["record"] == told["record"]  # the deadline is over


def is_flagged(bid: Mapping[str, Any]) -> bool:
    return "NOT_QUALIFIED" in bid["flags"]


class TestRecognises:
    def test_of_a_buyer_whom_nobody_knows_is_open(self, stand: Stand) -> None:
        town, shown = stand.sale.town, stand.countries["XA"].licence
        with town.node() as node:
            client = LedgerClient(node, town.deployment)
            bench = bench_of((), stand.here.outside, client, agency_id("XB", "NOBODY"))
            with pytest.raises(Unavailable):
                bench.recognises(presented(shown.to_json().decode(), LEAD), town.now)
