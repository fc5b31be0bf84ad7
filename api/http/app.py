"""The application: routes, problems, edges."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from api.http.auth import LargeBodies
from api.http.chunks import Room
from api.http.direct import Direct
from api.http.limits import Allowances, RateLimit, Rates
from api.http.metrics import Metrics
from api.http.middleware import BodyLimit, Edge
from api.http.openapi import document_of
from api.http.pages import NO_PAGES, Pages
from api.http.problems import instance_of, of_framework, of_validation, problem
from api.http.routes import (
    agencies,
    agreements,
    bid_uploads,
    bids,
    bundle,
    catalogue,
    change_sets,
    custody_alerts,
    custody_exemptions,
    custody_places,
    custody_trips,
    gate_bundles,
    health,
    health_allow,
    health_appeals,
    health_conversions,
    health_foreign,
    health_passes,
    health_scan_counts,
    health_scan_views,
    health_scans,
    health_transfers,
    jobs,
    licences,
    links,
    mailbox,
    ocds,
    opening_cosignatures,
    openings,
    pages,
    problems,
    sign_in,
    status,
    status_lists,
    tender_archives,
    tender_duties,
    tender_filings,
    tender_ocds,
    tender_papers,
    tenders,
    verifications,
)
from api.http.verifiers import NO_VERIFIERS, Verifiers
from api.http.verifying import Verifying
from api.services.composition import Services
from ledger.errors import LedgerError

ROUTERS = (
    verifications.router,
    health.router,
    health.public_router,
    catalogue.router,
    jobs.upload_router,
    jobs.router,
    agencies.router,
    agreements.router,
    agreements.policies_router,
    agreements.keeping_router,
    status_lists.router,
    licences.router,
    licences.public_router,
    licences.sealed_router,
    status.router,
    change_sets.router,
    bundle.router,
    health_transfers.router,
    health_conversions.router,
    health_foreign.router,
    health_foreign.public_router,
    health_passes.router,
    health_passes.status_router,
    health_allow.router,
    health_allow.segment_router,
    gate_bundles.router,
    gate_bundles.file_router,
    health_scans.router,
    health_scan_views.router,
    health_scan_counts.router,
    health_appeals.router,
    custody_places.router,
    custody_exemptions.router,
    custody_trips.router,
    custody_alerts.router,
    links.router,
    ocds.router,
    bid_uploads.storage_router,
    bid_uploads.router,
    bid_uploads.mailbox_router,
    bids.router,
    bids.releases_router,
    bids.listings_router,
    mailbox.router,
    tender_duties.router,
    tenders.router,
    tender_archives.router,
    tender_archives.file_router,
    tender_ocds.router,
    tender_filings.router,
    tender_papers.router,
    tender_papers.list_router,
    tenders.feed_router,
    openings.router,
    openings.officers,
    opening_cosignatures.router,
    sign_in.router,
    problems.router,
    pages.router,
)

DIRECT_ROUTES = (licences.DIRECT, verifications.DIRECT, bids.DIRECT)


METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def create_app(
    services: Services,
    log: Any = None,
    built: Pages = NO_PAGES,
    limits: Allowances | None = None,
    verifiers: Verifiers = NO_VERIFIERS,
) -> FastAPI:
    """Return the application over `services`; `log` is a structlog logger, `built` the pages.

    Without `limits` everybody may ask as often as they like; `verifiers` run while it is served.
    """
    log = log or structlog.get_logger("api.http")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        verifiers.start(log)
        yield
        await verifiers.close()

    app = FastAPI(
        title="Suizheng",
        version="0.1.0",
        description="An open ledger for electronic licences.",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    app.state.is_ending = lambda: False  # a server of ours puts its own in
    limits = app.state.limits = limits or Allowances(Rates())
    metrics = app.state.metrics = Metrics(services.measures)
    app.state.verifying = Verifying(services.verifications)
    app.state.verifiers = verifiers
    app.state.pages = built
    app.state.room = Room.usual()
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(LedgerError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_request)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_middleware(Direct, routes=DIRECT_ROUTES)
    app.add_middleware(BodyLimit)
    app.add_middleware(LargeBodies, sign_ins=services.sign_ins)
    app.add_middleware(RateLimit, limits=limits)
    app.add_middleware(
        Edge,
        log=log,
        randomness=services.randomness,
        observe=metrics.request,
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
    if "Allow" in answer.headers:  # the framework names the methods of the first route alone
        answer.headers["Allow"] = ", ".join(_methods_at(request))
    return answer


def _methods_at(request: Request) -> list[str]:
    """Return the methods that the request's address takes."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    routes: list[BaseRoute] = request.app.router.routes
    return [
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] is Match.FULL for route in routes)
    ]


async def _refuse_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # registered for it
    return problem(of_validation(error), instance_of(request))
