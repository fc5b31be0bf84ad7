"""Co-signatures of opening records over HTTP, on both databases: whose, of what, and from when."""

from dataclasses import replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import pytest

from ledger.events import RoleGranted
from ledger.tenders.opening_cosignatures import (
    Capacity,
    CoSigned,
    OpeningCoSignature,
    co_sign,
)
from ledger.values import Role, jurisdiction_id, role_id
from tests.support.licences import AGENCY
from tests.support.papered_story import PaperedStory
from tests.support.sealed_files import digest_header
from tests.support.service import World, account, refusal
from tests.support.tender_story import Where

NUMBER = "GZ-2026-0012"
TENDERER, SUPERVISOR, NOTARY = account("tenderer"), account("supervisor"), account("notary")
STRANGER = account("stranger")


class Announcing(PaperedStory):
    """Its documents announce a supervisor and a notary."""

    co_signers = MappingProxyType(
        {"supervisor": True, "notary": {"name": "样例公证处", "key": NOTARY.address}}
    )


class Room:
    """A tender whose bids are opened and not recorded; its documents are at the service."""

    def __init__(self, service: World, kind: type[PaperedStory] = Announcing) -> None:
        self.service, self._told = service, 0
        ledger = service.services.relay.ledger
        where = Where(NUMBER, service.clock.now + 1, ledger, AGENCY.id)
        self.story = kind(NUMBER, where=where)
        grants = (
            (role_id(AGENCY.id, Role.TENDERER), TENDERER),
            (role_id(jurisdiction_id("CN-GD"), Role.SUPERVISOR), SUPERVISOR),
        )
        service.say(
            *(lambda place, r=role, w=who: RoleGranted(place, r, w.address) for role, who in grants)
        )
        for name in ("Ann", "Cai", "Dee"):
            self.story.submit(name)
        self.story.at(self.story.ends.list_end)
        for name in ("Ann", "Cai", "Dee"):
            self.story.disclose(name)
        self.story.at(self.story.ends.disclose_end)
        for index in (1, 3, 5):
            self.story.release(index)
        self.tell()

    @property
    def tender(self) -> str:
        return f"/v1/tenders/0x{self.story.id.hex()}"

    @property
    def digest(self) -> bytes:
        return self.story.state.lot(0).openings[1].digest

    def tell(self) -> None:
        for event in self.story.events[self._told :]:
            self.service.clock.now = event.place.block_time
            self.service.say(lambda place, each=event: replace(each, place=place))
        self._told = len(self.story.events)

    def record(self) -> None:
        self.story.record(3)
        self.tell()

    def bring_documents(self) -> None:
        docs = self.story.papers[self.story.state.docs[-1]]
        headers = {**self.service.by(TENDERER), **digest_header(docs)}
        asked = {"role": "docs", "mediaType": "application/json"}
        path = f"{self.tender}/papers"
        kept = self.service.client.post(path, params=asked, content=docs, headers=headers)
        assert kept.status_code == 201, kept.text

    def sign(self, who: Any, capacity: str, **said: Any) -> OpeningCoSignature:
        signed = CoSigned(self.story.ledger, self.story.id, 0, 1, b"\x0d" * 32, Capacity(capacity))
        return co_sign(replace(signed, **said), who.private_key)

    def bring(self, made: OpeningCoSignature, **said: Any) -> Any:
        body = {
            "capacity": made.said.capacity.value,
            "record": "0x" + made.said.record.hex(),
            "signer": made.signer,
            "signature": "0x" + made.signature.hex(),
        }
        path = f"{self.tender}/lots/0/openings/1/cosignatures"
        return self.service.client.post(path, json=body | said)

    def shown(self) -> dict[str, Any]:
        """The recorded opening, as the tender's answer has it."""
        answer = self.service.client.get(self.tender)
        assert answer.status_code == 200, answer.text
        (found,) = answer.json()["lots"][0]["openings"]
        return dict(found)

    def listed(self) -> list[tuple[str, bool]]:
        found = self.service.client.get(f"{self.tender}/papers").json()["papers"]
        return [(each["sha256"], each["isPublic"]) for each in found if each["role"] == ROLE]


ROLE = "cosignature"


@pytest.fixture
def room(service: World) -> Room:
    made = Room(service)
    made.bring_documents()
    made.record()
    return made


class TestWay:
    @pytest.mark.parametrize(("who", "capacity"), [(SUPERVISOR, "supervisor"), (NOTARY, "notary")])
    def test_from_whoever_signed_to_everybody(self, room: Room, who: Any, capacity: str) -> None:
        made = room.sign(who, capacity)
        paper = made.to_bytes()
        answer = room.bring(made)
        assert answer.status_code == 201, answer.text
        at = f"{room.tender}/papers/0x{sha256(paper).hexdigest()}"
        assert answer.headers["Location"] == at
        assert (answer.json()["role"], answer.json()["isPublic"]) == (ROLE, True)
        assert room.service.client.get(at).content == paper
        again = room.bring(made)
        assert (again.status_code, again.json()) == (200, answer.json())
        assert room.listed() == [("0x" + sha256(paper).hexdigest(), True)]

    def test_both_stand_among_the_papers(self, room: Room) -> None:
        for who, capacity in ((SUPERVISOR, "supervisor"), (NOTARY, "notary")):
            assert room.bring(room.sign(who, capacity)).status_code == 201
        assert [is_public for _, is_public in room.listed()] == [True, True]


class TestShown:
    def test_who_signed_with_the_tender_and_who_is_awaited(self, room: Room) -> None:
        assert (room.shown()["coSignatures"], room.shown()["awaited"]) == (
            *([], ["supervisor", "notary"]),
        )
        made = room.sign(NOTARY, "notary")
        room.bring(made)
        room.bring(made)
        (told,) = room.shown()["coSignatures"]
        assert told.pop("takenAt").endswith("Z")
        assert told == {
            "capacity": "notary",
            "name": "样例公证处",
            "signer": NOTARY.address,
            "signature": "0x" + made.signature.hex(),
        }
        assert room.shown()["awaited"] == ["supervisor"]
        room.bring(room.sign(SUPERVISOR, "supervisor"))
        signed = [(each["capacity"], each["name"]) for each in room.shown()["coSignatures"]]
        assert signed == [("notary", "样例公证处"), ("supervisor", None)]
        assert room.shown()["awaited"] == []

    def test_without_the_documents_nobody_is_named_or_awaited(self, service: World) -> None:
        room = Room(service)
        room.record()
        room.bring(room.sign(SUPERVISOR, "supervisor"))
        assert room.shown()["awaited"] is None
        assert [each["name"] for each in room.shown()["coSignatures"]] == [None]

    def test_while_the_store_is_down_nobody_can_say_and_the_tender_is_shown(
        self, room: Room
    ) -> None:
        room.bring(room.sign(SUPERVISOR, "supervisor"))
        room.service.blobs.is_up = False
        assert (room.shown()["coSignatures"], room.shown()["awaited"]) == (None, None)
        room.service.blobs.is_up = True
        assert len(room.shown()["coSignatures"]) == 1


class TestRefused:
    def test_before_the_record_is_anchored_it_is_too_early(self, service: World) -> None:
        room = Room(service)
        room.bring_documents()
        made = room.sign(SUPERVISOR, "supervisor")
        assert refusal(room.bring(made)) == (409, "OpeningNotRecorded")
        assert room.listed() == []
        room.record()
        assert room.bring(made).status_code == 201

    def test_of_another_record(self, room: Room) -> None:
        made = room.sign(SUPERVISOR, "supervisor", record=b"\x07" * 32)
        answer = room.bring(made)
        assert refusal(answer) == (409, "OpeningDiffers")
        assert answer.json()["expected"] == "0x" + room.digest.hex()

    @pytest.mark.parametrize(
        ("who", "capacity"),
        [(STRANGER, "supervisor"), (STRANGER, "notary"), (NOTARY, "supervisor"),
         (SUPERVISOR, "notary"), (TENDERER, "supervisor")],
    )  # fmt: skip
    def test_of_a_strangers_key(self, room: Room, who: Any, capacity: str) -> None:
        assert refusal(room.bring(room.sign(who, capacity))) == (403, "CoSignerUnknown")
        assert room.listed() == []

    def test_of_a_key_that_did_not_sign_it(self, room: Room) -> None:
        made = replace(room.sign(STRANGER, "notary"), signer=NOTARY.address)
        assert refusal(room.bring(made)) == (422, "CoSignatureInvalid")
        other = room.sign(NOTARY, "notary", part=2)
        assert refusal(room.bring(other))[1] == "CoSignatureInvalid"
        broken = room.bring(room.sign(NOTARY, "notary"), signature="0x" + "00" * 65)
        assert refusal(broken)[1] == "CoSignatureInvalid"

    def test_a_notary_whom_no_documents_name(self, service: World) -> None:
        room = Room(service, PaperedStory)
        room.bring_documents()
        room.record()
        assert refusal(room.bring(room.sign(NOTARY, "notary"))) == (403, "CoSignerUnknown")
        assert room.bring(room.sign(SUPERVISOR, "supervisor")).status_code == 201

    def test_a_notary_of_documents_that_are_not_here_is_nobodys_fault(self, service: World) -> None:
        room = Room(service)
        room.record()
        made = room.sign(NOTARY, "notary")
        assert refusal(room.bring(made)) == (503, "CoSignersUntold")
        room.bring_documents()
        assert room.bring(made).status_code == 201

    def test_of_what_there_is_not(self, room: Room) -> None:
        client, body = room.service.client, room.sign(SUPERVISOR, "supervisor")
        told = {"capacity": "supervisor", "record": "0x" + "0d" * 32, "signer": body.signer}
        told |= {"signature": "0x" + body.signature.hex()}
        for place, name in (
            (f"{room.tender}/lots/0/openings/2", "PartUnknown"),
            (f"{room.tender}/lots/9/openings/1", "LotUnknown"),
            (f"/v1/tenders/0x{'00' * 32}/lots/0/openings/1", "TenderUnknown"),
        ):
            assert refusal(client.post(f"{place}/cosignatures", json=told))[1] == name

    def test_brought_as_an_officers_paper(self, room: Room) -> None:
        made = room.sign(SUPERVISOR, "supervisor").to_bytes()
        headers = {**room.service.by(TENDERER), **digest_header(made)}
        path = f"{room.tender}/papers"
        answer = room.service.client.post(
            path, params={"role": ROLE}, content=made, headers=headers
        )
        assert refusal(answer) == (422, "RequestInvalid")
