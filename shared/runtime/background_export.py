"""Exports spans beside the requests that they are of, so that a collector which is away or hangs
slows none of them."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shared.ports.spans import TraceSpan

log = logging.getLogger(__name__)

QUEUED_BATCHES = 100
"""Requests whose spans wait to be sent. Those of further ones are dropped."""
PATIENCE = 0.5
"""Seconds that a request waits until its spans are sent, since Cloud Run gives an instance no CPU
after its response. None waits while the collector does not answer within this time."""

Send = Callable[[Sequence[TraceSpan]], None]
"""Sends spans. May raise anything."""


@dataclass(frozen=True)
class RequestBatch:
    """The spans of a request."""

    spans: Sequence[TraceSpan]
    is_over: threading.Event = field(default_factory=threading.Event)
    """Whether they were sent, or cannot be."""


class BackgroundExporter:
    """Sends spans in a thread."""

    def __init__(self, send: Send, patience: float = PATIENCE) -> None:
        self._send = send
        self.patience = patience
        self._batches: queue.Queue[RequestBatch] = queue.Queue(QUEUED_BATCHES)
        self._is_prompt = True
        self._thread = threading.Thread(target=self._send_all, name="spans", daemon=True)
        self._starting = threading.Lock()

    def export(self, spans: Sequence[TraceSpan]) -> None:
        """Have the spans sent. Returns once they are, or after some time."""
        self._start()
        batch = RequestBatch(spans)
        try:
            self._batches.put_nowait(batch)
        except queue.Full:
            log.info("spans dropped", extra={"spans": len(spans)})
            return
        if self._is_prompt and not batch.is_over.wait(self.patience):
            self._is_prompt = False
            log.warning("spans are not sent in time, and no request waits for them any more")

    @property
    def queued(self) -> int:
        """Returns how many requests' spans wait to be sent."""
        return self._batches.qsize()

    def flush(self) -> None:
        """Return once all spans are sent, or cannot be."""
        self._batches.join()

    def _start(self) -> None:
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()

    def _send_all(self) -> None:
        while True:
            batch = self._batches.get()
            began = time.monotonic()
            try:
                self._send(batch.spans)
                self._is_prompt = time.monotonic() - began < self.patience
            except Exception as error:  # whatever it is, no job may fail for its trace
                self._is_prompt = False
                log.warning("spans not sent", extra={"error": type(error).__name__})
            batch.is_over.set()
            self._batches.task_done()
