"""What commands share that speak to the service as somebody."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from wallet.commands.options import (
    account_option,
    json_option,
    password_option,
    service_option,
)
from wallet.keyring import KeyOfAnotherPurpose
from wallet.service import Service, ServiceRefused
from wallet.sessions import open_service
from wallet.surroundings import Surroundings

_NOBODY: Final = 401


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
        outside.now(),
    )
    try:
        yield service
    except ServiceRefused as exc:
        if exc.status == _NOBODY:
            outside.sessions.forget(url, entry.address)
        raise
    finally:
        service.close()
