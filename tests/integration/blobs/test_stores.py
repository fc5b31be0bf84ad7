"""One suite for every store of large files: disk, a real S3 server over HTTP, and the fake."""

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from api.blobs.files import FileBlobs
from api.blobs.s3 import S3Blobs, open_bucket
from api.blobs.store import BlobStore, BlobStoreUnavailable, BlobUnknown
from ledger.tenders.errors import DigestMismatch
from ledger.values import Digest
from tests.support.blobs import MemoryBlobs

UPLOAD = b"\x07" * 16
CONTENT = os.urandom(3 * 2**20 + 17)
DIGEST = Digest(sha256(CONTENT).digest())
BUCKET = "sealed-bids"


def pieces(content: bytes = CONTENT) -> Iterator[bytes]:
    for start in range(0, len(content), 2**18):
        yield content[start : start + 2**18]


@pytest.fixture(scope="module")
def s3_origin() -> Iterator[str]:
    """A server that speaks S3, with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_origin: str, monkeypatch: pytest.MonkeyPatch) -> S3Blobs:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sample")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sample")
    made = open_bucket(f"{s3_origin}/{BUCKET}/{os.urandom(4).hex()}")
    made._client.create_bucket(Bucket=BUCKET)  # noqa: SLF001  # an operator does, before the start
    return made


@pytest.fixture(params=["memory", "file", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    stores: dict[str, Callable[[], BlobStore]] = {
        "memory": MemoryBlobs,
        "file": lambda: FileBlobs(tmp_path),
        "s3": lambda: request.getfixturevalue("bucket"),
    }
    return stores[request.param]()


class TestFiles:
    def test_are_given_back(self, blobs: BlobStore) -> None:
        blobs.keep(DIGEST, pieces)
        assert b"".join(blobs.read(DIGEST)) == CONTENT

    def test_that_are_there_are_not_written_again(self, blobs: BlobStore) -> None:
        blobs.keep(DIGEST, pieces)
        blobs.keep(DIGEST, pieces)
        assert b"".join(blobs.read(DIGEST)) == CONTENT

    def test_that_are_there_are_not_believed_to_be_somebody_elses(self, blobs: BlobStore) -> None:
        blobs.keep(DIGEST, pieces)
        with pytest.raises(DigestMismatch):
            blobs.keep(DIGEST, tuple)
        assert b"".join(blobs.read(DIGEST)) == CONTENT

    @pytest.mark.parametrize(
        "content", [CONTENT[:-1], CONTENT + b"\0", b""], ids=["cut", "longer", "none"]
    )
    def test_of_another_digest_are_not_kept(self, blobs: BlobStore, content: bytes) -> None:
        with pytest.raises(DigestMismatch) as refused:
            blobs.keep(DIGEST, lambda: pieces(content))
        assert refused.value.given == sha256(content).digest()
        with pytest.raises(BlobUnknown):
            list(blobs.read(DIGEST))
        blobs.keep(DIGEST, pieces)

    def test_may_be_empty(self, blobs: BlobStore) -> None:
        empty = Digest(sha256(b"").digest())
        blobs.keep(empty, tuple)
        assert b"".join(blobs.read(empty)) == b""

    def test_of_several_parts(self, blobs: BlobStore) -> None:
        content = os.urandom(17 * 2**20)
        digest = Digest(sha256(content).digest())
        blobs.keep(digest, lambda: pieces(content))
        assert sha256(b"".join(blobs.read(digest))).digest() == digest

    def test_whose_writer_fails_half_way_are_not_there(self, blobs: BlobStore) -> None:
        def cut() -> Iterator[bytes]:
            yield CONTENT[:100]
            raise BlobStoreUnavailable

        with pytest.raises(BlobStoreUnavailable):
            blobs.keep(DIGEST, cut)
        with pytest.raises(BlobUnknown):
            list(blobs.read(DIGEST))

    def test_go(self, blobs: BlobStore) -> None:
        blobs.keep(DIGEST, pieces)
        blobs.remove(DIGEST)
        blobs.remove(DIGEST)
        with pytest.raises(BlobUnknown):
            list(blobs.read(DIGEST))


class TestPieces:
    def test_wait_under_their_names_until_they_are_forgotten(self, blobs: BlobStore) -> None:
        blobs.stage(UPLOAD, "0", b"one")
        blobs.stage(UPLOAD, "0", b"two")
        blobs.stage(UPLOAD, "1", b"three")
        assert [blobs.staged(UPLOAD, name) for name in ("0", "1")] == [b"two", b"three"]
        other = b"\x08" * 16
        blobs.stage(other, "0", b"four")
        blobs.unstage(UPLOAD)
        blobs.unstage(UPLOAD)
        with pytest.raises(BlobUnknown):
            blobs.staged(UPLOAD, "0")
        assert blobs.staged(other, "0") == b"four"

    def test_and_files_outlive_the_sweep(self, blobs: BlobStore) -> None:
        blobs.stage(UPLOAD, "0", b"one")
        blobs.keep(DIGEST, pieces)
        blobs.sweep(2**33)
        assert blobs.staged(UPLOAD, "0") == b"one"
        assert b"".join(blobs.read(DIGEST)) == CONTENT


class TestDisk:
    def test_what_a_kill_left_is_swept_when_it_is_old(self, tmp_path: Path) -> None:
        left = tmp_path / "ab" / ".tmp-left"
        left.parent.mkdir()
        left.write_bytes(b"half")
        blobs = FileBlobs(tmp_path)
        blobs.sweep(int(left.stat().st_mtime) - 1)
        assert left.exists()
        blobs.sweep(int(left.stat().st_mtime) + 1)
        assert not left.exists()

    def test_refusal_says_that_nobody_could_say(self, tmp_path: Path) -> None:
        (tmp_path / "staging").write_bytes(b"in the way")
        with pytest.raises(BlobStoreUnavailable):
            FileBlobs(tmp_path).stage(UPLOAD, "0", b"one")


class TestBucket:
    def test_parts_of_a_file_that_never_became_one_are_swept(self, bucket: S3Blobs) -> None:
        client, key = bucket._client, f"{bucket._prefix}left"  # noqa: SLF001  # as a kill leaves it
        client.create_multipart_upload(Bucket=BUCKET, Key=key)
        bucket.sweep(0)
        assert client.list_multipart_uploads(Bucket=BUCKET, Prefix=key)["Uploads"]
        bucket.sweep(2**33)
        assert not client.list_multipart_uploads(Bucket=BUCKET, Prefix=key).get("Uploads")

    def test_server_that_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sample")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sample")
        gone = open_bucket("http://127.0.0.1:9/nowhere")
        with pytest.raises(BlobStoreUnavailable):
            list(gone.read(DIGEST))

    def test_bucket_that_is_gone(self, bucket: S3Blobs, s3_origin: str) -> None:
        other = open_bucket(f"{s3_origin}/no-such-bucket")
        with pytest.raises(BlobStoreUnavailable):
            other.stage(UPLOAD, "0", b"one")
        assert bucket is not other
