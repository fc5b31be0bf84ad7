"""Identifiers as the contracts compute them, by eth_abi or by hand from the ABI's layout."""

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger.values import (
    OPEN_END,
    Role,
    Window,
    agency_id,
    health_record_type,
    jurisdiction_id,
    licence_record_type,
    role_id,
)


def word(number: int) -> bytes:
    return number.to_bytes(32)


codes = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)


class TestHash:
    def test_is_keccak_and_not_sha3(self) -> None:
        assert keccak(b"").hex() == (
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        )


class TestJurisdictionId:
    @given(codes)
    def test_is_the_hash_of_the_encoded_code(self, code: str) -> None:
        assert jurisdiction_id(code) == keccak(encode(["string"], [code]))


class TestAgencyId:
    @given(codes, codes)
    def test_is_the_hash_of_jurisdiction_and_code(self, jurisdiction: str, code: str) -> None:
        encoded = encode(["bytes32", "string"], [jurisdiction_id(jurisdiction), code])
        assert agency_id(jurisdiction, code) == keccak(encoded)

    def test_moving_a_character_makes_another_agency(self) -> None:
        assert agency_id("CN-G", "D1") != agency_id("CN-GD", "1")


class TestRoleId:
    @pytest.mark.parametrize("role", Role)
    def test_is_the_hash_of_subject_and_number(self, role: Role) -> None:
        assert role_id(b"\x0a" * 32, role) == keccak(b"\x0a" * 32 + word(role.value))

    def test_differs_by_role_and_subject(self) -> None:
        ids = {role_id(subject * 32, role) for subject in (b"\x01", b"\x02") for role in Role}
        assert len(ids) == 2 * len(Role)


class TestLicenceRecordType:
    def test_is_the_hash_of_the_prefixed_type(self) -> None:
        assert licence_record_type("cn.food-business") == keccak(b"licence:cn.food-business")


class TestHealthRecordType:
    def test_is_the_hash_of_the_prefixed_name(self) -> None:
        assert health_record_type("pass") == keccak(b"health:pass")

    def test_differs_from_a_licence_type_of_the_same_name(self) -> None:
        assert health_record_type("pass") != licence_record_type("pass")


class TestWindow:
    def test_start_is_inside_and_end_outside(self) -> None:
        window = Window(10, 20)
        assert [window.holds(at) for at in (9, 10, 19, 20)] == [False, True, True, False]

    def test_an_open_window_holds_every_block_time(self) -> None:
        assert Window(0, OPEN_END).holds(OPEN_END - 1)

    def test_an_empty_window_holds_nothing(self) -> None:
        assert not Window(10, 10).holds(10)
