"""The application: routes, problems, edges."""

from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.http.middleware import BodyLimit, Edge
from api.http.openapi import document_of
from api.http.pages import NO_PAGES, Pages
from api.http.problems import instance_of, of_framework, of_validation, problem
from api.http.routes import (
    agencies,
    bundle,
    catalogue,
    health,
    licences,
    links,
    pages,
    problems,
    sign_in,
    status,
    status_lists,
    uploads,
    verifications,
)
from api.services.composition import Services
from ledger.errors import LedgerError

ROUTERS = (
    health.router,
    catalogue.router,
    uploads.router,
    agencies.router,
    status_lists.router,
    licences.router,
    status.router,
    verifications.router,
    bundle.router,
    links.router,
    sign_in.router,
    problems.router,
    pages.router,
)


def create_app(services: Services, log: Any = None, built: Pages = NO_PAGES) -> FastAPI:
    """Return the application over `services`; `log` is a structlog logger, `built` the pages."""
    app = FastAPI(
        title="Suizheng",
        version="0.1.0",
        description="An open ledger for electronic licences.",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False},
    )
    app.state.services = services
    app.state.pages = built
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(LedgerError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_request)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        Edge, log=log or structlog.get_logger("api.http"), randomness=services.randomness
    )
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Let `/openapi.json` answer with the document that names every problem."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document_of(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, LedgerError)  # registered for it
    return problem(error, instance_of(request))


async def _refuse_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # registered for it
    answer = problem(of_framework(error), instance_of(request))
    answer.headers.update(error.headers or {})
    return answer


async def _refuse_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # registered for it
    return problem(of_validation(error), instance_of(request))
