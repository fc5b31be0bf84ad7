from collections.abc import Iterator
from typing import Any

import pytest

from ledger.errors import Refused, Unavailable
from tests.support.job_answers import ANSWER, ID, job
from wallet.jobs import (
    TRIES,
    Job,
    JobCancelled,
    JobFailed,
    JobRefused,
    JobUnwatched,
    follow,
    job_of,
)
from wallet.service import AnswerLost, AnswerMalformed, Service, ServiceBusy, ServiceRefused


class Streams(Service):
    """A service whose streams end, break or are refused as a test says."""

    def __init__(self, *streams: Any) -> None:
        super().__init__("http://service")
        self.streams = list(streams)
        self.asked: list[str] = []

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        self.asked.append(path)
        for part in self.streams.pop(0):
            if isinstance(part, BaseException):
                raise part
            yield ANSWER | part


LOST = AnswerLost("http://service", "ReadError")
DONE = {"state": "done", "rows": 2, "issued": 2}


def followed(*streams: Any) -> tuple[Job, list[str], list[float], Streams]:
    service = Streams(*streams)
    shown: list[str] = []
    pauses: list[float] = []
    found = follow(service, job(), lambda each: shown.append(each.state), pauses.append)
    return found, shown, pauses, service


class TestFollow:
    def test_shows_each_change_to_the_end(self) -> None:
        found, shown, pauses, service = followed([{}, {"state": "checking"}, DONE])
        assert (found.state, found.issued) == ("done", 2)
        assert (shown, pauses) == (["waiting", "checking", "done"], [])
        assert service.asked == [f"/v1/jobs/{ID}/events"]

    def test_asks_nothing_of_what_is_over(self) -> None:
        service = Streams()
        found = follow(service, job(**DONE), lambda _: None, lambda _: None)
        assert found.is_over
        assert not service.asked

    def test_comes_back_after_a_cut(self) -> None:
        busy = ServiceBusy("StoreUnavailable", "Busy.")
        found, shown, pauses, _ = followed([{}, LOST], [LOST], [busy], [{}], [DONE])
        assert found.state == "done"
        assert shown == ["waiting", "waiting", "done"]
        assert pauses == [1, 2, 4, 1]

    def test_gives_up_and_says_how_to_see_it_again(self) -> None:
        with pytest.raises(JobUnwatched) as caught:
            followed(*[[LOST]] * (TRIES + 1))
        assert f"suizheng job watch {ID}" in str(caught.value)
        assert f"suizheng job cancel {ID}" in str(caught.value)

    def test_can_be_left(self) -> None:
        with pytest.raises(JobUnwatched):
            followed([{}, KeyboardInterrupt()])

    def test_passes_a_refusal_on(self) -> None:
        refused = ServiceRefused("RoleMissing", "No.", {}, (), 403)
        with pytest.raises(ServiceRefused):
            followed([{}, LOST], [refused])


class TestFailure:
    def test_is_none_of_one_that_is_done(self) -> None:
        assert job(**DONE).failure() is None

    @pytest.mark.parametrize(
        ("state", "kind", "root"),
        [
            ("refused", JobRefused, Refused),
            ("cancelled", JobCancelled, Refused),
            ("failed", JobFailed, Unavailable),
        ],
    )
    def test_is_a_refusal_or_an_outage(
        self, state: str, kind: type[Exception], root: type[Exception]
    ) -> None:
        failure = job(state=state, issued=7, error="X").failure()
        assert isinstance(failure, kind)
        assert isinstance(failure, root)

    def test_names_faults_by_row_and_column_in_plain_words(self) -> None:
        faults = [
            {"row": n, "column": "holder_code", "rule": "check-character"} for n in range(2, 102)
        ]
        said = str(job(state="refused", faults=250, firstFaults=faults).failure()).splitlines()
        assert said[0] == "Nothing was issued: the file has 250 faults."
        assert said[1] == "  row 2, 持证主体代码 (holder_code): the check character is wrong"
        assert said[21:] == [
            "  … and 230 more",
            "Mend the file and send it again.",
            f"All faults as a table: suizheng job result {ID} FILE",
        ]

    def test_of_few_faults_names_them_all(self) -> None:
        fault = {"row": 3, "column": None, "rule": "cells"}
        said = str(job(state="refused", faults=1, firstFaults=[fault]).failure())
        assert said.splitlines() == [
            "Nothing was issued: the file has 1 fault.",
            "  row 3: the row has more or fewer cells than the heading",
            "Mend the file and send it again.",
        ]

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            ("EncodingUnknown", "neither UTF-8 nor GB18030"),
            ("TooManyRows", "Part it into several files"),
            ("SomethingNew", "SomethingNew"),
        ],
    )
    def test_of_a_whole_file_says_what_to_do(self, error: str, words: str) -> None:
        assert words in str(job(state="refused", error=error).failure())

    def test_says_what_stands(self) -> None:
        for state in ("cancelled", "failed"):
            said = str(job(state=state, issued=10_000, error="SigningKeyMissing").failure())
            assert "10,000 licences had been issued" in said
            assert f"suizheng job result {ID} FILE" in said


@pytest.mark.parametrize(
    "changes", [{"checked": "many"}, {"firstFaults": 7}, {"firstFaults": ["x"]}, {"rows": []}]
)
def test_an_answer_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(AnswerMalformed):
        job(**changes)
    with pytest.raises(AnswerMalformed):
        job_of({}, "http://service")
