"""CertLogic suites and rule folders of others against ours: `python -m scripts.check_certlogic`."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ledger.certlogic.dates import Instant
from ledger.certlogic.evaluator import evaluate
from ledger.certlogic.validator import validate
from ledger.certlogic.values import NotEvaluable

Case = tuple[str, Path, str, str]
"""What is counted, file, case, and `pass`, `fail` or `skip`."""


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    metavar="DIR...",
    type=click.Path(exists=True, path_type=Path),
)
@click.option("--json", "as_json", is_flag=True, help="One line a case: file, case, verdict.")
def main(folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Run every suite and rule with payload tests under DIR; exit 1 when one fails.

    A suite is a file with `cases`; a rule folder holds rule.json and tests/. Cases marked `skip` by
    their authors are counted, and not run.
    """
    count: Counter[tuple[str, str]] = Counter()
    for cases in (suite_cases, rule_cases):
        for kind, file, case, verdict in cases(folders):
            count[kind, verdict] += 1
            if as_json and verdict != "skip":
                click.echo(json.dumps({"file": str(file), "case": case, "verdict": verdict}))
            elif verdict == "fail":
                click.echo(f"fail  {file}  {case}")
    for kind in ("assertions", "validations", "payload tests"):
        passed, failed = count[kind, "pass"], count[kind, "fail"]
        skipped = f", {count[kind, 'skip']} skipped by their authors"
        click.echo(f"{kind}: {passed} of {passed + failed} passed{skipped}", err=as_json)
    if not count:
        raise click.UsageError("no suite and no rule in there")
    if any(verdict == "fail" for _, verdict in count):
        raise SystemExit(1)


def suite_cases(folders: tuple[Path, ...]) -> Iterator[Case]:
    """Yield the cases of every suite, of evaluation and of validation."""
    for file in _files(folders, "*.json"):
        suite = _json(file)
        if type(suite) is not dict or type(suite.get("cases")) is not list:
            continue
        for number, case in enumerate(suite["cases"], 1):
            name = f"{number} {case.get('name', '')}".strip()
            skipped = "skip" in (suite.get("directive"), case.get("directive"))
            if "issues" in case:
                yield "validations", file, name, "skip" if skipped else _validated(case)
            for at, assertion in enumerate(case.get("assertions", ()), 1):
                left_out = skipped or assertion.get("directive") == "skip"
                verdict = "skip" if left_out else _asserted(case, assertion)
                yield "assertions", file, f"{name} / {at}", verdict


def rule_cases(folders: tuple[Path, ...]) -> Iterator[Case]:
    """Yield the payload tests of every rule folder."""
    for file in _files(folders, "rule.json"):
        rule = _json(file)
        for test_file in sorted(file.parent.glob("tests/*.json")):
            test = _json(test_file)
            context = {"payload": test.get("payload"), "external": test.get("external")}
            skipped = test.get("directive") == "skip"
            passed = _value(rule.get("Logic"), context) is test.get("expected")
            verdict = "skip" if skipped else _word(passed=passed)
            yield "payload tests", test_file, f"{file.parent.name} / {test_file.stem}", verdict


def _files(folders: tuple[Path, ...], pattern: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(folder.rglob(pattern)) if folder.is_dir() else (folder,)


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8-sig"))
    except ValueError as exc:
        raise click.ClickException(f"{file} is no JSON") from exc


def _value(expression: object, context: object) -> Any:
    """The value, or the failure itself, which equals no expected value."""
    try:
        return evaluate(expression, context)
    except NotEvaluable as failed:
        return failed


def _asserted(case: dict[str, Any], assertion: dict[str, Any]) -> str:
    expression = assertion.get("certLogicExpression", case.get("certLogicExpression"))
    value = _value(expression, assertion["data"])
    return _word(passed=_canonical(value) == _canonical(assertion["expected"]))


def _validated(case: dict[str, Any]) -> str:
    found = [
        {"expr": issue.expression, "message": issue.message}
        for issue in validate(case["certLogicExpression"])
    ]
    return _word(passed=_canonical(found) == _canonical(case["issues"]))


def _canonical(value: object) -> str:
    """JSON with date-times as text and integral floats as integers; true is not 1 here."""
    return json.dumps(_plain(value), sort_keys=True, default=repr)


def _plain(value: Any) -> Any:
    if type(value) is dict:
        return {key: _plain(inner) for key, inner in value.items()}
    if type(value) is list:
        return [_plain(inner) for inner in value]
    if type(value) is Instant:
        return str(value)
    return int(value) if type(value) is float and value.is_integer() else value


def _word(*, passed: bool) -> str:
    return "pass" if passed else "fail"


if __name__ == "__main__":
    main()
