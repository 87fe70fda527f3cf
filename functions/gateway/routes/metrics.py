"""Routes with the figures of a deployment, for people and for Prometheus."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from functions.gateway.access import Reader
from functions.gateway.deployment import InDeployment
from functions.gateway.exposition import CONTENT_TYPE, prometheus_text
from functions.gateway.metrics import MetricsReader
from functions.gateway.openapi import text_body
from functions.gateway.per_application import per_application
from functions.gateway.refusals import InRefusals
from shared.model.metrics import Metrics

router = APIRouter(tags=["metrics"])

PROMETHEUS_WINDOW = timedelta(hours=1)
"""Short, since Prometheus keeps the history itself."""
EXPOSITION = "# HELP dropscribe_jobs Jobs by state.\n# TYPE dropscribe_jobs gauge\n..."
"""Example of an answer to Prometheus."""

Hours = Annotated[int, Query(ge=1, le=168)]
"""Length of the window whose ended jobs are counted."""


def reader_of(request: Request) -> MetricsReader:
    """Returns the metrics that this process has read."""
    return per_application(request, "metrics", MetricsReader)


InMetrics = Annotated[MetricsReader, Depends(reader_of)]


@router.get("/api/v1/metrics/")
def read_metrics(
    caller: Reader, reader: InMetrics, stores: InDeployment, hours: Hours = 24
) -> Metrics:
    """Jobs by state, and how the jobs of the last hours ended, of the key's folder. It may be a
    minute old."""
    window = timedelta(hours=hours)
    return reader.read(caller.folder, window, stores.jobs)


@router.get("/metrics", response_class=Response, responses=text_body("text/plain", EXPOSITION))
def read_prometheus_metrics(
    caller: Reader, reader: InMetrics, stores: InDeployment, refusals: InRefusals
) -> Response:
    """The same for the last hour, in Prometheus' text format. A key for the whole inbox also sees
    how many requests were refused, and why."""
    metrics = reader.read(caller.folder, PROMETHEUS_WINDOW, stores.jobs)
    text = prometheus_text(metrics, {} if caller.folder else refusals)
    return Response(text, media_type=CONTENT_TYPE)
