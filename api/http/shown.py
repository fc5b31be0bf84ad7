"""An answer about a document in the bytes that a caller gets, with what is counted about it."""

from typing import Any, Final, NamedTuple

import orjson

from api.http.forms import rfc3339
from api.services.registry import HeadAge
from api.services.verification import Answer
from ledger.verification.check import Report, Result, Verdict

_DECIDES: Final = {Verdict.INVALID: Result.INVALID, Verdict.UNCONFIRMED: Result.ERROR}


class Shown(NamedTuple):
    """`body` is JSON as `ReportAnswer` says; `code` is the deciding check's, or `none`."""

    body: bytes
    verdict: str
    code: str


def shown(answer: Answer) -> Shown:
    """Return an answer as it leaves."""
    report = answer.report
    body = orjson.dumps(report.to_json() | {"head": _head(answer.head)})
    return Shown(body, report.verdict.value, _code(report))


def _code(report: Report) -> str:
    wanted = _DECIDES.get(report.verdict)
    return next((check.code for check in report.checks if check.result is wanted), "none")


def _head(head: HeadAge | None) -> dict[str, Any] | None:
    """Return what `HeadAnswer` says, for which a model would take as long as a check."""
    if head is None:
        return None
    return {"block": head.block, "time": rfc3339(head.time), "ageSeconds": head.age_seconds}
