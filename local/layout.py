"""Where the one-machine cloud stores its data, and the ports of its processes."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from shared.model.stages import FUNCTIONS as FUNCTION_SPECS
from shared.model.stages import STAGE_FUNCTIONS

ROOT = Path(__file__).parents[1]
"""The repository. Functions are started from here."""
STAGES = STAGE_FUNCTIONS
"""Names of the functions that the workflow calls."""
FUNCTIONS = tuple(FUNCTION_SPECS)
PROCESSES = ("storage", "workflows", *FUNCTIONS)
EXECUTIONS = "executions"
"""Name of the runner's second port, which serves Google's Executions API over gRPC."""
PORTS = (*PROCESSES, EXECUTIONS)
INBOX, OUTBOX, WORK = "dropscribe-inbox", "dropscribe-outbox", "dropscribe-work"


class Ports(BaseModel):
    """One port per process, and one for the Executions API.

    Stored, so that what `dropscribe env` printed is still right after a restart.
    """

    model_config = ConfigDict(frozen=True)

    ports: dict[str, int]

    def url(self, process: str) -> str:
        return f"http://{self.address(process)}"

    def address(self, process: str) -> str:
        """Returns host:port."""
        return f"127.0.0.1:{self.ports[process]}"


@dataclass(frozen=True)
class Layout:
    """The files in the folder that holds everything: objects, jobs, executions, logs."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Locked by the supervisor while the cloud is up. Contains the supervisor's process id."""
        return self.folder / "supervisor.lock"

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

    def temp(self, process: str) -> Path:
        """Temporary files of a process. They may be deleted once the process has ended."""
        return self.folder / "tmp" / process

    def log(self, process: str) -> Path:
        folder = self.folder / "logs"
        return folder / f"{process}.log"

    def ports(self) -> Ports:
        """Returns the stored ports. Processes that have none, as after an upgrade, get new ones,
        which are stored."""
        stored = self.stored_ports()
        ports = {name: port for name, port in stored.items() if name in PORTS}
        missing = [name for name in PORTS if name not in ports]
        if missing:
            new = free_ports(len(missing))
            ports |= zip(missing, new, strict=True)
        if ports != stored:
            self.store_ports(ports)
        return Ports(ports=ports)

    def stored_ports(self) -> dict[str, int]:
        if not self.ports_file.exists():
            return {}
        text = self.ports_file.read_text()
        return Ports.model_validate_json(text).ports

    def store_ports(self, ports: dict[str, int]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        complete = self.ports_file.with_suffix(".new")  # a full disk may take only half of it
        complete.write_text(Ports(ports=ports).model_dump_json())
        complete.replace(self.ports_file)


def layout() -> Layout:
    """Returns the layout of DROPSCRIBE_HOME, by default `.dropscribe` in the repository."""
    default = ROOT / ".dropscribe"
    home = Path(os.environ.get("DROPSCRIBE_HOME", default))
    return Layout(home.resolve())


def free_ports(count: int) -> list[int]:
    """Returns different ports that are free now. All are bound at once, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
