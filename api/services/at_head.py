"""The projection's answers, kept as long as its head stands: facts change with blocks alone.

One question about the head replaces a dozen. Whatever is kept was read between two looks at the
same head, so that no answer mixes two states of the chain. Where a clock is given one look serves
for `HEAD_SECONDS`; an answer then names the head that it is of, and that head's own age.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from api.store.registry import Head, Registry
from ledger.authority import Agency, DocumentKey
from ledger.errors import Unavailable
from ledger.events import StatusChanged
from ledger.status_list import entry, place
from ledger.values import Address, AgencyId, KeyId, RecordType, Role, Status, Window
from ledger.verification.evidence import Query, Reading

MOST_KEPT: Final = 4096
"""Answers kept for one head; beyond it all are forgotten."""
HEAD_SECONDS: Final = 0.05
"""How long one look at the head serves: the most that an answer lags the projection (proposed)."""
_TRIES: Final = 5
_T = TypeVar("_T")
Key = tuple[Hashable, ...]


class ChainMoving(Unavailable):
    """The chain moved on at every attempt to read one state of it."""


class NotAtHand(Exception):
    """Not in memory, or the head may have moved since; whoever meets it asks the database."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A head and when it was asked for."""

    head: Head
    at: float


@dataclass(slots=True)
class _Kept:
    head: bytes
    answers: dict[Key, Any] = field(default_factory=dict)


class AtHead:
    """Answers as `Registry` does; may be used from several threads."""

    def __init__(self, registry: Registry, steady: Callable[[], float] | None = None) -> None:
        """Look at the head at every question; with `steady` once in `HEAD_SECONDS`."""
        self._registry = registry
        self._steady = steady
        self._kept = _Kept(b"")
        self._last: _Look | None = None

    @property
    def in_memory(self) -> "AtHead":
        """The answers at hand: the same ones, but `NotAtHand` where the database would be asked."""
        return _InMemory(self._registry, self)

    @property
    def is_recent(self) -> bool:
        """Whether the last look at the head still serves."""
        last = self._last
        if self._steady is None or last is None:
            return False
        return self._steady() - last.at < HEAD_SECONDS

    def look(self) -> Head:
        """Return the head as the database has it; raise `Unavailable` where it cannot say."""
        at = 0.0 if self._steady is None else self._steady()
        head = self._registry.head()
        self._last = _Look(head, at)
        return head

    def head(self) -> Head:
        """Return the head that answers are of; raise `Unavailable` where nobody can say."""
        return self._all({})[0]

    def kept(self, key: Key, load: Callable[[], _T]) -> _T:
        """Return what `load` reads, kept under `key` until the head moves."""
        return self._one(key, load)

    def ask(self, load: Callable[[], _T], /) -> _T:
        """Return what `load` reads, for what may change while the head stands."""
        return load()

    def agency(self, agency: AgencyId) -> Agency | None:
        """See `Registry`."""
        return self._one(("agency", agency), lambda: self._registry.agency(agency))

    def key(self, agency: AgencyId, key_id: KeyId) -> DocumentKey | None:
        """See `Registry`."""
        return self._one(("key", agency, key_id), lambda: self._registry.key(agency, key_id))

    def windows(self, agency: AgencyId, record_type: RecordType) -> tuple[Window, ...]:
        """See `Registry`."""
        key = ("windows", agency, record_type)
        return self._one(key, lambda: self._registry.windows(agency, record_type))

    def roles(self, account: Address) -> frozenset[tuple[bytes, Role]]:
        """See `Registry`."""
        return self._one(("roles", account), lambda: self._registry.roles(account))

    def status(self, agency: AgencyId, list_: int, index: int) -> Status:
        """See `Registry`."""
        word = place(index)[0]
        words = self._one(("words", agency, list_), lambda: self._registry.words(agency, list_))
        return entry(words.get(word, 0), index)

    def history(self, agency: AgencyId, list_: int, word: int) -> tuple[StatusChanged, ...]:
        """See `Registry`."""
        key = ("history", agency, list_, word)
        return self._one(key, lambda: self._registry.history(agency, list_, word))

    def reading(self, query: Query) -> Reading:
        """See `Registry`; documents of one batch, key and type share all but their status word."""
        shared = ("reading", query.agency, query.root, query.key_id, query.record_type)
        words = ("words", query.agency, query.list)
        head, answers = self._all(
            {
                shared: lambda: self._registry.reading(query),
                words: lambda: self._registry.words(query.agency, query.list),
            }
        )
        word = answers[words].get(query.word, 0)
        known: Reading = answers[shared]
        seen = (head.seen_at, head.finalized)
        if (known.status_word, known.read_at, known.finalized) == (word, *seen):
            return known
        known = replace(known, read_at=seen[0], finalized=seen[1], status_word=word)
        if not word:  # as with most documents: the next one finds it as it wants it
            answers[shared] = known
        return known

    def _one(self, key: Key, load: Callable[[], _T]) -> _T:
        answer: _T = self._all({key: load})[1][key]
        return answer

    def _all(self, wanted: Mapping[Key, Callable[[], Any]]) -> tuple[Head, dict[Key, Any]]:
        """Return answers and the one head they are of; raise `ChainMoving` if it never stands."""
        found = self.recall(wanted)
        if found is not None:
            return found
        for _ in range(_TRIES):
            head = self.look()
            answers = self._at(head).answers
            missing = {key: load() for key, load in wanted.items() if key not in answers}
            if not missing or self.look().hash == head.hash:
                answers.update(missing)
                return head, answers
        raise ChainMoving

    def recall(self, wanted: Iterable[Key]) -> tuple[Head, dict[Key, Any]] | None:
        """Return answers and their head where all are in memory and the last look serves."""
        last = self._last
        if last is None or not self.is_recent:
            return None
        answers = self._at(last.head).answers
        return (last.head, answers) if all(key in answers for key in wanted) else None

    def _at(self, head: Head) -> _Kept:
        kept = self._kept
        if kept.head != head.hash or len(kept.answers) >= MOST_KEPT:
            kept = self._kept = _Kept(head.hash)
        return kept


class _InMemory(AtHead):
    """What another one has in memory."""

    def __init__(self, registry: Registry, known: AtHead) -> None:
        super().__init__(registry)
        self._known = known

    def ask(self, _load: Callable[[], _T], /) -> _T:
        raise NotAtHand

    def _all(self, wanted: Mapping[Key, Callable[[], Any]]) -> tuple[Head, dict[Key, Any]]:
        found = self._known.recall(wanted)
        if found is None:
            raise NotAtHand
        return found
