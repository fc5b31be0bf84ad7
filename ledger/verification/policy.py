"""What a verifier asks for: the ledgers it trusts, how fresh and how deep, and of whom proof."""

from dataclasses import dataclass

from ledger.finality import Confirmations
from ledger.values import LedgerRef


@dataclass(frozen=True, slots=True)
class HolderRequest:
    """A demand for proof of the holder: who asks, and the nonce of this one request.

    `used` tells that the asker has seen an answer to the nonce before; only the asker can know.
    """

    audience: str
    nonce: str
    used: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The terms of one verification; ages in seconds.

    `recognised` holds the jurisdictions whose licences of the type count here; None: not asked.
    `clock_trusted` False keeps a device with a doubtful clock from judging validity.
    Fewer than `min_confirmations` leave the anchor unconfirmed, with "finalized" a block that the
    chain does not call so yet; fewer than `warn_below` only warn.
    """

    ledgers: frozenset[LedgerRef]
    max_evidence_age: int
    min_confirmations: Confirmations = 1
    holder: HolderRequest | None = None
    recognised: frozenset[str] | None = None
    clock_trusted: bool = True
    warn_below: int = 0
