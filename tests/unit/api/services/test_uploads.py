import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services import uploads
from api.services.uploads import (
    CSV,
    JSON_LINES,
    MAX_ROW_CHARACTERS,
    EncodingUnknown,
    Entry,
    Interpreter,
    RowError,
    Sheet,
    TooManyRows,
    UploadMalformed,
    decoded,
    encoding_of,
    open_sheet,
)
from ledger.licences.rows import template_header, template_labels
from tests.support.licences import CATALOGUE, FIELDS

TYPE = CATALOGUE.get("cn.food-business")
NAMES = list(FIELDS[TYPE.id])
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
Found = list[Entry | RowError]


def table(*rows: dict[str, Any], heading: list[str] | None = None) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["external_id", *(heading or NAMES)])
    for row in rows:
        fields = {**FIELDS[TYPE.id], **row}
        cells = [fields.get(name, "") for name in ["external_id", *NAMES]]
        writer.writerow(["；".join(c) if isinstance(c, list) else c for c in cells])
    return text.getvalue()


def opened(raw: bytes, media_type: str = CSV, charset: str | None = None) -> Sheet:
    encoding = encoding_of(lambda: [raw], charset)
    return open_sheet(TYPE, media_type, decoded([raw], encoding, media_type))


def judged(pieces: Sequence[bytes], media_type: str = CSV, charset: str | None = None) -> Found:
    encoding = encoding_of(lambda: pieces, charset)
    sheet = open_sheet(TYPE, media_type, decoded(pieces, encoding, media_type))
    found: Found = list(sheet.faults)
    interpreter = Interpreter(TYPE, sheet.heading)
    for row in () if found else sheet.rows:
        found.append(row if isinstance(row, RowError) else interpreter.judge(row))
    return found


def read(text: str, media_type: str = CSV) -> Found:
    return judged([text.encode()], media_type)


def entries(found: Found) -> list[Entry]:
    assert all(isinstance(each, Entry) for each in found), found
    return [each for each in found if isinstance(each, Entry)]


def cut(raw: bytes, places: Sequence[int]) -> list[bytes]:
    ends = [0, *sorted(place % (len(raw) + 1) for place in places), len(raw)]
    return [raw[start:end] for start, end in pairwise(ends)]


class TestEncodingOf:
    @given(TEXT)
    def test_reads_utf8_with_and_without_bom(self, text: str) -> None:
        plain = text.removeprefix("\ufeff")
        for pieces in ([plain.encode()], [plain.encode("utf-8-sig")]):
            assert encoding_of(pieces.copy, None) == "utf-8-sig"
            assert decoded(pieces, "utf-8-sig", CSV).read() == plain

    @given(TEXT, st.sampled_from(["GB18030", "gbk", '"gb2312"']))
    def test_reads_gb18030_when_it_is_named(self, text: str, charset: str) -> None:
        raw = text.encode("gb18030")
        assert encoding_of(lambda: [raw], charset) == "gb18030"
        assert decoded([raw], "gb18030", CSV).read() == text

    def test_takes_no_bom_from_gb18030(self) -> None:
        text = b"\xef\xbb\xbf\xb4".decode("gb18030")
        assert decoded([text.encode("gb18030")], "gb18030", CSV).read() == text

    def test_guesses_gb18030_where_the_last_character_is_no_utf8(self) -> None:
        pieces = [b"x" * 100_000, "示例市蓝鲸小吃店".encode("gb18030")]
        assert encoding_of(lambda: pieces, None) == "gb18030"

    def test_refuses_a_character_that_is_cut_off(self) -> None:
        with pytest.raises(EncodingUnknown):
            encoding_of(lambda: ["示例".encode()[:-1]], "utf-8")

    def test_refuses_nul(self) -> None:
        for charset in (None, "utf-8", "gb18030"):
            with pytest.raises(EncodingUnknown):
                encoding_of(lambda: [b"a", b"b\0"], charset)

    @given(st.binary(max_size=64), st.sampled_from([None, "utf-8", "gbk", "latin-1", ""]))
    def test_returns_what_decodes_or_refuses(self, raw: bytes, charset: str | None) -> None:
        with suppress(EncodingUnknown):
            assert "\0" not in decoded([raw], encoding_of(lambda: [raw], charset), CSV).read()


class TestPieces:
    @given(st.lists(st.integers(0), max_size=8), st.sampled_from(["utf-8-sig", "gb18030"]))
    def test_may_end_anywhere_in_a_csv(self, places: list[int], encoding: str) -> None:
        rows = [{"external_id": "甲", "main_business": '餐饮"服"\r\n务\n者'}, {}, {"area_m2": "x"}]
        raw = (table(*rows) + "\r\n\r,,\n" + "坏").encode(encoding)
        whole = judged([raw])
        assert len(whole) == 4
        assert judged(cut(raw, places)) == whole

    @given(st.lists(st.integers(0), max_size=8), st.sampled_from(["utf-8", "gb18030"]))
    def test_may_end_anywhere_in_json(self, places: list[int], encoding: str) -> None:
        line = orjson.dumps({**FIELDS[TYPE.id], "external_id": "甲"}).decode()
        raw = f"{line}\r\n\n{{}}\n{line}".encode(encoding)
        whole = judged([raw], JSON_LINES)
        assert len(whole) == 3
        assert judged(cut(raw, places), JSON_LINES) == whole

    @given(TEXT, st.lists(st.integers(0), max_size=4))
    def test_never_matter(self, text: str, places: list[int]) -> None:
        raw = text.encode()
        for media_type in (CSV, JSON_LINES):
            outcomes = []
            for pieces in ([raw], cut(raw, places)):
                try:
                    outcomes.append(judged(pieces, media_type))
                except UploadMalformed:
                    outcomes.append([])
            assert outcomes[0] == outcomes[1]

    def test_are_asked_for_one_by_one(self) -> None:
        asked = 0

        def pieces() -> Iterator[bytes]:
            nonlocal asked
            yield table({}).encode()
            for _ in range(1000):
                asked += 1
                yield b"x\r\n" * 10_000

        sheet = open_sheet(TYPE, CSV, decoded(pieces(), "utf-8", CSV))
        next(sheet.rows)
        assert asked < 10


class TestCsv:
    def test_has_rows_with_numbers_and_names(self) -> None:
        found = entries(read(table({"external_id": " a "}, {})))
        assert [(row.number, row.external_id) for row in found] == [(2, "a"), (3, None)]
        assert dict(found[0].fields) == dict(FIELDS[TYPE.id])
        assert found[0].faults == ()

    def test_may_have_labels_above(self) -> None:
        labels = dict(zip(template_header(TYPE), template_labels(TYPE), strict=True))
        text = table({"area_m2": "x"}, heading=[labels[name] for name in NAMES])
        (row,) = entries(read(text))
        assert row.faults == (RowError(2, labels["area_m2"], "number"),)

    def test_keeps_line_breaks_and_quotes_inside_cells(self) -> None:
        sheet = opened(table({"main_business": '餐饮"服务"\r\n经营者\r'}, {}).encode())
        first, second = sheet.rows
        assert not isinstance(first, RowError)
        assert first.content[1 + NAMES.index("main_business")] == '餐饮"服务"\r\n经营者\r'
        assert not isinstance(second, RowError)
        assert second.number == 3

    def test_passes_over_blank_lines_but_counts_them(self) -> None:
        found = read(table({}).rstrip() + "\r\n\r\n,,\r\n" + "x\r\n")
        assert [each.faults for each in entries(found)] == [(), (RowError(5, None, "cells"),)]

    @pytest.mark.parametrize("end", ['"never closed', '"a"b', '"a\r\n"'])
    def test_that_breaks_off_says_where(self, end: str) -> None:
        assert read(table({}) + end)[-1] in (
            RowError(3, None, "csv"),
            Entry(3, {}, None, (RowError(3, None, "cells"),)),
        )

    def test_that_never_closes_a_quotation_mark_is_not_read_to_its_end(self) -> None:
        line = b'"' + b"x" * 1000 + b'",\n'
        many = b'"' + line * (2 * MAX_ROW_CHARACTERS // len(line))
        assert judged([table({}).encode(), many])[-1] in (
            RowError(3, None, "too-long"),
            RowError(3, None, "csv"),
        )

    def test_refuses_a_row_that_is_too_long(self) -> None:
        assert read(table({}) + "x," * MAX_ROW_CHARACTERS)[-1] == RowError(3, None, "too-long")

    def test_names_other_faults_of_a_row_with_an_unreadable_cell(self) -> None:
        (row,) = entries(read(table({"area_m2": "big", "holder_code": "x"})))
        found = {(fault.column, fault.rule) for fault in row.faults}
        assert ("area_m2", "number") in found
        assert {column for column, _ in found} == {"area_m2", "holder_code"}

    @pytest.mark.parametrize("name", ["x" * 129, "a\u200bb"])
    def test_refuses_names_that_nobody_can_read(self, name: str) -> None:
        (row,) = entries(read(table({"external_id": name})))
        assert row.faults == (RowError(2, "external_id", "text"),)

    def test_names_what_is_wrong_with_the_heading(self) -> None:
        found = read("external_id,holder_name,持证主体,colour\r\na,b,c,d\r\n")
        assert found == [
            RowError(1, "持证主体", "column-twice"),
            RowError(1, "colour", "unknown-column"),
        ]
        assert read('"holder_name\r\n') == [RowError(1, None, "csv")]

    @pytest.mark.parametrize(
        "text", ["", "\r\n\r\n", "holder_name\r\n", "holder_name\r\n\r\n,\r\n"]
    )
    def test_refuses_one_without_rows(self, text: str) -> None:
        with pytest.raises(UploadMalformed):
            read(text)

    def test_stops_at_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uploads, "MAX_ROWS", 10)
        assert len(read("holder_name\n" + "x\n" * 10)) == 10
        with pytest.raises(TooManyRows):
            read("holder_name\n" + "x\n" * 11)

    @pytest.mark.parametrize("blank", ["\n", " ,\n"])
    def test_counts_blank_rows_apart(self, monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
        monkeypatch.setattr(uploads, "MAX_ROWS", 10)
        heading = "holder_name\n"
        assert len(read(heading + blank * 5 + "x\n" * 10 + blank * 5)) == 10
        with pytest.raises(TooManyRows):
            read(heading + "x\n" + blank * 11)


class TestJsonLines:
    def test_may_have_so_many_blank_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uploads, "MAX_ROWS", 3)
        assert len(read("\n\n{}\n \n", JSON_LINES)) == 1
        with pytest.raises(TooManyRows):
            read("{}\n" + "\n" * 4, JSON_LINES)

    def test_holds_objects(self) -> None:
        line = orjson.dumps({**FIELDS[TYPE.id], "external_id": "a"}).decode()
        found = entries(read(f"{line}\r\n\n{line}", JSON_LINES))
        assert [(row.number, row.external_id) for row in found] == [(1, "a"), (3, "a")]
        assert [row.faults for row in found] == [(), ()]
        assert dict(found[0].fields) == dict(FIELDS[TYPE.id])

    @pytest.mark.parametrize("line", ["{", "[]", "1", '{"a":1,"a":2}', '{"a":NaN}', "{} {}", "é"])
    def test_refuses_what_is_no_object(self, line: str) -> None:
        (row,) = entries(read(line, JSON_LINES))
        assert row.faults == (RowError(1, None, "json"),)

    @pytest.mark.parametrize("name", [1, "", "x" * 129, ["a"], "a\nb"])
    def test_refuses_names_that_are_none(self, name: object) -> None:
        line = orjson.dumps({**FIELDS[TYPE.id], "external_id": name}).decode()
        (row,) = entries(read(line, JSON_LINES))
        assert row.faults == (RowError(1, "external_id", "text"),)

    def test_refuses_a_line_that_is_too_long(self) -> None:
        found = read("{}\n" + " " * (MAX_ROW_CHARACTERS + 1), JSON_LINES)
        assert found[-1] == RowError(2, None, "too-long")
