"""A person's terminal: runs `suizheng` commands in this process and shows what is typed."""

import io
import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from scripts.demo.hurried import surroundings
from scripts.demo.stage import expect
from scripts.steps import ROOT
from wallet.cli import main

LONGEST: Final = 150
"""Characters of a command that are shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return the JSON that the command printed."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Terminal:
    """One person's wallet folder; `folder` is what shown paths are relative to."""

    wallet: Path
    folder: Path

    def run(self, *arguments: object, code: int = 0) -> Answer:
        """Run a command; raise `NotAsTold` when it ends with another exit code than `code`."""
        words = self.show(*arguments)
        answer = self.quietly(*words)
        said = (answer.err or answer.out).strip()
        expect(answer.code == code, f"exit code {answer.code}, not {code}: {said[:500]}")
        return answer

    def run_apart(self, *arguments: object) -> Answer:
        """Run a command that starts programs of its own in a process of its own; exit code 0."""
        return together((self, arguments))[0]

    def begin(self, *arguments: object) -> subprocess.Popen[str]:
        """Begin a command in a process of its own."""
        words = self.show(*arguments)
        command = [sys.executable, "-m", "scripts.demo.hurried", str(self.wallet), *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)

    def show(self, *arguments: object) -> list[str]:
        """Print a command as it is typed; return its words."""
        words = [str(argument) for argument in arguments]
        print(f"   $ suizheng {self._shown(words)}", flush=True)
        return words

    def quietly(self, *arguments: object) -> Answer:
        """Run a command without showing it, whatever its exit code."""
        words, here = [str(argument) for argument in arguments], surroundings(self.wallet)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = main.main(words, prog_name="suizheng", standalone_mode=False, obj=here)
            except click.ClickException as failed:
                failed.show()
                code = failed.exit_code
        return Answer(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())

    def _shown(self, words: list[str]) -> str:
        line = shlex.join(words).replace(f"{self.folder}/", "").replace(f"{ROOT}/", "")
        return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def together(*orders: tuple[Terminal, Sequence[object]]) -> list[Answer]:
    """Run commands of several people at the same time; raise `NotAsTold` unless all end with 0."""
    begun = [terminal.begin(*words) for terminal, words in orders]
    answers = []
    for each in begun:
        out, err = each.communicate()
        answers.append(Answer(each.returncode, out, err))
    for answer in answers:
        said = (answer.err or answer.out).strip()
        expect(answer.code == 0, f"exit code {answer.code}: {said[-500:]}")
    return answers
