from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from api.store.audit import audit_view
from api.store.changes import ChangeStore
from api.store.health_segments import SegmentStore
from api.store.health_tables import health_transfers
from api.store.indices import FIRST_TRANSFER_LIST, IndexStore
from api.store.records import RecordStore
from ledger.canonical import b64url_decode
from ledger.events import StatusChanged
from ledger.health import signed, transfers
from ledger.keys import PrivateKey
from ledger.status_list import place
from ledger.values import Digest, RecordKind, Status
from tests.support.health_desks import HOME_ID, HOME_KEY, HOST, PERSON, Desks, desks
from tests.support.policies import sample_policy
from tests.support.service import refusal

HOLDER = PrivateKey.from_secret(b"\x21" * 32)
POLICY = sample_policy(rules=[], valueSets="0x" + "00" * 32)
KEY = "a-key-of-sixteen-characters"


@pytest.fixture
def both(url: str) -> Iterator[Desks]:
    with desks(url) as made:
        yield made


class TestTransfer:
    def test_is_signed_for_ten_minutes_and_anchored_by_its_digest_alone(self, both: Desks) -> None:
        answer = both.post("transfers", both.transfer_form(HOLDER), both.officer)
        assert answer.status_code == 201, answer.text
        envelope = signed.read(b64url_decode(answer.json()["transfer"]))
        made = transfers.verify(envelope, HOME_KEY.public_key)
        now = both.service.clock.now
        assert (made.source, made.target, made.grade, made.version) == ("XA", HOST, 0, 1)
        assert (made.issued_at, made.expires_at) == (now, now + 600)
        assert made.person.document_number == PERSON["documentNumber"]
        digest = bytes.fromhex(answer.json()["digest"][2:])
        assert digest == envelope.digest
        row = RecordStore(both.service.database).get(Digest(digest))
        assert (row.agency, row.kind, row.document) == (HOME_ID, RecordKind.HEALTH_TRANSFER, "")

    def test_has_one_answer_to_every_repeat_of_the_session(self, both: Desks) -> None:
        form = both.transfer_form(HOLDER)
        answers = [both.post("transfers", form, both.officer, KEY) for _ in range(2)]
        assert answers[0].content == answers[1].content

    def test_leaves_nothing_personal_in_the_database(self, both: Desks) -> None:
        answer = both.post("transfers", both.transfer_form(HOLDER), both.officer)
        document = b64url_decode(answer.json()["transfer"])
        found = both.stored()
        assert answer.json()["digest"][2:] in found.hex()
        words = [value.encode() for value in PERSON.values() if len(value) > 3]
        assert [word for word in [*words, document[40:80]] if word in found] == []

    def test_is_withdrawn_by_its_own_authority_before_it_is_used(self, both: Desks) -> None:
        """What was signed for the wrong person is worth nothing, a minute later."""
        both.agree(POLICY)
        transfer, anchor = both.carried(HOLDER)
        envelope = signed.read(transfer)
        content = transfers.verify(envelope, HOME_KEY.public_key)
        path = f"transfers/0x{envelope.digest.hex()}/status"
        form = {"status": "revoked", "reason": 350}
        stranger = both.post(path, form, both.host_officer)
        assert refusal(stranger) == (403, "RoleMissing")
        assert both.post(path, form, both.officer).status_code == 202
        (change,) = ChangeStore(both.service.database).of(envelope.digest)
        assert (change.list, change.index) == (content.list, content.index)
        assert (change.agency, change.status, change.reason) == (HOME_ID, Status.REVOKED, 350)
        asked = both.application(HOLDER, (transfer, anchor), POLICY)
        word, bit = place(content.index)
        both.service.say(
            lambda at: StatusChanged(
                *(at, HOME_ID, content.list, word, 3 << bit, Status.REVOKED, 350, 1, 0)
            )
        )
        answer = both.convert(asked, HOLDER)
        assert refusal(answer) == (422, "ConversionRefused")
        assert (answer.json()["ground"], answer.json()["cause"]) == ("status", "revoked")

    def test_has_a_place_of_its_own_that_gates_are_not_told(self, both: Desks) -> None:
        made = [both.transfer(HOLDER) for _ in range(3)]
        content = [transfers.verify(signed.read(each), HOME_KEY.public_key) for each in made]
        assert {each.list for each in content} == {FIRST_TRANSFER_LIST}
        assert len({each.index for each in content}) == 3
        store = IndexStore(both.service.database)
        assert store.used(HOME_ID, FIRST_TRANSFER_LIST) == 3
        assert SegmentStore(both.service.database).agencies() == ()

    def test_is_counted_by_the_audit_of_lists(self, both: Desks) -> None:
        assert both.post("transfers", both.transfer_form(HOLDER), both.officer).status_code == 201
        with audit_view(both.service.database) as view:
            assert (view.doubled_indices(), view.miscounted_lists()) == (0, 0)
        with both.service.database.write() as connection:
            connection.execute(delete(health_transfers))
        with audit_view(both.service.database) as view:
            assert view.miscounted_lists() == 1

    def test_needs_a_key_and_the_role(self, both: Desks) -> None:
        form = both.transfer_form(HOLDER)
        bare = both.service.client.post(
            "/v1/health/transfers", json=form, headers=both.service.by(both.officer)
        )
        assert refusal(bare) == (400, "IdempotencyKeyMissing")
        foreign = both.post("transfers", form, both.host_officer)
        assert refusal(foreign) == (403, "RoleMissing")

    def test_is_refused_for_what_no_transfer_may_say(self, both: Desks) -> None:
        for changes, expected in (
            ({"target": "XQ"}, (404, "JurisdictionUnknown")),
            ({"target": "XA"}, (422, "ClaimsInvalid")),
            ({"person": PERSON | {"name": "a\u0007"}}, (422, "ClaimsInvalid")),
            ({"grade": 8}, (422, "RequestInvalid")),
        ):
            answer = both.post("transfers", both.transfer_form(HOLDER, **changes), both.officer)
            assert refusal(answer) == expected

    def test_by_an_agency_that_is_not_accredited_is_refused(self, both: Desks) -> None:
        agency = {"jurisdiction": "CN-GD", "code": "11440100MBEXAMPE7Y"}
        form = both.transfer_form(HOLDER, agency=agency)
        answer = both.post("transfers", form, both.service.issuer)
        assert refusal(answer) == (409, "AccreditationMissing")
