"""Case files of others against our reading: `python -m scripts.check_dgc DIR… [--json]`.

"True" to everything scores 97 % of the flags, so the raw share says nothing: false flags, verdicts
and flags outside known issues are counted apart.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from scripts.dgc_cases import Case

_KNOWN: Final = {
    "test_cose_schema": ("EXPECTEDSCHEMAVALIDATION", "EXPECTEDVALIDOBJECT"),
    "test_cose_json": ("EXPECTEDDECODE", "EXPECTEDVALIDJSON"),
    "test_cbor_json": ("EXPECTEDENCODE",),
    "test_verification_check": ("EXPECTEDVERIFY",),
    "test_expiration_check": ("EXPECTEDEXPIRATIONCHECK",),
    "test_expected_key_usage": ("EXPECTEDKEYUSAGE",),
}
"""Flags that each test of the European harness is about."""
_LEVELS: Final = 3


@dataclass
class Score:
    """So many of so many."""

    right: int = 0
    total: int = 0

    def count(self, *, right: bool) -> None:
        """Count one more."""
        self.total += 1
        self.right += right

    def __str__(self) -> str:
        """`right of total`."""
        return f"{self.right} of {self.total}"


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    metavar="DIR...",
    type=click.Path(exists=True, path_type=Path),
)
@click.option("--json", "as_json", is_flag=True, help="One line a file: verdict, code and flags.")
def main(folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Judge every case file under DIR; its one certificate is the whole list of keys.

    The verdict is that of the picture, else of the text; `code` is the first reason. A flag is null
    where its input is missing. common-verdicts.csv and known-issues.csv under DIR, or up to three
    levels above, are used for the summary. The exit code is 0 whatever the score, 2 without any
    case.
    """
    known, verdicts = known_issues(folders), common_verdicts(folders)
    scores = {name: Score() for name in ("false", "verdicts", "outside", "all")}
    for file, case in cases(folders):
        verdict, code = case.verdict()
        flags = case.flags()
        if as_json:
            line = {"file": str(file), "verdict": verdict, "code": code, "flags": flags}
            click.echo(json.dumps(line))
        expected = verdicts.get(file.resolve())
        if expected is not None:
            scores["verdicts"].count(right=expected.lower() == verdict)
            if expected.lower() != verdict and not as_json:
                click.echo(f"{file}: {verdict} ({code}), expected {expected.lower()}")
        for name, wanted in case.expected.items():
            is_known = _is_known(known, file, name)
            _count(scores, right=flags[name] is wanted, wanted=wanted, is_known=is_known)
            if flags[name] is not wanted and not as_json:
                remark = ", a known issue" if is_known else ""
                click.echo(f"{file}: {name} {flags[name]}, expected {wanted}{remark}")
    _tell(scores, err=as_json)


def cases(folders: tuple[Path, ...]) -> Iterator[tuple[Path, Case]]:
    """Yield every case file under the folders, by name."""
    for folder in folders:
        for file in sorted(folder.rglob("*.json")) if folder.is_dir() else [folder]:
            case = Case.read(file)
            if case is not None:
                yield file, case


def common_verdicts(folders: tuple[Path, ...]) -> dict[Path, str]:
    """Return the verdict of each common case that has a file."""
    return {
        (table.parent / row["file"]).resolve(): row["verdict"]
        for table, row in _rows(folders, "common-verdicts.csv")
        if row["file"]
    }


def known_issues(folders: tuple[Path, ...]) -> set[tuple[str, str, str]]:
    """Return (flag, country, name of the file or nothing) where the data contradict themselves."""
    return {
        (flag, row["country"], row["test_set"])
        for _, row in _rows(folders, "known-issues.csv")
        for flag in _KNOWN.get(row["test_name"], ())
    }


def _rows(folders: tuple[Path, ...], name: str) -> Iterator[tuple[Path, dict[str, str]]]:
    for table in {table for folder in folders for table in _tables(folder.resolve(), name)}:
        for row in csv.DictReader(table.read_text().splitlines()):
            yield table, row


def _tables(folder: Path, name: str) -> Iterator[Path]:
    """The tables under a folder, or the one beside it or above when only a part is checked."""
    under = list(folder.rglob(name)) if folder.is_dir() else []
    above = [parent / name for parent in folder.parents[:_LEVELS] if (parent / name).is_file()]
    yield from under or above[:1]


def _is_known(known: set[tuple[str, str, str]], file: Path, flag: str) -> bool:
    return any((flag, country, name) in known for country in file.parts for name in ("", file.stem))


def _count(scores: dict[str, Score], *, right: bool, wanted: bool, is_known: bool) -> None:
    scores["all"].count(right=right)
    if not is_known:
        scores["outside"].count(right=right)
    if not wanted:
        scores["false"].count(right=right)


def _tell(scores: dict[str, Score], *, err: bool) -> None:
    if not scores["all"].total:
        raise click.UsageError("no case file in there")
    click.echo(f"false flags found:           {scores['false']}", err=err)
    click.echo(f"common verdicts:             {scores['verdicts']}", err=err)
    click.echo(f"flags outside known issues:  {scores['outside']}", err=err)
    click.echo(f"all flags:                   {scores['all']}", err=err)


if __name__ == "__main__":
    main()
