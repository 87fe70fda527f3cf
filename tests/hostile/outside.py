"""What lies outside a recording, and who touches it: a canary file, and a server that should never
be called."""

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
class Outside:
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


class Watch:
    """Counts what is opened in a folder and who connects to a port."""

    def __init__(self, folder: Path) -> None:
        wav_file = folder / "sound.wav"
        wav_file.write_bytes(wav(speech()[:16_000]))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._listener.setblocking(False)
        self._inotify = inotify(folder)
        self.outside = Outside(folder, self._listener.getsockname()[1])
        self._touched = 0

    def touched(self) -> int:
        """Times that anything outside was opened, so far."""
        self._touched += self._opened() + self._called()
        return self._touched

    def close(self) -> None:
        os.close(self._inotify)
        self._listener.close()

    def _opened(self) -> int:
        with suppress(BlockingIOError):
            events, at, count = os.read(self._inotify, 65_536), 0, 0
            while at < len(events):
                _, mask, _, length = EVENT.unpack_from(events, at)
                at += EVENT.size + length
                count += (
                    not mask & IN_ISDIR
                )  # a process may look at the folder that it is started in
            return count
        return 0

    def _called(self) -> int:
        count = 0
        with suppress(BlockingIOError):
            while True:
                self._listener.accept()[0].close()
                count += 1
        return count


def inotify(folder: Path) -> int:
    """A descriptor that tells what is opened or read in a folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(IN_NONBLOCK)
    if (
        descriptor < 0
        or libc.inotify_add_watch(descriptor, os.fsencode(folder), IN_OPEN | IN_ACCESS) < 0
    ):
        raise OSError(ctypes.get_errno(), "inotify")
    return int(descriptor)


@contextmanager
def watched(folder: Path) -> Iterator[Watch]:
    watch = Watch(folder)
    try:
        yield watch
    finally:
        watch.close()
