"""The stage tells the truth: a failed step fails the whole, and nothing is played after it."""

import json
from pathlib import Path

import pytest

from ledger.errors import CodeEmpty
from scripts.demo.stage import NotAsTold, Stage, expect


def told(stage: Stage) -> list[tuple[str, bool]]:
    content = json.loads(stage.report.read_text())
    assert content["ok"] is stage.ok
    return [(step["name"], step["ok"]) for step in content["steps"]]


class TestPlay:
    def test_what_comes_true_is_reported_with_its_detail(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path / "report.json")
        stage.play("first", lambda: "as told")
        assert told(stage) == [("first", True)]
        assert stage.ok
        assert stage.steps[0]["detail"] == "as told"

    @pytest.mark.parametrize("failure", [NotAsTold("no"), CodeEmpty(), OSError(5), ValueError("x")])
    def test_a_failure_fails_the_story_and_ends_it(
        self, tmp_path: Path, failure: Exception
    ) -> None:
        def fail() -> str:
            raise failure

        stage = Stage(tmp_path / "report.json")
        stage.play("first", lambda: "as told")
        stage.play("second", fail)
        stage.play("third", lambda: "as told")
        assert told(stage) == [("first", True), ("second", False)]
        assert not stage.ok

    def test_nothing_played_is_no_success(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path / "report.json")
        stage.write()
        assert not stage.ok
        assert told(stage) == []


class TestExpect:
    def test_raises_unless_it_holds(self) -> None:
        expect(condition=True, otherwise="never said")
        with pytest.raises(NotAsTold, match="otherwise this"):
            expect(condition=False, otherwise="otherwise this")
