"""The route with what the deployment takes, and for how long it keeps it."""

from fastapi import APIRouter

from functions.gateway.access import Holder
from shared.model.api import DeploymentLimits
from shared.settings import settings

router = APIRouter(tags=["health"])


@router.get("/api/v1/limits")
async def read_limits(holder: Holder) -> DeploymentLimits:
    """Read the limits of the deployment: of sizes, lengths and requests, and the days that it keeps
    things."""
    chosen = settings()
    buckets = chosen.buckets
    gateway = chosen.gateway
    return DeploymentLimits(
        max_gigabytes=chosen.recordings.max_gigabytes,
        max_form_megabytes=gateway.max_form_megabytes,
        max_hours=chosen.recordings.max_hours,
        requests_per_minute=gateway.requests_per_minute,
        streams_per_key=gateway.streams_per_key,
        keep_job_days=chosen.jobs.keep_days,
        keep_work_days=buckets.keep_work_days,
        keep_answer_days=buckets.keep_answer_days,
    )
