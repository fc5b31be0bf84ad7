"""Uploads that are stored while they arrive, whole or not at all.

The Idempotency-Key is looked up before the first byte and again after the last: what was answered
before is hashed and not stored, and of two equal uploads at once the later one is forgotten and
gets the first one's answer.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from email.message import Message
from typing import Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.http.idempotency import first_answer, keeping, key_of
from api.http.problems import MediaTypeUnknown
from api.services.idempotency import (
    Fingerprint,
    IdempotencyKeyMissing,
    KeptAnswer,
    KeyedRequest,
    Repeats,
    RequestInFlight,
)
from api.services.jobs import JobNotReceiving, JobOrder, Jobs, JobUnknown, JobView
from ledger.errors import Refused
from ledger.values import Address

CSV: Final = "text/csv"
JSON_LINES: Final = "application/x-ndjson"
PIECE_BYTES: Final = 1 << 18
"""What is stored at once: short enough to let other writers in between (proposed)."""
PIECE_SECONDS: Final = 60.0
"""How long such a piece may take to come: 4 kB a second (proposed)."""


@dataclass(eq=False)
class UploadStalled(Refused):
    """The upload came too slowly; nothing of it was kept. Send it again over a better line."""

    seconds: float


@dataclass(eq=False)
class UploadCut(Refused):
    """The upload ended half way; nothing of it was kept."""


class Reception:
    """Takes uploads in for `jobs`."""

    def __init__(
        self, jobs: Jobs, repeats: Repeats, answer_of: Callable[[JobView], KeptAnswer]
    ) -> None:
        self._jobs = jobs
        self._repeats = repeats
        self._answer_of = answer_of

    async def take(self, request: Request, order: JobOrder, by: Address) -> KeptAnswer:
        """Store the body as a job that waits; return the answer, a repeat's being the first one's.

        Raises:
            IdempotencyKeyMissing: when what is to be issued comes without a key.
            IdempotencyKeyReused, RequestInFlight: as `Repeats.begin`.
            JobNotReceiving: when somebody cancelled the job meanwhile.
            RequestTooLarge, UploadStalled, UploadCut: for the body; nothing of it is kept.
            And as `Jobs.begin`, before the body is read, and `Jobs.submit`.
        """
        key = key_of(request, by)
        if key is None and not order.is_dry_run:
            raise IdempotencyKeyMissing
        if key is not None and await self._repeats.is_answered(key):
            return await self._again(request, key)
        job = await run_in_threadpool(self._jobs.begin, order, by)
        try:
            fingerprint = await self._store(request, job)
            if key is None:
                return self._answer_of(await run_in_threadpool(self._jobs.submit, job, by, None))
            return await self._submit(job, by, replace(key, fingerprint=fingerprint))
        except BaseException:
            # Shielded: a server that ends cancels this, too.
            await asyncio.shield(run_in_threadpool(self._forget, job))
            raise

    async def _again(self, request: Request, key: KeyedRequest) -> KeptAnswer:
        """Return the first answer to this body, which is read for its fingerprint alone."""
        fingerprint = _fingerprint(request)
        async for piece in pieces(request.stream()):
            fingerprint.update(piece)
        return await first_answer(replace(key, fingerprint=fingerprint.digest()), self._repeats)

    async def _store(self, request: Request, job: bytes) -> bytes:
        fingerprint = _fingerprint(request)
        async for piece in pieces(request.stream()):
            fingerprint.update(piece)
            await run_in_threadpool(self._jobs.append, job, piece)
        return fingerprint.digest()

    async def _submit(self, job: bytes, by: Address, key: KeyedRequest) -> KeptAnswer:
        """Submit the job, unless an equal request was first: then forget it."""
        found = await self._repeats.begin(key)
        if isinstance(found, KeptAnswer):
            await run_in_threadpool(self._forget, job)
            return found
        keep = keeping(found, self._answer_of)
        try:
            return self._answer_of(await run_in_threadpool(self._jobs.submit, job, by, keep))
        except RequestInFlight:
            await run_in_threadpool(self._forget, job)
            return await first_answer(key, self._repeats)
        finally:
            self._repeats.end(found)

    def _forget(self, job: bytes) -> None:
        """Forget a job unless it is whole by now, or gone."""
        with suppress(JobUnknown, JobNotReceiving):
            self._jobs.discard(job)


async def pieces(
    parts: AsyncIterator[bytes], size: int = PIECE_BYTES, seconds: float = PIECE_SECONDS
) -> AsyncIterator[bytes]:
    """Yield a body in pieces of `size` bytes, the last one shorter.

    Raises:
        UploadStalled: when a piece takes longer than `seconds` to come.
        UploadCut: when the sender leaves before the end.
    """
    waiting = bytearray()
    is_open = True
    while is_open:
        try:
            async with asyncio.timeout(seconds):
                is_open = await _fill(waiting, parts, size)
        except TimeoutError:
            raise UploadStalled(seconds) from None
        except ClientDisconnect:
            raise UploadCut from None
        while len(waiting) >= size or (waiting and not is_open):
            yield bytes(waiting[:size])
            del waiting[:size]


def media_type_of(request: Request) -> tuple[str, str | None]:
    """Return media type and charset of a body; raise `MediaTypeUnknown` for no CSV or NDJSON."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "application/octet-stream")
    media_type = header.get_content_type()
    if media_type not in {CSV, JSON_LINES}:
        raise MediaTypeUnknown((CSV, JSON_LINES))
    return media_type, header.get_content_charset()


async def _fill(waiting: bytearray, parts: AsyncIterator[bytes], size: int) -> bool:
    """Add parts until `size` bytes wait; return False at the end of them."""
    while len(waiting) < size:
        part = await anext(parts, None)
        if part is None:
            return False
        waiting += part
    return True


def _fingerprint(request: Request) -> Fingerprint:
    return Fingerprint(request.headers.get("content-type", ""))
