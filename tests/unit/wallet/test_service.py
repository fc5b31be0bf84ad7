from collections.abc import Iterator

import httpx2
import orjson
import pytest

from api.services.bundles import BundleSignerMissing
from api.services.health_agreements import PolicyMissing
from api.services.health_keys import HealthKeyMissing
from api.services.health_origins import TransferNotAnchored
from api.services.issuers import SigningKeyMissing
from ledger.errors import LedgerError
from wallet.service import (
    TRIES,
    AnswerLost,
    AnswerMalformed,
    Service,
    ServiceBusy,
    ServiceRefused,
    ServiceUnavailable,
    problem,
)


def service(answer: httpx2.Response, token: str | None = None) -> Service:
    def handle(request: httpx2.Request) -> httpx2.Response:
        expected = None if token is None else f"Bearer {token}"
        assert request.headers.get("Authorization") == expected
        return answer

    return Service("http://service/", token, httpx2.MockTransport(handle))


class TestService:
    def test_returns_the_object(self) -> None:
        assert service(httpx2.Response(200, json={"a": 1})).get("/x", b=None) == {"a": 1}

    def test_sends_its_token(self) -> None:
        assert service(httpx2.Response(201, json={}), "secret").post("/x") == {}

    def test_says_that_nobody_answers(self) -> None:
        def away(request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectTimeout("slow", request=request)

        with pytest.raises(ServiceUnavailable):
            Service("http://service", transport=httpx2.MockTransport(away)).get("/x")

    @pytest.mark.parametrize("content", [b"", b"[]", b"<html>"])
    def test_refuses_an_answer_of_another_shape(self, content: bytes) -> None:
        with pytest.raises(AnswerMalformed):
            service(httpx2.Response(200, content=content)).get("/x")


class TestPost:
    """Writes go under a key, and again under the same one where their answer was lost."""

    def test_keeps_its_key_until_an_answer_comes(self) -> None:
        keys: list[str] = []
        pauses: list[float] = []

        def handle(request: httpx2.Request) -> httpx2.Response:
            keys.append(request.headers["Idempotency-Key"])
            if len(keys) == 1:
                raise httpx2.ReadTimeout("slow", request=request)
            if len(keys) == 2:
                in_flight = {"type": "/problems/RequestInFlight", "retryAfterSeconds": 7}
                return httpx2.Response(409, json=in_flight)
            return httpx2.Response(201, json={"a": 1})

        client = Service("http://service", None, httpx2.MockTransport(handle), pauses.append)
        assert client.post("/x", {"b": 2}) == {"a": 1}
        assert (len(set(keys)), pauses) == (1, [1, 7])
        client.upload("/x", [b"row"], {"Content-Type": "text/csv"}, "k" * 16)
        client.post("/x")
        assert len(set(keys)) == 3
        assert all(16 <= len(key) <= 128 for key in keys)

    def test_gives_up_and_says_that_it_cannot_know(self) -> None:
        sent = []

        def lost(request: httpx2.Request) -> httpx2.Response:
            sent.append(request)
            raise httpx2.RemoteProtocolError("cut", request=request)

        client = Service("http://service", None, httpx2.MockTransport(lost), lambda _: None)
        with pytest.raises(AnswerLost):
            client.post("/x")
        assert len(sent) == TRIES

    def test_does_not_repeat_a_refusal_or_what_has_no_key(self) -> None:
        sent = []

        def refuse(request: httpx2.Request) -> httpx2.Response:
            sent.append(request.headers.get("Idempotency-Key"))
            return httpx2.Response(409, json={"type": "/problems/StatusFinal", "title": "No."})

        client = Service("http://service", None, httpx2.MockTransport(refuse))
        with pytest.raises(ServiceRefused):
            client.post("/x")
        with pytest.raises(ServiceRefused):
            client.ask("/x", {})
        assert len(sent) == 2
        assert sent[1] is None


class TestUpload:
    def test_sends_the_file_anew_at_each_try(self) -> None:
        bodies: list[bytes] = []

        def handle(request: httpx2.Request) -> httpx2.Response:
            assert request.headers["Idempotency-Key"] == "k" * 16
            assert request.headers["Content-Length"] == "4"
            assert "Transfer-Encoding" not in request.headers
            bodies.append(request.read())
            if len(bodies) == 1:
                raise httpx2.WriteTimeout("slow", request=request)
            return httpx2.Response(202, json={"job": "0x01"})

        client = Service("http://service", None, httpx2.MockTransport(handle), lambda _: None)
        headers = {"Content-Type": "text/csv", "Content-Length": "4"}
        assert client.upload("/x", [b"ab", b"cd"], headers, "k" * 16) == {"job": "0x01"}
        assert bodies == [b"abcd"] * 2


class TestStreams:
    def test_give_the_objects_of_events(self) -> None:
        text = ': ping\n\nevent: progress\ndata: {"a": 1}\n\n: ping\n\ndata: {"a": 2}\n\n'
        headers = {"Content-Type": "text/event-stream"}
        answer = httpx2.Response(200, text=text, headers=headers)
        assert list(service(answer, "secret").events("/x")) == [{"a": 1}, {"a": 2}]

    def test_of_another_kind_are_no_events(self) -> None:
        with pytest.raises(AnswerLost):
            list(service(httpx2.Response(200, json={})).events("/x"))

    def test_with_nonsense_in_them_are_malformed(self) -> None:
        headers = {"Content-Type": "text/event-stream"}
        answer = httpx2.Response(200, text="data: [\n\n", headers=headers)
        with pytest.raises(AnswerMalformed):
            list(service(answer).events("/x"))

    @pytest.mark.parametrize("read", ["events", "download"])
    def test_are_refused_as_everything_is(self, read: str) -> None:
        refused = {"type": "/problems/JobRunning", "title": "Not yet."}
        with pytest.raises(ServiceRefused) as caught:
            list(getattr(service(httpx2.Response(409, json=refused)), read)("/x"))
        assert caught.value.name == "JobRunning"
        with pytest.raises(ServiceBusy):
            list(getattr(service(httpx2.Response(503, json=refused)), read)("/x"))

    def test_that_are_cut_say_so(self) -> None:
        def parts() -> Iterator[bytes]:
            yield b"row"
            raise httpx2.ReadError("cut")

        received: list[bytes] = []
        with pytest.raises(AnswerLost):
            received.extend(service(httpx2.Response(200, content=parts())).download("/x"))


class TestProblem:
    def test_reads_as_one_error_with_its_rows(self) -> None:
        content = {
            "type": "/problems/FieldsInvalid",
            "title": "Rows of the upload are wrong.",
            "status": 422,
            "rows": 3,
            "errors": [
                {"row": 2, "column": "holder_code", "rule": "check-character"},
                {"row": 3, "column": None, "rule": "missing"},
            ],
        }
        error = problem(422, orjson.dumps(content))
        assert isinstance(error, ServiceRefused)
        assert str(error).splitlines() == [
            "Rows of the upload are wrong. (rows=3)",
            "  row 2, 持证主体代码 (holder_code): the check character is wrong",
            "  row 3: it is missing",
            "(FieldsInvalid)",
        ]

    @pytest.mark.parametrize("status", [502, 503, 504, 429])
    def test_is_unavailable_when_the_service_cannot_say(self, status: int) -> None:
        error = problem(status, b'{"title": "No node answered"}')
        assert isinstance(error, ServiceBusy)
        assert "No node answered. Try again in a moment." in str(error)

    @pytest.mark.parametrize(
        ("missing", "advice"),
        [(BundleSignerMissing, "--usage bundles"), (SigningKeyMissing, "announce-key")],
    )
    def test_does_not_advise_to_wait_for_what_no_waiting_brings(
        self, missing: type[LedgerError], advice: str
    ) -> None:
        content = {"type": f"/problems/{missing.__name__}", "title": missing.title()}
        error = problem(503, orjson.dumps(content))
        assert isinstance(error, ServiceBusy)
        assert str(error).startswith(missing.title())
        assert "Try again" not in str(error)
        assert advice in str(error)
        assert "suizheng key hand-over" in str(error)
        assert str(error).endswith(f"({missing.__name__})")

    @pytest.mark.parametrize(
        ("missing", "advice"),
        [
            (PolicyMissing, "suizheng agreement publish"),
            (HealthKeyMissing, "health-key"),
            (TransferNotAnchored, "suizheng health convert --resume"),
        ],
    )
    def test_says_what_a_health_authority_or_traveller_does(
        self, missing: type[LedgerError], advice: str
    ) -> None:
        error = problem(503, orjson.dumps({"type": f"/problems/{missing.__name__}"}))
        assert isinstance(error, ServiceBusy)
        assert advice in str(error)

    @pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"errors": 5}', b'{"title": 5}'])
    def test_takes_any_answer(self, content: bytes) -> None:
        error = problem(500, content)
        assert isinstance(error, ServiceRefused)
        assert str(error)
