"""Whom a set of passes is about, as its sealed row says; it is the one place where that is kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ledger.health.passes import Mode, Recognition
from ledger.health.transfers import HealthTest, Person
from ledger.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Holder:
    """A person, and on which terms the authority issues passes to them until `ends`.

    `key` proves who asks for more passes, or takes a consent back; None on paper alone.
    """

    person: Person = field(repr=False)
    test: HealthTest | None = field(repr=False)
    key: PublicKey | None
    grade: int
    ends: int
    modes: Mode
    purposes: int
    uses: int
    recognition: Recognition | None
    is_bound: bool
    is_hinted: bool

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
                "modes": Mode(value["modes"]),
                "recognition": None if recognition is None else Recognition(**recognition),
            }
        )
