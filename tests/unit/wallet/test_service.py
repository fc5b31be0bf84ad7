import httpx2
import orjson
import pytest

from api.services.bundles import BundleSignerMissing
from api.services.issuers import SigningKeyMissing
from ledger.errors import LedgerError
from wallet.service import (
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


class TestProblem:
    def test_reads_as_one_error_with_its_rows(self) -> None:
        content = {
            "type": "/problems/UploadInvalid",
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
            "(UploadInvalid)",
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

    @pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"errors": 5}', b'{"title": 5}'])
    def test_takes_any_answer(self, content: bytes) -> None:
        error = problem(500, content)
        assert isinstance(error, ServiceRefused)
        assert str(error)
