"""A group's pages: as few codes as a scanner reads off a screen, each a presentation of its own.

A gate decides about each page by itself and counts its people; nothing joins them but the key.
"""

from collections.abc import Callable, Sequence
from itertools import count, pairwise
from typing import Final

from ledger.health import presentations
from ledger.keys import Signer

PAGE_CHARACTERS: Final = 1_451
"""What a code of version 25 holds at level M (ISO/IEC 18004, table 7): denser ones read badly."""


def pages_of(
    passes: Sequence[bytes], time: int, nonce: Callable[[], bytes], signer: Signer
) -> list[str]:
    """Return the texts to show for passes of one key, about as many passes on each page.

    `nonce` is asked for each page: fresh bytes, or always the answer to one challenge, which a gate
    takes from every page while the challenge lives. Raises `PresentationMalformed` as `present`.
    """
    for parts in count(1):
        shares = _split(passes, parts)
        texts = [presentations.present(share, time, nonce(), signer) for share in shares]
        if parts == len(passes) or all(len(text) <= PAGE_CHARACTERS for text in texts):
            break
    return texts


def _split(passes: Sequence[bytes], parts: int) -> list[Sequence[bytes]]:
    """The passes in their order, in so many parts of which none has two more than another."""
    ends = [len(passes) * part // parts for part in range(parts + 1)]
    return [passes[begin:end] for begin, end in pairwise(ends)]
