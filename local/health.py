"""Asks the processes of the one-machine cloud whether they are well."""

from enum import Enum, auto

import httpx

from local.layout import Ports

PATHS = {"gateway": "/health/live"}
"""Paths of health checks that look at the process alone, where `/health` does more."""
TIMEOUT = 2.0
"""Seconds."""


class Answer(Enum):
    """What came of a question."""

    OURS = auto()
    """The process is well."""
    FOREIGN = auto()
    """Another program answered on its port."""
    BUSY = auto()
    """The port is open, but no answer came in time: a model at work answers no request."""
    FAILING = auto()
    """The answer is a server's error: the process is just ending, is not well, or is another
    program's."""
    NONE = auto()
    """Nothing listens, or the connection broke."""


def make_client() -> httpx.Client:
    """Returns a client that keeps no connection, so that a restarted process is seen as such."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(timeout=TIMEOUT, limits=limits, trust_env=False, verify=False)


def ask(client: httpx.Client, ports: Ports, process: str) -> Answer:
    """Returns whether a process is well, and whether it is ours."""
    path = PATHS.get(process, "/health")
    try:
        response = client.get(f"{ports.url(process)}{path}")
    except httpx.TimeoutException:
        return Answer.BUSY
    except httpx.TransportError:
        return Answer.NONE
    if response.is_server_error:
        return Answer.FAILING
    return Answer.OURS if is_ours(response, process) else Answer.FOREIGN


def is_ours(response: httpx.Response, process: str) -> bool:
    """Returns whether the answer to a health check says that it is of this process."""
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("name") == process
