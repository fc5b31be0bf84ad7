"""Events of trips on their way from signer to signer, and what a traveller keeps of custody.

An event is a file that goes round: each party adds its signature on a device of its own, and
whoever has it whole brings it to the service. The name of a trip or of an exemption is all that a
traveller needs to ask later; it stays in the wallet.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from ledger.canonical import b64url_decode, b64url_encode, canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health import custody_events
from ledger.health.custody import ID_BYTES, RANDOM_BYTES, Event
from ledger.health.custody_events import SignedEvent
from ledger.health.custody_steps import KEEPS, SIGNED_BY, Party, Step
from ledger.keys import Signer
from wallet.home import private_folder, read_file, write_file

_NAMES: Final = frozenset({"agency", "event", "exemption", "traveller"})


@dataclass(eq=False)
class EventFileMalformed(Refused):
    """The file is no event of a trip. Ask for it again."""

    path: str


@dataclass(eq=False)
class CustodyNameUnknown(Refused):
    """There is nothing of this name. `suizheng health custody mine` lists what there is."""

    name: str


@dataclass(frozen=True, slots=True)
class EventFile:
    """An event with the signatures so far, kept by `agency` ("XB/CODE").

    Of the first event `exemption` is the driver's, 0x-hex; `traveller` who arrives, sealed.
    """

    agency: str
    event: bytes
    exemption: str | None = None
    traveller: bytes | None = None

    @classmethod
    def read(cls, path: Path) -> "EventFile":
        """Return what a file holds; raise `EventFileMalformed`."""
        try:
            found = parse_object(read_file(path))
            if found.keys() != _NAMES:
                raise EventFileMalformed(str(path))
            traveller = found["traveller"]
            file = cls(
                str(found["agency"]),
                b64url_decode(str(found["event"])),
                None if found["exemption"] is None else str(found["exemption"]),
                None if traveller is None else b64url_decode(str(traveller)),
            )
            custody_events.read(file.event)
        except LedgerError as exc:
            raise EventFileMalformed(str(path)) from exc
        return file

    def write(self, path: Path) -> None:
        """Write the file."""
        traveller = None if self.traveller is None else b64url_encode(self.traveller)
        content = {
            "agency": self.agency,
            "event": b64url_encode(self.event),
            "exemption": self.exemption,
            "traveller": traveller,
        }
        write_file(path, canonical_json(content))

    @property
    def signed(self) -> SignedEvent:
        """The event and who signed so far, unchecked."""
        return custody_events.read(self.event)

    @property
    def missing(self) -> list[Party]:
        """Who has to sign yet."""
        found = self.signed
        return sorted(SIGNED_BY[found.event.step] - {each.party for each in found.signatures})

    def signed_as(self, party: Party, signer: Signer) -> "EventFile":
        """Return the file with one party's signature, in place of one that it had."""
        found = self.signed
        others = [each for each in found.signatures if each.party is not party]
        given = custody_events.sign(found.event, party, signer)
        return replace(self, event=custody_events.assemble(found.event, [*others, given]))


def unsigned(agency: str, event: Event, **more: Any) -> EventFile:
    """Return the file of an event that nobody signed."""
    return EventFile(agency, custody_events.assemble(event, []), **more)


def first_event(
    step: Step, place: str, at: int, due: int, randomness: Callable[[int], bytes]
) -> Event:
    """Return the event that opens a trip."""
    custodian = "" if step is Step.DECLARED else place
    trip, random = randomness(ID_BYTES), randomness(RANDOM_BYTES)
    return Event(trip, 0, step, at, place, custodian, "", due, b"", random)


def next_event(
    last: SignedEvent, step: Step, place: str | None, times: tuple[int, int], random: bytes
) -> Event:
    """Return the event that continues a trip, at the first of `times` and with the second due.

    Of a departure `place` is where it leads; otherwise where the event happens, by default where it
    is expected.
    """
    before, (at, due) = last.event, times
    expected = before.next_custodian or before.place
    is_departure = step is Step.IN_TRANSIT
    here = expected if is_departure or place is None else place
    return Event(
        trip=before.trip,
        seq=before.seq + 1,
        step=step,
        at=at,
        place=here,
        custodian=before.custodian if step in KEEPS else here,
        next_custodian=(place or "") if is_departure else "",
        due=due,
        previous=last.digest,
        random=random,
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """An exemption or an arrival's trip of one's own: `name` 32 hexadecimal digits."""

    name: str
    kind: str
    agency: str
    service: str
    key: str


class SubjectFolder:
    """What this wallet may ask about, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, subject: Subject) -> None:
        """Keep one."""
        path = private_folder(self._folder) / f"{subject.name}.json"
        write_file(path, canonical_json(asdict(subject)))

    def all(self) -> list[Subject]:
        """Return all there are, by name."""
        return [_subject(parse_object(read_file(path))) for path in self._paths()]

    def find(self, name: str) -> Subject:
        """Return one by its name or the beginning of it; raise `CustodyNameUnknown`."""
        wanted = name.removeprefix("0x")
        found = [each for each in self.all() if wanted and each.name.startswith(wanted)]
        if len(found) != 1:
            raise CustodyNameUnknown(name)
        return found[0]

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []


def _subject(found: Mapping[str, Any]) -> Subject:
    names = ("name", "kind", "agency", "service", "key")
    return Subject(*(str(found[name]) for name in names))
