"""Commands that act as somebody say that nobody was named."""

import pytest

from tests.support.terminal import Terminal

DIGEST = "0x" + "07" * 32


class TestAccount:
    @pytest.mark.parametrize(
        "words",
        [("tender", "overdue"), ("tender", "filings", DIGEST), ("licence", "show", DIGEST)],
        ids=" ".join,
    )
    def test_that_nobody_named_is_missing(self, terminal: Terminal, words: tuple[str, ...]) -> None:
        assert "Missing option '--account'" in terminal.run(*words, code=64)

    def test_is_taken_from_the_environment(self, terminal: Terminal) -> None:
        told = terminal.try_("tender", "overdue", env={"SUIZHENG_ACCOUNT": "clerk"})
        assert told.exit_code == 4
        assert "(name=clerk)" in told.output

    def test_of_a_bidder_who_objects_is_missing(self, terminal: Terminal) -> None:
        paper = terminal.folder / "paper"
        paper.write_text("why")
        words = ("bid", "object", "07", paper, "--stage", "result")
        assert "Missing option '--account'" in terminal.run(*words, code=64)
