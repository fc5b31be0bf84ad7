"""`suizheng health custody`: trips of drivers and arrivals, for travellers, sites and ports."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from ledger import age
from ledger.canonical import EncodingNotCanonical, b64url_decode, b64url_encode, parse_object
from ledger.errors import Refused
from ledger.health import custody_events, custody_registrations, custody_views
from ledger.health.custody import ID_BYTES, RANDOM_BYTES
from ledger.health.custody_events import SignedEvent
from ledger.health.custody_registrations import Registration
from ledger.health.custody_steps import DUE_WITHIN, Kind, Party, Step
from ledger.health.custody_views import CustodyView
from ledger.health.transfers import Person
from ledger.keys import PrivateKey
from ledger.verification.check import rfc3339
from wallet.commands.health_convert import invited, named
from wallet.commands.options import (
    AGENCY,
    FILE,
    MOMENT,
    AgencyName,
    json_option,
    password_option,
    service_option,
)
from wallet.console import note, print_json, print_table, say
from wallet.health.custody import (
    EventFile,
    Subject,
    SubjectFolder,
    first_event,
    next_event,
    unsigned,
)
from wallet.home import read_file
from wallet.service import AnswerMalformed, Service
from wallet.surroundings import Surroundings

CUSTODY: Final = "/v1/health/custody"
FOLDER: Final = "custody"
_PERSON: Final = ("name", "birthDate", "documentType", "documentIssuer", "documentNumber")
_FOLLOWING: Final = [
    *(Step.CANCELLED, Step.ADMITTED, Step.IN_TRANSIT, Step.AT_SITE, Step.LODGED, Step.AT_EXIT),
    *(Step.EXITED, Step.TESTED, Step.AT_FACILITY),
]
_key_option = click.option("--key", default="me", show_default=True, help="Key that signs.")


class PersonMalformed(Refused):
    """The file does not say who the person is. Give name, birthDate and the three of the document.

    Those are documentType, documentIssuer and documentNumber.
    """


@click.group()
def custody() -> None:
    """Trips in custody: declared or landed, handed over from place to place, and closed.

    An event is a file: each party signs it with `sign`, whoever has it whole brings it with `send`.
    """


@custody.command()
@click.argument("agency", type=AGENCY)
@click.argument("person", type=FILE)
@_key_option
@service_option
@password_option
@json_option
@click.pass_obj
def apply(outside: Surroundings, /, agency: AgencyName, person: Path, **given: Any) -> None:
    """Apply at AGENCY for the exemption list; PERSON is JSON of who you are, sealed to it.

    PERSON has name, birthDate, documentType, documentIssuer and documentNumber.
    """
    subject = outside.randomness(ID_BYTES)
    told = (Kind.DRIVER, subject, _person(person))
    with closing(Service(given["service_url"], wait=outside.clocks.pause)) as service:
        sealed = _sealed(outside, service, agency, told, _signer(outside, given))
        form = {"agency": named(str(agency)), "sealed": b64url_encode(sealed)}
        answer = service.post(f"{CUSTODY}/exemptions", form)
    _keep(outside, subject, Kind.DRIVER, agency, given)
    if given["as_json"]:
        print_json(answer)
    else:
        say(f"Applied. Ask how it stands: suizheng health custody mine {subject.hex()}")


@custody.command()
@click.argument("name")
@click.argument("port")
@click.option("--entry", type=MOMENT, required=True, help="Latest time of entry, 24 h ahead.")
@click.option("--out", type=FILE, default="declaration.json", show_default=True)
@password_option
@json_option
@click.pass_obj
def declare(outside: Surroundings, /, name: str, port: str, out: Path, **given: Any) -> None:
    """Declare a trip through PORT under the exemption NAME, for the consignee to sign too."""
    subject = _subjects(outside).find(name)
    event = first_event(Step.DECLARED, port, outside.now(), given["entry"], outside.randomness)
    signer = outside.keyring.signer(subject.key, given["passwords"].of(subject.key))
    file = unsigned(subject.agency, event, exemption=f"0x{subject.name}")
    file = file.signed_as(Party.TRAVELLER, signer)
    file.write(out)
    _tell(file, out, as_json=given["as_json"])


@custody.command()
@click.argument("agency", type=AGENCY)
@click.argument("port")
@click.argument("person", type=FILE)
@click.option("--due", type=MOMENT, required=True, help="Latest time of the test.")
@click.option("--out", type=FILE, default="landing.json", show_default=True)
@_key_option
@service_option
@password_option
@json_option
@click.pass_obj
def land(  # what a landing names
    outside: Surroundings, /, agency: AgencyName, port: str, person: Path, out: Path, **given: Any
) -> None:
    """Tell AGENCY who lands at PORT, sealed; the checkpoint signs the file and sends it."""
    event = first_event(Step.LANDED, port, outside.now(), given["due"], outside.randomness)
    told = (Kind.ARRIVAL, event.trip, _person(person))
    with closing(Service(given["service_url"], wait=outside.clocks.pause)) as service:
        sealed = _sealed(outside, service, agency, told, _signer(outside, given))
    file = unsigned(str(agency), event, traveller=sealed)
    file.write(out)
    _keep(outside, event.trip, Kind.ARRIVAL, agency, given)
    _tell(file, out, as_json=given["as_json"])


@custody.command()
@click.argument("trip")
@click.argument("step", type=click.Choice([str(each) for each in _FOLLOWING]))
@click.argument("place", required=False)
@click.option("--at", type=MOMENT, help="When it happened; now by default.")
@click.option("--due", type=MOMENT, help="Latest time of the event after it, if one may follow.")
@click.option("--out", type=FILE, default="event.json", show_default=True)
@service_option
@json_option
@click.pass_obj
def step(outside: Surroundings, /, trip: str, step: str, place: str | None, **given: Any) -> None:
    """Write the next event of TRIP for the parties to sign; PLACE is where a departure leads."""
    if step == Step.IN_TRANSIT and place is None:
        raise click.UsageError("A departure needs PLACE.")
    if (given["due"] is None) is (step in DUE_WITHIN):
        raise click.UsageError("--due is for each step that another one may follow, and no other.")
    with closing(Service(given["service_url"], wait=outside.clocks.pause)) as service:
        last = _last(service, service.get(f"{CUSTODY}/trips/{trip}"))
    times = (outside.now() if given["at"] is None else given["at"], given["due"] or 0)
    event = next_event(last, Step(step), place, times, outside.randomness(RANDOM_BYTES))
    file = unsigned("", event)
    file.write(given["out"])
    _tell(file, given["out"], as_json=given["as_json"])


@custody.command()
@click.argument("file", type=FILE)
@click.option(
    "--as",
    "party",
    type=click.Choice([str(each) for each in Party if each is not Party.HEALTH_AUTHORITY]),
    required=True,
    help="As whom you sign.",
)
@_key_option
@password_option
@json_option
@click.pass_obj
def sign(outside: Surroundings, /, file: Path, party: str, **given: Any) -> None:
    """Sign the event in FILE as one of its parties, off line; look at it first: `status FILE`."""
    found = EventFile.read(file)
    found = found.signed_as(Party(party), _signer(outside, given))
    found.write(file)
    _tell(found, file, as_json=given["as_json"])


@custody.command()
@click.argument("file", type=FILE)
@click.option("--scan", help="Of an admission: the number of the scan that let the driver pass.")
@click.option("--sampled", type=MOMENT, help="Of an admission: when the sample was taken.")
@service_option
@json_option
@click.pass_obj
def send(outside: Surroundings, /, file: Path, **given: Any) -> None:
    """Bring the event in FILE to the service; the same twice is the same."""
    found = EventFile.read(file)
    event, body = found.signed.event, _body(found)
    path = f"{CUSTODY}/trips/0x{event.trip.hex()}/events"
    if event.seq == 0:
        path = f"{CUSTODY}/trips"
    elif given["scan"] is not None and given["sampled"] is not None:
        body["admission"] = {"scan": given["scan"], "sampledAt": rfc3339(given["sampled"])}
    with closing(Service(given["service_url"], wait=outside.clocks.pause)) as service:
        answer = service.post(path, body)
    _show_trip(answer, as_json=given["as_json"])


@custody.command()
@click.argument("trip")
@service_option
@json_option
@click.pass_obj
def status(outside: Surroundings, /, trip: str, **given: Any) -> None:
    """Show TRIP by its id, or the event in a file of that name before you sign it."""
    if Path(trip).is_file():
        _tell(EventFile.read(Path(trip)), Path(trip), as_json=given["as_json"])
        return
    with closing(Service(given["service_url"], wait=outside.clocks.pause)) as service:
        answer = service.get(f"{CUSTODY}/trips/{trip}")
    _last(service, answer)
    _show_trip(answer, as_json=given["as_json"])


@custody.command()
@click.argument("name", required=False)
@password_option
@json_option
@click.pass_obj
def mine(outside: Surroundings, /, name: str | None, **given: Any) -> None:
    """Show all that an agency keeps about you under NAME; without it, the names you have."""
    if name is None:
        known = _subjects(outside).all()
        if given["as_json"]:
            print_json([asdict(each) for each in known])
        else:
            rows = ((each.name, each.kind, each.agency, each.key) for each in known)
            print_table(("NAME", "KIND", "AGENCY", "KEY"), rows)
        return
    subject = _subjects(outside).find(name)
    signer = outside.keyring.signer(subject.key, given["passwords"].of(subject.key))
    agency = AgencyName(*subject.agency.split("/")).id
    asked = CustodyView(agency, outside.now(), bytes.fromhex(subject.name))
    form = {"request": b64url_encode(custody_views.sign(asked, signer))}
    with closing(Service(subject.service, wait=outside.clocks.pause)) as service:
        answer = service.ask(f"{CUSTODY}/views", form)
    _show_own(answer, as_json=given["as_json"])


def _subjects(outside: Surroundings) -> SubjectFolder:
    return SubjectFolder(outside.home / FOLDER)


def _keep(
    outside: Surroundings, subject: bytes, kind: Kind, agency: AgencyName, given: dict[str, Any]
) -> None:
    kept = Subject(subject.hex(), str(kind), str(agency), given["service_url"], given["key"])
    _subjects(outside).keep(kept)


def _signer(outside: Surroundings, given: dict[str, Any]) -> PrivateKey:
    return outside.keyring.signer(given["key"], given["passwords"].of(given["key"]))


def _person(path: Path) -> Person:
    found = parse_object(read_file(path))
    if found.keys() != set(_PERSON) or not all(type(each) is str for each in found.values()):
        raise PersonMalformed
    return Person(*(found[name] for name in _PERSON))


def _sealed(
    outside: Surroundings,
    service: Service,
    agency: AgencyName,
    told: tuple[Kind, bytes, Person],
    signer: PrivateKey,
) -> bytes:
    """Return who somebody is, signed and sealed to the agency."""
    kind, subject, person = told
    told_at, key = outside.now(), signer.public_key
    content = Registration(agency.id, told_at, kind, subject, key, person)
    recipient = invited(service, str(agency), None).recipient
    return age.seal(custody_registrations.sign(content, signer), recipient, outside.randomness)


def _body(file: EventFile) -> dict[str, Any]:
    """Return the form that brings an event."""
    body: dict[str, Any] = {"event": b64url_encode(file.event)}
    if file.signed.event.seq:
        return body
    body["agency"] = named(file.agency)
    if file.exemption is not None:
        body["exemption"] = file.exemption
    if file.traveller is not None:
        body["traveller"] = b64url_encode(file.traveller)
    return body


def _last(service: Service, answer: dict[str, Any]) -> SignedEvent:
    """Return a trip's last event, each found to name the one before."""
    previous, last = b"", None
    try:
        for each in answer["events"]:
            last = custody_events.read(b64url_decode(each["document"]))
            if last.event.previous != previous:
                raise AnswerMalformed(service.base_url)
            previous = last.digest
    except (KeyError, TypeError, EncodingNotCanonical) as exc:
        raise AnswerMalformed(service.base_url) from exc
    if last is None:
        raise AnswerMalformed(service.base_url)
    return last


def _tell(file: EventFile, path: Path, *, as_json: bool) -> None:
    event, missing = file.signed.event, [str(each) for each in file.missing]
    facts: dict[str, Any] = {
        "trip": f"0x{event.trip.hex()}",
        "step": str(event.step),
        "at": rfc3339(event.at),
        "place": event.place,
        "next": event.next_custodian or None,
        "due": rfc3339(event.due) if event.due else None,
        "missing": missing,
        "file": str(path),
    }
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        if value and name not in {"missing", "file"}:
            note(f"{name}: {value}")
    still = f"to be signed by {', '.join(missing)}" if missing else "whole: send it"
    say(f"{path} is {still}.")


def _show_trip(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    say(f"Trip {answer['trip']}: {answer['state']}{', LATE' if answer['isLate'] else ''}")
    columns = ("STEP", "AT", "PLACE", "NEXT", "DUE", "STAGE")
    names = ("step", "at", "place", "nextCustodian", "due", "stage")
    print_table(columns, ([each[name] or "" for name in names] for each in answer["events"]))


def _show_own(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    exemption = answer["exemption"]
    if exemption is not None:
        say(f"Exemption: {exemption['state']}, until {exemption['listedUntil'] or '-'}")
        if exemption["cause"]:
            say(f"Cause: {exemption['cause']}")
    for trip in answer["trips"]:
        _show_trip(trip, as_json=False)
    for alert in answer["alerts"]:
        say(f"Alert {alert['cause']} by {alert['level']}: {alert['finding'] or 'open'}")
