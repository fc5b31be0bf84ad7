"""Appeals over HTTP: by number and without an account, answered by the agency from the row."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.services.health_appeals import KEPT_SECONDS
from api.services.policies import ANSWER_SECONDS, SCAN_SECONDS
from api.store.health_holders import HolderRow
from api.store.health_passes import Issue, PassRow, PassStore
from api.store.indices import FIRST_PASS_LIST as LIST
from api.store.indices import IndexStore
from api.store.records import RecordStore
from ledger.canonical import b64url_decode
from ledger.health.appeals import (
    Answer,
    Appeal,
    Judgement,
    digest_of_answer,
    verify_answer,
    write_answer,
)
from ledger.health.gate.outcome import Outcome
from ledger.health.reasons import Reason
from ledger.health.scans import digest_of, scan_number
from ledger.values import AgencyId, Digest, RecordKind, Role
from tests.support.erasing import erasing_of
from tests.support.health_desks import HOME_ID, HOST_ID, HOST_KEY, Desks, desks
from tests.support.licences import counted_bytes
from tests.support.policies import sample_policy
from tests.support.scans import CITED, scan_row, scans_form
from tests.support.service import nothing_changes, refusal

REMEDY = Digest(b"\x0a" * 32)


class Court:
    """A refusal in the log of the host, against which somebody may appeal."""

    def __init__(self, both: Desks) -> None:
        self.both, self.world = both, both.service
        self.row = scan_row(self.world.clock.now)
        self.digest = digest_of(self.row)
        self.number = scan_number(self.digest)
        both.grant(HOST_ID, Role.GATE, both.host_officer.address)
        self.log(self.row)

    def log(self, row: bytes) -> None:
        answer = self.both.post("scans", scans_form(row), self.both.host_officer)
        assert answer.status_code == 201, answer.text

    def lodge(self, number: str | None = None) -> Any:
        form = {"scan": number or self.number}
        return self.world.client.post("/v1/health/appeals", json=form)

    def get(self, number: str | None = None) -> Any:
        return self.world.client.get(f"/v1/health/appeals/{number or self.number}")

    def listed(self, by: Any, **more: Any) -> Any:
        params = {"agency": "XB/SAMPLE-HOST"} | more
        headers = self.world.by(by)
        return self.world.client.get("/v1/health/appeals", params=params, headers=headers)

    def written(self, outcome: Outcome = Outcome.DENY, **changes: Any) -> Answer:
        """Return what the officer's tool writes when the verdict, recomputed, is `outcome`."""
        said = self.lodge().json()
        now = self.world.clock.now
        lodged = now if said["answer"] is None else 0
        appeal = Appeal(bytes.fromhex(said["id"][2:]), self.digest, lodged, lodged + ANSWER_SECONDS)
        reasons = () if outcome is Outcome.ACCEPT else (Reason.STATUS,)
        decided = Judgement(Outcome.DENY, (Reason.STATUS,))
        remedy = REMEDY if outcome is Outcome.ACCEPT else None
        recomputed = Judgement(outcome, reasons)
        found = Answer(
            appeal, now, decided, recomputed, CITED, remedy, "officer-3", "We looked again."
        )
        return replace(found, **changes)

    def answer(self, answer: Answer, by: Any = None, key: str | None = None) -> Any:
        form = {"answer": write_answer(answer).decode()}
        path = f"appeals/{self.number}/answer"
        return self.both.post(path, form, by or self.both.host_officer, key)

    def issue(self, agency: AgencyId) -> None:
        """Issue the new pass that an overturned refusal gives."""
        now = self.world.clock.now
        holder = HolderRow(b"h" * 16, agency, b"sealed", now + 1)
        row = PassRow(REMEDY, agency, LIST, 7, now, now + 60, holder.id)
        IndexStore(self.world.database).draw(agency, 1, counted_bytes(), first_list=LIST)
        PassStore(self.world.database).add(Issue(now, [row], [holder]))

    def erase(self) -> int:
        world = self.world
        return erasing_of(world).step()


@pytest.fixture
def court(url: str) -> Iterator[Court]:
    with desks(url) as both:
        yield Court(both)


class TestLodge:
    def test_needs_the_number_alone_and_says_until_when(self, court: Court) -> None:
        answer = court.lodge()
        assert answer.status_code == 201, answer.text
        said = answer.json()
        assert (said["scan"], said["row"]) == (court.number, "0x" + court.digest.hex())
        assert (said["isOverdue"], said["answer"]) == (False, None)
        assert court.get().json() == said

    def test_is_one_however_often_it_is_lodged(self, court: Court) -> None:
        first = court.lodge()
        court.world.clock.now += 60
        with nothing_changes(court.world):
            again = court.lodge()
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()

    def test_is_answered_within_what_the_cited_policy_says(self, court: Court) -> None:
        route = {"answerWithin": "PT2H", "contact": "appeals@health.example"}
        policy = sample_policy(appeals=route)
        court.both.agree(policy)
        cited = {"agreement": {"policyHash": "0x" + policy.digest.hex()}}
        row = scan_row(court.world.clock.now, 1, citations=cited)
        court.log(row)
        said = court.lodge(scan_number(digest_of(row))).json()
        times = [datetime.fromisoformat(said[name]) for name in ("lodgedAt", "answerBy")]
        assert times[1] - times[0] == timedelta(hours=2)

    def test_is_refused_where_there_is_nothing_to_appeal_against(self, court: Court) -> None:
        passed = scan_row(court.world.clock.now, 1, outcome=Outcome.ACCEPT, reasons=())
        court.log(passed)
        answer = court.lodge(scan_number(digest_of(passed)))
        assert refusal(answer) == (422, "AppealRefused")
        assert refusal(court.lodge("A" * 16)) == (404, "ScanUnknown")
        assert refusal(court.get("A" * 16)) == (404, "AppealUnknown")
        assert refusal(court.get()) == (404, "AppealUnknown")


class TestAnswer:
    def test_upholds_what_comes_out_the_same(self, court: Court) -> None:
        document = court.written()
        answer = court.answer(document)
        assert answer.status_code == 201, answer.text
        told = court.get().json()["answer"]
        assert (told["verdict"], told["remedy"]) == ("UPHELD", None)
        assert told["document"] == write_answer(document).decode()
        signature = b64url_decode(told["signature"]["signature"])
        assert told["signature"]["keyId"] == "0x" + HOST_KEY.public_key.key_id.hex()
        signed = verify_answer(told["document"].encode(), signature, HOST_KEY.public_key)
        assert signed == document
        digest = digest_of_answer(write_answer(document))
        record = RecordStore(court.world.database).get(digest)
        assert (record.agency, record.kind) == (HOST_ID, RecordKind.ANSWER)

    def test_overturns_with_a_new_pass_of_the_agency(self, court: Court) -> None:
        document = court.written(Outcome.ACCEPT)
        assert court.answer(document).json()["part"] == "remedy"
        court.issue(HOST_ID)
        assert court.answer(document).status_code == 201
        told = court.get().json()["answer"]
        assert (told["verdict"], told["remedy"]) == ("OVERTURNED", "0x" + REMEDY.hex())

    def test_takes_no_pass_of_another_agency_for_the_remedy(self, court: Court) -> None:
        document = court.written(Outcome.ACCEPT)
        court.issue(HOME_ID)
        answer = court.answer(document)
        assert refusal(answer) == (422, "AppealRefused")
        assert answer.json()["part"] == "remedy"

    def test_says_of_the_scan_what_the_scan_says(self, court: Court) -> None:
        good = court.written()
        later = court.world.clock.now + 3_600
        for bad, part in (
            (replace(good, citations={"bundle": 6}), "citations"),
            (replace(good, decided=Judgement(Outcome.DENY, (Reason.TIME,))), "decided"),
            (replace(good, appeal=replace(good.appeal, id=bytes(16))), "id"),
            (replace(good, appeal=replace(good.appeal, answer_by=later + 1)), "id"),
            (replace(good, answered_at=later), "answeredAt"),
        ):
            with nothing_changes(court.world):
                court.world.by(court.both.host_officer)
            answer = court.answer(bad)
            assert refusal(answer) == (422, "AppealRefused")
            assert answer.json()["part"] == part
        assert court.get().json()["answer"] is None

    def test_waits_for_a_key_of_the_agency(self, court: Court) -> None:
        document = court.written()
        court.world.keys.held.clear()
        assert refusal(court.answer(document)) == (503, "SigningKeyMissing")
        assert court.get().json()["answer"] is None

    def test_is_by_the_agencys_registrar_and_given_once(self, court: Court) -> None:
        document = court.written()
        assert refusal(court.answer(document, court.both.officer)) == (403, "RoleMissing")
        key = "a-key-of-sixteen-characters"
        answers = [court.answer(document, key=key) for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert refusal(court.answer(document)) == (409, "AppealAnswered")


class TestOpen:
    def test_are_told_to_the_agency_until_they_are_answered(self, court: Court) -> None:
        court.lodge()
        officer = court.both.host_officer
        assert [each["scan"] for each in court.listed(officer).json()["appeals"]] == [court.number]
        assert refusal(court.listed(court.both.officer)) == (403, "RoleMissing")
        court.answer(court.written())
        assert court.listed(officer).json() == {"appeals": [], "nextCursor": None}

    def test_are_told_page_by_page_whoever_waits_longest_first(self, court: Court) -> None:
        numbers = [court.number]
        for count in (1, 2):
            row = scan_row(court.world.clock.now, count)
            court.log(row)
            numbers.append(scan_number(digest_of(row)))
        for number in reversed(numbers):
            court.world.clock.now += 1
            assert court.lodge(number).status_code == 201
        officer, seen, cursor = court.both.host_officer, [], None
        while True:
            page = court.listed(officer, limit=1, **({"cursor": cursor} if cursor else {})).json()
            seen += [each["scan"] for each in page["appeals"]]
            if (cursor := page["nextCursor"]) is None:
                break
        assert seen == [*reversed(numbers)]
        assert refusal(court.listed(officer, cursor="A" * 16)) == (422, "CursorMalformed")

    def test_count_as_overdue_when_the_answer_is_late(self, court: Court) -> None:
        court.lodge()
        court.world.clock.now += ANSWER_SECONDS
        assert (court.get().json()["isOverdue"], overdue(court)) == (False, 0)
        court.world.clock.now += 1
        assert (court.get().json()["isOverdue"], overdue(court)) == (True, 1)


def overdue(court: Court) -> float:
    text = court.world.client.get("/metrics").text
    line = next(line for line in text.splitlines() if line.startswith("suizheng_appeals_overdue"))
    return float(line.split()[1])


def test_a_scan_is_kept_while_its_appeal_is_open_and_a_while_after(court: Court) -> None:
    document = court.written()
    court.world.clock.now += SCAN_SECONDS
    court.world.say()
    court.world.forget_sign_ins()
    assert court.erase() == 0
    assert court.answer(replace(document, answered_at=court.world.clock.now)).status_code == 201
    assert court.erase() == 0
    court.world.clock.now += KEPT_SECONDS
    assert court.erase() == 1
    assert refusal(court.get()) == (404, "AppealUnknown")
    assert refusal(court.lodge()) == (410, "ScanErased")
