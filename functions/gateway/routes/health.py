"""Routes that say whether the deployment works."""

from fastapi import APIRouter

from shared import __version__
from shared.model.api import Health

router = APIRouter(tags=["health"])


@router.get("/health/live")
def live() -> Health:
    """Returns 200 as long as the process answers."""
    return Health(status="ok", version=__version__)
