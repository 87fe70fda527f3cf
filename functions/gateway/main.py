"""gateway: the HTTP API. Wiring only; see app.py."""

import os
import signal
import sys

import uvicorn

from functions.gateway.app import create_app
from shared.runtime.log import configure

configure()
app = create_app()

if __name__ == "__main__":
    # uvicorn shuts down first, then raises the signal again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        app,
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ["PORT"]),
        log_config=None,
        proxy_headers=False,  # see proxies.py
        server_header=False,
        access_log=False,  # its lines would contain names of recordings
        timeout_keep_alive=75,  # longer than clients keep an idle connection
        timeout_graceful_shutdown=5,
    )
