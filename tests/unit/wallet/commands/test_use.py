"""Help everywhere, and exit codes that a script can tell apart."""

from collections.abc import Iterator

import click
import pytest

from tests.support.terminal import Terminal
from wallet.cli import main
from wallet.report import language_of


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)


class TestHelp:
    @pytest.mark.parametrize("words", list(commands(main)), ids=" ".join)
    def test_of_every_command_says_what_it_does(
        self, terminal: Terminal, words: tuple[str, ...]
    ) -> None:
        said = terminal.run(*words, "--help")
        assert said.startswith("Usage: ")
        assert len(said.split("\n\n")[1].split()) >= 3

    def test_names_the_exit_codes(self, terminal: Terminal) -> None:
        assert "64 wrong use" in " ".join(terminal.run("--help").split())


class TestExitCodes:
    @pytest.mark.parametrize(
        "words",
        [
            (),
            ("nonsense",),
            ("--nonsense",),
            ("key",),
            ("key", "new"),
            ("key", "new", "spoon", "name"),
            ("agency", "show", "CN-GD"),
            ("agency", "show", "CN-GD/a/b"),
            ("agency", "grant", "CN-GD/a", "emperor", "x"),
            ("licence", "bulk", "CN-GD/a", "cn.food-business", "rows.xls", "--account", "a"),
            ("licence", "bulk", "CN-GD/a", "x", "a.csv", "--detach", "--result", "b.csv"),
            ("job",),
            ("job", "show", "7", "--account", "a"),
            ("job", "cancel", "0x" + "zz" * 16, "--account", "a"),
            ("trust", "remove", "nobody"),
        ],
        ids=" ".join,
    )
    def test_wrong_use_is_64(self, terminal: Terminal, words: tuple[str, ...]) -> None:
        terminal.run(*words, code=64)

    def test_a_wrong_address_names_the_mistake(self, terminal: Terminal) -> None:
        spoilt = "0x52908400098527886E0F7030069857D2E4169Ee7"
        words = ("agency", "admit-jurisdiction", "CN-GD", "--supervisor", spoilt)
        assert "check case is wrong" in terminal.run(*words, code=64)

    def test_refused_is_1(self, terminal: Terminal) -> None:
        assert terminal.run("key", "show", "nobody", code=1).startswith("Error: There is no key")

    def test_unavailable_is_2(self, terminal: Terminal) -> None:
        (terminal.folder / "bundle").write_text("nonsense")
        said = terminal.run("bundle", "show", terminal.folder / "bundle", code=2)
        assert "The offline bundle cannot be read." in said


class TestLanguageOf:
    @pytest.mark.parametrize(
        ("names", "language"),
        [
            (["zh_CN.UTF-8"], "zh-Hans"),
            (["", "zh_HK.UTF-8"], "zh-Hant"),
            (["zh-Hant"], "zh-Hant"),
            (["zh_MO"], "zh-Hant"),
            (["pt_PT.UTF-8", "zh_CN"], "pt"),
            (["C.UTF-8"], "en"),
            ([], "en"),
        ],
    )
    def test_follows_the_locale(self, names: list[str], language: str) -> None:
        assert language_of(names) == language
