"""The client of the HTTP API: `Client`, and `AsyncClient` with the same methods.

    with Client("https://dropscribe.example.com", key) as client:
        job = client.upload("interview.mp3", options={"speakers": 2})
        job = client.wait_for(job.id, timeout=3600)
        print(client.transcript(job.id, "txt").decode())

A client keeps its connection, so make one and use it for all calls. Every call has a timeout.
Reading is repeated after failures that may pass, and so are uploads, which the server recognises.
Nothing else is sent twice.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import JsonValue

import dropscribe.calls as calls
import dropscribe.downloads as downloads
import dropscribe.edit_calls as edit_calls
import dropscribe.following as following
import dropscribe.uploads as uploads
import dropscribe.webhook_calls as webhook_calls
from dropscribe.downloads import SoundFormat
from dropscribe.following import JobNews
from dropscribe.google_identity import identity_token
from dropscribe.server import FORM_BYTES, Server
from dropscribe.steps import Pause, Receive, Send, Show, Step, Steps, Work, advance
from dropscribe.streams import Streams
from dropscribe.uploads import Progress, ignore_progress, recording_to_upload
from shared.model.api import (
    ApiState,
    DeploymentLimits,
    Health,
    JobSummary,
    JobView,
    KeyView,
    NewKey,
    Scope,
)
from shared.model.batches import BatchView
from shared.model.edits import Edits
from shared.model.edits_api import EditsView
from shared.model.event_feed import FeedItem
from shared.model.metrics import Metrics
from shared.model.queue import Queue
from shared.model.spending import JobSpending
from shared.model.webhooks import DeliveryView, NewWebhook, WebhookType, WebhookView

T = TypeVar("T")
DEFAULT_SCOPES: tuple[Scope, ...] = ("read", "write")


class Client:
    """A client of one deployment, or of a one-machine cloud.

    Calls raise ApiError if the server refuses them, and Unreachable if it cannot be reached. A
    client may be used by several threads.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        identity: Callable[[str], str] = identity_token,
        form_bytes: int = FORM_BYTES,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`identity` returns a Google identity token for an address. It is asked if the address is
        one of Cloud Run's, or if something in front of the server refuses a call. A recording of
        more than `form_bytes` is sent in pieces: lower it if something in front of the server
        refuses large requests."""
        self._server = Server(url, key, identity, form_bytes)
        self._http = httpx.Client(transport=transport)
        self._sleep = sleep

    def upload(
        self,
        file: str | Path,
        name: str | None = None,
        options: Mapping[str, JsonValue] | None = None,
        metadata: Mapping[str, str] | None = None,
        replace: bool = False,
        on_progress: Progress = ignore_progress,
    ) -> JobView:
        """Uploads a recording and returns its job.

        `name` is the one in the inbox, by default the file's own. `metadata` are the caller's own
        names and texts, which the job echoes. `replace` allows to replace a recording of that name.
        `on_progress` is called with the bytes that were sent and those of the file. A large file is
        sent in pieces and goes on where a connection broke. Raises FileChanged if the file changes
        meanwhile, and UploadFailed if storage refuses it.
        """
        recording = recording_to_upload(file, name, options, metadata, replace)
        return self._do(uploads.upload(self._server, recording, on_progress))

    def job(self, job_id: str, wait: float = 0) -> JobView:
        """Returns a job as it is now, or as it is at its end if that is within `wait` seconds (at
        most 60)."""
        return self._do(calls.job(self._server, job_id, wait))

    def jobs(
        self,
        state: ApiState | None = None,
        prefix: str = "",
        created_after: datetime | None = None,
    ) -> Iterator[JobSummary]:
        """Yields jobs, the newest first: those in a state, whose recordings' names begin with
        `prefix`, and that were created after a time with a time zone. Pages are fetched when they
        are needed."""
        cursor = None
        while True:
            steps = calls.job_page(self._server, state, prefix, created_after, cursor)
            page = self._do(steps)
            yield from page.jobs
            cursor = page.next_cursor
            if cursor is None:
                return

    def wait_for(self, job_id: str, timeout: float) -> JobView:
        """Returns a job once it has ended. Raises TimedOut if that takes more than `timeout`
        seconds."""
        return self._do(calls.wait_for(self._server, job_id, timeout))

    def follow(self, job_id: str, timeout: float) -> Iterator[JobNews]:
        """Yields what happens to a job until it has ended: a JobView at first, when the state
        changes and at the end; a JobProgress when it goes on; and PartWords with the words of each
        part that is already transcribed, unless `replacements` will change them.

        A stream that breaks is gone on with, so that no words come twice or are left out. A later
        run of the job begins anew: it has another number. Raises TimedOut if the job has not ended
        after `timeout` seconds.
        """
        yield from self._shown(following.follow(self._server, job_id, timeout))

    def events(self, after: str | None = None, *, follow: bool = True) -> Iterator[FeedItem]:
        """Yields the ends of jobs and batches, each once and in order, from the oldest that is
        kept, or after the event with that cursor. Their types tell them apart.

        With `follow` it waits for further events and never ends. Keep the cursor of the last event
        that you have handled: a call with it goes on there. Raises EventsExpired if `after` is
        older than events are kept.
        """
        cursor = after
        while True:
            steps = calls.event_feed(self._server, cursor, calls.LONGEST_WAIT if follow else 0)
            feed = self._do(steps)
            yield from feed.events
            cursor = feed.cursor
            if not feed.events and not follow:
                return

    def create_batch(
        self,
        jobs: Sequence[str] | None = None,
        prefix: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> BatchView:
        """Makes a batch of jobs, which has one end for all: of those with these ids, or of those
        whose recordings' names begin with `prefix`. `metadata` is echoed in it and in its event."""
        return self._do(calls.create_batch(self._server, jobs, prefix, metadata))

    def batch(self, batch_id: str) -> BatchView:
        """Returns a batch: how many of its jobs have ended, and how."""
        return self._do(calls.batch(self._server, batch_id))

    def transcript(
        self,
        job_id: str,
        format: str = "json",
        *,
        original: bool = False,
        captions: Mapping[str, JsonValue] | None = None,
    ) -> bytes:
        """Returns a transcript in any format, with its edits unless `original`. "json" is
        transcript.json as the models made it, without edits. `captions` are options such as
        {"caption-lines": 1}; others are the job's."""
        steps = calls.transcript(self._server, job_id, format, original, captions or {})
        return self._do(steps)

    def edits(self, job_id: str) -> EditsView:
        """Returns what was corrected in a transcript."""
        return self._do(edit_calls.edits(self._server, job_id))

    def save_edits(self, job_id: str, edits: Edits, etag: str) -> EditsView:
        """Replaces the edits that have this ETag (`edits(...).etag`) by others. Raises ApiError
        with the status 412 if others saved edits meanwhile."""
        return self._do(edit_calls.save_edits(self._server, job_id, edits, etag))

    def audio(self, job_id: str, to: str | Path, format: SoundFormat = "original") -> Path:
        """Downloads a recording into the file `to`, and returns its path. The format "wav" is the
        sound that was transcribed, which is kept for some days only."""
        return self._do(downloads.audio(self._server, job_id, Path(to), format))

    def redrive(self, job_id: str, options: Mapping[str, JsonValue] | None = None) -> JobView:
        """Runs a job again. `options` replace those of the last redrive: empty, those of the upload
        are in force again; None, they stay as they are."""
        return self._do(calls.redrive(self._server, job_id, options))

    def cancel(self, job_id: str) -> JobView:
        """Cancels a job that has not ended."""
        return self._do(calls.cancel(self._server, job_id))

    def erase(self, job_id: str) -> None:
        """Deletes a recording and everything made from it. It may be erased already."""
        self._do(calls.erase(self._server, job_id))

    def create_key(
        self,
        name: str,
        scopes: Sequence[Scope] = DEFAULT_SCOPES,
        folder: str = "",
        expires: datetime | None = None,
    ) -> NewKey:
        """Makes an API key. Its secret is returned only here."""
        return self._do(calls.create_key(self._server, name, scopes, folder, expires))

    def keys(self) -> tuple[KeyView, ...]:
        """Returns all API keys, without their secrets."""
        return self._do(calls.keys(self._server))

    def revoke_key(self, key_id: str) -> None:
        """Makes an API key useless."""
        self._do(calls.revoke_key(self._server, key_id))

    def me(self) -> KeyView:
        """Returns the client's own key."""
        return self._do(calls.me(self._server))

    def page_address(self, job_id: str | None = None) -> str:
        """Returns an address of the page, or of a job's transcript on it, which logs in as the
        client's key: once, within ten minutes."""
        return self._do(calls.page_address(self._server, job_id))

    def create_webhook(
        self,
        url: str,
        folder: str | None = None,
        types: Sequence[WebhookType] = (),
        description: str = "",
    ) -> NewWebhook:
        """Has the ends of jobs sent to an address. The secret that verifies them is returned only
        here.

        `folder` is that of the recordings, by default the key's. Without `types` all are sent.
        """
        steps = webhook_calls.create_webhook(self._server, url, folder, types, description)
        return self._do(steps)

    def webhooks(self) -> tuple[WebhookView, ...]:
        """Returns the webhooks of the key's folder, without their secrets."""
        return self._do(webhook_calls.webhooks(self._server))

    def webhook(self, webhook_id: str) -> WebhookView:
        """Returns a webhook as it is now, without its secret."""
        return self._do(webhook_calls.webhook(self._server, webhook_id))

    def delete_webhook(self, webhook_id: str) -> None:
        """Deletes a webhook."""
        self._do(webhook_calls.delete_webhook(self._server, webhook_id))

    def test_webhook(self, webhook_id: str) -> DeliveryView:
        """Sends a webhook a test. `delivery` returns what came of it."""
        return self._do(webhook_calls.test_webhook(self._server, webhook_id))

    def rotate_webhook(self, webhook_id: str) -> NewWebhook:
        """Gives a webhook a new secret, which is returned only here. The former one is valid for 24
        hours more."""
        return self._do(webhook_calls.rotate_webhook(self._server, webhook_id))

    def resume_webhook(self, webhook_id: str) -> WebhookView:
        """Sends to a paused webhook again, which belongs to the client's key from now on."""
        return self._do(webhook_calls.resume_webhook(self._server, webhook_id))

    def deliveries(self, webhook_id: str) -> Iterator[DeliveryView]:
        """Yields what was sent to a webhook, the newest first. Pages are fetched when they are
        needed."""
        cursor = None
        while True:
            page = self._do(webhook_calls.delivery_page(self._server, webhook_id, cursor))
            yield from page.deliveries
            cursor = page.next_cursor
            if cursor is None:
                return

    def delivery(self, webhook_id: str, event_id: str) -> DeliveryView:
        """Returns what came of sending an event to a webhook."""
        return self._do(webhook_calls.delivery(self._server, webhook_id, event_id))

    def replay(self, webhook_id: str, event_id: str) -> DeliveryView:
        """Sends an event to a webhook again."""
        return self._do(webhook_calls.replay(self._server, webhook_id, event_id))

    def health(self) -> Health:
        """Returns whether the deployment answers. Raises ApiError if a part of it does not."""
        return self._do(calls.health(self._server))

    def queue(self, prefix: str = "", limit: int = 20) -> Queue:
        """Returns the jobs that have not ended, `limit` at most, whose recordings' names begin with
        `prefix`, and what each of them waits for."""
        return self._do(calls.queue(self._server, prefix, limit))

    def limits(self) -> DeploymentLimits:
        """Returns how large and how long recordings may be, and how long things are kept."""
        return self._do(calls.limits(self._server))

    def metrics(self) -> Metrics:
        """Returns what the deployment does, and did in the last day, in the key's folder."""
        return self._do(calls.metrics(self._server))

    def costs(self, since: datetime) -> Iterator[JobSpending]:
        """Yields what each job took and cost that ended after a time with a time zone, the last one
        first. Pages are fetched when they are needed."""
        before = None
        while True:
            page = self._do(calls.spending_page(self._server, since, before))
            yield from page.jobs
            before = page.next_before
            if before is None:
                return

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _do(self, steps: Steps[T]) -> T:
        """Does the steps of a call and returns its result."""
        streams = Streams()
        try:
            step = next(steps)
            while True:
                result, error = self._outcome(step, streams)
                step = advance(steps, result, error)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            steps.close()

    def _shown(self, steps: Steps[None]) -> Iterator[Any]:
        """Does the steps of a call and yields what it shows."""
        streams = Streams()
        try:
            step = next(steps)
            while True:
                if isinstance(step, Show):
                    yield step.value
                result, error = self._outcome(step, streams)
                step = advance(steps, result, error)
        except StopIteration:
            return
        finally:
            steps.close()
            streams.close()

    def _outcome(self, step: Step, streams: Streams) -> tuple[Any, Exception | None]:
        """Does a step. Returns its result, or why it failed."""
        try:
            return self._result(step, streams), None
        except Exception as error:
            return None, error

    def _result(self, step: Step, streams: Streams) -> Any:
        match step:
            case Send():
                return self._send(step, streams)
            case Receive():
                return streams.receive(step.response)
            case Pause():
                return self._sleep(step.seconds)
            case Work():
                return step.function()
            case Show():
                return None

    def _send(self, step: Send, streams: Streams) -> httpx.Response:
        response = self._http.send(step.request, stream=step.is_stream)
        if response.is_error:
            response.read()
        elif step.is_stream:
            streams.add(response)
        return response
