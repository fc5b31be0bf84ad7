"""Every leaf of a branching tree has its Solidity test, and every such test its leaf."""

import re
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).parents[1] / "contracts"
TREES = sorted(CONTRACTS.rglob("*.tree"))

BRANCH = re.compile(r"^(?P<indent>[│ ]*)[├└]── (?P<text>.+)$")
CONDITION = re.compile(r"^(given|when) (.+)$")
TEST = re.compile(r"function (test_\w+)\(")


def names_in(text: str) -> list[str]:
    """Return the name of the test that each condition with outcomes of its own asks for."""
    names: list[str] = []
    condition = ""
    outcomes: list[str] = []
    for line in [*text.splitlines()[1:], "└── when the tree ends"]:
        branch = BRANCH.match(line)
        assert branch is not None, f"not a branch: {line!r}"
        if CONDITION.match(branch["text"]) is None:
            outcomes.append(branch["text"])
            continue
        if outcomes:
            names.append(name_for(condition, outcomes))
        condition, outcomes = branch["text"], []
    return names


def name_for(condition: str, outcomes: list[str]) -> str:
    """Return `test_[Revert]Given_…` or `test_[Revert]When_…` in words of the condition."""
    parts = CONDITION.match(condition)
    assert parts is not None, f"neither given nor when: {condition!r}"
    words = re.findall(r"[A-Za-z0-9]+", parts[2])
    refusal = "Revert" if outcomes == ["it should revert"] else ""
    return f"test_{refusal}{parts[1].capitalize()}_" + "".join(w[0].upper() + w[1:] for w in words)


class TestTrees:
    def test_there_are_trees(self) -> None:
        assert TREES

    @pytest.mark.parametrize("tree", TREES, ids=lambda tree: f"{tree.parent.name}.{tree.stem}")
    def test_leaves_and_tests_are_the_same(self, tree: Path) -> None:
        text = tree.read_text()
        source = tree.with_suffix(".t.sol")
        assert text.splitlines()[0] == tree.stem
        assert source.exists(), f"{tree.name} has no {source.name}"
        assert sorted(names_in(text)) == sorted(TEST.findall(source.read_text()))

    @pytest.mark.parametrize(
        "contract",
        [
            "Authority",
            "RecognitionLedger",
            "RecordLedger",
            "VerificationLens",
            "TenderLedger",
            "AwardLedger",
            "TenderPolicies",
        ],
    )
    def test_every_unit_test_has_a_tree(self, contract: str) -> None:
        sources = {
            path.name.removesuffix(".t.sol") for path in (CONTRACTS / contract).glob("*.sol")
        }
        assert sources == {path.stem for path in (CONTRACTS / contract).glob("*.tree")}


class TestReading:
    TREE = (
        "cancel\n├── given it is done\n│   └── it should revert\n└── when asked\n    └── it goes\n"
    )

    def test_a_refusal_and_a_success(self) -> None:
        assert names_in(self.TREE) == ["test_RevertGiven_ItIsDone", "test_When_Asked"]

    def test_a_condition_without_outcome_only_groups(self) -> None:
        tree = "cancel\n└── given it is new\n    └── when asked twice\n        └── it should go\n"
        assert names_in(tree) == ["test_When_AskedTwice"]

    def test_a_line_that_is_no_branch_is_refused(self) -> None:
        with pytest.raises(AssertionError, match="not a branch"):
            names_in("cancel\nwhen asked\n")
