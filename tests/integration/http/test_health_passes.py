"""What a health authority issues by itself, takes back, lists and forgets, on both databases."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from api.services.health_allow import SEGMENT_SECONDS, AllowListing
from api.services.health_retention import Retention
from api.services.idempotency import Keep, KeptAnswer, Settlement
from api.store.audit import audit_view
from api.store.changes import ChangeStore
from api.store.health_holders import HolderChanged
from api.store.health_passes import PassStore
from api.store.health_segments import SegmentStore
from api.store.tables import lists
from ledger.canonical import b64url_decode, b64url_encode
from ledger.events import StatusChanged
from ledger.health import allow_list, moves, passes, refills, signed
from ledger.health.allow_list import AllowList
from ledger.health.consents import Withdrawal, write_withdrawal
from ledger.health.moves import MoveOrder, MoveRequest
from ledger.health.passes import HealthPass, Mode
from ledger.health.refills import Refill
from ledger.keys import PrivateKey, PublicKey
from ledger.status_list import word_changes
from ledger.values import Digest, RecordKind, Status
from ledger.verification.check import rfc3339
from tests.support.health_desks import (
    HOST_AGENCY,
    HOST_ID,
    HOST_KEY,
    PERSON,
    Desks,
    desks,
    fresh_key,
)
from tests.support.policies import sample_policy
from tests.support.service import refusal

HOLDER = PrivateKey.from_secret(b"\x21" * 32)
OTHER = PrivateKey.from_secret(b"\x22" * 32)
POLICY = sample_policy(rules=[], valueSets="0x" + "00" * 32)
DAY = 86_400


@pytest.fixture
def both(url: str) -> Iterator[Desks]:
    with desks(url) as made:
        yield made


def keys(count: int) -> list[dict[str, str]]:
    return [
        PrivateKey.from_secret(secrets.token_bytes(31) + b"\x01").public_key.jwk()
        for _ in range(count)
    ]


def order(*recipients: dict[str, Any], **terms: Any) -> dict[str, Any]:
    lawful = {"grade": 0, "endsAt": "2026-11-25T10:00:00Z", "modes": ["A", "B"]}
    given = recipients or (recipient(),)
    return {"agency": HOST_AGENCY, "terms": lawful | terms, "recipients": list(given)}


def recipient(count: int = 2, **changes: Any) -> dict[str, Any]:
    return {"person": PERSON, "holderKey": HOLDER.public_key.jwk(), "keys": keys(count)} | changes


def issued(both: Desks, form: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = both.post("passes", form or order(), both.host_officer)
    assert answer.status_code == 201, answer.text
    (found,) = answer.json()["holders"]
    return dict(found)


def read(given: dict[str, Any]) -> list[HealthPass]:
    found = [passes.from_text(each["code"]) for each in given["passes"]]
    return [passes.verify(envelope, HOST_KEY.public_key) for envelope in found]


def digest_of(given: dict[str, Any], place: int = 0) -> Digest:
    return Digest(bytes.fromhex(given["passes"][place]["digest"][2:]))


def decided(both: Desks, digest: Digest, status: Status) -> None:
    """Let the chain say that a pass has that status."""
    row = PassStore(both.service.database).get(digest)
    (word,) = word_changes([row.index])
    change = (row.list, word.word, word.mask, status, 105, both.service.clock.now, 0)
    both.service.say(lambda place: StatusChanged(place, HOST_ID, *change))


class TestIssue:
    def test_makes_domestic_passes_for_many_at_once(self, both: Desks) -> None:
        form = order(*(recipient(8) for _ in range(40)))
        answer = both.post("passes", form, both.host_officer)
        assert answer.status_code == 201, answer.text
        holders = answer.json()["holders"]
        assert len({each["holder"] for each in holders}) == 40
        made = [each for given in holders for each in read(given)]
        assert len({each.cti for each in made}) == len({each.index for each in made}) == 320
        assert {(each.recognition, each.modes) for each in made} == {
            (None, Mode.DYNAMIC | Mode.CHALLENGE)
        }

    def test_binds_an_international_code_to_the_travel_document(self, both: Desks) -> None:
        (made,) = read(issued(both, order(recipient(1), binding="document")))
        document = (PERSON["documentType"], PERSON["documentIssuer"], PERSON["documentNumber"])
        assert made.binding == passes.binding_of(*document, made.cti)

    def test_on_paper_has_no_key(self, both: Desks) -> None:
        form = order(recipient(0), modes=["C"], hint="initials-month-day")
        (made,) = read(issued(both, form))
        assert (made.holder, made.hint) == (None, "M Q 07-23")

    def test_is_refused_to_who_may_not(self, both: Desks) -> None:
        assert refusal(both.post("passes", order(), both.officer)) == (403, "RoleMissing")
        past = order(endsAt="2026-11-20T10:00:00Z")
        assert refusal(both.post("passes", past, both.host_officer)) == (409, "TermsEnded")
        bound = order(*(recipient(8) for _ in range(33)), binding="document")
        assert refusal(both.post("passes", bound, both.host_officer)) == (422, "TooManyPasses")


class TestRefill:
    def request(self, both: Desks, holder: str, signer: PrivateKey, count: int) -> str:
        nonce = both.post("conversions/nonces", {"agency": HOST_AGENCY}).json()["nonce"]
        request = Refill(
            holder=bytes.fromhex(holder[2:]),
            asked_at=both.service.clock.now,
            nonce=bytes.fromhex(nonce[2:]),
            keys=tuple(
                PrivateKey.from_secret(secrets.token_bytes(31) + b"\x01").public_key
                for _ in range(count)
            ),
            answer_key=secrets.token_bytes(32),
        )
        return b64url_encode(refills.sign(request, signer))

    def refill(self, both: Desks, holder: str, signer: PrivateKey, count: int = 3) -> Any:
        form = {"request": self.request(both, holder, signer, count)}
        return both.post("passes/refills", form, key="one-key-for-this-refill")

    def test_gives_more_to_the_holder_alone(self, both: Desks) -> None:
        given = issued(both)
        answer = self.refill(both, given["holder"], HOLDER)
        assert answer.status_code == 201, answer.text
        assert len(read(answer.json())) == 3
        assert refusal(self.refill(both, given["holder"], OTHER)) == (422, "SignatureInvalid")
        assert refusal(self.refill(both, "0x" + "00" * 16, HOLDER)) == (404, "HolderUnknown")
        many = self.refill(both, given["holder"], HOLDER, count=60)
        assert refusal(many) == (422, "TooManyPasses")


class TestUses:
    """`maxUses` of the terms bounds all passes of a holder together."""

    def test_of_a_batch_are_the_terms(self, both: Desks) -> None:
        (made,) = read(issued(both, order(recipient(8), maxUses=1)))
        assert made.max_uses == 1
        policy = sample_policy(rules=[], valueSets="0x" + "00" * 32, maxUses=2)
        both.agree(policy)
        asked = both.application(HOLDER, both.carried(HOLDER), policy)
        given = both.convert(asked, HOLDER).json()
        assert [each.max_uses for each in read(given)] == [1, 1]
        refilled = TestRefill().refill(both, given["holder"], HOLDER)
        assert refusal(refilled) == (409, "UsesSpent")

    def test_left_by_a_batch_are_for_refills_and_moves(self, both: Desks) -> None:
        given = issued(both, order(recipient(2), maxUses=6))
        refilled = TestRefill().refill(both, given["holder"], HOLDER)
        move = TestMove()
        moved = move.post(both, move.order(both, given["holder"], HOLDER, OTHER))
        made = [*read(given), *read(refilled.json()), *read(moved.json())]
        assert [each.max_uses for each in made] == [1] * 6
        assert len(read(moved.json())) == 1
        again = move.order(both, given["holder"], OTHER, fresh_key())
        assert refusal(move.post(both, again)) == (409, "UsesSpent")

    def test_last_as_long_as_the_terms(self, both: Desks) -> None:
        form = order(recipient(3), maxUses=3, issuance={"batch": 1, "windowSeconds": 600})
        made = read(issued(both, form))
        assert {rfc3339(each.expires_at) for each in made} == {form["terms"]["endsAt"]}

    def test_are_all_on_what_nobody_can_ask_more_of(self, both: Desks) -> None:
        paper = order(recipient(0), modes=["C"], maxUses=5)
        assert [each.max_uses for each in read(issued(both, paper))] == [5]
        alone = order(recipient(2, holderKey=None), maxUses=5)
        assert [each.max_uses for each in read(issued(both, alone))] == [3, 2]

    def test_begin_anew_with_another_grade(self, both: Desks) -> None:
        given = issued(both, order(maxUses=2))
        form = {"grade": 2, "keys": keys(3)}
        answer = both.post(f"holders/{given['holder']}/regrade", form, both.host_officer)
        (after,) = answer.json()["holders"]
        assert [each.max_uses for each in read(after)] == [1, 1]


class TestMove:
    def order(self, both: Desks, holder: str, old: PrivateKey, new: PrivateKey, **more: Any) -> str:
        nonce = both.post("conversions/nonces", {"agency": HOST_AGENCY}).json()["nonce"]
        request = MoveRequest(
            asked_at=both.service.clock.now,
            holder=more.pop("named", new.public_key),
            nonce=bytes.fromhex(nonce[2:]),
            keys=tuple(PublicKey.from_jwk(each) for each in keys(3)),
            answer_key=secrets.token_bytes(32),
        )
        name = bytes.fromhex(holder[2:])
        asked = moves.sign_request(request, new)
        return b64url_encode(moves.sign_order(MoveOrder(both.service.clock.now, name, asked), old))

    def post(self, both: Desks, order: str) -> Any:
        return both.post("passes/moves", {"order": order}, key=f"key-{order[-40:]}")

    def test_gives_the_new_device_passes_and_withdraws_the_old_ones(self, both: Desks) -> None:
        given = issued(both)
        order = self.order(both, given["holder"], HOLDER, OTHER)
        answer = self.post(both, order)
        assert answer.status_code == 201, answer.text
        assert len(read(answer.json())) == 3
        assert self.post(both, order).json() == answer.json()
        for place in range(2):
            (change,) = ChangeStore(both.service.database).of(digest_of(given, place))
            assert (change.status, change.reason) == (Status.SUPERSEDED, 406)
            assert change.waits_for == digest_of(answer.json())
        refill = TestRefill().refill
        assert refusal(refill(both, given["holder"], HOLDER)) == (422, "SignatureInvalid")
        assert refill(both, given["holder"], OTHER).status_code == 201

    def test_is_ordered_by_the_holders_key_and_asked_for_by_the_new_one(self, both: Desks) -> None:
        name = issued(both)["holder"]
        for order in (
            self.order(both, name, OTHER, OTHER),
            self.order(both, name, HOLDER, OTHER, named=HOLDER.public_key),
        ):
            assert refusal(self.post(both, order)) == (422, "SignatureInvalid")
        unknown = self.order(both, "0x" + "00" * 16, HOLDER, OTHER)
        assert refusal(self.post(both, unknown)) == (404, "HolderUnknown")
        assert self.post(both, self.order(both, name, HOLDER, OTHER)).status_code == 201
        again = self.order(both, name, HOLDER, PrivateKey.from_secret(b"\x23" * 32))
        assert refusal(self.post(both, again)) == (422, "SignatureInvalid")

    @pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REVOKED])
    def test_brings_nothing_back_that_an_officer_took(self, both: Desks, status: Status) -> None:
        given = issued(both)
        decided(both, digest_of(given, -1), status)
        order = self.order(both, given["holder"], HOLDER, OTHER)
        assert refusal(self.post(both, order)) == (409, "PassesWithheld")
        refilled = TestRefill().refill(both, given["holder"], HOLDER)
        assert refusal(refilled) == (409, "PassesWithheld")

    @pytest.mark.parametrize("status", ["suspended", "revoked"])
    def test_brings_nothing_back_that_an_officer_ordered_just_now(
        self, both: Desks, status: str
    ) -> None:
        given = issued(both)
        form = {"status": status, "reason": {"suspended": 105, "revoked": 350}[status]}
        path = f"holders/{given['holder']}/status"
        assert both.post(path, form, both.host_officer).status_code == 202
        refilled = TestRefill().refill(both, given["holder"], HOLDER)
        assert refusal(refilled) == (409, "PassesWithheld")
        order = self.order(both, given["holder"], HOLDER, OTHER)
        assert refusal(self.post(both, order)) == (409, "PassesWithheld")

    def test_leaves_a_pass_alone_that_is_suspended(self, both: Desks) -> None:
        given, changes = issued(both), ChangeStore(both.service.database)
        decided(both, digest_of(given, 0), Status.SUSPENDED)
        order = self.order(both, given["holder"], HOLDER, OTHER)
        assert self.post(both, order).status_code == 201
        assert [len(changes.of(digest_of(given, place))) for place in range(2)] == [0, 1]

    def test_hands_the_right_to_withdraw_to_the_new_device(self, both: Desks) -> None:
        both.agree(POLICY)
        asked = both.application(HOLDER, both.carried(HOLDER), POLICY)
        name = both.convert(asked, HOLDER).json()["holder"]
        assert self.post(both, self.order(both, name, HOLDER, OTHER)).status_code == 201
        id_ = bytes.fromhex(asked.receipts[0].document.decode().split('"id":"0x')[1][:32])
        for signer, expected in ((HOLDER, 422), (OTHER, 202)):
            taken = Withdrawal(b"\x07" * 16, id_, both.service.clock.now, signer.public_key)
            document = write_withdrawal(taken)
            form = {
                "document": b64url_encode(document),
                "signature": b64url_encode(signer.sign(document)),
            }
            answer = both.post("consents/withdrawals", form)
            assert answer.status_code == expected, answer.text


class TestTurns:
    """Two requests about one holder that read the same row: one of them alone goes on.

    The second comes while the first one's answer is written, which is just before its transaction.
    """

    def between(self, do: Callable[[], Any]) -> Keep[Any]:
        def keep(_: object) -> Settlement:
            do()
            return self.settled(None)

        return keep

    def settled(self, _: object) -> Settlement:
        return Settlement(secrets.token_bytes(32), bytes(32), 0, KeptAnswer(201, (), b""))

    def live(self, both: Desks, name: str) -> int:
        return len(PassStore(both.service.database).of_holder(bytes.fromhex(name[2:])))

    def moved(self, both: Desks, name: str, new: PrivateKey) -> Callable[[Keep[Any]], Any]:
        services = both.service.app.state.services
        order = TestMove().order(both, name, HOLDER, new)
        return lambda keep: services.moves.move(services.moves.open(b64url_decode(order)), keep)

    def refilled(self, both: Desks, name: str) -> Callable[[Keep[Any]], Any]:
        passes = both.service.app.state.services.passes
        request = b64url_decode(TestRefill().request(both, name, HOLDER, 40))
        return lambda keep: passes.refill(passes.open_refill(request), keep)

    def test_old_key_moves_once(self, both: Desks) -> None:
        name = issued(both)["holder"]
        first, second = (self.moved(both, name, fresh_key()) for _ in range(2))
        with pytest.raises(HolderChanged):
            first(self.between(lambda: second(self.settled)))
        assert self.live(both, name) == 5

    def test_old_key_gets_nothing_after_its_move(self, both: Desks) -> None:
        name = issued(both)["holder"]
        refill, move = self.refilled(both, name), self.moved(both, name, OTHER)
        with pytest.raises(HolderChanged):
            refill(self.between(lambda: move(self.settled)))
        assert self.live(both, name) == 5

    def test_two_refills_give_no_use_twice(self, both: Desks) -> None:
        name = issued(both, order(recipient(2), maxUses=3))["holder"]
        first, second = self.refilled(both, name), self.refilled(both, name)
        with pytest.raises(HolderChanged):
            first(self.between(lambda: second(self.settled)))
        assert self.live(both, name) == 3

    def test_two_refills_stay_within_the_limit(self, both: Desks) -> None:
        name = issued(both)["holder"]
        first, second = self.refilled(both, name), self.refilled(both, name)
        with pytest.raises(HolderChanged):
            first(self.between(lambda: second(self.settled)))
        assert self.live(both, name) == 42

    def test_an_order_for_all_passes_meets_all(self, both: Desks) -> None:
        name = issued(both)["holder"]
        path, form = f"holders/{name}/status", {"status": "revoked", "reason": 350}
        answers: list[Any] = []

        def revoke() -> None:
            answers.append(both.post(path, form, both.host_officer))

        with pytest.raises(HolderChanged):
            self.refilled(both, name)(self.between(revoke))
        assert len(answers[0].json()["changes"]) == self.live(both, name) == 2

    def test_an_order_for_the_last_pass_stops_the_refill_that_came_with_it(
        self, both: Desks
    ) -> None:
        given = issued(both)
        path = f"passes/{given['passes'][-1]['digest']}/status"
        form, answers = {"status": "revoked", "reason": 350}, []
        with pytest.raises(HolderChanged):
            self.refilled(both, given["holder"])(
                self.between(lambda: answers.append(both.post(path, form, both.host_officer)))
            )
        assert answers[0].status_code == 202
        assert self.live(both, given["holder"]) == 2


class TestStatus:
    def change(self, both: Desks, path: str, status: str, reason: int) -> Any:
        form = {"status": status, "reason": reason}
        return both.post(f"{path}/status", form, both.host_officer)

    def test_of_one_pass_is_changed_by_order(self, both: Desks) -> None:
        given = issued(both)
        path = f"passes/{given['passes'][0]['digest']}"
        assert self.change(both, path, "suspended", 105).status_code == 202
        (change,) = ChangeStore(both.service.database).of(digest_of(given))
        assert (change.status, change.reason, change.list >= 1 << 16) == (2, 105, True)
        assert refusal(self.change(both, path, "revoked", 320)) == (422, "ReasonOutsideClass")
        stranger = both.post(f"{path}/status", {"status": "revoked", "reason": 350}, both.officer)
        assert refusal(stranger) == (403, "RoleMissing")

    def test_of_all_of_a_holder_is_changed_at_once(self, both: Desks) -> None:
        given = issued(both)
        answer = self.change(both, f"holders/{given['holder']}", "revoked", 350)
        assert len(answer.json()["changes"]) == 2

    def test_of_a_regraded_holder_waits_for_the_new_passes(self, both: Desks) -> None:
        given = issued(both)
        path = f"holders/{given['holder']}/regrade"
        answer = both.post(path, {"grade": 2, "keys": keys(1)}, both.host_officer)
        assert answer.status_code == 201, answer.text
        (after,) = answer.json()["holders"]
        assert [each.grade for each in read(after)] == [2]
        for place in range(2):
            (change,) = ChangeStore(both.service.database).of(digest_of(given, place))
            assert change.status is Status.SUPERSEDED
            assert change.waits_for == digest_of(after)


class TestWithdrawal:
    def test_revokes_and_erases(self, both: Desks) -> None:
        both.agree(POLICY)
        asked = both.application(HOLDER, both.carried(HOLDER), POLICY)
        given = both.convert(asked, HOLDER).json()
        store = PassStore(both.service.database)
        id_ = bytes.fromhex(asked.receipts[0].document.decode().split('"id":"0x')[1][:32])
        document = write_withdrawal(
            Withdrawal(b"\x07" * 16, id_, both.service.clock.now, HOLDER.public_key)
        )
        for signer, expected in ((OTHER, 422), (HOLDER, 202), (HOLDER, 202)):
            form = {
                "document": b64url_encode(document),
                "signature": b64url_encode(signer.sign(document)),
            }
            answer = both.post("consents/withdrawals", form)
            assert answer.status_code == expected, answer.text
        holder = bytes.fromhex(given["holder"][2:])
        assert store.holder(holder) is None
        (change,) = ChangeStore(both.service.database).of(digest_of(given))
        assert (change.status, change.reason) == (Status.REVOKED, 331)


class TestAllowList:
    def listing(self, both: Desks, seconds: float = SEGMENT_SECONDS) -> AllowListing:
        service = both.service
        return AllowListing(
            segments=SegmentStore(service.database),
            chain=service.registry,
            signers=service.issuers,
            clock=service.clock,
            confirmations=1,
            segment_seconds=seconds,
        )

    def test_lists_what_was_anchored_and_that_alone(self, both: Desks) -> None:
        first, listing = issued(both), self.listing(both)
        assert listing.step() == 0
        both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
        second = issued(both)
        assert listing.step() == 1
        found = self.fetched(both)
        assert found.find(digest_of(first)) is not None
        assert found.find(digest_of(second)) is None
        assert found.covers(0)
        both.service.clock.now += 5
        both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
        assert listing.step() == 0
        both.service.clock.now += SEGMENT_SECONDS
        both.service.say()
        assert listing.step() == 1
        assert self.fetched(both).find(digest_of(second)) is not None

    def test_lists_sooner_where_the_operator_chose_so(self, both: Desks) -> None:
        listing = self.listing(both, seconds=2)
        for _ in range(2):
            issued(both)
            both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
            assert listing.step() == 1
            both.service.clock.now += 1
            both.service.say()
            assert listing.step() == 0
            both.service.clock.now += 1

    def test_leaves_open_what_waits_for_a_sender_that_stands_still(self, both: Desks) -> None:
        before, listing = read(issued(both))[0], self.listing(both)
        both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
        both.service.clock.now += 3_600
        stuck = issued(both)
        both.service.clock.now += 3_600
        both.service.say()
        assert listing.step() == 1
        found, issued_at = self.fetched(both), read(stuck)[0].issued_at
        assert found.end > issued_at + allow_list.MARGIN_SECONDS
        assert (found.find(digest_of(stuck)), found.covers(issued_at)) == (None, False)
        assert found.covers(before.issued_at)
        assert found.covers(issued_at - 1)
        both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
        assert listing.step(flush=True) == 1
        found = self.fetched(both)
        assert found.find(digest_of(stuck)) is not None
        assert found.covers(issued_at)

    def test_waits_no_longer_for_a_pass_that_ended(self, both: Desks) -> None:
        issued(both)
        both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
        ends = rfc3339(both.service.clock.now + 3_600)
        short = issued(both, order(endsAt=ends))
        both.service.clock.now += 7_200
        both.service.say()
        assert self.listing(both).step() == 1
        assert self.fetched(both).covers(read(short)[0].issued_at)

    def fetched(self, both: Desks) -> AllowList:
        client, path = both.service.client, "/v1/health/allow/XB/SAMPLE-HOST"
        segments = []
        for each in client.get(path).json()["segments"]:
            answer = client.get(f"{path}/{each['seq']}")
            tag = {"If-None-Match": answer.headers["ETag"]}
            assert client.get(f"{path}/{each['seq']}", headers=tag).status_code == 304
            envelope = signed.read(answer.content)
            assert "0x" + envelope.digest.hex() == each["digest"]
            segments.append(allow_list.verify(envelope, HOST_KEY.public_key))
        return AllowList(segments)

    def test_of_an_agency_without_passes_is_empty(self, both: Desks) -> None:
        client, path = both.service.client, "/v1/health/allow/XA/SAMPLE-HOME"
        assert client.get(path).json()["segments"] == []
        assert refusal(client.get(f"{path}/0")) == (404, "SegmentUnknown")


class TestRetention:
    def test_erases_whom_passes_were_about_on_the_day(self, both: Desks) -> None:
        given, store = issued(both), PassStore(both.service.database)
        holder = bytes.fromhex(given["holder"][2:])
        retention = Retention(store, both.service.clock)
        retention.step()
        assert store.holder(holder) is not None
        both.service.clock.now += 30 * DAY
        retention.step()
        assert store.holder(holder) is None
        row = store.get(digest_of(given))
        assert row.holder is None


class TestAudit:
    def test_counts_the_places_of_passes_and_passes_over_what_is_not_kept(
        self, both: Desks
    ) -> None:
        issued(both)
        both.service.issue()
        with audit_view(both.service.database) as view:
            assert (view.doubled_indices(), view.miscounted_lists()) == (0, 0)
            assert len(list(view.documents())) == 1
            assert view.counts().issued == 3
        with both.service.database.write() as connection:
            connection.execute(update(lists).values(used=lists.c.used + 1))
        with audit_view(both.service.database) as view:
            assert view.miscounted_lists() == 2
