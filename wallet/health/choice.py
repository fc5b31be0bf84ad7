"""Which pass is shown next: a new one each time, so that two gates cannot join what they saw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused
from ledger.health.passes import Mode
from wallet.health.passes import HeldPass

FEW: Final = 5
"""With fewer new passes left it is time to ask for more."""


@dataclass(eq=False)
class NoPassNow(Refused):
    """No pass here can be shown now. Get new ones: suizheng health convert, or refill."""

    mode: str


@dataclass(eq=False)
class SeveralHolders(Refused):
    """Passes of several keys could be shown. Name the key with --key, or the passes."""

    keys: str


@dataclass(eq=False)
class PassesNotOfOne(Refused):
    """Passes are shown together only when all are bound to one key. Show them one by one."""

    keys: str


def showable(held: Iterable[HeldPass], mode: Mode, at: int, key: str | None) -> list[HeldPass]:
    """Return the passes that may be shown that way now, in the order in which they are used up.

    New ones come first, those that end soonest in front; then the one shown longest ago. `key`
    None: of any holder key, which must be the same for all, else `SeveralHolders`.
    """
    found = [
        each
        for each in held
        if mode in each.content.modes
        and each.content.not_before <= at < each.content.expires_at
        and (key is None or each.key == key)
    ]
    names = {str(each.key) for each in found}
    if len(names) > 1:
        raise SeveralHolders(", ".join(sorted(names)))
    return sorted(found, key=_turn)


def next_of(found: Sequence[HeldPass], mode: Mode) -> HeldPass:
    """Return the pass whose turn it is; raise `NoPassNow` where there is none."""
    if not found:
        raise NoPassNow(str(mode.name).lower())
    return found[0]


def unseen(found: Iterable[HeldPass]) -> int:
    """Return how many were never shown."""
    return sum(each.shown_at is None for each in found)


def together(group: Sequence[HeldPass]) -> HeldPass:
    """Return the first of passes that one key shows at once; raise `PassesNotOfOne`."""
    names = {f"{each.key} {'' if each.salt is None else each.salt.hex()}" for each in group}
    if len(names) != 1:
        raise PassesNotOfOne(", ".join(sorted({str(each.key) for each in group})))
    return group[0]


def _turn(held: HeldPass) -> tuple[bool, int, bytes]:
    is_new = held.shown_at is None
    return not is_new, held.content.expires_at if is_new else held.shown_at or 0, held.encoded
