"""What a transaction offers: fees in wei, raised when a chain lets it wait (EIP-1559)."""

from dataclasses import dataclass
from typing import Any, Final

GWEI: Final = 10**9
BUMP_NUMERATOR: Final = 1125
"""A replacement offers 12.5 % more: geth asks for 10 %, and rounding must not fall below."""
BUMP_DENOMINATOR: Final = 1000
BUMP_AFTER_SECONDS: Final = 15
BUMP_AFTER_BLOCKS: Final = 3
MAX_GAS: Final = 2**24
"""The cap of one transaction from Osaka on (EIP-7825)."""
GAS_MARGIN_PERCENT: Final = 10


NEXT: Final = "pending"
"""The block to estimate for: on a quiet chain `latest` runs at the time of a block long past."""


@dataclass(frozen=True, slots=True)
class Fees:
    """What one attempt offers per gas, in wei; both are the gas price on a legacy chain."""

    max_fee: int
    priority_fee: int

    def fields(self, *, legacy: bool) -> dict[str, Any]:
        """Return the transaction's fee fields."""
        if legacy:
            return {"gasPrice": self.max_fee}
        return {
            "type": 2,
            "maxFeePerGas": self.max_fee,
            "maxPriorityFeePerGas": self.priority_fee,
        }


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """How much an account offers; `ceiling` bounds `max_fee`. A free chain has tip 0, ceiling 0.

    `legacy` sends transactions with a plain gas price, for chains without EIP-1559.
    """

    tip: int = GWEI
    ceiling: int = 500 * GWEI
    legacy: bool = False

    def market(self, base_fee: int | None) -> Fees:
        """Return what a first attempt offers: twice the base fee and the tip."""
        wanted = 2 * (base_fee or 0) + self.tip
        return self._bounded(wanted, self.tip)

    def bumped(self, last: Fees, base_fee: int | None) -> Fees | None:
        """Return both fees raised by 12.5 % or to the market, whichever is more.

        None where the ceiling leaves no room for a raise that nodes take: the attempt waits.
        """
        market = self.market(base_fee)
        raised = Fees(
            max(_raised(last.max_fee), market.max_fee),
            max(_raised(last.priority_fee), market.priority_fee),
        )
        return raised if raised.max_fee <= self.ceiling else None

    def _bounded(self, max_fee: int, priority_fee: int) -> Fees:
        bounded = min(max_fee, self.ceiling)
        return Fees(bounded, bounded if self.legacy else min(priority_fee, bounded))


def _raised(fee: int) -> int:
    return -(-fee * BUMP_NUMERATOR // BUMP_DENOMINATOR)


def gas_limit(estimate: int) -> int:
    """Return the estimate with a tenth in reserve, within the cap of one transaction."""
    return min(estimate + estimate * GAS_MARGIN_PERCENT // 100, MAX_GAS)
