"""Uses of passes: so many a conversion, spread over the passes that are made of it.

Gates count uses by pass (`cti`), since nothing else is the same at two of them; so what an
agreement allows holds only if all passes of a holder carry no more uses together (§2, `maxUses`).
"""


def shares(left: int, count: int, *, is_last: bool) -> list[int]:
    """Return the uses of each of up to `count` passes, of which at most `left` may be given.

    One each where the holder can ask for more; where this `is_last`, all that are left, evenly.
    Fewer passes than asked for where there are fewer uses; `left` and `count` are 1 at least.
    """
    made = min(count, left)
    if not is_last:
        return [1] * made
    each, more = divmod(left, made)
    return [each + 1] * more + [each] * (made - more)
