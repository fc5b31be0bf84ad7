"""Every error of the service and the rules, its module imported."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

import api
import ledger
from api.http.problems import all_problems
from ledger.errors import LedgerError


def modules() -> Iterator[str]:
    """Yield the names of all modules below `api` and `ledger`."""
    for package in (api, ledger):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                yield found.name


@cache
def every_error() -> dict[str, type[LedgerError]]:
    """Return the errors that `api` and `ledger` declare, by name."""
    for name in modules():
        importlib.import_module(name)
    return {
        name: kind
        for name, kind in all_problems().items()
        if kind.__module__.partition(".")[0] in {"api", "ledger"}
    }
