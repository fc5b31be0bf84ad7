import codecs
from typing import Any

import orjson
import pytest

from ledger.licences.rows import template_labels
from ledger.licences.sd_jwt import parse
from tests.support.licences import AGENCY, CATALOGUE, FIELDS
from tests.support.service import FOREIGN, World, nothing_changes, refusal

TYPE = "cn.food-business"
PATH = f"/v1/agencies/CN-GD/{AGENCY.code}/licences/bulk"
FIELD_NAMES = list(FIELDS[TYPE])


def cell(value: Any) -> str:
    return "；".join(value) if isinstance(value, list) else str(value)


def table(*rows: dict[str, Any], heading: list[str] | None = None) -> str:
    """Return a CSV of lawful rows, each with its own changes laid over it."""
    lines = [",".join(["external_id", *(heading or FIELD_NAMES)])]
    for number, changes in enumerate(rows, 1):
        fields = {**FIELDS[TYPE], **changes}
        external_id = str(fields.pop("external_id", f"case-{number}"))
        lines.append(",".join([external_id, *(cell(fields[name]) for name in FIELD_NAMES)]))
    return "\r\n".join(lines) + "\r\n"


def upload(
    service: World,
    body: bytes,
    media_type: str = "text/csv",
    who: Any = None,
    path: str = PATH,
    **query: str,
) -> Any:
    headers = service.by(who or service.issuer) | {"Content-Type": media_type}
    return service.client.post(path, params={"type": TYPE, **query}, content=body, headers=headers)


def faults(response: Any) -> set[tuple[int, str | None, str]]:
    assert refusal(response) == (422, "UploadInvalid")
    return {(e["row"], e["column"], e["rule"]) for e in response.json()["errors"]}


class TestIssueMany:
    @pytest.mark.parametrize(
        ("encoding", "media_type"),
        [
            ("utf-8", "text/csv"),
            ("utf-8-sig", "text/csv; charset=utf-8"),
            ("gb18030", "text/csv"),
            ("gb18030", "text/csv; charset=GB2312"),
        ],
    )
    def test_reads_csv_in_the_encodings_of_offices(
        self, service: World, encoding: str, media_type: str
    ) -> None:
        answer = upload(service, table({}, {}).encode(encoding), media_type)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["rows"], body["repeated"]) == (2, 0)
        assert [(row["row"], row["externalId"]) for row in body["issued"]] == [
            (2, "case-1"),
            (3, "case-2"),
        ]
        headers = service.by(service.issuer)
        path = f"/v1/licences/{body['issued'][0]['digest']}/document"
        claims = parse(service.client.get(path, headers=headers).text).claims
        assert {name: claims[name] for name in FIELD_NAMES} == dict(FIELDS[TYPE])

    def test_takes_chinese_labels_as_columns(self, service: World) -> None:
        labels = CATALOGUE.get(TYPE).by_name
        heading = [labels[name].labels["zh-Hans"] for name in FIELD_NAMES]
        assert set(heading) <= set(template_labels(CATALOGUE.get(TYPE)))
        answer = upload(service, table({}, heading=heading).encode())
        assert len(answer.json()["issued"]) == 1

    def test_takes_lines_of_json(self, service: World) -> None:
        rows = [{**FIELDS[TYPE], "external_id": f"case-{n}"} for n in range(3)]
        body = b"\n".join(map(orjson.dumps, rows)) + b"\n"
        answer = upload(service, body, "application/x-ndjson")
        assert [row["row"] for row in answer.json()["issued"]] == [1, 2, 3]

    def test_second_upload_returns_the_first_ones(self, service: World) -> None:
        first = upload(service, table({}, {}).encode()).json()
        with nothing_changes(service):
            again = upload(service, table({}, {}).encode()).json()
        assert again["repeated"] == 2
        assert [r["digest"] for r in again["issued"]] == [r["digest"] for r in first["issued"]]
        longer = upload(service, table({}, {}, {}).encode()).json()
        assert (longer["rows"], longer["repeated"]) == (3, 2)

    def test_dry_run_issues_nothing(self, service: World) -> None:
        service.by(service.issuer)
        with nothing_changes(service):
            answer = upload(service, table({}, {}).encode(), dryRun="true")
        assert answer.json() == {"rows": 2, "repeated": 0, "issued": []}

    def test_indices_and_serials_are_all_different(self, service: World) -> None:
        upload(service, table(*({} for _ in range(50))).encode())
        headers = service.by(service.issuer)
        query = {"agency": f"CN-GD/{AGENCY.code}", "limit": "200"}
        found = service.client.get("/v1/licences", params=query, headers=headers).json()["licences"]
        assert len({row["licenceId"] for row in found}) == 50
        shown = [
            service.client.get(f"/v1/licences/{row['digest']}", headers=headers).json()
            for row in found
        ]
        assert len({(row["statusList"], row["statusIndex"]) for row in shown}) == 50


class TestRefuse:
    def test_names_every_fault_of_every_row(self, service: World) -> None:
        body = table(
            {},
            {"holder_code": "91110000600037341X", "area_m2": "large"},
            {"valid_until": "2026-11-20"},
            {"holder_name": ""},
            {"external_id": "case-1"},
        )
        service.by(service.issuer)
        with nothing_changes(service):
            answer = upload(service, body.encode())
        assert faults(answer) == {
            (3, "holder_code", "check-character"),
            (3, "area_m2", "number"),
            (4, "valid_until", "dates-reversed"),
            (5, "holder_name", "missing"),
            (6, "external_id", "unique"),
        }
        assert "91110000600037341X" not in answer.text

    def test_names_columns_as_the_upload_does(self, service: World) -> None:
        labels = CATALOGUE.get(TYPE).by_name
        heading = [labels[name].labels["zh-Hans"] for name in FIELD_NAMES]
        body = table({"holder_code": "91110000600037341X"}, heading=heading)
        answer = upload(service, body.encode())
        assert faults(answer) == {(2, labels["holder_code"].labels["zh-Hans"], "check-character")}

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("colour,holder_name\nblue,x\n", {(1, "colour", "unknown-column")}),
            ("holder_name,持证主体\nx,y\n", {(1, "持证主体", "column-twice")}),
            ("holder_name,premises\nx\n", {(2, None, "cells")}),
            ('holder_name\n"x"y\n', {(2, None, "csv")}),
            ('holder_name\n"x\n', {(2, None, "csv")}),
        ],
    )
    def test_refuses_malformed_tables(
        self, service: World, body: str, expected: set[tuple[int, str | None, str]]
    ) -> None:
        service.by(service.issuer)
        with nothing_changes(service):
            answer = upload(service, body.encode())
        assert expected <= faults(answer)

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (b'{"holder_name": "x", "holder_name": "y"}', (2, None, "json")),
            (b"[1]", (2, None, "json")),
            (b"{", (2, None, "json")),
            (b'{"external_id": 7}', (2, "external_id", "text")),
            (b'{"holder_name": {"a": 1}}', (2, "holder_name", "type")),
        ],
    )
    def test_refuses_malformed_lines(
        self, service: World, line: bytes, expected: tuple[int, str | None, str]
    ) -> None:
        body = orjson.dumps(FIELDS[TYPE]) + b"\n" + line
        service.by(service.issuer)
        with nothing_changes(service):
            answer = upload(service, body, "application/x-ndjson")
        assert expected in faults(answer)

    @pytest.mark.parametrize(
        ("body", "media_type", "expected"),
        [
            (b"", "text/csv", (400, "UploadMalformed")),
            (b"holder_name\n", "text/csv", (400, "UploadMalformed")),
            (b"\n\n", "application/x-ndjson", (400, "UploadMalformed")),
            (b"\xff\xff\xff", "text/csv", (400, "EncodingUnknown")),
            (codecs.BOM_UTF16_LE + "a,b".encode("utf-16-le"), "text/csv", (400, "EncodingUnknown")),
            (b"a\0b", "text/csv", (400, "EncodingUnknown")),
            (b"\xd6\xd0", "text/csv; charset=utf-8", (400, "EncodingUnknown")),
            (b"a", "text/csv; charset=klingon", (400, "EncodingUnknown")),
            (b"{}", "application/json", (415, "MediaTypeUnknown")),
            (b"PK", "application/zip", (415, "MediaTypeUnknown")),
            (b"holder_name\n" + b"x\n" * 10_001, "text/csv", (422, "TooManyRows")),
            (b"{}\n" * 10_001, "application/x-ndjson", (422, "TooManyRows")),
        ],
    )
    def test_refuses_what_cannot_be_read(
        self, service: World, body: bytes, media_type: str, expected: tuple[int, str]
    ) -> None:
        service.by(service.issuer)
        with nothing_changes(service):
            answer = upload(service, body, media_type)
        assert refusal(answer) == expected

    def test_refuses_more_bytes_than_it_takes(self, service: World) -> None:
        service.by(service.issuer)
        with nothing_changes(service):
            answer = upload(service, b"x" * ((16 << 20) + 1))
        assert refusal(answer) == (413, "RequestTooLarge")

    def test_refuses_a_row_that_another_order_has(self, service: World) -> None:
        upload(service, table({}).encode())
        with nothing_changes(service):
            answer = upload(service, table({"holder_name": "示例市红鲤小吃店"}).encode())
        assert faults(answer) == {(2, "external_id", "taken")}

    def test_refuses_an_unknown_type(self, service: World) -> None:
        answer = upload(service, table({}).encode(), type="cn.unheard-of")
        assert refusal(answer) == (404, "TypeUnknown")

    def test_refuses_a_foreign_issuer(self, service: World) -> None:
        service.by(service.foreigner)
        with nothing_changes(service):
            answer = upload(service, table({}).encode(), who=service.foreigner)
        assert refusal(answer) == (403, "RoleMissing")

    def test_refuses_an_agency_without_a_key(self, service: World) -> None:
        path = PATH.replace(AGENCY.code, FOREIGN)
        answer = upload(service, table({}).encode(), who=service.foreigner, path=path)
        assert refusal(answer) == (503, "SigningKeyMissing")
