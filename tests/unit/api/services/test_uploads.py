import csv
import io
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.uploads import (
    EncodingUnknown,
    TooManyRows,
    UploadMalformed,
    decode,
    read_csv,
    read_json_lines,
    repeated_ids,
)
from tests.support.licences import CATALOGUE, FIELDS

TYPE = CATALOGUE.get("cn.food-business")
NAMES = list(FIELDS[TYPE.id])


def table(*rows: dict[str, Any], heading: list[str] | None = None) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["external_id", *(heading or NAMES)])
    for row in rows:
        fields = {**FIELDS[TYPE.id], **row}
        cells = [fields.get(name, "") for name in ["external_id", *NAMES]]
        writer.writerow(["；".join(c) if isinstance(c, list) else c for c in cells])
    return text.getvalue()


class TestDecode:
    @given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
    def test_reads_utf8_with_and_without_bom(self, text: str) -> None:
        plain = text.removeprefix("\ufeff")
        assert decode(plain.encode(), None) == plain
        assert decode(plain.encode("utf-8-sig"), "utf-8") == plain

    @given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
    def test_reads_gb18030_when_it_is_named(self, text: str) -> None:
        assert decode(text.encode("gb18030"), "GB18030") == text

    def test_takes_no_bom_from_gb18030(self) -> None:
        text = b"\xef\xbb\xbf\xb4".decode("gb18030")
        assert decode(text.encode("gb18030"), "gb18030") == text

    def test_guesses_gb18030_where_it_is_no_utf8(self) -> None:
        assert decode("示例市蓝鲸小吃店".encode("gb18030"), None) == "示例市蓝鲸小吃店"

    @given(st.binary(max_size=64), st.sampled_from([None, "utf-8", "gbk", "latin-1", ""]))
    def test_returns_text_or_refuses(self, raw: bytes, charset: str | None) -> None:
        with suppress(EncodingUnknown):
            assert "\0" not in decode(raw, charset)


class TestReadCsv:
    def test_reads_rows_with_their_numbers(self) -> None:
        rows, faults = read_csv(TYPE, table({"external_id": "a"}, {}))
        assert faults == []
        assert [(row.number, row.external_id) for row in rows] == [(2, "a"), (3, None)]
        assert dict(rows[0].fields) == dict(FIELDS[TYPE.id])
        assert rows[0].faults(TYPE) == []

    def test_keeps_line_breaks_and_quotes_inside_cells(self) -> None:
        text = table({"main_business": '餐饮"服务"\n经营者'}, {})
        rows, _ = read_csv(TYPE, text)
        assert rows[0].fields["main_business"] == '餐饮"服务"\n经营者'
        assert rows[1].number == 3

    def test_passes_over_blank_lines_but_counts_them(self) -> None:
        rows, faults = read_csv(TYPE, table({}).rstrip() + "\r\n\r\n,,\r\n" + "x\r\n")
        assert [row.number for row in rows] == [2]
        assert [(fault.row, fault.rule) for fault in faults] == [(5, "cells")]

    def test_names_other_faults_of_a_row_with_an_unreadable_cell(self) -> None:
        rows, faults = read_csv(TYPE, table({"area_m2": "big", "holder_code": "x"}))
        found = {(fault.column, fault.rule) for fault in faults + rows[0].faults(TYPE)}
        assert ("area_m2", "number") in found
        assert {column for column, _ in found} == {"area_m2", "holder_code"}

    def test_stops_at_the_limit(self) -> None:
        assert len(read_csv(TYPE, "holder_name\n" + "x\n" * 10_000)[0]) == 10_000
        with pytest.raises(TooManyRows):
            read_csv(TYPE, "holder_name\n" + "x\n" * 10_001)

    @given(st.text(max_size=200))
    def test_never_fails_otherwise(self, text: str) -> None:
        with suppress(UploadMalformed):
            rows, _ = read_csv(TYPE, text)
            for row in rows:
                row.faults(TYPE)


class TestReadJsonLines:
    def test_reads_objects(self) -> None:
        line = orjson.dumps({**FIELDS[TYPE.id], "external_id": "a"}).decode()
        rows, faults = read_json_lines(f"{line}\r\n\n{line}")
        assert faults == []
        assert [(row.number, row.external_id) for row in rows] == [(1, "a"), (3, "a")]
        assert [(fault.row, fault.rule) for fault in repeated_ids(rows)] == [(3, "unique")]

    @given(st.text(max_size=200))
    def test_never_fails_otherwise(self, text: str) -> None:
        with suppress(UploadMalformed):
            rows, _ = read_json_lines(text)
            for row in rows:
                row.faults(TYPE)
