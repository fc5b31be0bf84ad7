"""What drawers of experts hand to one another, as JSON: setting, keys, deals, acknowledgements.

A share travels sealed to its receiver, as a bidder's shares do to trustees, bound to the draw and
its dealer: whoever carries the papers learns nothing before the reveal.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from coincurve import PublicKey

from ledger import secp256k1
from ledger.canonical import JsonMalformed, canonical_json, parse_object
from ledger.errors import Refused
from ledger.tenders import draw, envelopes, feldman
from ledger.tenders.draw import Quota, Setting
from ledger.tenders.envelopes import ENVELOPE_BYTES
from ledger.tenders.feldman import MAX_SHARES, Deal, DealMalformed
from ledger.tenders.ids import Context
from ledger.values import Address
from ledger.verification.shape import ShapeWrong, entries, hexadecimal, members, number, text

_HASH_BYTES: Final = 32
_POINT_BYTES: Final = 33
_SIGNATURE_BYTES: Final = 65
_LABEL: Final = b"suizheng/draw/share/v1"
_MOST_ENTRIES: Final = 100_000
_MOST_QUOTAS: Final = 64


@dataclass(eq=False)
class DrawPaperMalformed(Refused):
    """A paper of the draw is not of its form: which, and where."""

    paper: str
    member: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is agreed before anybody draws; `threshold` drawers rebuild what one withholds."""

    setting: Setting
    drawers: int
    threshold: int

    def to_bytes(self) -> bytes:
        """Return the paper."""
        it = self.setting
        return canonical_json(
            {
                "type": "draw-setting",
                "tender": _hex(it.tender_id),
                "lot": it.lot,
                "round": it.round,
                "drawers": self.drawers,
                "threshold": self.threshold,
                "quotas": [
                    {
                        "specialty": each.specialty,
                        "count": each.count,
                        "pool": [_hex(entry) for entry in each.pool],
                    }
                    for each in it.quotas
                ],
                "recused": [_hex(entry) for entry in it.recused],
                "poolRoot": _hex(draw.pool_root(it.quotas)),
                "recusalRoot": _hex(draw.recusal_root(it.recused)),
                "quotaDigest": _hex(draw.quota_digest(it)),
            }
        )

    @classmethod
    def read(cls, encoded: bytes) -> "Drawing":
        """Return the drawing in a paper; raise `DrawPaperMalformed`, also for other roots."""
        found = cls.of(encoded)
        if found.to_bytes() != encoded:
            raise DrawPaperMalformed("setting", "spelling or roots")
        return found

    @classmethod
    def of(cls, encoded: bytes) -> "Drawing":
        """Return what a paper says, its roots not yet looked at; raise `DrawPaperMalformed`."""
        try:
            told = _object(encoded)
            quotas = tuple(map(_quota, entries(told["quotas"], "quotas", limit=_MOST_QUOTAS)))
            setting = Setting(
                hexadecimal(told["tender"], _HASH_BYTES, "tender"),
                number(told["lot"], "lot", greatest=63),
                number(told["round"], "round", greatest=2**32 - 1),
                quotas,
                _hashes(told["recused"], "recused"),
            )
            drawers = number(told["drawers"], "drawers", least=2, greatest=MAX_SHARES)
            least = number(told["threshold"], "threshold", least=2, greatest=drawers)
            return cls(setting, drawers, least)
        except (ShapeWrong, KeyError) as exc:
            raise _malformed("setting", exc) from exc


@dataclass(frozen=True, slots=True)
class SealedDeal:
    """A deal as it is handed out: the points, and a share sealed to each other drawer, from 1."""

    deal: Deal
    sealed: Mapping[int, bytes]

    def to_bytes(self) -> bytes:
        """Return the paper."""
        return canonical_json(
            {
                "type": "draw-deal",
                "points": [_hex(each) for each in self.deal.points],
                "shares": {str(index): _hex(each) for index, each in self.sealed.items()},
            }
        )

    @classmethod
    def read(cls, encoded: bytes) -> "SealedDeal":
        """Return the deal in a paper; raise `DrawPaperMalformed`."""
        try:
            told = members(_object(encoded), ("type", "points", "shares"), "deal")
            points = entries(told["points"], "points", limit=MAX_SHARES)
            sealed = {
                int(index): hexadecimal(each, ENVELOPE_BYTES, "shares")
                for index, each in told["shares"].items()
            }
            deal = Deal(tuple(hexadecimal(each, _POINT_BYTES, "points") for each in points))
        except (ShapeWrong, ValueError, AttributeError) as exc:
            raise _malformed("deal", exc) from exc
        return cls(deal, sealed)


def seal_deal(
    drawing: Drawing,
    dealer: int,
    coefficients: Sequence[bytes],
    ephemeral: Sequence[bytes],
    drawers: Sequence[bytes],
) -> SealedDeal:
    """Return drawer number `dealer`'s deal, from 1; its own scalar is the first coefficient.

    `drawers` are everybody's compressed keys in their order, `ephemeral` a fresh key for each.
    Raises as `feldman.deal` and `envelopes.seal` do.
    """
    deal, shares = feldman.deal(coefficients, len(drawers))
    context = _context(drawing.setting, dealer)
    sealed = {
        index: envelopes.seal(share, key, context, index, one_time)
        for index, (share, key, one_time) in enumerate(
            zip(shares, drawers, ephemeral, strict=True), 1
        )
        if index != dealer
    }
    return SealedDeal(deal, sealed)


def open_share(
    drawing: Drawing, dealer: int, dealt: SealedDeal, receiver: int, secret: bytes
) -> bytes:
    """Return a receiver's share of a deal.

    Raises:
        EnvelopeBroken: unless it opens with the receiver's secret.
        DealMalformed: for a deal of another threshold than was agreed.
        DealShareFalse: unless it lies on the dealer's polynomial: the dealer is replaced.
    """
    if dealt.deal.threshold != drawing.threshold:
        raise DealMalformed("threshold")
    context = _context(drawing.setting, dealer)
    share = envelopes.open_(dealt.sealed.get(receiver, b""), secret, context, receiver)
    feldman.check_share(dealt.deal, receiver, share)
    return share


def acknowledge(drawing: Drawing, dealt: SealedDeal, receiver: int, secret: bytes) -> bytes:
    """Return a receiver's signature under a share that is good; receivers count from 1."""
    digest = draw.acknowledgement(drawing.setting, dealt.deal, receiver - 1)
    return secp256k1.sign(secp256k1.private_key(secret), digest)


def write_key(public: bytes) -> bytes:
    """Return the paper of a drawer's compressed public key."""
    return canonical_json({"type": "draw-key", "publicKey": _hex(public)})


def read_key(encoded: bytes) -> tuple[bytes, Address]:
    """Return a drawer's compressed key and its address; raise `DrawPaperMalformed`."""
    try:
        told = members(_object(encoded), ("type", "publicKey"), "key")
        public = hexadecimal(told["publicKey"], _POINT_BYTES, "publicKey")
        return public, secp256k1.address_of(PublicKey(public))
    except (ShapeWrong, ValueError) as exc:
        raise _malformed("key", exc) from exc


def write_signatures(by_dealer: Mapping[int, bytes]) -> bytes:
    """Return the paper of a receiver's acknowledgements, dealers counted from 1."""
    told = {str(dealer): _hex(each) for dealer, each in by_dealer.items()}
    return canonical_json({"type": "draw-acknowledgements", "signatures": told})


def read_signatures(encoded: bytes) -> dict[int, bytes]:
    """Return the acknowledgements in a paper by dealer; raise `DrawPaperMalformed`."""
    try:
        told = members(_object(encoded), ("type", "signatures"), "acknowledgements")
        return {
            int(dealer): hexadecimal(each, _SIGNATURE_BYTES, "signatures")
            for dealer, each in told["signatures"].items()
        }
    except (ShapeWrong, ValueError, AttributeError) as exc:
        raise _malformed("acknowledgements", exc) from exc


def write_deals(deals: Sequence[Deal], acknowledged: Mapping[tuple[int, int], bytes]) -> bytes:
    """Return the paper that is anchored before the reveal; raise `KeyError` for no signature.

    `acknowledged` are signatures by (dealer, receiver) from 0. Each binds the setting and the
    dealer's points, so nothing of the draw is left to be chosen.
    """
    return canonical_json(
        {
            "type": "draw-deals",
            "deals": [[_hex(each) for each in deal.points] for deal in deals],
            "acknowledgements": [
                [_hex(acknowledged[dealer, receiver]) for receiver in others]
                for dealer, others in pairs(len(deals))
            ],
        }
    )


def pairs(count: int) -> list[tuple[int, list[int]]]:
    """Return every dealer, from 0, with those who receive from it."""
    return [(dealer, [each for each in range(count) if each != dealer]) for dealer in range(count)]


def write_scalar(kind: str, value: bytes) -> bytes:
    """Return the paper of 32 bytes: a drawer's scalar, or a share for rebuilding one."""
    return canonical_json({"type": kind, "value": _hex(value)})


def read_scalar(encoded: bytes) -> bytes:
    """Return the 32 bytes in such a paper; raise `DrawPaperMalformed`."""
    try:
        told = members(_object(encoded), ("type", "value"), "scalar")
        return hexadecimal(told["value"], _HASH_BYTES, "value")
    except ShapeWrong as exc:
        raise _malformed("scalar", exc) from exc


def _context(setting: Setting, dealer: int) -> Context:
    return Context(hashlib.sha256(_LABEL + setting.head + bytes([dealer])).digest())


def _quota(value: Any) -> Quota:
    told = members(value, ("specialty", "count", "pool"), "quotas")
    specialty = text(told["specialty"], "quotas.specialty", limit=200)
    count = number(told["count"], "quotas.count", least=1, greatest=64)
    return Quota(specialty, count, _hashes(told["pool"], "quotas.pool"))


def _hashes(value: Any, member: str) -> tuple[bytes, ...]:
    listed = entries(value, member, limit=_MOST_ENTRIES)
    return tuple(hexadecimal(each, _HASH_BYTES, member) for each in listed)


def _object(encoded: bytes) -> dict[str, Any]:
    try:
        return parse_object(encoded)
    except JsonMalformed as exc:
        raise ShapeWrong("JSON") from exc


def _malformed(paper: str, exc: Exception) -> DrawPaperMalformed:
    return DrawPaperMalformed(paper, exc.member if isinstance(exc, ShapeWrong) else "")


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
