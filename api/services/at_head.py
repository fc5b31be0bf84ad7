"""The projection's answers, kept as long as its head stands: facts change with blocks alone.

One question about the head replaces a dozen. Whatever is kept was read between two looks at the
same head, so that no answer mixes two states of the chain.
"""

from collections.abc import Callable, Hashable, Mapping
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
_TRIES: Final = 5
_T = TypeVar("_T")
_Key = tuple[Hashable, ...]


class ChainMoving(Unavailable):
    """The chain moved on at every attempt to read one state of it."""


@dataclass(slots=True)
class _Kept:
    head: bytes
    answers: dict[_Key, Any] = field(default_factory=dict)


class AtHead:
    """Answers as `Registry` does; may be used from several threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._kept = _Kept(b"")

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
        reading: Reading = replace(answers[shared], read_at=head.seen_at, status_word=word)
        return reading

    def _one(self, key: _Key, load: Callable[[], _T]) -> _T:
        answer: _T = self._all({key: load})[1][key]
        return answer

    def _all(self, wanted: Mapping[_Key, Callable[[], Any]]) -> tuple[Head, Mapping[_Key, Any]]:
        """Return answers and the one head they are of; raise `ChainMoving` if it never stands."""
        for _ in range(_TRIES):
            head = self._registry.head()
            answers = self._at(head).answers
            missing = {key: load() for key, load in wanted.items() if key not in answers}
            if not missing or self._registry.head().hash == head.hash:
                answers.update(missing)
                return head, answers
        raise ChainMoving

    def _at(self, head: Head) -> _Kept:
        kept = self._kept
        if kept.head != head.hash or len(kept.answers) >= MOST_KEPT:
            kept = self._kept = _Kept(head.hash)
        return kept
