"""A TCP line, in threads of this process, that can be cut and mended: for what speaks no HTTP/1."""

import socket
import threading
from contextlib import suppress

BUFFER = 1 << 16


class Wire:
    """From a free port of this machine to another. While it is cut, connections break, and new ones
    are closed."""

    def __init__(self, to: int) -> None:
        self.to, self.whole = to, True
        self.open: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            if not self.whole:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.to), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self.open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(one, other), daemon=True).start()

    def pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(BUFFER):
                other.sendall(data)
        for end in (one, other):
            self.open.discard(end)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> int:
        """How many connections broke."""
        self.whole, broken = False, list(self.open)
        for end in broken:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        return len(broken) // 2

    def mend(self) -> None:
        self.whole = True

    def close(self) -> None:
        self.cut()
        self.listener.close()
