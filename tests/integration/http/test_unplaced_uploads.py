"""Sealed files for mailboxes: nobody says of which bid they are; bids on the chain do, or never."""

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from api.blobs.store import BlobStoreUnavailable
from api.services.bid_uploads import CHUNK_BYTES
from api.services.unplaced_uploads import UnplacedUploads
from api.store.bid_tables import bid_uploads
from api.store.bid_uploads import BidUploadStore, Limits, UploadRow
from api.store.tender_tables import tender_papers
from api.store.tenders import TenderStore
from ledger.chain.accounts import Account
from ledger.events import RoleGranted
from ledger.tenders import receipts
from ledger.values import Digest, Role, role_id
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.sealed_files import digest_header, sealed_file
from tests.support.service import FOREIGN_ID, World, account, refusal
from tests.support.tender_story import DAY, SealedBid
from tests.support.told_tenders import Told, bid_form

UPLOADS = "/v1/bids/uploads"
SMALL = sealed_file(2**16)
OWN, OTHER = account("this file's key"), account("that file's key")
_ROOM = Limits(2**16, 2**40)
SPARE = UnplacedUploads.SPARE_SECONDS


def begin(service: World, content: bytes = SMALL, who: Account = OWN, **changes: Any) -> Any:
    form = {
        "size": len(content),
        "sha256": "0x" + sha256(content).hexdigest(),
        "mailbox": "0x" + AGENCY.id.hex(),
    }
    return service.client.post("/v1/mailbox/uploads", json=form | changes, headers=service.by(who))


def send(service: World, content: bytes = SMALL, who: Account = OWN) -> Any:
    """Bring a whole file; return what the service says of it."""
    path = f"{UPLOADS}/{begin(service, content, who).json()['upload']}"
    for number, start in enumerate(range(0, len(content), CHUNK_BYTES)):
        chunk = content[start : start + CHUNK_BYTES]
        headers = {**service.by(who), **digest_header(chunk)}
        answer = service.client.put(f"{path}/chunks/{number}", content=chunk, headers=headers)
        assert answer.status_code == 204, answer.text
    return service.client.post(f"{path}/complete", headers=service.by(who)).json()


@pytest.fixture(autouse=True)
def told(service: World) -> Told:
    """A tender whose mailbox this service keeps."""
    made = Told(service)
    made.catch_up()
    role = role_id(AGENCY.id, Role.ISSUER)
    service.say(lambda place: RoleGranted(place, role, service.operator.address))
    return made


class TestWay:
    def test_names_no_bid_and_gets_its_receipt(self, service: World) -> None:
        told = begin(service)
        assert told.status_code == 201
        assert told.headers["Location"] == f"{UPLOADS}/{told.json()['upload']}"
        done = send(service)
        assert (done["upload"], done["state"]) == (told.json()["upload"], "stored")
        assert done["tender"] is done["lot"] is done["part"] is None
        receipt = receipts.read(done["receipt"], AGENCY_KEY.public_key)
        assert [each.sha256 for each in receipt.files] == [sha256(SMALL).digest()]
        assert (receipt.digest, receipt.named, receipt.leaf) == (None, None, None)
        again = begin(service)
        assert (again.status_code, again.json()["receipt"]) == (200, done["receipt"])

    def test_of_another_key_is_another_upload(self, service: World) -> None:
        assert begin(service).json()["upload"] != begin(service, who=OTHER).json()["upload"]

    def test_says_no_more_than_it_must(self, service: World) -> None:
        for more in ({"tender": "0x" + "7e" * 32}, {"lot": 0}, {"part": 1}):
            assert refusal(begin(service, **more)) == (422, "RequestInvalid")
        form = {"size": 1, "sha256": "0x" + "00" * 32}
        answer = service.client.post("/v1/mailbox/uploads", json=form, headers=service.by(OWN))
        assert refusal(answer) == (422, "RequestInvalid")

    def test_is_refused_where_the_mailbox_is_not_kept_or_nobody_signs(self, service: World) -> None:
        for other in (bytes(32), FOREIGN_ID):
            answer = begin(service, mailbox="0x" + other.hex())
            assert refusal(answer) == (404, "MailboxUnknown")
        service.keys.held = []
        assert refusal(begin(service)) == (503, "SigningKeyMissing")


class Mailbox:
    """A tender whose bids lie in a mailbox, and files that came while it received."""

    def __init__(self, service: World, told: Told) -> None:
        self.service, self.told = service, told
        self.store = BidUploadStore(service.database)
        self.duty = UnplacedUploads(
            uploads=self.store,
            tenders=TenderStore(service.database),
            blobs=service.blobs,
            head=service.registry.head,
            clock=service.clock,
        )

    def keep(self, digest: bytes, owner: Account = OWN) -> None:
        """Let a file lie here whole, without a place."""
        now = self.service.clock.now
        row = UploadRow(
            id=sha256(digest + owner.private_key).digest()[:16],
            owner=owner.address,
            agency=AGENCY.id,
            digest=Digest(digest),
            size=7,
            chunk_bytes=CHUNK_BYTES,
            opened_at=now,
            expires_at=now + 1,
        )
        self.store.open(row, _ROOM)
        self.store.finish(row, now, "a.b.c")
        self.service.blobs.kept[Digest(digest)] = b"sealed!"

    def bid(self, name: str) -> SealedBid:
        made = self.told.story.seal(name)
        for part in made.bid.parts:
            self.keep(part.file)
        return made

    def pass_to(self, moment: int) -> None:
        self.told.pass_to(moment)
        self.duty.step()

    @property
    def places(self) -> dict[bytes, Any]:
        """Of each file that is here still, where it belongs as far as that is known."""
        with self.service.database.read() as connection:
            rows = connection.execute(select(bid_uploads)).all()
        assert {row.digest for row in rows} == set(self.service.blobs.kept)
        return {
            row.digest: None if row.tender is None else (row.tender, row.lot, row.part)
            for row in rows
        }


@pytest.fixture
def mailbox(service: World, told: Told) -> Mailbox:
    return Mailbox(service, told)


class TestEnd:
    def test_is_kept_until_its_tender_is_listed_and_three_days(self, mailbox: Mailbox) -> None:
        made = mailbox.bid("Ann")
        (file,) = (part.file for part in made.bid.parts)
        list_end = mailbox.told.story.ends.list_end
        for moment in (mailbox.service.clock.now + 4 * DAY, list_end, list_end + SPARE - 1):
            mailbox.pass_to(moment)
            assert mailbox.places == {file: None}
        mailbox.service.clock.now += 3_601
        mailbox.pass_to(mailbox.service.clock.now)
        assert mailbox.places == {}

    def test_that_a_bid_named_gets_its_place_and_stays(self, mailbox: Mailbox) -> None:
        """Listed after its deadline by whom it may concern, or brought direct before it."""
        made = mailbox.bid("Ann")
        mailbox.keep(b"\x07" * 32, OTHER)
        story = mailbox.told.story
        story.submit("Ann")
        mailbox.told.catch_up()
        (file,) = (part.file for part in made.bid.parts)
        assert mailbox.places[file] is None  # not looked at yet: nobody asks before the end
        mailbox.pass_to(story.ends.list_end + SPARE + 1)
        assert mailbox.places == {file: (story.id, 0, 1)}
        mailbox.pass_to(mailbox.service.clock.now + 400 * DAY)
        assert mailbox.places == {file: (story.id, 0, 1)}

    def test_that_was_brought_long_after_its_bid_is_kept(self, mailbox: Mailbox) -> None:
        story = mailbox.told.story
        story.submit("Ann")
        mailbox.told.catch_up()
        mailbox.told.pass_to(story.now + 10 * DAY)
        made = mailbox.bid("Ann")
        mailbox.pass_to(story.ends.list_end + SPARE + 1)
        assert mailbox.places == {made.bid.parts[0].file: (story.id, 0, 1)}

    def test_waits_for_a_tender_that_stands_still(self, mailbox: Mailbox) -> None:
        mailbox.bid("Ann")
        story = mailbox.told.story
        story.at(story.now + DAY).suspend()
        mailbox.told.catch_up()
        mailbox.pass_to(story.ends.list_end + 100 * DAY)
        assert len(mailbox.places) == 1
        story.resume()
        mailbox.told.catch_up()
        mailbox.pass_to(story.ends.list_end + SPARE - 1)
        assert len(mailbox.places) == 1
        mailbox.pass_to(story.ends.list_end + SPARE + 3_601)
        assert mailbox.places == {}

    def test_does_not_wait_for_tenders_that_came_later(self, mailbox: Mailbox) -> None:
        mailbox.bid("Ann")
        first = mailbox.told.story
        mailbox.told.pass_to(first.ends.submit_end)
        later = Told(mailbox.service, "GZ-2026-0002")
        later.catch_up()
        mailbox.keep(b"\x08" * 32)
        assert later.story.ends.list_end > first.ends.list_end + SPARE + DAY
        mailbox.pass_to(first.ends.list_end + SPARE + DAY)
        assert set(mailbox.places) == {b"\x08" * 32}

    def test_keeps_the_bytes_that_another_upload_has(self, mailbox: Mailbox) -> None:
        made = mailbox.bid("Ann")
        file = made.bid.parts[0].file
        mailbox.told.keep_files(made)
        mailbox.pass_to(mailbox.told.story.ends.list_end + SPARE + 1)
        assert mailbox.places == {file: (made.bid.tender, 0, 1)}

    def test_keeps_the_bytes_of_a_paper(self, mailbox: Mailbox) -> None:
        """An officer's paper may be a sealed file too, and lies in the same store."""
        file = mailbox.bid("Ann").bid.parts[0].file
        paper = {"tender": b"t", "digest": file, "role": "docs", "agency": AGENCY.id, "size": 7}
        more = {"media_type": "x/y", "brought_by": "0x", "kept_at": 1}
        with mailbox.service.database.write() as connection:
            connection.execute(tender_papers.insert().values(paper | more))
        mailbox.pass_to(mailbox.told.story.ends.list_end + SPARE + 1)
        assert mailbox.service.rows()["bid_uploads"] == 0
        assert set(mailbox.service.blobs.kept) == {file}

    def test_loses_nothing_where_the_store_is_gone(self, mailbox: Mailbox) -> None:
        mailbox.bid("Ann")
        mailbox.service.blobs.is_up = False
        with pytest.raises(BlobStoreUnavailable):
            mailbox.pass_to(mailbox.told.story.ends.list_end + SPARE + 1)
        assert len(mailbox.places) == 1
        mailbox.service.blobs.is_up = True
        mailbox.pass_to(mailbox.service.clock.now + 3_601)
        assert mailbox.places == {}


class TestRelay:
    def test_proves_the_digest_of_a_bid_that_comes_later(self, mailbox: Mailbox) -> None:
        """Whoever brings the message: that its files are here is all that is asked."""
        made = mailbox.told.story.seal("Ann")
        path, form = "/v1/bids", bid_form(made)
        client = mailbox.service.client
        assert refusal(client.post(path, json=form)) == (409, "UploadIncomplete")
        digest = made.bid.parts[0].file
        mailbox.keep(digest)
        with mailbox.service.database.write() as connection:
            connection.execute(bid_uploads.update().values(size=made.bid.parts[0].size))
        answer = client.post(path, json=form)
        assert answer.status_code == 201, answer.text
        receipt = receipts.read(answer.json()["receipt"], AGENCY_KEY.public_key)
        assert [each.sha256 for each in receipt.files] == [digest]
