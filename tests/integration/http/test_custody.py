"""The chain of custody over HTTP: exemption list, trips, alerts, and a traveller's own view."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from api.services.custody_alerts import CustodyAlerts
from api.services.custody_audit import broken
from api.services.custody_exemptions import ExemptionHeld, ExemptionOrder
from api.services.idempotency import KeptAnswer, Settlement
from api.services.policies import CUSTODY_SECONDS
from api.store import custody_tables
from api.store.audit import audit_view
from ledger.canonical import b64url_decode, b64url_encode
from ledger.health import custody_events
from ledger.health.custody_steps import Kind, Party, Step
from ledger.health.exemptions import ExemptionAct
from ledger.health.gate.outcome import Outcome
from ledger.health.scans import Override
from ledger.values import RecordKind
from tests.support.custody import (
    AGENCY,
    EXIT,
    HOSPITAL,
    HOTEL,
    INN,
    LEG_MINUTES,
    PERSON,
    PORT,
    SITE,
    CustodyDesk,
    Traveller,
    custody_desk,
    moment,
)
from tests.support.erasing import erasing_of
from tests.support.health_desks import HOST_AGENCY, HOST_ID, HOST_KEY, fresh_key
from tests.support.service import account, refusal

DAY = 86_400
KEY = "a-key-of-sixteen-characters"


@pytest.fixture(scope="module")
def desk(module_url: str) -> Iterator[CustodyDesk]:
    """One authority for the whole module; every test has travellers of its own."""
    with custody_desk(module_url) as made:
        yield made


def fault(answer: Any) -> tuple[str, str]:
    return refusal(answer)[1], answer.json()["fault"]


def watch(desk: CustodyDesk) -> CustodyAlerts:
    return desk.world.app.state.services.custody.alerts  # type: ignore[no-any-return]  # what the worker runs


def admitted(desk: CustodyDesk, driver: Traveller) -> str:
    trip = desk.declared(driver)
    assert desk.step(trip, driver, Step.ADMITTED, PORT).status_code == 201
    return trip


class TestPlaces:
    def test_are_listed_with_their_keys(self, desk: CustodyDesk) -> None:
        page = desk.get("places", agency=AGENCY, limit=4).json()
        more = desk.get("places", agency=AGENCY, cursor=page["nextCursor"]).json()
        found = {place["code"]: place for place in (*page["places"], *more["places"])}
        assert {PORT, EXIT, SITE, INN, HOTEL, HOSPITAL} <= found.keys()
        (key, *_) = found[SITE]["keys"]
        assert found[SITE]["kind"] == "site"
        assert found[SITE]["legMinutes"] == LEG_MINUTES
        assert key["keyId"] == "0x" + desk.keys[SITE].public_key.key_id.hex()
        other = desk.get("places", agency="XA/SAMPLE-HOME", cursor=page["nextCursor"])
        assert refusal(other) == (422, "CursorMalformed")

    def test_are_for_registrars_and_stay_what_they_are(self, desk: CustodyDesk) -> None:
        form = {"agency": HOST_AGENCY, "code": "x", "kind": "site", "legMinutes": 5, "keys": []}
        for by in (None, desk.desks.officer):
            assert desk.post("places", form, by).status_code in {401, 403}
        known = desk.get("places", agency=AGENCY).json()["places"]
        assert "x" not in {place["code"] for place in known}
        assert refusal(desk.register(SITE, "lodging")) == (409, "PlaceOfAnotherKind")
        unknown = desk.officer("places/closures", {"agency": HOST_AGENCY, "code": "nowhere"})
        assert refusal(unknown) == (404, "PlaceUnknown")

    def test_have_other_keys_from_when_they_were_given(self, desk: CustodyDesk) -> None:
        desk.keys["spare-site"] = old = fresh_key()
        desk.register("spare-site", "site")
        driver = desk.driver()
        trip = admitted(desk, driver)
        desk.step(trip, driver, Step.IN_TRANSIT, "spare-site")
        desk.keys["spare-site"] = new = fresh_key()
        late = desk.following(trip, Step.AT_SITE, "spare-site")
        desk.world.clock.now += 60
        assert desk.register("spare-site", "site").status_code == 201
        desk.keys["spare-site"] = old
        event = b64url_encode(desk.signed(late, driver))
        assert desk.post(f"trips/{trip}/events", {"event": event}).status_code == 201
        now_old = desk.step(trip, driver, Step.IN_TRANSIT, EXIT)
        assert refusal(now_old) == (422, "SignatureInvalid")
        desk.keys["spare-site"] = new
        assert desk.step(trip, driver, Step.IN_TRANSIT, EXIT).status_code == 201

    def test_that_are_closed_let_go_and_take_nobody(self, desk: CustodyDesk) -> None:
        desk.keys["old-inn"] = fresh_key()
        desk.register("old-inn", "lodging")
        driver, other = desk.driver(), desk.driver()
        trip, second = admitted(desk, driver), admitted(desk, other)
        desk.step(trip, driver, Step.IN_TRANSIT, "old-inn")
        assert desk.step(trip, driver, Step.LODGED, "old-inn").status_code == 201
        closed = desk.officer("places/closures", {"agency": HOST_AGENCY, "code": "old-inn"})
        assert closed.status_code == 201
        assert fault(desk.step(second, other, Step.IN_TRANSIT, "old-inn")) == (
            "CustodyRefused",
            "place",
        )
        assert desk.step(trip, driver, Step.IN_TRANSIT, EXIT).status_code == 201


class TestExemptions:
    def test_go_their_way_act_by_act(self, desk: CustodyDesk) -> None:
        person = replace(PERSON, document_number="D55019284")
        driver = Traveller(Kind.DRIVER, person)
        first = desk.apply(driver)
        assert (first.status_code, first.json()["state"]) == (201, "applied")
        again = desk.apply(driver)
        assert (again.status_code, again.json()) == (200, first.json())
        assert desk.enlist(driver).json()["state"] == "listed"
        until = moment(desk.world.clock.now + DAY)
        paused = desk.act(driver, "suspension", until=until, cause="sample cause")
        assert (paused.json()["state"], paused.json()["suspendedUntil"]) == ("suspended", until)
        assert desk.act(driver, "reinstatement").json()["state"] == "listed"
        gone = desk.act(driver, "removal", cause="sample breach").json()
        assert (gone["state"], gone["cause"]) == ("removed", "sample breach")
        assert refusal(desk.act(driver, "reinstatement")) == (409, "ExemptionRefused")
        file = desk.asked(f"exemptions/0x{driver.subject.hex()}").json()
        assert file["person"]["documentNumber"] == "D55019284"
        assert [act["act"] for act in file["acts"]] == ["list", "suspend", "reinstate", "remove"]
        assert {act["by"] for act in file["acts"]} == {desk.desks.host_officer.address}
        anew = Traveller(Kind.DRIVER, person)
        desk.apply(anew)
        known = desk.asked(f"exemptions/0x{anew.subject.hex()}").json()["others"]
        assert [(each["state"], each["cause"]) for each in known] == [("removed", "sample breach")]

    def test_stand_once_a_person(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        twin = Traveller(Kind.DRIVER, driver.person)
        desk.apply(twin)
        held = desk.enlist(twin)
        assert refusal(held) == (409, "ExemptionHeld")
        assert held.json()["exemption"] == "0x" + driver.subject.hex()

    def test_stand_once_of_two_listed_at_the_same_moment(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        assert desk.act(driver, "removal", cause="sample").status_code == 201
        twins = [Traveller(Kind.DRIVER, driver.person) for _ in range(2)]
        for twin in twins:
            assert desk.apply(twin).status_code == 201
        exemptions = desk.world.app.state.services.custody.exemptions
        order = ExemptionOrder(ExemptionAct.LIST, desk.world.clock.now + DAY)
        by = desk.desks.host_officer.address

        def while_the_other_is_listed(_: object) -> Settlement:
            exemptions.act(twins[1].subject, order, by, None)
            return Settlement(b"\x31" * 32, bytes(32), 0, KeptAnswer(201, (), b""))

        with pytest.raises(ExemptionHeld):
            exemptions.act(twins[0].subject, order, by, while_the_other_is_listed)
        states = [exemptions.view(exemptions.get(twin.subject)).state for twin in twins]
        assert states == ["applied", "listed"]

    def test_have_one_answer_to_a_repeated_key(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        answers = [desk.act(driver, "removal", key=KEY, cause="sample") for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert answers[0].status_code == 201

    def test_are_lapsed_when_their_time_is_over(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        until = moment(desk.world.clock.now)
        assert refusal(desk.act(driver, "suspension", until=until, cause="x")) == (
            422,
            "ExemptionTermInvalid",
        )
        desk.later(91 * DAY)
        assert desk.own(driver).json()["exemption"]["state"] == "lapsed"
        assert refusal(desk.open(driver, desk.first(driver))) == (409, "DriverNotListed")

    def test_are_for_the_agencys_officers(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        path = f"exemptions/0x{driver.subject.hex()}"
        stranger = desk.desks.officer
        assert refusal(desk.get(path, stranger)) == (403, "RoleMissing")
        assert refusal(desk.get("exemptions", stranger, agency=AGENCY)) == (403, "RoleMissing")
        taken = desk.post(f"{path}/removal", {"cause": "x"}, stranger)
        assert refusal(taken) == (403, "RoleMissing")
        newest = desk.asked("exemptions", agency=AGENCY, limit=1).json()
        assert newest["exemptions"][0]["exemption"] == "0x" + driver.subject.hex()
        assert refusal(desk.asked("exemptions/0x" + "00" * 16)) == (404, "ExemptionUnknown")

    @pytest.mark.parametrize(
        ("changes", "part"),
        [
            ({"agency": bytes(32)}, "agency"),
            ({"kind": Kind.ARRIVAL}, "kind"),
            ({"told_at": 1}, "time"),
            ({"traveller": fresh_key().public_key}, "signature"),
        ],
    )
    def test_refuse_what_does_not_tell_who_applies(
        self, desk: CustodyDesk, changes: Any, part: str
    ) -> None:
        before = desk.world.rows()["custody_exemptions"]
        refused = desk.apply(Traveller(Kind.DRIVER, PERSON), **changes)
        assert desk.world.rows()["custody_exemptions"] == before
        assert refusal(refused) == (422, "RegistrationRefused")
        assert refused.json()["part"] == part


class TestDriversTrip:
    def test_goes_from_declaration_to_exit(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = desk.declared(driver)
        for step, place in (
            (Step.ADMITTED, PORT),
            (Step.IN_TRANSIT, SITE),
            (Step.AT_SITE, SITE),
            (Step.IN_TRANSIT, INN),
            (Step.LODGED, INN),
            (Step.IN_TRANSIT, EXIT),
            (Step.AT_EXIT, EXIT),
            (Step.EXITED, EXIT),
        ):
            answer = desk.step(trip, driver, step, place)
            assert (answer.status_code, answer.json().get("state")) == (201, step), answer.text
        shown = desk.trip(trip)
        assert (shown["isLive"], shown["site"], shown["kind"]) == (False, SITE, "driver")
        assert shown["events"][1]["sampledAt"] is not None
        previous = b""
        for number, each in enumerate(shown["events"]):
            event = custody_events.read(desk_document(each)).event
            assert (event.seq, event.previous) == (number, previous)
            previous = bytes.fromhex(each["digest"][2:])
        assert desk.open(driver, desk.first(driver)).status_code == 201  # the next one may begin

    def test_is_anchored_event_by_event(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        assert {each["stage"] for each in desk.trip(trip)["events"]} == {"issued"}
        desk.desks.anchor(HOST_ID, RecordKind.HEALTH_CUSTODY)
        shown = desk.trip(trip)["events"]
        assert {each["stage"] for each in shown} == {"anchored"}
        proof = desk.world.client.get(f"/v1/proofs/{shown[0]['digest']}")
        assert proof.status_code == 200

    def test_takes_an_event_once_however_often_it_comes(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        event = desk.first(driver)
        first, again = desk.open(driver, event), desk.open(driver, event)
        assert first.status_code == 201
        assert refusal(again) == (409, "TripTaken")  # signed anew it is another document
        trip = first.json()["trip"]
        exemption = "0x" + driver.subject.hex()
        document = first.json()["events"][0]["document"]
        form = {"agency": HOST_AGENCY, "event": document, "exemption": exemption}
        repeated = desk.post("trips", form)
        assert (repeated.status_code, repeated.json()) == (200, first.json())
        desk.world.clock.now += 60
        cancelled = desk.following(trip, Step.CANCELLED, PORT)
        body = {"event": b64url_encode(desk.signed(cancelled, driver))}
        answers = [desk.post(f"trips/{trip}/events", body) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json() == answers[1].json()

    def test_is_one_at_a_time(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = desk.declared(driver)
        assert refusal(desk.open(driver, desk.first(driver))) == (409, "TripLive")
        assert desk.step(trip, driver, Step.CANCELLED, PORT).status_code == 201
        assert desk.open(driver, desk.first(driver)).status_code == 201

    def test_whose_key_is_lost_lapses_and_the_driver_begins_anew(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        desk.step(trip, driver, Step.IN_TRANSIT, SITE)
        early = desk.officer(f"trips/{trip}/lapse", {})
        assert fault(early) == ("CustodyRefused", "due")
        found = Traveller(Kind.DRIVER, driver.person)  # the same person, another key
        assert desk.apply(found).status_code == 201
        assert refusal(desk.enlist(found)) == (409, "ExemptionHeld")
        lost = desk.act(driver, "lapse", cause="lost key").json()
        assert (lost["state"], lost["cause"]) == ("lapsed", "lost key")
        assert desk.enlist(found).status_code == 201
        assert refusal(desk.open(found, desk.first(found))) == (409, "TripLive")
        desk.later(1_801)
        stranger = desk.post(f"trips/{trip}/lapse", {}, desk.desks.officer)
        assert refusal(stranger) == (403, "RoleMissing")
        ended = desk.officer(f"trips/{trip}/lapse", {}, KEY)
        assert (ended.status_code, ended.json()["state"]) == (201, "lapsed")
        assert desk.officer(f"trips/{trip}/lapse", {}, KEY).content == ended.content
        last = ended.json()["events"][-1]
        assert (last["place"], last["custodian"], last["due"]) == (SITE, PORT, None)
        with audit_view(desk.world.database) as view:
            assert broken(view.trips())[1] == []
        assert desk.open(found, desk.first(found)).status_code == 201

    def test_needs_a_driver_on_the_list(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = desk.declared(driver)
        until = moment(desk.world.clock.now + DAY)
        desk.act(driver, "suspension", until=until, cause="sample")
        barred = desk.step(trip, driver, Step.ADMITTED, PORT)
        assert refusal(barred) == (409, "DriverNotListed")
        assert barred.json()["state"] == "suspended"
        desk.act(driver, "reinstatement")
        assert desk.step(trip, driver, Step.ADMITTED, PORT).status_code == 201
        desk.act(driver, "removal", cause="sample")
        leaving = desk.step(trip, driver, Step.IN_TRANSIT, EXIT)
        assert leaving.status_code == 201  # who is in may always leave

    def test_refuses_an_event_that_does_not_continue_it(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        for step, place, changes, why in (
            (Step.AT_SITE, SITE, {}, "step"),
            (Step.IN_TRANSIT, SITE, {"seq": 7}, "sequence"),
            (Step.IN_TRANSIT, SITE, {"previous": bytes(32)}, "previous"),
            (Step.IN_TRANSIT, HOTEL, {}, "place"),
            (Step.IN_TRANSIT, "nowhere", {}, "place"),
            (Step.IN_TRANSIT, SITE, {"due": desk.world.clock.now + DAY}, "due"),
            (Step.IN_TRANSIT, SITE, {"at": desk.world.clock.now + 900}, "time"),
            (Step.IN_TRANSIT, SITE, {"due": 0}, "due"),
            (Step.LAPSED, PORT, {}, "signers"),
        ):
            answer = desk.step(trip, driver, step, place, **changes)
            assert fault(answer) == ("CustodyRefused", why), (step, changes)
        assert len(desk.trip(trip)["events"]) == 2

    def test_refuses_what_the_wrong_people_signed(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        desk.step(trip, driver, Step.IN_TRANSIT, SITE)
        event = desk.following(trip, Step.AT_SITE, SITE)
        alone = desk.signed(event, driver, without=[Party.TRAVELLER])
        answer = desk.post(f"trips/{trip}/events", {"event": b64url_encode(alone)})
        assert fault(answer) == ("CustodyRefused", "signers")
        thief = Traveller(Kind.DRIVER, PERSON)
        stolen = desk.signed(event, thief)
        answer = desk.post(f"trips/{trip}/events", {"event": b64url_encode(stolen)})
        assert refusal(answer) == (422, "SignatureInvalid")
        assert refusal(desk.post(f"trips/{trip}/events", {"event": "AA"})) == (
            422,
            "CustodyMalformed",
        )

    def test_admits_by_a_scan_that_let_the_driver_pass(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = desk.declared(driver)
        desk.world.clock.now += 60
        event = b64url_encode(desk.signed(desk.following(trip, Step.ADMITTED, PORT), driver))
        good = desk.admission()
        refused = desk.admission(outcome=Outcome.DENY)
        resolved = Override("Officer Sample", Outcome.ACCEPT, "looked at")
        for admission, part in (
            (None, "scan"),
            (desk.admission(checkpoint=EXIT), "scan"),
            (refused, "outcome"),
            (good | {"sampledAt": moment(desk.world.clock.now - DAY)}, "sampledAt"),
        ):
            form = {"event": event, "admission": admission}
            answer = desk.post(f"trips/{trip}/events", form)
            assert refusal(answer) == (422, "AdmissionRefused")
            assert answer.json()["part"] == part
        unknown = {"event": event, "admission": good | {"scan": "A" * 16}}
        assert refusal(desk.post(f"trips/{trip}/events", unknown)) == (404, "ScanUnknown")
        second = desk.admission(outcome=Outcome.SECONDARY, override=resolved)
        form = {"event": event, "admission": second}
        assert desk.post(f"trips/{trip}/events", form).status_code == 201

    def test_admits_one_by_a_scan(self, desk: CustodyDesk) -> None:
        first, second = desk.driver(), desk.driver()
        trips = [desk.declared(first), desk.declared(second)]
        desk.world.clock.now += 60
        scan = desk.admission()
        forms = [
            {
                "event": b64url_encode(desk.signed(desk.following(trip, Step.ADMITTED, PORT), who)),
                "admission": scan,
            }
            for trip, who in zip(trips, (first, second), strict=True)
        ]
        paths = [f"trips/{trip}/events" for trip in trips]
        assert desk.post(paths[0], forms[0]).status_code == 201
        assert refusal(desk.post(paths[1], forms[1])) == (409, "ScanSpent")
        assert desk.post(paths[0], forms[0]).status_code == 200  # the same once more
        assert desk.post(paths[1], forms[1] | {"admission": desk.admission()}).status_code == 201


class TestArrivalsTrip:
    def test_goes_from_landing_to_release(self, desk: CustodyDesk) -> None:
        guest = Traveller(Kind.ARRIVAL, PERSON)
        opened = desk.open(guest, desk.first(guest))
        assert opened.status_code == 201, opened.text
        trip = opened.json()["trip"]
        for step, place in (
            (Step.TESTED, PORT),
            (Step.IN_TRANSIT, HOTEL),
            (Step.AT_FACILITY, HOTEL),
        ):
            assert desk.step(trip, guest, step, place).status_code == 201
        released = desk.officer(f"trips/{trip}/release", {}, KEY)
        assert (released.status_code, released.json()["state"]) == (201, "released")
        assert desk.officer(f"trips/{trip}/release", {}, KEY).content == released.content
        found = custody_events.read(desk_document(released.json()["events"][-1]))
        known = {Party.HEALTH_AUTHORITY: [HOST_KEY.public_key]}
        assert found.signers(known) == {Party.HEALTH_AUTHORITY}
        assert fault(desk.officer(f"trips/{trip}/release", {})) == ("CustodyRefused", "step")

    def test_ends_in_a_hospital_when_the_authority_says_so(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        form = {"place": HOSPITAL}
        stranger = desk.post(f"trips/{trip}/hospital", form, desk.desks.officer)
        assert refusal(stranger) == (403, "RoleMissing")
        elsewhere = desk.officer(f"trips/{trip}/hospital", {"place": INN})
        assert fault(elsewhere) == ("CustodyRefused", "place")
        taken = desk.officer(f"trips/{trip}/hospital", form).json()
        assert (taken["state"], taken["isLive"]) == ("transferred", False)

    def test_tells_who_arrives_to_the_agency_alone(self, desk: CustodyDesk) -> None:
        guest = Traveller(Kind.ARRIVAL, PERSON)
        event = desk.first(guest)
        other = Traveller(Kind.ARRIVAL, PERSON)
        wrong = desk.open(guest, event, told=desk.sealed(other))
        assert refusal(wrong) == (422, "RegistrationRefused")
        assert desk.open(guest, event).status_code == 201
        shown = desk.own(guest)
        assert shown.json()["exemption"] is None
        assert [each["state"] for each in shown.json()["trips"]] == ["landed"]
        stored = desk.desks.stored()
        values = (PERSON.name, PERSON.document_number, PERSON.birth_date)
        assert [each for each in values if each.encode() in stored] == []


class TestAlerts:
    def test_are_raised_on_time_and_closed_by_officers(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        desk.step(trip, driver, Step.IN_TRANSIT, SITE)
        watch(desk).step()
        due = desk.following(trip, Step.AT_SITE, SITE).at + 1_800
        desk.world.clock.now = due
        watch(desk).step()
        assert alerts_of(desk, trip) == []  # not yet: it is due now
        desk.world.clock.now += 1
        desk.world.forget_sign_ins()
        assert watch(desk).step() >= 1
        assert watch(desk).step() == 0
        (alert,) = alerts_of(desk, trip)
        assert (alert["cause"], alert["level"], alert["acts"][0]["by"]) == (
            "overdue",
            "message",
            "watch",
        )
        path = f"alerts/{alert['alert']}"
        assert desk.officer(f"{path}/acknowledgement", {}).status_code == 201
        assert refusal(desk.officer(f"{path}/acknowledgement", {})) == (409, "AlertRefused")
        assert desk.officer(f"{path}/escalation", {}).json()["level"] == "call"
        arrived = desk.step(trip, driver, Step.AT_SITE, SITE)
        assert arrived.status_code == 201  # late, so an officer says what it was
        closed = desk.officer(f"{path}/closure", {"finding": "breach"}).json()
        assert closed["finding"] == "breach"
        assert [act["act"] for act in closed["acts"]] == [
            *("raise", "acknowledge", "escalate", "close")
        ]
        assert alerts_of(desk, trip) == []
        own = desk.own(driver).json()
        assert [each["finding"] for each in own["alerts"]] == ["breach"]

    def test_are_raised_at_every_step_that_waits_for_another(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        way = (
            *((Step.IN_TRANSIT, SITE), (Step.AT_SITE, SITE), (Step.IN_TRANSIT, INN)),
            *((Step.LODGED, INN), (Step.IN_TRANSIT, EXIT), (Step.AT_EXIT, EXIT)),
        )
        for number, (step, place) in enumerate(way, start=1):
            desk.later(1_801)
            watch(desk).step()
            raised = alerts_of(desk, trip)
            assert {each["event"] for each in raised} == set(range(1, number + 1))
            assert {each["cause"] for each in raised} == {"overdue"}
            assert desk.step(trip, driver, step, place).status_code == 201

    def test_are_closed_by_an_event_that_was_only_told_late(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        desk.step(trip, driver, Step.IN_TRANSIT, SITE)
        desk.world.clock.now += 600
        in_time = desk.following(trip, Step.AT_SITE, SITE)
        body = {"event": b64url_encode(desk.signed(in_time, driver))}
        desk.later(7_200)
        watch(desk).step()
        (alert,) = alerts_of(desk, trip)
        assert desk.trip(trip)["isLate"]
        assert desk.post(f"trips/{trip}/events", body).status_code == 201
        assert alerts_of(desk, trip) == []
        (shown,) = desk.own(driver).json()["alerts"]
        assert (shown["alert"], shown["finding"]) == (alert["alert"], "no-signal")

    def test_are_raised_by_officers_who_were_told_something(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        desk.step(trip, driver, Step.IN_TRANSIT, SITE)
        path = f"trips/{trip}/alerts"
        assert refusal(desk.officer(path, {"seenAt": SITE})) == (409, "AlertRefused")
        since = moment(desk.world.clock.now - 901)
        raised = desk.officer(path, {"seenAt": INN, "offLegSince": since}).json()["alerts"]
        assert [each["cause"] for each in raised] == ["other-place", "off-leg"]
        again = desk.officer(path, {"seenAt": INN}).json()["alerts"]
        assert again == raised[:1]
        clerk = account("gate clerk")
        finding = {"finding": "in-order"}
        closing = f"alerts/{raised[0]['alert']}/closure"
        desk.world.by(clerk)
        assert refusal(desk.post(closing, finding, clerk)) == (403, "RoleMissing")
        assert desk.officer(closing, finding).json()["finding"] == "in-order"
        assert refusal(desk.officer("alerts/0x" + "00" * 16 + "/closure", finding)) == (
            404,
            "AlertUnknown",
        )


class TestOwnView:
    def test_shows_travellers_what_is_kept_about_them(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = desk.declared(driver)
        shown = desk.own(driver).json()
        assert shown["exemption"]["state"] == "listed"
        assert [each["trip"] for each in shown["trips"]] == [trip]
        assert [each["act"] for each in shown["acts"]] == ["list"]

    @pytest.mark.parametrize(
        ("changes", "part"),
        [
            ({"asked_at": 1}, "time"),
            ({"agency": bytes(32)}, "agency"),
            ({"subject": bytes(16)}, "signature"),
        ],
    )
    def test_is_for_nobody_else(self, desk: CustodyDesk, changes: Any, part: str) -> None:
        refused = desk.own(desk.driver(), **changes)
        assert refusal(refused) == (422, "CustodyViewRefused")
        assert refused.json()["part"] == part

    def test_needs_the_travellers_key(self, desk: CustodyDesk) -> None:
        refused = desk.own(desk.driver(), fresh_key())
        assert refusal(refused) == (422, "CustodyViewRefused")
        assert refused.json()["part"] == "signature"


class TestAudit:
    def test_goes_through_every_trip_and_names_the_broken_one(self, desk: CustodyDesk) -> None:
        driver = desk.driver()
        trip = admitted(desk, driver)
        database = desk.world.database
        with audit_view(database) as view:
            events, wrong = broken(view.trips())
        assert (events > 1, wrong) == (True, [])
        mine = custody_tables.custody_trips.c.id == bytes.fromhex(trip[2:])
        for state, named in (("lodged", [trip]), ("admitted", [])):
            with database.write() as connection:
                forged = update(custody_tables.custody_trips).where(mine).values(state=state)
                connection.execute(forged)
            with audit_view(database) as view:
                assert broken(view.trips())[1] == named


class TestErasure:
    def test_takes_a_trip_when_its_retention_ends(self, desk: CustodyDesk) -> None:
        driver, other = desk.driver(), desk.driver()
        event = desk.first(driver)
        opened = desk.open(driver, event)
        trip, live = opened.json()["trip"], desk.declared(other)
        desk.step(trip, driver, Step.CANCELLED, PORT)
        desk.later(CUSTODY_SECONDS - 1)
        erasing_of(desk.world).step()
        assert desk.get(f"trips/{trip}").status_code == 200
        desk.later(1)
        assert erasing_of(desk.world).step() >= 2
        gone = desk.get(f"trips/{trip}")
        assert refusal(gone) == (410, "TripErased")
        receipt = desk.world.client.get(f"/v1/health/erasures/{gone.json()['erasure']}").json()
        assert opened.json()["digest"] in receipt["receipt"]
        assert receipt["signature"] is not None
        assert desk.get(f"trips/{live}").status_code == 200  # what is not over stays
        exemption = "0x" + driver.subject.hex()
        document = opened.json()["events"][0]["document"]
        form = {"agency": HOST_AGENCY, "event": document, "exemption": exemption}
        assert desk.post("trips", form).status_code in {409, 410, 422}
        assert refusal(desk.get("trips/0x" + "00" * 16)) == (404, "TripUnknown")
        assert event.random not in desk.desks.stored()

    def test_forgets_who_lapsed_and_remembers_who_was_removed(self, desk: CustodyDesk) -> None:
        lapsed, removed = desk.driver(), desk.driver()
        desk.act(removed, "removal", cause="sample")
        desk.later(90 * DAY + CUSTODY_SECONDS)
        erasing_of(desk.world).step()
        path = f"exemptions/0x{lapsed.subject.hex()}"
        assert refusal(desk.asked(path)) == (404, "ExemptionUnknown")
        kept = desk.asked(f"exemptions/0x{removed.subject.hex()}")
        assert kept.json()["exemption"]["state"] == "removed"


def test_nothing_that_was_told_is_logged(desk: CustodyDesk) -> None:
    driver = Traveller(Kind.DRIVER, PERSON)
    desk.apply(driver)
    trip = desk.declared(desk.driver())
    text = repr(desk.world.log)
    values = (PERSON.name, PERSON.document_number, driver.subject.hex(), trip[2:])
    assert [value for value in values if value in text] == []


def test_an_agencys_trips_are_listed_for_it(desk: CustodyDesk) -> None:
    driver = desk.driver()
    trip = desk.declared(driver)
    page = desk.asked("trips", agency=AGENCY, limit=1).json()
    assert [each["trip"] for each in page["trips"]] == [trip]
    desk.step(trip, driver, Step.CANCELLED, PORT)
    after = desk.asked("trips", agency=AGENCY, limit=1).json()["trips"]
    assert [each["trip"] for each in after] != [trip]
    whole = desk.asked("trips", agency=AGENCY, limit=1, live=False).json()["trips"]
    assert (whole[0]["trip"], whole[0]["isLive"]) == (trip, False)
    assert refusal(desk.get("trips", desk.desks.officer, agency=AGENCY)) == (403, "RoleMissing")


def desk_document(shown: Any) -> bytes:
    """Return the bytes of an event that an answer shows."""
    return b64url_decode(shown["document"])


def alerts_of(desk: CustodyDesk, trip: str) -> list[Any]:
    """Return the open alerts about a trip."""
    found = desk.asked("alerts", agency=AGENCY, limit=100).json()["alerts"]
    return [each for each in found if each["trip"] == trip]
