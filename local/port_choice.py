"""Chooses the ports of a cloud that is about to start, and refuses those that others have."""

import errno
import socket
import time
from dataclasses import dataclass

from local.errors import NotUp
from local.layout import EXECUTIONS, LOOPBACK, PORTS, Layout, Ports, free_ports
from local.port_holder import holder_of, is_held_by_another
from local.processes import images

RELIED_ON = ("storage", EXECUTIONS, "gateway")
"""Ports that `dropscribe env` prints. They stay the same from one start to the next."""
LEFTOVER_SECONDS = 10.0
"""Seconds that processes of a supervisor that was killed may take to end."""
PAUSE = 0.1


@dataclass(frozen=True)
class GatewayAddress:
    """Where the gateway is asked to listen."""

    port: int | None = None
    """None: the port of the last start."""
    host: str | None = None
    """None: 127.0.0.1, or where it listens already."""


def choose_ports(home: Layout, wanted: GatewayAddress) -> None:
    """Stores a free port for each process: that of the last start, unless another one is wanted.

    Raises NotUp if a port that others rely on is taken. Other taken ports are replaced.
    """
    stored = home.ports()
    numbers = dict(stored.ports)
    if wanted.port is not None:
        refuse_port_of_another(numbers, wanted.port)
        numbers["gateway"] = wanted.port
    gateway_host = wanted.host or LOOPBACK
    in_containers = images()
    for name in PORTS:
        host = gateway_host if name == "gateway" else LOOPBACK
        if name in in_containers or is_free_soon(home, host, numbers[name]):
            continue  # what is left of a container is removed when it is started again
        if name in RELIED_ON:
            raise NotUp(describe_taken(home, name, numbers[name]))
        [numbers[name]] = free_ports(1)
    home.store_ports(Ports(ports=numbers, gateway_host=gateway_host))


def refuse_port_of_another(numbers: dict[str, int], port: int) -> None:
    for name, number in numbers.items():
        if number == port and name != "gateway":
            raise NotUp(f"port {port} is that of {name}: choose another one for the gateway")


def is_free_soon(home: Layout, host: str, port: int) -> bool:
    """Returns whether a port can be listened on.

    Waits if it may still be held by a process of this cloud, whose supervisor was killed. Of one
    that is ending, the system may not tell that it has the port. Raises NotUp if this user may not
    listen on it, or the address is not this machine's.
    """
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while not is_free(host, port):
        is_too_late = time.monotonic() > deadline
        if is_too_late or is_held_by_another(port, home.folder):
            return False
        time.sleep(PAUSE)
    return True


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise NotUp(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    return True


def describe_taken(home: Layout, name: str, port: int) -> str:
    """Returns who has a port, and what to do."""
    holder = holder_of(port)
    by = "another program"
    if holder is not None:
        by = f"{holder.name} (process {holder.process_id})"
    if name == "gateway":
        remedy = "choose another one with `dropscribe up --port`"
    else:
        remedy = f"delete {home.ports_file}, and new ports are chosen"
    return f"port {port} of {name} is taken by {by}: stop it, or {remedy}"
