"""A licence is the same document, whether it is ordered alone or as a row among others."""

import csv
import io
import json
from typing import Any

import pytest

from api.services.building import Brief, Builder, Lot, Task
from api.services.uploads import CSV, JSON_LINES, RawRow, open_sheet
from ledger.licences.issuance import Licence, issue
from ledger.licences.sd_jwt import parse
from tests.support.licences import (
    AGENCY,
    AGENCY_KEY,
    BASE_URL,
    CATALOGUE,
    FIELDS,
    ISSUED_AT,
    counted_bytes,
    draft,
    issuer,
)


def as_csv(fields: Any) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(fields)
    writer.writerow(map(cell, fields.values()))
    return text.getvalue()


def cell(value: Any) -> Any:
    """Return a value as a spreadsheet has it: parts after "；", an object's members after "："."""
    if isinstance(value, list):
        return "；".join(map(cell, value))
    return "：".join(value.values()) if isinstance(value, dict) else value


def as_json_line(fields: Any) -> str:
    return json.dumps(fields) + "\n"


SPELLINGS = {CSV: as_csv, JSON_LINES: as_json_line}


def alone(type_id: str) -> Licence:
    return issue(draft(type_id, holder_key=None), issuer(), counted_bytes())


def among_others(type_id: str, media_type: str) -> Any:
    wanted = draft(type_id)
    sheet = open_sheet(wanted.type, media_type, io.StringIO(SPELLINGS[media_type](wanted.fields)))
    brief = Brief(type_id, tuple(sheet.heading), AGENCY, BASE_URL)
    builder = Builder(brief, AGENCY_KEY, CATALOGUE, counted_bytes())
    rows = [row for row in sheet.rows if isinstance(row, RawRow)]
    assert builder.do(Task.CHECK, Lot(rows, {})).faults == []
    place = (wanted.list, wanted.index)
    outcome = builder.do(Task.BUILD, Lot(rows, {}, [wanted.serial], [place], ISSUED_AT))
    (made,) = outcome.made
    return made


def unsigned(document: str) -> tuple[str, str, list[str]]:
    """Return header, payload and disclosures: all but the signature, which is never the same."""
    token, *disclosures = document.split("~")
    header, payload, _ = token.split(".")
    return header, payload, disclosures


@pytest.mark.parametrize("media_type", SPELLINGS)
@pytest.mark.parametrize("type_id", FIELDS)
def test_bulk_and_single_issue_give_the_same_document(type_id: str, media_type: str) -> None:
    single, bulk = alone(type_id), among_others(type_id, media_type)
    assert unsigned(bulk.document) == unsigned(single.document)
    parse(bulk.document).jws.verify(AGENCY_KEY.public_key)
    for name in ("licence_id", "nbf", "exp"):
        assert getattr(bulk, name) == getattr(single, name)


def test_another_place_is_another_document() -> None:
    moved = issue(draft(holder_key=None, index=718_205), issuer(), counted_bytes())
    made = among_others("cn.food-business", CSV)
    assert unsigned(made.document) != unsigned(moved.document)
