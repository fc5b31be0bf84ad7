from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from api.services.at_head import AtHead, ChainMoving
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

    def head(self) -> Head:
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
