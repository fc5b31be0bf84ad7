"""Answers that may be a moment old: remembered in this process, for so many seconds at most."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final, Generic, TypeVar

MOST_KEPT: Final = 4096
"""Answers remembered; beyond it all are forgotten."""

_Name = TypeVar("_Name", bound=Hashable)
_Value = TypeVar("_Value")


class Recent(Generic[_Name, _Value]):
    """Remembers values by name; may be used from several threads.

    A forgotten value stays forgotten: one that was being read meanwhile is not remembered.
    """

    def __init__(self, seconds: float, steady: Callable[[], float]) -> None:
        """`steady` is a clock that nobody sets."""
        self._seconds = seconds
        self._steady = steady
        self._values: dict[_Name, tuple[float, _Value]] = {}
        self._forgotten = 0
        self._turn = Lock()

    def get(self, name: _Name) -> _Value | None:
        """Return a value that is young enough, else None; reads memory alone."""
        found = self._values.get(name)
        if found is None or self._steady() - found[0] >= self._seconds:
            return None
        return found[1]

    def load(self, name: _Name, read: Callable[[], _Value]) -> _Value:
        """Return a value that is young enough, or that `read` returns now."""
        found = self.get(name)
        if found is not None:
            return found
        forgotten, at = self._forgotten, self._steady()
        value = read()
        with self._turn:
            if self._forgotten == forgotten:
                if len(self._values) >= MOST_KEPT:
                    self._values.clear()
                self._values[name] = (at, value)
        return value

    def forget(self, name: _Name) -> None:
        """Forget a value at once."""
        with self._turn:
            self._forgotten += 1
            self._values.pop(name, None)
