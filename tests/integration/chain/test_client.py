"""One suite over the client of a real node and over its stand-in in memory."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any, Protocol

import orjson
import pytest

from ledger.authority import Agency
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.calls import KeyWindow
from ledger.chain.client import LedgerClient
from ledger.chain.follower import Follower
from ledger.chain.rpc import Node
from ledger.chain.transport import Transport
from ledger.errors import (
    AgencyNotActive,
    BatchEmpty,
    ChainUnavailable,
    EffectiveFromBeginning,
    EffectiveInFuture,
    KeyUnknown,
    ReasonOutsideClass,
    RoleMissing,
    RootAlreadyAnchored,
    RootEmpty,
    StatusFinal,
    StatusTransitionIllegal,
    UntilWithoutSuspension,
    WrongNetwork,
)
from ledger.keys import PrivateKey
from ledger.projection import Projection
from ledger.status_list import WORDS, StatusList
from ledger.typed_data import StatusOrder, cosign
from ledger.values import (
    OPEN_END,
    Address,
    AgencyStatus,
    KeyId,
    KeyUsage,
    RecordKind,
    Role,
    Status,
    WordChange,
    agency_id,
    jurisdiction_id,
)
from ledger.verification.evidence import Query, Reading, Source, Unreachable
from tests.support.anvil import anvil
from tests.support.fake_chain import FakeChain
from tests.support.fake_projection import FakeProjection
from tests.support.standing import (
    CODE,
    JURISDICTION,
    NAME,
    RECORD_TYPE,
    Standing,
    root,
    stand_up,
)

NOW = 1_234
AGENCY = agency_id(JURISDICTION, CODE)
NOBODY = agency_id(JURISDICTION, "NOBODY")
KEY = PrivateKey.from_secret(bytes(31) + b"\7").public_key
FAR = 4_000_000_000
QUERY = Query(AGENCY, root(1), KEY.key_id, RECORD_TYPE, 0, 3)


class Ledger(Protocol):
    """A ledger with one agency; `office` is its ISSUER and REGISTRAR, `council` everything else."""

    client: LedgerClient | FakeChain
    office: Address
    council: Address

    def anchor(self, number: int, *, size: int = 3) -> None: ...
    def change(self, order: StatusOrder, *, by_council: bool = False) -> None: ...
    def announce(self) -> None: ...
    def freeze(self, key: KeyId) -> None: ...
    def compromise(self, distrust_from: int) -> None: ...
    def suspend_agency(self) -> None: ...
    def follow(self, projection: Projection) -> None: ...
    def drop(self, blocks: int) -> None: ...
    def stop(self) -> None: ...


class Real:
    """The contracts on a node."""

    def __init__(self, standing: Standing) -> None:
        self._at = standing
        self.client: LedgerClient | FakeChain = standing.client
        self.office, self.council = standing.office.address, standing.council.address

    def anchor(self, number: int, *, size: int = 3) -> None:
        kind = RecordKind.LICENCE
        call = calls.anchor(self._at.deployment, AGENCY, kind, root(number), size)
        self._at.send(call, self._at.office)

    def change(self, order: StatusOrder, *, by_council: bool = False) -> None:
        account = self._at.council if by_council else self._at.office
        self._at.send(calls.change_status(self._at.deployment, order), account)

    def announce(self) -> None:
        window = KeyWindow(0, FAR, FAR)
        usage = KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS
        self._at.send(calls.announce_key(self._at.deployment, AGENCY, KEY, usage, window))

    def freeze(self, key: KeyId) -> None:
        self._at.send(calls.freeze_key(self._at.deployment, AGENCY, key))

    def compromise(self, distrust_from: int) -> None:
        call = calls.report_key_compromised(self._at.deployment, AGENCY, KEY.key_id, distrust_from)
        self._at.send(call)

    def suspend_agency(self) -> None:
        status = AgencyStatus.SUSPENDED
        self._at.send(calls.set_agency_status(self._at.deployment, AGENCY, status))

    def follow(self, projection: Projection) -> None:
        Follower(self._at.node, self._at.deployment, projection).catch_up()

    def drop(self, blocks: int) -> None:
        self._at.node.call("anvil_reorg", blocks, [])

    def stop(self) -> None:
        os.kill(self._at.anvil.pid, signal.SIGKILL)


class Fake:
    """The stand-in."""

    def __init__(self) -> None:
        self.chain = FakeChain()
        self.client: LedgerClient | FakeChain = self.chain
        self.office, self.council = Account(b"\1" * 32).address, Account(b"\2" * 32).address
        self.chain.admit_jurisdiction(JURISDICTION, self.council)
        self.chain.admit_agency(JURISDICTION, CODE, NAME, self.council)
        self.chain.accredit(AGENCY, RECORD_TYPE)
        self.chain.grant_role(AGENCY, Role.ISSUER, self.office)
        self.chain.grant_role(AGENCY, Role.REGISTRAR, self.office)

    def anchor(self, number: int, *, size: int = 3) -> None:
        self.chain.anchor(AGENCY, RecordKind.LICENCE, root(number), size, self.office)

    def change(self, order: StatusOrder, *, by_council: bool = False) -> None:
        self.chain.change_status(order, self.council if by_council else self.office)

    def announce(self) -> None:
        usage = KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS
        self.chain.announce_key(AGENCY, KEY, usage, FAR, FAR)

    def freeze(self, key: KeyId) -> None:
        self.chain.freeze_key(AGENCY, key)

    def compromise(self, distrust_from: int) -> None:
        self.chain.report_key_compromised(AGENCY, KEY.key_id, distrust_from)

    def suspend_agency(self) -> None:
        self.chain.set_agency_status(AGENCY, AgencyStatus.SUSPENDED)

    def follow(self, projection: Projection) -> None:
        self.chain.follow(projection)

    def drop(self, blocks: int) -> None:
        self.chain.drop(blocks)

    def stop(self) -> None:
        self.chain.down = "no node answers"


@pytest.fixture(params=["node", "memory"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if request.param == "memory":
        yield Fake()
        return
    with anvil() as node:
        standing = stand_up(node)
        with closing(standing.node):
            yield Real(standing)


def order(status: Status, reason: int, **terms: int) -> StatusOrder:
    changes = (WordChange(3, 3 << 4),)
    effective_at, until = terms.get("effective_at", 1), terms.get("until", 0)
    return StatusOrder(AGENCY, 0, changes, status, reason, effective_at, until)


def word(status: Status) -> int:
    return int(status) << 4


def read(ledger: Ledger, query: Query = QUERY) -> Reading:
    return ledger.client.read(query, now=NOW)


class TestRead:
    def test_everything_that_one_verification_needs(self, ledger: Ledger) -> None:
        ledger.announce()
        ledger.anchor(1)
        head = ledger.client.head()
        reading = read(ledger)
        assert (reading.source, reading.read_at) == (Source.NODE, NOW)
        assert (reading.block, reading.block_time) == (head.block, head.time)
        assert reading.batch is not None
        assert (reading.batch.block, reading.batch.anchored_at) == (head.block, head.time)
        assert (reading.batch.size, reading.batch.kind) == (3, RecordKind.LICENCE)
        assert reading.agency == Agency(AGENCY, JURISDICTION, CODE, NAME, AgencyStatus.ACTIVE)
        assert reading.agency_status_then is AgencyStatus.ACTIVE
        assert reading.key is not None
        assert reading.key.public_key == KEY
        assert reading.key.usage == KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS
        assert reading.accredited_then
        assert reading.status_word == 0

    def test_what_is_not_there_is_none(self, ledger: Ledger) -> None:
        ledger.anchor(1)
        reading = read(ledger, Query(NOBODY, None, KeyId(bytes(32)), RECORD_TYPE, 0, 0))
        assert (reading.batch, reading.agency, reading.key) == (None, None, None)
        assert reading.agency_status_then is AgencyStatus.UNKNOWN
        assert not reading.accredited_then

    def test_the_root_of_another_agency_is_not_this_ones(self, ledger: Ledger) -> None:
        ledger.anchor(1)
        assert read(ledger, replace(QUERY, agency=NOBODY)).batch is None

    def test_facts_then_are_those_of_the_anchor(self, ledger: Ledger) -> None:
        ledger.anchor(1)
        head = ledger.client.head()
        while ledger.client.head().time == head.time:  # anvil's blocks may share a second
            ledger.anchor(ledger.client.head().block + 100)
        ledger.suspend_agency()
        reading = read(ledger)
        assert reading.agency is not None
        assert reading.agency.status is AgencyStatus.SUSPENDED
        assert reading.agency_status_then is AgencyStatus.ACTIVE

    @pytest.mark.parametrize(
        ("list_", "word_"), [(0, WORDS), (0, 2**16), (2**32, 0), (-1, 0), (0, -1)]
    )
    def test_a_place_outside_every_list_says_nothing(
        self, ledger: Ledger, list_: int, word_: int
    ) -> None:
        ledger.anchor(1)
        reading = read(ledger, replace(QUERY, list=list_, word=word_))
        assert reading.status_word is None
        assert reading.batch is not None

    def test_no_node_is_an_outage(self, ledger: Ledger) -> None:
        ledger.stop()
        with pytest.raises(ChainUnavailable):
            read(ledger)


class TestEvidence:
    def test_a_clean_word_needs_no_history(self, ledger: Ledger) -> None:
        evidence = ledger.client.evidence(QUERY, None, now=NOW)
        assert isinstance(evidence.reading, Reading)
        assert evidence.history is None

    def test_a_clean_word_has_one_for_the_past(self, ledger: Ledger) -> None:
        ledger.change(order(Status.SUSPENDED, 101))
        ledger.change(order(Status.VALID, 201))
        assert ledger.client.evidence(QUERY, None, now=NOW).history is None
        evidence = ledger.client.evidence(QUERY, None, now=NOW, past=True)
        assert evidence.history is not None
        assert [event.reason for event in evidence.history] == [101, 201]

    def test_a_touched_word_comes_with_its_history(self, ledger: Ledger) -> None:
        ledger.change(order(Status.REVOKED, 331))
        evidence = ledger.client.evidence(QUERY, None, now=NOW)
        assert isinstance(evidence.reading, Reading)
        assert evidence.reading.status_word == word(Status.REVOKED)
        assert evidence.history is not None
        assert [event.reason for event in evidence.history] == [331]

    def test_no_node_is_told_and_not_raised(self, ledger: Ledger) -> None:
        ledger.stop()
        evidence = ledger.client.evidence(QUERY, None, now=NOW)
        assert isinstance(evidence.reading, Unreachable)


class TestAnchor:
    def test_is_found_under_its_root(self, ledger: Ledger) -> None:
        ledger.anchor(1)
        batch = ledger.client.batch(AGENCY, root(1))
        assert batch is not None
        assert batch.block == ledger.client.head().block
        assert ledger.client.batch(AGENCY, root(2)) is None

    def test_twice_is_refused_with_the_first_time(self, ledger: Ledger) -> None:
        ledger.anchor(1)
        first = ledger.client.head()
        with pytest.raises(RootAlreadyAnchored) as refused:
            ledger.anchor(1)
        assert refused.value.values() == {"root": root(1), "anchored_at": first.time}
        assert ledger.client.head() == first

    def test_nothing_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(RootEmpty):
            ledger.anchor(0)
        with pytest.raises(BatchEmpty):
            ledger.anchor(1, size=0)

    def test_a_suspended_agency_is_refused(self, ledger: Ledger) -> None:
        ledger.suspend_agency()
        with pytest.raises(AgencyNotActive) as refused:
            ledger.anchor(1)
        assert refused.value.status == AgencyStatus.SUSPENDED


class TestChangeStatus:
    def test_sets_the_entries_and_tells_why(self, ledger: Ledger) -> None:
        ledger.change(order(Status.SUSPENDED, 102, effective_at=77, until=88))
        assert read(ledger).status_word == word(Status.SUSPENDED)
        (event,) = ledger.client.history(AGENCY, 0, 3)
        assert (event.status, event.reason) == (Status.SUSPENDED, 102)
        assert (event.effective_at, event.until) == (77, 88)
        assert (event.word, event.mask) == (3, 3 << 4)
        head = ledger.client.head()
        assert (event.place.block, event.place.block_hash) == (head.block, head.hash)
        assert event.place.block_time == head.time
        assert ledger.client.history(AGENCY, 0, 4) == ()
        assert ledger.client.history(AGENCY, 1, 3) == ()
        assert ledger.client.history(AGENCY, 0, 3, head.block + 1) == ()

    def test_goes_there_and_back(self, ledger: Ledger) -> None:
        ledger.change(order(Status.SUSPENDED, 101))
        ledger.change(order(Status.VALID, 201))
        ledger.change(order(Status.SUPERSEDED, 401))
        assert read(ledger).status_word == word(Status.SUPERSEDED)
        reasons = [event.reason for event in ledger.client.history(AGENCY, 0, 3)]
        assert reasons == [101, 201, 401]

    def test_all_words_make_the_list(self, ledger: Ledger) -> None:
        ledger.change(order(Status.REVOKED, 331))
        words = ledger.client.status_words(AGENCY, 0)
        expected = StatusList.empty().with_status([3 * 128 + 2], Status.REVOKED)
        assert StatusList.from_words(words).to_bytes() == expected.to_bytes()

    def test_revoked_is_final(self, ledger: Ledger) -> None:
        ledger.change(order(Status.REVOKED, 331))
        with pytest.raises(StatusFinal) as refused:
            ledger.change(order(Status.VALID, 201))
        assert refused.value.word == 3

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            (order(Status.VALID, 201), StatusTransitionIllegal),
            (order(Status.REVOKED, 101), ReasonOutsideClass),
            (order(Status.REVOKED, 999), ReasonOutsideClass),
            (order(Status.REVOKED, 331, effective_at=FAR), EffectiveInFuture),
            (order(Status.REVOKED, 331, effective_at=0), EffectiveFromBeginning),
            (order(Status.REVOKED, 331, until=9), UntilWithoutSuspension),
        ],
    )
    def test_what_is_unlawful_is_refused_by_name(
        self, ledger: Ledger, wrong: StatusOrder, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            ledger.change(wrong)
        assert read(ledger).status_word == 0

    def test_a_supervisor_suspends_and_never_revokes(self, ledger: Ledger) -> None:
        ledger.change(order(Status.SUSPENDED, 101), by_council=True)
        with pytest.raises(RoleMissing) as refused:
            ledger.change(order(Status.REVOKED, 331), by_council=True)
        assert refused.value.values() == {
            "subject": AGENCY,
            "role": Role.REGISTRAR,
            "account": ledger.council,
        }


class TestAuthority:
    def test_roles(self, ledger: Ledger) -> None:
        assert ledger.client.roles(AGENCY, ledger.office) == {Role.ISSUER, Role.REGISTRAR}
        assert ledger.client.roles(AGENCY, ledger.council) == {Role.ADMIN, Role.SUPERVISOR}
        assert ledger.client.roles(NOBODY, ledger.office) == frozenset()
        jurisdiction = jurisdiction_id(JURISDICTION)
        assert ledger.client.holds_role(jurisdiction, Role.SUPERVISOR, ledger.council)
        assert not ledger.client.holds_role(jurisdiction, Role.SUPERVISOR, ledger.office)

    def test_agency_and_jurisdiction(self, ledger: Ledger) -> None:
        found = ledger.client.agency(AGENCY)
        assert found == Agency(AGENCY, JURISDICTION, CODE, NAME, AgencyStatus.ACTIVE)
        assert ledger.client.agency(NOBODY) is None
        assert ledger.client.jurisdiction(jurisdiction_id(JURISDICTION)) == JURISDICTION
        assert ledger.client.jurisdiction(jurisdiction_id("XX")) is None

    def test_key(self, ledger: Ledger) -> None:
        assert ledger.client.key(AGENCY, KEY.key_id) is None
        ledger.announce()
        announced = ledger.client.head().time
        key = ledger.client.key(AGENCY, KEY.key_id)
        assert key is not None
        assert (key.announced_at, key.sign_from) == (announced, announced)
        assert (key.sign_until, key.verify_until) == (FAR, FAR)
        assert (key.distrust_from, key.frozen) == (0, False)

    def test_frozen_and_compromised_keys(self, ledger: Ledger) -> None:
        ledger.announce()
        announced = ledger.client.head().time
        ledger.freeze(KEY.key_id)
        ledger.compromise(announced)
        key = ledger.client.key(AGENCY, KEY.key_id)
        assert key is not None
        assert (key.frozen, key.distrust_from) == (True, announced)
        with pytest.raises(KeyUnknown):
            ledger.freeze(KeyId(bytes(32)))

    def test_accreditations(self, ledger: Ledger) -> None:
        (window,) = ledger.client.accreditations(AGENCY, RECORD_TYPE)
        assert window.end == OPEN_END
        assert window.start <= ledger.client.head().time
        assert ledger.client.accreditations(NOBODY, RECORD_TYPE) == ()


class TestDrop:
    def test_takes_back_what_the_blocks_held(self, ledger: Ledger) -> None:
        ledger.anchor(1)
        ledger.anchor(2)
        before = ledger.client.head()
        ledger.drop(1)
        assert ledger.client.batch(AGENCY, root(1)) is not None
        assert ledger.client.batch(AGENCY, root(2)) is None
        after = ledger.client.head()
        assert after.block == before.block
        assert after.hash != before.hash
        ledger.anchor(2)
        assert ledger.client.batch(AGENCY, root(2)) is not None

    def test_a_projection_that_lived_through_it_equals_a_fresh_one(self, ledger: Ledger) -> None:
        lived, fresh = FakeProjection(), FakeProjection()
        ledger.anchor(1)
        ledger.anchor(2)
        ledger.follow(lived)
        ledger.drop(2)
        ledger.anchor(2)
        ledger.follow(lived)
        ledger.follow(fresh)
        assert lived.in_order() == fresh.in_order()
        assert lived.cursor() == fresh.cursor()
        assert lived.rollbacks


class TestNodeAlone:
    """What the stand-in leaves to the contracts."""

    def test_a_verification_of_an_unchanged_word_is_one_call(
        self, standing: Standing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[Any] = []
        post = Transport.post

        def counted(transport: Transport, body: bytes) -> bytes:
            asked.append(orjson.loads(body))
            return post(transport, body)

        monkeypatch.setattr(Transport, "post", counted)
        with closing(Node([standing.anvil.url])) as node:
            client = LedgerClient(node, standing.deployment)
            client.read(QUERY, now=NOW)
            assert asked.pop(0)["method"] == "eth_chainId"  # of every new connection
            asked.clear()
            evidence = client.evidence(QUERY, None, now=NOW)
            assert isinstance(evidence.reading, Reading)
            assert evidence.reading.status_word == 0
            assert [request["method"] for request in asked] == ["eth_call"]
            Real(standing).change(order(Status.SUSPENDED, 101))
            asked.clear()
            client.evidence(QUERY, None, now=NOW)
            assert len(asked) > 1  # the history comes on top, so the count above could fail

    def test_another_chain_id_is_refused(self, standing: Standing) -> None:
        elsewhere = replace(standing.deployment, chain_id=5)
        client = LedgerClient(standing.node, elsewhere)
        with pytest.raises(WrongNetwork):
            client.read(QUERY, now=NOW)
        assert isinstance(client.evidence(QUERY, None, now=NOW).reading, Unreachable)

    def test_a_contract_that_is_not_there_is_an_outage(self, standing: Standing) -> None:
        nowhere = replace(standing.deployment, lens=standing.office.address)
        with pytest.raises(ChainUnavailable):
            LedgerClient(standing.node, nowhere).read(QUERY, now=NOW)

    def test_four_eyes(self, standing: Standing) -> None:
        at = standing.deployment
        approver = Account(b"\3" * 32)
        standing.send(calls.grant_role(at, AGENCY, Role.APPROVER, approver.address))
        annul = order(Status.REVOKED, 310, effective_at=0)
        signed = cosign(at.ledger, annul, 5, FAR, approver.private_key)
        standing.send(calls.change_status_cosigned(at, annul, signed), standing.office)
        client = standing.client
        assert client.read(QUERY, now=NOW).status_word == word(Status.REVOKED)
        assert client.uncosigned_revocations(AGENCY, client.head().time) == 0

    def test_revocations_are_counted(self, standing: Standing) -> None:
        call = calls.change_status(standing.deployment, order(Status.REVOKED, 331))
        standing.send(call, standing.office)
        client = standing.client
        assert client.uncosigned_revocations(AGENCY, client.head().time) == 1

    def test_several_threads_share_one_client(self, standing: Standing) -> None:
        standing.send(standing.anchor(1), standing.office)
        client = standing.client

        def ask(_: int) -> bool:
            return client.read(QUERY, now=NOW).batch is not None

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(ask, range(40)))
