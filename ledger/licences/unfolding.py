"""Putting disclosed items back where the signed payload refers to them (RFC 9901 §7.1 step 3)."""

from collections.abc import Collection
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
_CONTAINERS: Final = (dict, list)
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

    def __init__(self, payload: dict[str, Any], disclosures: Collection[Disclosure]) -> None:
        self._by_digest = {disclosure.digest: disclosure for disclosure in disclosures}
        if len(self._by_digest) != len(disclosures):
            raise DisclosureConflict("disclosure sent twice")
        if payload.get(ALGORITHM, "sha-256") != "sha-256":
            raise SdJwtMalformed("hash algorithm")
        self._met: set[str] = set()
        self.places: dict[str, tuple[Path, tuple[str, ...]]] = {}
        self._above: tuple[str, ...] = ()
        self.claims = self._object(payload, ())
        self.claims.pop(ALGORITHM, None)
        if len(self.places) != len(self._by_digest):
            raise DisclosureForeign(
                next(each for each in self._by_digest if each not in self.places)
            )

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
            name: self._value(value, (*path, name)) if isinstance(value, _CONTAINERS) else value
            for name, value in source.items()
            if name != DIGESTS
        }
        if DIGESTS in source:
            self._restore(source[DIGESTS], found, path)
        return found

    def _restore(self, digests: Any, found: dict[str, Any], path: Path) -> None:
        if not isinstance(digests, list):
            raise SdJwtMalformed("digests")
        for _, _, name, value, digest in self._meet(digests):
            if name is None:
                raise DisclosureConflict("element among claims")
            if name in _RESERVED:
                raise DisclosureConflict("reserved name")
            if name in found:
                raise DisclosureConflict("name taken")
            self.places[digest] = ((*path, name), self._above)
            found[name] = self._below(digest, value) if isinstance(value, _CONTAINERS) else value

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
            for _, _, name, value, digest in self._meet([item[ELEMENT]]):
                if name is not None:
                    raise DisclosureConflict("claim among elements")
                self.places[digest] = (here, self._above)
                is_deep = isinstance(value, _CONTAINERS)
                found.append(self._below(digest, value) if is_deep else value)
        return found

    def _meet(self, digests: list[Any]) -> list[Disclosure]:
        """Return the disclosures at hand that `digests` refer to; no digest is met twice."""
        if not set(map(type, digests)) <= {str}:
            raise SdJwtMalformed("digests")
        wanted = len(self._met) + len(digests)
        self._met.update(digests)
        if len(self._met) != wanted:
            raise DisclosureConflict("digest met twice")
        return [self._by_digest[digest] for digest in digests if digest in self._by_digest]

    def _below(self, digest: str, value: Any) -> Any:
        """Return a disclosed object or array with what is disclosed inside it."""
        path, above = self.places[digest]
        self._above = (*above, digest)
        found = self._value(value, path)
        self._above = above
        return found
