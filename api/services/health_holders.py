"""Whom a set of passes is about, as its sealed row says; it is the one place where that is kept."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from api.services.health_keys import HealthKeys
from api.store.health_holders import HolderRow, Turn
from api.store.health_passes import PassStore
from ledger.errors import Refused
from ledger.health.passes import Mode, Recognition
from ledger.health.transfers import HealthTest, Person
from ledger.health.uses import shares
from ledger.health.windows import Issuance
from ledger.keys import PublicKey
from ledger.values import AgencyId

ID_BYTES: Final = 16


class HolderUnknown(Refused):
    """Nobody of this name is kept here, or not any more."""


class UsesSpent(Refused):
    """All uses that the terms allow are on passes that were issued. Show those, or apply anew."""


class ConsentUnknown(Refused):
    """There is no such consent here, or not any more."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A person, and on which terms the authority issues passes to them until `ends`.

    `key` proves who asks for more passes, or takes a consent back; None on paper alone. Passes are
    issued no earlier than they may be `since`. All passes together carry `uses`, 0 for any number,
    of which `left` are on none yet.
    """

    person: Person = field(repr=False)
    test: HealthTest | None = field(repr=False)
    key: PublicKey | None
    grade: int
    since: int
    ends: int
    modes: Mode
    purposes: int
    uses: int
    left: int
    recognition: Recognition | None
    is_bound: bool
    is_hinted: bool
    issuance: Issuance

    def shares(self, count: int) -> list[int]:
        """Return the uses of each pass to be made for `count` keys, none for one on paper.

        All 0 where any number is allowed; fewer than `count` where fewer are left. A pass on paper,
        and passes of somebody without a key, are the last: nobody can ask for more. Raises
        `UsesSpent`.
        """
        if not self.uses:
            return [0] * max(count, 1)
        if not self.left:
            raise UsesSpent
        return shares(self.left, max(count, 1), is_last=self.key is None or not count)

    def given(self, count: int) -> "Holder":
        """Return the holder after passes were made for `count` keys; raise `UsesSpent`."""
        return replace(self, left=self.left - sum(self.shares(count)))

    def spelt(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            **asdict(self),
            "key": None if self.key is None else self.key.jwk(),
            "modes": int(self.modes),
        }

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> "Holder":
        """Return what `spelt` spelt."""
        test, key, recognition = value["test"], value["key"], value["recognition"]
        return cls(
            **{
                **value,
                "person": Person(**value["person"]),
                "test": None if test is None else HealthTest(**test),
                "key": None if key is None else PublicKey.from_jwk(key),
                # Before uses were counted together, each pass carried all of them.
                "left": value.get("left", 0),
                "modes": Mode(value["modes"]),
                "recognition": None if recognition is None else Recognition(**recognition),
                "issuance": Issuance(**value["issuance"]),
            }
        )


class Holders:
    """The sealed rows, opened for whoever holds the secret."""

    def __init__(
        self, store: PassStore, keys: HealthKeys, randomness: Callable[[int], bytes]
    ) -> None:
        self._store = store
        self._keys = keys
        self._randomness = randomness

    def row(self, agency: AgencyId, holder: Holder, erase_at: int) -> HolderRow:
        """Return a new row about a holder; raise `HealthKeyMissing`."""
        id_ = self._randomness(ID_BYTES)
        return HolderRow(id_, agency, self.seal(holder, id_), erase_at)

    def seal(self, holder: Holder, row: bytes) -> bytes:
        """Return the content of a holder's row."""
        return self._keys.seal_row(holder.spelt(), row)

    def turn(self, row: HolderRow, holder: Holder) -> Turn:
        """Return the turn of a request that read this row, after which it says `holder`."""
        return Turn(row, self.seal(holder, row.id))

    def get(self, name: bytes) -> tuple[HolderRow, Holder]:
        """Return a row and whom it is about; raise `HolderUnknown` or `HealthKeyMissing`."""
        row = self._store.holder(name)
        if row is None:
            raise HolderUnknown
        return row, Holder.read(self._keys.open_row(row.sealed, row.id))
