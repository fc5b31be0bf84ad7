"""A code carried from home to host, over HTTP, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.routes import health_conversions
from api.store.indices import FIRST_PASS_LIST
from api.store.recognitions import RecognitionStore
from ledger.agreements.agreement import scope_of
from ledger.canonical import canonical_json
from ledger.events import AgencyStatusChanged, KeyCompromised, KeyFrozen
from ledger.health import passes
from ledger.health.passes import HealthPass, Recognition
from ledger.health.rule_bundles import write_rule_bundle
from ledger.keys import PrivateKey
from ledger.values import AgencyStatus, RecordKind, Scope
from tests.support.apps import app_over
from tests.support.health_desks import (
    HOME_ID,
    HOME_KEY,
    HOST_ID,
    HOST_KEY,
    PERSON,
    Desks,
    desks,
)
from tests.support.policies import sample_policy
from tests.support.service import BASE_URL, refusal

HOLDER = PrivateKey.from_secret(b"\x21" * 32)
OTHER = PrivateKey.from_secret(b"\x22" * 32)
KEY = "a-key-of-sixteen-characters"
FREE = {"rules": [], "valueSets": "0x" + "00" * 32}
POLICY = sample_policy(**FREE)
HOUR = 3_600


@pytest.fixture
def both(url: str) -> Iterator[Desks]:
    with desks(url) as made:
        made.agree(POLICY)
        yield made


def read(answer: Any) -> list[HealthPass]:
    found = [passes.from_text(each["code"]) for each in answer.json()["passes"]]
    return [passes.verify(envelope, HOST_KEY.public_key) for envelope in found]


def ground(answer: Any) -> tuple[int, str, str]:
    return (*refusal(answer), answer.json()["ground"].upper())


class TestConversion:
    def test_gives_one_time_passes_of_the_host(self, both: Desks) -> None:
        application = both.application(HOLDER, both.carried(HOLDER), POLICY)
        answer = both.convert(application, HOLDER)
        assert answer.status_code == 201, answer.text
        made, now = read(answer), both.service.clock.now
        assert [each.holder for each in made] == list(application.keys)
        assert {(each.jurisdiction, each.grade, each.hint) for each in made} == {
            ("XB", 0, "M Q 07-23")
        }
        assert {each.recognition for each in made} == {Recognition("XA", 1)}
        assert len({each.cti for each in made}) == len({each.index for each in made}) == 8
        assert {each.list for each in made} == {FIRST_PASS_LIST}
        assert all(each.not_before <= now < each.expires_at <= now + 6 * HOUR for each in made)
        assert answer.json()["policyHash"] == "0x" + POLICY.digest.hex()

    def test_is_anchored_padded_and_leaves_nothing_personal(self, both: Desks) -> None:
        transfer, anchor = both.carried(HOLDER)
        application = both.application(HOLDER, (transfer, anchor), POLICY)
        answer = both.convert(application, HOLDER)
        both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
        both.anchor(HOST_ID, RecordKind.HEALTH_CONSENT)
        digests = [each["digest"] for each in answer.json()["passes"]]
        for digest in [*digests, *answer.json()["consents"]]:
            assert both.service.client.get(f"/v1/proofs/{digest}").status_code == 200
        kept, log = both.stored(), str(both.service.log).encode()
        personal = [value.encode() for value in PERSON.values() if len(value) > 3]
        personal += [made.cti for made in read(answer)]
        personal += [transfer[40:80], application.receipts[0].document, application.answer_key]
        personal += [each["code"].encode() for each in answer.json()["passes"]]
        for place in (kept, log):
            assert [each for each in personal if each in place] == []

    def test_of_one_with_paper_alone_is_for_paper(self, both: Desks) -> None:
        application = both.application(HOLDER, both.carried(HOLDER), POLICY, keys=())
        (made,) = read(both.convert(application, HOLDER))
        assert (made.holder, made.modes) == (None, passes.Mode.PAPER)

    def test_maps_the_grade(self, both: Desks) -> None:
        application = both.application(HOLDER, both.carried(HOLDER, grade=1), POLICY)
        assert {each.grade for each in read(both.convert(application, HOLDER))} == {2}


class TestRepeat:
    def test_has_the_same_passes_sealed_anew_or_not(self, both: Desks) -> None:
        application = both.application(HOLDER, both.carried(HOLDER), POLICY)
        first, second = (both.convert(application, HOLDER, KEY) for _ in range(2))
        assert first.content == second.content

    def test_after_a_kill_between_burn_and_answer(
        self, both: Desks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        application = both.application(HOLDER, both.carried(HOLDER), POLICY)
        said: list[Any] = []

        def killed(answer: Any) -> Any:
            said.append(answer)
            raise RuntimeError

        with monkeypatch.context() as patched:
            patched.setattr(health_conversions, "respond", killed)
            assert refusal(both.convert(application, HOLDER, KEY)) == (500, "Internal")
        service = both.service
        with TestClient(app_over(service.compose(), service), base_url=BASE_URL) as anew:
            monkeypatch.setattr(service, "client", anew)
            again = both.convert(application, HOLDER, KEY)
            monkeypatch.undo()
        assert again.status_code == 201
        assert again.content == said[0].body
        assert service.rows()["health_passes"] == 8

    def test_takes_a_consent_once(self, both: Desks) -> None:
        first = both.application(HOLDER, both.carried(HOLDER), POLICY)
        assert both.convert(first, HOLDER).status_code == 201
        again = both.application(HOLDER, both.carried(HOLDER), POLICY, receipts=first.receipts)
        assert refusal(both.convert(again, HOLDER)) == (409, "ConsentUsed")

    def test_under_another_key_finds_the_transfer_spent(self, both: Desks) -> None:
        carried = both.carried(HOLDER)
        assert both.convert(both.application(HOLDER, carried, POLICY), HOLDER).status_code == 201
        second = both.convert(both.application(HOLDER, carried, POLICY), HOLDER)
        assert refusal(second) == (409, "TransferSpent")

    def test_of_two_at_once_one_wins(self, both: Desks) -> None:
        carried = both.carried(HOLDER)
        asked = [both.application(HOLDER, carried, POLICY) for _ in range(2)]
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(lambda each: both.convert(each, HOLDER), asked))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert both.service.rows()["health_passes"] == 8

    def test_needs_a_key_and_a_fresh_nonce(self, both: Desks) -> None:
        application = both.application(HOLDER, both.carried(HOLDER), POLICY)
        assert both.convert(application, HOLDER).status_code == 201
        other = both.application(OTHER, both.carried(OTHER), POLICY, nonce=application.nonce)
        assert refusal(both.convert(other, OTHER)) == (409, "ChallengeUnknown")
        assert refusal(both.convert(other, OTHER, key="short")) == (422, "RequestInvalid")


class TestUnconfirmed:
    def test_before_its_anchor_may_be_sent_again(self, both: Desks) -> None:
        transfer = both.transfer(HOLDER)
        early = both.application(HOLDER, (transfer, both.alone(HOME_ID)), POLICY)
        answer = both.convert(early, HOLDER)
        assert refusal(answer) == (503, "TransferNotAnchored")
        assert int(answer.headers["Retry-After"]) > 0
        both.anchor(HOME_ID, RecordKind.HEALTH_TRANSFER)
        late = replace(early, anchor=both.proof(transfer))
        assert both.convert(late, HOLDER).status_code == 201

    def test_by_a_key_that_is_frozen_or_unknown(self, both: Desks) -> None:
        carried = both.carried(HOLDER)
        asked = both.application(HOLDER, carried, POLICY)
        key = HOME_KEY.public_key.key_id
        foreign = replace(asked, anchor=replace(asked.anchor, agency=HOST_ID))
        assert refusal(both.convert(foreign, HOLDER)) == (503, "TransferUnconfirmed")
        both.service.say(lambda place: KeyFrozen(place, HOME_ID, key))
        assert refusal(both.convert(asked, HOLDER)) == (503, "TransferUnconfirmed")


class TestRefusal:
    def refused(self, both: Desks, policy: Any = POLICY, **changes: Any) -> Any:
        carried = both.carried(HOLDER, **changes)
        return both.convert(both.application(HOLDER, carried, policy), HOLDER)

    def test_of_a_transfer_out_of_time(self, both: Desks) -> None:
        application = both.application(HOLDER, both.carried(HOLDER), POLICY)
        both.service.clock.now += 600
        assert ground(both.convert(application, HOLDER))[2] == "TIME"

    def test_of_a_transfer_for_somewhere_else(self, both: Desks) -> None:
        assert ground(self.refused(both, target="CN-GD"))[2] == "AGREEMENT"

    def test_of_a_grade_says_where_to_appeal(self, both: Desks) -> None:
        answer = self.refused(both, grade=2)
        assert ground(answer) == (422, "ConversionRefused", "GRADE")
        told = answer.json()
        assert (told["appeal"], told["answerWithin"]) == ("appeals@health.example", "PT24H")

    def test_of_another_holders_application(self, both: Desks) -> None:
        carried = both.carried(HOLDER)
        answer = both.convert(both.application(HOLDER, carried, POLICY), OTHER)
        assert ground(answer)[2] == "SIGNATURE"

    def test_without_consent(self, both: Desks) -> None:
        carried = both.carried(HOLDER)
        for receipts in ((), both.application(OTHER, carried, POLICY).receipts):
            asked = both.application(HOLDER, carried, POLICY, receipts=receipts)
            assert ground(both.convert(asked, HOLDER))[2] == "CONSENT"

    def test_of_a_tests_age(self, both: Desks) -> None:
        test = both.transfer_form(HOLDER)["test"] | {"sampledAt": "2026-11-01T00:00:00Z"}
        assert ground(self.refused(both, test=test))[2] == "TEST"

    def test_of_a_key_that_was_stolen_before_the_anchor(self, both: Desks) -> None:
        now, key = both.service.clock.now, HOME_KEY.public_key.key_id
        application = both.application(HOLDER, both.carried(HOLDER), POLICY)
        both.service.say(lambda place: KeyCompromised(place, HOME_ID, key, now - 10))
        assert ground(both.convert(application, HOLDER))[2] == "KEY_STATE"

    def test_of_an_agency_that_is_not_active(self, both: Desks) -> None:
        application = both.application(HOLDER, both.carried(HOLDER), POLICY)
        suspended = AgencyStatus.SUSPENDED
        both.service.say(lambda place: AgencyStatusChanged(place, HOME_ID, suspended))
        assert ground(both.convert(application, HOLDER))[2] == "KEY_STATE"


class TestAgreement:
    def convert(self, both: Desks, **changes: Any) -> Any:
        carried = both.carried(HOLDER)
        return both.convert(both.application(HOLDER, carried, POLICY, **changes), HOLDER)

    @pytest.mark.parametrize(
        ("kind", "scope"),
        [
            (Scope.ALL, bytes(32)),
            (Scope.AGENCY, bytes(HOME_ID)),
            (Scope.KEY, bytes(HOME_KEY.public_key.key_id)),
            (Scope.GRADE, scope_of("0")),
        ],
        ids=["all", "agency", "key", "grade"],
    )
    def test_suspended_converts_nothing(self, both: Desks, kind: Scope, scope: bytes) -> None:
        both.suspend(kind, scope)
        assert ground(self.convert(both))[2] == "AGREEMENT"

    def test_suspended_for_another_grade_goes_on(self, both: Desks) -> None:
        both.suspend(Scope.GRADE, scope_of("2"))
        assert self.convert(both).status_code == 201

    def test_terminated_converts_nothing(self, both: Desks) -> None:
        both.terminate()
        assert ground(self.convert(both))[2] == "AGREEMENT"

    def test_superseded_takes_no_transfer_of_the_old_version(self, both: Desks) -> None:
        both.agree(sample_policy(**FREE, version=2), version=2)
        assert ground(self.convert(both))[2] == "AGREEMENT"

    def test_ends_with_the_quota(self, both: Desks) -> None:
        both.agree(sample_policy(**FREE, version=2, quota={"port-1": 1}), version=2)
        policy = sample_policy(**FREE, version=2, quota={"port-1": 1})
        answers = []
        for holder in (HOLDER, OTHER):
            carried = both.carried(holder, version=2)
            asked = both.application(holder, carried, policy, port="port-1")
            answers.append(both.convert(asked, holder))
        assert answers[0].status_code == 201
        assert ground(answers[1])[2] == "QUOTA"


class TestRules:
    def test_are_those_of_the_bundle_that_both_signed(self, both: Desks) -> None:
        policy = sample_policy(**FREE, version=2)
        green = {"===": [{"var": "payload.grade"}, 0]}
        both.agree(policy, version=2, rules={"rules/1.json": rule(green)})
        for grade, answered in ((1, "RULE"), (0, None)):
            carried = both.carried(HOLDER, version=2, grade=grade)
            answer = both.convert(both.application(HOLDER, carried, policy), HOLDER)
            if answered is None:
                assert answer.status_code == 201, answer.text
            else:
                assert ground(answer)[2] == answered

    def test_that_are_not_here_leave_it_open(self, both: Desks) -> None:
        policy = sample_policy(**FREE, version=2)
        files = {"rules/1.json": rule({"===": [1, 1]})}
        both.agree(policy, version=2, rules=files, keep=False)
        carried = both.carried(HOLDER, version=2)
        asked = both.application(HOLDER, carried, policy)
        store, now = RecognitionStore(both.service.database), both.service.clock.now
        documents = (canonical_json(policy.document), write_rule_bundle(files), *files.values())
        for document in documents:
            assert refusal(both.convert(asked, HOLDER)) == (503, "PolicyMissing")
            store.keep(sha256(document).digest(), document, now)
        assert both.convert(asked, HOLDER).status_code == 201


def rule(logic: Any) -> bytes:
    """Return a rule of XB about any certificate."""
    return canonical_json(
        {
            "Identifier": "GR-XB-0001",
            "Type": "Acceptance",
            "Country": "XB",
            "Version": "1.0.0",
            "SchemaVersion": "1.0.0",
            "Engine": "CERTLOGIC",
            "EngineVersion": "0.7.5",
            "CertificateType": "General",
            "Description": [{"lang": "en", "desc": "Sample"}],
            "ValidFrom": "2026-01-01T00:00:00Z",
            "ValidTo": "2027-01-01T00:00:00Z",
            "AffectedFields": ["grade"],
            "Logic": logic,
        }
    )
