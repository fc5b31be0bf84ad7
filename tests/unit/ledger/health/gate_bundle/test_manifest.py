"""Manifests: whose they are, when they count, and that they only go forward."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Unavailable
from ledger.health import cbor, cose, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.gate.evidence import Block, Part
from ledger.health.gate_bundle import manifest as manifests
from ledger.health.gate_bundle.errors import (
    GateBundleAhead,
    GateBundleMalformed,
    GateBundleRolledBack,
    GateBundleUntrusted,
    GateBundleUnusable,
    GateClockBehind,
    GateFileWrong,
)
from ledger.health.gate_bundle.manifest import FileRef, Manifest, check_file, check_newer
from ledger.values import Address, Digest, KeyUsage, LedgerRef
from tests.support.gate_bundles import (
    BLOCK,
    DAY,
    LEDGER,
    NOON,
    SIGNERS,
    STRANGER,
    document_key,
    made,
    of_files,
)

KEY = document_key(KeyUsage.BUNDLES)
MADE = made()
MANIFEST = MADE.manifest
SIGNER = SIGNERS[KeyUsage.BUNDLES]


def resigned(changes: dict[int, Any]) -> bytes:
    """The manifest with some claims changed, signed all the same."""
    claims = cbor.decode(cose.read(MADE.encoded).payload) | changes
    return signed.sign(claims, SIGNER)


class TestRead:
    def test_gives_what_was_signed(self) -> None:
        found = manifests.read(MADE.encoded, [KEY], NOON + 120)
        assert (found.jurisdiction, found.agency, found.sequence) == ("XB", "SAMPLE-HEALTH", 12)
        assert (found.ledger, found.block, found.issued_at) == (LEDGER, BLOCK, NOON + 60)
        assert (found.trust, found.rules) == (Part(5, NOON), Part(6, NOON))
        assert found.files.keys() == MADE.files.keys()

    def test_part_that_is_not_there_is_none(self) -> None:
        assert made(revoked=None).manifest.revoked is None

    @pytest.mark.parametrize("trusted", [[], [replace(KEY, public_key=STRANGER.public_key)]])
    def test_refuses_a_strangers(self, trusted: list[Any]) -> None:
        with pytest.raises(GateBundleUntrusted):
            manifests.read(MADE.encoded, trusted, NOON + 120)

    def test_refuses_another_signature(self) -> None:
        spoiled = MADE.encoded[:-1] + bytes([MADE.encoded[-1] ^ 1])
        with pytest.raises(GateBundleUntrusted):
            manifests.read(spoiled, [KEY], NOON + 120)

    @pytest.mark.parametrize("usage", [each for each in KeyUsage if each is not KeyUsage.BUNDLES])
    def test_refuses_a_key_for_something_else(self, usage: KeyUsage) -> None:
        other = of_files(MADE.files, signer=SIGNERS[usage])
        with pytest.raises(GateBundleUntrusted) as refused:
            manifests.read(other.encoded, [KEY, document_key(usage)], NOON + 120)
        assert refused.value.reason == "the key is not for bundles"

    @pytest.mark.parametrize(
        "change",
        [
            {"frozen": True},
            {"distrust_from": NOON + 999 * DAY},
            {"sign_from": NOON + 61},
            {"sign_until": NOON + 60},
            {"verify_until": NOON + 120},
        ],
    )
    def test_refuses_a_key_that_is_not_good(self, change: dict[str, Any]) -> None:
        with pytest.raises(GateBundleUntrusted):
            manifests.read(MADE.encoded, [replace(KEY, **change)], NOON + 120)

    def test_refuses_a_device_whose_clock_is_behind_the_block(self) -> None:
        with pytest.raises(GateClockBehind) as refused:
            manifests.read(MADE.encoded, [KEY], NOON - 1)
        assert (refused.value.at, refused.value.block_time) == (NOON - 1, NOON)

    @pytest.mark.parametrize("issued_at", [NOON + 151, NOON + 3 * DAY])
    def test_refuses_one_that_is_dated_later_than_now(self, issued_at: int) -> None:
        manifests.read(resigned({6: NOON + 150}), [KEY], NOON + 120)
        with pytest.raises(GateBundleAhead) as refused:
            manifests.read(resigned({6: issued_at}), [KEY], NOON + 120)
        assert (refused.value.issued_at, refused.value.at) == (issued_at, NOON + 120)

    @pytest.mark.parametrize(
        "changes",
        [
            {1: ""},
            {2: "x" * 65},
            {3: 0},
            {3: "12"},
            {4: [0, LEDGER.address]},
            {4: [1, "0x00"]},
            {4: [1]},
            {5: [1, b"\0" * 31, NOON]},
            {5: []},
            {6: NOON - 1},
            {7: []},
            {7: {"../keys": [b"\0" * 32, 1]}},
            {7: {"keys": [b"\0" * 31, 1]}},
            {7: {"keys": [b"\0" * 32, -1]}},
            {7: {"keys": [b"\0" * 32, 2**24 + 1]}},
            {7: {f"texts/{number}": [b"\0" * 32, 2**24] for number in range(5)}},
            {7: {1: [b"\0" * 32, 1]}},
            {8: {1: [1, NOON]}},
            {8: {1: [1, NOON + 61], 2: [1, NOON]}},
            {9: 1},
        ],
        ids=str,
    )
    def test_refuses_other_claims(self, changes: dict[int, Any]) -> None:
        with pytest.raises(GateBundleMalformed):
            manifests.read(resigned(changes), [KEY], NOON + 120)

    def test_refuses_more_files_than_a_bundle_has(self) -> None:
        files = {f"texts/{number}": FileRef(Digest(bytes(32)), 0) for number in range(20_001)}
        with pytest.raises(ClaimsInvalid):
            manifests.sign(replace(MANIFEST, files=files), SIGNER)

    def test_refuses_more_bytes_than_a_manifest_has(self) -> None:
        with pytest.raises(GateBundleMalformed) as refused:
            manifests.read(bytes(manifests.MAX_MANIFEST_BYTES + 1), [KEY], NOON)
        assert refused.value.reason == "too long"

    @given(st.binary(max_size=200))
    def test_refuses_any_bytes(self, data: bytes) -> None:
        with pytest.raises(GateBundleUnusable):
            manifests.read(data, [KEY], NOON)

    @given(st.integers(0, len(MADE.encoded) - 1), st.integers(1, 255))
    def test_refuses_any_changed_byte(self, at: int, change: int) -> None:
        spoiled = bytearray(MADE.encoded)
        spoiled[at] ^= change
        with pytest.raises(Unavailable):
            manifests.read(bytes(spoiled), [KEY], NOON + 120)


class TestNewer:
    NEXT = replace(MANIFEST, sequence=13, block=Block(4_201, b"\x0d" * 32, NOON + 15))

    def test_takes_the_next(self) -> None:
        check_newer(MANIFEST, self.NEXT)
        check_newer(MANIFEST, replace(self.NEXT, block=BLOCK, sequence=99))

    @pytest.mark.parametrize(
        ("change", "part"),
        [
            ({"sequence": 12}, "sequence"),
            ({"sequence": 11}, "sequence"),
            ({"block": Block(4_201, b"\x0d" * 32, NOON - 1)}, "block time"),
            ({"block": Block(4_199, b"\x0d" * 32, NOON)}, "block"),
        ],
    )
    def test_refuses_to_go_back(self, change: dict[str, Any], part: str) -> None:
        with pytest.raises(GateBundleRolledBack) as refused:
            check_newer(MANIFEST, replace(self.NEXT, **change))
        assert refused.value.part == part

    def test_tells_what_is_held(self) -> None:
        with pytest.raises(GateBundleRolledBack) as refused:
            check_newer(MANIFEST, MANIFEST)
        assert (refused.value.offered, refused.value.held) == (12, 12)

    @pytest.mark.parametrize(
        "change",
        [
            {"ledger": LedgerRef(1, LEDGER.address)},
            {"ledger": LedgerRef(31337, Address("0x" + "00" * 20))},
            {"agency": "ANOTHER"},
            {"jurisdiction": "XA"},
        ],
    )
    def test_refuses_another_ledgers_or_agencys(self, change: dict[str, Any]) -> None:
        with pytest.raises(GateBundleUntrusted):
            check_newer(MANIFEST, replace(self.NEXT, **change))


class TestFiles:
    def test_only_those_not_held_are_wanted(self) -> None:
        keys = MANIFEST.files["keys"]
        wanted = MANIFEST.wanted({keys.digest})
        assert wanted.keys() == MANIFEST.files.keys() - {"keys"}
        assert MANIFEST.wanted().keys() == MANIFEST.files.keys()
        assert MANIFEST.wanted(MADE.contents) == {}

    def test_next_bundle_wants_what_changed(self) -> None:
        later: Manifest = made({"texts": {"en": {"desk": "To the desk, please."}}}).manifest
        assert later.wanted(MADE.contents).keys() == {"texts"}

    def test_another_content_is_no_file_of_it(self) -> None:
        ref, content = MANIFEST.files["texts"], MADE.files["texts"]
        check_file("texts", ref, content)
        for other in (content[:-1], content + b" ", content[:-1] + b"]", MADE.files["keys"]):
            with pytest.raises(GateFileWrong) as refused:
                check_file("texts", ref, other)
            assert refused.value.path == "texts"
