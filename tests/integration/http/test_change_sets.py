import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from api.http.forms import rfc3339
from api.store.changes import ChangeStore
from api.store.packs import PackStore
from api.store.records import RecordStore
from ledger.chain.abi import load_abi
from ledger.chain.accounts import Account
from ledger.licences.decisions import parse_decision
from ledger.typed_data import cosign
from ledger.values import Digest, Status
from tests.support.licences import AGENCY, AGENCY_KEY, ISSUED_AT
from tests.support.service import LEDGER, OTHER_CONTRACT, World, nothing_changes, refusal
from wallet.commands.licence_status import read_request

PATH = f"/v1/agencies/{AGENCY.jurisdiction}/{AGENCY.code}/change-sets"
SUSPEND = {"status": "suspended", "reason": 101}
REVOKE = {"status": "revoked", "reason": 331}
ANNUL = {"status": "revoked", "reason": 311}
WORDING = {"text": "因申请材料虚假，予以撤销。", "number": "示撤〔2026〕1号"} | {
    "legalBasis": "《中华人民共和国行政许可法》第六十九条",
    "appeal": "可在六十日内申请行政复议。",
}
ALL = {"type": "cn.food-business"}


class Counting:
    """The agency's key, which notes how many signatures it was asked for at a time."""

    def __init__(self) -> None:
        self.public_key = AGENCY_KEY.public_key
        self.asked: list[int] = []

    def sign(self, message: bytes) -> bytes:
        (signature,) = self.sign_all([message])
        return signature

    def sign_all(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        self.asked.append(len(messages))
        return AGENCY_KEY.sign_all(messages)


def raw(digest: str) -> Digest:
    return Digest(bytes.fromhex(digest[2:]))


def post(service: World, path: str, form: Any = None, who: Account | None = None) -> Any:
    headers = service.by(who or service.registrar) | {"Idempotency-Key": secrets.token_hex(16)}
    return service.client.post(path, json=form, headers=headers)


def preview(service: World, order: Any, select: Any = None) -> Any:
    form = {"select": select or ALL, "order": order}
    if order == ANNUL:
        form["decision"] = WORDING
    answer = post(service, PATH, form)
    assert answer.status_code == 201, answer.text
    return answer.json()


def shown(service: World, made: Any) -> Any:
    headers = service.by(service.registrar)
    return service.client.get(at(made), headers=headers).json()


def at(made: Any, what: str = "") -> str:
    return f"/v1/change-sets/{made['changeSet']}{what}"


def signatures(service: World, made: Any, approver: Account) -> list[str]:
    """Sign every call of a set, each message read as the wallet reads it."""
    answer = service.client.get(at(made, "/typed-data"), headers=service.by(service.registrar))
    signed = []
    for call in answer.json()["calls"]:
        ledger, order, nonce, deadline = read_request(orjson.dumps(call))
        assert ledger == LEDGER
        found = cosign(LEDGER, order, nonce, deadline, approver.private_key)
        signed.append("0x" + found.signature.hex())
    return signed


def approve(service: World, made: Any, approver: Account, **changes: Any) -> Any:
    form = {"approver": approver.address, "signatures": signatures(service, made, approver)}
    return post(service, at(made, "/approval"), form | changes)


@pytest.fixture
def digests(service: World) -> list[str]:
    """Five licences that stand on the chain, of which the last is revoked."""
    issued = [str(service.issue(externalId=f"row-{n}")["digest"]) for n in range(5)]
    service.anchor()
    service.revoke(issued[-1])
    return issued


class TestPreview:
    def test_fixes_what_would_change_and_why_not_the_rest(
        self, service: World, digests: list[str]
    ) -> None:
        service.change(raw(digests[0]), Status.SUSPENDED, 101)
        answer = post(service, PATH, {"select": ALL, "order": SUSPEND})
        body = answer.json()
        assert answer.headers["Location"] == at(body)
        assert (body["state"], body["licences"], body["calls"]) == ("previewed", 4, 1)
        assert body["byStatus"] == {"valid": 3, "suspended": 1}
        assert body["refused"] == {"StatusFinal": 1}
        assert body["needsCoSignature"] is False
        assert {row["digest"] for row in body["sample"]} == set(digests)
        assert shown(service, body) == body
        assert PackStore(service.database).due(2**40, 10**9, 10) == ()

    def test_names_what_is_not_there_and_what_is_on_its_way(
        self, service: World, digests: list[str]
    ) -> None:
        post(service, f"/v1/licences/{digests[0]}/status", SUSPEND)
        absent = "0x" + "ab" * 32
        names = {"digests": [*digests, absent], "externalIds": ["row-1", "row-99"]}
        body = preview(service, SUSPEND, names)
        assert body["licences"] == 3
        assert body["refused"] == {"ChangePending": 1, "RecordUnknown": 2, "StatusFinal": 1}
        headers = service.by(service.registrar)
        found = service.client.get(at(body, "/rows?refused=true"), headers=headers).json()
        by_name = {row["name"]: row["refusal"] for row in found["rows"]}
        assert by_name == {
            digests[0]: "ChangePending",
            digests[4]: "StatusFinal",
            absent: "RecordUnknown",
            "row-99": "RecordUnknown",
        }

    def test_pages_through_its_rows(self, service: World, digests: list[str]) -> None:
        made = preview(service, SUSPEND)
        headers = service.by(service.registrar)
        found: list[str] = []
        path: str | None = at(made, "/rows?limit=2")
        while path is not None:
            page = service.client.get(path, headers=headers).json()
            found += [row["digest"] for row in page["rows"]]
            cursor = page["nextCursor"]
            path = None if cursor is None else at(made, f"/rows?limit=2&cursor={cursor}")
        assert sorted(found) == sorted(digests)
        for wrong in ("x", "0", "2"):
            answer = service.client.get(at(made, f"/rows?cursor={wrong}"), headers=headers)
            assert refusal(answer) == (422, "CursorMalformed")

    @pytest.mark.parametrize(
        ("select", "count"),
        [
            ({"issuedFrom": rfc3339(ISSUED_AT)}, 4),
            ({"issuedFrom": rfc3339(ISSUED_AT + 1)}, 0),
            ({"issuedBefore": rfc3339(ISSUED_AT + 1)}, 4),
            ({"issuedBefore": "2020-01-01T00:00:00Z"}, 0),
            ({"holder": "示例食品有限公司一"}, 0),
            ({"type": "cn.business"}, 0),
            ({"status": ["valid"]}, 4),
            ({"status": ["suspended", "superseded"]}, 0),
            ({"externalIds": ["row-0", "row-1"], "type": "cn.business"}, 0),
            ({"externalIds": ["row-0", "row-1"]}, 2),
        ],
    )
    def test_finds_by_every_criterion(
        self, service: World, digests: list[str], select: Any, count: int
    ) -> None:
        assert digests
        assert preview(service, SUSPEND, select)["licences"] == count

    @pytest.mark.parametrize(
        ("select", "order", "expected"),
        [
            ({}, SUSPEND, (422, "RequestInvalid")),
            ({"holder": None}, SUSPEND, (422, "RequestInvalid")),
            ({"everything": True}, SUSPEND, (422, "RequestInvalid")),
            (ALL, {"status": "suspended", "reason": 331}, (422, "ReasonOutsideClass")),
            (ALL, {"status": "valid", "reason": 205}, (422, "ReasonNotForSets")),
            (ALL, {"status": "superseded", "reason": 401}, (422, "RequestInvalid")),
            (ALL, REVOKE | {"until": "2030-01-01T00:00:00Z"}, (422, "UntilWithoutSuspension")),
        ],
    )
    def test_refuses_and_stores_nothing(
        self, service: World, select: Any, order: Any, expected: tuple[int, str]
    ) -> None:
        service.by(service.registrar)
        with nothing_changes(service):
            answer = post(service, PATH, {"select": select, "order": order})
        assert refusal(answer) == expected

    def test_is_for_the_registrar(self, service: World) -> None:
        for who in (service.issuer, service.foreigner):
            answer = post(service, PATH, {"select": ALL, "order": SUSPEND}, who)
            assert refusal(answer) == (403, "RoleMissing")

    def test_says_what_the_chain_has_counted(self, service: World, digests: list[str]) -> None:
        assert digests
        service.live.uncosigned = 96
        body = preview(service, REVOKE)
        assert (body["uncosignedRevocations"], body["needsCoSignature"]) == (96, False)
        service.live.uncosigned = 97
        assert preview(service, REVOKE)["needsCoSignature"] is True
        service.live.is_up = False
        answer = post(service, PATH, {"select": ALL, "order": REVOKE})
        assert refusal(answer)[0] == 503
        assert preview(service, SUSPEND)["needsCoSignature"] is False


class TestConfirm:
    def test_sends_the_set_as_it_was_seen(self, service: World, digests: list[str]) -> None:
        made = preview(service, SUSPEND)
        later = str(service.issue()["digest"])
        service.clock.now += 100
        answer = post(service, at(made, "/confirmation"))
        assert answer.status_code == 202, answer.text
        body = answer.json()
        assert (body["state"], body["progress"], body["failed"]) == (
            "under-way",
            {"issued": 4},
            {},
        )
        assert shown(service, made) == body
        due = PackStore(service.database).due(service.clock.now, 0, 10)
        assert {"0x" + each.digest.hex() for each in due} == set(digests[:4])
        assert later not in {"0x" + each.digest.hex() for each in due}
        assert {each.effective_at for each in due} == {service.clock.now - 100}

    def test_happens_once(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, SUSPEND)

        def confirm(_number: int) -> int:
            return int(post(service, at(made, "/confirmation")).status_code)

        with ThreadPoolExecutor(4) as threads:
            codes = sorted(threads.map(confirm, range(4)))
        assert codes == [202, 409, 409, 409]
        assert len(PackStore(service.database).due(service.clock.now, 0, 100)) == 4
        assert refusal(post(service, at(made, "/confirmation"))) == (409, "ChangeSetSettled")

    def test_gives_a_repeat_the_first_answer(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, SUSPEND)
        headers = service.by(service.registrar) | {"Idempotency-Key": "k" * 16}
        first, again = (
            service.client.post(at(made, "/confirmation"), headers=headers) for _ in range(2)
        )
        assert (first.status_code, first.content) == (again.status_code, again.content)

    def test_sends_nothing_once_a_licence_has_moved(
        self, service: World, digests: list[str]
    ) -> None:
        made = preview(service, SUSPEND)
        service.revoke(digests[0])
        with nothing_changes(service):
            answer = post(service, at(made, "/confirmation"))
        assert refusal(answer) == (409, "ChangeSetStale")
        assert answer.json()["changed"] == 1

    def test_sends_nothing_while_another_change_is_on_its_way(
        self, service: World, digests: list[str]
    ) -> None:
        made = preview(service, SUSPEND)
        post(service, f"/v1/licences/{digests[1]}/status", REVOKE)
        with nothing_changes(service):
            answer = post(service, at(made, "/confirmation"))
        assert refusal(answer) == (409, "ChangeSetStale")

    def test_holds_off_single_changes(self, service: World, digests: list[str]) -> None:
        post(service, at(preview(service, SUSPEND), "/confirmation"))
        answer = post(service, f"/v1/licences/{digests[1]}/status", REVOKE)
        assert refusal(answer) == (409, "ChangePending")

    def test_expires(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, SUSPEND)
        service.clock.now += 3 * 86_400
        headers = {"Authorization": f"Bearer {service.sign_in(service.registrar)}"}
        answer = service.client.post(at(made, "/confirmation"), headers=headers)
        assert refusal(answer) == (409, "ChangeSetExpired")
        assert service.client.get(at(made), headers=headers).json()["state"] == "expired"

    def test_of_nothing_is_refused(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, SUSPEND, {"type": "cn.business"})
        assert refusal(post(service, at(made, "/confirmation"))) == (422, "ChangeSetEmpty")

    def test_needs_a_second_person_for_an_annulment(
        self, service: World, digests: list[str]
    ) -> None:
        assert digests
        made = preview(service, ANNUL)
        assert made["needsCoSignature"] is True
        with nothing_changes(service):
            answer = post(service, at(made, "/confirmation"))
        assert refusal(answer) == (422, "CoSignatureRequired")

    def test_needs_one_once_others_revoked_meanwhile(
        self, service: World, digests: list[str]
    ) -> None:
        assert digests
        made = preview(service, REVOKE)
        service.live.uncosigned = 97
        answer = post(service, at(made, "/confirmation"))
        assert refusal(answer) == (422, "CoSignatureRequired")
        assert approve(service, made, service.approver).status_code == 202

    def test_of_an_unknown_set_is_refused(self, service: World) -> None:
        answer = post(service, "/v1/change-sets/0x" + "ab" * 16 + "/confirmation")
        assert refusal(answer) == (404, "ChangeSetUnknown")


class TestApprove:
    def test_carries_out_what_was_signed(self, service: World, digests: list[str]) -> None:
        made = preview(service, ANNUL)
        answer = approve(service, made, service.approver)
        assert answer.status_code == 202, answer.text
        assert answer.json()["approver"] == service.approver.address
        (call,) = PackStore(service.database).due_calls(service.clock.now, 10)
        assert {"0x" + each.digest.hex() for each in call} == set(digests[:4])
        assert len({each.co_signature for each in call}) == 1
        decisions = {each.decision for each in call}
        assert len(decisions) == 4
        found = [RecordStore(service.database).get(one) for one in decisions if one is not None]
        assert {parse_decision(each.document).decision.number for each in found} == {
            WORDING["number"]
        }

    def test_of_a_reason_that_asks_for_a_decision_is_worded(self, service: World) -> None:
        answer = post(service, PATH, {"select": ALL, "order": ANNUL})
        assert refusal(answer) == (422, "DecisionIncomplete")

    def test_refuses_the_one_who_asked_or_sends(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, ANNUL)
        for who in (service.registrar, service.operator):
            with nothing_changes(service):
                answer = approve(service, made, who)
            assert refusal(answer) == (422, "CoSignatureByActor")

    def test_refuses_whoever_is_no_approver(self, service: World, digests: list[str]) -> None:
        assert digests
        answer = approve(service, preview(service, ANNUL), service.stranger)
        assert refusal(answer) == (403, "RoleMissing")

    def test_refuses_signatures_of_another_set_or_number(
        self, service: World, digests: list[str]
    ) -> None:
        assert digests
        made, other = preview(service, ANNUL), preview(service, ANNUL)
        foreign = signatures(service, other, service.approver)
        answer = approve(service, made, service.approver, signatures=foreign)
        assert refusal(answer) == (422, "CoSignatureInvalid")
        answer = approve(service, made, service.approver, signatures=foreign * 2)
        assert refusal(answer) == (422, "SignaturesMissing")

    def test_sends_nothing_once_a_licence_has_moved(
        self, service: World, digests: list[str]
    ) -> None:
        made = preview(service, ANNUL)
        key = Counting()
        service.keys.held = [key]
        service.revoke(digests[2])
        answer = approve(service, made, service.approver)
        assert refusal(answer) == (409, "ChangeSetStale")
        assert key.asked == []

    def test_has_its_decisions_signed_together(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, ANNUL)
        key = Counting()
        service.keys.held = [key]
        assert approve(service, made, service.approver).status_code == 202
        assert key.asked == [4]


class TestContractApprover:
    """A contract account that holds the role and judges signatures itself (ERC-1271)."""

    @pytest.fixture
    def contract(self, service: World) -> str:
        service.grant_approver(OTHER_CONTRACT)
        service.live.accepted = {(OTHER_CONTRACT, b"agreed")}
        return str(OTHER_CONTRACT)

    def test_is_asked_through_the_node(
        self, service: World, digests: list[str], contract: str
    ) -> None:
        made = preview(service, ANNUL)
        form = {"approver": contract, "signatures": ["0x" + b"agreed".hex()]}
        service.live.is_up = False
        with nothing_changes(service):
            assert refusal(post(service, at(made, "/approval"), form))[0] == 503
        service.live.is_up = True
        wrong = form | {"signatures": ["0x"]}
        assert refusal(post(service, at(made, "/approval"), wrong)) == (422, "CoSignatureInvalid")
        assert post(service, at(made, "/approval"), form).status_code == 202
        (call,) = PackStore(service.database).due_calls(service.clock.now, 10)
        signed = call[0].co_signature
        assert signed is not None
        assert signed.signature == b"agreed"
        intent = service.intents.change_statuses(call)
        function = load_abi("RecordLedger").functions["changeStatusCosignedByContract"]
        assert intent.call[:4] == function.selector
        assert len(digests) == 5

    def test_may_approve_one_licence(
        self, service: World, digests: list[str], contract: str
    ) -> None:
        signed = {
            "approver": contract,
            "nonce": "7",
            "deadline": service.clock.now + 600,
            "signature": "0x" + b"agreed".hex(),
        }
        path = f"/v1/licences/{digests[0]}/status"
        service.live.is_up = False
        assert (
            refusal(post(service, path, ANNUL | {"coSignature": signed, "decision": WORDING}))[0]
            == 503
        )
        service.live.is_up = True
        answer = post(service, path, ANNUL | {"coSignature": signed, "decision": WORDING})
        assert answer.status_code == 202, answer.text
        (row,) = ChangeStore(service.database).of(raw(digests[0]))
        assert row.co_signature is not None
        assert row.co_signature.signature == b"agreed"


class TestWithdraw:
    def test_ends_a_set(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, ANNUL)
        answer = post(service, at(made, "/withdrawal"))
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
        assert shown(service, made)["state"] == "withdrawn"
        refused = approve(service, made, service.approver)
        assert refusal(refused) == (409, "ChangeSetSettled")
        assert refusal(post(service, at(made, "/withdrawal"))) == (409, "ChangeSetSettled")

    def test_is_for_the_registrar(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, ANNUL)
        answer = post(service, at(made, "/withdrawal"), who=service.issuer)
        assert refusal(answer) == (403, "RoleMissing")


class TestShow:
    def test_is_for_the_agency_alone(self, service: World, digests: list[str]) -> None:
        assert digests
        made = preview(service, SUSPEND)
        for what in ("", "/rows", "/typed-data"):
            answer = service.client.get(at(made, what), headers=service.by(service.foreigner))
            assert refusal(answer) == (403, "RoleMissing")
