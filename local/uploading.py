"""Uploads the recordings of a `dropscribe run`, beside the looks at their jobs."""

import queue
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from local.batch import Item
from local.connection import describe_os_error, in_plain_words

if TYPE_CHECKING:
    from dropscribe import Client

UPLOADERS = 4
"""Recordings that are uploaded at once. Small ones take as long as the server needs to answer."""
STOP_SECONDS = 1.0
"""Seconds that an upload may still take when the command ends."""


class Uploads:
    """Threads that upload recordings. Each item gets its job, or the reason why it has none."""

    def __init__(self, client: "Client", items: Iterable[Item], tags: Mapping[str, str]) -> None:
        self._client = client
        self._tags = tags
        self._stopped = threading.Event()
        self._left: queue.SimpleQueue[Item] = queue.SimpleQueue()
        for item in items:
            self._left.put(item)
        self._threads = []
        for _ in range(UPLOADERS):
            thread = threading.Thread(target=self._upload_all, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Ends the threads, or leaves those to the end of the process that are in the middle of an
        upload. One that was not completed leaves nothing behind."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _upload_all(self) -> None:
        while not self._stopped.is_set():
            try:
                item = self._left.get_nowait()
            except queue.Empty:
                return
            try:
                self._upload(item)
            except Exception as error:
                if self._stopped.is_set():
                    return  # the client was closed at the end of the command
                item.error = f"it could not be uploaded: {error!r}"  # else it is waited for

    def _upload(self, item: Item) -> None:
        """Uploads a recording and notes what became of it."""
        from dropscribe import ApiError, DropscribeError

        def note(sent: int, size: int) -> None:
            item.sent = sent

        recording = item.recording
        try:
            item.job = self._client.upload(
                recording.path, recording.name, recording.options, self._tags, item.replace, note
            )
        except ApiError as error:
            item.error = in_plain_words(error)
        except DropscribeError as error:
            item.error = str(error)
        except OSError as error:
            item.error = describe_os_error(error)
