"""The committee's paper: who sits on it, and everything that whoever draws again needs.

Members are salted hashes, as in the pool: the paper names nobody, before the award or after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ledger.canonical import JsonMalformed, canonical_json, parse_object
from ledger.errors import Refused
from ledger.secp256k1 import SECRET_BYTES, SIGNATURE_BYTES
from ledger.tenders import draw
from ledger.tenders.draw import DrawMalformed
from ledger.tenders.draw_course import Round
from ledger.tenders.draw_papers import Drawing, DrawPaperMalformed, pairs, write_deals
from ledger.tenders.evaluation import MAX_SEATS
from ledger.tenders.feldman import Deal
from ledger.values import Address
from ledger.verification import shape
from ledger.verification.shape import ShapeWrong, entries, hexadecimal, members

MOST_BYTES: Final = 2**24
"""The largest such paper that is read: room for a pool of 200,000 entries (proposed)."""
_TYPE: Final = "committee"
_MEMBERS: Final = (
    *("type", "setting", "drawers", "deals", "acknowledgements", "scalars"),
    *("declined", "members", "representatives"),
)
_HASH_BYTES: Final = 32
_POINT_BYTES: Final = 33
_MOST_DECLINED: Final = 256


@dataclass(eq=False)
class SeatsDiffer(Refused):
    """The committee's paper seats another number than is committed."""

    told: int
    given: int


@dataclass(frozen=True, slots=True)
class CommitteePaper:
    """A draw as it was held, and its committee: drawn `members`, and the buyer's representatives.

    `acknowledged` are signatures by (dealer, receiver) from 0; `declined` as `draw.draw` takes it.
    """

    drawing: Drawing
    drawers: tuple[Address, ...]
    deals: tuple[Deal, ...]
    acknowledged: Mapping[tuple[int, int], bytes]
    scalars: tuple[bytes, ...]
    declined: tuple[bytes, ...]
    members: tuple[bytes, ...]
    representatives: tuple[bytes, ...] = ()

    @property
    def setting_digest(self) -> bytes:
        """What the ledger has to say of the setting."""
        return sha256(self.drawing.to_bytes()).digest()

    @property
    def deals_digest(self) -> bytes:
        """What the ledger has to say of deals and acknowledgements."""
        return sha256(write_deals(self.deals, self.acknowledged)).digest()

    def to_bytes(self) -> bytes:
        """Return the paper, as RFC 8785 JSON; raise `KeyError` for a missing acknowledgement."""
        return canonical_json(
            {
                "type": _TYPE,
                "setting": parse_object(self.drawing.to_bytes()),
                "drawers": list(self.drawers),
                "deals": [_spelt(each.points) for each in self.deals],
                "acknowledgements": [
                    _spelt([self.acknowledged[dealer, receiver] for receiver in others])
                    for dealer, others in pairs(len(self.drawers))
                ],
                "scalars": _spelt(self.scalars),
                "declined": _spelt(self.declined),
                "members": _spelt(self.members),
                "representatives": _spelt(self.representatives),
            }
        )

    @classmethod
    def read(cls, encoded: bytes) -> "CommitteePaper":
        """Return what a paper says; raise `DrawPaperMalformed`, also for another spelling of it.

        Whether it is true is `require_drawn`'s to say.
        """
        if len(encoded) > MOST_BYTES:
            raise DrawPaperMalformed(_TYPE, "size")
        try:
            found = _read(members(parse_object(encoded), _MEMBERS, "committee"))
        except ShapeWrong as exc:
            raise DrawPaperMalformed(_TYPE, exc.member) from exc
        except JsonMalformed as exc:
            raise DrawPaperMalformed(_TYPE, "JSON") from exc
        if found.to_bytes() != encoded:
            raise DrawPaperMalformed(_TYPE, "spelling")
        return found


def tells_draw(encoded: bytes) -> bool:
    """Whether a paper means to be such a paper, well formed or not."""
    try:
        return len(encoded) <= MOST_BYTES and parse_object(encoded).get("type") == _TYPE
    except JsonMalformed:
        return False


def seated(
    setting: draw.Setting, scalars: Sequence[bytes], declined: Sequence[bytes]
) -> tuple[bytes, ...]:
    """Return the entries that chance seats, without those who declined; raise as `draw.draw`."""
    drawn = draw.draw(setting, draw.seed_of(setting.head, scalars), declined)
    return tuple(each.entry for each in drawn if each.entry not in declined)


def require_drawn(paper: CommitteePaper) -> None:
    """Raise unless the paper's members are those whom its draw gives.

    Raises:
        DrawMalformed: for other members, or a representative who is recused or sits twice.
        DealNotAcknowledged, SecretForeign, TooFewExperts and as `draw`'s checks: for the draw.
    """
    setting = paper.drawing.setting
    draw.check_acknowledgements(setting, paper.deals, paper.drawers, paper.acknowledged)
    draw.check_scalars(paper.scalars, paper.drawers)
    if paper.members != seated(setting, paper.scalars, paper.declined):
        raise DrawMalformed("members")
    seats = [*paper.members, *paper.representatives]
    if len(set(seats)) != len(seats) or set(paper.representatives) & set(setting.recused):
        raise DrawMalformed("representatives")


def require_anchored(paper: CommitteePaper, round_: Round) -> None:
    """Raise unless what the ledger fixed of a round that was dealt is what the paper tells.

    Raises `DrawMalformed` for another round, setting, drawer or deal, and for a secret on chain
    that is another one. Whether all secrets are there the round's state says.
    """
    setting = paper.drawing.setting
    posted = round_.secrets
    given = dict(zip(paper.drawers, paper.scalars, strict=True))
    assert round_.dealt is not None  # whoever asks looked at it
    for member, agrees in (
        ("round", setting.round == round_.number),
        ("setting", paper.setting_digest == round_.begun.setting),
        ("drawers", paper.drawers == round_.keys),
        ("deals", paper.deals_digest == round_.dealt.deals),
        ("scalars", posted.items() <= given.items()),
    ):
        if not agrees:
            raise DrawMalformed(member)


def require_seats(encoded: bytes, seats: int) -> None:
    """Raise unless a paper that tells of a draw seats so many; one that tells of none passes.

    Raises:
        SeatsDiffer: for another number.
        DrawPaperMalformed and as `require_drawn`: for the paper.
    """
    if not tells_draw(encoded):
        return
    paper = CommitteePaper.read(encoded)
    require_drawn(paper)
    told = len(paper.members) + len(paper.representatives)
    if told != seats:
        raise SeatsDiffer(told, seats)


def require_continued(earlier: CommitteePaper, later: CommitteePaper) -> None:
    """Raise `DrawMalformed` unless a replacement goes on with the same draw.

    A new draw for one seat would give the buyer as many tries as it likes.
    """
    if (later.drawing, later.scalars) != (earlier.drawing, earlier.scalars):
        raise DrawMalformed("another draw")
    if later.declined[: len(earlier.declined)] != earlier.declined:
        raise DrawMalformed("declined")


def _read(told: dict[str, Any]) -> CommitteePaper:
    drawing = Drawing.read(canonical_json(told["setting"]))
    count = drawing.drawers
    return CommitteePaper(
        drawing,
        tuple(
            shape.address(each, "drawers")
            for each in entries(told["drawers"], "drawers", length=count)
        ),
        tuple(
            Deal(_bytes(each, _POINT_BYTES, "deals", length=drawing.threshold))
            for each in entries(told["deals"], "deals", length=count)
        ),
        _acknowledged(told["acknowledgements"], count),
        _bytes(told["scalars"], SECRET_BYTES, "scalars", length=count),
        _bytes(told["declined"], _HASH_BYTES, "declined", limit=_MOST_DECLINED),
        _bytes(told["members"], _HASH_BYTES, "members", limit=MAX_SEATS),
        _bytes(told["representatives"], _HASH_BYTES, "representatives", limit=MAX_SEATS),
    )


def _acknowledged(value: Any, count: int) -> dict[tuple[int, int], bytes]:
    name = "acknowledgements"
    found: dict[tuple[int, int], bytes] = {}
    rows = entries(value, name, length=count)
    for (dealer, others), row in zip(pairs(count), rows, strict=True):
        signatures = _bytes(row, SIGNATURE_BYTES, name, length=count - 1)
        found |= {
            (dealer, receiver): each for receiver, each in zip(others, signatures, strict=True)
        }
    return found


def _bytes(
    value: Any, size: int, name: str, *, length: int | None = None, limit: int = 2**32
) -> tuple[bytes, ...]:
    listed = entries(value, name, length=length, limit=limit)
    return tuple(hexadecimal(each, size, name) for each in listed)


def _spelt(values: Sequence[bytes]) -> list[str]:
    return ["0x" + each.hex() for each in values]
