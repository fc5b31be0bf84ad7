"""Succession: what the licence that takes another's place may say otherwise, by the reason.

延续 401 prolongs the term and leaves the rest; 变更 402 changes particulars and leaves the term;
补发 403 and 换发 406 repeat both on a new document; 转入 404 and 更正 405 are free in both
(行政许可法 arts. 49, 50). The holder is the same in all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.errors import Refused
from ledger.licences.catalogue import LicenceType
from ledger.licences.dates import chosen_days, validity
from ledger.licences.fields import supplied_names

RENEWED: Final = 401
_NEW_PARTICULARS: Final = frozenset({402, 405})
_SAME_PARTICULARS: Final = frozenset({401, 403, 406})
_SAME_TERM: Final = frozenset({402, 403, 406})
_OF_THE_DOCUMENT: Final = frozenset(
    {"issue_date", "valid_from", "valid_until", "signer", "signed_at", "predecessor_id"}
)
"""What belongs to the paper and its term, not to what is permitted to whom."""
_DERIVED: Final = frozenset({"holder_code_kind", "holder_code_type"})
"""What issuing fills in from the holder's code, which is the same."""
ESCAPED: Final = frozenset({101, 102})
"""Suspensions that a successor would escape: a penalty, an investigation. Others ask for one (104,
105) or are the holder's own wish (103)."""


@dataclass(eq=False)
class ParticularsChanged(Refused):
    """A licence that is renewed or replaced repeats its particulars; change them with 402."""

    reason: int
    fields: tuple[str, ...]


@dataclass(eq=False)
class NothingChanged(Refused):
    """A change or correction repeats every particular; renew with 401, replace with 403."""

    reason: int


@dataclass(eq=False)
class TermChanged(Refused):
    """For this reason the end of the term stays as it is; prolong it with 401."""

    reason: int
    valid_until: str


@dataclass(eq=False)
class TermNotExtended(Refused):
    """A renewal ends later than the licence it renews; `valid_until` is that one's last day."""

    valid_until: str


@dataclass(eq=False)
class TermInterrupted(Refused):
    """A renewal starts before the old term is over or right after it, else a gap is left."""

    valid_until: str


@dataclass(eq=False)
class PredecessorExpired(Refused):
    """The licence has run out. Within the law only a renewal without a gap, or a new one, helps."""

    valid_until: str


@dataclass(frozen=True, slots=True)
class Former:
    """The licence to be succeeded: its claims and the second after its last, None for no end."""

    claims: Mapping[str, Any]
    exp: int | None

    @property
    def valid_until(self) -> str:
        """Its last day as the document has it."""
        return str(self.claims.get("valid_until"))


def check_succession(
    reason: int, former: Former, type_: LicenceType, fields: Mapping[str, Any], issued_at: int
) -> None:
    """Raise unless a licence of `fields`, issued at `issued_at`, may succeed `former`.

    Raises:
        ParticularsChanged, NothingChanged: for what the reason does, or does not, let change.
        PredecessorExpired, TermChanged, TermNotExtended, TermInterrupted: for the term.
    """
    _check_particulars(reason, _differing(former, type_, fields))
    _, first, last = chosen_days(fields, type_.validity.years, issued_at)
    nbf, exp = validity(first, last)
    if reason == RENEWED:
        _check_prolonged(former, nbf, exp)
        return
    if former.exp is not None and former.exp <= issued_at:
        raise PredecessorExpired(former.valid_until)
    if reason in _SAME_TERM and exp != former.exp:
        raise TermChanged(reason, former.valid_until)


def _check_particulars(reason: int, differing: tuple[str, ...]) -> None:
    if differing and reason in _SAME_PARTICULARS:
        raise ParticularsChanged(reason, differing)
    if not differing and reason in _NEW_PARTICULARS:
        raise NothingChanged(reason)


def _check_prolonged(former: Former, nbf: int, exp: int | None) -> None:
    """An undecided renewal counts as granted (art. 50), so one may come after the old end."""
    if former.exp is None or (exp is not None and exp <= former.exp):
        raise TermNotExtended(former.valid_until)
    if nbf > former.exp:
        raise TermInterrupted(former.valid_until)


def _differing(former: Former, type_: LicenceType, fields: Mapping[str, Any]) -> tuple[str, ...]:
    names = (name for name in supplied_names(type_) if name not in _OF_THE_DOCUMENT | _DERIVED)
    return tuple(name for name in names if former.claims.get(name) != fields.get(name))
