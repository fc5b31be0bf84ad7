import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from api.services.jobs import JobOrder, JobState, JobView
from api.services.licences import Search
from api.store.database import Database
from api.store.licences import LicenceFilter, LicenceRow
from ledger.chain import calls
from ledger.outbox import IntentState
from ledger.values import RecordKind, Status
from tests.support.bulk import bulk_csv, named
from tests.support.databases import sqlite_url
from tests.support.licences import AGENCY, CATALOGUE, FIELDS
from tests.support.office import TYPE, Office

POLLS, POLL_SECONDS = 600, 0.05


def environment(office: Office) -> dict[str, str]:
    settings = office.settings
    return os.environ | {
        "SUIZHENG_DATABASE_URL": settings.database_url,
        "SUIZHENG_NODE_URLS": ",".join(settings.node_urls),
        "SUIZHENG_DEPLOYMENT": str(settings.deployment),
        "SUIZHENG_KEYS": str(settings.keys),
        "SUIZHENG_PASSWORD_FILE": str(settings.password_file),
        "SUIZHENG_BATCH_SECONDS": "0",
        "SUIZHENG_POLL_SECONDS": "0.05",
    }


def run(values: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "api.main", *arguments]
    return subprocess.run(command, env=values, capture_output=True, check=False)


@contextmanager
def working(office: Office, name: str = "work") -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "api.main", name]
    values, log = environment(office), office.settings.keys / f"{name}.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=values, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def until(holds: Callable[[], bool]) -> bool:
    """Ask again and again, half a minute at most."""
    pause = threading.Event()
    return any(holds() or pause.wait(POLL_SECONDS) for _ in range(POLLS))


def is_in_batch(office: Office, row: LicenceRow) -> bool:
    return office.batches.place_of(row.digest).batch is not None


def ordered(office: Office, rows: int) -> Callable[[], JobView]:
    """Order licences of an agency's account; return what looks how far the job is."""
    standing = office.standing
    record_type = CATALOGUE.get(TYPE).record_type
    standing.send(calls.accredit(standing.deployment, AGENCY.id, record_type))
    office.work()
    jobs, by = office.parts.services().jobs, office.standing.office.address
    job = jobs.begin(JobOrder(AGENCY.id, TYPE, "text/csv", None, is_dry_run=False), by)
    jobs.append(job, bulk_csv(named(rows)))
    jobs.submit(job, by)
    return lambda: jobs.get(job, by)


class TestJobs:
    def test_issues_what_another_process_ordered_and_ends_when_told(self, place: Office) -> None:
        look = ordered(place, 10)
        with working(place, "jobs") as process:
            assert until(lambda: look().state.is_final)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        assert (look().state, look().issued) == (JobState.DONE, 10)
        place.work()
        found = place.licences.search(LicenceFilter(AGENCY.id), None, 100).rows
        assert len(found) == 10
        assert all(place.is_anchored(row) for row in found)

    def test_goes_on_after_a_kill(self, small: Office) -> None:
        look = ordered(small, 4000)
        with working(small, "jobs") as process:
            assert until(lambda: look().issued > 0)
            process.kill()
            process.wait()
        with working(small, "jobs"):
            assert until(lambda: look().state.is_final)
        assert (look().state, look().issued) == (JobState.DONE, 4000)
        assert (
            small.parts.services()
            .licences.search(
                Search(AGENCY.id, external_id="row-3999"), small.standing.office.address
            )
            .licences
        )


class TestWork:
    def test_anchors_what_another_process_issued_and_ends_when_told(self, place: Office) -> None:
        with working(place) as process:
            rows = place.issue(3)
            assert until(lambda: all(place.is_anchored(row) for row in rows))
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0

    def test_logs_json_lines_without_anybodys_name(self, small: Office) -> None:
        (row,) = small.issue(1)
        with working(small) as process:
            assert until(lambda: small.is_anchored(row))
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        text = (small.settings.keys / "work.log").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        assert [lines[0]["event"], lines[-1]["event"]] == ["started", "stopped"]
        assert all({"level", "timestamp"} <= line.keys() for line in lines)
        logged = text + json.dumps(lines, ensure_ascii=False)
        for field in ("holder_name", "holder_code"):
            assert FIELDS[TYPE][field] not in logged

    def test_goes_on_after_a_kill_and_does_nothing_twice(self, small: Office) -> None:
        rows = list(small.issue(3))
        for _ in range(3):
            with working(small) as process:
                rows += small.issue(3)
                assert until(partial(is_in_batch, small, rows[-1]))
                process.kill()
        change = small.change(rows[0], Status.SUSPENDED, 101)
        small.work()
        assert all(small.is_anchored(row) for row in rows)
        assert small.changes.get(change.id).state is IntentState.FINAL
        anchored = [e for e in small.parts.registry.batches() if e.kind == RecordKind.LICENCE]
        assert sum(event.size for event in anchored) == len(rows)
        assert all(each.ok for each in small.parts.audit().run())

    def test_leaves_the_lead_to_the_first(self, small: Office) -> None:
        lease = small.parts.lease()
        assert lease.take()
        with working(small) as process:
            (row,) = small.issue()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
        assert small.batches.place_of(row.digest).batch is None
        lease.release()


class TestMigrate:
    def test_makes_the_database_and_may_run_again(self, empty_url: str) -> None:
        values = os.environ | {"SUIZHENG_DATABASE_URL": empty_url}
        for _ in range(2):
            done = run(values, "migrate")
            assert (done.returncode, done.stdout) == (0, b"The database is ready.\n"), done.stderr
        Database.open(empty_url).close()


class TestRefusals:
    def test_are_one_line_and_exit_1(self, tmp_path: Path) -> None:
        done = run(os.environ | {"SUIZHENG_BATCHSIZE": "5"}, "migrate")
        assert done.returncode == 1
        assert done.stderr.decode().startswith("SettingsInvalid: ")
        values = os.environ | {
            "SUIZHENG_DATABASE_URL": sqlite_url(tmp_path),
            "SUIZHENG_DEPLOYMENT": str(tmp_path / "none.json"),
        }
        assert run(values, "migrate").returncode == 0
        done = run(values, "work")
        assert done.returncode == 1
        assert done.stderr.decode().count("\n") == 1

    def test_of_a_database_never_migrated_advise_to_migrate(self, small: Office) -> None:
        elsewhere = sqlite_url(small.settings.keys)
        done = run(environment(small) | {"SUIZHENG_DATABASE_URL": elsewhere}, "work")
        assert done.returncode == 2
        assert "python -m api.main migrate" in done.stderr.decode()

    def test_of_a_wrong_password_name_it(self, small: Office) -> None:
        wrong = small.settings.keys / "wrong"
        wrong.write_text("another")
        done = run(environment(small) | {"SUIZHENG_PASSWORD_FILE": str(wrong)}, "work")
        assert (done.returncode, done.stderr.decode().split(":")[0]) == (1, "PasswordWrong")
