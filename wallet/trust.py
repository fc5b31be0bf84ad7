"""Whom this wallet believes: ledgers by their deployment, publishers of bundles by their key.

One file, `trust.json`. A publisher's last sequence only moves forward, so an older bundle cannot be
passed off as the present one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.chain.deployments import Deployment
from ledger.errors import Refused
from ledger.keys import PublicKey
from ledger.values import LedgerRef
from wallet.home import read_file, write_file

FILE: Final = "trust.json"


@dataclass(eq=False)
class TrustMalformed(Refused):
    """The list of trusted ledgers cannot be read. Restore it, or delete it and trust anew."""

    path: str


@dataclass(eq=False)
class NoLedgerTrusted(Refused):
    """No ledger is trusted here. Name one with --deployment FILE, or `suizheng trust ledger`."""


@dataclass(frozen=True, slots=True)
class TrustedLedger:
    """A ledger, and the nodes through which it is read; without nodes only bundles speak for it."""

    deployment: Deployment
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Publisher:
    """A key whose bundles are believed; `sequence` is the last one seen, 0 before the first."""

    key: PublicKey
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Trust:
    """All that is believed here."""

    ledgers: tuple[TrustedLedger, ...] = ()
    publishers: tuple[Publisher, ...] = ()

    def ledger(self, wanted: LedgerRef | None) -> TrustedLedger:
        """Return the ledger that a proof names, or the first where it names none of ours.

        Raises:
            NoLedgerTrusted: when there is none at all.
        """
        for known in self.ledgers:
            if known.deployment.ledger == wanted:
                return known
        if not self.ledgers:
            raise NoLedgerTrusted
        return self.ledgers[0]

    def with_ledger(self, added: TrustedLedger) -> "Trust":
        """Return this with a ledger, in the place of the same one; it comes first."""
        ref = added.deployment.ledger
        others = (known for known in self.ledgers if known.deployment.ledger != ref)
        return replace(self, ledgers=(added, *others))

    def with_publisher(self, key: PublicKey) -> "Trust":
        """Return this with a publisher; one that is known keeps its sequence."""
        if any(known.key == key for known in self.publishers):
            return self
        return replace(self, publishers=(*self.publishers, Publisher(key)))

    def without(self, kid: str) -> "Trust":
        """Return this without the publisher of that key id."""
        kept = tuple(known for known in self.publishers if known.key.kid != kid)
        return replace(self, publishers=kept)

    def seen(self, kid: str, sequence: int) -> "Trust":
        """Return this with a publisher's sequence moved forward, never back."""
        moved = (
            replace(known, sequence=max(known.sequence, sequence))
            if known.key.kid == kid
            else known
            for known in self.publishers
        )
        return replace(self, publishers=tuple(moved))


class TrustFile:
    """`trust.json` in a wallet's folder."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def load(self) -> Trust:
        """Return what is believed, nothing where there is no file; raise `TrustMalformed`."""
        if not self._path.exists():
            return Trust()
        try:
            content = parse_object(read_file(self._path))
            ledgers = tuple(_ledgers(content.get("ledgers", [])))
            publishers = tuple(_publishers(content.get("publishers", [])))
        except (JsonMalformed, KeyError, TypeError, Refused) as exc:
            raise TrustMalformed(str(self._path)) from exc
        return Trust(ledgers, publishers)

    def save(self, trust: Trust) -> None:
        """Put `trust` in the place of what is there."""
        content = {
            "ledgers": [
                {"deployment": orjson.loads(known.deployment.to_json()), "nodes": known.nodes}
                for known in trust.ledgers
            ],
            "publishers": [
                {"kid": known.key.kid, "jwk": known.key.jwk(), "sequence": known.sequence}
                for known in trust.publishers
            ],
        }
        write_file(self._path, orjson.dumps(content, option=orjson.OPT_INDENT_2))


def _ledgers(entries: list[dict[str, Any]]) -> Iterable[TrustedLedger]:
    for entry in entries:
        deployment = Deployment.from_json(orjson.dumps(entry["deployment"]))
        yield TrustedLedger(deployment, tuple(map(str, entry["nodes"])))


def _publishers(entries: list[dict[str, Any]]) -> Iterable[Publisher]:
    for entry in entries:
        yield Publisher(PublicKey.from_jwk(entry["jwk"]), int(entry["sequence"]))
