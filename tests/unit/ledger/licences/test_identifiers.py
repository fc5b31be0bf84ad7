"""Identifiers: public samples, and every single wrong character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc
from stdnum.iso7064 import mod_37_36

from ledger.licences.identifiers import (
    IdentifierRule,
    IdentifierWrong,
    LicenceId,
    check_character,
    check_organisation_code,
    check_resident_number,
    is_place_known,
    licence_id,
    parse_licence_id,
)

ROOT = "1.2.156.3005.2."
PUBLIC = (
    "11100000000013338W009.11330105002500287C.2025052201.002.0",
    "11100000000013338W011.11430000006122244L.20230000403.001.U",
    "11100000000013338W011.11430000006122244L.20230000403.002.S",
    "11100000000013338W087.11370800MB28559184.37080001202411010001.001.3",
    "11100000MB03271699022.340100.000000016.001.9",
    "11100000MBTE5TXX15001.11440100MBEXAMPE7Y.20261121000042.001.U",
)
INTERFACE_SAMPLE = "11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001."
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class TestParseLicenceId:
    @pytest.mark.parametrize("text", PUBLIC)
    def test_public_identifiers_are_valid_and_written_the_same(self, text: str) -> None:
        assert str(parse_licence_id(ROOT + text)) == ROOT + text

    def test_parts(self) -> None:
        assert parse_licence_id(ROOT + PUBLIC[2]) == LicenceId(
            "11100000000013338W011", "11430000006122244L", "20230000403", 2
        )

    def test_sample_of_an_interface_document_has_a_wrong_check_character(self) -> None:
        with pytest.raises(IdentifierWrong) as refused:
            parse_licence_id(ROOT + INTERFACE_SAMPLE + "M")
        assert refused.value.rule is IdentifierRule.CHECK_CHARACTER
        assert parse_licence_id(ROOT + INTERFACE_SAMPLE + "D").version == 1

    @pytest.mark.parametrize(
        "text",
        [
            PUBLIC[0],
            ROOT + PUBLIC[0].lower(),
            ROOT + PUBLIC[0] + "\n",
            ROOT + PUBLIC[0].replace(".002.", ".2."),
            ROOT + PUBLIC[0].replace(".002.", ".002.002."),
            "1.2.156.3005.3." + PUBLIC[0],
            ROOT + PUBLIC[0].replace("2025052201", "2" * 33),
            "",
        ],
    )
    def test_other_shapes_are_refused(self, text: str) -> None:
        with pytest.raises(IdentifierWrong) as refused:
            parse_licence_id(text)
        assert refused.value.rule is IdentifierRule.SHAPE

    def test_version_zero_is_refused(self) -> None:
        parts = ("11100000000013338W009", "11330105002500287C", "1", "000")
        text = f"{ROOT}{'.'.join(parts)}.{check_character(''.join(parts))}"
        with pytest.raises(IdentifierWrong) as refused:
            parse_licence_id(text)
        assert refused.value.rule is IdentifierRule.SHAPE

    @given(st.sampled_from(PUBLIC), st.data())
    def test_any_single_wrong_character_is_refused(self, text: str, data: st.DataObject) -> None:
        places = [place for place, character in enumerate(text) if character != "."]
        place = data.draw(st.sampled_from(places))
        other = data.draw(st.sampled_from(_LETTERS.replace(text[place], "")))
        with pytest.raises(IdentifierWrong):
            parse_licence_id(ROOT + text[:place] + other + text[place + 1 :])

    def test_errors_do_not_repeat_the_identifier(self) -> None:
        with pytest.raises(IdentifierWrong) as refused:
            parse_licence_id(ROOT + INTERFACE_SAMPLE + "M")
        assert "209FA4E8" not in str(refused.value)


class TestLicenceId:
    @given(st.text(_LETTERS, min_size=1, max_size=32), st.integers(1, 999))
    def test_what_is_built_is_read_back(self, serial: str, version: int) -> None:
        built = licence_id("11100000MBTE5TXX15001", "11440100MBEXAMPE7Y", serial, version)
        assert parse_licence_id(str(built)) == built

    @pytest.mark.parametrize(
        ("type_code", "issuer", "serial", "version"),
        [
            ("11100000MBTE5TXX1500", "11440100MBEXAMPE7Y", "1", 1),
            ("11100000MBTE5TXX15001", "11440100MBEXAMPE7", "1", 1),
            ("11100000MBTE5TXX15001", "340100", "1", 1),
            ("11100000MBTE5TXX15001", "11440100MBEXAMPE7Y", "", 1),
            ("11100000MBTE5TXX15001", "11440100MBEXAMPE7Y", "a", 1),
            ("11100000MBTE5TXX15001", "11440100MBEXAMPE7Y", "1", 0),
            ("11100000MBTE5TXX15001", "11440100MBEXAMPE7Y", "1", 1000),
        ],
    )
    def test_other_shapes_are_refused(
        self, type_code: str, issuer: str, serial: str, version: int
    ) -> None:
        with pytest.raises(IdentifierWrong):
            licence_id(type_code, issuer, serial, version)


class TestCheckCharacter:
    @given(st.text(_LETTERS, min_size=1, max_size=80))
    def test_agrees_with_an_independent_library(self, text: str) -> None:
        assert check_character(text) == mod_37_36.calc_check_digit(text)


class TestCheckOrganisationCode:
    @pytest.mark.parametrize(
        "code", ["91110000600037341L", "11100000000013338W", "11100000MB0143028R"]
    )
    def test_public_codes_are_valid(self, code: str) -> None:
        check_organisation_code(code)

    @pytest.mark.parametrize(
        ("code", "rule"),
        [
            ("91110000600037341M", IdentifierRule.CHECK_CHARACTER),
            ("91110000600037341l", IdentifierRule.SHAPE),
            ("9111000060003734IL", IdentifierRule.SHAPE),
            (" 91110000600037341L", IdentifierRule.SHAPE),
            ("91110000600037341", IdentifierRule.SHAPE),
        ],
    )
    def test_wrong_codes_are_refused(self, code: str, rule: IdentifierRule) -> None:
        with pytest.raises(IdentifierWrong) as refused:
            check_organisation_code(code)
        assert refused.value.rule is rule

    @given(
        st.from_regex(r"[0-9]{8}", fullmatch=True),
        st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=10, max_size=10),
    )
    def test_agrees_with_an_independent_library(self, head: str, tail: str) -> None:
        code = head + tail
        good = code[:17] + uscc.calc_check_digit(code[:17])
        check_organisation_code(good)
        if code != good:
            with pytest.raises(IdentifierWrong):
                check_organisation_code(code)


class TestCheckResidentNumber:
    @pytest.mark.parametrize("number", ["360426199101010071", "11010519491231002X"])
    def test_public_samples_are_valid(self, number: str) -> None:
        check_resident_number(number)

    @pytest.mark.parametrize(
        ("number", "rule"),
        [
            ("360426199101010072", IdentifierRule.CHECK_CHARACTER),
            ("11010519491231002x", IdentifierRule.SHAPE),
            ("36042619910101007", IdentifierRule.SHAPE),
            ("360426199102300071", IdentifierRule.DATE_OF_BIRTH),
            ("360426000001010071", IdentifierRule.DATE_OF_BIRTH),
        ],
    )
    def test_wrong_numbers_are_refused(self, number: str, rule: IdentifierRule) -> None:
        with pytest.raises(IdentifierWrong) as refused:
            check_resident_number(number)
        assert refused.value.rule is rule
        assert number not in str(refused.value)

    @pytest.mark.parametrize("place", ["810000", "820000", "830000", "440118", "999999"])
    def test_the_place_is_not_judged(self, place: str) -> None:
        body = f"{place}19900101007"
        digit = next(d for d in "0123456789X" if _is_good(body + d))
        check_resident_number(body + digit)

    def test_a_foreigners_number_is_accepted_as_typed(self) -> None:
        check_resident_number("911440199001011230")


class TestIsPlaceKnown:
    @pytest.mark.parametrize("place", ["110105", "440118", "810000", "820000", "830000"])
    def test_codes_on_record_in_any_year(self, place: str) -> None:
        assert is_place_known(f"{place}199001010071")

    @pytest.mark.parametrize("place", ["000000", "110199", "440199", "770101"])
    def test_codes_never_on_record(self, place: str) -> None:
        assert not is_place_known(f"{place}199001010071")

    def test_a_foreigners_number_has_no_place(self) -> None:
        assert is_place_known("911440199001011230")


def _is_good(number: str) -> bool:
    try:
        check_resident_number(number)
    except IdentifierWrong:
        return False
    return True
