"""The known answers of sealed bids, and a bid that is sealed by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from ledger import secp256k1
from ledger.tenders import envelopes, shares
from ledger.tenders.commitments import Tag, commitment, shares_hash
from ledger.tenders.ids import Context, Place, TenderId
from ledger.tenders.messages import Part
from ledger.values import Address, LedgerRef

VECTORS: Final = Path(__file__).parent.parent / "vectors" / "sealed_bids.json"


def octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


class Known:
    """tests/vectors/sealed_bids.json, its hexadecimal values as bytes."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = orjson.loads(VECTORS.read_bytes())

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        if isinstance(value, list):
            return [octets(each) for each in value]
        return octets(value) if isinstance(value, str) and value.startswith("0x") else value

    @property
    def ledger(self) -> LedgerRef:
        return LedgerRef(self["chainId"], secp256k1.checksum(self["ledger"]))

    @property
    def bidder(self) -> Address:
        return secp256k1.checksum(self["bidder"])

    @property
    def place(self) -> Place:
        return Place(self.ledger, TenderId(self["tenderId"]), self["lot"], self.bidder)

    @property
    def context(self) -> Context:
        return Context(self["context"])

    def trustee(self, index: int) -> bytes:
        """The compressed public key of a trustee."""
        secret: bytes = self["trusteeKeys"][index - 1]
        return public(secret)


def public(secret: bytes) -> bytes:
    return secp256k1.private_key(secret).public_key.format()


def account(secret: bytes) -> Address:
    return secp256k1.address_of(secp256k1.private_key(secret).public_key)


KNOWN: Final = Known()


@dataclass(frozen=True)
class Shared:
    """One part as its bidder sealed it: t of n, trustee i holding the secret 60 + i, 32 times."""

    context: Context
    threshold: int
    s_b: bytes
    s_c: bytes
    shares: tuple[bytes, ...]
    envelopes: tuple[bytes, ...]

    @property
    def part(self) -> Part:
        return Part(
            file=bytes(32),
            size=1,
            c_b=commitment(Tag.BIDDER, self.context, self.s_b),
            c_c=commitment(Tag.TRUSTEES, self.context, self.s_c),
            shares=shares_hash(self.envelopes),
            manifest=bytes(32),
        )

    def with_share(self, index: int, share: bytes) -> "Shared":
        """The same with another share for one trustee, rightly sealed."""
        changed = list(self.envelopes)
        changed[index - 1] = envelope(share, self.context, index)
        return replace(self, envelopes=tuple(changed))

    def with_envelope(self, index: int, envelope_: bytes) -> "Shared":
        changed = list(self.envelopes)
        changed[index - 1] = envelope_
        return replace(self, envelopes=tuple(changed))


def trustee_secret(index: int) -> bytes:
    return bytes([0x60 + index]) * 32


def released(indices: Sequence[int]) -> Mapping[int, bytes]:
    return {index: trustee_secret(index) for index in indices}


def envelope(share: bytes, context: Context, index: int) -> bytes:
    ephemeral = bytes([0x70 + index]) * 32
    return envelopes.seal(share, public(trustee_secret(index)), context, index, ephemeral)


def shared(
    threshold: int = 3,
    trustees: int = 5,
    s_c: bytes = b"\x33" * 32,
    coefficients: Sequence[bytes] | None = None,
    context: Context = KNOWN.context,
) -> Shared:
    """A part shared among trustees."""
    given = coefficients or [bytes([0x44 + 0x11 * n]) * 32 for n in range(threshold - 1)]
    made = shares.split(s_c, given, trustees)
    sealed = (envelope(share, context, index) for index, share in enumerate(made, 1))
    return Shared(context, threshold, b"\x22" * 32, s_c, tuple(made), tuple(sealed))
