"""Messages about bids over HTTP, on both databases: judged, stored once, receipted, followed."""

import os
from dataclasses import replace
from typing import Any

import pytest

from api.services.bid_replies import BidReplies
from api.services.relay_outcomes import AGAIN_SECONDS, RelayOutcomes
from api.services.relaying import BidMessage
from api.store.bid_messages import BidMessageStore
from api.store.outbox import SqlOutbox
from api.store.tenders import TenderStore
from ledger.chain import tender_calls
from ledger.events import BatchAnchored
from ledger.outbox import IntentState, Receipt
from ledger.tenders import mailbox, messages, receipts, refusals
from ledger.tenders.receipts import ReceiptState
from ledger.tenders.signed_bids import SignedBid
from ledger.values import RecordKind
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.service import TENDERS, World, nothing_changes, refusal
from tests.support.tender_story import SealedBid, secret
from tests.support.told_tenders import Told, bid_form, secret_form, withdrawal_form

KEY = AGENCY_KEY.public_key
NAMES = ("Ann", "Bo", "Cai")
MINED = Receipt(7, b"\x07" * 32, b"\x70" * 32, 1, 1)


@pytest.fixture
def told(service: World) -> Told:
    made = Told(service)
    made.catch_up()
    return made


def post(told: Told, form: Any, way: str = "") -> Any:
    return told.service.client.post(f"/v1/bids{way}", json=form)


def release(told: Told, index: int, given: bytes) -> Any:
    form = {"part": 1, "index": index, "secret": "0x" + given.hex()}
    return told.service.client.post(f"{told.path}/releases", json=form)


def sealed(told: Told, name: str = "Ann", **more: Any) -> SealedBid:
    made = told.story.seal(name, **more)
    told.keep_files(made)
    return made


def shown(told: Told, digest: str) -> Any:
    answer = told.service.client.get(f"/v1/bids/messages/{digest}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def outbox(service: World) -> SqlOutbox:
    return SqlOutbox(service.database)


def waiting(service: World) -> Any:
    return outbox(service).waiting(TENDERS.chain_id, service.operator.address, 10)


def settle(service: World) -> int:
    replies = BidReplies(service.issuers, service.clock, bytes)
    stores = BidMessageStore(service.database), TenderStore(service.database)
    return RelayOutcomes(*stores, service.registry, replies, TENDERS, 1).step()


class TestBid:
    def test_is_stored_with_its_intent_before_its_receipt(self, told: Told) -> None:
        made = sealed(told)
        answer = post(told, bid_form(made))
        assert answer.status_code == 201, answer.text
        shown_ = answer.json()
        assert answer.headers["Location"] == f"/v1/bids/messages/{shown_['digest']}"
        assert (shown_["kind"], shown_["state"], shown_["final"]) == ("bid", "submitted", None)
        receipt = receipts.read(shown_["receipt"], KEY)
        signed = SignedBid(TENDERS, made.bid, made.shares, made.signature)
        assert receipt.digest == signed.digest
        assert [each.sha256 for each in receipt.files] == [part.file for part in made.bid.parts]
        assert (receipt.state, receipt.mined) == (ReceiptState.SUBMITTED, None)
        (intent,) = waiting(told.service)
        assert (intent.to, intent.call) == (TENDERS.address, tender_calls.submit(signed).data)

    def test_again_gets_the_first_result(self, told: Told) -> None:
        form = bid_form(sealed(told))
        first = post(told, form)
        told.pass_to(told.story.ends.submit_end)
        with nothing_changes(told.service):
            again = post(told, form)
        assert (again.status_code, again.json()) == (200, first.json())

    def test_changed_on_the_way_is_nothing_of_the_bidders(self, told: Told) -> None:
        """Whatever a hostile relay turns, the signature is not the bidder's any more."""
        form, other = bid_form(sealed(told)), bid_form(sealed(told, "Bo"))
        changes: dict[str, Any] = {
            "bidder": other["message"]["bidder"],
            "version": 2,
            "docs": "0x" + "0a" * 32,
            "identity": "0x" + "0b" * 32,
            "bond": "0x" + "0c" * 32,
            "validUntil": str(int(form["message"]["validUntil"]) + 1),
        }
        parts = form["message"]["parts"][0]
        inner = [
            {**parts, name: value}
            for name, value in other["message"]["parts"][0].items()
            if name not in ("shares", "size") and value != parts[name]
        ]
        turned = [form["message"] | {name: value} for name, value in changes.items()]
        turned += [form["message"] | {"parts": [each]} for each in inner]
        turned.append(form["message"] | {"parts": [parts | {"size": "7"}]})
        forms = [form | {"message": each} for each in turned]
        forms.append(form | {"signature": other["signature"]})
        low = form["signature"]
        s = int(low[66:130], 16)
        order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
        high = f"{low[:66]}{order - s:064x}{55 - int(low[130:], 16):02x}"
        forms.append(form | {"signature": high})
        with nothing_changes(told.service):
            found = {refusal(post(told, each)) for each in forms}
            assert len(forms) == 13
            assert found == {(422, "BidSignatureInvalid")}
            lot = form | {"message": form["message"] | {"lot": 1}}
            assert refusal(post(told, lot)) == (404, "LotUnknown")
            tender = form | {"message": form["message"] | {"tenderId": "0x" + "07" * 32}}
            assert refusal(post(told, tender)) == (404, "TenderUnknown")
            shares = form | {"shares": form["shares"][:-2]}
            assert refusal(post(told, shares)) == (422, "SharesMismatch")
            bond = form | {"bondSignature": other["signature"]}
            assert refusal(post(told, bond)) == (422, "BondNotAttested")
            size = form | {"message": form["message"] | {"validUntil": str(2**64)}}
            assert refusal(post(told, size)) == (422, "MessageUnencodable")
        assert post(told, form).status_code == 201

    def test_without_its_files_is_not_relayed(self, told: Told) -> None:
        made = told.story.seal("Ann")
        refused = post(told, bid_form(made))
        assert refusal(refused) == (409, "UploadIncomplete")
        assert (refused.json()["received"], refused.json()["size"]) == (0, 1_048_576)
        told.keep_files(made)
        assert post(told, bid_form(made)).status_code == 201

    def test_late_is_refused_with_a_signature(self, told: Told) -> None:
        form = bid_form(sealed(told))
        forged = form | {"signature": bid_form(sealed(told, "Bo"))["signature"]}
        taken = withdrawal_form(told, "Ann", 3)
        told.pass_to(told.story.ends.submit_end)
        head = told.service.registry.head()
        for given, way in ((form, ""), (taken, "/withdrawals")):
            refused = post(told, given, way)
            assert refusal(refused) == (409, "BidLate")
            problem = refused.json()
            assert problem["deadline"] == problem["blockTime"] == told.story.ends.submit_end
            said = refusals.read(problem["refusal"], KEY)
            assert (said.error, said.block, said.block_time) == (
                *("BidLate", head.block),
                head.block_time,
            )
        assert refusal(post(told, forged)) == (422, "BidSignatureInvalid")
        assert waiting(told.service) == []

    def test_that_the_chain_has_already_is_not_sent(self, told: Told) -> None:
        """It came by another way: the receipt says where it stands, nobody pays for it twice."""
        made = told.story.seal("Ann")
        told.story.submit("Ann")
        told.catch_up()
        answer = post(told, bid_form(made))
        assert answer.status_code == 201
        assert waiting(told.service) == []
        assert settle(told.service) == 1
        event = TenderStore(told.service.database).events(told.story.id)[-1]
        final = receipts.read(shown(told, answer.json()["digest"])["final"], KEY)
        assert final.mined is not None
        assert (final.mined.transaction, final.mined.block) == (
            *(event.place.transaction,),
            event.place.block,
        )
        other = told.story.seal("Ann", version=1, lot=0)
        assert other == made
        stale = bid_form(told.story.seal("Ann", version=0))
        assert refusal(post(told, stale)) == (409, "BidVersionStale")

    def test_of_no_version_is_stale_whoever_brings_it(self, told: Told) -> None:
        with nothing_changes(told.service):
            bid = bid_form(told.story.seal("Ann", version=0))
            assert refusal(post(told, bid)) == (409, "BidVersionStale")
            taken = withdrawal_form(told, "Bo", 0)
            assert refusal(post(told, taken, "/withdrawals")) == (409, "BidVersionStale")

    def test_is_stored_beside_one_that_meets_a_defect(self, told: Told) -> None:
        """What arrives together is judged one by one: nobody's message keeps out another's."""
        made = sealed(told)
        bid = SignedBid(TENDERS, made.bid, made.shares, made.signature)
        unknown: Any = None
        group = [(b"\x07" * 32, unknown), (bid.digest, bid)]
        failed, stored = told.service.services.relay.bring_all(group)
        assert isinstance(failed, AttributeError)
        assert isinstance(stored, BidMessage)
        assert shown(told, "0x" + bid.digest.hex())["state"] == "submitted"

    def test_outdated_or_expired_is_not_relayed(self, told: Told) -> None:
        made = sealed(told)
        expired = replace(made.bid, valid_until=told.story.now)
        signature = messages.sign(TENDERS, expired, secret("Ann"))
        form = bid_form(replace(made, bid=expired, signature=signature))
        assert refusal(post(told, form)) == (409, "MessageExpired")
        told.story.amend(affects_bids=True)
        told.catch_up()
        assert refusal(post(told, bid_form(made))) == (409, "DocumentsOutdated")

    def test_to_documents_that_were_clarified_since_is_relayed(self, told: Told) -> None:
        made = sealed(told)
        told.story.amend()
        told.catch_up()
        assert post(told, bid_form(made)).status_code == 201

    def test_that_never_came_is_unknown(self, service: World) -> None:
        unknown = service.client.get(f"/v1/bids/messages/0x{'07' * 32}")
        assert refusal(unknown) == (404, "BidMessageUnknown")


class TestWithdrawal:
    def test_is_taken_with_its_bidders_signature_alone(self, told: Told) -> None:
        told.story.submit("Ann")
        told.catch_up()
        form = withdrawal_form(told, "Ann", 2)
        turned = form | {"message": form["message"] | {"version": 3}}
        assert refusal(post(told, turned, "/withdrawals")) == (422, "BidSignatureInvalid")
        answer = post(told, form, "/withdrawals")
        assert (answer.status_code, answer.json()["kind"]) == (200, "withdrawal")
        assert receipts.read(answer.json()["receipt"], KEY).files == ()
        assert len(waiting(told.service)) == 1

    def test_that_the_chain_has_already_is_done(self, told: Told) -> None:
        """It came by another way; another message of its version is not what the chain has."""
        told.story.submit("Ann")
        form = withdrawal_form(told, "Ann", 2)
        told.story.withdraw("Ann")
        told.catch_up()
        answer = post(told, form, "/withdrawals")
        assert answer.status_code == 200, answer.text
        assert waiting(told.service) == []
        assert settle(told.service) == 1
        assert shown(told, answer.json()["digest"])["state"] == "final"
        other = bid_form(told.story.seal("Ann", version=2))
        assert refusal(post(told, other)) == (409, "BidVersionStale")


class TestSecrets:
    def test_are_neither_stored_nor_sent_before_their_time(self, told: Told) -> None:
        for name in NAMES:
            told.story.submit(name)
        told.catch_up()
        made = told.story.seal("Ann")
        ends = told.story.ends
        ways = (
            ("/disclosures", made.s_b, ends.list_end),
            ("/recoveries", made.s_c, ends.release_end),
        )
        with nothing_changes(told.service):
            for way, secrets, opens_at in ways:
                refused = post(told, secret_form(made, 1, secrets), way)
                assert refusal(refused) == (409, "WindowNotOpen")
                assert refused.json()["opensAt"] == opens_at
            early = release(told, 1, secret("trustee 1 1"))
            assert refusal(early) == (409, "WindowNotOpen")
        logged = str(told.service.log)
        for each in (made.s_b[0], made.s_c[0], secret("trustee 1 1")):
            assert each.hex() not in logged

    def test_are_relayed_in_their_time_when_they_are_right(self, told: Told) -> None:
        for name in NAMES:
            told.story.submit(name)
        made, stranger = told.story.seal("Ann"), told.story.seal("Zoe")
        replaced = told.story.seal("Ann", version=2)
        told.catch_up()
        told.pass_to(told.story.ends.list_end)
        wrong = secret_form(made, 1, made.s_c)
        assert refusal(post(told, wrong, "/disclosures")) == (422, "CommitmentMismatch")
        form = secret_form(stranger, 1, stranger.s_b)
        assert refusal(post(told, form, "/disclosures")) == (409, "BidMissing")
        form = secret_form(replaced, 1, replaced.s_b)
        assert refusal(post(told, form, "/disclosures")) == (422, "DigestMismatch")
        form = secret_form(made, 1, made.s_b)
        assert refusal(post(told, form | {"part": 2}, "/disclosures")) == (422, "PartUnknown")
        first, again = post(told, form, "/disclosures"), post(told, form, "/disclosures")
        assert (first.status_code, again.status_code) == (202, 200)
        assert len(waiting(told.service)) == 1
        for name in NAMES:
            told.story.disclose(name)
        told.catch_up()
        assert settle(told.service) == 0  # its own transaction is under way
        told.pass_to(told.story.ends.disclose_end)
        assert refusal(post(told, secret_form(made, 1, made.s_c), "/recoveries"))[1] == (
            "WindowNotOpen"
        )
        assert refusal(release(told, 1, secret("trustee 1 2"))) == (422, "TrusteeKeyInvalid")
        assert refusal(release(told, 9, secret("trustee 1 2"))) == (422, "TrusteeKeyInvalid")
        assert release(told, 1, secret("trustee 1 1")).status_code == 202
        late = post(told, secret_form(made, 1, made.s_b), "/disclosures")
        assert late.json() == first.json()
        told.pass_to(told.story.ends.release_end)
        recovered = post(told, secret_form(made, 1, made.s_c), "/recoveries")
        assert (recovered.status_code, recovered.json()["kind"]) == (202, "recovery")


class TestOutcome:
    def test_is_final_with_transaction_and_block(self, told: Told) -> None:
        digest = post(told, bid_form(sealed(told))).json()["digest"]
        (intent,) = waiting(told.service)
        assert settle(told.service) == 0
        outbox(told.service).mark(intent.id, IntentState.MINED, receipt=MINED)
        assert settle(told.service) == 0
        assert shown(told, digest)["state"] == "submitted"
        for _ in range(3):
            told.service.say()
        mined = Receipt(3, b"\x07" * 32, b"\x70" * 32, 1, 1)
        outbox(told.service).mark(intent.id, IntentState.FINAL, receipt=mined)
        assert settle(told.service) == 1
        found = shown(told, digest)
        final = receipts.read(found["final"], KEY)
        assert (final.state, final.mined) == (
            ReceiptState.FINAL,
            receipts.Mined(b"\x70" * 32, 3),
        )
        assert final.files == receipts.read(found["receipt"], KEY).files
        assert (found["transaction"], found["block"]) == ("0x" + "70" * 32, 3)
        assert settle(told.service) == 0

    def test_is_refused_by_the_contracts_error(self, told: Told) -> None:
        service = told.service
        digest = post(told, bid_form(sealed(told))).json()["digest"]
        (intent,) = waiting(service)
        outbox(service).mark(intent.id, IntentState.FAILED, error="BidLate")
        assert settle(service) == 0  # by the node's next block, and no block says so yet
        held, service.keys.held = service.keys.held, []
        told.pass_to(told.story.ends.submit_end)
        assert settle(service) == 0  # nobody can sign it
        service.keys.held = held
        assert settle(service) == 1
        found = shown(told, digest)
        assert (found["state"], found["error"]) == ("refused", "BidLate")
        said = refusals.read(found["refusal"], KEY)
        assert (said.error, said.block_time) == ("BidLate", told.story.ends.submit_end)
        assert said.arrived_at < told.story.ends.submit_end

    def test_that_came_late_may_come_out_of_the_mailbox(self, told: Told) -> None:
        """It was handed to the mailbox too, which had its root in time."""
        service, made, blind = told.service, sealed(told), b"\x66" * 32
        digest = post(told, bid_form(made)).json()["digest"]
        (intent,) = waiting(service)
        outbox(service).mark(intent.id, IntentState.FAILED, error="BidLate")
        box = mailbox.fill([mailbox.leaf(bytes.fromhex(digest[2:]), blind)], os.urandom)
        words = box.root, int(RecordKind.TENDER_MAILBOX), mailbox.LEAVES
        service.say(lambda place: BatchAnchored(place, AGENCY.id, *words))
        told.pass_to(told.story.ends.submit_end)
        assert settle(service) == 1
        proof = {
            "root": "0x" + box.root.hex(),
            "index": box.places[0],
            "path": ["0x" + each.hex() for each in box.path(0)],
            "blind": "0x" + blind.hex(),
        }
        assert shown(told, digest)["state"] == "refused"
        listing = bid_form(made) | {"proof": proof}
        wrong = listing | {"proof": proof | {"blind": "0x" + "67" * 32}}
        with nothing_changes(service):
            refused = service.client.post("/v1/mailbox/listings", json=wrong)
            assert refusal(refused) == (422, "MailboxProofInvalid")
        taken = service.client.post("/v1/mailbox/listings", json=listing)
        assert taken.status_code == 201, taken.text
        assert receipts.read(taken.json()["receipt"], KEY).root == box.root
        assert shown(told, digest)["state"] == "submitted"
        (listed,) = waiting(service)
        assert listed.id != intent.id
        again = service.client.post("/v1/mailbox/listings", json=listing)
        assert (again.status_code, again.json()["receipt"]) == (200, taken.json()["receipt"])

    def test_of_what_another_sender_brought_is_final(self, told: Told) -> None:
        """Our transaction was refused, because the bidder's own was quicker."""
        made = sealed(told)
        digest = post(told, bid_form(made)).json()["digest"]
        (intent,) = waiting(told.service)
        outbox(told.service).mark(intent.id, IntentState.FAILED, error="BidVersionStale")
        assert settle(told.service) == 0  # the block that explains it is still to come
        told.story.submit("Ann")
        told.catch_up()
        assert settle(told.service) == 1
        assert shown(told, digest)["state"] == "final"

    def test_that_may_pass_is_tried_again(self, told: Told) -> None:
        post(told, bid_form(sealed(told)))
        (intent,) = waiting(told.service)
        outcomes = RelayOutcomes(
            *(BidMessageStore(told.service.database), TenderStore(told.service.database)),
            told.service.registry,
            BidReplies(told.service.issuers, told.service.clock, bytes),
            TENDERS,
            1,
        )
        outbox(told.service).mark(intent.id, IntentState.FAILED, error="TenderSuspended")
        assert outcomes.step() == 0
        told.service.clock.now += AGAIN_SECONDS
        assert outcomes.step() == 1
        assert [each.id for each in waiting(told.service)] == [intent.id]
