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


def start_uploads(client: "Client", items: Iterable[Item], tags: Mapping[str, str]) -> None:
    """Starts to upload. Each item gets its job, or the reason why it has none.

    The threads end with the process, wherever they are: an upload that was not completed leaves
    nothing behind.
    """
    left: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for item in items:
        left.put(item)

    def upload_all() -> None:
        while True:
            try:
                item = left.get_nowait()
            except queue.Empty:
                return
            upload(client, item, tags)

    for _ in range(UPLOADERS):
        threading.Thread(target=upload_all, daemon=True).start()


def upload(client: "Client", item: Item, tags: Mapping[str, str]) -> None:
    """Uploads a recording and notes what became of it."""
    from dropscribe import ApiError, DropscribeError

    def note(sent: int, size: int) -> None:
        item.sent = sent

    recording = item.recording
    try:
        item.job = client.upload(
            recording.path, recording.name, recording.options, tags, item.replace, note
        )
    except ApiError as error:
        item.error = in_plain_words(error)
    except DropscribeError as error:
        item.error = str(error)
    except OSError as error:
        item.error = describe_os_error(error)
