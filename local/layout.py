"""Where the one-machine cloud stores its data, and the ports of its processes."""

import os
import socket
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import SystemRandom

from pydantic import BaseModel, ConfigDict, ValidationError

from local.errors import NotUp
from shared.model.stages import FUNCTIONS as FUNCTION_SPECS
from shared.model.stages import STAGE_FUNCTIONS

ROOT = Path(__file__).parents[1]
"""The repository. Functions are started from here."""
STAGES = STAGE_FUNCTIONS
"""Names of the functions that the workflow calls."""
FUNCTIONS = tuple(FUNCTION_SPECS)
PROCESSES = ("storage", "workflows", "bridge", *FUNCTIONS)
EXECUTIONS = "executions"
"""Name of the runner's second port, which serves Google's Executions API over gRPC."""
PORTS = (*PROCESSES, EXECUTIONS)
INBOX, OUTBOX, WORK = "dropscribe-inbox", "dropscribe-outbox", "dropscribe-work"
LOOPBACK = "127.0.0.1"
PORT_NUMBERS = range(20_000, 32_768)
"""Linux and macOS give higher ones to outgoing connections."""
ALL_INTERFACES = "0.0.0.0"
OWNER_ONLY = 0o600
"""Permissions of a file that only its owner may read and write."""


class Ports(BaseModel):
    """One port per process, and one for the Executions API.

    Stored, so that what `dropscribe env` printed is still right after a restart.
    """

    model_config = ConfigDict(frozen=True)

    ports: dict[str, int]
    gateway_host: str = LOOPBACK
    """The address that the gateway listens on. All other processes listen on 127.0.0.1."""

    def url(self, process: str) -> str:
        return f"http://{self.address(process)}"

    def address(self, process: str) -> str:
        """Returns host:port."""
        host = self.host(process)
        port = self.ports[process]
        return f"{host}:{port}"

    def host(self, process: str) -> str:
        """Returns an address at which this machine reaches a process."""
        if process != "gateway" or self.gateway_host == ALL_INTERFACES:
            return LOOPBACK
        return self.gateway_host


@dataclass(frozen=True)
class Layout:
    """The files in the folder that holds everything: objects, jobs, executions, logs."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Locked by the supervisor while the cloud is up. Contains the supervisor's process id."""
        return self.folder / "supervisor.lock"

    @property
    def start_lock(self) -> Path:
        """Locked by `up` while it chooses ports and starts the supervisor."""
        return self.folder / "start.lock"

    @property
    def ready(self) -> Path:
        """Exists once every process has answered since the supervisor was started."""
        return self.folder / "ready"

    @property
    def deaths(self) -> Path:
        """JSON: how many times in a row each process ended soon after its start."""
        return self.folder / "deaths.json"

    @property
    def jobs(self) -> Path:
        """The job store's database, in a folder of its own, which is mounted into containers."""
        return self.folder / "jobs" / "jobs.sqlite"

    @property
    def ports_file(self) -> Path:
        return self.folder / "ports.json"

    @property
    def key(self) -> Path:
        """The API key of the person who runs the cloud, which only they may read."""
        return self.folder / "key"

    @property
    def webhook_secret(self) -> Path:
        """The secret from which the secrets of webhooks are computed. Only the person who runs the
        cloud may read it."""
        return self.folder / "webhook-secret"

    def temp(self, process: str) -> Path:
        """Temporary files of a process. They may be deleted once the process has ended."""
        return self.folder / "tmp" / process

    def log(self, process: str) -> Path:
        folder = self.folder / "logs"
        return folder / f"{process}.log"

    def ports(self) -> Ports:
        """Returns the stored ports. Processes that have none, as after an upgrade, get new ones,
        which are stored. Raises NotUp if the file is broken."""
        stored = self.stored_ports()
        numbers = {name: port for name, port in stored.ports.items() if name in PORTS}
        missing = [name for name in PORTS if name not in numbers]
        if missing:
            new = free_ports(len(missing))
            numbers |= zip(missing, new, strict=True)
        ports = Ports(ports=numbers, gateway_host=stored.gateway_host)
        if ports != stored:
            self.store_ports(ports)
        return ports

    def stored_ports(self) -> Ports:
        if not self.ports_file.exists():
            return Ports(ports={})
        text = self.ports_file.read_text()
        try:
            return Ports.model_validate_json(text)
        except ValidationError as error:
            raise NotUp(
                f"{self.ports_file} is broken; delete it, and new ports are chosen"
            ) from error

    def store_ports(self, ports: Ports) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.ports_file, ports.model_dump_json())


def write_whole(file: Path, text: str) -> None:
    """Replaces a file. It has the old or the new text, also if the disk is full."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def write_private(file: Path, text: str) -> None:
    """Replaces a file by one that only its owner may read at any time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(OWNER_ONLY, exist_ok=False)
    new.write_text(f"{text}\n")
    new.replace(file)


def layout() -> Layout:
    """Returns the layout of DROPSCRIBE_HOME, by default `.dropscribe` in the repository."""
    default = ROOT / ".dropscribe"
    chosen = os.environ.get("DROPSCRIBE_HOME")
    home = Path(chosen) if chosen else default
    return Layout(home.resolve())


def free_ports(count: int) -> list[int]:
    """Returns different ports that are free now. No outgoing connection gets one of them while its
    process does not run."""
    numbers = SystemRandom().sample(PORT_NUMBERS, len(PORT_NUMBERS))
    free = filter(is_free_port, numbers)
    return list(islice(free, count))


def is_free_port(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
