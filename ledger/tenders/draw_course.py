"""A lot's draw of experts as the ledger tells it: round by round, in the one order that proves it.

First the setting, then the keys, then the deals, then the secrets: each was fixed before anybody
could know what the next would make of it. The contract refuses every other order; whoever has the
events alone holds them against it again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger.secp256k1 import AccountKeyInvalid, address_of, private_key
from ledger.tenders.contract_errors import SecretForeign
from ledger.tenders.draw import DrawMalformed
from ledger.tenders.events import (
    CommitteeCommitted,
    DrawBegun,
    DrawDealt,
    DrawEvent,
    DrawJoined,
    DrawRevealed,
    DrawState,
    TenderEvent,
)
from ledger.values import Address

_ORDER: Final = "order"


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a lot's draw; what has not happened is None, or missing."""

    begun: DrawBegun
    joined: DrawJoined | None = None
    dealt: DrawDealt | None = None
    revealed: tuple[DrawRevealed, ...] = ()

    @property
    def number(self) -> int:
        """Which round of its lot it is, from 1."""
        return self.begun.round

    @property
    def part(self) -> int:
        """The part whose committee is drawn."""
        return self.begun.part

    @property
    def keys(self) -> tuple[Address, ...]:
        """The drawers' addresses in their order; empty until they joined."""
        return () if self.joined is None else self.joined.keys

    @property
    def secrets(self) -> dict[Address, bytes]:
        """What was posted so far, by key."""
        return {each.key: each.secret for each in self.revealed}

    @property
    def state(self) -> DrawState:
        """How far it came."""
        if self.joined is None:
            return DrawState.BEGUN
        if self.dealt is None:
            return DrawState.JOINED
        is_over = len(self.revealed) == len(self.keys)
        return DrawState.REVEALED if is_over else DrawState.DEALT


def rounds_of(happened: Iterable[TenderEvent]) -> dict[int, tuple[Round, ...]]:
    """Return every lot's rounds, the first one first, from a tender's events in chain order.

    Raises:
        DrawMalformed: for events in an order that the ledger refuses, and for a drawer's key that
            was one before.
        SecretForeign: for a secret that is not its key's, or a key that did not join its round.
    """
    course = _Course()
    for event in happened:
        if isinstance(event, CommitteeCommitted):
            course.seated.add((event.lot, event.part))
        elif isinstance(event, DrawEvent):
            course.add(event)
    return {lot: tuple(rounds) for lot, rounds in course.rounds.items()}


def dealt_last(rounds: Sequence[Round]) -> Round | None:
    """Return the round that counts, which is the last that was dealt; None where none was.

    What was begun and not dealt could not be drawn, and was given up for the next.
    """
    return next((each for each in reversed(rounds) if each.dealt is not None), None)


class _Course:
    def __init__(self) -> None:
        self.rounds: dict[int, list[Round]] = defaultdict(list)
        self.seated: set[tuple[int, int]] = set()
        self._keys: set[Address] = set()

    def add(self, event: DrawEvent) -> None:
        if isinstance(event, DrawBegun):
            self._begin(event)
            return
        rounds = self.rounds[event.lot]
        _require(bool(rounds) and rounds[-1].number == event.round)
        last = rounds[-1]
        self._require_no_committee(event.lot, last.part)
        rounds[-1] = replace(last, **self._change(last, event))

    def _begin(self, event: DrawBegun) -> None:
        self._require_no_committee(event.lot, event.part)
        rounds = self.rounds[event.lot]
        _require(event.round == len(rounds) + 1)
        _require(not rounds or rounds[-1].dealt is None or rounds[-1].part < event.part)
        rounds.append(Round(event))

    def _change(self, last: Round, event: DrawEvent) -> dict[str, Any]:
        if isinstance(event, DrawJoined):
            _require(last.state is DrawState.BEGUN)
            if len(set(event.keys)) != len(event.keys) or self._keys & set(event.keys):
                raise DrawMalformed("keys")
            self._keys |= set(event.keys)
            return {"joined": event}
        if isinstance(event, DrawDealt):
            _require(last.state is DrawState.JOINED)
            return {"dealt": event}
        assert isinstance(event, DrawRevealed)  # there is no other
        _require(last.state is DrawState.DEALT)
        if event.key not in last.keys or event.key in last.secrets or not _is_secret_of(event):
            raise SecretForeign(event.key)
        return {"revealed": (*last.revealed, event)}

    def _require_no_committee(self, lot: int, part: int) -> None:
        _require((lot, part) not in self.seated)


def _require(is_so: bool) -> None:  # noqa: FBT001  # it is what is asked
    if not is_so:
        raise DrawMalformed(_ORDER)


def _is_secret_of(event: DrawRevealed) -> bool:
    try:
        return address_of(private_key(event.secret).public_key) == event.key
    except AccountKeyInvalid:
        return False
