"""The places at which this wallet is a trustee: one key for each tender and part."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import Refused
from ledger.tenders import forms
from ledger.tenders.forms import Form
from ledger.tenders.trustees import Request, Seat, octets
from wallet.home import read_file, write_file

FOLDER: Final = "trustee"


@dataclass(eq=False)
class TrusteeSeatUnknown(Refused):
    """This wallet holds no trustee's key for that. Make one: suizheng trustee register."""

    tender: str
    part: int
    index: int


class SeatStore:
    """The requests that were handed out; the keys lie locked in the keyring."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    @staticmethod
    def key_name(seat: Seat) -> str:
        """Return the name of a place's key in the keyring."""
        return f"trustee-{seat.tender.hex()[:16]}-{seat.part}-{seat.index}"

    def keep(self, request: Request) -> None:
        """Keep where this wallet is a trustee."""
        write_file(self._path(request.seat), request.to_bytes())

    def keep_said(self, seat: Seat, name: str, token: str) -> None:
        """Keep what a service signed about a release."""
        write_file(self._folder / f"{self.key_name(seat)}-{name}.jwt", token.encode())

    def all(self) -> Iterator[Request]:
        """Yield every request; raise `FormInvalid` for a file that was changed."""
        for path in sorted(self._folder.glob("*.json")):
            yield Request.read(read_file(path))

    def of_rehearsal(self, rehearsal: bytes) -> Request:
        """Return the rehearsal's request; raise `FormInvalid` or `TrusteeSeatUnknown`."""
        value = forms.read(Form.REHEARSAL, rehearsal)
        place = (octets(value["tender"]), value["part"], value["index"])
        for request in self.all():
            seat = request.seat
            if (seat.tender, seat.part, seat.index) == place:
                return request
        raise TrusteeSeatUnknown(value["tender"], value["part"], value["index"])

    def find(self, tender: str, part: int, index: int | None = None) -> Request:
        """Return the one place in the tender whose id begins so; raise `TrusteeSeatUnknown`."""
        start = tender.lower().removeprefix("0x")
        found = [
            request
            for request in self.all()
            if request.seat.part == part
            and index in (None, request.seat.index)
            and start
            and request.seat.tender.hex().startswith(start)
        ]
        if len(found) != 1:
            raise TrusteeSeatUnknown(tender, part, index or 0)
        return found[0]

    def _path(self, seat: Seat) -> Path:
        return self._folder / f"{self.key_name(seat)}.json"
