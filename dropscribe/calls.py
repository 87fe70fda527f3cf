"""The calls of the API, each with how its response is read. Uploads have a module of their own."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import JsonValue

from dropscribe.errors import ApiError, EventsExpired, TimedOut
from dropscribe.exchange import exchange
from dropscribe.server import ANSWER_SECONDS, Call, Server
from dropscribe.steps import Pause, Steps
from shared.model.api import (
    ApiState,
    DeploymentLimits,
    Health,
    JobPage,
    JobView,
    KeyList,
    KeyRequest,
    KeyView,
    LoginCode,
    NewKey,
    RedriveRequest,
    Scope,
)
from shared.model.api_paths import job_path
from shared.model.batches import BatchRequest, BatchView
from shared.model.contracts import WireModel
from shared.model.errors import RecordingErased
from shared.model.event_feed import EventFeed
from shared.model.metrics import Metrics
from shared.model.queue import Queue
from shared.model.spending import SpendingPage

API = "/api/v1"
PAGE_SIZE = 200
"""Jobs or events of a page, as many as the server gives."""
LONGEST_WAIT = 60.0
"""Seconds for which the server keeps a question for a job's end."""
ERASE_SECONDS = 600.0
"""Seconds until an erasure must be answered: all objects of a long recording are deleted before."""
DRAW_SECONDS = 300.0
"""Seconds until a transcript must be answered: a long one is drawn before, perhaps after others."""
COSTS_SECONDS = 120.0
"""Seconds until a page of costs must be answered: the records of its jobs are read before."""
SHORTEST_WAIT = 0.5
"""Seconds between two such questions if the server answers at once."""
ENDED: tuple[ApiState, ...] = ("done", "failed", "cancelled", "erased")
Model = TypeVar("Model", bound=WireModel)


def read(model: type[Model], content: bytes) -> Model:
    """Returns a body. Fields that a newer server added are left out."""
    return model.model_validate_json(content, extra="ignore")


def get(server: Server, path: str, model: type[Model]) -> Steps[Model]:
    call = Call("GET", path, is_repeatable=True)
    response = yield from exchange(server, call)
    return read(model, response.content)


# Jobs


def job(server: Server, job_id: str, wait: float) -> Steps[JobView]:
    """Returns a job, at the latest after `wait` seconds, earlier if it ends meanwhile."""
    params = {"wait": f"{wait:.0f}"} if wait else {}
    seconds = ANSWER_SECONDS + wait
    call = Call("GET", job_path(job_id), params, is_repeatable=True, seconds=seconds)
    response = yield from exchange(server, call)
    return read(JobView, response.content)


def wait_for(server: Server, job_id: str, timeout: float) -> Steps[JobView]:
    """Returns a job once it has ended. Raises TimedOut after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        asked = time.monotonic()
        left = max(0.0, deadline - asked)
        found = yield from job(server, job_id, min(LONGEST_WAIT, left))
        if found.state in ENDED:
            return found
        now = time.monotonic()
        if now >= deadline:
            raise TimedOut(f"{found.name} is {found.state} after {timeout:g} s; the job goes on")
        if now - asked < SHORTEST_WAIT:
            yield Pause(SHORTEST_WAIT)


def job_page(
    server: Server,
    state: ApiState | None,
    prefix: str,
    created_after: datetime | None,
    cursor: str | None,
) -> Steps[JobPage]:
    """Returns a page of the jobs that are asked for."""
    asked = {
        "state": state,
        "prefix": prefix,
        "created_after": None if created_after is None else created_after.isoformat(),
        "cursor": cursor,
        "limit": str(PAGE_SIZE),
    }
    params = {name: value for name, value in asked.items() if value}
    call = Call("GET", f"{API}/jobs", params, is_repeatable=True)
    response = yield from exchange(server, call)
    return read(JobPage, response.content)


def queue(server: Server, prefix: str, limit: int) -> Steps[Queue]:
    """Returns the first of the jobs that have not ended, and what each waits for."""
    params = {"limit": str(limit)}
    if prefix:
        params["prefix"] = prefix
    call = Call("GET", f"{API}/queue", params, is_repeatable=True)
    response = yield from exchange(server, call)
    return read(Queue, response.content)


def spending_page(server: Server, since: datetime, before: datetime | None) -> Steps[SpendingPage]:
    """Returns a page of what jobs took and cost that have ended."""
    params = {"since": since.isoformat()}
    if before is not None:
        params["before"] = before.isoformat()
    call = Call("GET", f"{API}/costs", params, is_repeatable=True, seconds=COSTS_SECONDS)
    response = yield from exchange(server, call)
    return read(SpendingPage, response.content)


def event_feed(server: Server, after: str | None, wait: float) -> Steps[EventFeed]:
    """Returns the events after a cursor, or the first ones, at the latest after `wait` seconds.

    Raises EventsExpired if the cursor is older than events are kept.
    """
    asked = {"after": after, "wait": f"{wait:.0f}", "limit": str(PAGE_SIZE)}
    params = {name: value for name, value in asked.items() if value}
    seconds = ANSWER_SECONDS + wait
    call = Call("GET", f"{API}/events", params, is_repeatable=True, seconds=seconds)
    begun = time.monotonic()
    response = yield from exchange(server, call)
    feed = read(EventFeed, response.content)
    if feed.has_gap:
        raise EventsExpired("events may have expired unread: begin without a cursor")
    is_early = time.monotonic() - begun < SHORTEST_WAIT
    if wait and is_early and not feed.events:
        yield Pause(SHORTEST_WAIT)
    return feed


def create_batch(
    server: Server,
    jobs: Sequence[str] | None,
    prefix: str | None,
    metadata: Mapping[str, str] | None,
) -> Steps[BatchView]:
    job_ids = None if jobs is None else tuple(jobs)
    request = BatchRequest(jobs=job_ids, prefix=prefix, metadata=dict(metadata or {}))
    body = request.model_dump(mode="json", exclude_none=True)
    response = yield from exchange(server, Call("POST", f"{API}/batches", json=body))
    return read(BatchView, response.content)


def batch(server: Server, batch_id: str) -> Steps[BatchView]:
    return (yield from get(server, f"{API}/batches/{batch_id}", BatchView))


def transcript(
    server: Server, job_id: str, format: str, original: bool, captions: Mapping[str, JsonValue]
) -> Steps[bytes]:
    """Returns a job's transcript in a format."""
    path = f"{job_path(job_id)}/transcript"
    params = {"format": format}
    if original:
        params["original"] = "true"
    for name, value in captions.items():
        params[name] = value if isinstance(value, str) else json.dumps(value)
    call = Call("GET", path, params, is_repeatable=True, seconds=DRAW_SECONDS)
    response = yield from exchange(server, call)
    return response.content


def redrive(server: Server, job_id: str, options: Mapping[str, JsonValue] | None) -> Steps[JobView]:
    request = RedriveRequest(options=None if options is None else dict(options))
    body = request.model_dump(mode="json")
    response = yield from exchange(server, Call("POST", f"{job_path(job_id)}/redrive", json=body))
    return read(JobView, response.content)


def cancel(server: Server, job_id: str) -> Steps[JobView]:
    response = yield from exchange(server, Call("POST", f"{job_path(job_id)}/cancel"))
    return read(JobView, response.content)


def erase(server: Server, job_id: str) -> Steps[None]:
    """Erases a job's recording. An erasure that broke off goes on when it is repeated, and one of
    what is erased already changes nothing."""
    path = job_path(job_id)
    call = Call("DELETE", path, is_repeatable=True, seconds=ERASE_SECONDS)
    try:
        yield from exchange(server, call)
    except ApiError as error:
        if error.problem.type != RecordingErased.name():
            raise


# Keys, health and figures


def create_key(
    server: Server, name: str, scopes: Sequence[Scope], folder: str, expires: datetime | None
) -> Steps[NewKey]:
    request = KeyRequest(name=name, scopes=tuple(scopes), folder=folder, expires=expires)
    body = request.model_dump(mode="json")
    response = yield from exchange(server, Call("POST", f"{API}/keys", json=body))
    return read(NewKey, response.content)


def keys(server: Server) -> Steps[tuple[KeyView, ...]]:
    found = yield from get(server, f"{API}/keys", KeyList)
    return found.keys


def revoke_key(server: Server, key_id: str) -> Steps[None]:
    yield from exchange(server, Call("DELETE", f"{API}/keys/{key_id}"))


def me(server: Server) -> Steps[KeyView]:
    return (yield from get(server, f"{API}/keys/me", KeyView))


def page_address(server: Server, job_id: str | None) -> Steps[str]:
    """Returns an address of the page, or of a job's transcript on it, that logs in once."""
    response = yield from exchange(server, Call("POST", f"{API}/login-codes"))
    code = read(LoginCode, response.content).code
    query = "" if job_id is None else f"?job={job_id}"
    return f"{server.url}/{query}#login={code}"


def health(server: Server) -> Steps[Health]:
    """Returns the health of the deployment, also if a part of it does not answer."""
    call = Call("GET", "/health")
    response = yield from exchange(server, call)
    return read(Health, response.content)


def limits(server: Server) -> Steps[DeploymentLimits]:
    return (yield from get(server, f"{API}/limits", DeploymentLimits))


def metrics(server: Server) -> Steps[Metrics]:
    return (yield from get(server, f"{API}/metrics/", Metrics))
