"""Keys that sign for an agency, as the ledger's events tell of them: were they good at a time?

As verification does it elsewhere: by usage, window, compromise and freeze (`DocumentKey.state_at`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from ledger.authority import DocumentKey
from ledger.events import (
    Event,
    KeyAnnounced,
    KeyCompromised,
    KeyFrozen,
    KeyRetired,
    KeyUnfrozen,
    Place,
)
from ledger.keys import PublicKey
from ledger.values import KeyState, KeyUsage

KEY_EVENTS = KeyAnnounced | KeyRetired | KeyFrozen | KeyUnfrozen | KeyCompromised
"""Everything that the ledger tells of a document key."""


@dataclass(frozen=True, slots=True)
class KeyStory:
    """A document key, the spells for which it was frozen, and where all that was told.

    A spell ends where it was told to, None while it lasts; times in Unix seconds.
    """

    key: DocumentKey
    places: tuple[Place, ...]
    frozen: tuple[tuple[int, int | None], ...] = ()

    def doubt_at(self, at: int, usage: KeyUsage = KeyUsage.DOCUMENTS) -> str:
        """Return why what it signed at a time is not to be believed; empty where it is."""
        if usage not in self.key.usage:
            return "usage"
        if any(since <= at and (until is None or at < until) for since, until in self.frozen):
            return "frozen"
        if self.key.frozen:
            return "frozen-now"
        state = self.key.state_at(at)
        return "" if state is KeyState.ACTIVE else state.name.lower()


def key_stories(happened: Iterable[Event], agencies: Collection[bytes]) -> Mapping[str, KeyStory]:
    """Return the keys of these agencies by `kid`, from events in chain order."""
    found: dict[bytes, KeyStory] = {}
    for event in happened:
        if not isinstance(event, KEY_EVENTS) or event.agency not in agencies:
            continue
        if isinstance(event, KeyAnnounced):
            found[event.key_id] = KeyStory(_announced(event), (event.place,))
        elif event.key_id in found:
            known = found[event.key_id]
            found[event.key_id] = replace(
                _changed(known, event), places=(*known.places, event.place)
            )
    return {each.key.public_key.kid: each for each in found.values()}


def _announced(event: KeyAnnounced) -> DocumentKey:
    return DocumentKey(
        PublicKey(event.x, event.y),
        KeyUsage(event.usage),
        event.place.block_time,
        event.sign_from,
        event.sign_until,
        event.verify_until,
    )


def _changed(
    known: KeyStory, event: KeyRetired | KeyFrozen | KeyUnfrozen | KeyCompromised
) -> KeyStory:
    at = event.place.block_time
    match event:
        case KeyRetired():
            return replace(known, key=replace(known.key, sign_until=event.sign_until))
        case KeyCompromised():
            return replace(known, key=replace(known.key, distrust_from=event.distrust_from))
        case KeyFrozen():
            key = replace(known.key, frozen=True)
            return replace(known, key=key, frozen=(*known.frozen, (at, None)))
        case KeyUnfrozen():
            spells = tuple((since, until or at) for since, until in known.frozen)
            return replace(known, key=replace(known.key, frozen=False), frozen=spells)
