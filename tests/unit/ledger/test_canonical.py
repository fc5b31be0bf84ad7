"""One spelling only: base64url, JSON that has one meaning, RFC 8785 bytes."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import (
    MAX_DEPTH,
    EncodingNotCanonical,
    JsonMalformed,
    b64url_decode,
    b64url_decode_each,
    b64url_encode,
    canonical_json,
    parse_json,
    parse_json_each,
    parse_object,
)

SAFE = 2**53 - 1
ascii_text = st.text(st.characters(max_codepoint=127))
any_text = st.text(st.characters(exclude_categories=["Cs"]))


safe_integers = st.integers(-SAFE, SAFE)


def values(
    keys: st.SearchStrategy[str], numbers: st.SearchStrategy[Any] = safe_integers
) -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | numbers | any_text
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=20,
    )


class TestBase64url:
    @given(st.binary(max_size=200))
    def test_round_trip(self, raw: bytes) -> None:
        text = b64url_encode(raw)
        assert "=" not in text
        assert b64url_decode(text) == raw

    @given(st.binary(min_size=1, max_size=40).filter(lambda raw: len(raw) % 3))
    def test_refuses_padding(self, raw: bytes) -> None:
        with pytest.raises(EncodingNotCanonical):
            b64url_decode(urlsafe_b64encode(raw).decode())

    @pytest.mark.parametrize("last", "BCDEFGHIJKLMNOP")
    def test_refuses_spare_bits(self, last: str) -> None:
        assert b64url_decode("AA") == b"\x00"
        with pytest.raises(EncodingNotCanonical):
            b64url_decode("A" + last)

    def test_a_signature_has_one_last_character_of_sixteen(self) -> None:
        text = b64url_encode(b"\xa5" * 64)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        accepted = []
        for last in alphabet:
            try:
                b64url_decode(text[:-1] + last)
            except EncodingNotCanonical:
                continue
            accepted.append(last)
        assert text[-1] in accepted
        assert len(accepted) == 4  # 64 characters in 4 groups of 16 spellings

    @pytest.mark.parametrize(
        "text",
        ["A", "AAAAA", "+w", "/w", "AA AA", "AA\n", "AAA=", "A.AA", "ÄA", "AA\ud800", "=", "=A"],
    )
    def test_refuses_foreign_characters_and_lengths(self, text: str) -> None:
        with pytest.raises(EncodingNotCanonical):
            b64url_decode(text)

    @given(st.text(max_size=30))
    def test_accepts_no_second_spelling(self, text: str) -> None:
        try:
            raw = b64url_decode(text)
        except EncodingNotCanonical:
            return
        assert b64url_encode(raw) == text

    @given(
        st.lists(st.binary(max_size=12).map(b64url_encode) | st.text("AEg-_+/=\n Ä", max_size=5))
    )
    def test_reads_many_as_it_reads_each(self, texts: list[str]) -> None:
        try:
            each = [b64url_decode(text) for text in texts]
        except EncodingNotCanonical:
            with pytest.raises(EncodingNotCanonical):
                b64url_decode_each(texts)
        else:
            assert b64url_decode_each(texts) == each


class TestParseJson:
    @given(values(any_text))
    def test_reads_what_json_writes(self, value: Any) -> None:
        for ascii_only in (True, False):
            text = json.dumps(value, ensure_ascii=ascii_only)
            assert parse_json(text) == value
            assert parse_json(text.encode()) == value

    @pytest.mark.parametrize("text", ['{"a":1,"a":1}', '[{"b":{"a":1,"\\u0061":2}}]'])
    def test_refuses_duplicate_keys(self, text: str) -> None:
        with pytest.raises(JsonMalformed):
            parse_json(text)

    @pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a":-Infinity}', "1e400", "[-1E999]"])
    def test_refuses_numbers_without_a_value(self, text: str) -> None:
        with pytest.raises(JsonMalformed):
            parse_json(text)

    @pytest.mark.parametrize(
        "text",
        [
            '"\\ud800"',
            '["\\uDC00x"]',
            '{"\\ud800":1}',
            '{"a":["\\ude00\\ud83d"]}',
            '"\ud800"',
            "\ud800",
        ],
    )
    def test_refuses_lone_surrogates(self, text: str) -> None:
        with pytest.raises(JsonMalformed):
            parse_json(text)

    def test_reads_a_pair_of_surrogates(self) -> None:
        assert parse_json('"\\ud83d\\ude00"') == "\U0001f600"

    @pytest.mark.parametrize("raw", [b'"\xff"', b'"\xed\xa0\x80"', '"é"'.encode("latin-1")])
    def test_refuses_other_encodings(self, raw: bytes) -> None:
        with pytest.raises(JsonMalformed):
            parse_json(raw)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
    def test_refuses_what_a_lenient_reader_would_guess(self, encoding: str) -> None:
        with pytest.raises(JsonMalformed):
            parse_json('{"a":1}'.encode(encoding))

    @pytest.mark.parametrize(
        "text", ["", " ", "{", "[1,]", "{'a':1}", "1 2", "01", "+1", "nul", '"\t"', "\ufeff1"]
    )
    def test_refuses_what_is_no_json(self, text: str) -> None:
        with pytest.raises(JsonMalformed):
            parse_json(text)

    @pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
    def test_reads_so_deep_and_no_deeper(self, opening: str, closing: str) -> None:
        parse_json(opening * MAX_DEPTH + "1" + closing * MAX_DEPTH)
        for depth in (MAX_DEPTH + 1, 5_000, 100_000):
            with pytest.raises(JsonMalformed):
                parse_json(opening * depth + "1" + closing * depth)

    def test_brackets_in_strings_are_not_deep(self) -> None:
        text = json.dumps(["[{" * 100, '"[' * 100, "\\" * 3 + "[" * 100, {"{" * 100: 1}])
        assert parse_json(text) == json.loads(text)

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 100_000,
            '{"' + "[" * 100_000,
            "]" * 50 + "[" * 200,
            "[" * 33 + '"' + '\\"' * 500_000,
        ],
    )
    def test_refuses_brackets_that_are_never_closed(self, text: str) -> None:
        with pytest.raises(JsonMalformed):
            parse_json(text)

    def test_many_containers_side_by_side_are_not_deep(self) -> None:
        assert len(parse_json("[" + ",".join(["[]"] * 1_000) + "]")) == 1_000

    def test_refuses_a_number_of_too_many_digits(self) -> None:
        with pytest.raises(JsonMalformed):
            parse_json("9" * 5_000)

    @given(st.text(max_size=40) | st.binary(max_size=40))
    def test_raises_nothing_else(self, text: str | bytes) -> None:
        try:
            parse_json(text)
        except JsonMalformed as refused:
            assert refused.reason  # noqa: PT017  # the other branch is no error


numbers = st.sampled_from(
    [
        "0",
        "-0",
        "-0.0",
        "1.0",
        "1e2",
        "1E2",
        "100.0",
        "1e16",
        "1e22",
        "1e-7",
        "0.1",
        "0.10",
        "5e-324",
        "1e400",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "123456789012345678901234567890",
    ]
)
"""Spellings that two readers may take differently."""
wild_text = st.text(st.characters(codec="utf-8"), max_size=6)
any_number = st.integers(-(2**64), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | any_number | wild_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(wild_text, inner, max_size=4),
    max_leaves=12,
)
SPLICED = """ |,|:|]|}|"|\\|\\u0041|\\ud800|0|e1|.|-|\n|\x00|NaN|"a":1,|[[|null|\ufeff"""
spliced = st.sampled_from([*SPLICED.encode().split(b"|"), b"\xff", b"\xed\xa0\x80"])


@st.composite
def nearly_canonical(draw: st.DrawFn) -> bytes:
    """What orjson writes, with up to three places changed."""
    raw = orjson.dumps(draw(plain.filter(fits_orjson)))
    for _ in range(draw(st.integers(0, 3))):
        at, gone = draw(st.integers(0, len(raw))), draw(st.integers(0, 2))
        raw = raw[:at] + draw(spliced | st.just(b"")) + raw[at + gone :]
    return raw


def fits_orjson(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def read_by_the_book(raw: bytes) -> Any:
    """Read with the standard library alone; raise `ValueError` for what has no one meaning."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) != len({name for name, _ in pairs}):
            raise ValueError
        return dict(pairs)

    def never(_: str) -> None:
        raise ValueError

    text = raw.decode()
    value = json.loads(text, object_pairs_hook=unique, parse_constant=never)
    # Lone surrogates cannot be encoded, and what overflowed has no number.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def same_as_by_the_book(raw: bytes) -> None:
    try:
        wanted = read_by_the_book(raw)
    except ValueError:
        for text in (raw, raw.decode(errors="surrogateescape")):
            with pytest.raises(JsonMalformed):
                parse_json(text)
        return
    # By `repr`, since 1 == 1.0 == True and 0.0 == -0.0, and so that members keep their order.
    assert repr(parse_json(raw)) == repr(wanted)
    assert repr(parse_json(raw.decode())) == repr(wanted)


class TestQuickReading:
    """What is read at once is what the strict reader reads, and it refuses no less."""

    @given(nearly_canonical())
    def test_means_what_the_standard_library_reads(self, raw: bytes) -> None:
        same_as_by_the_book(raw)

    @given(st.lists(numbers, min_size=1, max_size=3))
    def test_reads_every_spelling_of_a_number(self, spelt: list[str]) -> None:
        same_as_by_the_book(f"[{','.join(spelt)}]".encode())

    @given(st.lists(st.tuples(st.sampled_from(["a", "\\u0061", "b", "ä"]), numbers), max_size=4))
    def test_finds_members_of_one_name(self, members: list[tuple[str, str]]) -> None:
        shown = ",".join(f'"{name}":{value}' for name, value in members)
        same_as_by_the_book(f"{{{shown}}}".encode())

    @pytest.mark.parametrize("spare", [b" ", b"\n", b"\t", b"\r"])
    def test_reads_on_where_there_is_room_between(self, spare: bytes) -> None:
        assert parse_json(spare.join([b"", b"[", b"1", b"]", b""])) == [1]


class TestParseJsonEach:
    @given(st.lists(nearly_canonical(), max_size=4))
    def test_reads_each_as_if_it_came_alone(self, texts: list[bytes]) -> None:
        try:
            wanted = [parse_json(text) for text in texts]
        except JsonMalformed:
            with pytest.raises(JsonMalformed):
                parse_json_each(texts)
        else:
            assert repr(parse_json_each(texts)) == repr(wanted)

    @pytest.mark.parametrize(
        "texts",
        [
            [b"[1", b"2]"],
            [b"1,2", b"[3", b"4]"],
            [b"[1],[2]", b"[[3]", b"[4]]"],
            [b"", b"1"],
            [b"1", b""],
            [b'{"a":1,"a":2}', b"1"],
            [b"1", b"[" * 33 + b"]" * 33],
        ],
    )
    def test_refuses_what_is_whole_only_together(self, texts: list[bytes]) -> None:
        with pytest.raises(JsonMalformed):
            parse_json_each(texts)


class TestParseObject:
    def test_reads_an_object(self) -> None:
        assert parse_object(b'{"a":[1]}') == {"a": [1]}

    @pytest.mark.parametrize("text", ["[]", "1", '"{}"', "null"])
    def test_refuses_other_values(self, text: str) -> None:
        with pytest.raises(JsonMalformed):
            parse_object(text)


class TestCanonicalJson:
    @given(values(ascii_text))
    def test_is_orjson_sorted_for_ascii_keys_and_safe_integers(self, value: Any) -> None:
        assert canonical_json(value) == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

    @given(values(any_text))
    def test_has_one_spelling(self, value: Any) -> None:
        written = canonical_json(value)
        assert canonical_json(parse_json(written)) == written

    @given(values(any_text, st.integers() | st.floats()))
    def test_is_what_the_reference_writes(self, value: Any) -> None:
        try:
            expected = rfc8785.dumps(value)
        except (rfc8785.CanonicalizationError, UnicodeEncodeError):
            with pytest.raises(JsonMalformed):
                canonical_json(value)
        else:
            assert canonical_json(value) == expected

    def test_example_of_rfc_8785(self) -> None:
        value = parse_json(
            '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
            '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/",'
            '"literals":[null,true,false]}'
        )
        assert (
            canonical_json(value)
            == (
                '{"literals":[null,true,false],'
                '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
                '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
            ).encode()
        )

    def test_sorts_by_utf_16_units(self) -> None:
        keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
        written = canonical_json(dict.fromkeys(keys, 0))
        assert list(json.loads(written)) == [
            "\r",
            "1",
            "\u0080",
            "\u00f6",
            "\u20ac",
            "\U0001f600",
            "\ufb33",
        ]

    def test_zero_has_no_sign(self) -> None:
        assert canonical_json([-0.0]) == b"[0]"

    @pytest.mark.parametrize(
        "value",
        [
            SAFE + 1,
            -SAFE - 1,
            float("nan"),
            float("inf"),
            "\ud800",
            {"\ud800": 1},
            {1: 2},
            b"bytes",
            {"a": {1, 2}},
        ],
        ids=repr,
    )
    def test_refuses_what_i_json_cannot_carry(self, value: object) -> None:
        with pytest.raises(JsonMalformed):
            canonical_json(value)
