"""Who co-signed an opening record, as an outsider finds it."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from ledger.events import AgencyAdmitted, Place, RoleGranted, RoleRevoked
from ledger.tenders.audit.supervisors import RoleStory, role_stories, supervision
from ledger.tenders.opening_cosignatures import (
    Capacity,
    CoSigned,
    OpeningCoSignature,
    co_sign,
)
from ledger.values import AgencyId, JurisdictionId, Role, role_id
from ledger.verification.check import Check, Result
from tests.support.papered_story import NAMES
from tests.support.reopened import audited, played
from tests.support.sealed_tender import SealedTender
from tests.support.tender_story import address, secret

SUPERVISOR, NOTARY, STRANGER = (address(name) for name in ("supervisor", "notary", "stranger"))
NOTARY_NAME = "样例公证处"


class Announcing(SealedTender):
    """Its documents announce a supervisor and a notary."""

    co_signers = MappingProxyType(
        {"supervisor": True, "notary": {"name": NOTARY_NAME, "key": NOTARY}}
    )


def recorded(kind: type[SealedTender] = Announcing) -> SealedTender:
    told = played(kind())
    told.read_out(NAMES)
    return told


def signature(told: SealedTender, name: str, capacity: str, **said: Any) -> OpeningCoSignature:
    """What somebody signs of the record; `said` is told otherwise than it is."""
    digest = told.state.lot(0).openings[1].digest
    signed = CoSigned(told.ledger, told.id, 0, 1, digest, Capacity(capacity))
    return co_sign(replace(signed, **said), secret(name))


def held(told: SealedTender, until: int | None = None, **said: Any) -> dict[Any, RoleStory]:
    return {SUPERVISOR: RoleStory(((0, until),), (told.events[0].place,), **said)}


def judged(told: SealedTender, *given: OpeningCoSignature, **said: Any) -> Check:
    for each in given:
        told.keep(each.to_bytes())
    supervisors = said.pop("supervisors", held(told))
    return audited(told, supervisors=supervisors, **said).check("opening")


class TestCoSigned:
    def test_by_both_is_valid_and_names_them(self) -> None:
        told = recorded()
        both = (
            signature(told, "supervisor", "supervisor"),
            signature(told, "notary", "notary"),
        )
        check = judged(told, *both)
        assert check.result is Result.VALID
        place = {"lot": 0, "part": 1}
        assert sorted(check.facts["coSigned"], key=lambda each: each["capacity"]) == [
            place | {"capacity": "notary", "signer": NOTARY, "name": NOTARY_NAME},
            place | {"capacity": "supervisor", "signer": SUPERVISOR},
        ]
        assert "notCoSigned" not in check.facts

    def test_by_one_of_two_whom_the_documents_announce_is_open(self) -> None:
        told = recorded()
        check = judged(told, signature(told, "supervisor", "supervisor"))
        assert check.result is Result.ERROR
        lacking = {"lot": 0, "part": 1, "capacity": "notary"}
        assert check.facts["open"] == [lacking | {"why": "not-co-signed"}]
        assert check.facts["notCoSigned"] == [lacking]

    def test_by_nobody_where_nobody_is_announced_is_told_and_not_held_against_it(self) -> None:
        check = judged(recorded(SealedTender))
        assert check.result is Result.VALID
        assert [each["capacity"] for each in check.facts["notCoSigned"]] == ["supervisor"]

    def test_without_files_it_is_told_too(self) -> None:
        told = recorded()
        told.keep(signature(told, "notary", "notary").to_bytes())
        check = audited(told, unseal=None).check("opening")
        assert check.code == "opening.no-files"
        assert [each["signer"] for each in check.facts["coSigned"]] == [NOTARY]

    @pytest.mark.parametrize("name", ["supervisor", "notary"])
    def test_another_record_confirmed_by_a_right_key_is_a_fault(self, name: str) -> None:
        told = recorded()
        check = judged(told, signature(told, name, name, record=b"\x07" * 32))
        assert check.result is Result.INVALID
        (fault,) = check.facts["faults"]
        assert (fault["error"], fault["capacity"]) == ("OpeningDiffers", name)
        assert fault["given"] == "0x" + "07" * 32

    def test_of_another_tender_or_part_counts_for_nothing(self) -> None:
        told = recorded()
        for said in ({"part": 2}, {"lot": 1}, {"tender": b"\x01" * 32}):
            check = judged(told, signature(told, "notary", "notary", **said))
            assert "coSigned" not in check.facts


class TestRefused:
    """What anybody may have put there confirms nothing, and accuses nobody."""

    @pytest.mark.parametrize(
        ("name", "capacity"), [("stranger", "notary"), ("stranger", "supervisor"),
                               ("notary", "supervisor"), ("supervisor", "notary")],
    )  # fmt: skip
    def test_a_strangers_key(self, name: str, capacity: str) -> None:
        told = recorded()
        check = judged(told, signature(told, name, capacity))
        assert check.result is Result.ERROR
        (refused,) = check.facts["coSignaturesRefused"]
        assert (refused["signer"], refused["why"]) == (address(name), "CoSignerUnknown")
        assert "coSigned" not in check.facts

    def test_a_signature_that_is_none(self) -> None:
        told = recorded()
        check = judged(told, replace(signature(told, "stranger", "notary"), signer=NOTARY))
        (refused,) = check.facts["coSignaturesRefused"]
        assert refused["why"] == "CoSignatureInvalid"
        assert check.result is Result.ERROR

    def test_beside_genuine_ones_it_changes_nothing(self) -> None:
        told = recorded()
        check = judged(
            told,
            signature(told, "supervisor", "supervisor"),
            signature(told, "notary", "notary"),
            signature(told, "stranger", "notary"),
        )
        assert check.result is Result.VALID
        assert len(check.facts["coSignaturesRefused"]) == 1

    def test_a_supervisor_who_had_lost_the_role_before(self) -> None:
        told = recorded()
        at = told.state.lot(0).openings[1].place.block_time
        for until, is_signed in ((at, False), (at + 1, True)):
            given = signature(told, "supervisor", "supervisor")
            check = judged(told, given, supervisors=held(told, until))
            assert ("coSigned" in check.facts) is is_signed

    @pytest.mark.parametrize("is_known", [True, False])
    def test_of_a_supervisor_nobody_can_tell_of(self, *, is_known: bool) -> None:
        told = recorded()
        supervisors = held(told, is_told=False) if is_known else None
        given = signature(told, "supervisor", "supervisor")
        check = judged(told, given, supervisors=supervisors)
        (refused,) = check.facts["coSignaturesRefused"]
        assert refused["why"] == "role-untold"
        assert check.result is Result.ERROR


class TestSupervisors:
    PLACE = JurisdictionId(b"\x01" * 32)
    AGENCY = AgencyId(b"\x02" * 32)
    ROLE = role_id(PLACE, Role.SUPERVISOR)

    def at(self, block: int) -> Place:
        return Place(block, block.to_bytes(32), block, bytes(32), 0)

    def test_the_role_is_that_of_the_agencys_jurisdiction(self) -> None:
        admitted = AgencyAdmitted(self.at(1), self.AGENCY, self.PLACE, "CODE", "Name")
        assert supervision([admitted], self.AGENCY) == self.ROLE
        assert supervision([admitted], b"\x03" * 32) is None

    def test_spells_begin_and_end_where_the_ledger_says(self) -> None:
        happened = [
            RoleGranted(self.at(2), self.ROLE, SUPERVISOR),
            RoleGranted(self.at(3), b"\x09" * 32, STRANGER),
            RoleRevoked(self.at(5), self.ROLE, SUPERVISOR),
            RoleGranted(self.at(8), self.ROLE, SUPERVISOR),
        ]
        (found,) = role_stories(happened, self.ROLE).items()
        assert found[0] == SUPERVISOR
        assert found[1].spells == ((2, 5), (8, None))
        assert [each.block for each in found[1].places] == [2, 5, 8]
        ended = role_stories(happened[:3], self.ROLE)[SUPERVISOR]
        assert [ended.holds_from(at) for at in (1, 4, 5, 6)] == [True, True, False, False]
