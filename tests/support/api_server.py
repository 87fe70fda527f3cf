"""An HTTP API with jobs that a test moves on, and a real server for any ASGI application."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from functions.gateway.http_protocol import HttpProtocol

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = "ds_secret"


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Serves an application on a free port, as the gateway is. Yields its address."""
    # asyncio sends without delay only on sockets that name their protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]
    config = uvicorn.Config(app, http=HttpProtocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@dataclass
class FakeApi:
    """Jobs that end after they were listed a number of times, and what was asked.

    A recording whose content is `bad` fails. `transcripts` may be changed by a test.
    """

    looks_until_end: int = 1
    views_count: bool = False
    """Whether a request for one job is such a look, too."""
    page_size: int = 200
    folder: str = ""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By id, in the order of their creation."""
    looks: dict[str, int] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[dict[str, str]] = field(default_factory=list)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and detail with which requests to paths that end so are refused."""
    connections: set[Any] = field(default_factory=set)

    def app(self) -> ASGIApp:
        api = "/api/v1"
        routes = [
            Route(f"{api}/jobs/upload", self.upload, methods=["POST"]),
            Route(f"{api}/jobs", self.list_jobs),
            Route(f"{api}/jobs/{{id}}", self.job),
            Route(f"{api}/jobs/{{id}}", self.erase, methods=["DELETE"]),
            Route(f"{api}/jobs/{{id}}/events", self.events),
            Route(f"{api}/jobs/{{id}}/transcript", self.transcript),
            Route(f"{api}/jobs/{{id}}/redrive", self.redrive, methods=["POST"]),
            Route(f"{api}/jobs/{{id}}/cancel", self.cancel, methods=["POST"]),
            Route(f"{api}/keys/me", self.me),
        ]
        return Recorder(self, Starlette(routes=routes))

    def add(self, name: str, **changed: Any) -> dict[str, Any]:
        number = len(self.jobs) + 1
        job_id = f"{number:020x}"
        created = START + timedelta(seconds=number)
        body = {
            "id": job_id,
            "name": name,
            "size": 5,
            "state": "running",
            "run": 1,
            "created": created.isoformat(),
            "updated": created.isoformat(),
            "started": created.isoformat(),
            "ended": None,
            "problem": None,
            "warnings": [],
            "formats": [],
            "metadata": {},
            "links": {"self": f"/api/v1/jobs/{job_id}", "transcript": None, "audio": None},
        }
        self.jobs[job_id] = body | changed
        return self.jobs[job_id]

    def end(self, job: dict[str, Any], **changed: Any) -> None:
        """Ends a job with a transcript."""
        ended = datetime.fromisoformat(job["created"]) + timedelta(seconds=31)
        job.update(state="done", formats=["json", "srt"], ended=ended.isoformat(), **changed)

    def fail(self, job: dict[str, Any], detail: str) -> None:
        title = "The object is not a recording that can be decoded."
        problem = {"type": "urn:x", "title": title, "status": 415, "detail": detail}
        job.update(state="failed", problem=problem)

    def asked(self, method: str, path: str) -> int:
        """Returns how many requests there were."""
        return self.requests.count((method, path))

    # Routes

    async def upload(self, request: Request) -> Response:
        async with request.form() as form:
            file = form["file"]
            assert not isinstance(file, str)
            content = await file.read()
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        name = self.folder + fields["name"]
        taken = [job for job in self.jobs.values() if job["name"] == name]
        if taken and fields["replace"] != "true":
            return problem(409, f"{name} is there already")
        self.uploads.append(fields)
        job = self.add(name, size=len(content))
        if content == b"bad":
            self.fail(job, "no known audio format")
        return JSONResponse(view(job), 202)

    async def list_jobs(self, request: Request) -> Response:
        asked = request.query_params
        after = datetime.fromisoformat(asked["created_after"]) if "created_after" in asked else None
        found = []
        for job in reversed(self.jobs.values()):
            is_new = after is None or datetime.fromisoformat(job["created"]) > after
            is_meant = job["name"].startswith(asked.get("prefix", ""))
            if is_new and is_meant and asked.get("state", job["state"]) == job["state"]:
                found.append(job)
        first = int(asked.get("cursor", 0))
        page = found[first : first + self.page_size]
        if after is not None:
            self.move_on(page)
        rest = first + self.page_size
        cursor = str(rest) if rest < len(found) else None
        return JSONResponse({"jobs": page, "next_cursor": cursor})

    def move_on(self, page: list[dict[str, Any]]) -> None:
        """Ends jobs that were listed often enough."""
        for job in page:
            looks = self.looks.get(job["id"], 0) + 1
            self.looks[job["id"]] = looks
            if job["state"] == "running" and looks >= self.looks_until_end:
                self.end(job)

    async def job(self, request: Request) -> Response:
        found = self.jobs.get(request.path_params["id"])
        if found and self.views_count:
            self.move_on([found])
        return JSONResponse(view(found)) if found else problem(404, "there is no such job")

    async def events(self, request: Request) -> Response:
        """Answers with a job's live events, each of which is a look."""
        job = self.jobs[request.path_params["id"]]

        async def stream() -> AsyncIterator[str]:
            yield event("job.state", job)
            while job["state"] == "running":
                self.move_on([job])
                yield event("job.progress", job)
                await asyncio.sleep(0.01)
            yield event(f"job.{job['state']}", job)

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def transcript(self, request: Request) -> Response:
        job = self.jobs[request.path_params["id"]]
        if request.query_params["format"] != "json":
            return Response("1\n00:00:00,000 --> 00:00:01,000\nHello.\n")
        return JSONResponse(
            {
                "job": {"id": job["id"], "run": job["run"]},
                "language": {"code": "en"},
                "media": {"duration": 1.5},
                "words": [{"word": "Hello."}],
                "speakers": [{"id": "S1"}],
            }
        )

    async def redrive(self, request: Request) -> Response:
        job = self.jobs[request.path_params["id"]]
        self.uploads.append(await request.json())
        job.update(run=job["run"] + 2, state="queued")
        return JSONResponse(view(job), 202)

    async def cancel(self, request: Request) -> Response:
        job = self.jobs[request.path_params["id"]]
        job.update(state="cancelled")
        return JSONResponse(view(job), 202)

    async def erase(self, request: Request) -> Response:
        del self.jobs[request.path_params["id"]]
        return Response(status_code=204)

    async def me(self, request: Request) -> Response:
        own = {"id": "k1", "prefix": "ds_s", "name": "Anna", "scopes": ["read"]}
        times = {"created": START.isoformat(), "expires": None, "last_used": None, "revoked": None}
        return JSONResponse(own | times | {"folder": self.folder})


class Recorder:
    """Remembers requests, and refuses those without the key or that the test wants refused."""

    def __init__(self, api: FakeApi, app: ASGIApp) -> None:
        self.api, self.app = api, app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        path = request.url.path
        self.api.requests.append((request.method, path))
        self.api.connections.add(scope["client"])
        answer: ASGIApp = self.app
        for end, (status, detail) in self.api.refusals.items():
            if path.endswith(end):
                answer = problem(status, detail)
        if request.headers.get("X-API-Key") != KEY:
            answer = problem(401, "The key is not known.")
        await answer(scope, receive, send)


def view(job: dict[str, Any]) -> dict[str, Any]:
    """Returns a job with its progress."""
    stages = [
        {"stage": "prepare", "done": 1, "of": 1, "seconds": 0.4},
        {"stage": "transcribe", "done": 8, "of": 24, "seconds": 91.0},
    ]
    progress = {"stages": stages, "share": 0.35, "eta_seconds": 240.0}
    option = {"value": "en", "origin": "object metadata"}
    return job | {"options": {"language": option}, "progress": progress}


def event(name: str, job: dict[str, Any]) -> str:
    """Returns an event about a job as the server sends it."""
    shown = view(job)
    if name == "job.progress":
        shown = {part: shown[part] for part in ("run", "state", "progress")}
    return f"id: 1-0\nevent: {name}\ndata: {json.dumps(shown)}\n\n"


def problem(status: int, detail: str) -> Response:
    body = {"type": "urn:x", "title": "No.", "status": status, "detail": detail}
    content_type = "application/problem+json"
    return Response(json.dumps(body), status, media_type=content_type)
