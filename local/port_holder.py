"""Finds the program that listens on a port of this machine, in Linux' /proc."""

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
LISTEN = "0A"
"""State of a socket that listens."""
ADDRESS, STATE, INODE = 1, 3, 9
"""Columns of /proc/net/tcp."""


@dataclass(frozen=True)
class Holder:
    """A process that listens on a port."""

    process_id: int
    name: str

    def may_belong_to(self, folder: Path) -> bool:
        """Returns whether it was started by the supervisor of this folder, or is ending: then its
        environment is gone before its ports are free."""
        variable = f"DROPSCRIBE_HOME={folder}".encode()
        try:
            environment = (PROC / str(self.process_id) / "environ").read_bytes()
        except OSError:
            return True
        return not environment or variable in environment.split(b"\0")


def holder_of(port: int) -> Holder | None:
    """Returns the process that listens on a port, or None if this user may not see it."""
    sockets = {f"socket:[{inode}]" for inode in listening_sockets(port)}
    if not sockets:
        return None
    for folder in PROC.glob("[0-9]*"):
        if has_one_open(folder, sockets):
            return Holder(int(folder.name), name_of(folder))
    return None


def is_held_by_another(port: int, folder: Path) -> bool:
    """Returns whether a program is seen to listen on a port that the supervisor of this folder has
    not started."""
    holder = holder_of(port)
    return holder is not None and not holder.may_belong_to(folder)


def listening_sockets(port: int) -> list[str]:
    """Returns the inodes of the sockets that listen on a port, on any address."""
    inodes = []
    for table in (PROC / "net" / "tcp", PROC / "net" / "tcp6"):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            _, _, number = columns[ADDRESS].rpartition(":")
            if columns[STATE] == LISTEN and int(number, 16) == port:
                inodes.append(columns[INODE])
    return inodes


def has_one_open(process: Path, sockets: set[str]) -> bool:
    try:
        files = list((process / "fd").iterdir())
    except OSError:  # it is another user's, or has ended
        return False
    return any(target(file) in sockets for file in files)


def target(link: Path) -> str | None:
    try:
        return str(link.readlink())
    except OSError:  # it was closed meanwhile
        return None


def name_of(process: Path) -> str:
    """Returns the name of a process's program, at most 15 characters."""
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a program"
