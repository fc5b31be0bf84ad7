"""`suizheng licence bulk` and `suizheng job` at a service whose work is played."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.services.at_head import AtHead
from api.services.jobs import JobState
from api.services.sign_ins import Roles
from api.services.uploads import RowError
from api.store.idempotency import IdempotencyStore
from tests.support.jobs import FakeJobs
from tests.support.licences import AGENCY
from tests.support.listening import listening
from tests.support.service import World, world
from tests.support.terminal import Terminal
from wallet.sessions import Session
from wallet.uploads import FILE

NAME = f"{AGENCY.jurisdiction}/{AGENCY.code}"
BULK = ("licence", "bulk", NAME, "cn.food-business")
DONE = {"state": JobState.DONE, "rows": 30, "checked": 30, "issued": 28, "repeated": 2}


class Cutter:
    """Passes requests on, and cuts those off that a test names."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.cuts: list[str] = []
        self.seen: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append((scope["method"], scope["path"]))
        if not self.cuts or not scope["path"].endswith(self.cuts[0]):
            await self.app(scope, receive, send)
            return
        self.cuts.pop(0)
        if scope["path"].endswith("/events"):
            await self.app(scope, receive, _cut(send))
        else:
            await self.app(scope, receive, _swallow)
            await send({"type": "http.response.start", "status": 202, "headers": [_LENGTH]})


_LENGTH = (b"content-length", b"9")  # which never come


def _cut(send: Any) -> Any:
    """Let the first event through and no other."""
    passed = 0

    async def cut(message: Any) -> None:
        nonlocal passed
        passed += 1
        if passed > 2:
            raise ConnectionError
        await send(message)

    return cut


async def _swallow(message: Any) -> None:
    """Let an answer be lost on its way."""


class Desk:
    """A clerk at a terminal, and the service that it speaks to."""

    def __init__(self, service: World, folder: Path) -> None:
        self.service = service
        self.jobs = FakeJobs(Roles(AtHead(service.registry)), IdempotencyStore(service.database))
        as_real: Any = self.jobs
        service.app.state.services = replace(service.services, jobs=as_real)
        self.line = Cutter(service.app)
        self.terminal = Terminal(folder, service.clock.now)
        self.file = folder / "many.csv"
        self.file.write_bytes(b"external_id,holder_name\r\n1,x\r\n")
        self.url = ""

    def sit_down(self, url: str) -> None:
        """Sign the clerk in at a service of another address than it knows."""
        self.url = url
        for name, account in (("clerk", self.service.issuer), ("other", self.service.foreigner)):
            self.terminal.run("key", "new", "account", name)
            address = self.terminal.outside.keyring.entry(name).address
            assert address is not None
            session = Session(self.service.sign_in(account), self.service.clock.now + 3600)
            self.terminal.outside.sessions.keep(url, address, session)

    def words(self, *words: object) -> tuple[object, ...]:
        return (*words, "--service", self.url, "--account", "clerk")

    def run(self, *words: object, code: int = 0) -> str:
        return self.terminal.run(*self.words(*words), code=code)

    def json(self, *words: object, code: int = 0) -> Any:
        return self.terminal.json(*self.words(*words), code=code)

    @property
    def sent(self) -> int:
        """How many uploads were begun."""
        return sum(method == "POST" and path.endswith("/jobs") for method, path in self.line.seen)


@pytest.fixture
def desk(url: str, tmp_path: Path) -> Iterator[Desk]:
    with world(url) as service:
        desk = Desk(service, tmp_path)
        with listening(desk.line) as origin:
            desk.sit_down(origin)
            yield desk


class TestBulk:
    def test_sends_follows_and_says_what_became_of_it(self, desk: Desk) -> None:
        desk.jobs.script = [{"state": JobState.CHECKING, "checked": 30}, DONE]
        assert desk.run(*BULK, desk.file) == "28 issued; 2 had been issued before.\n"
        (body,) = desk.jobs.bodies.values()
        assert body == desk.file.read_bytes()

    def test_dry_run_issues_nothing(self, desk: Desk) -> None:
        desk.jobs.script = [DONE | {"issued": 0}]
        said = desk.run(*BULK, desk.file, "--dry-run")
        assert said == "28 can be issued; 2 had been issued before.\n"
        (view,) = desk.jobs.views.values()
        assert view.is_dry_run

    def test_refused_rows_are_told_in_plain_words(self, desk: Desk) -> None:
        faults = (RowError(4, "holder_code", "check-character"), RowError(7, None, "cells"))
        refused = {"state": JobState.REFUSED, "faults": 2, "first_faults": faults}
        desk.jobs.script = [refused]
        said = desk.run(*BULK, desk.file, code=1)
        assert said.splitlines() == [
            "Error: Nothing was issued: the file has 2 faults.",
            "  row 4, 持证主体代码 (holder_code): the check character is wrong",
            "  row 7: the row has more or fewer cells than the heading",
            "Mend the file and send it again.",
        ]
        desk.jobs.script = [refused]
        told = desk.json(*BULK, desk.file, code=1)
        assert (told["state"], told["faults"]) == ("refused", 2)

    @pytest.mark.parametrize(
        ("ended", "code", "words"),
        [
            ({"state": JobState.CANCELLED, "issued": 7}, 1, "cancelled; 7 licences"),
            ({"state": JobState.FAILED, "error": "SigningKeyMissing"}, 2, "(SigningKeyMissing)"),
        ],
    )
    def test_other_ends_have_their_exit_codes(
        self, desk: Desk, ended: Any, code: int, words: str
    ) -> None:
        desk.jobs.script = [ended]
        assert words in desk.run(*BULK, desk.file, code=code)
        desk.jobs.script = [ended]
        assert desk.json(*BULK, desk.file, code=code)["state"] == ended["state"]

    def test_writes_the_result(self, desk: Desk, tmp_path: Path) -> None:
        rows = [b"row,outcome\r\n", b"2,issued\r\n"]
        desk.jobs.results = rows
        desk.jobs.script = [DONE]
        desk.run(*BULK, desk.file, "--result", tmp_path / "result.csv")
        assert (tmp_path / "result.csv").read_bytes() == b"\xef\xbb\xbf" + b"".join(rows)

    def test_follows_over_a_cut(self, desk: Desk) -> None:
        desk.line.cuts = ["/events", "/events"]
        desk.jobs.script = [{"checked": n} for n in range(6)] + [DONE]
        assert "28 issued" in desk.run(*BULK, desk.file)
        assert sum(path.endswith("/events") for _, path in desk.line.seen) == 3

    def test_a_lost_answer_is_asked_for_again(self, desk: Desk) -> None:
        desk.line.cuts = ["/jobs"]
        desk.jobs.script = [DONE]
        assert "28 issued" in desk.run(*BULK, desk.file)
        assert (desk.sent, len(desk.jobs.views)) == (2, 1)

    def test_after_losing_every_answer_a_second_run_is_harmless(self, desk: Desk) -> None:
        desk.line.cuts = ["/jobs"] * 4
        said = desk.run(*BULK, desk.file, code=2)
        assert "may or may not have done" in said
        assert len(desk.jobs.views) == 1
        desk.jobs.script = [DONE]
        assert "28 issued" in desk.run(*BULK, desk.file)
        assert len(desk.jobs.views) == 1

    def test_a_run_that_was_left_goes_on(self, desk: Desk) -> None:
        job = desk.json(*BULK, desk.file, "--detach")["job"]
        assert desk.sent == 1
        desk.jobs.script = [{"state": JobState.ISSUING}, DONE]
        said = desk.run(*BULK, desk.file)
        assert f"sent before as job {job}" in said
        assert "28 issued" in said
        assert (desk.sent, len(desk.jobs.views)) == (1, 1)
        assert orjson.loads((desk.terminal.outside.home / FILE).read_bytes()) == {}

    def test_a_run_that_came_to_nothing_is_begun_anew(self, desk: Desk) -> None:
        job = desk.json(*BULK, desk.file, "--detach")["job"]
        desk.jobs.put(bytes.fromhex(job[2:]), state=JobState.FAILED, error="X")
        again = desk.json(*BULK, desk.file, "--detach")["job"]
        assert again != job
        assert desk.json(*BULK, desk.file, "--detach")["job"] == again
        desk.file.write_bytes(desk.file.read_bytes() + b"2,y\r\n")
        assert desk.json(*BULK, desk.file, "--detach")["job"] not in {job, again}

    def test_once_seen_to_end_the_same_file_is_a_new_order(self, desk: Desk) -> None:
        for _ in range(2):
            desk.jobs.script = [DONE]
            desk.run(*BULK, desk.file)
        assert len(desk.jobs.views) == 2

    def test_a_refused_order_is_not_kept(self, desk: Desk) -> None:
        words = (*BULK, desk.file, "--service", desk.url, "--account", "other")
        assert "does not hold the role issuer" in desk.terminal.run(*words, code=1)
        assert orjson.loads((desk.terminal.outside.home / FILE).read_bytes()) == {}

    def test_a_refusal_is_heard_before_a_long_file_has_left(self, desk: Desk) -> None:
        desk.file.write_bytes(os.urandom(8 << 20))
        words = (*BULK, desk.file, "--service", desk.url, "--account", "other")
        assert "does not hold the role issuer" in desk.terminal.run(*words, code=1)
        assert not desk.jobs.bodies

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("rows.xls",), "neither .csv nor .ndjson"),
            (("none.csv",), "no such file"),
            (("rows.csv", "--detach", "--result", "x.csv"), "--detach does not"),
        ],
    )
    def test_wrong_use_sends_nothing(self, desk: Desk, words: Any, said: str) -> None:
        done = desk.terminal.try_(*desk.words(*BULK, *words))
        assert done.exit_code in {1, 64}
        assert said in done.output
        assert desk.sent == 0


class TestJob:
    def test_is_listed_shown_and_watched(self, desk: Desk) -> None:
        job = desk.json(*BULK, desk.file, "--detach")["job"]
        assert [row["job"] for row in desk.json("job", "list", "--agency", NAME)] == [job]
        heading, row = desk.run("job", "list", "--agency", NAME).splitlines()
        assert heading.split()[0] == "JOB"
        assert row.split()[:3] == [job, "cn.food-business", "waiting"]
        assert desk.json("job", "show", job)["state"] == "waiting"
        desk.jobs.script = [{"state": JobState.ISSUING}, DONE]
        assert "28 issued" in desk.run("job", "watch", job)
        assert "issued       28" in desk.run("job", "show", job)

    def test_is_listed_page_by_page(self, desk: Desk) -> None:
        for number in range(3):
            desk.file.write_bytes(str(number).encode())
            desk.run(*BULK, desk.file, "--detach")
        assert len(desk.json("job", "list", "--agency", NAME, "--limit", 2)) == 2
        assert len(desk.json("job", "list", "--agency", NAME)) == 3

    def test_is_cancelled_once(self, desk: Desk) -> None:
        job = desk.json(*BULK, desk.file, "--detach")["job"]
        assert "The job is cancelled; 0 licences" in desk.run("job", "cancel", job)
        assert "JobFinished" in desk.run("job", "cancel", job, code=1)

    def test_gives_its_result_once_it_is_over(self, desk: Desk, tmp_path: Path) -> None:
        job = desk.json(*BULK, desk.file, "--detach")["job"]
        id_ = bytes.fromhex(job[2:])
        out = tmp_path / "result.csv"
        assert "JobRunning" in desk.run("job", "result", job, out, code=1)
        assert not out.exists()
        desk.jobs.put(id_, **DONE)
        desk.jobs.results = [b"row,outcome\r\n"]
        assert desk.run("job", "result", job, out) == f"{out}\n"
        assert out.read_bytes() == b"\xef\xbb\xbfrow,outcome\r\n"
        assert "row,outcome" in desk.run("job", "result", job)

    def test_of_another_name_is_refused(self, desk: Desk) -> None:
        assert "0x and 32 digits" in desk.run("job", "show", "../licences", code=64)
        assert "JobUnknown" in desk.run("job", "show", "0x" + "00" * 16, code=1)
