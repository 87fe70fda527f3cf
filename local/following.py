"""Follows the jobs of a `dropscribe run` until each has ended: a single one by its live events, and
several with one question for all."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from local.batch import Item, common_start
from local.connection import in_plain_words
from local.fetching import AnswerFetcher, WrittenAnswer
from shared.model.api import JobSummary, JobView
from shared.model.live import JobProgress

if TYPE_CHECKING:
    from dropscribe import Client, JobNews

SHORTEST_PAUSE, LONGEST_PAUSE = 0.3, 5.0
"""Seconds between two looks. A look that takes longer is followed by a longer pause."""
A_MOMENT = timedelta(milliseconds=1)
"""By how much the list begins before the oldest job, so that it is in the list."""
MAY_PASS = (429, 500, 502, 503, 504)
"""Statuses after which the next look may succeed."""


class Follower:
    """Follows the jobs of recordings, and writes each answer when it is ready."""

    def __init__(self, client: "Client", items: Sequence[Item], out: Path) -> None:
        self._client = client
        self._items = items
        self._answers = AnswerFetcher(client, out)
        self._looks = 0

    def follow(
        self, on_look: Callable[[], None], on_end: Callable[[Item], None], deadline: float
    ) -> None:
        """Looks until every recording has ended, or `deadline` (monotonic seconds) has passed.

        Calls `on_end` for each recording that has ended, after its answer was written, and
        `on_look` after each look. Raises OSError if an answer cannot be written.
        """
        while True:
            began = time.monotonic()
            self._listen(on_look, deadline)
            self.look(on_end)
            on_look()
            if all(item.is_reported for item in self._items):
                return
            now = time.monotonic()
            if now > deadline:
                return
            took = max(SHORTEST_PAUSE, now - began)
            pause = min(LONGEST_PAUSE, took)
            time.sleep(pause)

    def _listen(self, on_look: Callable[[], None], deadline: float) -> None:
        """Follows the job of a run with one recording by its live events, until it has ended or
        there are no more events. For several jobs, one list a look is cheaper than their streams.

        Calls `on_look` after each event.
        """
        from dropscribe import ApiError, TimedOut, Unreachable

        (item, *others) = self._items
        if others or item.job is None or item.has_ended:
            return
        left = deadline - time.monotonic()
        try:
            for news in self._client.follow(item.job.id, timeout=left):
                take_over(item, news)
                on_look()
        except (TimedOut, Unreachable):
            pass  # the next look decides
        except ApiError as error:
            if error.status not in MAY_PASS:
                raise

    def look(self, on_end: Callable[[Item], None]) -> None:
        """Looks once. The server is asked for a list, and for the progress of one job."""
        from dropscribe import ApiError, Unreachable

        self._looks += 1
        try:
            self._refresh()
            self._look_at_one()
        except Unreachable:
            pass  # the next look may reach the server
        except ApiError as error:
            if error.status not in MAY_PASS:
                raise
        ended = [item for item in self._items if item.has_ended and not item.is_reported]
        answers = [self._start_fetching(item) for item in ended]
        for item, answer in zip(ended, answers, strict=True):
            self._finish(item, answer)
            on_end(item)

    def _refresh(self) -> None:
        """Looks at all jobs that have not ended. The list reaches back to the oldest of them."""
        under_way = self._under_way()
        if not under_way:
            return
        oldest = min(job.created for job in under_way)
        prefix = common_start([job.name for job in under_way])
        found = self._client.jobs(prefix=prefix, created_after=oldest - A_MOMENT)
        by_id = {job.id: job for job in found}
        for item in self._items:
            self._replace_job(item, by_id)

    def _replace_job(self, item: Item, found: Mapping[str, JobSummary]) -> None:
        """Takes over the newer state of an item's job, unless it has ended."""
        if item.job is None or item.has_ended:
            return
        item.job = found.get(item.job.id, item.job)

    def _look_at_one(self) -> None:
        """Looks at the progress of one of the running jobs, in turn."""
        running = [item for item in self._items if item.state == "running" and not item.has_ended]
        if not running:
            return
        turn = self._looks % len(running)
        item = running[turn]
        assert item.job is not None
        view = self._client.job(item.job.id)
        item.job = view
        item.progress = view.progress

    def _under_way(self) -> list[JobSummary]:
        """Returns the jobs that have not ended."""
        found = []
        for item in self._items:
            if item.job is not None and not item.has_ended:
                found.append(item.job)
        return found

    def _start_fetching(self, item: Item) -> WrittenAnswer | None:
        """Have the answer of a recording written. Returns None if it has no job that ended."""
        if item.job is None or item.error is not None:
            return None
        return self._answers.start(item.job)

    def _finish(self, item: Item, answer: WrittenAnswer | None) -> None:
        """Wait until the answer of a recording is written. Raises OSError if it cannot be."""
        from dropscribe import ApiError

        item.is_reported = True
        if answer is None:
            return
        try:
            item.folder = answer.result()
        except ApiError as error:
            item.error = in_plain_words(error)


def take_over(item: Item, news: "JobNews") -> None:
    """Takes over what an event says of a recording's job."""
    if isinstance(news, JobView):
        item.job = news
        item.progress = news.progress
    elif isinstance(news, JobProgress):
        item.progress = news.progress
