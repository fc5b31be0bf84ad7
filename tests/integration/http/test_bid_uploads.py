"""Sealed files over HTTP, on both databases: chunk by chunk, cut, resumed, read back, receipted."""

from hashlib import sha256
from typing import Any

from api.http.chunks import Places, Room
from api.services.bid_uploads import (
    CHUNK_BYTES,
    LIFETIME_SECONDS,
    MAX_BYTES,
    MOST_OPEN,
    ExpiredUploads,
)
from api.store.bid_uploads import BidUploadStore
from ledger.chain.accounts import Account
from ledger.tenders import receipts
from ledger.tenders.padding import CLASSES
from ledger.tenders.receipts import ReceiptState
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.sealed_files import TENDER, digest_header, sealed_file, upload_form
from tests.support.service import BASE_URL, World, account, refusal

UPLOADS = "/v1/bids/uploads"
SMALL = sealed_file(2**16)
LARGE = sealed_file(CHUNK_BYTES + 2**20)
BIDDER = account("one-time key")
NOBODY = {"code": "NOBODY", "jurisdiction": "CN-GD"}


def begin(service: World, content: bytes, who: Account = BIDDER, **changes: Any) -> Any:
    form = upload_form(content, **changes)
    return service.client.post(UPLOADS, json=form, headers=service.by(who))


def put(  # what there is to get wrong about a chunk
    service: World,
    upload: str,
    number: int,
    content: bytes,
    who: Account = BIDDER,
    headers: Any = None,
) -> Any:
    given = digest_header(content) if headers is None else headers
    path = f"{UPLOADS}/{upload}/chunks/{number}"
    return service.client.put(path, content=content, headers={**service.by(who), **given})


def put_all(service: World, upload: str, content: bytes) -> None:
    for number, start in enumerate(range(0, len(content), CHUNK_BYTES)):
        answer = put(service, upload, number, content[start : start + CHUNK_BYTES])
        assert answer.status_code == 204, answer.text


def complete(service: World, upload: str, who: Account = BIDDER) -> Any:
    return service.client.post(f"{UPLOADS}/{upload}/complete", headers=service.by(who))


def show(service: World, upload: str, who: Account = BIDDER) -> Any:
    return service.client.get(f"{UPLOADS}/{upload}", headers=service.by(who))


def begun(service: World, content: bytes = SMALL, **changes: Any) -> str:
    answer = begin(service, content, **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["upload"])


class TestWay:
    def test_is_open_to_the_longest_that_padding_makes(self, service: World) -> None:
        """Files of two gibibytes are padded and cut into chunks of age, which makes them longer."""
        two_gibibytes, longest = 2_148_008_120, CLASSES[-1] // 65_536 * (65_536 + 16)
        for size in (two_gibibytes, longest + 16 + 200, MAX_BYTES):
            told = begin(service, SMALL, size=size, sha256=f"0x{size:064x}")
            assert told.status_code == 201, told.text

    def test_of_a_file_in_two_chunks(self, service: World) -> None:
        first = begin(service, LARGE)
        told = first.json()
        assert first.headers["Location"] == f"{UPLOADS}/{told['upload']}"
        assert (told["chunkSize"], told["state"], told["receipt"]) == (
            CHUNK_BYTES,
            "receiving",
            None,
        )
        assert put(service, told["upload"], 1, LARGE[CHUNK_BYTES:]).status_code == 204
        seen = show(service, told["upload"]).json()
        assert [chunk["number"] for chunk in seen["chunks"]] == [1]
        assert seen["received"] == len(LARGE) - CHUNK_BYTES
        assert refusal(complete(service, told["upload"])) == (409, "UploadIncomplete")
        assert put(service, told["upload"], 0, LARGE[:CHUNK_BYTES]).status_code == 204
        done = complete(service, told["upload"]).json()
        assert (done["state"], done["received"]) == ("stored", len(LARGE))
        receipt = receipts.read(done["receipt"], AGENCY_KEY.public_key)
        (file,) = receipt.files
        assert (file.sha256, file.size) == (sha256(LARGE).digest(), len(LARGE))
        assert file.stored_at == receipt.issued_at == service.clock.now
        assert (receipt.state, receipt.digest) == (ReceiptState.STORED, None)
        assert receipt.issuer == f"{BASE_URL}/agencies/CN-GD/{AGENCY.code}"
        assert service.blobs.kept == {sha256(LARGE).digest(): LARGE}
        assert service.blobs.pieces == {}

    def test_of_what_is_repeated(self, service: World) -> None:
        upload = begun(service)
        again = begin(service, SMALL)
        assert (again.status_code, again.json()["upload"]) == (200, upload)
        for _ in range(2):
            put_all(service, upload, SMALL)
        first, second = complete(service, upload), complete(service, upload)
        assert first.json() == second.json()
        after = begin(service, SMALL)
        assert (after.status_code, after.json()["receipt"]) == (200, first.json()["receipt"])
        assert refusal(put(service, upload, 0, SMALL)) == (409, "BidUploadFinished")

    def test_of_another_key_or_part_is_another_upload(self, service: World) -> None:
        stranger = account("another one-time key")
        uploads = {
            begun(service),
            begun(service, part=2),
            begun(service, lot=1),
            begin(service, SMALL, stranger).json()["upload"],
        }
        assert len(uploads) == 4

    def test_after_a_chunk_was_sent_wrong_once(self, service: World) -> None:
        upload = begun(service)
        wrong = SMALL[:-1] + bytes([SMALL[-1] ^ 1])
        assert put(service, upload, 0, wrong).status_code == 204
        refused = complete(service, upload)
        assert refusal(refused) == (422, "DigestMismatch")
        assert refused.json()["expected"] == "0x" + sha256(SMALL).hexdigest()
        assert service.blobs.kept == {}
        put_all(service, upload, SMALL)
        assert complete(service, upload).status_code == 200


class TestRefused:
    def test_of_others(self, service: World) -> None:
        upload, stranger = begun(service), account("stranger")
        for answer in (
            show(service, upload, stranger),
            put(service, upload, 0, SMALL, stranger),
            complete(service, upload, stranger),
            show(service, "0x" + "00" * 16),
        ):
            assert refusal(answer) == (404, "BidUploadUnknown")

    def test_without_a_sign_in_before_the_body_is_read(self, service: World) -> None:
        path = f"{UPLOADS}/{begun(service)}/chunks/0"
        answer = service.client.put(path, content=SMALL, headers=digest_header(SMALL))
        assert refusal(answer) == (401, "SignInMissing")
        assert answer.headers["Connection"] == "close"

    def test_chunk_of_another_length_number_or_digest(self, service: World) -> None:
        upload = begun(service)
        assert refusal(put(service, upload, 0, SMALL[:-1])) == (422, "ChunkSizeWrong")
        assert refusal(put(service, upload, 0, SMALL + b"\0")) == (422, "ChunkSizeWrong")
        assert refusal(put(service, upload, 1, SMALL)) == (404, "ChunkUnknown")
        other = digest_header(SMALL[:-1])
        assert refusal(put(service, upload, 0, SMALL, headers=other)) == (422, "DigestMismatch")
        assert show(service, upload).json()["chunks"] == []
        assert service.blobs.pieces == {}

    def test_chunk_without_its_digest(self, service: World) -> None:
        upload, right = begun(service), digest_header(SMALL)["Content-Digest"]
        for header in ("", "sha-256=:AA==:", "md5=:1B2M2Y8A==:", f"{right}, {right}", right[:-1]):
            answer = put(service, upload, 0, SMALL, headers={"Content-Digest": header})
            assert refusal(answer) == (400, "ContentDigestMissing")
        beside = {"Content-Digest": f"sha-512=:AAAA:, {right}"}
        assert put(service, upload, 0, SMALL, headers=beside).status_code == 204

    def test_chunk_above_the_bound_is_not_read(self, service: World) -> None:
        upload = begun(service, LARGE)
        answer = put(service, upload, 0, bytes(CHUNK_BYTES + 1))
        assert refusal(answer) == (413, "RequestTooLarge")

    def test_file_of_no_size_or_longer_than_any_that_is_sealed(self, service: World) -> None:
        for size in (0, -1, MAX_BYTES + 1, "7", True):
            assert refusal(begin(service, SMALL, size=size)) == (422, "RequestInvalid")

    def test_agency_that_is_not_there_or_cannot_sign(self, service: World) -> None:
        assert refusal(begin(service, SMALL, agency=NOBODY)) == (404, "AgencyUnknown")
        service.keys.held = []
        assert refusal(begin(service, SMALL)) == (503, "SigningKeyMissing")

    def test_what_is_not_sealed(self, service: World) -> None:
        for content in (b"PK" + bytes(100), SMALL[:60], SMALL.replace(b"X25519", b"scrypt", 1)):
            upload = begun(service, content)
            assert refusal(put(service, upload, 0, content)) == (422, "NotSealed")
            assert refusal(complete(service, upload)) == (409, "UploadIncomplete")
        assert service.blobs.kept == {}

    def test_file_of_another_that_is_here_already(self, service: World) -> None:
        upload = begun(service, LARGE)
        put_all(service, upload, LARGE)
        assert complete(service, upload).status_code == 200
        thief = account("thief")
        claimed = begin(service, LARGE, thief, size=len(SMALL)).json()["upload"]
        assert put(service, claimed, 0, SMALL, thief).status_code == 204
        assert refusal(complete(service, claimed, thief)) == (422, "DigestMismatch")
        assert service.blobs.kept == {sha256(LARGE).digest(): LARGE}

    def test_more_than_one_key_may_send_at_once(self, service: World) -> None:
        for lot in range(MOST_OPEN):
            begun(service, lot=lot)
        refused = begin(service, SMALL, lot=MOST_OPEN)
        assert refusal(refused) == (429, "TooManyBidUploads")
        assert begin(service, SMALL, account("another")).status_code == 201
        service.clock.now += LIFETIME_SECONDS
        service.forget_sign_ins()
        assert begin(service, SMALL, lot=MOST_OPEN).status_code == 201

    def test_more_than_there_is_room_for(self, service: World) -> None:
        service.most_blob_bytes = len(SMALL) + 100
        service.app.state.services = service.compose()
        for lot in range(3):  # what is announced alone takes no room
            begun(service, lot=lot)
        first, second = begun(service, lot=3), begun(service, lot=4)
        put_all(service, first, SMALL)
        refused = put(service, second, 0, SMALL)
        assert refusal(refused) == (503, "BidSpaceFull")
        assert refused.headers["Retry-After"]
        assert complete(service, first).status_code == 200
        assert refusal(begin(service, SMALL, lot=5)) == (503, "BidSpaceFull")
        assert begin(service, SMALL, lot=5, size=99).status_code == 201


class TestMemory:
    def test_that_is_full_refuses_before_a_body_is_read(self, service: World) -> None:
        upload = begun(service)
        full = Places(0, seconds=0)
        service.app.state.room = Room(full, full)
        refused = put(service, upload, 0, SMALL, headers=digest_header(SMALL[:-1]))
        assert refusal(refused) == (503, "TooManyChunks")  # its digest was not looked at
        assert refused.headers["Retry-After"]
        assert service.blobs.pieces == {}
        assert refusal(complete(service, upload)) == (503, "TooManyChunks")
        service.app.state.room = Room(Places(1), Places(1))
        put_all(service, upload, SMALL)
        assert complete(service, upload).status_code == 200


class TestStore:
    def test_that_is_gone_is_told_and_tried_again(self, service: World) -> None:
        upload = begun(service)
        service.blobs.is_up = False
        assert refusal(put(service, upload, 0, SMALL)) == (503, "BlobStoreUnavailable")
        service.blobs.is_up = True
        put_all(service, upload, SMALL)
        service.blobs.is_up = False
        assert refusal(complete(service, upload)) == (503, "BlobStoreUnavailable")
        service.blobs.is_up = True
        assert complete(service, upload).status_code == 200

    def test_that_gives_back_other_bytes_gets_no_receipt(self, service: World) -> None:
        upload = begun(service)
        put_all(service, upload, SMALL)
        service.blobs.kept[sha256(SMALL).digest()] = SMALL[:-1] + b"?"
        assert refusal(complete(service, upload)) == (503, "BlobsUnsound")
        assert show(service, upload).json()["state"] == "receiving"
        assert complete(service, upload).json()["state"] == "stored"  # written anew
        assert service.blobs.kept[sha256(SMALL).digest()] == SMALL

    def test_key_that_went_meanwhile_loses_nothing(self, service: World) -> None:
        upload = begun(service)
        put_all(service, upload, SMALL)
        held, service.keys.held = service.keys.held, []
        assert refusal(complete(service, upload)) == (503, "SigningKeyMissing")
        service.keys.held = held
        assert complete(service, upload).json()["receipt"]


class TestEnd:
    def housekeeping(self, service: World) -> None:
        store = BidUploadStore(service.database)
        ExpiredUploads(store, service.blobs, service.clock).step()

    def test_of_an_upload_that_nobody_finished(self, service: World) -> None:
        upload, stored = begun(service, LARGE), begun(service)
        put(service, upload, 0, LARGE[:CHUNK_BYTES])
        put_all(service, stored, SMALL)
        complete(service, stored)
        service.clock.now += LIFETIME_SECONDS - 1
        self.housekeeping(service)
        service.forget_sign_ins()
        assert show(service, upload).status_code == 200
        service.clock.now += 1
        assert refusal(show(service, upload)) == (404, "BidUploadUnknown")
        self.housekeeping(service)
        assert service.blobs.pieces == {}
        assert service.rows()["bid_uploads"] == 1
        assert service.rows()["bid_chunks"] == 0
        assert show(service, stored).json()["state"] == "stored"
        assert service.blobs.kept == {sha256(SMALL).digest(): SMALL}


class TestSecrecy:
    def test_sealed_files_never_come_out(self, service: World) -> None:
        """No route gives the bytes of a file, whoever asks, whatever is in its address."""
        upload = begun(service)
        put_all(service, upload, SMALL)
        complete(service, upload)
        paths = service.client.get("/openapi.json").json()["paths"]
        under = {path: set(found) for path, found in paths.items() if path.startswith(UPLOADS)}
        assert under == {
            UPLOADS: {"post"},
            f"{UPLOADS}/{{upload}}": {"get"},
            f"{UPLOADS}/{{upload}}/chunks/{{number}}": {"put"},
            f"{UPLOADS}/{{upload}}/complete": {"post"},
        }
        digest = sha256(SMALL).hexdigest()
        for path in (f"/{digest}", f"/v1/tenders/{TENDER}/files/{digest}", f"{UPLOADS}/{digest}"):
            assert service.client.get(path, headers=service.by(BIDDER)).status_code in (404, 422)
        assert SMALL[-40:] not in show(service, upload).content

    def test_log_names_neither_key_nor_file(self, service: World) -> None:
        upload = begun(service)
        put_all(service, upload, SMALL)
        logged = str(service.log)
        assert upload not in logged
        assert BIDDER.address not in logged
