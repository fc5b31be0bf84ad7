"""Bid bonds 保证金: what the law asks of one, from the amount to how long it is good."""

from dataclasses import dataclass
from decimal import Decimal

from ledger.tenders.policy.document import TenderPolicy


@dataclass(frozen=True, slots=True)
class Bond:
    """A guarantee or a bank's receipt as it was shown; times in Unix seconds."""

    beneficiary: str
    tender: str
    amount: Decimal
    currency: str
    valid_until: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the documents ask for: for whom and which tender, how much, until when it must last.

    `until` is the end of the bids' validity (招标投标法实施条例 art. 26).
    """

    beneficiary: str
    tender: str
    amount: Decimal
    currency: str
    until: int


def bond_faults(bond: Bond, wanted: Wanted) -> tuple[str, ...]:
    """Return why a bond is not the one asked for, by stable codes; none for a good one."""
    found = []
    if bond.beneficiary != wanted.beneficiary:
        found.append("bond.other-beneficiary")
    if bond.tender != wanted.tender:
        found.append("bond.other-tender")
    if bond.currency != wanted.currency:
        found.append("bond.other-currency")
    elif bond.amount < wanted.amount:
        found.append("bond.too-small")
    if bond.valid_until < wanted.until:
        found.append("bond.ends-too-soon")
    return tuple(found)


def is_lawful(policy: TenderPolicy, wanted: Decimal, estimate: Decimal, kind: str = "bid") -> bool:
    """Whether the documents may ask for that much: at most the policy's share of the estimate.

    `kind` is "bid", of the estimate, or "performance", of the contract's price. A policy without
    such a share sets no bound.
    """
    ratio = policy.bonds.get(kind)
    return ratio is None or wanted <= estimate * ratio
