"""A file and a server that no recording may reach, and a count of what reaches them."""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.recordings import speech, wav

IN_OPEN, IN_ACCESS = 0x20, 0x1  # from linux/inotify.h
IN_NONBLOCK, IN_ISDIR = 0x800, 0x40000000
EVENT = struct.Struct("iIII")


@dataclass(frozen=True)
class Canary:
    """What a hostile recording may name."""

    folder: Path
    """Holds `sound.wav`, which can be decoded."""
    port: int

    @property
    def file(self) -> Path:
        return self.folder / "sound.wav"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sound.wav"


class CanaryWatch:
    """Counts the files that are opened in a folder, and the connections to a port."""

    def __init__(self, folder: Path) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._listener.setblocking(False)
        self.canary = Canary(folder, port=self._listener.getsockname()[1])
        self.canary.file.write_bytes(wav(speech()[:16_000]))
        self._inotify = watch_folder(folder)
        self._accesses = 0

    def accesses(self) -> int:
        """Returns how often the folder's files or the port were opened so far."""
        self._accesses += self._new_opens() + self._new_connections()
        return self._accesses

    def close(self) -> None:
        os.close(self._inotify)
        self._listener.close()

    def _new_opens(self) -> int:
        try:
            events = os.read(self._inotify, 65_536)
        except BlockingIOError:
            return 0
        count = 0
        start = 0
        while start < len(events):
            _, mask, _, name_length = EVENT.unpack_from(events, start)
            start += EVENT.size + name_length
            # a process may look at the folder that it is started in
            if not mask & IN_ISDIR:
                count += 1
        return count

    def _new_connections(self) -> int:
        count = 0
        with suppress(BlockingIOError):
            while True:
                connection, _ = self._listener.accept()
                connection.close()
                count += 1
        return count


def watch_folder(folder: Path) -> int:
    """Returns an inotify descriptor for what is opened or read in a folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(IN_NONBLOCK)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    watch = libc.inotify_add_watch(descriptor, os.fsencode(folder), IN_OPEN | IN_ACCESS)
    if watch < 0:
        raise OSError(ctypes.get_errno(), "inotify_add_watch")
    return int(descriptor)


@contextmanager
def watch_canary(folder: Path) -> Iterator[CanaryWatch]:
    watch = CanaryWatch(folder)
    try:
        yield watch
    finally:
        watch.close()
