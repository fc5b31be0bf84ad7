"""Withdrawn codes: their hashes, where they are looked up, and lists of two kinds."""

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health.hcert import claims, envelope, reading
from ledger.health.hcert.revocation import (
    HashType,
    KeyLists,
    Mode,
    Place,
    PrefixList,
    RevocationLists,
    Slice,
    SliceMalformed,
    hashes,
    place_of,
    read_bloom_filter,
    read_prefix_list,
)
from ledger.keys import CURVE_ORDER
from tests.support.health_codes import NOW, Issuer, text

ISSUER = Issuer()
MESSAGE = ISSUER.message()
CODE = text(MESSAGE)
DIGESTS = st.binary(min_size=16, max_size=16)


def hashes_of(code: str) -> dict[HashType, bytes]:
    message = envelope.read(code)
    return hashes(message, claims.read(message.payload))


def short(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def bloom(
    digests: list[bytes], rounds: int = 3, words: int = 64, *, swapped: bool = False
) -> bytes:
    bits = bytearray(4 * words)
    for digest in digests:
        for seed in range(rounds):
            found = hashlib.sha256(digest + bytes((seed,))).digest()
            place = int.from_bytes(found, signed=True) % (32 * words)
            bits[place // 8] |= 0x80 >> place % 8
    head = (rounds, 0) if swapped else (0, rounds)
    return struct.pack(">hbbfiii", 1, *head, 1e-4, 10, len(digests), words) + bytes(bits)


def prefixes(digests: list[bytes], size: int = 4) -> bytes:
    head = struct.pack(">hfib", 1, 1e-4, len(digests), size)
    return head + b"".join(digest[:size] for digest in digests)


class TestHashes:
    def test_of_an_elliptic_signature_r_alone(self) -> None:
        signature = MESSAGE[3]
        s = CURVE_ORDER - int.from_bytes(signature[32:])
        other = text([*MESSAGE[:3], signature[:32] + s.to_bytes(32)])
        assert hashes_of(CODE)[HashType.SIGNATURE] == short(signature[:32])
        assert hashes_of(other) == hashes_of(CODE)

    def test_of_another_signature_all(self) -> None:
        message = Issuer(bits=2048).message()
        assert hashes_of(text(message))[HashType.SIGNATURE] == short(message[3])

    def test_of_the_number(self) -> None:
        found = hashes_of(CODE)
        assert found[HashType.UCI] == short(b"URN:UVCI:01:XX:SAMPLE")
        assert found[HashType.COUNTRYCODEUCI] == short(b"XXURN:UVCI:01:XX:SAMPLE")


class TestPlaceOf:
    @pytest.mark.parametrize(
        ("mode", "place"),
        [
            (Mode.POINT, Place("null", "1")),
            (Mode.VECTOR, Place("1", "a")),
            (Mode.COORDINATE, Place("1a", "2")),
        ],
    )
    def test_is_of_the_first_digits(self, mode: Mode, place: Place) -> None:
        assert place_of(bytes.fromhex("1a2b") + bytes(14), mode) == place


class TestBloomFilter:
    @given(digests=st.lists(DIGESTS, min_size=1, max_size=8), swapped=st.booleans())
    def test_holds_all_that_was_put_in(self, digests: list[bytes], *, swapped: bool) -> None:
        found = read_bloom_filter(bloom(digests, swapped=swapped))
        assert all(found.holds(digest) for digest in digests)
        assert not found.is_exact

    def test_holds_little_else(self) -> None:
        found = read_bloom_filter(bloom([b"\x01" * 16], rounds=8, words=1024))
        assert not any(found.holds(bytes([place]) * 16) for place in range(2, 200))

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            bloom([])[:19],
            bloom([])[:-1],
            bloom([]) + b"\x00",
            bloom([], rounds=0),
            bloom([], rounds=3)[:2] + b"\x01\x03" + bloom([])[4:],
            bloom([], rounds=3)[:3] + b"\x80" + bloom([])[4:],
            bloom([], words=0),
        ],
    )
    def test_refused(self, data: bytes) -> None:
        with pytest.raises(SliceMalformed):
            read_bloom_filter(data)

    @given(st.binary(max_size=60))
    def test_no_bytes_raise_anything_else(self, data: bytes) -> None:
        for reader in (read_bloom_filter, read_prefix_list):
            try:
                reader(data)
            except SliceMalformed:
                continue


class TestPrefixList:
    @given(st.lists(DIGESTS, min_size=1, max_size=8), st.integers(1, 16))
    def test_holds_beginnings(self, digests: list[bytes], size: int) -> None:
        found = read_prefix_list(prefixes(digests, size))
        assert all(found.holds(digest) for digest in digests)
        assert found.is_exact is (size == 16)
        other = bytes(byte ^ 1 for byte in digests[0])
        if other[:size] not in {digest[:size] for digest in digests}:
            assert not found.holds(other) or other[0] == 0xFF

    @pytest.mark.parametrize(
        ("prefix", "written"),
        [("ff812233", "00812233"), ("ffff8122", "00008122"), ("ffffffff", "000000ff")],
    )
    def test_what_the_reference_writes_of_a_negative_number(
        self, prefix: str, written: str
    ) -> None:
        found = PrefixList(4, [bytes.fromhex(written)])
        assert found.holds(bytes.fromhex(prefix) + bytes(12))
        assert not found.holds(bytes.fromhex("ff012233") + bytes(12))

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            prefixes([])[:10],
            prefixes([b"\x01" * 16]) + b"\x00",
            prefixes([], 0),
            prefixes([], 17),
        ],
    )
    def test_refused(self, data: bytes) -> None:
        with pytest.raises(SliceMalformed):
            read_prefix_list(data)


class TestReading:
    @staticmethod
    def lists(piece: Slice, kind: HashType = HashType.UCI) -> RevocationLists:
        place = place_of(hashes_of(CODE)[kind], Mode.VECTOR)
        lists = KeyLists(Mode.VECTOR, frozenset((kind,)), {place: (piece,)})
        return RevocationLists({ISSUER.kid: lists})

    @pytest.mark.parametrize("kind", list(HashType))
    def test_a_possible_hit_says_so(self, kind: HashType) -> None:
        piece = read_bloom_filter(bloom([hashes_of(CODE)[kind]]))
        found = reading.read(CODE, ISSUER.trust, NOW, revocation=self.lists(piece, kind))
        assert [(f.reason, f.detail) for f in found.findings] == [("STATUS", "perhaps withdrawn")]

    def test_a_whole_hash_is_certain(self) -> None:
        piece = read_prefix_list(prefixes([hashes_of(CODE)[HashType.UCI]], 16))
        found = reading.read(CODE, ISSUER.trust, NOW, revocation=self.lists(piece))
        assert [f.detail for f in found.findings] == ["withdrawn"]

    def test_lists_of_others_say_nothing(self) -> None:
        piece = read_prefix_list(prefixes([bytes(16)]))
        assert reading.read(CODE, ISSUER.trust, NOW, revocation=self.lists(piece)).code == "OK"
        others = RevocationLists({b"\x00" * 8: self.lists(piece).by_kid[ISSUER.kid]})
        assert reading.read(CODE, ISSUER.trust, NOW, revocation=others).code == "OK"
