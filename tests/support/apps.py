"""The application for tests: its routes are built once in a process, whatever it is over."""

from typing import Any, Final

from fastapi import FastAPI
from starlette.routing import BaseRoute

from api.http.app import ROUTERS, create_app
from api.services.composition import Services

_BUILT: Final[list[BaseRoute]] = []
"""The routes of the first application, one for each of `ROUTERS`; they know of no services."""


def app_over(services: Services, log: Any, **more: Any) -> FastAPI:
    """Return what `create_app` does, with the routes of the first application made here.

    FastAPI reads the signature of every route at an application's first request: a fifth of a
    second, more than most tests take.
    """
    app = create_app(services, log, **more)
    own = slice(-len(ROUTERS), None)
    if not _BUILT:
        _BUILT.extend(app.router.routes[own])
    app.router.routes[own] = _BUILT
    return app
