from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from api.services.at_head import HEAD_SECONDS, AtHead, ChainMoving, NotAtHand
from api.store.registry import Head, Registry
from ledger.values import (
    Address,
    AgencyId,
    AgencyStatus,
    KeyId,
    LedgerRef,
    RecordType,
    Role,
    Root,
    Status,
)
from ledger.verification.evidence import Query, Reading, Source

AGENCY = AgencyId(b"a" * 32)
CLERK = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
QUERY = Query(AGENCY, Root(b"r" * 32), KeyId(b"k" * 32), RecordType(b"t" * 32), 0, 7)


@dataclass
class FakeRegistry:
    """A projection that counts what it is asked, and may move at every question."""

    block: int = 1
    seen_at: int = 100
    words_now: dict[int, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_restless: bool = False
    looks: int = 0

    def head(self) -> Head:
        self.looks += 1
        return Head(self.block, self.block.to_bytes(32), 50, self.seen_at)

    def words(self, agency: AgencyId, list_: int) -> Mapping[int, int]:
        self._note(f"words {agency[:1].decode()} {list_}")
        return dict(self.words_now)

    def roles(self, account: Address) -> frozenset[tuple[bytes, Role]]:
        self._note(f"roles {account}")
        return frozenset({(AGENCY, Role.ISSUER)})

    def reading(self, query: Query) -> Reading:
        self._note(f"reading {query.word}")
        return Reading(
            source=Source.PROJECTION,
            ledger=LedgerRef(1, CLERK),
            block=self.block,
            block_time=50,
            read_at=self.seen_at,
            batch=None,
            agency=None,
            agency_status_then=AgencyStatus.UNKNOWN,
            key=None,
            accredited_then=False,
            status_word=self.words_now.get(query.word, 0),
        )

    def _note(self, question: str) -> None:
        self.asked.append(question)
        if self.is_restless:
            self.block += 1


def at_head(registry: FakeRegistry) -> AtHead:
    return AtHead(cast("Registry", registry))


def with_word(word: int) -> Query:
    values: dict[str, Any] = {name: getattr(QUERY, name) for name in Query.__slots__}
    return Query(**(values | {"word": word}))


class TestKeep:
    def test_asks_once_while_the_head_stands(self) -> None:
        registry = FakeRegistry()
        known = at_head(registry)
        assert [known.roles(CLERK) for _ in range(3)] == [{(AGENCY, Role.ISSUER)}] * 3
        assert registry.asked == [f"roles {CLERK}"]

    def test_asks_anew_when_it_moved_or_was_replaced(self) -> None:
        registry = FakeRegistry(words_now={0: 0})
        known = at_head(registry)
        assert known.status(AGENCY, 0, 1) is Status.VALID
        registry.words_now = {0: Status.REVOKED << 2}
        registry.block = 2
        assert known.status(AGENCY, 0, 1) is Status.REVOKED
        registry.words_now = {0: 0}
        registry.block = 1
        assert known.status(AGENCY, 0, 1) is Status.VALID

    def test_gives_up_on_a_chain_that_never_stands(self) -> None:
        registry = FakeRegistry(is_restless=True)
        with pytest.raises(ChainMoving):
            at_head(registry).roles(CLERK)

    def test_forgets_all_when_it_holds_too_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.services.at_head.MOST_KEPT", 2)
        registry = FakeRegistry()
        known = at_head(registry)
        for list_ in (0, 1, 2, 2):
            known.status(AGENCY, list_, 0)
        assert registry.asked == ["words a 0", "words a 1", "words a 2"]


class TestReading:
    def test_documents_of_one_batch_share_all_but_the_word(self) -> None:
        registry = FakeRegistry(words_now={7: 1, 8: 2})
        known = at_head(registry)
        read = [known.reading(with_word(word)).status_word for word in (7, 8, 9)]
        assert read == [1, 2, 0]
        assert registry.asked == ["reading 7", "words a 0"]

    def test_tells_when_the_head_was_last_confirmed(self) -> None:
        registry = FakeRegistry()
        known = at_head(registry)
        known.reading(QUERY)
        registry.seen_at = 200
        assert known.reading(QUERY).read_at == 200

    def test_equals_what_the_registry_reads(self) -> None:
        registry = FakeRegistry(words_now={7: 3})
        assert at_head(registry).reading(QUERY) == registry.reading(QUERY)


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class TestRecent:
    """With a clock one look serves for a while, and for no longer."""

    def test_one_look_serves_for_a_while(self) -> None:
        registry, clock = FakeRegistry(), Clock()
        known = AtHead(cast("Registry", registry), clock)
        known.roles(CLERK)
        looks = registry.looks
        clock.now += HEAD_SECONDS * 0.99
        known.roles(CLERK)
        assert registry.looks == looks
        clock.now += HEAD_SECONDS * 0.02
        known.roles(CLERK)
        assert registry.looks == looks + 1

    def test_a_slow_look_is_as_old_as_its_question(self) -> None:
        registry, clock = FakeRegistry(), Clock()
        known = AtHead(cast("Registry", registry), clock)
        registry_head = registry.head

        def slow() -> Head:
            clock.now += HEAD_SECONDS
            return registry_head()

        registry.head = slow  # type: ignore[method-assign]  # a database that takes its time
        known.look()
        assert not known.is_recent

    def test_names_the_head_that_the_answer_is_of(self) -> None:
        registry, clock = FakeRegistry(words_now={7: 0}), Clock()
        known = AtHead(cast("Registry", registry), clock)
        known.reading(QUERY)
        registry.block, registry.seen_at, registry.words_now = 2, 160, {7: 1}
        before = known.reading(QUERY)
        assert (before.block, before.read_at, before.status_word) == (1, 100, 0)
        clock.now += HEAD_SECONDS
        after = known.reading(QUERY)
        assert (after.block, after.read_at, after.status_word) == (2, 160, 1)

    def test_what_is_missing_is_read_at_one_head(self) -> None:
        registry, clock = FakeRegistry(), Clock()
        known = AtHead(cast("Registry", registry), clock)
        assert known.head().block == 1
        registry.block = 2
        assert known.reading(QUERY).block == 2  # not the look of before with facts of now
        assert known.head().block == 2

    def test_without_a_clock_no_look_serves_twice(self) -> None:
        registry = FakeRegistry()
        known = at_head(registry)
        known.look()
        assert not known.is_recent


class TestInMemory:
    def test_asks_nobody(self) -> None:
        registry, clock = FakeRegistry(words_now={7: 3}), Clock()
        known = AtHead(cast("Registry", registry), clock)
        at_hand = known.in_memory
        for refused in (
            at_hand.head,
            lambda: at_hand.reading(QUERY),
            lambda: at_hand.ask(lambda: 1),
            lambda: at_hand.kept(("one",), lambda: 1),
        ):
            with pytest.raises(NotAtHand):
                refused()
        assert (registry.looks, registry.asked) == (0, [])
        wanted = known.reading(QUERY), known.kept(("one",), lambda: 1), known.head()
        looks, asked = registry.looks, list(registry.asked)
        found = at_hand.reading(QUERY), at_hand.kept(("one",), lambda: 2), at_hand.head()
        assert found == wanted
        assert (registry.looks, registry.asked) == (looks, asked)
        clock.now += HEAD_SECONDS
        with pytest.raises(NotAtHand):
            at_hand.reading(QUERY)

    def test_every_document_gets_its_own_word(self) -> None:
        registry, clock = FakeRegistry(words_now={7: 1, 9: 2}), Clock()
        known = AtHead(cast("Registry", registry), clock)
        for word in (7, 8, 9, 8, 7):
            known.reading(with_word(word))
        words = [known.in_memory.reading(with_word(word)).status_word for word in (8, 7, 9, 8)]
        assert words == [0, 1, 2, 0]
