"""Where the one-machine cloud keeps its data, and how its parts find each other."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from shared.model.stages import FUNCTIONS as FUNCTION_SPECS
from shared.model.stages import STAGE_FUNCTIONS

ROOT = Path(__file__).parents[1]
"""The repository: functions are started from here."""
STAGES = STAGE_FUNCTIONS
"""Names of the functions that the workflow calls."""
FUNCTIONS = tuple(FUNCTION_SPECS)
PROCESSES = ("bucket", "runner", *FUNCTIONS)
EXECUTIONS = "executions"
"""The runner's second port: Google's Executions API over gRPC, as its client speaks it."""
PORTS = (*PROCESSES, EXECUTIONS)
INBOX, OUTBOX, WORK = "dropscribe-inbox", "dropscribe-outbox", "dropscribe-work"


class Ports(BaseModel):
    """A port a part, and one for the Executions API. Kept, so that what `env` printed stays true
    after a restart."""

    model_config = ConfigDict(frozen=True)

    ports: dict[str, int]

    def url(self, part: str) -> str:
        return f"http://127.0.0.1:{self.ports[part]}"


@dataclass(frozen=True)
class Layout:
    """One folder holds everything: objects, jobs, executions, logs."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Held by the supervisor while the cloud is up; it contains the supervisor's process id."""
        return self.folder / "supervisor.lock"

    @property
    def jobs(self) -> Path:
        """In a folder of its own, which containers are given."""
        return self.folder / "jobs" / "jobs.sqlite"

    def temp(self, part: str) -> Path:
        """For the files of a part's process; what is in it is nobody's when the process has
        ended."""
        return self.folder / "tmp" / part

    def log(self, part: str) -> Path:
        return self.folder / "logs" / f"{part}.log"

    def ports(self) -> Ports:
        """The ports of this home: the kept ones, or new ones where none are kept or a part has
        none."""
        kept = self.folder / "ports.json"
        if kept.exists() and set(
            (ports := Ports.model_validate_json(kept.read_text())).ports
        ) == set(PORTS):
            return ports
        ports = Ports(ports=dict(zip(PORTS, free_ports(len(PORTS)), strict=True)))
        self.folder.mkdir(parents=True, exist_ok=True)
        whole = kept.with_suffix(".new")  # on a full disk only half may be written
        whole.write_text(ports.model_dump_json())
        whole.replace(kept)
        return ports


def layout() -> Layout:
    """DROPSCRIBE_HOME, or .dropscribe in the repository."""
    return Layout(Path(os.environ.get("DROPSCRIBE_HOME", ROOT / ".dropscribe")).resolve())


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now. Held together until all are found, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for held_socket in held:
            held_socket.bind(("127.0.0.1", 0))
        return [held_socket.getsockname()[1] for held_socket in held]
    finally:
        for held_socket in held:
            held_socket.close()
