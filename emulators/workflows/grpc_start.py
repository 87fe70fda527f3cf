"""Starts gRPC after HTTP: its imports take half a second, which must not delay `/health`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from emulators.workflows import log
from emulators.workflows.executions_api import ExecutionsApi

if TYPE_CHECKING:
    import grpc

_HTTP_FIRST_SECONDS = 0.2
_STOP_SECONDS = 5


@asynccontextmanager
async def grpc_served(api: ExecutionsApi, port: int) -> AsyncIterator[None]:
    """Serves gRPC while the block runs, from about half a second after `/health`.

    An earlier call fails with UNAVAILABLE unless the client waits for its channel. If the port is
    taken, the process ends, as on the HTTP side.
    """
    serving = asyncio.create_task(_serve(api, port))
    yield
    serving.cancel()
    await asyncio.wait([serving])  # `stop` limits the time


async def _serve(api: ExecutionsApi, port: int) -> None:
    server = await _start(api, port)
    try:
        await server.wait_for_termination()
    finally:
        await server.stop(_STOP_SECONDS)


async def _start(api: ExecutionsApi, port: int) -> "grpc.aio.Server":
    await asyncio.sleep(_HTTP_FIRST_SECONDS)
    try:
        make_server = await asyncio.to_thread(_import_make_server)
        server = make_server(api, port)
        await server.start()
    except Exception:
        log.logger.exception("gRPC cannot be served")
        raise SystemExit(1) from None
    return server


def _import_make_server() -> "Callable[[ExecutionsApi, int], grpc.aio.Server]":
    from emulators.workflows.grpc_api import make_server

    return make_server
