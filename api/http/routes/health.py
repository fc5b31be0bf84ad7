"""Whether the service lives and can serve."""

from fastapi import APIRouter, Response

from api.http.metrics import MEDIA_TYPE
from api.http.openapi import problems
from api.http.ports import GivenDeployment, GivenHealth, GivenMetrics
from api.http.public import NOT_MODIFIED, PublicRoute
from api.http.schemas.registry import DeploymentAnswer
from api.http.schemas.service import AliveAnswer, ReadyAnswer
from api.http.schemas.shared import HeadAnswer
from api.http.strict import StrictRoute
from api.services.health import ProjectionStale
from ledger.errors import FinalityUnknown, Unavailable

router = APIRouter(tags=["service"], route_class=StrictRoute)
public_router = APIRouter(tags=["service"], route_class=PublicRoute)


@router.get("/healthz", responses=problems())
async def alive() -> AliveAnswer:
    """Tell that the process runs; it says nothing about database and chain."""
    return AliveAnswer()


@router.get("/readyz", responses=problems(Unavailable, ProjectionStale, FinalityUnknown))
def ready(health: GivenHealth) -> ReadyAnswer:
    """Tell whether to send requests here: database and its schema, chain seen lately."""
    return ReadyAnswer(head=HeadAnswer.of(health.ready()))


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}},
        **problems(),
    },
)
def metrics(metrics: GivenMetrics) -> Response:
    """Count what was answered and what waits; numbers alone, nothing that names anybody."""
    return Response(metrics.text(), headers={"Content-Type": MEDIA_TYPE})


@public_router.get("/v1/deployment", responses=NOT_MODIFIED | problems())
async def deployment(deployment: GivenDeployment) -> DeploymentAnswer:
    """Name the chain and the contracts that this service stands on."""
    return DeploymentAnswer(
        chain_id=deployment.chain_id,
        contracts=dict(deployment.contracts),
        block=deployment.block,
        block_hash=deployment.block_hash,
    )
