"""Asks the processes of a starting cloud whether they are well, and finds out which will not be."""

import socket
import time
from collections.abc import Callable

import httpx

from local.errors import NotUp
from local.health import Answer, ask
from local.layout import EXECUTIONS, Layout, Ports
from local.log_reading import last_line
from local.port_choice import describe_taken
from local.port_holder import is_held_by_another
from local.processes import images

FAILING_SECONDS = 10.0
"""Seconds for which a process of ours may answer that it is not well."""


class HealthChecks:
    """Health checks of one cloud. `clock` returns seconds that only rise."""

    def __init__(
        self, home: Layout, client: httpx.Client, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._home = home
        self._client = client
        self._clock = clock
        self._failing_since: dict[str, float] = {}

    def answer(self, name: str) -> Answer:
        """Returns a process's answer. Raises NotUp if another program gives it, or if the process
        has not been well for FAILING_SECONDS."""
        ports = self._home.ports()
        if name == EXECUTIONS:
            return Answer.OURS if is_listening(ports, name) else Answer.NONE
        answer = ask(self._client, ports, name)
        if answer is Answer.FOREIGN:
            raise NotUp(describe_taken(self._home, name, ports.ports[name]))
        if answer is Answer.FAILING:
            self._refuse_failing(name, ports.ports[name])
        else:
            self._failing_since.pop(name, None)
        return answer

    def _refuse_failing(self, name: str, port: int) -> None:
        """Raises NotUp if a failing health check is another program's, or is ours for too long."""
        if is_of_another(self._home, name, port):
            raise NotUp(describe_taken(self._home, name, port))
        now = self._clock()
        since = self._failing_since.setdefault(name, now)
        if now - since >= FAILING_SECONDS:
            line = last_line(self._home.log(name))
            raise NotUp(f"{name} answers its health check with a server error: {line}")


def is_of_another(home: Layout, name: str, port: int) -> bool:
    """Returns whether a program that is not of this cloud is seen to listen on a process's port. In
    a container, a process does not look like one of the cloud."""
    if name in images():
        return False
    return is_held_by_another(port, home.folder)


def is_listening(ports: Ports, name: str) -> bool:
    try:
        with socket.create_connection((ports.host(name), ports.ports[name]), timeout=2):
            return True
    except OSError:
        return False
