"""Jobs run in this process, killed at each point, and once by real processes."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from secrets import token_bytes
from threading import Event
from typing import Any

import orjson
import pytest

from api.builder import PROGRAM, key_of, make_builder
from api.services.builders import BuilderLost, BuilderProcesses, OwnBuilder
from api.services.building import Builder, Lot, Outcome
from api.services.bulk import GIVEN_UP, PAUSE_SECONDS
from api.services.jobs import JobState
from api.services.running import BEAT_SECONDS, CLAIM_SECONDS
from api.services.uploads import JSON_LINES, MAX_ROWS, RowError
from api.signer.remote import SigningUnavailable
from api.store.batches import BatchStore
from api.store.jobs import JobStore
from api.store.licences import LicenceFilter, LicenceRow
from api.store.turns import A_TRY, MAX_TRIES, TurnStore
from ledger.errors import ChainUnavailable
from ledger.events import AgencyStatusChanged, RoleRevoked
from ledger.licences.catalogue import load_catalogue
from ledger.licences.reading import read_licence
from ledger.licences.sd_jwt import parse
from ledger.merkle import Tree
from ledger.values import Address, AgencyStatus, Digest, Role, role_id
from scripts.bench.memory import tree
from tests.support.bulk import BulkOffice, bulk_csv, named, pieces
from tests.support.licences import AGENCY, AGENCY_KEY, FIELDS
from tests.support.service import World, private_key

POINTS = ("taken", "checked", "issuing", "before-batch", "after-batch", "finished")


class Killed(BaseException):
    """What no line of the program can catch."""


class Gone(OwnBuilder):
    """Has nobody to sign for it."""

    def submit(self, *_given: Any) -> Any:
        raise SigningUnavailable("gone")


def killer(point: str, visit: int) -> Callable[[str], None]:
    """Return what ends the runner at a visit of a point, counted from 1."""
    visits: Counter[str] = Counter()

    def reach(reached: str) -> None:
        visits[reached] += 1
        if (reached, visits[reached]) == (point, visit):
            raise Killed

    return reach


@pytest.fixture
def office(service: World) -> BulkOffice:
    return BulkOffice(service)


def licences(office: BulkOffice) -> tuple[LicenceRow, ...]:
    """Return all licences, oldest first."""
    return office.licences.search(LicenceFilter(AGENCY.id), None, 1000).rows[::-1]


def check_all(office: BulkOffice, names: list[str | None]) -> None:
    """Check that exactly these were issued, each verifiable and in a batch with its root."""
    rows = licences(office)
    assert [row.external_id for row in rows] == names
    assert len({row.serial for row in rows}) == len(rows)
    assert len({(row.list, row.index) for row in rows}) == len(rows)
    store = BatchStore(office.world.database)
    for row in rows:
        document = parse(row.document)
        document.jws.verify(AGENCY_KEY.public_key)
        read_licence(document)
        place = store.place_of(row.digest)
        assert place.batch is not None
        assert place.leaf_index is not None
        leaves = store.leaves(place.batch)
        assert leaves[place.leaf_index] == row.digest
        assert Tree.of(leaves).root == place.root
        assert len(leaves) == place.size
    assert store.pending() == ()


class TestIssue:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_issues_every_row_in_batches(self, office: BulkOffice, encoding: str) -> None:
        raw = bulk_csv(named(10)).decode().encode(encoding)
        job = office.order(*pieces(raw))
        assert office.bulk().step() == 1
        view = office.view(job)
        assert (view.state, view.rows, view.checked, view.issued) == (JobState.DONE, 10, 10, 10)
        assert view.finished_at == office.world.clock.now
        check_all(office, [f"row-{number}" for number in range(10)])
        assert office.bulk().step() == 0

    def test_tells_what_became_of_each_row(self, office: BulkOffice) -> None:
        rows = named(6)
        rows[3]["external_id"] = '=1+1,"x"'
        job = office.order(bulk_csv(rows))
        office.bulk().step()
        lines = office.result(job)
        assert [line["row"] for line in lines] == ["2", "3", "4", "5", "6", "7"]
        assert lines[3]["external_id"] == "'" + '=1+1,"x"'
        for line, row in zip(lines, licences(office), strict=True):
            assert line["outcome"] == "issued"
            assert (line["licence_id"], line["digest"]) == (row.licence_id, "0x" + row.digest.hex())

    def test_reads_json_lines(self, office: BulkOffice) -> None:
        lines = [orjson.dumps({**FIELDS["cn.food-business"], **row}) for row in named(5)]
        job = office.order(b"\n".join(lines), media_type=JSON_LINES)
        office.bulk().step()
        assert office.view(job).issued == 5
        check_all(office, [f"row-{number}" for number in range(5)])

    def test_says_the_same_as_a_single_issue(self, office: BulkOffice, service: World) -> None:
        office.order(bulk_csv([{}]))
        office.bulk().step()
        service.issue()
        bulk, single = (parse(row.document).claims for row in licences(office))
        for name in ("licence_id", "jti", "status"):
            del bulk[name], single[name]
        assert bulk == single

    def test_takes_the_jobs_in_their_order(self, office: BulkOffice) -> None:
        first, second = (office.order(bulk_csv(named(1, start))) for start in (0, 1))
        office.bulk().step()
        assert office.view(first).state is JobState.DONE
        assert office.view(second).state is JobState.WAITING

    def test_leaves_half_sent_uploads_alone(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(1)))
        office.ports.jobs.add(
            replace(office.ports.jobs.get(job), id=b"h" * 16, state=JobState.RECEIVING)
        )
        assert [office.bulk().step(), office.bulk().step()] == [1, 0]


class TestDryRun:
    def test_issues_nothing(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(5)), is_dry_run=True)
        office.bulk().step()
        view = office.view(job)
        assert (view.state, view.rows, view.issued) == (JobState.DONE, 5, 0)
        assert office.issued() == 0
        assert office.result(job) == []


class TestRefuse:
    def test_names_every_fault_by_row_and_column(self, office: BulkOffice) -> None:
        rows = named(6)
        rows[1] |= {"area_m2": "big", "holder_code": "x"}
        rows[4] |= {"external_id": "row-0"}
        raw = bulk_csv(rows) + b"short\r\n"
        job = office.order(raw)
        office.bulk().step()
        view = office.view(job)
        faults = [(f.row, f.column, f.rule) for f in view.first_faults]
        assert faults == [
            (3, "area_m2", "number"),
            (3, "holder_code", "pattern"),
            (6, "external_id", "unique"),
            (8, None, "cells"),
        ]
        assert (view.state, view.faults, view.issued, view.error) == (JobState.REFUSED, 4, 0, None)
        lines = office.result(job)
        assert [(line["row"], line["column"], line["rule"]) for line in lines] == [
            (str(row), column or "", rule) for row, column, rule in faults
        ]
        assert [line["external_id"] for line in lines] == ["row-1", "row-1", "row-0", "short"]
        assert office.issued() == 0

    def test_counts_what_it_does_not_list(
        self, office: BulkOffice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("api.services.checking.LISTED_FAULTS", 3)
        job = office.order(bulk_csv([{"area_m2": "x"}] * 5))
        office.bulk().step()
        assert office.view(job).faults == 5
        assert len(office.view(job).first_faults) == 3
        *_, last = office.result(job)
        assert (last["outcome"], last["rule"]) == ("unlisted", "2")

    @pytest.mark.parametrize(
        ("raw", "error"),
        [
            (b"\xff\xff\xff", "EncodingUnknown"),
            (b"\n\n", "UploadMalformed"),
            (b"holder_name\n", "UploadMalformed"),
        ],
    )
    def test_names_what_is_wrong_with_the_whole(
        self, office: BulkOffice, raw: bytes, error: str
    ) -> None:
        job = office.order(raw)
        office.bulk().step()
        assert (office.view(job).state, office.view(job).error) == (JobState.REFUSED, error)
        assert office.result(job) == []

    def test_refuses_too_many_rows(
        self, office: BulkOffice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert MAX_ROWS == 1_000_000
        monkeypatch.setattr("api.services.uploads.MAX_ROWS", 3)
        job = office.order(bulk_csv(named(4)))
        office.bulk().step()
        assert office.view(job).error == "TooManyRows"
        assert office.issued() == 0

    def test_refuses_a_heading_of_other_columns(self, office: BulkOffice) -> None:
        job = office.order(b"colour,holder_name\r\nred,x\r\n")
        office.bulk().step()
        assert office.view(job).first_faults == (RowError(1, "colour", "unknown-column"),)


class TestRepeat:
    def test_issues_nothing_anew(self, office: BulkOffice) -> None:
        first = office.order(bulk_csv(named(6)))
        office.bulk().step()
        before = licences(office)
        again = office.order(bulk_csv(named(8)))
        office.bulk().step()
        view = office.view(again)
        assert (view.state, view.issued, view.repeated) == (JobState.DONE, 2, 6)
        assert licences(office)[:6] == before
        assert [line["outcome"] for line in office.result(again)] == ["repeated"] * 6 + [
            "issued"
        ] * 2
        assert [line["digest"] for line in office.result(again)][:6] == [
            line["digest"] for line in office.result(first)
        ]

    def test_of_all_rows_makes_no_batch(self, office: BulkOffice) -> None:
        for _ in range(2):
            job = office.order(bulk_csv(named(3)))
            office.bulk().step()
        assert (office.view(job).issued, office.view(job).repeated) == (0, 3)
        assert office.world.rows()["batches"] == 1

    def test_under_a_taken_name_is_a_fault(self, office: BulkOffice) -> None:
        office.order(bulk_csv(named(2)))
        office.bulk().step()
        rows = named(3)
        rows[1]["premises"] = "示例市样例路9号"
        job = office.order(bulk_csv(rows))
        office.bulk().step()
        assert office.view(job).first_faults == (RowError(3, "external_id", "taken"),)
        assert office.issued() == 2

    def test_is_seen_by_a_dry_run(self, office: BulkOffice) -> None:
        office.order(bulk_csv(named(2)))
        office.bulk().step()
        job = office.order(bulk_csv(named(3)), is_dry_run=True)
        office.bulk().step()
        assert office.view(job).repeated == 2


class TestResume:
    @pytest.mark.parametrize("visit", [1, 2])
    @pytest.mark.parametrize("point", POINTS)
    @pytest.mark.parametrize("is_named", [True, False])
    def test_goes_on_wherever_it_was_killed(
        self, office: BulkOffice, point: str, visit: int, *, is_named: bool
    ) -> None:
        rows = named(11) if is_named else [{}] * 11
        job = office.order(bulk_csv(rows))
        for reach in (killer(point, visit), killer(point, 1)):  # twice in a row
            try:
                office.bulk(reach=reach).step()
            except Killed:
                office.world.clock.now += CLAIM_SECONDS
        office.bulk().step()
        view = office.view(job)
        assert (view.state, view.issued, view.repeated) == (JobState.DONE, 11, 0)
        check_all(office, [row.get("external_id") for row in rows])
        assert [line["outcome"] for line in office.result(job)] == ["issued"] * 11

    def test_waits_until_the_turn_of_the_dead_is_over(self, office: BulkOffice) -> None:
        office.order(bulk_csv(named(3)))
        with pytest.raises(Killed):
            office.bulk(reach=killer("checked", 1)).step()
        office.world.clock.now += CLAIM_SECONDS - 1
        assert office.bulk().step() == 0
        office.world.clock.now += 1
        assert office.bulk().step() == 1

    def test_gives_up_what_ends_every_process(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(3)))
        for _ in range(MAX_TRIES):
            with pytest.raises(Killed):
                office.bulk(reach=killer("checked", 1)).step()
            office.world.clock.now += CLAIM_SECONDS
        office.bulk(reach=killer("checked", 1)).step()
        assert (office.view(job).state, office.view(job).error) == (JobState.FAILED, GIVEN_UP)

    def test_gives_up_what_ends_processes_though_outages_come_between(
        self, office: BulkOffice
    ) -> None:
        job = office.order(bulk_csv(named(3)))
        for _ in range(MAX_TRIES):
            with pytest.raises(SigningUnavailable):
                office.bulk(builders=Gone(make_builder)).step()
            office.world.clock.now += PAUSE_SECONDS
            with pytest.raises(Killed):
                office.bulk(reach=killer("checked", 1)).step()
            office.world.clock.now += CLAIM_SECONDS
        office.bulk(reach=killer("checked", 1)).step()
        assert (office.view(job).state, office.view(job).error) == (JobState.FAILED, GIVEN_UP)

    def test_is_given_back_when_the_process_is_to_end(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(9)))
        told = iter([False] * 2)
        office.bulk(is_stopping=lambda: next(told, True)).step()
        assert office.view(job).state in (JobState.CHECKING, JobState.ISSUING)
        office.bulk().step()
        assert office.view(job).state is JobState.DONE
        check_all(office, [f"row-{number}" for number in range(9)])


class TestTurn:
    @pytest.mark.parametrize("point", ["checked", "issuing", "before-batch", "after-batch"])
    def test_that_was_lost_writes_nothing_more(self, office: BulkOffice, point: str) -> None:
        """A runner is stopped, another takes over and ends the job, the first one wakes."""
        job = office.order(bulk_csv(named(9)))
        others = 0

        def sleep(reached: str) -> None:
            nonlocal others
            if reached == point and not others:
                others += 1
                office.world.clock.now += CLAIM_SECONDS
                assert office.bulk().step() == 1

        assert office.bulk(reach=sleep).step() == 1
        view = office.view(job)
        assert (view.state, view.issued) == (JobState.DONE, 9)
        check_all(office, [f"row-{number}" for number in range(9)])
        assert len(office.result(job)) == 9

    def test_that_was_lost_by_a_process_that_lives_is_no_try(self, office: BulkOffice) -> None:
        """As often as a job may end processes, one of two stands still and the other is killed."""
        job = office.order(bulk_csv(named(9)))

        def sleep(reached: str) -> None:
            if reached == "checked":
                office.world.clock.now += CLAIM_SECONDS
                with pytest.raises(Killed):
                    office.bulk(reach=killer("checked", 1)).step()

        for _ in range(MAX_TRIES - 1):
            office.bulk(reach=sleep).step()
            office.world.clock.now += CLAIM_SECONDS
        office.bulk().step()
        assert office.view(job).state is JobState.DONE

    def test_that_is_lost_every_time_ends_the_job(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(3)))

        def sleep(reached: str) -> None:
            if reached == "checked":
                office.world.clock.now += CLAIM_SECONDS
                now, turns = office.world.clock(), TurnStore(office.world.database)
                other = turns.take(now, now)
                assert other is not None
                turns.give_back(other, now, counts=False)

        for _ in range(MAX_TRIES * A_TRY):
            assert not office.view(job).state.is_final
            office.bulk(reach=sleep).step()
        office.bulk().step()
        assert (office.view(job).state, office.view(job).error) == (JobState.FAILED, GIVEN_UP)

    def test_is_kept_while_the_upload_is_read(self, office: BulkOffice) -> None:
        class Slow(JobStore):
            def chunks(self, job: bytes) -> Iterator[bytes]:
                for piece in super().chunks(job):
                    office.world.clock.now += CLAIM_SECONDS - 1
                    assert office.bulk().step() == 0
                    yield piece

        job = office.order(*pieces(bulk_csv(named(3)), 400))
        office.bulk(jobs=Slow(office.world.database)).step()
        assert office.view(job).state is JobState.DONE

    def test_is_kept_while_builders_are_slow(self, office: BulkOffice) -> None:
        class Slow(OwnBuilder):
            def submit(self, *given: Any) -> Any:
                office.world.clock.now += CLAIM_SECONDS - 1
                assert office.bulk().step() == 0
                return super().submit(*given)

        job = office.order(bulk_csv(named(9)))
        office.bulk(builders=Slow(make_builder)).step()
        assert office.view(job).state is JobState.DONE


class TestCancel:
    def test_of_a_running_job_keeps_what_is_issued(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(11)))

        def cancel(reached: str) -> None:
            if reached == "after-batch":
                office.jobs.cancel(job, office.by)

        office.bulk(reach=cancel).step()
        view = office.view(job)
        assert (view.state, view.issued) == (JobState.CANCELLED, 4)
        check_all(office, [f"row-{number}" for number in range(4)])
        *lines, last = office.result(job)
        assert [line["outcome"] for line in lines] == ["issued"] * 4
        assert (last["outcome"], last["rule"]) == ("stopped", "cancelled")

    @pytest.mark.parametrize("point", ["taken", "checked", "issuing"])
    def test_before_the_first_batch_issues_nothing(self, office: BulkOffice, point: str) -> None:
        job = office.order(bulk_csv(named(11)))
        office.bulk(
            reach=lambda reached: reached == point and office.jobs.cancel(job, office.by)
        ).step()
        assert office.view(job).state is JobState.CANCELLED
        assert office.issued() == 0

    def test_of_a_job_whose_runner_died(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(11)))
        with pytest.raises(Killed):
            office.bulk(reach=killer("after-batch", 1)).step()
        office.jobs.cancel(job, office.by)
        office.world.clock.now += CLAIM_SECONDS
        office.bulk().step()
        assert (office.view(job).state, office.view(job).issued) == (JobState.CANCELLED, 4)


def _role_revoked(office: BulkOffice) -> None:
    office.world.say(
        lambda place: RoleRevoked(place, role_id(AGENCY.id, Role.ISSUER), Address(office.by))
    )


def _suspended(office: BulkOffice) -> None:
    office.world.say(lambda place: AgencyStatusChanged(place, AGENCY.id, AgencyStatus.SUSPENDED))


def _key_lost(office: BulkOffice) -> None:
    office.world.keys.held = [private_key("another")]


RIGHTS: dict[str, Callable[[BulkOffice], None]] = {
    "RoleMissing": _role_revoked,
    "AgencyNotActive": _suspended,
    "SigningKeyMissing": _key_lost,
}


class TestRight:
    @pytest.mark.parametrize("error", RIGHTS)
    @pytest.mark.parametrize(
        ("point", "issued"), [("taken", 0), ("checked", 0), ("after-batch", 4)]
    )
    def test_that_is_lost_stops_the_job(
        self, office: BulkOffice, error: str, point: str, issued: int
    ) -> None:
        job = office.order(bulk_csv(named(11)))
        lost = 0

        def lose(reached: str) -> None:
            nonlocal lost
            if reached == point and not lost:
                lost += 1
                RIGHTS[error](office)

        office.bulk(reach=lose).step()
        view = office.view(job)
        assert (view.state, view.error, view.issued) == (JobState.FAILED, error, issued)
        check_all(office, [f"row-{number}" for number in range(issued)])
        assert office.result(job)[-1]["rule"] == error


class TestOutage:
    def test_gives_the_job_back_for_a_while(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(3)))
        for _ in range(2 * MAX_TRIES):  # an outage is no fault of the job's
            with pytest.raises(SigningUnavailable):
                office.bulk(builders=Gone(make_builder)).step()
            assert office.bulk(builders=Gone(make_builder)).step() == 0
            office.world.clock.now += PAUSE_SECONDS
        office.bulk().step()
        assert office.view(job).state is JobState.DONE

    def test_of_the_store_leaves_no_half_batch(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(9)))

        def fail(reached: str) -> None:
            if reached == "after-batch":
                raise ChainUnavailable("gone")

        with pytest.raises(ChainUnavailable):
            office.bulk(reach=fail).step()
        assert office.issued() == 4
        office.world.clock.now += PAUSE_SECONDS
        office.bulk().step()
        assert office.view(job).issued == 9


class TestBounds:
    def test_of_characters_end_lots_and_batches(
        self, office: BulkOffice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = sum(map(len, bulk_csv(named(1)).decode().splitlines()[1].split(",")))
        monkeypatch.setattr("api.services.running.LOT_CHARACTERS", 2 * row - 5)
        monkeypatch.setattr("api.services.issuing.MOST_BATCH_CHARACTERS", 4 * row - 10)
        job = office.order(bulk_csv(named(11)))
        office.bulk(batch_rows=100).step()
        assert office.view(job).issued == 11
        check_all(office, [f"row-{number}" for number in range(11)])
        assert office.world.rows()["batches"] == 3


class TestClaim:
    def test_is_kept_while_rows_are_long_in_coming(self, office: BulkOffice) -> None:
        """Each piece of blank lines takes longer to read than a process waits before it speaks."""
        database, clock = office.world.database, office.world.clock
        others: list[object] = []

        class Slow(JobStore):
            def chunks(self, job: bytes) -> Iterator[bytes]:
                for piece in super().chunks(job):
                    clock.now += BEAT_SECONDS + 1
                    others.append(TurnStore(database).take(clock.now, clock.now + 1))
                    yield piece

        blank = [b"\n" * 2**16] * 6
        job = office.order(bulk_csv(named(3)), *blank)
        office.bulk(jobs=Slow(database)).step()
        assert office.view(job).state is JobState.DONE
        assert others
        assert not any(others)

    def test_is_kept_while_a_token_signs(
        self, office: BulkOffice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("api.services.running.BEAT_SECONDS", 0.01)
        signs, kept = Event(), Event()

        class Heard(TurnStore):
            def go_on(self, *given: Any, **more: Any) -> None:
                super().go_on(*given, **more)
                if signs.is_set():
                    kept.set()

        def clock() -> int:
            office.world.clock.now += 1
            return office.world.clock.now

        class Slow(Builder):
            def build(self, lot: Lot) -> Outcome:
                signs.set()
                assert kept.wait(60)
                return super().build(lot)

        slow = OwnBuilder(lambda brief, key: Slow(brief, key, load_catalogue(), token_bytes))
        job = office.order(bulk_csv(named(3)))
        turns = Heard(office.world.database)
        office.bulk(builders=slow, clock=clock, turns=turns).step()
        slow.close()
        assert office.view(job).state is JobState.DONE


class TestClash:
    def test_of_status_places_is_mended(self, office: BulkOffice, service: World) -> None:
        """Single issues take two of the places that the batch in hand was signed for."""
        drawn: list[tuple[int, int]] = []
        job = office.order(bulk_csv(named(9)))

        class Watched:
            def draw(self, *given: Any, **more: Any) -> tuple[tuple[int, int], ...]:
                found = office.ports.indices.draw(*given, **more)
                drawn.extend(found)
                return found

        taken = 0

        def take(reached: str) -> None:
            nonlocal taken
            if reached == "before-batch" and taken < 2:
                taken += 1
                TestClash._store_at(office, service, drawn[taken], taken)

        office.bulk(reach=take, indices=Watched()).step()
        assert office.view(job).issued == 9
        rows = [row for row in licences(office) if row.external_id is not None]
        assert [row.external_id for row in rows] == [f"row-{number}" for number in range(9)]
        assert office.issued() == 9 + 4

    @staticmethod
    def _store_at(office: BulkOffice, service: World, place: tuple[int, int], number: int) -> None:
        issued = service.issue()
        row = office.licences.get(Digest(bytes.fromhex(issued["digest"][2:])))
        other = replace(
            row,
            digest=Digest(bytes([number]) * 32),
            licence_id=f"x{number}",
            list=place[0],
            index=place[1],
        )
        office.licences.add([other])

    def test_of_an_external_id_with_the_same_fields_is_a_repeat(
        self, office: BulkOffice, service: World
    ) -> None:
        job = office.order(bulk_csv(named(3)))

        def take(reached: str) -> None:
            if reached == "before-batch" and not office.issued():
                service.issue(externalId="row-1", fields={"licence_number": "JY24400000000001"})

        office.bulk(reach=take).step()
        view = office.view(job)
        assert (view.state, view.issued, view.repeated) == (JobState.DONE, 2, 1)
        assert office.issued() == 3

    def test_of_an_external_id_with_other_fields_fails_the_job(
        self, office: BulkOffice, service: World
    ) -> None:
        job = office.order(bulk_csv(named(9)))

        def take(reached: str) -> None:
            if reached == "after-batch":
                service.issue(externalId="row-6")

        office.bulk(reach=take).step()
        view = office.view(job)
        assert (view.state, view.error, view.issued) == (JobState.FAILED, "ExternalIdTaken", 4)


class TestKey:
    def test_that_changes_midway_signs_what_is_left(
        self, office: BulkOffice, service: World
    ) -> None:
        job = office.order(bulk_csv(named(9)))
        second = private_key("second")

        def change(reached: str) -> None:
            if reached == "after-batch" and service.keys.held == [AGENCY_KEY]:
                service.announce(second)
                service.keys.held = [second]

        office.bulk(reach=change).step()
        assert office.view(job).issued == 4
        office.bulk().step()
        assert (office.view(job).state, office.view(job).issued) == (JobState.DONE, 9)
        kids = [parse(row.document).jws.kid for row in licences(office)]
        assert kids == [AGENCY_KEY.public_key.kid] * 4 + [second.public_key.kid] * 5


@pytest.fixture
def processes() -> Iterator[BuilderProcesses]:
    made = BuilderProcesses(2, PROGRAM, key_of)
    yield made
    made.close()


class TestProcesses:
    def test_issue_as_this_process_does(
        self, office: BulkOffice, processes: BuilderProcesses
    ) -> None:
        job = office.order(bulk_csv(named(1200)))
        office.bulk(builders=processes, batch_rows=1000).step()
        assert office.view(job).issued == 1200
        rows = licences(office)
        assert len(rows) == 1000
        for row in rows[::100]:
            parse(row.document).jws.verify(AGENCY_KEY.public_key)
        assert office.world.rows()["batches"] == 2

    def test_may_be_started_before_the_first_lot(self, office: BulkOffice) -> None:
        before = set(tree(os.getpid()))
        builders = BuilderProcesses(2, PROGRAM, key_of)
        try:
            builders.start()
            assert len(set(tree(os.getpid())) - before) == 2
            builders.start()
            job = office.order(bulk_csv(named(1200)))
            office.bulk(builders=builders).step()
            assert office.view(job).state is JobState.DONE
            assert len(set(tree(os.getpid())) - before) == 2
        finally:
            builders.close()
        assert set(tree(os.getpid())) <= before

    def test_that_end_are_started_anew(
        self, office: BulkOffice, processes: BuilderProcesses
    ) -> None:
        job = office.order(bulk_csv(named(3)))
        broken = BuilderProcesses(1, ("false",), key_of)
        with pytest.raises(BuilderLost):
            office.bulk(builders=broken).step()
        broken.close()
        office.world.clock.now += PAUSE_SECONDS
        office.bulk(builders=processes).step()
        assert office.view(job).state is JobState.DONE

    def test_that_always_end_end_the_job(self, office: BulkOffice) -> None:
        job = office.order(bulk_csv(named(3)))
        broken = BuilderProcesses(1, ("false",), key_of)
        bulk = office.bulk(builders=broken)
        for _ in range(MAX_TRIES):
            with pytest.raises(BuilderLost):
                bulk.step()
            assert (office.view(job).finished_at, office.view(job).error) == (None, "BuilderLost")
            office.world.clock.now += PAUSE_SECONDS
        bulk.step()
        broken.close()
        assert (office.view(job).state, office.view(job).error) == (JobState.FAILED, GIVEN_UP)
