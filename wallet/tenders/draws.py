"""The folder of a draw of experts, which drawers pass on or share: what each of them put there.

setting.json · keys/N.json · deals/N.json · acknowledgements/N.json · scalars/N.json, and
shares/M-N.json where drawer N helps to rebuild what drawer M withholds; deals.json, what of them is
anchored. Drawers count from 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from ledger.errors import Refused
from ledger.tenders import draw, draw_papers, feldman
from ledger.tenders.committee_paper import CommitteePaper, require_drawn, seated
from ledger.tenders.draw_papers import Drawing, SealedDeal
from ledger.tenders.errors import AlreadyDone
from ledger.tenders.events import DrawState
from ledger.values import Address
from wallet.home import read_file, write_file

SETTING: Final = "setting.json"
DEALS: Final = "deals.json"
SCALAR: Final = "draw-scalar"
SHARE: Final = "draw-share"


@dataclass(eq=False)
class DrawIncomplete(Refused):
    """A paper of the draw is still missing. Wait for it, and then repeat this."""

    path: str


@dataclass(eq=False)
class DrawPlaceTaken(Refused):
    """Another key stands in the folder under this drawer's number. Find out whose it is."""

    drawer: int


@dataclass(eq=False)
class DealReplaced(Refused):
    """The deal is another than was acknowledged here. Keep to the first, or begin another round."""

    dealer: int


@dataclass(frozen=True, slots=True)
class KeptDeals:
    """The deals that a drawer acknowledged, in a folder of its own, which nobody else reaches.

    Whoever withholds a scalar may spoil the shares in the folder in common, too.
    """

    folder: Path

    def keep(self, deals: Mapping[int, SealedDeal]) -> None:
        """Keep deals by dealer; raise `DealReplaced` for another than was kept before."""
        for dealer, dealt in deals.items():
            path = self._path(dealer)
            if path.exists() and read_file(path) != dealt.to_bytes():
                raise DealReplaced(dealer)
        for dealer, dealt in deals.items():
            write_file(self._path(dealer), dealt.to_bytes())

    def find(self, dealer: int) -> SealedDeal:
        """Return what a dealer dealt; raise `DrawIncomplete` unless it was acknowledged here."""
        if not self._path(dealer).exists():
            raise DrawIncomplete(str(self._path(dealer)))
        return SealedDeal.read(read_file(self._path(dealer)))

    def _path(self, dealer: int) -> Path:
        return self.folder / f"{dealer}.json"


@dataclass(frozen=True, slots=True)
class DrawFolder:
    """The papers of one draw."""

    folder: Path

    @property
    def drawing(self) -> Drawing:
        """What was agreed; raise `DrawIncomplete` or `DrawPaperMalformed`."""
        return Drawing.read(self._read(SETTING))

    @property
    def setting_digest(self) -> bytes:
        """What is anchored of the setting before anybody joins."""
        return sha256(self.drawing.to_bytes()).digest()

    def drawers(self) -> list[tuple[bytes, Address]]:
        """Return every drawer's key and address; raise `DrawIncomplete` until all are there."""
        numbers = range(1, self.drawing.drawers + 1)
        return [draw_papers.read_key(self._read(f"keys/{each}.json")) for each in numbers]

    def deals(self) -> list[SealedDeal]:
        """Return every drawer's deal; raise `DrawIncomplete` for the first that is missing."""
        numbers = range(1, len(self.drawers()) + 1)
        return [SealedDeal.read(self._read(f"deals/{each}.json")) for each in numbers]

    def require_acknowledged(self) -> None:
        """Raise unless everybody acknowledged everybody's share: nothing is revealed before."""
        addresses = [address for _, address in self.drawers()]
        deals = [each.deal for each in self.deals()]
        draw.check_acknowledgements(self.drawing.setting, deals, addresses, self._signatures())

    def deals_paper(self) -> bytes:
        """Return what is anchored before the reveal; raise as `require_acknowledged`."""
        self.require_acknowledged()
        return draw_papers.write_deals([each.deal for each in self.deals()], self._signatures())

    def has_scalar(self, drawer: int, key: Address) -> bool:
        """Whether the scalar of a drawer's key is out, by its own hand or rebuilt."""
        try:
            draw.check_scalars([self.scalar(drawer)], [key])
        except Refused:  # what somebody else put there is nobody's scalar
            return False
        return True

    def put_scalar(self, drawer: int, scalar: bytes) -> None:
        """Add a drawer's true scalar, over whatever else stands there; raise `AlreadyDone`."""
        if self.has_scalar(drawer, self.drawers()[drawer - 1][1]):
            raise AlreadyDone
        path = self.folder / f"scalars/{drawer}.json"
        write_file(path, draw_papers.write_scalar(SCALAR, scalar))

    def put_key(self, drawer: int, public: bytes) -> None:
        """Add a drawer's key; raise `DrawPlaceTaken` where another's stands, or `AlreadyDone`."""
        path, paper = f"keys/{drawer}.json", draw_papers.write_key(public)
        if (self.folder / path).exists() and self._read(path) != paper:
            raise DrawPlaceTaken(drawer)
        self.put(path, paper)

    def scalar(self, drawer: int) -> bytes:
        """Return what is said to be a drawer's scalar; raise `DrawIncomplete`."""
        return draw_papers.read_scalar(self._read(f"scalars/{drawer}.json"))

    def scalars(self) -> list[bytes]:
        """Return every drawer's scalar, held against its address; raise as `draw` does."""
        addresses = [address for _, address in self.drawers()]
        found = [self.scalar(each) for each in range(1, len(addresses) + 1)]
        draw.check_scalars(found, addresses)
        return found

    def rebuilt(self, dealer: int) -> bytes:
        """Return the scalar that a drawer withholds, from the shares that the others handed out."""
        shares = {
            receiver: draw_papers.read_scalar(self._read(f"shares/{dealer}-{receiver}.json"))
            for receiver in range(1, len(self.drawers()) + 1)
            if (self.folder / f"shares/{dealer}-{receiver}.json").exists()
        }
        return feldman.rebuild(self.deals()[dealer - 1].deal, shares)

    def committee(
        self, declined: tuple[bytes, ...], representatives: tuple[bytes, ...]
    ) -> CommitteePaper:
        """Return the paper of the committee that was drawn, checked; raise as `require_drawn`."""
        drawing, scalars = self.drawing, tuple(self.scalars())
        made = CommitteePaper(
            drawing,
            tuple(address for _, address in self.drawers()),
            tuple(each.deal for each in self.deals()),
            self._signatures(),
            scalars,
            declined,
            seated(drawing.setting, scalars, declined),
            representatives,
        )
        require_drawn(made)
        return made

    def papers_of(self, state: DrawState) -> list[Path]:
        """Return the papers whose digests bring the chain to `state`, written here if need be."""
        if state is DrawState.BEGUN:
            return [self.folder / SETTING]
        if state is not DrawState.DEALT:
            return []
        write_file(self.folder / DEALS, self.deals_paper())
        return [self.folder / DEALS]

    def put(self, path: str, content: bytes) -> None:
        """Add a paper; raise `AlreadyDone` for one that is there: nobody takes a word back."""
        if (self.folder / path).exists():
            raise AlreadyDone
        write_file(self.folder / path, content)

    def _signatures(self) -> dict[tuple[int, int], bytes]:
        """Every acknowledgement by (dealer, receiver) from 0."""
        return {
            (dealer - 1, receiver - 1): signature
            for receiver in range(1, len(self.drawers()) + 1)
            for dealer, signature in draw_papers.read_signatures(
                self._read(f"acknowledgements/{receiver}.json")
            ).items()
        }

    def _read(self, path: str) -> bytes:
        if not (self.folder / path).exists():
            raise DrawIncomplete(path)
        return read_file(self.folder / path)
