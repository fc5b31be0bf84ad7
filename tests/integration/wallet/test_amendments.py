"""Addenda: the deadline moves as far as the law wants, or they are refused; and bids stand."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.chain import publication_calls
from ledger.chain.calls import Call
from ledger.tenders.errors import EndNotLater, PolicyViolated
from ledger.tenders.ids import TenderId
from ledger.tenders.policy.ends import Ends
from tests.support.bid_desk import Desk
from tests.support.buyer import AT, Buyer, admitted, january_town, posted
from tests.support.refusals import STEPS, walk
from tests.support.tender_post import Post
from tests.support.tender_town import DAY, TenderTown, sent
from wallet.home import write_file


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with january_town(tmp_path_factory.mktemp("amendments")) as made:
        yield made


@pytest.fixture(scope="module")
def post(town: TenderTown) -> Iterator[Post]:
    with posted(town) as made:
        yield made


@pytest.fixture(scope="module")
def buyer(town: TenderTown, post: Post) -> Buyer:
    assert post.url
    return admitted(town)


class TestAmend:
    def test_moves_the_deadline_as_far_as_the_law_wants(
        self, buyer: Buyer, town: TenderTown
    ) -> None:
        folder = buyer.folder("GZ-2026-0311")
        first = buyer.publish(folder)
        town.go(first["ends"]["submitEnd"] - 14 * DAY)
        write_file(folder / "补遗一.txt", "工期改为九十日。\n".encode())
        command = ("tender", "amend", folder, *AT)
        short = first["ends"]["submitEnd"]
        late = buyer.tenderer.json(
            *sent((*command, "--affects-bids", "--submit-end", short)), code=4
        )
        assert (late["error"], late["given"]) == ("PolicyViolated", short)
        earlier = buyer.tenderer.json(
            *sent((*command, "--clarifies", "--submit-end", short - 1)), code=4
        )
        assert earlier["error"] == "EndNotLater"
        told = buyer.tenderer.json(*sent((*command, "--affects-bids")))
        assert told["ends"]["submitEnd"] >= town.now + 15 * DAY
        self._is_refused_by_the_contract(town, told, before=first["ends"])
        bidder = town.terminal("amended bidder")
        got = bidder.folder / "documents"
        done = bidder.json("tender", "fetch", told["tender"], got, *AT)
        assert (done["version"], done["docs"]) == (2, told["docs"])
        assert (got / "补遗一.txt").exists()

    def _is_refused_by_the_contract(self, town: TenderTown, told: Any, before: Any) -> None:
        """What the wallet would not send: fourteen days for bids, or any end earlier."""
        tender = TenderId(bytes.fromhex(told["tender"][2:]))
        present = Ends(*told["ends"].values())

        def amend(ends: Ends, *, affects_bids: bool) -> Call:
            at, docs = town.deployment, b"\x07" * 32
            return publication_calls.amend(at, tender, docs, ends, affects_bids=affects_bids)

        with pytest.raises(EndNotLater) as earlier:
            town.send(amend(Ends(*before.values()), affects_bids=True))
        walk(earlier.value, *STEPS["EndNotLater"])
        town.go(present.submit_end - 14 * DAY)
        with pytest.raises(PolicyViolated) as short:
            town.send(amend(present, affects_bids=True))
        walk(short.value, *STEPS["PolicyViolated"])

    def test_leaves_earlier_bids_and_refuses_later_ones_on_old_documents(
        self, buyer: Buyer, town: TenderTown
    ) -> None:
        """KEEP, as the preset says: who bid before stands, who was about to reads them first."""
        folder = buyer.folder("GZ-2026-0312")
        told = buyer.publish(folder)
        early, late = (Desk(town.terminal(f"{when} bidder")) for when in ("early", "late"))
        for desk in (early, late):
            desk.terminal.json("tender", "fetch", told["tender"], desk.documents, *AT)
            desk.seal()
        short = told["tender"][2:14]
        submit = ("bid", "submit", "--direct")
        early.terminal.json(*sent((*submit, early.documents)))
        town.go(told["ends"]["submitEnd"] - 14 * DAY)
        write_file(folder / "补遗一.txt", "工期改为九十日。\n".encode())
        buyer.tenderer.json(*sent(("tender", "amend", folder, *AT, "--affects-bids")))
        assert early.terminal.json("bid", "status", short)["bid"]["state"] == "LIVE"
        refused = late.terminal.json(*sent((*submit, late.documents)), code=4)
        assert refused["error"] == "DocumentsOutdated"
        assert late.terminal.json("bid", "status", short)["bid"]["state"] == "NONE"
        late.terminal.json("tender", "fetch", told["tender"], late.documents, *AT)
        again = late.terminal.json(
            *sent(("bid", "submit", late.documents, late.folder, "--direct"))
        )
        assert again["version"] == 2
        assert late.terminal.json("bid", "status", short)["bid"]["state"] == "LIVE"
