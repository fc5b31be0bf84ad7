import re
from inspect import getsource
from types import ModuleType
from typing import Any

import pytest

from api.services import uploads
from ledger.licences import rows
from ledger.licences.fields import FieldError
from ledger.licences.identifiers import IdentifierRule
from ledger.licences.schema import _KEYWORDS
from wallet.faults import MOST_LINES, SENTENCES, fault_lines


class TestSentences:
    def test_there_is_one_for_every_rule_that_fields_name(self) -> None:
        listed = (FieldError.__doc__ or "").split("Rules:")[1]
        rules = set(re.findall(r"`([a-z-]+)`", listed)) | {rule.value for rule in IdentifierRule}
        assert len(rules) > 12
        assert rules | _KEYWORDS.keys() | {"type", "unknown-member"} <= SENTENCES.keys()

    @pytest.mark.parametrize("module", [uploads, rows])
    def test_there_is_one_for_every_rule_that_rows_name(self, module: ModuleType) -> None:
        source = getsource(module)
        raised = (
            r'(?:RowError|FieldError|_Unreadable)\([^()]*"([a-z-]+)"\)|yield number, "([a-z]+)"'
        )
        rules = {one or other for one, other in re.findall(raised, source)}
        assert len(rules) > 3
        assert rules <= SENTENCES.keys()


class TestFaultLines:
    def test_name_row_column_and_what_is_wrong(self) -> None:
        faults: list[dict[str, Any]] = [
            {"row": 4, "column": "holder_code", "rule": "check-character"},
            {"row": 4, "column": "持证主体代码", "rule": "missing"},
            {"row": 5, "column": None, "rule": "cells"},
        ]
        assert fault_lines(faults) == [
            "row 4, 持证主体代码 (holder_code): the check character is wrong",
            "row 4, 持证主体代码 (holder_code): it is missing",
            "row 5: the row has more or fewer cells than the heading",
        ]

    def test_name_the_fields_of_one_licence_with_the_limit(self) -> None:
        faults = [
            {"field": "holder_name", "rule": "maxLength", "limit": "100"},
            {"field": "colour", "rule": "unknown-field", "limit": ""},
        ]
        first, second = fault_lines(faults)
        assert first.endswith("(holder_name): it is too long (100)")
        assert second == "colour: this type has no such field"

    def test_say_of_a_malformed_request_what_the_service_says(self) -> None:
        (line,) = fault_lines([{"place": "body", "pointer": "/reason", "rule": "int_parsing"}])
        assert line == "body /reason: int parsing"

    @pytest.mark.parametrize(("count", "more"), [(MOST_LINES, None), (MOST_LINES + 3, 3)])
    def test_count_what_is_beyond_twenty(self, count: int, more: int | None) -> None:
        lines = fault_lines([{"row": row, "rule": "json"} for row in range(count)])
        assert len([line for line in lines if line.startswith("row ")]) == MOST_LINES
        assert lines[MOST_LINES:] == ([] if more is None else [f"… and {more} more"])
