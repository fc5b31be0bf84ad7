"""Putting disclosed items back where the signed payload refers to them (RFC 9901 §7.1 step 3)."""

from collections.abc import Iterable
from typing import Any, Final

from ledger.canonical import MAX_DEPTH
from ledger.licences.disclosures import (
    Disclosure,
    DisclosureConflict,
    DisclosureForeign,
    SdJwtMalformed,
)

DIGESTS: Final = "_sd"
ALGORITHM: Final = "_sd_alg"
ELEMENT: Final = "..."
_RESERVED: Final = frozenset({DIGESTS, ALGORITHM, ELEMENT})

Path = tuple[str | int, ...]
"""Where a claim stands: names of objects, places in arrays of the processed payload."""


class Unfolding:
    """One pass over a payload; afterwards `claims` is the processed payload.

    `places` tells for each disclosure where it went and below which others, by digest.

    Raises:
        SdJwtMalformed: for digests that are no array of strings, a misplaced `...`, another
            `_sd_alg` than sha-256, and nesting deeper than `MAX_DEPTH`.
        DisclosureConflict: for a digest met twice, a reserved name, a name taken at its level, and
            a claim where an element is referred to or the reverse.
        DisclosureForeign: for a disclosure that nothing refers to.
    """

    def __init__(self, payload: dict[str, Any], disclosures: Iterable[Disclosure]) -> None:
        self._by_digest: dict[str, Disclosure] = {}
        for disclosure in disclosures:
            if self._by_digest.setdefault(disclosure.digest, disclosure) is not disclosure:
                raise DisclosureConflict("disclosure sent twice")
        if payload.get(ALGORITHM, "sha-256") != "sha-256":
            raise SdJwtMalformed("hash algorithm")
        self._met: set[str] = set()
        self.places: dict[str, tuple[Path, tuple[str, ...]]] = {}
        self._above: tuple[str, ...] = ()
        self.claims = self._object(payload, ())
        self.claims.pop(ALGORITHM, None)
        for digest in self._by_digest:
            if digest not in self.places:
                raise DisclosureForeign(digest)

    def _value(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return self._object(value, path)
        return self._array(value, path) if isinstance(value, list) else value

    def _object(self, source: dict[str, Any], path: Path) -> dict[str, Any]:
        if len(path) + len(self._above) > MAX_DEPTH:
            raise SdJwtMalformed("nesting")
        if ELEMENT in source:
            raise SdJwtMalformed("misplaced ...")
        found = {
            name: self._value(value, (*path, name)) if isinstance(value, (dict, list)) else value
            for name, value in source.items()
            if name != DIGESTS
        }
        if DIGESTS in source:
            self._restore(source[DIGESTS], found, path)
        return found

    def _restore(self, digests: Any, found: dict[str, Any], path: Path) -> None:
        if not isinstance(digests, list):
            raise SdJwtMalformed("digests")
        for digest in digests:
            disclosure = self._meet(digest)
            if disclosure is None:
                continue
            name = disclosure.name
            if name is None:
                raise DisclosureConflict("element among claims")
            if name in _RESERVED:
                raise DisclosureConflict("reserved name")
            if name in found:
                raise DisclosureConflict("name taken")
            found[name] = self._below(disclosure, (*path, name))

    def _array(self, source: list[Any], path: Path) -> list[Any]:
        if len(path) + len(self._above) > MAX_DEPTH:
            raise SdJwtMalformed("nesting")
        found: list[Any] = []
        for item in source:
            here = (*path, len(found))
            if not isinstance(item, dict) or ELEMENT not in item:
                found.append(self._value(item, here))
                continue
            if len(item) != 1:
                raise SdJwtMalformed("misplaced ...")
            disclosure = self._meet(item[ELEMENT])
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise DisclosureConflict("claim among elements")
            found.append(self._below(disclosure, here))
        return found

    def _meet(self, digest: Any) -> Disclosure | None:
        if not isinstance(digest, str):
            raise SdJwtMalformed("digests")
        if digest in self._met:
            raise DisclosureConflict("digest met twice")
        self._met.add(digest)
        return self._by_digest.get(digest)

    def _below(self, disclosure: Disclosure, path: Path) -> Any:
        self.places[disclosure.digest] = (path, self._above)
        value = disclosure.value
        if not isinstance(value, (dict, list)):
            return value
        above, self._above = self._above, (*self._above, disclosure.digest)
        found = self._value(value, path)
        self._above = above
        return found
