import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.age import recipient_of, seal
from ledger.age_header import SealedForAnother, SealedMalformed, identity_text
from ledger.age_stream import CHUNK_BYTES, opened, read_header, sealed, sealed_size
from tests.support.licences import counted_bytes

IDENTITY = bytes(range(32))
RECIPIENT = recipient_of(IDENTITY)
OTHER = b"\x07" * 32
LENGTHS = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 200_000)
SEALED = b"".join(sealed([b"ab" * 40_000], [RECIPIENT], counted_bytes()))


class Trickle:
    """A stream that gives fewer bytes than were asked for."""

    def __init__(self, octets: bytes) -> None:
        self._rest = io.BytesIO(octets)

    def read(self, size: int, /) -> bytes:
        return self._rest.read(min(size, 1000))


def unsealed(octets: bytes, identity: bytes = IDENTITY) -> bytes:
    return b"".join(opened(io.BytesIO(octets), identity))


def content_of(length: int) -> bytes:
    return counted_bytes(b"content")(length)


class TestSealed:
    @pytest.mark.parametrize("length", LENGTHS)
    def test_is_opened_by_another_program(self, length: int) -> None:
        content = content_of(length)
        octets = b"".join(sealed([content], [RECIPIENT], counted_bytes()))
        identity = pyrage.x25519.Identity.from_str(identity_text(IDENTITY))
        assert pyrage.decrypt(octets, [identity]) == content
        assert len(octets) == sealed_size(length, [RECIPIENT])

    @pytest.mark.skipif(shutil.which("age") is None, reason="no age on this machine")
    def test_is_opened_by_stock_age(self, tmp_path: Path) -> None:
        key, file = tmp_path / "key.txt", tmp_path / "file.age"
        key.write_text(identity_text(IDENTITY) + "\n")
        file.write_bytes(SEALED)
        done = subprocess.run(
            ["age", "-d", "-i", str(key), str(file)],  # noqa: S607  # found on PATH above
            capture_output=True,
            check=True,
        )
        assert done.stdout == b"ab" * 40_000

    def test_opens_for_each_of_its_recipients(self) -> None:
        both = [RECIPIENT, recipient_of(OTHER)]
        octets = b"".join(sealed([b"for two"], both, counted_bytes()))
        assert unsealed(octets) == unsealed(octets, OTHER) == b"for two"
        assert len(octets) == sealed_size(len(b"for two"), both)

    @given(st.lists(st.binary(max_size=100_000), max_size=5))
    def test_does_not_depend_on_how_its_content_is_cut(self, pieces: list[bytes]) -> None:
        whole = b"".join(sealed([b"".join(pieces)], [RECIPIENT], counted_bytes()))
        assert b"".join(sealed(pieces, [RECIPIENT], counted_bytes())) == whole


class TestOpened:
    @pytest.mark.parametrize("length", LENGTHS)
    def test_opens_what_another_program_sealed(self, length: int) -> None:
        content = content_of(length)
        octets = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(RECIPIENT)])
        assert unsealed(octets) == content

    @pytest.mark.parametrize("length", LENGTHS)
    def test_reads_streams_that_trickle(self, length: int) -> None:
        content = content_of(length)
        octets = b"".join(sealed([content], [RECIPIENT], counted_bytes()))
        assert b"".join(opened(Trickle(octets), IDENTITY)) == content

    def test_reads_what_is_sealed_as_a_short_message(self) -> None:
        assert unsealed(seal(b"short", RECIPIENT, counted_bytes())) == b"short"

    @given(st.integers(0, len(SEALED) - 1), st.integers(0, 7))
    def test_never_after_one_bit_was_changed(self, place: int, bit: int) -> None:
        changed = bytearray(SEALED)
        changed[place] ^= 1 << bit
        with pytest.raises((SealedMalformed, SealedForAnother)):
            unsealed(bytes(changed))

    @given(st.integers(0, len(SEALED) - 1))
    def test_never_when_cut(self, length: int) -> None:
        with pytest.raises((SealedMalformed, SealedForAnother)):
            unsealed(SEALED[:length])

    @pytest.mark.parametrize("length", [CHUNK_BYTES, 2 * CHUNK_BYTES])
    def test_never_when_cut_between_chunks_or_lengthened(self, length: int) -> None:
        octets = b"".join(sealed([bytes(length)], [RECIPIENT], counted_bytes()))
        for other in (octets[: -CHUNK_BYTES - 16], octets + bytes(16), octets + octets[-16:]):
            with pytest.raises((SealedMalformed, SealedForAnother)):
                unsealed(other)

    def test_not_for_another(self) -> None:
        with pytest.raises(SealedForAnother):
            unsealed(SEALED, OTHER)

    def test_seals_as_it_is_asked_for(self) -> None:
        taken = 0

        def endless() -> Iterator[bytes]:
            nonlocal taken
            while True:
                taken += 1
                yield bytes(CHUNK_BYTES)

        stream = sealed(endless(), [RECIPIENT], counted_bytes())
        for _ in range(5):
            next(stream)
        assert taken <= 6


class TestReadHeader:
    def test_gives_what_was_read_behind_it(self) -> None:
        header, behind = read_header(io.BytesIO(SEALED))
        assert len(header.stanzas) == 1
        assert SEALED[header.size_bytes :].startswith(behind)

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"age-encryption.org/v1\n" + b"-> X25519 a\n" * 2000,
            pyrage.passphrase.encrypt(b"", "a password"),
        ],
        ids=["empty", "endless", "passphrase"],
    )
    def test_of_no_file_for_a_key_is_refused(self, octets: bytes) -> None:
        with pytest.raises(SealedMalformed):
            read_header(io.BytesIO(octets))
