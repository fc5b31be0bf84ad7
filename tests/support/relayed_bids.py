"""A tender on an office's chain, messages about its bids, and what must have become of them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.http.schemas.bids import BidForm, WithdrawalForm
from api.store.bid_tables import bid_messages
from api.store.tables import intents
from api.store.tenders import TenderStore
from ledger.chain import calls
from ledger.tenders import receipts
from ledger.tenders.receipts import Mined, ReceiptState
from ledger.tenders.relayed import digest_of
from ledger.values import LedgerRef, Role
from tests.support.apps import app_over
from tests.support.front import Silent
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.office import BASE_URL, Office
from tests.support.sealed_files import hand_in
from tests.support.sealed_tender import SealedTender
from tests.support.service import refusal
from tests.support.standing import account
from tests.support.tender_chain import Stage
from tests.support.tender_story import Where, address
from tests.support.told_tenders import bid_form, withdrawal_of

_BUYER = 5
"""The node's account that publishes; the office's own is the service's alone."""


@dataclass(frozen=True)
class Message:
    """What is brought: where to, its body, and its digest."""

    path: str
    body: bytes
    digest: bytes


class RelayedBids:
    """A tender of the sample agency, whose service relays for it; files are real age files."""

    def __init__(self, place: Office) -> None:
        self.place = place
        self.story = _published(place)
        self.client = TestClient(app_over(place.parts.services(), Silent()), base_url=BASE_URL)
        place.work()

    def bid(self, name: str) -> Message:
        """Seal a bid; its file lies at the service."""
        sealed = self.story.seal(name)
        uploads = self.place.parts.services().bid_uploads
        for part in sealed.bid.parts:
            hand_in(uploads, self.story.files[part.file], address(name), self.story.id)
        form = bid_form(sealed)
        return self._message("/v1/bids", BidForm, form)

    def withdrawal(self, name: str) -> Message:
        """Sign the withdrawal of a first version."""
        form = withdrawal_of(self.story, name, version=2)
        return self._message("/v1/bids/withdrawals", WithdrawalForm, form)

    def bring(self, *messages: Message) -> None:
        """Bring messages to a service in this process."""
        for each in messages:
            answer = self.client.post(each.path, json=orjson.loads(each.body))
            assert answer.status_code in (200, 201), answer.text

    def shown(self, digest: bytes) -> Any:
        """Return what the service says of a message; None where it does not know it."""
        answer = self.client.get(f"/v1/bids/messages/0x{digest.hex()}")
        if answer.status_code == 404:
            assert refusal(answer) == (404, "BidMessageUnknown")
            return None
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self) -> tuple[int, int]:
        """Return how many messages are stored, and how many intents go to the tenders' ledger."""
        ours = intents.c.to == self.story.ledger.address
        messages = select(func.count()).select_from(bid_messages)
        sent = select(func.count()).select_from(intents).where(ours)
        with self.place.parts.database.read() as connection:
            return (
                connection.execute(messages).scalar_one(),
                connection.execute(sent).scalar_one(),
            )

    def check(self, *messages: Message) -> None:
        """Raise unless these, and no others, are on the chain once, with their final receipts."""
        happened = TenderStore(self.place.parts.database).events(self.story.id)
        named = [(digest_of(self.story.ledger, event), event.place) for event in happened]
        places = {digest: place for digest, place in named if digest is not None}
        counted = Counter(digest for digest, _ in named if digest is not None)
        assert counted == Counter(each.digest for each in messages)
        for each in messages:
            place = places[each.digest]
            told = receipts.read(self.shown(each.digest)["final"], AGENCY_KEY.public_key)
            assert (told.state, told.digest) == (ReceiptState.FINAL, each.digest)
            assert told.mined == Mined(place.transaction, place.block)

    def _message(self, path: str, kind: type[BidForm | WithdrawalForm], form: Any) -> Message:
        body = orjson.dumps(form)
        signed = kind.model_validate_json(body).parsed(self.story.ledger)
        return Message(path, body, signed.digest)


def _published(place: Office) -> SealedTender:
    """Publish a tender whose buyer is the sample agency, by an account of its own."""
    standing = place.standing
    stage = Stage(standing)
    stage.office = account(standing.anvil, _BUYER)
    tenderer = (AGENCY.id, Role.TENDERER, stage.office.address)
    standing.send(calls.grant_role(standing.deployment, *tenderer))
    ledger = LedgerRef(standing.deployment.chain_id, stage.at.ledger)
    story = SealedTender(where=Where("GZ-2026-0001", stage.now + 100, ledger, AGENCY.id))
    stage.play(story.events, story.state)
    return story
