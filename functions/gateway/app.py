"""The application: its routes and what surrounds them."""

from fastapi import Depends, FastAPI

from functions.gateway.openapi import DocumentedApi, operation_id
from functions.gateway.problems import add_problem_handlers
from functions.gateway.protection import add_protection
from functions.gateway.query_checks import refuse_unknown_query
from functions.gateway.routes import (
    asr,
    audio,
    batches,
    edits,
    events,
    health,
    jobs,
    keys,
    limits,
    live_events,
    login,
    metrics,
    openai,
    page,
    peaks,
    queue,
    spending,
    transcripts,
    uploads,
    webhooks,
)
from functions.gateway.routes.documentation import add_documentation
from functions.gateway.sent_webhooks import add_sent_webhooks
from shared import __version__
from shared.settings import settings

DESCRIPTION = """\
Upload a recording, wait for its job, read who said what, and when.

* A key goes into `Authorization: Bearer ds_...` or `X-API-Key`, never into an address.
* Every error is a problem as [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) defines it; its
  `type` says what happened, and `detail` what to change. Under `/v1` it has OpenAI's body.
* What a key may not see is answered like what does not exist: with 404.
* A response with `Retry-After` may be repeated after as many seconds.
"""
TAGS = [
    {"name": "jobs", "description": "Transcriptions: list, wait, run again, cancel, erase."},
    {"name": "uploads", "description": "Recordings of any size, in one request or in parts."},
    {
        "name": "asr",
        "description": "The API of whisper-asr-webservice, for Bazarr, Speakr and others.",
    },
    {"name": "events", "description": "The ends of jobs, in order, for programs that read along."},
    {"name": "keys", "description": "API keys, their scopes and folders, and logging in."},
    {"name": "webhooks", "description": "Addresses to which the ends of jobs are sent."},
    {"name": "health", "description": "Whether the deployment works."},
    {"name": "openai", "description": "OpenAI's API: set its clients' base URL to `/v1`."},
    {"name": "metrics", "description": "What the deployment did, for people and Prometheus."},
]


def create_app() -> FastAPI:
    """Returns the gateway's application, with the settings of the environment."""
    app = DocumentedApi(
        title="Dropscribe",
        summary="Drop a recording into a bucket; get back who said what, and when.",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        servers=[{"url": "/", "description": "The deployment that serves this document"}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        generate_unique_id_function=operation_id,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the address would be made of the header Host
        dependencies=[Depends(refuse_unknown_query)],
    )
    add_problem_handlers(app)
    add_protection(app, settings().gateway)
    app.include_router(health.router)
    app.include_router(jobs.router)
    app.include_router(queue.router)
    app.include_router(live_events.router)
    app.include_router(transcripts.router)
    app.include_router(edits.router)
    app.include_router(events.router)
    app.include_router(batches.router)
    app.include_router(audio.router)
    app.include_router(peaks.router)
    app.include_router(keys.router)
    app.include_router(login.router)
    app.include_router(metrics.router)
    app.include_router(spending.router)
    app.include_router(limits.router)
    app.include_router(uploads.router)
    app.include_router(webhooks.router)
    app.include_router(asr.router)
    app.include_router(openai.router)
    add_sent_webhooks(app)
    add_documentation(app)
    app.include_router(page.router)
    return app
