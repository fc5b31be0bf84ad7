"""How deep a block must lie before what it holds counts as final."""

from typing import Final, Literal

FINALIZED: Final = "finalized"
"""As deep as the chain itself calls final, by the tag of JSON-RPC's `eth_getBlockByNumber`."""
Confirmations = int | Literal["finalized"]
"""Blocks from a block to the head, both counted; or what the chain calls finalized."""
NOTHING: Final = -1
"""Below every block."""


def final_block(confirmations: Confirmations, head: int, finalized: int | None) -> int:
    """Return the newest final block, `NOTHING` where no block is, or nobody says which.

    `finalized` is what the chain calls so, None where it does not say; never beyond the head.
    """
    if confirmations != FINALIZED:
        return max(head - confirmations + 1, NOTHING)
    return NOTHING if finalized is None else min(finalized, head)
