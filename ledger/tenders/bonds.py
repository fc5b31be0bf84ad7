"""Bid bonds 保证金: what the law lets documents ask for, and whether a bond is the one asked for.

A guarantee 保函 is read whole (`guarantees`). Of cash nobody here can see more than what the
manifest says: the bank's receipt is for the committee.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from ledger.errors import Refused
from ledger.tenders import guarantees
from ledger.tenders.forms import FormInvalid
from ledger.tenders.guarantees import Guarantee, GuaranteeForged
from ledger.tenders.policy.document import TenderPolicy
from ledger.tenders.trustees import octets
from ledger.values import Address

_BID, _PERFORMANCE = "bid", "performance"
_CASH: Final = "cash"


class BondFault(StrEnum):
    """Why a bond is not the one that the documents ask for (招标投标法实施条例 art. 26)."""

    MISSING = "BOND_MISSING"
    UNREADABLE = "BOND_UNREADABLE"  # no public/guarantee.json that the manifest's bond names
    FORGED = "BOND_FORGED"  # not signed by its guarantor, or by one that the tender does not name
    OF_ANOTHER = "BOND_OF_ANOTHER"  # for another tender, lot, buyer or firm
    OTHER_CURRENCY = "BOND_OTHER_CURRENCY"
    TOO_SMALL = "BOND_TOO_SMALL"
    ENDS_TOO_SOON = "BOND_ENDS_TOO_SOON"  # before the bid's validity does


@dataclass(eq=False)
class BondTooHigh(Refused):
    """The documents ask for a higher bond than the policy allows, as a share of its base.

    `kind` is "bid", of the estimate (R26), or "performance", of the contract's price (R58).
    """

    kind: str
    most: str
    asked: str


@dataclass(eq=False)
class EstimateMissing(Refused):
    """The documents ask for a bond and tell no estimate that its share is of (R26)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the documents ask for: for whom and what, how much, until when, by whom.

    `firms` are the bidder and its members, as `organisation_of` tells them; `until` is the end of
    the bid's validity in Unix seconds; `guarantor` None where the tender names none.
    """

    beneficiary: str
    tender: str
    lot: int
    firms: frozenset[str]
    amount: Decimal
    currency: str
    until: int
    guarantor: Address | None


def bond_faults(
    bond: Mapping[str, Any] | None, guarantee: bytes | None, wanted: Wanted
) -> tuple[BondFault, ...]:
    """Return why a bond is not the one asked for; none for a good one.

    `bond` is the manifest's, `guarantee` the document that came with the bid, None without.
    """
    if bond is None:
        return (BondFault.MISSING,)
    if bond["kind"] == _CASH:
        return tuple(_amount_faults(Decimal(bond["amount"]), bond["currency"], wanted))
    if guarantee is None or hashlib.sha256(guarantee).digest() != octets(bond["digest"]):
        return (BondFault.UNREADABLE,)
    try:
        found = guarantees.read(guarantee)
    except FormInvalid:
        return (BondFault.UNREADABLE,)
    except GuaranteeForged:
        return (BondFault.FORGED,)
    return _guarantee_faults(found, wanted)


def require_lawful(policy: TenderPolicy, said: Mapping[str, Any]) -> None:
    """Hold the bonds that documents ask for against the policy's shares.

    A policy without such a share sets no bound.

    Raises:
        BondTooHigh: for more than 2 % of the estimate (R26), 10 % of the contract (R58), in China.
        EstimateMissing: where nobody could tell.
    """
    bond, performance = said.get("bond"), said.get("performanceBond")
    if bond is not None and _BID in policy.bonds:
        if "estimate" not in said:
            raise EstimateMissing
        base = Decimal(said["estimate"]["amount"])
        _require_below(_BID, policy.bonds[_BID] * base, Decimal(bond["amount"]))
    if performance is not None and _PERFORMANCE in policy.bonds:
        share = Decimal(performance["share"])
        _require_below(_PERFORMANCE, policy.bonds[_PERFORMANCE], share)


def _require_below(kind: str, most: Decimal, asked: Decimal) -> None:
    if asked > most:
        raise BondTooHigh(kind, str(most), str(asked))


def _guarantee_faults(found: Guarantee, wanted: Wanted) -> tuple[BondFault, ...]:
    faults = []
    if wanted.guarantor is not None and found.guarantor != wanted.guarantor:
        faults.append(BondFault.FORGED)
    place = (found.beneficiary, found.tender, found.lot)
    is_ours = place == (wanted.beneficiary, wanted.tender, wanted.lot)
    if not is_ours or found.firm not in wanted.firms:
        faults.append(BondFault.OF_ANOTHER)
    faults += _amount_faults(found.amount, found.currency, wanted)
    if found.valid_until < wanted.until:
        faults.append(BondFault.ENDS_TOO_SOON)
    return tuple(faults)


def _amount_faults(amount: Decimal, currency: str, wanted: Wanted) -> list[BondFault]:
    if currency != wanted.currency:
        return [BondFault.OTHER_CURRENCY]
    return [BondFault.TOO_SMALL] if amount < wanted.amount else []
