"""Fetches the answers of several jobs side by side."""

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from local.answers import answer_folder, fetch, is_fetched
from shared.model.api import JobSummary

if TYPE_CHECKING:
    from dropscribe import Client

FETCHERS = 4
"""Answers that are fetched at once. Small ones take as long as the server needs to answer."""
WrittenAnswer = Future[Path | None]
"""The folder of an answer, or None if the job has none. Raises what `fetch` raises."""


class AnswerFetcher:
    """Threads that write answers into the folder `out`.

    They do not keep the process alive, so that a command ends at once after Ctrl-C. A file is whole
    or not there, and transcript.json is written last.
    """

    def __init__(self, client: "Client", out: Path) -> None:
        self._client = client
        self._out = out
        self._waiting: queue.SimpleQueue[tuple[JobSummary, WrittenAnswer]] = queue.SimpleQueue()
        self._threads = 0

    def start(self, job: JobSummary) -> WrittenAnswer:
        """Have the answer of a job written, unless the folder has it. Returns at once."""
        answer: WrittenAnswer = Future()
        self._waiting.put((job, answer))
        if self._threads < FETCHERS:
            self._threads += 1
            threading.Thread(target=self._fetch_all, daemon=True).start()
        return answer

    def fetch_new(self, jobs: Iterable[JobSummary]) -> Iterator[Path | None]:
        """Yields the folder of each job's answer, or None if it has none, in the order of the
        jobs."""
        answers = [self.start(job) for job in jobs]
        for answer in answers:
            yield answer.result()

    def _fetch_all(self) -> None:
        while True:
            job, answer = self._waiting.get()
            try:
                folder = self._fetch(job)
            except Exception as error:
                answer.set_exception(error)
            else:
                answer.set_result(folder)

    def _fetch(self, job: JobSummary) -> Path | None:
        if is_fetched(job, self._out):
            return answer_folder(self._out, job.name)
        return fetch(self._client, job, self._out)
