from typing import Any

import pytest

from api.store.changes import ChangeStore
from api.store.outbox import SqlOutbox
from ledger.outbox import IntentState
from ledger.typed_data import StatusOrder, cosign
from ledger.values import Digest, Status, WordChange
from tests.support.licences import AGENCY
from tests.support.service import LEDGER, OTHER_CONTRACT, World, nothing_changes, refusal

ABSENT = "0x" + "ab" * 32
SUSPEND = {"status": "suspended", "reason": 101}
ANNUL = {"status": "revoked", "reason": 311}


@pytest.fixture
def digest(service: World) -> str:
    """A licence that stands on the chain."""
    body = service.issue()
    service.anchor()
    return str(body["digest"])


def ask(service: World, digest: str, form: dict[str, Any], who: Any = None) -> Any:
    headers = service.by(who or service.registrar)
    return service.client.post(f"/v1/licences/{digest}/status", json=form, headers=headers)


def co_signed(service: World, digest: str, form: dict[str, Any], approver: Any) -> dict[str, Any]:
    """Fetch the typed data, sign it as `approver`, return the form with the signature."""
    deadline = service.clock.now + 600
    terms = {"nonce": "7", "deadline": deadline}
    answer = service.client.post(
        f"/v1/licences/{digest}/status/typed-data",
        json=form | terms,
        headers=service.by(service.registrar),
    )
    assert answer.status_code == 200, answer.text
    message = answer.json()["message"]
    order = StatusOrder(
        AGENCY.id,
        message["list"],
        tuple(WordChange(c["word"], int(c["mask"])) for c in message["changes"]),
        Status(message["status"]),
        message["reason"],
        message["effectiveAt"],
        message["until"],
    )
    signed = cosign(LEDGER, order, 7, deadline, approver.private_key)
    signature = {"approver": approver.address, "signature": "0x" + signed.signature.hex()}
    return form | {"coSignature": signature | terms}


class TestChange:
    def test_stores_the_change_with_its_intent(self, service: World, digest: str) -> None:
        until = {"until": "2026-12-21T00:00:00+08:00"}
        answer = ask(service, digest, SUSPEND | until)
        assert answer.status_code == 202
        body = answer.json()
        assert body["status"] == "suspended"
        assert body["until"] == "2026-12-20T16:00:00Z"
        assert body["stage"] == "issued"
        row = ChangeStore(service.database).get(bytes.fromhex(body["change"][2:]))
        assert row.intent is not None
        intent = SqlOutbox(service.database).get(row.intent)
        assert intent.state is IntentState.WAITING
        assert intent.account == service.operator.address
        headers = service.by(service.issuer)
        assert service.client.get(answer.headers["Location"], headers=headers).json() == body

    def test_reinstates_what_the_chain_has_as_suspended(self, service: World, digest: str) -> None:
        service.change(Digest(bytes.fromhex(digest[2:])), Status.SUSPENDED, 101)
        assert ask(service, digest, {"status": "valid", "reason": 201}).status_code == 202

    def test_keeps_a_decision_for_a_future_day(self, service: World, digest: str) -> None:
        answer = ask(service, digest, SUSPEND | {"effectiveAt": "2026-12-01T00:00:00+08:00"})
        assert answer.status_code == 202
        assert answer.json()["notBefore"] == "2026-11-30T16:00:00Z"
        row = ChangeStore(service.database).get(bytes.fromhex(answer.json()["change"][2:]))
        assert row.intent is None

    def test_refuses_a_second_while_one_is_on_its_way(self, service: World, digest: str) -> None:
        ask(service, digest, SUSPEND)
        with nothing_changes(service):
            answer = ask(service, digest, {"status": "revoked", "reason": 331})
        assert refusal(answer) == (409, "ChangePending")

    @pytest.mark.parametrize(
        ("form", "expected"),
        [
            ({"status": "suspended", "reason": 320}, (422, "ReasonOutsideClass")),
            ({"status": "revoked", "reason": 332}, (422, "ReasonNotForType")),
            ({"status": "valid", "reason": 201}, (409, "StatusTransitionIllegal")),
            (
                {"status": "revoked", "reason": 331, "until": "2027-01-01T00:00:00Z"},
                (422, "UntilWithoutSuspension"),
            ),
            (SUSPEND | {"until": "2020-01-01T00:00:00Z"}, (422, "UntilNotAfterEffective")),
            (ANNUL | {"effectiveAt": "2026-01-01T00:00:00Z"}, (422, "EffectiveFromBeginning")),
            (ANNUL, (422, "CoSignatureRequired")),
            ({"status": "superseded", "reason": 401}, (422, "RequestInvalid")),
            ({"status": "revoked", "reason": 70_000}, (422, "RequestInvalid")),
            (SUSPEND | {"effectiveAt": "yesterday"}, (422, "RequestInvalid")),
            (SUSPEND | {"effectiveAt": 1}, (422, "RequestInvalid")),
        ],
    )
    def test_refuses_and_changes_nothing(
        self, service: World, digest: str, form: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        service.by(service.registrar)
        with nothing_changes(service):
            answer = ask(service, digest, form)
        assert refusal(answer) == expected

    def test_is_shown_with_the_licence(self, service: World, digest: str) -> None:
        def shown() -> str:
            headers = service.by(service.registrar)
            answer = service.client.get(f"/v1/licences/{digest}", headers=headers)
            return str(answer.json()["status"])

        assert shown() == "valid"
        service.revoke(digest)
        assert shown() == "revoked"

    def test_refuses_what_is_revoked(self, service: World, digest: str) -> None:
        service.revoke(digest)
        service.by(service.registrar)
        with nothing_changes(service):
            answer = ask(service, digest, SUSPEND)
        assert refusal(answer) == (409, "StatusFinal")
        problem = answer.json()
        assert problem["digest"] == digest
        assert not {"word", "entries"} & problem.keys()

    def test_names_the_licence_and_the_statuses_of_no_way(
        self, service: World, digest: str
    ) -> None:
        problem = ask(service, digest, {"status": "valid", "reason": 201}).json()
        assert problem["type"] == "/problems/StatusTransitionIllegal"
        assert (problem["digest"], problem["from"], problem["to"]) == (digest, "valid", "valid")
        assert not {"word", "entries"} & problem.keys()

    def test_refuses_whoever_is_no_registrar(self, service: World, digest: str) -> None:
        for who in (service.issuer, service.foreigner, service.stranger):
            service.by(who)
            with nothing_changes(service):
                answer = ask(service, digest, SUSPEND, who)
            assert refusal(answer) == (403, "RoleMissing")

    def test_refuses_an_unknown_record(self, service: World) -> None:
        assert refusal(ask(service, ABSENT, SUSPEND)) == (404, "RecordUnknown")

    def test_refuses_a_suspended_agency(self, service: World, digest: str) -> None:
        service.suspend_agency()
        assert refusal(ask(service, digest, SUSPEND)) == (409, "AgencyNotActive")


class TestCoSign:
    def test_takes_the_signature_of_an_approver(self, service: World, digest: str) -> None:
        form = co_signed(service, digest, ANNUL, service.approver)
        answer = ask(service, digest, form)
        assert answer.status_code == 202, answer.text
        assert answer.json()["effectiveAt"] is None
        row = ChangeStore(service.database).get(bytes.fromhex(answer.json()["change"][2:]))
        assert row.co_signature is not None
        assert row.co_signature.approver == service.approver.address

    def test_typed_data_names_this_ledger(self, service: World, digest: str) -> None:
        answer = service.client.post(
            f"/v1/licences/{digest}/status/typed-data",
            json=SUSPEND | {"nonce": str(2**255), "deadline": 1},
            headers=service.by(service.registrar),
        ).json()
        assert answer["domain"]["verifyingContract"] == LEDGER.address
        assert answer["domain"]["chainId"] == LEDGER.chain_id
        assert answer["message"]["nonce"] == str(2**255)

    @pytest.mark.parametrize("who", ["registrar", "operator"])
    def test_refuses_the_one_who_asks_or_sends(self, service: World, digest: str, who: str) -> None:
        form = co_signed(service, digest, ANNUL, getattr(service, who))
        with nothing_changes(service):
            answer = ask(service, digest, form)
        assert refusal(answer) == (422, "CoSignatureByActor")

    def test_refuses_whoever_is_no_approver(self, service: World, digest: str) -> None:
        form = co_signed(service, digest, ANNUL, service.stranger)
        with nothing_changes(service):
            answer = ask(service, digest, form)
        assert refusal(answer) == (403, "RoleMissing")

    def test_refuses_a_signature_for_another_order(self, service: World, digest: str) -> None:
        form = co_signed(service, digest, ANNUL, service.approver) | {"reason": 310}
        with nothing_changes(service):
            answer = ask(service, digest, form)
        assert refusal(answer) == (422, "CoSignatureInvalid")

    def test_refuses_a_signature_named_as_anothers(self, service: World, digest: str) -> None:
        form = co_signed(service, digest, ANNUL, service.stranger)
        form["coSignature"]["approver"] = service.approver.address
        with nothing_changes(service):
            answer = ask(service, digest, form)
        assert refusal(answer) == (422, "CoSignatureInvalid")

    def test_refuses_one_second_after_the_deadline(self, service: World, digest: str) -> None:
        form = co_signed(service, digest, ANNUL, service.approver)
        service.clock.now += 600
        assert ask(service, digest, form).status_code == 202
        other = str(service.issue()["digest"])
        late = co_signed(service, other, ANNUL, service.approver)
        service.clock.now += 601
        with nothing_changes(service):
            answer = ask(service, other, late)
        assert refusal(answer) == (422, "CoSignatureExpired")

    def test_refuses_addresses_and_numbers_of_another_shape(
        self, service: World, digest: str
    ) -> None:
        signed = co_signed(service, digest, ANNUL, service.approver)
        for wrong in (
            {"approver": OTHER_CONTRACT[:-1]},
            {"nonce": str(2**256)},
            {"nonce": "-1"},
            {"signature": "0x00"},
        ):
            form = signed | {"coSignature": signed["coSignature"] | wrong}
            with nothing_changes(service):
                answer = ask(service, digest, form)
            assert refusal(answer) == (422, "RequestInvalid")


class TestShowChange:
    def test_is_for_the_agency_alone(self, service: World, digest: str) -> None:
        location = ask(service, digest, SUSPEND).headers["Location"]
        answer = service.client.get(location, headers=service.by(service.foreigner))
        assert refusal(answer) == (403, "RoleMissing")

    def test_refuses_an_unknown_change(self, service: World) -> None:
        headers = service.by(service.registrar)
        answer = service.client.get("/v1/changes/0x" + "ab" * 16, headers=headers)
        assert refusal(answer) == (404, "ChangeUnknown")
