"""A whole story with values that are easily found, looked for wherever they have no business."""

import json
import secrets
from typing import Any
from urllib.parse import unquote

import pytest

from api.services.licences import Licences
from tests.support.licences import AGENCY
from tests.support.service import World, order, refusal

SECRETS = {
    "holder": "明藏蓝鲸小吃店",
    "address": "示例市明藏路七百七十七号",
    "external": "findable-external-id",
    "query": "findable-query",
    "words": "findable-words-of-an-exception",
    "legal": "findable-words-of-a-decision",
    "key": "findable-idempotency-key",
    "column": "findable-cell-of-an-upload",
    "path": "findable-path",
}


class TestStory:
    def test_leaves_nothing_personal_in_log_metrics_and_problems(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers: list[Any] = []
        service.client.event_hooks["response"].append(answers.append)
        issuer, registrar = service.by(service.issuer), service.by(service.registrar)
        issued = self.issue(service)
        self.upload(service, issuer)
        url = self.link(service, registrar, issued["digest"])
        self.change(service, registrar, issued["digest"])
        self.verify(service, issued["document"])
        self.refuse(service, issuer, issued)
        self.fail(service, issuer, issued["digest"], monkeypatch)

        fields = order(fields=self.personal())["fields"]
        found = [
            *SECRETS.values(),
            *(str(value) for value in fields.values() if len(str(value)) > 3),
            *(issued[name] for name in ("digest", "licenceId", "document")),
            *url.partition("#")[::2],
            url.partition("#")[0].rsplit("/", 1)[1],
            issuer["Authorization"].removeprefix("Bearer "),
            registrar["Authorization"].removeprefix("Bearer "),
            service.issuer.address,
        ]
        log = json.dumps(service.log, ensure_ascii=False)
        assert [value for value in found if value in log] == []
        metrics = service.client.get("/metrics").text
        assert [value for value in found if value in metrics] == []
        problems = [
            each for each in answers if "problem+json" in each.headers.get("Content-Type", "")
        ]
        assert len(problems) >= 8
        for each in problems:
            sent = unquote(str(each.request.url)) + each.request.read().decode()
            told = [value for value in found if value in each.text and value not in sent]
            assert told == [], each.json()["type"]
        self.check_ids(service, answers)

    def personal(self) -> dict[str, Any]:
        return {"holder_name": SECRETS["holder"], "premises": SECRETS["address"]}

    def issue(self, service: World) -> Any:
        issued = service.issue(externalId=SECRETS["external"], fields=self.personal())
        query = {"agency": f"CN-GD/{AGENCY.code}", "q": SECRETS["holder"][:4]}
        headers = service.by(service.issuer)
        listed = service.client.get("/v1/licences", params=query, headers=headers).json()[
            "licences"
        ]
        assert [each["digest"] for each in listed] == [issued["digest"]]
        service.anchor()
        return issued

    def upload(self, service: World, headers: dict[str, str]) -> None:
        path = f"/v1/agencies/CN-GD/{AGENCY.code}/jobs?type=cn.food-business"
        given = {"Content-Type": "text/csv", "Idempotency-Key": SECRETS["key"]}
        body = f"external_id,holder_name\r\n1,{SECRETS['column']}\r\n".encode()
        answer = service.client.post(path, content=body, headers=headers | given)
        assert answer.status_code == 202

    def link(self, service: World, headers: dict[str, str], digest: str) -> str:
        path = f"/v1/licences/{digest}/links"
        url = str(service.client.post(path, json={}, headers=headers).json()["url"])
        assert service.client.get(url.partition("#")[0]).status_code == 200
        return url

    def change(self, service: World, headers: dict[str, str], digest: str) -> None:
        decision = {"text": SECRETS["legal"], "number": "示例〔2026〕1号"}
        form = {"status": "suspended", "reason": 101, "decision": decision}
        path = f"/v1/licences/{digest}/status"
        answer = service.client.post(
            path, json=form, headers=headers | {"Idempotency-Key": secrets.token_hex(16)}
        )
        assert answer.status_code == 202, answer.text

    def verify(self, service: World, document: str) -> None:
        for sent in (document, document[:-40] + "A" * 40):
            answer = service.client.post("/v1/verifications", json={"document": sent})
            assert answer.status_code == 200

    def refuse(self, service: World, headers: dict[str, str], issued: Any) -> None:
        again = order(externalId=SECRETS["external"], fields={"holder_name": SECRETS["query"]})
        wrong = order(fields={"holder_code": SECRETS["query"], SECRETS["path"]: SECRETS["words"]})
        for form in (wrong, {"type": SECRETS["words"]}):
            answer = service.client.post("/v1/licences", json=form, headers=headers)
            assert 400 <= answer.status_code < 500, answer.text
        assert service.client.post("/v1/licences", json=again, headers=headers).status_code in {
            200,
            409,
        }
        foreign = service.by(service.foreigner)
        answer = service.client.get(f"/v1/licences/{issued['digest']}", headers=foreign)
        assert refusal(answer) == (403, "RoleMissing")
        query = {"agency": f"CN-GD/{AGENCY.code}", "cursor": SECRETS["query"]}
        assert service.client.get("/v1/licences", params=query, headers=headers).status_code == 422
        for path in (
            f"/{SECRETS['path']}",
            f"/v/{SECRETS['path']}",
            f"/problems/{SECRETS['path']}",
        ):
            assert service.client.get(path).status_code == 404

    def fail(
        self, service: World, headers: dict[str, str], digest: str, patch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> None:
            raise RuntimeError(SECRETS["words"])

        patch.setattr(Licences, "own", broken)
        answer = service.client.get(f"/v1/licences/{digest}/document", headers=headers)
        assert refusal(answer) == (500, "Internal")

    def check_ids(self, service: World, answers: list[Any]) -> None:
        """Check that each answer names its request, as each line of the log does."""
        named = [each.headers["X-Request-Id"] for each in answers]
        assert len(set(named)) == len(named)
        assert all(line["request"] for line in service.log)
        logged = {line["request"] for line in service.log if line["event"] == "request"}
        assert set(named) <= logged
        (failed,) = [line for line in service.log if line["event"] == "request.failed"]
        assert failed["request"] in logged
