"""A client that reads the feed of a cloud under attack, the batches that it makes, and what must be
true of what it read."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from shared.jobs.job import ERASED_NAME
from shared.model.batches import BATCH_DONE
from shared.model.contracts import Source
from tests.chaos.api_clients import ApiClients
from tests.chaos.claims import Claims

PAUSE = 0.5
"""Seconds between two looks at the feed."""
PAGE = 7
"""Events of a page, so few that the feed has many."""
BATCH = 5
"""Jobs of a batch."""


class Feed:
    """Reads the feed beside everything else, and makes a batch of every few uploads."""

    def __init__(self, clients: ApiClients) -> None:
        self.clients = clients
        self.events: list[dict[str, Any]] = []
        """What the feed showed, in its order."""
        self.batches: list[str] = []
        """Ids of the batches that the gateway confirmed."""
        self._waiting: list[str] = []
        """Ids of jobs that are in no batch yet."""
        self._cursor: str | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Reads the feed again and again, beside the block."""
        ends = threading.Event()

        def keep_reading() -> None:
            while not ends.wait(PAUSE):
                self.read_on()

        thread = threading.Thread(target=keep_reading, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ends.set()
            thread.join(60)

    def read_on(self) -> None:
        """Reads what followed since the last time."""
        while True:
            page = self.page(self._cursor)
            self._cursor = page["cursor"]
            self.events += page["events"]
            if not page["events"]:
                return

    def page(self, after: str | None) -> dict[str, Any]:
        query = {"limit": str(PAGE)} | ({} if after is None else {"after": after})
        answer = self.clients.ask("GET", "/api/v1/events", params=query)
        if answer.status_code == httpx.codes.BAD_REQUEST:  # the log was lost with the job store
            return {"events": [], "cursor": None}
        assert answer.is_success, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def read_again(self) -> list[dict[str, Any]]:
        """Returns all events of the feed, read from its beginning."""
        events: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.page(cursor)
            if not page["events"]:
                return events
            events += page["events"]
            cursor = page["cursor"]

    def add_to_batch(self, source: Source) -> None:
        """Make a batch of the jobs before this one, if they are enough. A job that no run has
        claimed may not be known yet: then the batch is tried again with the next one."""
        if len(self._waiting) >= BATCH:
            self._make_batch()
        self._waiting.append(source.job_id)

    def _make_batch(self) -> None:
        answer = self.clients.ask("POST", "/api/v1/batches", json={"jobs": self._waiting})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return
        assert answer.status_code == httpx.codes.CREATED, answer.text
        self.batches.append(answer.json()["id"])
        self._waiting = []

    def missing(self, ends: set[str]) -> list[str]:
        """Returns which of these ends, and of the ends of batches, the feed has not shown."""
        self.read_on()
        expected = ends | {f"{batch_id}-done" for batch_id in self.batches}
        shown = {event["id"] for event in self.events}
        return sorted(expected - shown)

    def claim(self, claims: Claims, ends: set[str], erased: Sequence[Source]) -> None:
        """What must be true when all has ended. If the job store was lost, so was its log."""
        if claims.tombstones_were_lost():
            return
        missing = self.missing(ends)
        claims.claim("not sent", not missing, f"the feed has not shown {missing[:3]}")
        again = self.read_again()
        first_ids = [event["id"] for event in self.events]
        second_ids = [event["id"] for event in again]
        is_same = first_ids == second_ids
        claims.claim("sent otherwise", is_same, "the feed showed something else the second time")
        twice = [event_id for event_id, count in Counter(second_ids).items() if count > 1]
        claims.claim("sent otherwise", not twice, f"the feed shows {twice[:3]} twice")
        self._claim_erased(claims, again, erased)
        self._claim_batches(claims, again)

    def _claim_erased(
        self, claims: Claims, events: Sequence[dict[str, Any]], erased: Sequence[Source]
    ) -> None:
        """Events of erased recordings have no name any more."""
        job_ids = {source.job_id for source in erased}
        of_jobs = [event for event in events if event["type"] != BATCH_DONE]
        of_erased = [event for event in of_jobs if event["data"]["job_id"] in job_ids]
        named = [each["id"] for each in of_erased if each["data"]["name"] != ERASED_NAME]
        claims.claim("deleted otherwise", not named, f"the feed names erased {named[:3]}")

    def _claim_batches(self, claims: Claims, events: Sequence[dict[str, Any]]) -> None:
        """The end of a batch comes after that of each of its jobs, and counts them all."""
        places = {event["id"]: place for place, event in enumerate(events)}
        first_ends: dict[str, int] = {}
        for place, event in enumerate(events):
            if event["type"] != BATCH_DONE:
                first_ends.setdefault(event["data"]["job_id"], place)
        for batch_id in self.batches:
            batch = self.clients.ask("GET", f"/api/v1/batches/{batch_id}").json()
            pending = batch["counts"]["pending"]
            is_over = batch["state"] == "done" and pending == 0
            claims.claim("not sent", is_over, f"{batch_id} is {batch['state']} with {pending} open")
            end = places.get(f"{batch_id}-done", len(events))
            ended = [job["id"] for job in batch["jobs"] if job["state"] != "erased"]
            late = [job_id for job_id in ended if first_ends.get(job_id, end) >= end]
            claims.claim("sent otherwise", not late, f"{batch_id} ended before {late[:3]}")
