"""What commands share that speak to the service as somebody."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import click

from ledger.errors import Refused, Unavailable
from ledger.values import Stage
from ledger.verification.proof_file import ProofFile
from wallet.commands.options import (
    account_option,
    json_option,
    password_option,
    service_option,
)
from wallet.console import waiting
from wallet.keyring import KeyOfAnotherPurpose
from wallet.service import Service, ServiceRefused
from wallet.sessions import open_service
from wallet.surroundings import Surroundings

_NOBODY: Final = 401
_NOT_FOUND: Final = 404
WAIT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.5


@dataclass(eq=False)
class StillUnderWay(Unavailable):
    """It is accepted and in no block yet. Ask again later; nothing needs to be repeated."""

    stage: str


@dataclass(eq=False)
class ChangeFailed(Refused):
    """The ledger refused the change. Look at the reason before you repeat it."""

    error: str


def serving(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of whoever asks the service."""
    command = click.pass_obj(command)
    for option in (json_option, password_option, service_option, account_option(None)):
        command = option(command)
    return command


@contextmanager
def opened(outside: Surroundings, given: dict[str, Any]) -> Iterator[Service]:
    """Give a client that speaks for --account; a token that is refused is forgotten.

    Raises:
        KeyOfAnotherPurpose, KeyNameUnknown: for the account.
        ServiceUnavailable, ServiceNamesItselfOtherwise: for the service.
    """
    name, url = given["account"], given["service_url"].rstrip("/")
    entry = outside.keyring.entry(name)
    if entry.address is None:
        raise KeyOfAnotherPurpose(name, entry.purpose, "account")
    service = open_service(
        url,
        entry.address,
        lambda: outside.keyring.account(name, given["passwords"].of(name)),
        outside.sessions,
        outside.clocks,
    )
    try:
        yield service
    except ServiceRefused as exc:
        if exc.status == _NOBODY:
            outside.sessions.forget(url, entry.address)
        raise
    finally:
        service.close()


def wait_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --wait."""
    return click.option("--wait", is_flag=True, help="Wait until it is in a block.")(command)


def wait_for_block(outside: Surroundings, service: Service, path: str) -> dict[str, Any]:
    """Return what is at `path` once its stage is anchored or final.

    Raises:
        ChangeFailed: when it names an error.
        StillUnderWay: after `WAIT_SECONDS`.
    """
    deadline = outside.clocks.monotonic() + WAIT_SECONDS
    with waiting("Waiting for the block"):
        while True:
            answer = service.get(path)
            if answer.get("error"):
                raise ChangeFailed(str(answer["error"]))
            if answer.get("stage") in (Stage.ANCHORED, Stage.FINAL):
                return answer
            if outside.clocks.monotonic() > deadline:
                raise StillUnderWay(str(answer.get("stage")))
            outside.clocks.pause(POLL_SECONDS)


def proof_of(service: Service, digest: str) -> ProofFile | None:
    """Return the proof of what the service issued, None until it is anchored."""
    try:
        return ProofFile.from_json(service.fetch(f"/v1/proofs/{quote(digest)}"))
    except ServiceRefused as exc:
        if exc.status == _NOT_FOUND:
            return None
        raise
