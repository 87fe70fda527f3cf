"""The gateway on stores in memory, which a test calls with httpx."""

import asyncio
import time
from collections.abc import Iterator

import httpx
from fastapi import FastAPI

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from shared.adapters.memory import MemoryBlobs, MemoryDocuments, MemoryEvents
from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.jobs.upload_store import UploadStore
from shared.jobs.webhook_store import WebhookStore
from shared.model.api import Scope
from shared.model.contracts import Problem, Source
from shared.ports.documents import Documents
from shared.ports.executions import ActiveExecution


class MemoryExecutions:
    """Executions that are started and cancelled, and never end by themselves."""

    def __init__(self) -> None:
        self.started: list[tuple[Source, int]] = []
        self.drawings: list[tuple[Source, int]] = []
        self.active: set[str] = set()

    def start(self, source: Source, run: int) -> str:
        self.started.append((source, run))
        execution = f"execution-{len(self.started)}"
        self.active.add(execution)
        return execution

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        return self.start(source, run)

    def delete_audio(self, source: Source, run: int) -> str:
        return self.start(source, run)

    def draw_edits(self, source: Source, run: int) -> str:
        self.drawings.append((source, run))
        return self.start(source, run)

    def is_active(self, execution: str) -> bool:
        return execution in self.active

    def list_active(self) -> Iterator[ActiveExecution]:
        for execution in self.active:
            yield ActiveExecution(execution, None)

    def cancel(self, execution: str) -> None:
        self.active.discard(execution)


class InProcess(httpx.BaseTransport):
    """Answers each request by running an application in this thread."""

    def __init__(self, app: FastAPI, address: str = "127.0.0.1") -> None:
        """`address` is the client's."""
        self._transport = httpx.ASGITransport(
            app, raise_app_exceptions=False, client=(address, 50_000)
        )
        self._runner = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        repeated = httpx.Request(
            request.method, request.url, headers=request.headers, content=content
        )
        return self._runner.run(self._answer(repeated))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        content = b"".join([part async for part in answer.aiter_raw()])
        stream = httpx.ByteStream(content)  # `content=` would add a Content-Length
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)

    def close(self) -> None:
        self._runner.close()


def memory_deployment(
    documents: Documents | None = None,
    executions: MemoryExecutions | None = None,
    blobs: MemoryBlobs | None = None,
) -> Deployment:
    """Returns empty stores, some of which a test may give."""
    documents = documents or MemoryDocuments()
    return Deployment(
        blobs=blobs or MemoryBlobs(),
        jobs=JobStore(documents),
        executions=executions or MemoryExecutions(),
        keys=KeyStore(documents, clock=time.time),
        uploads=UploadStore(documents, clock=time.time),
        webhooks=WebhookStore(documents, "s" * 32, clock=time.time),
        publisher=MemoryEvents(),
    )


ALL_SCOPES: tuple[Scope, ...] = ("read", "write", "erase", "admin")


def key_headers(
    stores: Deployment, scopes: tuple[Scope, ...] = ALL_SCOPES, folder: str = ""
) -> dict[str, str]:
    """Returns the headers of requests with a new key."""
    _, secret = stores.keys.create("test", scopes, folder, None)
    return {"Authorization": f"Bearer {secret}"}


def gateway_client(stores: Deployment, address: str = "127.0.0.1") -> httpx.Client:
    """Returns a client of a gateway on these stores, at an address. It follows no redirects."""
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    return httpx.Client(transport=InProcess(app, address), base_url="http://gateway")
