"""Routes that say whether the deployment works. They need no key, and show no details of errors."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from functions.gateway.deployment import InDeployment
from functions.gateway.per_application import per_application
from functions.gateway.readiness import Readiness, checks_of
from shared import __version__
from shared.model.api import Health, PartHealth

router = APIRouter(tags=["health"])


async def readiness(request: Request, deployment: InDeployment) -> Readiness:
    """Returns what this process saw of the systems last."""
    return per_application(request, "readiness", lambda: Readiness(checks_of(deployment)))


InReadiness = Annotated[Readiness, Depends(readiness)]


@router.get("/health", response_description="What the gateway needs, whether it works or not.")
async def health(readiness: InReadiness) -> Health:
    """Whether storage, the job store and the workflow answer, for people. The status is 200 even if
    they do not."""
    parts = await readiness.parts()
    return health_of(parts)


@router.get("/health/live", response_description="The process answers.")
async def health_live() -> Health:
    """Whether the process answers. It looks at nothing else."""
    return Health(status="ok", version=__version__)


@router.get(
    "/health/ready",
    response_description="Everything that the gateway needs answers.",
    responses={503: {"model": Health, "description": "A part does not answer."}},
)
async def health_ready(readiness: InReadiness, response: Response) -> Health:
    """Whether requests can be served, for load balancers and monitors."""
    parts = await readiness.parts()
    answer = health_of(parts)
    if answer.status == "unavailable":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = "1"
    return answer


def health_of(parts: tuple[PartHealth, ...]) -> Health:
    is_ready = all(part.ready for part in parts)
    return Health(status="ok" if is_ready else "unavailable", version=__version__, parts=parts)
