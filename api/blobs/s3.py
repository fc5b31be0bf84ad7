"""Large files in a bucket of any store that speaks S3: `aa/aabb…` by digest, `staging/…`.

An object appears when its last request succeeds and never before, so there is no temporary name:
a file goes up in parts, and its parts become the object once their digest is the one expected.
Who may read the bucket is the operator's to say; credentials come as boto3 finds them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import boto3  # type: ignore[import-untyped]  # it brings no types
from botocore.config import Config  # type: ignore[import-untyped]  # as above
from botocore.exceptions import (  # type: ignore[import-untyped]  # as above
    BotoCoreError,
    ClientError,
)

from api.blobs.store import (
    READ_BYTES,
    BlobStoreUnavailable,
    BlobUnknown,
    Source,
    hashed,
    require_hashed,
)
from ledger.values import Digest

PART_BYTES: Final = 8 * 2**20
"""Parts of a file; S3 wants 5 MiB at least, of all but the last, and 10,000 at most."""
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 60
_ABSENT: Final = frozenset({"NoSuchKey", "404", "NotFound"})
_MOST_DELETED: Final = 1_000


class S3Blobs:
    """A `BlobStore` in a bucket, of which `prefix` (empty, or ending in a slash) is ours."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def stage(self, upload: bytes, name: str, content: bytes) -> None:  # noqa: D102  # as the port
        with _spoken():
            self._client.put_object(
                Bucket=self._bucket, Key=self._staging(upload) + name, Body=content
            )

    def staged(self, upload: bytes, name: str) -> bytes:  # noqa: D102  # as the port
        with _spoken(upload):
            found = self._client.get_object(Bucket=self._bucket, Key=self._staging(upload) + name)
            return bytes(found["Body"].read())

    def unstage(self, upload: bytes) -> None:  # noqa: D102  # as the port
        with _spoken():
            for keys in self._keys(self._staging(upload)):
                for key in keys:
                    self._client.delete_object(Bucket=self._bucket, Key=key)

    def keep(self, digest: Digest, source: Source) -> None:  # noqa: D102  # as the port
        with _spoken():
            if self._has(digest):
                require_hashed(source(), digest)
            else:
                self._put(self._key(digest), hashed(source(), digest))

    def has(self, digest: Digest) -> bool:  # noqa: D102  # as the port
        with _spoken():
            return self._has(digest)

    def read(self, digest: Digest) -> Iterator[bytes]:  # noqa: D102  # as the port
        with _spoken(digest):
            found = self._client.get_object(Bucket=self._bucket, Key=self._key(digest))
            yield from found["Body"].iter_chunks(READ_BYTES)

    def remove(self, digest: Digest) -> None:  # noqa: D102  # as the port
        with _spoken():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(digest))

    def sweep(self, before: int) -> None:  # noqa: D102  # as the port
        with _spoken():
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"].timestamp() < before:
                        self._abort(upload["Key"], upload["UploadId"])

    def _key(self, digest: Digest) -> str:
        name = digest.hex()
        return f"{self._prefix}{name[:2]}/{name}"

    def _staging(self, upload: bytes) -> str:
        return f"{self._prefix}staging/{upload.hex()}/"

    def _has(self, digest: Digest) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key(digest))
        except ClientError as error:
            if _code(error) in _ABSENT:
                return False
            raise
        return True

    def _keys(self, prefix: str) -> Iterator[list[str]]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            yield [found["Key"] for found in page.get("Contents", ())]

    def _put(self, key: str, pieces: Iterable[bytes]) -> None:
        begun = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)
        try:
            parts = [
                self._part(key, begun["UploadId"], number, part)
                for number, part in enumerate(_parts(pieces), 1)
            ]
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=begun["UploadId"],
                MultipartUpload={"Parts": parts},
            )
        except BaseException:
            self._abort(key, begun["UploadId"])
            raise

    def _part(self, key: str, upload: str, number: int, content: bytes) -> dict[str, Any]:
        said = self._client.upload_part(
            Bucket=self._bucket, Key=key, UploadId=upload, PartNumber=number, Body=content
        )
        return {"PartNumber": number, "ETag": said["ETag"]}

    def _abort(self, key: str, upload: str) -> None:
        self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)


def open_bucket(url: str) -> S3Blobs:
    """Return the store at `https://host[:port]/bucket[/prefix][?region=…]`."""
    parts = urlsplit(url)
    bucket, _, prefix = parts.path.strip("/").partition("/")
    region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "max_attempts": 3},
        s3={"addressing_style": "path"},
    )
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=f"{parts.scheme}://{parts.netloc}",
        region_name=region,
        config=config,
    )
    return S3Blobs(client, bucket, f"{prefix}/" if prefix else "")


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of `pieces` in parts of one size, the last one shorter, one at least."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) > PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    yield bytes(waiting)


@contextmanager
def _spoken(name: bytes | None = None) -> Iterator[None]:
    """Say what the store's refusals mean: `BlobUnknown` for `name`, else that it is not there."""
    try:
        yield
    except ClientError as exc:
        if name is not None and _code(exc) in _ABSENT:
            raise BlobUnknown(name) from exc
        raise BlobStoreUnavailable from exc
    except BotoCoreError as exc:
        raise BlobStoreUnavailable from exc


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
