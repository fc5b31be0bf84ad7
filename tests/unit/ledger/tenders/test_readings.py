"""What events tell of a document is what the ledger would answer."""

from dataclasses import replace

import pytest

from ledger.events import (
    AccreditationWithdrawn,
    Accredited,
    AgencyAdmitted,
    AgencyRenamed,
    AgencyStatusChanged,
    BatchAnchored,
    Event,
    JurisdictionAdmitted,
    KeyAnnounced,
    Place,
    StatusChanged,
)
from ledger.keys import PrivateKey
from ledger.tenders.audit.readings import codes_in, history_of, home_in, reading_of
from ledger.values import (
    OPEN_END,
    AgencyId,
    AgencyStatus,
    KeyUsage,
    LedgerRef,
    RecordKind,
    RecordType,
    Root,
    Status,
    agency_id,
    jurisdiction_id,
)
from ledger.verification.evidence import Batch, Query, Reading
from tests.support.tender_story import LEDGER

PLACE, CODE = "CN-GD", "SAMPLE"
AGENCY, OTHER = agency_id(PLACE, CODE), AgencyId(b"\x02" * 32)
KEY = PrivateKey.from_secret(b"\x0b" * 32).public_key
TYPE, ROOT = RecordType(b"\x03" * 32), Root(b"\x04" * 32)
QUERY = Query(AGENCY, ROOT, KEY.key_id, TYPE, 0, 7)
RECORDS = LedgerRef(LEDGER.chain_id, LEDGER.address)
HEAD = (90, 900)


def at(moment: int) -> Place:
    return Place(moment // 10, moment.to_bytes(32), moment, bytes(32), 0)


WINDOW = (100, OPEN_END, OPEN_END)
STORY: tuple[Event, ...] = (
    JurisdictionAdmitted(at(50), jurisdiction_id(PLACE), PLACE),
    AgencyAdmitted(at(100), AGENCY, jurisdiction_id(PLACE), CODE, "Sample Office"),
    KeyAnnounced(at(110), AGENCY, KEY.key_id, KEY.x, KEY.y, KeyUsage.DOCUMENTS, *WINDOW),
    Accredited(at(120), AGENCY, TYPE, 120, OPEN_END),
    BatchAnchored(at(200), AGENCY, ROOT, RecordKind.LICENCE, 3),
)


def told(*more: Event, story: tuple[Event, ...] = STORY, query: Query = QUERY) -> Reading:
    happened = sorted((*story, *more), key=lambda each: each.place.block_time)
    return reading_of(query, happened, codes_in(happened), RECORDS, HEAD)


class TestReading:
    def test_has_everything_that_was_told(self) -> None:
        found = told()
        assert found.batch == Batch(200, 20, 3, RecordKind.LICENCE)
        assert found.agency is not None
        assert (found.agency.jurisdiction, found.agency.name) == (PLACE, "Sample Office")
        assert found.key is not None
        assert (found.key.public_key, found.key.announced_at) == (KEY, 110)
        assert (found.agency_status_then, found.accredited_then) == (AgencyStatus.ACTIVE, True)
        assert (found.status_word, found.block, found.block_time) == (0, *HEAD)

    def test_of_another_root_there_is_no_batch(self) -> None:
        found = told(query=replace(QUERY, root=Root(b"\x05" * 32)))
        assert found.batch is None

    def test_of_an_agency_whose_place_nobody_knows_says_nothing(self) -> None:
        assert told(story=STORY[1:]).agency is None
        assert told(query=replace(QUERY, agency=OTHER)).agency is None

    @pytest.mark.parametrize(("moment", "then"), [(200, "SUSPENDED"), (201, "ACTIVE")])
    def test_the_agencys_state_then_is_that_of_the_anchors_second(
        self, moment: int, then: str
    ) -> None:
        found = told(AgencyStatusChanged(at(moment), AGENCY, AgencyStatus.SUSPENDED))
        assert found.agency_status_then is AgencyStatus[then]
        assert found.agency is not None
        assert found.agency.status is AgencyStatus.SUSPENDED

    def test_a_new_name_is_the_present_one(self) -> None:
        found = told(AgencyRenamed(at(300), AGENCY, "Another Office"))
        assert found.agency is not None
        assert found.agency.name == "Another Office"

    @pytest.mark.parametrize(("end", "was"), [(200, False), (201, True)])
    def test_an_accreditation_that_was_withdrawn_ends_there(self, end: int, *, was: bool) -> None:
        assert told(AccreditationWithdrawn(at(end), AGENCY, TYPE, end)).accredited_then is was

    def test_a_withdrawal_strikes_windows_to_come(self) -> None:
        later = Accredited(at(130), AGENCY, TYPE, 190, OPEN_END)
        story = (*STORY[:3], replace(STORY[4]), later)
        assert told(story=story).accredited_then
        struck = AccreditationWithdrawn(at(150), AGENCY, TYPE, 150)
        assert not told(struck, story=story).accredited_then

    def test_bits_follow_from_the_words_own_events(self) -> None:
        mask = 0b1100
        for agency, list_, word, bits in (
            (AGENCY, 0, 7, 0b0100), (OTHER, 0, 7, 0), (AGENCY, 1, 7, 0), (AGENCY, 0, 8, 0)
        ):  # fmt: skip
            change = StatusChanged(at(300), agency, list_, word, mask, Status.REVOKED, 1, 300, 0)
            assert told(change).status_word == bits
            assert bool(history_of(QUERY, (change,))) is bool(bits)


class TestHome:
    def test_is_proven_by_the_agencys_id(self) -> None:
        assert home_in(AGENCY, STORY) == PLACE
        assert home_in(OTHER, STORY) is None

    def test_nobodys_word_makes_another_of_it(self) -> None:
        forged = JurisdictionAdmitted(at(50), jurisdiction_id(PLACE), "MO")
        assert home_in(AGENCY, (forged, *STORY[1:])) is None
        admitted = AgencyAdmitted(at(100), AGENCY, jurisdiction_id("MO"), CODE, "Sample Office")
        macau = JurisdictionAdmitted(at(50), jurisdiction_id("MO"), "MO")
        assert home_in(AGENCY, (macau, admitted)) is None
