from collections.abc import Callable

import pytest

from api.services.dispatch import Dispatch
from api.services.issuers import Issuers, KeyRing, SigningKeyMissing
from api.services.key_folder import KeyFolder
from api.services.lists import REFRESH_SECONDS, ListSigning, StatusLists
from api.store.indices import IndexStore
from api.store.lists import ListStore, ListTokenUnknown, TokenRow
from api.store.packs import PackStore
from api.store.projection import SqlProjection
from api.store.registry import Registry
from ledger.finality import FINALIZED
from ledger.licences.issuance import Predecessor
from ledger.list_tokens import parse_list
from ledger.values import Status
from tests.support.licences import AGENCY
from tests.support.office import BASE_URL, Office


def newest(office: Office) -> TokenRow:
    return StatusLists(ListStore(office.parts.database)).token(AGENCY.id, 0)


def signing(office: Office, keys: KeyRing, clock: Callable[[], int]) -> ListSigning:
    database, ledger = office.parts.database, office.standing.deployment.ledger
    registry = Registry(database, ledger)
    return ListSigning(
        tokens=ListStore(database),
        indices=IndexStore(database),
        registry=registry,
        signers=Issuers(registry, keys, BASE_URL, clock),
        ledger=ledger,
        base_url=BASE_URL,
        clock=clock,
    )


class TestListSigning:
    def test_signs_a_list_from_its_first_licence_on(self, small: Office) -> None:
        with pytest.raises(ListTokenUnknown):
            newest(small)
        small.issue()
        small.work()
        assert newest(small).saw_change

    def test_signs_anew_after_a_quarter_of_an_hour_and_not_before(self, small: Office) -> None:
        small.issue()
        small.work()
        first = newest(small)
        small.parts.ahead = REFRESH_SECONDS - 10
        small.work()
        assert newest(small) == first
        small.parts.ahead = REFRESH_SECONDS + 10
        small.work()
        second = newest(small)
        assert second.issued_at >= first.issued_at + REFRESH_SECONDS
        assert not second.saw_change

    def test_signs_once_a_second_at_most(self, small: Office) -> None:
        (row,) = small.issue()
        small.work()
        moment = newest(small).issued_at
        small.change(row, Status.SUSPENDED, 101)
        small.only("dispatch", "sending", "projection")
        made = signing(small, small.parts.keys, lambda: moment)
        assert made.step() == 0
        assert parse_list(newest(small).token).status(row.index) is Status.VALID
        assert made.step(flush=True) == 1
        assert newest(small).issued_at == moment
        assert parse_list(newest(small).token).status(row.index) is Status.SUSPENDED

    def test_names_block_and_words_that_anyone_can_recompute(self, small: Office) -> None:
        rows = small.issue(3)
        small.work()
        small.change(rows[1], Status.REVOKED, 330)
        small.work()
        token = parse_list(newest(small).token)
        assert token.chain is not None
        assert (token.chain.ledger, token.chain.agency) == (
            small.standing.deployment.ledger,
            AGENCY.id,
        )
        assert token.chain.block_hash == small.parts.registry.block_hash(token.chain.block)
        assert [token.status(row.index) for row in rows] == [
            Status.VALID,
            Status.REVOKED,
            Status.VALID,
        ]

    def test_says_when_no_key_is_at_hand(self, small: Office) -> None:
        small.issue()
        none = KeyFolder(small.settings.keys, None)
        with pytest.raises(SigningKeyMissing):
            signing(small, none, small.parts.clock).step()


class TestDispatch:
    def test_supersedes_only_when_the_chain_calls_the_successor_final(self, small: Office) -> None:
        (old,) = small.issue()
        small.work()
        small.issue(predecessor=Predecessor(old.digest, 401))
        projection, clock = SqlProjection(small.parts.database), small.parts.clock
        dispatch = Dispatch(
            packs=PackStore(small.parts.database),
            registry=small.parts.registry,
            intents=small.parts.intents,
            clock=clock,
            confirmations=FINALIZED,
        )
        small.only("anchoring", "supersession", "sending", "projection")
        block = small.parts.registry.head().block
        for finalized in (None, block - 1):
            projection.seen(clock(), finalized)
            assert dispatch.step() == 0
        projection.seen(clock(), block)
        assert dispatch.step() == 1

    def test_supersedes_only_when_the_successor_is_deep_enough(self, small: Office) -> None:
        (old,) = small.issue()
        small.work()
        small.issue(predecessor=Predecessor(old.digest, 401))
        dispatch = Dispatch(
            packs=PackStore(small.parts.database),
            registry=small.parts.registry,
            intents=small.parts.intents,
            clock=small.parts.clock,
            confirmations=3,
        )
        small.only("anchoring", "supersession")
        assert dispatch.step() == 0  # in a batch, not on chain
        small.only("sending", "projection")
        assert dispatch.step() == 0  # on chain, one deep
        small.standing.node.call("anvil_mine", 1)
        small.only("projection")
        assert dispatch.step() == 0
        small.standing.node.call("anvil_mine", 1)
        small.only("projection")
        assert dispatch.step() == 1
        assert dispatch.step() == 0
