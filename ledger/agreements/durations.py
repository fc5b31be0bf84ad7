"""ISO 8601 durations of days, hours, minutes and seconds: the ones whose length never depends."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ledger.errors import Refused

_SPELT: Final = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,5})S)?)?",
    re.ASCII,
)
_SECONDS: Final = (86_400, 3_600, 60, 1)


@dataclass(eq=False)
class DurationMalformed(Refused):
    """The text is no duration of days, hours, minutes and seconds."""

    text: str


@lru_cache(maxsize=256)
def seconds_in(text: str) -> int:
    """Return the length of a duration such as "P1DT12H"; raise `DurationMalformed`.

    Years, months, weeks and fractions are refused (ISO 8601-1 §5.5.2 has them).
    """
    found = _SPELT.fullmatch(text)
    if found is None:
        raise DurationMalformed(text)
    return sum(
        int(count) * unit for count, unit in zip(found.groups(), _SECONDS, strict=True) if count
    )
