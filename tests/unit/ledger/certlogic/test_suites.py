"""The suites and rules of others, run through the command that reports on them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger.certlogic.rules import payload_fields, read_rule
from scripts.check_certlogic import main
from tests.support.vectors import VECTORS, needs_vectors


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@needs_vectors("certlogic")
@needs_vectors("dgc-rules")
class TestOthers:
    def test_every_case_passes(self) -> None:
        result = check(str(VECTORS / "certlogic"), str(VECTORS / "dgc-rules"))
        assert result.exit_code == 0, result.output
        assert "fail" not in result.output

    def test_every_rule_reads_what_it_says(self) -> None:
        files = sorted((VECTORS / "dgc-rules").rglob("rule.json"))
        assert files
        for file in files:
            rule = read_rule(json.loads(file.read_bytes()))
            assert payload_fields(rule.logic) == set(rule.affected_fields), file


class TestOwn:
    @pytest.fixture
    def suite(self, tmp_path: Path) -> Path:
        cases = [
            {
                "name": "one",
                "certLogicExpression": {"+": [{"var": ""}, 1]},
                "assertions": [
                    {"data": 1, "expected": 2},
                    {"data": 1, "expected": True},
                    {"data": None, "expected": 1, "directive": "skip"},
                ],
            },
            {"certLogicExpression": None, "issues": []},
        ]
        (tmp_path / "suite.json").write_text(json.dumps({"name": "s", "cases": cases}))
        return tmp_path

    def test_a_wrong_expectation_fails(self, suite: Path) -> None:
        result = check(str(suite), "--json")
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.exit_code == 1
        assert [line["verdict"] for line in lines] == ["pass", "fail", "fail"]
        assert "assertions: 1 of 2 passed, 1 skipped" in result.stderr

    def test_nothing_to_check_is_an_error(self, tmp_path: Path) -> None:
        assert check(str(tmp_path)).exit_code == 2

    def test_a_rule_folder(self, tmp_path: Path) -> None:
        folder = tmp_path / "GR-XX-0001"
        (folder / "tests").mkdir(parents=True)
        (folder / "rule.json").write_text(json.dumps({"Logic": {"!": [{"var": "payload.t"}]}}))
        (folder / "tests" / "a.json").write_text(json.dumps({"external": {}, "expected": True}))
        assert check(str(tmp_path)).exit_code == 0
        (folder / "tests" / "b.json").write_text(json.dumps({"external": {}, "expected": False}))
        result = check(str(tmp_path))
        assert result.exit_code == 1
        assert "GR-XX-0001 / b" in result.output
