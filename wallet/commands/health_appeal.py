"""`suizheng health appeal`: an appeal 申诉 against a gate's decision, and what is answered."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

import click

from wallet.commands.options import json_option, service_option
from wallet.console import print_json, say
from wallet.service import AnswerMalformed, Service
from wallet.surroundings import Surroundings

APPEALS: Final = "/v1/health/appeals"


@click.command()
@click.argument("number")
@service_option
@json_option
@click.pass_obj
def appeal(outside: Surroundings, number: str, service_url: str, *, as_json: bool) -> None:
    """Appeal against the scan NUMBER, which was shown with the refusal; again: read the answer.

    The gate kept no code: bring the pass that was shown then when you are asked for it. The answer
    says whether the refusal stands.
    """
    with closing(Service(service_url, wait=outside.clocks.pause)) as service:
        told = service.post(APPEALS, {"scan": number.upper()})
    try:
        said = _said(told)
    except (KeyError, TypeError) as exc:
        raise AnswerMalformed(service_url) from exc
    if as_json:
        print_json(told)
        return
    for line in said:
        say(line)


def _said(told: Mapping[str, Any]) -> list[str]:
    number, answer = told["scan"], told["answer"]
    if answer is None:
        due = f"It is to be answered by {told['answerBy']}."
        late = ["That time has passed: ask the authority."] if told["isOverdue"] else []
        return [f"Your appeal against scan {number} is lodged. {due}", *late]
    stands = {"UPHELD": "the refusal stands", "OVERTURNED": "the refusal was wrong"}
    verdict = str(answer["verdict"])
    lines = [
        f"Scan {number}: {verdict}, {stands.get(verdict, 'see the answer')}.",
        f"{answer['answeredAt']}: {answer['text']}",
    ]
    if answer["remedy"] is not None:
        lines.append(f"You have a new pass: {answer['remedy']}. Get it: suizheng health refill")
    return lines
