"""A health authority that keeps custody: its places with their keys, drivers and arrivals."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from api.http.forms import rfc3339
from ledger import age
from ledger.canonical import b64url_decode, b64url_encode
from ledger.health import custody_events, custody_registrations, custody_views
from ledger.health.custody import Event
from ledger.health.custody_registrations import Registration
from ledger.health.custody_steps import KEEPS, LIVE, SIGNED_BY, Kind, Party, Step
from ledger.health.custody_views import CustodyView
from ledger.health.gate.outcome import Outcome
from ledger.health.scans import digest_of, scan_number
from ledger.health.transfers import Person
from ledger.keys import PrivateKey
from ledger.values import Role
from tests.support.health_desks import HOST_AGENCY, HOST_ID, Desks, desks, fresh_key
from tests.support.scans import scan_row, scans_form

PLACES: Final[Mapping[str, str]] = {
    "Sample Checkpoint": "checkpoint",
    "Sample Exit": "checkpoint",
    "sample-site": "site",
    "sample-inn": "lodging",
    "sample-hotel": "facility",
    "sample-hospital": "hospital",
}
PORT, EXIT, SITE, INN, HOTEL, HOSPITAL = PLACES
AGENCY: Final = "XB/SAMPLE-HOST"
LEG_MINUTES: Final = 240
PERSON: Final = Person("Sample Driver Qilin", "1979-02-03", "P", "XA", "D55019283")


@dataclass
class Traveller:
    """A person with a key; `subject` the exemption of a driver, the trip of an arrival."""

    kind: Kind
    person: Person
    key: PrivateKey = field(default_factory=fresh_key)
    subject: bytes = field(default_factory=lambda: secrets.token_bytes(16))


class CustodyDesk:
    """What officers, places and travellers do over HTTP."""

    def __init__(self, desks: Desks) -> None:
        self.desks = desks
        self.world = desks.service
        self.keys = {code: fresh_key() for code in PLACES}

    def begin(self) -> None:
        """Register the places."""
        self.desks.grant(HOST_ID, Role.GATE, self.desks.host_officer.address)
        for code, kind in PLACES.items():
            assert self.register(code, kind).status_code == 201
        self.world.clock.now += 60

    def post(self, path: str, form: Any, by: Any = None, key: str | None = None) -> Any:
        return self.desks.post(f"custody/{path}", form, by, key)

    def officer(self, path: str, form: Any, key: str | None = None) -> Any:
        return self.post(path, form, self.desks.host_officer, key)

    def get(self, path: str, by: Any = None, **query: Any) -> Any:
        headers = {} if by is None else self.world.by(by)
        address = f"/v1/health/custody/{path}"
        return self.world.client.get(address, headers=headers, params=query)

    def asked(self, path: str, **query: Any) -> Any:
        """What the agency's officer reads."""
        return self.get(path, self.desks.host_officer, **query)

    def register(self, code: str, kind: str, keys: Sequence[PrivateKey] | None = None) -> Any:
        held = [self.keys[code]] if keys is None else keys
        form = {
            "agency": HOST_AGENCY,
            "code": code,
            "kind": kind,
            "legMinutes": LEG_MINUTES,
            "keys": [key.public_key.jwk() for key in held],
        }
        return self.officer("places", form)

    def later(self, seconds: int) -> None:
        """Let time pass, and everybody sign in again."""
        self.world.clock.now += seconds
        self.world.say()
        self.world.forget_sign_ins()

    # People.

    def sealed(self, traveller: Traveller, /, **changes: Any) -> str:
        """Return who somebody is, sealed to the agency."""
        told = Registration(
            HOST_ID,
            self.world.clock.now,
            traveller.kind,
            traveller.subject,
            traveller.key.public_key,
            traveller.person,
        )
        content = custody_registrations.sign(replace(told, **changes), traveller.key)
        recipient = self.desks.post("conversions/nonces", {"agency": HOST_AGENCY}).json()
        return b64url_encode(age.seal(content, recipient["recipient"], secrets.token_bytes))

    def apply(self, driver: Traveller, /, **changes: Any) -> Any:
        form = {"agency": HOST_AGENCY, "sealed": self.sealed(driver, **changes)}
        return self.post("exemptions", form)

    def act(self, driver: Traveller, act: str, key: str | None = None, **form: Any) -> Any:
        return self.officer(f"exemptions/0x{driver.subject.hex()}/{act}", form, key)

    def enlist(self, driver: Traveller, days: int = 90) -> Any:
        return self.act(driver, "listing", until=moment(self.world.clock.now + days * 86_400))

    def driver(self) -> Traveller:
        """Return somebody new who is on the list."""
        number = secrets.token_hex(5)
        driver = Traveller(Kind.DRIVER, replace(PERSON, document_number=number))
        assert self.apply(driver).status_code == 201
        listed = self.enlist(driver)
        assert listed.status_code == 201, listed.text
        return driver

    def own(self, traveller: Traveller, signer: PrivateKey | None = None, **changes: Any) -> Any:
        asked = CustodyView(HOST_ID, self.world.clock.now, traveller.subject)
        request = custody_views.sign(replace(asked, **changes), signer or traveller.key)
        return self.post("views", {"request": b64url_encode(request)})

    # Trips.

    def signed(
        self, event: Event, traveller: Traveller, without: Sequence[Party] = (), custodian: str = ""
    ) -> bytes:
        """Return an event with the signatures that its step asks for."""
        signers = {
            Party.TRAVELLER: traveller.key,
            Party.CONSIGNEE: self.keys[SITE],
            Party.CHECKPOINT: self.keys[event.place],
            Party.CUSTODIAN: self.keys[custodian or event.custodian or PORT],
            Party.PLACE: self.keys[event.place],
        }
        asked = SIGNED_BY[event.step] - {Party.HEALTH_AUTHORITY} - set(without)
        given = [custody_events.sign(event, party, signers[party]) for party in asked]
        return custody_events.assemble(event, given)

    def first(self, traveller: Traveller, **changes: Any) -> Event:
        """Return the event that opens a trip of somebody now."""
        now, is_driver = self.world.clock.now, traveller.kind is Kind.DRIVER
        event = Event(
            trip=secrets.token_bytes(16) if is_driver else traveller.subject,
            seq=0,
            step=Step.DECLARED if is_driver else Step.LANDED,
            at=now,
            place=PORT,
            custodian="" if is_driver else PORT,
            next_custodian="",
            due=now + 3_600,
            previous=b"",
            random=secrets.token_bytes(16),
        )
        return replace(event, **changes)

    def open(self, traveller: Traveller, event: Event, told: str | None = None) -> Any:
        """Bring the first event of a trip; `told` who arrives, sealed."""
        form: dict[str, Any] = {
            "agency": HOST_AGENCY,
            "event": b64url_encode(self.signed(event, traveller)),
        }
        if traveller.kind is Kind.DRIVER:
            form["exemption"] = "0x" + traveller.subject.hex()
        else:
            form["traveller"] = told or self.sealed(traveller)
        return self.post("trips", form)

    def declared(self, driver: Traveller) -> str:
        """Return the trip that a driver has declared."""
        answer = self.open(driver, self.first(driver))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["trip"])

    def following(self, trip: str, step: Step, place: str, **changes: Any) -> Event:
        """Return the event that continues a trip; of a departure `place` is where it leads."""
        shown, now = self.trip(trip), self.world.clock.now
        is_departure = step is Step.IN_TRANSIT
        last = custody_events.read(b64url_decode(shown["events"][-1]["document"])).event
        here = shown["expectedAt"] if is_departure else place
        event = Event(
            trip=last.trip,
            seq=last.seq + 1,
            step=step,
            at=now,
            place=here,
            custodian=last.custodian if step in KEEPS else here,
            next_custodian=place if is_departure else "",
            due=now + 1_800 if step in LIVE else 0,
            previous=bytes.fromhex(shown["digest"][2:]),
            random=secrets.token_bytes(16),
        )
        return replace(event, **changes)

    def step(self, trip: str, traveller: Traveller, step: Step, place: str, **changes: Any) -> Any:
        """Continue a trip, a moment later."""
        self.world.clock.now += 60
        event = self.following(trip, step, place, **changes)
        form: dict[str, Any] = {"event": b64url_encode(self.signed(event, traveller))}
        if step is Step.ADMITTED:
            form["admission"] = self.admission()
        return self.post(f"trips/{trip}/events", form)

    def admission(self, **changes: Any) -> dict[str, Any]:
        """Return a scan that let somebody pass just now, and a sample taken just before."""
        now = self.world.clock.now
        values = {"checkpoint": PORT, "outcome": Outcome.ACCEPT, "reasons": ()}
        row = scan_row(now, secrets.randbits(31), **(values | changes))
        logged = self.desks.post("scans", scans_form(row), self.desks.host_officer)
        assert logged.status_code == 201, logged.text
        return {"scan": scan_number(digest_of(row)), "sampledAt": moment(now - 30)}

    def trip(self, trip: str) -> Any:
        answer = self.get(f"trips/{trip}")
        assert answer.status_code == 200, answer.text
        return answer.json()


def moment(at: int) -> str:
    """Return a time as forms take it."""
    return rfc3339(at)


@contextmanager
def custody_desk(url: str) -> Iterator[CustodyDesk]:
    """Make the authority over the migrated database at `url`, and end it."""
    with desks(url) as made:
        desk = CustodyDesk(made)
        desk.begin()
        yield desk
