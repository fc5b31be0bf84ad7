"""A licence's status at any time, and what became of it, over HTTP."""

from typing import Any

import pytest

from api.http.forms import rfc3339
from ledger.values import Digest, Status
from tests.support.service import World, refusal

ABSENT = "0x" + "ab" * 32
DAY = 86_400


@pytest.fixture
def digest(service: World) -> str:
    body = service.issue()
    service.anchor()
    return str(body["digest"])


def raw(digest: str) -> Digest:
    return Digest(bytes.fromhex(digest[2:]))


def status(service: World, digest: str, at: int | None = None, who: Any = None) -> Any:
    params = {} if at is None else {"at": rfc3339(at)}
    headers = service.by(who or service.registrar)
    return service.client.get(f"/v1/licences/{digest}/status", params=params, headers=headers)


def history(service: World, digest: str) -> Any:
    headers = service.by(service.registrar)
    answer = service.client.get(f"/v1/licences/{digest}/history", headers=headers)
    return answer.json()["changes"]


class TestStatusAt:
    def test_is_of_now_without_a_time(self, service: World, digest: str) -> None:
        body = status(service, digest).json()
        assert (body["status"], body["knownThen"], body["inForce"]) == ("valid", "valid", True)
        assert body["at"] == rfc3339(service.clock.now)
        assert body["anchoredAt"] == body["at"]
        assert (body["reason"], body["effectiveAt"], body["until"]) == (None, None, None)

    def test_says_nothing_about_a_time_before_the_anchor(self, service: World, digest: str) -> None:
        body = status(service, digest, service.clock.now - 1).json()
        assert (body["status"], body["knownThen"], body["inForce"]) == (None, None, False)
        waiting = status(service, service.issue()["digest"]).json()
        assert (waiting["status"], waiting["anchoredAt"]) == (None, None)

    def test_a_suspension_ends_by_itself_in_the_future(self, service: World, digest: str) -> None:
        now = service.clock.now
        service.change(raw(digest), Status.SUSPENDED, 101, now, until=now + DAY)
        for at, expected in (
            (now, "suspended"),
            (now + DAY - 1, "suspended"),
            (now + DAY, "valid"),
        ):
            body = status(service, digest, at).json()
            assert (body["status"], body["isLapsed"]) == (expected, expected == "valid")
            assert (body["reason"], body["until"]) == (101, rfc3339(now + DAY))
            assert body["inForce"] is (expected == "valid")

    def test_what_is_backdated_was_not_known_then(self, service: World, digest: str) -> None:
        then = service.clock.now + 10
        service.clock.now += DAY
        service.change(raw(digest), Status.REVOKED, 320, then)
        body = status(service, digest, then).json()
        assert (body["status"], body["knownThen"]) == ("revoked", "valid")
        assert status(service, digest, then - 1).json()["status"] == "valid"
        assert status(service, digest).json()["knownThen"] == "revoked"

    def test_an_annulment_counts_from_the_beginning(self, service: World, digest: str) -> None:
        start = service.clock.now
        service.clock.now += DAY
        service.change(raw(digest), Status.REVOKED, 311, 0)
        body = status(service, digest, start).json()
        assert (body["status"], body["knownThen"], body["isAnnulled"]) == ("revoked", "valid", True)

    def test_in_force_minds_the_validity(self, service: World, digest: str) -> None:
        end = status(service, digest).json()["validUntil"]
        assert end == "2031-11-20T16:00:00Z"
        headers = service.by(service.registrar)
        for at, expected in (("2031-11-20T15:59:59Z", True), (end, False)):
            path = f"/v1/licences/{digest}/status"
            body = service.client.get(path, params={"at": at}, headers=headers).json()
            assert (body["status"], body["inForce"]) == ("valid", expected)

    def test_is_for_the_agency_alone(self, service: World, digest: str) -> None:
        assert refusal(status(service, digest, who=service.foreigner)) == (403, "RoleMissing")
        assert refusal(status(service, ABSENT)) == (404, "RecordUnknown")

    @pytest.mark.parametrize("at", ["yesterday", "1795226400", "2026-11-21", ""])
    def test_refuses_what_is_no_time(self, service: World, digest: str, at: str) -> None:
        headers = service.by(service.registrar)
        path = f"/v1/licences/{digest}/status"
        answer = service.client.get(path, params={"at": at}, headers=headers)
        assert refusal(answer) == (422, "RequestInvalid")


class TestHistory:
    def test_is_empty_at_first(self, service: World, digest: str) -> None:
        assert history(service, digest) == []

    def test_tells_what_is_on_chain_and_then_what_waits(self, service: World, digest: str) -> None:
        now = service.clock.now
        service.change(raw(digest), Status.SUSPENDED, 101, now, until=now + DAY)
        form = {"status": "valid", "reason": 201, "decision": {"text": "发还。"}}
        asked = service.client.post(
            f"/v1/licences/{digest}/status", json=form, headers=service.by(service.registrar)
        ).json()
        first, second = history(service, digest)
        assert (first["status"], first["reason"], first["change"]) == ("suspended", 101, None)
        assert (first["until"], first["stage"]) == (rfc3339(now + DAY), "anchored")
        assert first["blockTime"] == rfc3339(now)
        assert (second["status"], second["block"], second["stage"]) == ("valid", None, "issued")
        assert (second["change"], second["decision"]) == (asked["change"], asked["decision"])
        assert second["requestedBy"] == service.registrar.address

    def test_leaves_out_other_entries_of_the_word(self, service: World, digest: str) -> None:
        other = str(service.issue()["digest"])
        service.change(raw(other), Status.SUSPENDED, 101)
        assert history(service, digest) == []
