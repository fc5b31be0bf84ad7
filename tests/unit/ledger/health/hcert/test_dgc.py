"""The case files of others, and the honest score over them."""

import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.health.hcert import schema
from scripts.check_dgc import cases, main
from scripts.dgc_cases import Case
from tests.support.vectors import VECTORS, needs_vectors

DGC = VECTORS / "dgc"
SAMPLES = VECTORS / "eu-dcc-schema" / "test"


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@needs_vectors("dgc")
class TestOthers:
    def test_every_false_flag_and_verdict_is_found(self) -> None:
        """Three Polish files want value sets, which are the rules' matter and not the schema's."""
        missed = [
            line
            for line in check(str(DGC)).output.splitlines()
            if "expected False" in line or "expected valid" in line or "expected invalid" in line
        ]
        assert [line.split("raw/")[0].split("dgc/")[1] for line in missed] == [
            f"PL/{version}/2DCode/" for version in ("1.0.0", "1.2.1", "1.3.0")
        ]

    def test_what_is_missed_outside_known_issues_are_pictures_that_are_not_there(self) -> None:
        missed = [
            line
            for line in check(str(DGC)).output.splitlines()
            if ", expected True" in line and "known issue" not in line
        ]
        assert all("EXPECTEDPICTUREDECODE None" in line for line in missed)
        assert len(missed) == 25

    def test_json_has_a_line_a_file(self) -> None:
        lines = [json.loads(x) for x in check(str(DGC / "common"), "--json").stdout.splitlines()]
        assert len(lines) == 38
        assert {"file", "verdict", "code", "flags"} == lines[0].keys()
        assert {line["verdict"] for line in lines} == {"valid", "invalid"}


ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@needs_vectors("dgc")
class TestMutations:
    @staticmethod
    @cache
    def accepted() -> list[Case]:
        found = [case for _, case in cases((DGC,)) if case.verdict()[0] == "valid"]
        assert len(found) > 100
        return found

    @settings(max_examples=300)
    @given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(ALPHABET))
    def test_another_character_is_never_accepted(
        self, which: int, where: int, character: str
    ) -> None:
        case = self.accepted()[which % len(self.accepted())]
        code = case.prefixed or ""
        place = where % len(code)
        changed = code[:place] + character + code[place + 1 :]
        assert case.judged(changed).code != "OK" or changed == code


@needs_vectors("eu-dcc-schema")
class TestSamples:
    def test_valid_ones_fit(self) -> None:
        files = sorted((SAMPLES / "valid").glob("*.json"))
        assert files
        for file in files:
            assert not schema.faults(json.loads(file.read_bytes())), file

    def test_invalid_ones_do_not(self) -> None:
        files = sorted((SAMPLES / "invalid").glob("*.json"))
        assert files
        for file in files:
            content = json.loads(file.read_bytes())
            assert schema.faults({"ver": "1.3.3", **content}), file


class TestOwn:
    def test_nothing_to_check_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "other.json").write_text("[]")
        assert check(str(tmp_path)).exit_code == 2

    @pytest.mark.parametrize("content", ["{}", '{"TESTCTX": []}', '{"PREFIX": 1, "JSON": [1]}'])
    def test_a_bare_file_is_invalid_and_its_flags_null(self, tmp_path: Path, content: str) -> None:
        case = {**json.loads(content), "EXPECTEDRESULTS": {"EXPECTEDVERIFY": True, "MISSPELT": 1}}
        (tmp_path / "case.json").write_text("\ufeff" + json.dumps(case))
        result = check(str(tmp_path), "--json")
        line = json.loads(result.stdout)
        assert (line["verdict"], line["code"]) == ("invalid", "PREFIX")
        assert line["flags"]["EXPECTEDVERIFY"] is None
        assert "all flags:                   0 of 1" in result.stderr
