"""Headers of chains whose validators seal blocks by votes: their hash leaves the seals out.

The validators sign a block before they know who else will, so QBFT and IBFT 2.0 hash a header
without committed seals and with round 0 (Besu, `BftBlockHashing.calculateHashOfBftBlockOnchain`).
The header with that `extraData` hashes to the block's hash like any other.
"""

from collections.abc import Iterator
from typing import Any, Final

import rlp  # type: ignore[import-untyped]  # it comes without types
from rlp.exceptions import RLPException  # type: ignore[import-untyped]  # as above

_VANITY_BYTES: Final = 32
_ADDRESS_BYTES: Final = 20


def hashed_extras(extra: bytes) -> Iterator[bytes]:
    """Yield how an `extraData` may stand in a header that is hashed: first as it is."""
    yield extra
    told = _read(extra)
    if told is None:
        return
    vanity, validators, vote = told
    yield bytes(rlp.encode([vanity, validators, vote, b"", []]))  # QBFT
    yield bytes(rlp.encode([vanity, validators, vote]))  # IBFT 2.0


def _read(extra: bytes) -> tuple[bytes, list[bytes], Any] | None:
    """Vanity, validators and vote of [vanity, validators, vote, round, seals]; None for others."""
    try:
        found = rlp.decode(extra)
        vanity, validators, vote, _round, _seals = found
    except (RLPException, ValueError, TypeError):
        return None
    are_addresses = isinstance(validators, list) and all(
        isinstance(each, bytes) and len(each) == _ADDRESS_BYTES for each in validators
    )
    is_vanity = isinstance(vanity, bytes) and len(vanity) == _VANITY_BYTES
    return (vanity, validators, vote) if is_vanity and are_addresses else None
