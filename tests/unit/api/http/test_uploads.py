import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from api.http.problems import MediaTypeUnknown
from api.http.uploads import CSV, JSON_LINES, UploadCut, UploadStalled, media_type_of, pieces


async def arriving(*parts: bytes | Exception) -> AsyncIterator[bytes]:
    for part in parts:
        if isinstance(part, Exception):
            raise part
        yield part


async def never() -> AsyncIterator[bytes]:
    yield b"x"
    await asyncio.Event().wait()


async def collected(parts: AsyncIterator[bytes], size: int, seconds: float = 60) -> list[bytes]:
    return [piece async for piece in pieces(parts, size, seconds)]


class TestPieces:
    @given(st.lists(st.binary(max_size=40), max_size=20), st.integers(1, 16))
    def test_are_the_body_in_equal_parts(self, parts: list[bytes], size: int) -> None:
        found = asyncio.run(collected(arriving(*parts), size))
        assert b"".join(found) == b"".join(parts)
        assert all(len(piece) == size for piece in found[:-1])
        assert all(0 < len(piece) <= size for piece in found)

    def test_of_a_sender_who_leaves_are_none(self) -> None:
        with pytest.raises(UploadCut):
            asyncio.run(collected(arriving(b"ab", ClientDisconnect()), 4))

    def test_must_come_in_time(self) -> None:
        with pytest.raises(UploadStalled):
            asyncio.run(collected(never(), 4, seconds=0))

    def test_that_come_in_time_may_be_many(self) -> None:
        assert asyncio.run(collected(arriving(*[b"ab"] * 9), 4)) == [b"abab"] * 4 + [b"ab"]

    def test_do_not_hide_other_errors(self) -> None:
        with pytest.raises(KeyError):
            asyncio.run(collected(arriving(KeyError()), 4))


class TestMediaType:
    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("text/csv", (CSV, None)),
            ("Text/CSV; header=present", (CSV, None)),
            ("text/csv; charset=GB18030", (CSV, "gb18030")),
            ('application/x-ndjson; charset="UTF-8"', (JSON_LINES, "utf-8")),
        ],
    )
    def test_is_read_with_its_charset(self, header: str, expected: tuple[str, str | None]) -> None:
        assert media_type_of(request(header)) == expected

    @pytest.mark.parametrize("header", [None, "", "application/json", "text/plain", "csv", "\x00"])
    def test_of_another_kind_is_refused(self, header: str | None) -> None:
        with pytest.raises(MediaTypeUnknown):
            media_type_of(request(header))


def request(content_type: str | None) -> Request:
    headers = [] if content_type is None else [(b"content-type", content_type.encode())]
    return Request({"type": "http", "headers": headers})
