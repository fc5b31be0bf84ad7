"""Tenders told by a story to a service whose chain says what happens, and messages about them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from api.store.bid_uploads import BidUploadStore, Limits, UploadRow
from ledger.tenders import messages
from ledger.tenders.messages import SubmitBid, WithdrawBid
from ledger.values import Digest
from tests.support.licences import AGENCY
from tests.support.service import TENDERS, World
from tests.support.tender_story import MESSAGE_LIFE, SealedBid, Story, Where, address, secret

FIRST = "GZ-2026-0001"
_ROOM = Limits(2**16, 2**40)


class Told:
    """A story of the sample agency that the service's chain says, one block for each event."""

    def __init__(self, service: World, number: str = FIRST, **tender: Any) -> None:
        self.service, self.done = service, 0
        where = Where(number, service.clock.now + 1, TENDERS, AGENCY.id)
        self.story = Story(where=where, **tender)
        self.path = f"/v1/tenders/0x{self.story.id.hex()}"

    def catch_up(self) -> None:
        for each in self.story.events[self.done :]:
            self.service.clock.now = each.place.block_time
            self.service.say(lambda place, each=each: replace(each, place=place))
        self.done = len(self.story.events)

    def pass_to(self, moment: int) -> None:
        """Let a block of this time come."""
        self.story.at(moment)
        self.service.clock.now = moment
        self.service.say()

    def show(self) -> Any:
        answer = self.service.client.get(self.path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def keep_files(self, sealed: SealedBid) -> None:
        """Let the bid's files lie at the service, receipted."""
        store = BidUploadStore(self.service.database)
        for number, part in enumerate(sealed.bid.parts, 1):
            row = upload_row(sealed.bid, number, self.service.clock.now)
            store.open(row, _ROOM)
            store.finish(row, self.service.clock.now, "receipt")
            assert part.size == row.size


def upload_row(bid: SubmitBid, number: int, now: int) -> UploadRow:
    part = bid.parts[number - 1]
    return UploadRow(
        id=part.file[:16],
        owner=bid.bidder,
        agency=AGENCY.id,
        tender=bid.tender,
        lot=bid.lot,
        part=number,
        digest=Digest(part.file),
        size=part.size,
        chunk_bytes=2**23,
        opened_at=now,
        expires_at=now + 1,
    )


def bid_form(sealed: SealedBid) -> dict[str, Any]:
    return {
        "message": messages.to_json(sealed.bid),
        "shares": "0x" + sealed.shares.hex(),
        "signature": "0x" + sealed.signature.hex(),
        "bondSignature": "0x",
    }


def withdrawal_form(told: Told, name: str, version: int, lot: int = 0) -> dict[str, Any]:
    return withdrawal_of(told.story, name, version, lot)


def withdrawal_of(story: Story, name: str, version: int, lot: int = 0) -> dict[str, Any]:
    until = story.now + MESSAGE_LIFE
    message = WithdrawBid(story.id, lot, address(name), version, until)
    signature = messages.sign(story.ledger, message, secret(name))
    return {"message": messages.to_json(message), "signature": "0x" + signature.hex()}


def secret_form(sealed: SealedBid, part: int, secrets: Sequence[bytes]) -> dict[str, Any]:
    given = "0x" + secrets[part - 1].hex()
    return {"message": messages.to_json(sealed.bid), "part": part, "secret": given}
