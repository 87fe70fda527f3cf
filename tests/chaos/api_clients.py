"""Clients of the HTTP API of a cloud under attack. They do not give up, and remember what the
gateway answered."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

import httpx

from local.layout import INBOX
from shared.jobs.key_store import KeyStore
from shared.model.api import Scope
from shared.model.contracts import Source
from tests.chaos.cloud import ChaosCloud

AGAIN = {429, 503}
"""Statuses after which a request may be repeated."""
NAME_TAKEN = 409
PAUSE = 0.3
"""Seconds between two tries."""
PAGE = 5
"""Jobs of a page, so few that a list has several."""


class ApiClients:
    """Uploads, lists and erases by the API. Every try of an upload has its Idempotency-Key."""

    def __init__(self, cloud: ChaosCloud) -> None:
        self.cloud = cloud
        self.statuses: Counter[str] = Counter()
        """How often each kind of request had each status."""
        self.repeated = 0
        """Jobs that a list showed twice."""
        self.sessions_used = 0
        """Uploads to such an address that are complete."""
        self._counting = threading.Lock()
        self._key = self._new_key()

    def _new_key(self) -> str:
        keys = KeyStore(self.cloud.job_documents, clock=time.time)
        _, secret = keys.create("chaos", get_args(Scope), folder="", expires=None)
        return secret

    def upload(self, number: int, first: bool, data: bytes, options: Mapping[str, str]) -> Source:
        """Uploads a recording, by a form or in two parts, and returns it."""
        name = f"chaos/{number:04}.wav"
        key = f"{number}-{first}"
        if number % 4 == 1:
            self._send_form(name, key, data, {**options, "replace": json.dumps(not first)})
        else:
            self._send_parts(name, key, data, options, replace=not first)
        blob = self.cloud.client.bucket(INBOX).get_blob(name)
        assert blob is not None
        return Source(bucket=INBOX, name=name, generation=blob.generation)

    def _send_form(self, name: str, key: str, data: bytes, fields: Mapping[str, str]) -> None:
        files = {"file": ("call.wav", data)}
        headers = {"Idempotency-Key": key}
        form = {**fields, "name": name}
        self.ask("POST", "/api/v1/jobs/upload", data=form, files=files, headers=headers)

    def _send_parts(
        self, name: str, key: str, data: bytes, options: Mapping[str, str], *, replace: bool
    ) -> None:
        asked = {"name": name, "size": len(data), "options": dict(options), "replace": replace}
        headers = {"Idempotency-Key": key}
        while True:
            opened = self.ask("POST", "/api/v1/uploads", json=asked, headers=headers)
            if opened.status_code == NAME_TAKEN:
                return
            if opened.is_redirect:
                self._count_used()
                return
            session = opened.json()
            sent = send_in_two(session["upload_url"], data)
            status = self.ask("GET", session["upload_status"])
            if sent and status.is_redirect:
                self._count_used()
                return
            time.sleep(PAUSE)

    def _count_used(self) -> None:
        with self._counting:
            self.sessions_used += 1

    def list_all(self) -> Iterator[dict[str, Any]]:
        """Yields all jobs, page by page."""
        cursor = None
        while True:
            query = {"limit": str(PAGE)} | ({} if cursor is None else {"cursor": cursor})
            answer = self.ask("GET", "/api/v1/jobs", params=query)
            assert answer.is_success, answer.text
            page = answer.json()
            yield from page["jobs"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def erase(self, job_id: str) -> None:
        self.ask("DELETE", f"/api/v1/jobs/{job_id}")

    def status_of(self, job_id: str) -> int:
        return self.ask("GET", f"/api/v1/jobs/{job_id}").status_code

    def redrive(self, job_id: str) -> None:
        self.ask("POST", f"/api/v1/jobs/{job_id}/redrive", json={})

    def server_errors(self) -> dict[str, int]:
        """Returns how often the gateway had a fault of its own."""
        return {
            answer: count
            for answer, count in self.statuses.items()
            if int(answer.rpartition(" ")[2]) >= 500 and not answer.endswith(" 503")
        }

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Repeats a request until it is answered for good."""
        headers = request.pop("headers", {})
        while True:
            sent = {**headers, "X-API-Key": self._key}
            url = f"{self.cloud.home.ports().url('gateway')}{path}"
            try:
                with self._counted():
                    answer = httpx.request(method, url, headers=sent, timeout=60, **request)
            except httpx.TransportError:
                time.sleep(PAUSE)
                continue
            shown = path.removeprefix("/api/v1").split("/")[1]
            self.statuses[f"{method} {shown} {answer.status_code}"] += 1
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self._key = self._new_key()  # the old one was lost with the job store
            elif answer.status_code < 500 and answer.status_code not in AGAIN:
                return answer
            time.sleep(PAUSE)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self.cloud.api_requests += 1
        try:
            yield
        finally:
            with self._counting:
                self.cloud.api_requests -= 1


def send_in_two(url: str, data: bytes) -> bool:
    """Sends data to a resumable upload in two parts, each once. Returns whether all of it arrived.

    The first part is a multiple of 256 KiB, or missing if there is less.
    """
    half = len(data) // 2 // 2**18 * 2**18
    parts = [(0, half), (half, len(data))] if half else [(0, len(data))]
    answer = None
    for begin, end in parts:
        content_range = f"bytes {begin}-{end - 1}/{len(data)}"
        headers = {"Content-Range": content_range}
        try:
            answer = httpx.put(url, content=data[begin:end], headers=headers, timeout=60)
        except httpx.HTTPError:
            return False
    return answer is not None and answer.is_success


@contextmanager
def keeps_listing(clients: ApiClients) -> Iterator[None]:
    """Lists all jobs again and again, beside the block."""
    ends = threading.Event()

    def keep_listing() -> None:
        while not ends.wait(1.0):
            jobs = clients.list_all()
            seen = [job["id"] for job in jobs]
            clients.repeated += len(seen) - len(set(seen))

    thread = threading.Thread(target=keep_listing, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(60)
