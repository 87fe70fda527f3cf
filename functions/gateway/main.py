"""gateway: the HTTP API. Wiring only; see app.py."""

import os
import signal
import sys

import uvicorn

from functions.gateway.app import create_app
from functions.gateway.http_protocol import HttpProtocol
from functions.gateway.listening_socket import listening_socket
from shared.runtime.log import configure

configure()
app = create_app()

if __name__ == "__main__":
    # uvicorn shuts down first, then raises the signal again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host = os.environ.get("HOST", "127.0.0.1")
    listener = listening_socket(host, int(os.environ["PORT"]))
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        log_config=None,
        proxy_headers=False,  # see proxies.py
        server_header=False,
        access_log=False,  # its lines would contain names of recordings
        timeout_keep_alive=75,  # longer than clients keep an idle connection
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[listener])
