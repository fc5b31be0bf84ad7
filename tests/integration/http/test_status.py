from typing import Any, ClassVar

import pytest

from api.store.changes import ChangeStore
from api.store.outbox import SqlOutbox
from api.store.packs import PackStore
from ledger.licences.decisions import parse_decision
from ledger.outbox import IntentState
from ledger.typed_data import StatusOrder, cosign
from ledger.values import Digest, RecordKind, Status, WordChange
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.service import LEDGER, OTHER_CONTRACT, World, nothing_changes, refusal

ABSENT = "0x" + "ab" * 32
SUSPEND = {"status": "suspended", "reason": 101}
ANNUL = {"status": "revoked", "reason": 311}
WORDING = {
    "number": "示市监许撤〔2026〕7号",
    "legalBasis": "《中华人民共和国行政许可法》第六十九条",
    "text": "经查，该许可以欺骗手段取得，决定予以撤销。",
    "appeal": "六十日内可向示例市人民政府申请行政复议。",
}
DECIDED = {"decision": WORDING}


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
    def test_stores_the_change_to_be_sent(self, service: World, digest: str) -> None:
        until = {"until": "2026-12-21T00:00:00+08:00"}
        answer = ask(service, digest, SUSPEND | until)
        assert answer.status_code == 202
        body = answer.json()
        assert body["status"] == "suspended"
        assert body["until"] == "2026-12-20T16:00:00Z"
        assert body["stage"] == "issued"
        assert (body["error"], body["triesAgain"]) == (None, False)
        (row,) = PackStore(service.database).due(service.clock.now, 0, 10)
        assert row.id == bytes.fromhex(body["change"][2:])
        headers = service.by(service.issuer)
        assert service.client.get(answer.headers["Location"], headers=headers).json() == body

    def test_reinstates_what_the_chain_has_as_suspended(self, service: World, digest: str) -> None:
        service.change(Digest(bytes.fromhex(digest[2:])), Status.SUSPENDED, 101)
        assert ask(service, digest, {"status": "valid", "reason": 201}).status_code == 202

    def test_keeps_a_decision_for_a_future_day(self, service: World, digest: str) -> None:
        answer = ask(service, digest, SUSPEND | {"effectiveAt": "2026-12-01T00:00:00+08:00"})
        assert answer.status_code == 202
        assert answer.json()["notBefore"] == "2026-11-30T16:00:00Z"
        packs = PackStore(service.database)
        day = 1_796_054_400  # 2026-11-30T16:00:00Z
        assert [len(packs.due(at, 0, 10)) for at in (day - 1, day)] == [0, 1]

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
        form = co_signed(service, digest, ANNUL, service.approver) | DECIDED
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
        form = co_signed(service, digest, ANNUL, service.approver) | DECIDED
        service.clock.now += 600
        assert ask(service, digest, form).status_code == 202
        other = str(service.issue()["digest"])
        late = co_signed(service, other, ANNUL, service.approver) | DECIDED
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
            {"signature": "0x0"},
            {"signature": "0x" + "00" * 4097},
        ):
            form = signed | {"coSignature": signed["coSignature"] | wrong}
            with nothing_changes(service):
                answer = ask(service, digest, form)
            assert refusal(answer) == (422, "RequestInvalid")


class TestShowChange:
    def test_tells_that_it_is_sent_again(self, service: World, digest: str) -> None:
        asked = ask(service, digest, SUSPEND)
        packs = PackStore(service.database)
        pack = packs.due(service.clock.now, 0, 10)
        intent = service.intents.change_statuses(pack)
        packs.send(pack, intent)
        shown = {}
        for error in ("RoleMissing", "StatusFinal"):
            SqlOutbox(service.database).mark(intent.id, IntentState.FAILED, error=error)
            headers = service.by(service.registrar)
            body = service.client.get(asked.headers["Location"], headers=headers).json()
            shown[body["error"]] = body["triesAgain"]
        assert shown == {"RoleMissing": True, "StatusFinal": False}

    def test_is_for_the_agency_alone(self, service: World, digest: str) -> None:
        location = ask(service, digest, SUSPEND).headers["Location"]
        answer = service.client.get(location, headers=service.by(service.foreigner))
        assert refusal(answer) == (403, "RoleMissing")

    def test_refuses_an_unknown_change(self, service: World) -> None:
        headers = service.by(service.registrar)
        answer = service.client.get("/v1/changes/0x" + "ab" * 16, headers=headers)
        assert refusal(answer) == (404, "ChangeUnknown")


class TestDecision:
    PUNISH: ClassVar = {"status": "revoked", "reason": 320}

    def test_is_stored_with_the_change_and_waits_for_its_anchor(
        self, service: World, digest: str
    ) -> None:
        body = ask(service, digest, self.PUNISH | DECIDED).json()
        row = ChangeStore(service.database).get(bytes.fromhex(body["change"][2:]))
        assert body["decision"] == "0x" + (row.decision or b"").hex()
        place = service.batches.place_of(Digest(bytes.fromhex(body["decision"][2:])))
        assert (place.kind, place.batch) == (RecordKind.DECISION, None)

    def test_is_signed_by_the_agency_and_says_what_was_ordered(
        self, service: World, digest: str
    ) -> None:
        body = ask(service, digest, self.PUNISH | DECIDED).json()
        found = fetch(service, body["decision"])
        assert found.headers["content-type"] == "application/licence-decision+jwt"
        read = parse_decision(found.text)
        read.jws.verify(AGENCY_KEY.public_key)
        assert "0x" + read.digest.hex() == body["decision"]
        assert "0x" + read.decision.target.hex() == digest
        decision = read.decision
        assert (decision.status, decision.reason) == (Status.REVOKED, 320)
        assert decision.effective_at == service.clock.now
        wording = (decision.number, decision.legal_basis, decision.text, decision.appeal)
        assert wording == tuple(WORDING.values())

    def test_is_for_the_agency_alone(self, service: World, digest: str) -> None:
        decision = ask(service, digest, self.PUNISH | DECIDED).json()["decision"]
        assert refusal(fetch(service, decision, service.foreigner)) == (403, "RoleMissing")

    def test_is_no_other_record(self, service: World, digest: str) -> None:
        assert refusal(fetch(service, digest)) == (404, "RecordUnknown")
        assert refusal(fetch(service, ABSENT)) == (404, "RecordUnknown")

    @pytest.mark.parametrize("reason", [320, 340])
    def test_is_asked_for_where_a_right_is_taken_away(
        self, service: World, digest: str, reason: int
    ) -> None:
        form = {"status": "revoked", "reason": reason}
        partly = {"decision": WORDING | {"appeal": " "}}
        service.by(service.registrar)
        for more, missing in (
            ({}, ["number", "legalBasis", "text", "appeal"]),
            (partly, ["appeal"]),
        ):
            with nothing_changes(service):
                answer = ask(service, digest, form | more)
            assert refusal(answer) == (422, "DecisionIncomplete")
            assert answer.json()["missing"] == missing

    def test_is_optional_elsewhere(self, service: World, digest: str) -> None:
        assert ask(service, digest, SUSPEND).json()["decision"] is None
        other = str(service.issue()["digest"])
        worded = ask(service, other, SUSPEND | {"decision": {"text": "暂扣。"}}).json()
        assert parse_decision(fetch(service, worded["decision"]).text).decision.text == "暂扣。"

    def test_without_a_key_changes_nothing(self, service: World, digest: str) -> None:
        service.keys.held = []
        service.by(service.registrar)
        with nothing_changes(service):
            answer = ask(service, digest, self.PUNISH | DECIDED)
        assert refusal(answer) == (503, "SigningKeyMissing")
        assert ask(service, digest, SUSPEND).status_code == 202

    def test_is_not_made_for_what_is_refused(self, service: World, digest: str) -> None:
        ask(service, digest, SUSPEND)
        with nothing_changes(service):
            answer = ask(service, digest, self.PUNISH | DECIDED)
        assert refusal(answer) == (409, "ChangePending")


def fetch(service: World, decision: str, who: Any = None) -> Any:
    headers = service.by(who or service.issuer)
    return service.client.get(f"/v1/decisions/{decision}", headers=headers)


class TestTransitions:
    """The table of states: which status may follow which, over HTTP."""

    TO: ClassVar = {
        "suspended": [101, 102, 103, 104, 105],
        "valid": [201, 202, 203, 204],
        "revoked": [320, 330, 331, 333, 334, 335, 340, 350],
    }
    LEGAL: ClassVar = {
        Status.VALID: {"suspended", "revoked"},
        Status.SUSPENDED: {"suspended", "valid", "revoked"},
        Status.SUPERSEDED: set(),
        Status.REVOKED: set(),
    }
    ENTRY: ClassVar = {Status.SUSPENDED: 101, Status.SUPERSEDED: 401, Status.REVOKED: 331}

    @pytest.mark.parametrize("present", list(Status))
    def test_each(self, service: World, present: Status) -> None:
        for to, reason in [(to, reason) for to, codes in self.TO.items() for reason in codes]:
            digest = str(service.issue()["digest"])
            if present in self.ENTRY:
                service.change(Digest(bytes.fromhex(digest[2:])), present, self.ENTRY[present])
            answer = ask(service, digest, {"status": to, "reason": reason} | DECIDED)
            if to in self.LEGAL[present]:
                assert answer.status_code == 202, answer.text
            elif present is Status.REVOKED:
                assert refusal(answer) == (409, "StatusFinal")
            else:
                assert refusal(answer) == (409, "StatusTransitionIllegal")

    def test_annulment_reaches_what_was_superseded(self, service: World, digest: str) -> None:
        service.change(Digest(bytes.fromhex(digest[2:])), Status.SUPERSEDED, 401)
        form = co_signed(service, digest, ANNUL, service.approver) | DECIDED
        assert ask(service, digest, form).status_code == 202

    def test_comes_back_only_when_its_successor_was_annulled(
        self, service: World, digest: str
    ) -> None:
        old = Digest(bytes.fromhex(digest[2:]))
        longer = {"valid_until": "2036-11-20"}
        new = service.issue(fields=longer, predecessor={"digest": digest, "reason": 401})
        service.change(old, Status.SUPERSEDED, 401)
        restore = {"status": "valid", "reason": 205}
        service.by(service.registrar)
        with nothing_changes(service):
            answer = ask(service, digest, restore)
        assert refusal(answer) == (409, "SuccessorStands")
        assert answer.json()["successor"] == new["digest"]
        service.change(Digest(bytes.fromhex(new["digest"][2:])), Status.REVOKED, 311, 0)
        form = co_signed(service, digest, restore, service.approver)
        assert ask(service, digest, form).status_code == 202
