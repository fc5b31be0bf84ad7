"""Uploads, events and results over HTTP; the work itself is played."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from threading import Barrier
from typing import Any

import orjson
import pytest

from api.http import middleware
from api.http.limits import MOST_STREAMS, Allowances, Streams
from api.http.uploads import PIECE_BYTES
from api.services.at_head import AtHead
from api.services.jobs import Jobs, JobState
from api.services.sign_ins import Roles
from api.services.uploads import RowError
from api.store.idempotency import IdempotencyStore
from ledger.values import Address, AgencyId
from tests.support.household import until
from tests.support.jobs import FakeJobs
from tests.support.licences import AGENCY
from tests.support.listening import listening
from tests.support.service import FOREIGN, World, nothing_changes, refusal

TYPE = "cn.food-business"
PATH = f"/v1/agencies/CN-GD/{AGENCY.code}/jobs"
KEY = "0123456789abcdef"
BODY = b"external_id,holder_name\r\n1,x\r\n"


@pytest.fixture
def jobs(service: World) -> FakeJobs:
    """Put played jobs in the place of the real ones; sign everybody in."""
    played = FakeJobs(Roles(AtHead(service.registry)), IdempotencyStore(service.database))
    as_real: Any = played
    service.app.state.services = replace(service.services, jobs=as_real)
    for who in (service.issuer, service.registrar, service.foreigner):
        service.by(who)
    return played


def upload(
    service: World, body: Any = BODY, key: str | None = KEY, who: Any = None, **given: str
) -> Any:
    headers = service.by(who or service.issuer) | {
        "Content-Type": given.pop("media_type", "text/csv")
    }
    if key is not None:
        headers["Idempotency-Key"] = key
    path = given.pop("path", PATH)
    return service.client.post(path, params={"type": TYPE, **given}, content=body, headers=headers)


def id_of(answer: Any) -> bytes:
    assert answer.status_code == 202, answer.text
    return bytes.fromhex(answer.json()["job"][2:])


class TestOrder:
    def test_stores_the_body_and_names_the_job(self, service: World, jobs: FakeJobs) -> None:
        answer = upload(service)
        assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['job']}"
        assert answer.json() | {"job": ""} == {
            "job": "",
            "agency": "0x" + AGENCY.id.hex(),
            "type": TYPE,
            "dryRun": False,
            "state": "waiting",
            "requestedBy": service.issuer.address,
            "requestedAt": "1970-01-01T00:00:01Z",
            "finishedAt": None,
            "rows": None,
            "checked": 0,
            "issued": 0,
            "repeated": 0,
            "faults": 0,
            "firstFaults": [],
            "error": None,
        }
        assert jobs.bodies[id_of(answer)] == BODY

    def test_stores_long_bodies_piece_by_piece(self, service: World, jobs: FakeJobs) -> None:
        body = bytes(range(256)) * (3 * PIECE_BYTES // 256) + b"end"
        assert jobs.bodies[id_of(upload(service, body))] == body
        assert jobs.sizes == [PIECE_BYTES] * 3 + [3]

    def test_takes_bodies_that_do_not_say_how_long(self, service: World, jobs: FakeJobs) -> None:
        answer = upload(service, iter([b"ab"] * 5))
        assert jobs.bodies[id_of(answer)] == b"ab" * 5

    def test_needs_no_key_to_look_only(self, service: World, jobs: FakeJobs) -> None:
        with nothing_changes(service):
            answer = upload(service, key=None, dryRun="true")
        assert answer.json()["dryRun"] is True
        assert id_of(answer) in jobs.views


class TestRefuse:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"media_type": "application/json"}, (415, "MediaTypeUnknown")),
            ({"media_type": "application/zip"}, (415, "MediaTypeUnknown")),
            ({"key": None}, (400, "IdempotencyKeyMissing")),
            ({"key": "short"}, (422, "RequestInvalid")),
            ({"path": f"/v1/agencies/CN-GD/{FOREIGN}/jobs"}, (403, "RoleMissing")),
            ({"type": "x" * 65}, (422, "RequestInvalid")),
        ],
    )
    def test_before_anything_is_kept(
        self, service: World, jobs: FakeJobs, given: Any, expected: tuple[int, str]
    ) -> None:
        with nothing_changes(service):
            assert refusal(upload(service, **given)) == expected
        assert not jobs.views

    def test_strangers(self, service: World, jobs: FakeJobs) -> None:
        answer = service.client.post(f"{PATH}?type={TYPE}", content=BODY)
        assert refusal(answer) == (401, "SignInMissing")
        assert not jobs.views

    def test_bodies_that_say_they_are_too_long(self, service: World, jobs: FakeJobs) -> None:
        headers = service.by(service.issuer) | {
            "Content-Type": "text/csv",
            "Content-Length": str((1 << 30) + 1),
        }
        answer = service.client.post(f"{PATH}?type={TYPE}", content=b"x", headers=headers)
        assert refusal(answer) == (413, "RequestTooLarge")
        assert answer.json()["limitBytes"] == 1 << 30
        assert not jobs.bodies

    @pytest.mark.parametrize("is_known", [False, True])
    def test_bodies_that_become_too_long(
        self, service: World, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch, *, is_known: bool
    ) -> None:
        jobs_of = next(path for method, path, _ in middleware.STREAMED if method == "POST")
        monkeypatch.setattr(middleware, "STREAMED", (("POST", jobs_of, 5 * PIECE_BYTES),))
        if is_known:
            upload(service)
        before = len(jobs.views)
        with nothing_changes(service):
            answer = upload(service, iter([b"x" * PIECE_BYTES] * 6))
        assert refusal(answer) == (413, "RequestTooLarge")
        assert len(jobs.views) == before

    def test_other_bodies_as_before(self, service: World, jobs: FakeJobs) -> None:
        path = f"/v1/jobs/0x{'00' * 16}/cancellation"
        headers = service.by(service.issuer)
        answer = service.client.post(
            path, content=b"x" * (middleware.BODY_BYTES + 1), headers=headers
        )
        assert refusal(answer) == (413, "RequestTooLarge")
        assert not jobs.views


class TestRepeat:
    def test_gets_the_first_answer_and_stores_nothing(self, service: World, jobs: FakeJobs) -> None:
        first = upload(service)
        jobs.put(id_of(first), state=JobState.DONE)
        sizes = list(jobs.sizes)
        with nothing_changes(service):
            again = upload(service)
        assert (again.status_code, again.content) == (202, first.content)
        assert again.headers["Location"] == first.headers["Location"]
        assert (len(jobs.views), jobs.sizes) == (1, sizes)

    @pytest.mark.parametrize(
        "other", [{"body": BODY + b"2,y\r\n"}, {"media_type": "text/csv; charset=utf-8"}]
    )
    def test_with_another_body_is_refused(self, service: World, jobs: FakeJobs, other: Any) -> None:
        upload(service)
        with nothing_changes(service):
            assert refusal(upload(service, **other)) == (422, "IdempotencyKeyReused")
        assert len(jobs.views) == 1

    def test_of_another_order_is_another(self, service: World, jobs: FakeJobs) -> None:
        assert id_of(upload(service)) != id_of(upload(service, dryRun="true"))
        assert len(jobs.views) == 2

    def test_while_the_first_is_at_work_is_told_to_come_back(
        self, service: World, jobs: FakeJobs
    ) -> None:
        submit = jobs.submit
        inner: list[Any] = []

        def slow(*given: Any) -> Any:
            if not inner:
                inner.append(None)
                inner[0] = upload(service)
            return submit(*given)

        jobs.submit = slow  # type: ignore[method-assign, assignment]  # for as long as the first works
        first = upload(service)
        assert refusal(inner[0]) == (409, "RequestInFlight")
        assert int(inner[0].headers["Retry-After"]) > 0
        assert list(jobs.views) == [id_of(first)]

    def test_two_at_once_are_one_job(self, service: World, jobs: FakeJobs) -> None:
        both_wait = Barrier(2, timeout=30)
        append = jobs.append

        def together(*given: Any) -> None:
            both_wait.wait()
            append(*given)

        jobs.append = together  # type: ignore[method-assign, assignment]  # both are let in before either ends
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda _: upload(service), range(2)))
        assert {answer.status_code for answer in answers} <= {202, 409}
        accepted = {answer.content for answer in answers if answer.status_code == 202}
        assert len(accepted) == len(jobs.views) == len(jobs.bodies) == 1

    def test_of_one_that_failed_may_succeed(self, service: World, jobs: FakeJobs) -> None:
        def broken(*_: Any) -> None:
            raise RuntimeError

        submit, jobs.submit = jobs.submit, broken  # type: ignore[method-assign, assignment]  # it comes back
        with nothing_changes(service):
            assert upload(service).status_code == 500
        assert not jobs.views
        jobs.submit = submit  # type: ignore[method-assign]  # as it was
        assert upload(service).status_code == 202


class TestHalf:
    def test_an_upload_leaves_nothing(self, service: World) -> None:
        token = service.by(service.issuer)["Authorization"]
        head = (
            f"POST {PATH}?type={TYPE} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
            f"Idempotency-Key: {KEY}\r\nContent-Type: text/csv\r\n"
        )
        endings = (f"Content-Length: {4 * PIECE_BYTES}", "Transfer-Encoding: chunked")
        before = service.rows()
        with listening(service.app) as url:
            address = ("127.0.0.1", int(url.rpartition(":")[2]))
            for ending in endings:
                with closing(socket.create_connection(address)) as line:
                    line.sendall(f"{head}{ending}\r\n\r\n".encode())
                    line.sendall(b"%x\r\n" % (4 * PIECE_BYTES) * ("chunked" in ending))
                    line.sendall(b"x" * (2 * PIECE_BYTES))
                    until(lambda: service.rows()["job_chunks"] > 0)
                until(lambda: service.rows() == before)
        assert not [line for line in service.log if line["event"] == "request.failed"]
        answer = upload(service)  # its key is free again
        assert answer.status_code == 202
        assert service.rows()["job_chunks"] == 1

    def test_an_upload_of_nothing_is_refused(self, service: World) -> None:
        service.by(service.issuer)
        with nothing_changes(service):
            assert refusal(upload(service, b"")) == (400, "UploadMalformed")
            assert refusal(upload(service, b"", None, dryRun="true")) == (400, "UploadMalformed")

    def test_an_upload_of_an_unknown_type_is_refused(self, service: World) -> None:
        service.by(service.issuer)
        with nothing_changes(service):
            assert refusal(upload(service, type="cn.unheard-of")) == (404, "TypeUnknown")

    def test_an_upload_that_is_cancelled_meanwhile_is_refused(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        append = Jobs.append

        def cancelled(jobs: Jobs, job: bytes, chunk: bytes) -> None:
            jobs.cancel(job, service.issuer.address)
            append(jobs, job, chunk)

        monkeypatch.setattr(Jobs, "append", cancelled)
        assert refusal(upload(service)) == (409, "JobNotReceiving")


class TestEvents:
    def test_tell_every_change_and_end(self, service: World, jobs: FakeJobs) -> None:
        job = upload(service).json()["job"]
        jobs.script = [
            {},
            {},
            {"state": JobState.CHECKING, "checked": 5},
            {"state": JobState.ISSUING, "checked": 9, "rows": 9},
            {"state": JobState.ISSUING, "checked": 9, "rows": 9},
            {"issued": 9, "state": JobState.DONE, "finished_at": 2},
        ]
        answer = service.client.get(f"/v1/jobs/{job}/events", headers=service.by(service.issuer))
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert "no-store" in answer.headers["Cache-Control"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        told = list(events(answer.text))
        assert [(each["state"], each["checked"], each["issued"]) for each in told] == [
            ("waiting", 0, 0),
            ("checking", 5, 0),
            ("issuing", 9, 0),
            ("done", 9, 9),
        ]
        assert {each["job"] for each in told} == {job}

    def test_of_what_is_over_are_one(self, service: World, jobs: FakeJobs) -> None:
        job = id_of(upload(service))
        fault = RowError(3, "holder_code", "check-character")
        jobs.put(job, state=JobState.REFUSED, faults=1, first_faults=(fault,))
        headers = service.by(service.registrar) | {"Last-Event-ID": "7"}
        answer = service.client.get(f"/v1/jobs/0x{job.hex()}/events", headers=headers)
        (told,) = events(answer.text)
        assert told["firstFaults"] == [
            {"row": 3, "column": "holder_code", "rule": "check-character"}
        ]

    def test_stop_when_the_reader_may_not_read_any_more(
        self, service: World, jobs: FakeJobs
    ) -> None:
        job = id_of(upload(service))
        readings = iter([jobs.views[job], jobs.views[job]])

        def get(_job: bytes, by: Address) -> Any:
            for view in readings:
                return view
            Roles(AtHead(service.registry)).require_any(by, AgencyId(bytes(32)))
            raise AssertionError

        jobs.get = get  # type: ignore[method-assign, assignment]  # the role is taken away
        path = f"/v1/jobs/0x{job.hex()}/events"
        answer = service.client.get(path, headers=service.by(service.issuer))
        assert [each["state"] for each in events(answer.text)] == ["waiting"]
        assert not [line for line in service.log if line["event"] == "request.failed"]

    def test_end_with_the_server(self, service: World, jobs: FakeJobs) -> None:
        job = upload(service).json()["job"]
        jobs.script = [{}, {"checked": 1}, {"checked": 2}]
        service.app.state.is_ending = lambda: len(jobs.script) == 1
        answer = service.client.get(f"/v1/jobs/{job}/events", headers=service.by(service.issuer))
        assert [each["checked"] for each in events(answer.text)] == [0, 1]

    def test_are_bounded_for_each_account(self, service: World, jobs: FakeJobs) -> None:
        path = f"/v1/jobs/0x{id_of(upload(service)).hex()}/events"
        headers = service.by(service.issuer)
        told = "\r\n".join(f"{name}: {value}" for name, value in headers.items())
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\n{told}\r\n\r\n".encode()
        assert not jobs.views[id_of(upload(service))].state.is_final
        with listening(service.app) as url, ExitStack() as lines:
            address = ("127.0.0.1", int(url.rpartition(":")[2]))
            readers = [
                lines.enter_context(closing(socket.create_connection(address)))
                for _ in range(MOST_STREAMS)
            ]
            for reader in readers:
                reader.sendall(request)
                assert reader.recv(12) == b"HTTP/1.1 200"
            answer = service.client.get(path, headers=headers)
            assert refusal(answer) == (429, "TooManyEventStreams")
            assert answer.json()["limit"] == MOST_STREAMS
            jobs.put(id_of(upload(service)), state=JobState.DONE)
            other = service.client.get(path, headers=service.by(service.registrar))
            assert [each["state"] for each in events(other.text)] == ["done"]
            until(lambda: service.client.get(path, headers=headers).status_code == 200)

    def test_that_nobody_reads_any_more_count_no_longer(
        self, service: World, jobs: FakeJobs
    ) -> None:
        path = f"/v1/jobs/0x{id_of(upload(service)).hex()}/events"
        token = service.by(service.issuer)["Authorization"]
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode()
        limits: Allowances = service.app.state.limits
        limits.streams = Streams(1)

        def status() -> bytes:
            with closing(socket.create_connection(address)) as line:
                line.sendall(request)
                return line.recv(12)

        with listening(service.app) as url:
            address = ("127.0.0.1", int(url.rpartition(":")[2]))
            with closing(socket.create_connection(address)) as line:
                line.sendall(request)
                assert line.recv(12) == b"HTTP/1.1 200"
                assert status() == b"HTTP/1.1 429"
            until(lambda: status() == b"HTTP/1.1 200")
        assert len(jobs.views) == 1

    def test_of_nothing_are_a_problem(self, service: World, jobs: FakeJobs) -> None:
        assert not jobs.views
        path = f"/v1/jobs/0x{'00' * 16}/events"
        assert refusal(service.client.get(path, headers=service.by(service.issuer))) == (
            404,
            "JobUnknown",
        )
        assert refusal(service.client.get(path)) == (401, "SignInMissing")


class TestResult:
    def test_is_a_file_that_a_spreadsheet_opens(self, service: World, jobs: FakeJobs) -> None:
        job = id_of(upload(service))
        jobs.put(job, state=JobState.DONE)
        jobs.results = [b"row,outcome\r\n", "2,签发\r\n".encode()]
        path = f"/v1/jobs/0x{job.hex()}/result"
        answer = service.client.get(path, headers=service.by(service.issuer))
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        attached = f'attachment; filename="job-{job.hex()}.csv"'
        assert answer.headers["Content-Disposition"] == attached
        assert answer.content == "\ufeffrow,outcome\r\n2,签发\r\n".encode()

    def test_is_there_once_the_job_is_over(self, service: World, jobs: FakeJobs) -> None:
        assert not jobs.results
        path = f"{upload(service).headers['Location']}/result"
        answer = service.client.get(path, headers=service.by(service.issuer))
        assert refusal(answer) == (409, "JobRunning")


class TestCancel:
    def test_stops_it_once(self, service: World, jobs: FakeJobs) -> None:
        path = f"{upload(service).headers['Location']}/cancellation"
        headers = service.by(service.issuer) | {"Idempotency-Key": KEY}
        first = service.client.post(path, headers=headers)
        assert (first.status_code, first.json()["state"]) == (202, "cancelled")
        again = service.client.post(path, headers=headers)
        assert again.content == first.content
        headers["Idempotency-Key"] = KEY[::-1]
        assert refusal(service.client.post(path, headers=headers)) == (409, "JobFinished")
        assert len(jobs.views) == 1


class TestList:
    def test_is_newest_first_in_pages(self, service: World, jobs: FakeJobs) -> None:
        made = [upload(service, key=KEY + str(n)).json()["job"] for n in range(3)]
        headers = service.by(service.registrar)
        first = service.client.get(PATH, params={"limit": 2}, headers=headers).json()
        assert [job["job"] for job in first["jobs"]] == made[:0:-1]
        query = {"limit": 2, "cursor": first["nextCursor"]}
        rest = service.client.get(PATH, params=query, headers=headers).json()
        assert [job["job"] for job in rest["jobs"]] == made[:1]
        assert rest["nextCursor"] is None
        assert len(jobs.views) == 3


class TestForeigner:
    def test_is_refused_everywhere(self, service: World, jobs: FakeJobs) -> None:
        job = upload(service).headers["Location"]
        headers = service.by(service.foreigner)
        for path in (PATH, job, f"{job}/events", f"{job}/result"):
            answer = service.client.get(path, headers=headers)
            assert refusal(answer) == (403, "RoleMissing"), path
        answer = service.client.post(f"{job}/cancellation", headers=headers)
        assert refusal(answer) == (403, "RoleMissing")
        assert refusal(upload(service, who=service.foreigner)) == (403, "RoleMissing")
        assert len(jobs.views) == 1

    @pytest.mark.parametrize("job", ["0x00", "0x" + "0g" * 16, "0x" + "AB" * 16, "7"])
    def test_finds_no_job_by_another_name(self, service: World, jobs: FakeJobs, job: str) -> None:
        answer = service.client.get(f"/v1/jobs/{job}", headers=service.by(service.issuer))
        assert refusal(answer) == (422, "RequestInvalid")
        assert not jobs.views


def events(text: str) -> Iterator[Any]:
    """Yield the jobs that a stream of events tells of."""
    for block in text.replace("\r\n", "\n").strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line[0] != ":")
        if lines:
            assert lines["event"] == "progress"
            yield orjson.loads(lines["data"])
