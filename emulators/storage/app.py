"""The routes of the storage emulator, and the responses to errors."""

import asyncio
import errno
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import ExceptionHandler

from emulators.storage import (
    batch,
    buckets,
    copies,
    lifecycle,
    listing,
    media,
    notify,
    resumable,
    uploads,
    xml,
    xml_listing,
)
from emulators.storage.addresses import CanonicalPath
from emulators.storage.cors import Cors
from emulators.storage.encoded_requests import DecodedRequests
from emulators.storage.errors import (
    JSON_API,
    ApiError,
    MethodNotAllowed,
    NoRoom,
    NotFound,
    refusal,
)
from emulators.storage.store import Store
from emulators.storage.unserved import RefuseUnserved

BUCKET = "/storage/v1/b/{bucket}"
OBJECT = BUCKET + "/o/{name}"


ALL_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]


async def health(_: Request) -> Response:
    return JSONResponse({"status": "ok", "name": "storage"})


async def no_such_method(request: Request) -> Response:
    """Refuses an address of the JSON API that is none, or is one with another HTTP method."""
    path = request.scope["path"]
    if any(route.matches(request.scope)[0] is Match.PARTIAL for route in ROUTES):
        raise MethodNotAllowed(f"There is no {request.method} at {path}.")
    raise NotFound(f"There is nothing at {path}. In an object's name, a slash is written as %2F.")


ROUTES = [
    Route("/health", health),
    Route("/notifications/pending", notify.pending),
    Route("/batch/storage/v1", batch.batch, methods=["POST"]),
    Route("/storage/v1/b", buckets.many, methods=["GET", "POST"]),
    Route(BUCKET, buckets.one, methods=["GET", "PATCH", "PUT", "DELETE"]),
    Route(BUCKET + "/storageLayout", buckets.storage_layout),
    Route(BUCKET + "/notificationConfigs", buckets.notifications, methods=["GET", "POST"]),
    Route(
        BUCKET + "/notificationConfigs/{number}", buckets.notification, methods=["GET", "DELETE"]
    ),
    Route(BUCKET + "/o", listing.objects),
    Route("/upload" + BUCKET + "/o", uploads.upload, methods=["POST", "PUT"]),
    Route("/upload" + BUCKET + "/o", resumable.cancel, methods=["DELETE"]),
    Route("/download" + OBJECT, media.download),
    Route(OBJECT + "/compose", copies.compose, methods=["POST"]),
    Route(OBJECT + "/copyTo/b/{to_bucket}/o/{to_name}", copies.copy_to, methods=["POST"]),
    Route(OBJECT + "/rewriteTo/b/{to_bucket}/o/{to_name}", copies.rewrite_to, methods=["POST"]),
    Route(OBJECT + "/moveTo/o/{to_name}", copies.move_to, methods=["POST"]),
    Route(OBJECT, media.resource_or_media, methods=["GET", "PATCH", "PUT", "DELETE"]),
    *(Route(start + "{rest:path}", no_such_method, methods=ALL_METHODS) for start in JSON_API),
    Route("/{bucket}", xml_listing.objects),
    Route("/{bucket}/", xml_listing.objects),
    Route("/{bucket}/{name:path}", xml.one, methods=["GET", "PUT", "POST", "DELETE"]),
]


async def refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return refusal(error, request.scope["path"])


async def refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.scope["path"]
    if error.status_code == 405:
        return refusal(MethodNotAllowed(f"There is no {request.method} at {path}."), path)
    return refusal(NotFound("Not Found"), path)


async def refuse_on_full_disk(request: Request, error: Exception) -> Response:
    """Returns 503 if a content file could not be written. The index raises NoRoom itself."""
    assert isinstance(error, OSError)
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise error
    return refusal(NoRoom("The disk is full."), request.scope["path"])


async def fail(request: Request, _: Exception) -> Response:
    """Returns 500 for a bug. Starlette raises the error again for the log."""
    return refusal(ApiError("Internal error."), request.scope["path"])


async def respond_to_disconnect(_: Request, __: Exception) -> Response:
    """Returns 499. The client has closed the connection."""
    return Response(status_code=499)


ANSWERS: dict[Any, ExceptionHandler] = {
    ApiError: refuse,
    HTTPException: refuse_route,
    ClientDisconnect: respond_to_disconnect,
    OSError: refuse_on_full_disk,
    Exception: fail,
}


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs `work` while the block runs. If `work` fails, the server ends, so that it is noticed."""
    task = asyncio.create_task(work)
    task.add_done_callback(
        lambda task: None if task.cancelled() else signal.raise_signal(signal.SIGTERM)
    )
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def build(store: Store, base_url: str, receiver: str | None) -> Starlette:
    """Returns the server of one store. It notifies `receiver`, a URL, of every new object."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with (
            in_background(lifecycle.apply_all(store.index)),
            in_background(notify.deliver_all(store.index, receiver, base_url))
            if receiver
            else nullcontext(),
        ):
            yield
        store.index.close()

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
            Middleware(CanonicalPath),
            Middleware(Cors),
            Middleware(RefuseUnserved),
            Middleware(DecodedRequests),
        ],
        exception_handlers=ANSWERS,
    )
    app.state.store = store
    app.router.redirect_slashes = False
    return app
