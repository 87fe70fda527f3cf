"""The asynchronous client of the HTTP API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
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
from dropscribe.client import DEFAULT_SCOPES
from dropscribe.downloads import SoundFormat
from dropscribe.following import JobNews
from dropscribe.google_identity import identity_token
from dropscribe.server import FORM_BYTES, Server
from dropscribe.steps import Pause, Receive, Send, Show, Step, Steps, Work, advance
from dropscribe.streams import AsyncStreams
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


class AsyncClient:
    """`Client` for asyncio. Its methods are those of `Client`, which explains them.

    Files are read and written in threads, so that no other task waits for them, except for a large
    recording that is sent in one request, because the client cannot reach storage.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        identity: Callable[[str], str] = identity_token,
        form_bytes: int = FORM_BYTES,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._server = Server(url, key, identity, form_bytes)
        self._http = httpx.AsyncClient(transport=transport)
        self._sleep = sleep

    async def upload(
        self,
        file: str | Path,
        name: str | None = None,
        options: Mapping[str, JsonValue] | None = None,
        metadata: Mapping[str, str] | None = None,
        replace: bool = False,
        on_progress: Progress = ignore_progress,
    ) -> JobView:
        recording = recording_to_upload(file, name, options, metadata, replace)
        return await self._do(uploads.upload(self._server, recording, on_progress))

    async def job(self, job_id: str, wait: float = 0) -> JobView:
        return await self._do(calls.job(self._server, job_id, wait))

    async def jobs(
        self,
        state: ApiState | None = None,
        prefix: str = "",
        created_after: datetime | None = None,
    ) -> AsyncIterator[JobSummary]:
        cursor = None
        while True:
            steps = calls.job_page(self._server, state, prefix, created_after, cursor)
            page = await self._do(steps)
            for job in page.jobs:
                yield job
            cursor = page.next_cursor
            if cursor is None:
                return

    async def wait_for(self, job_id: str, timeout: float) -> JobView:
        return await self._do(calls.wait_for(self._server, job_id, timeout))

    async def follow(self, job_id: str, timeout: float) -> AsyncIterator[JobNews]:
        steps = following.follow(self._server, job_id, timeout)
        async with aclosing(self._shown(steps)) as news:
            async for event in news:
                yield event

    async def events(
        self, after: str | None = None, *, follow: bool = True
    ) -> AsyncIterator[FeedItem]:
        cursor = after
        while True:
            steps = calls.event_feed(self._server, cursor, calls.LONGEST_WAIT if follow else 0)
            feed = await self._do(steps)
            for event in feed.events:
                yield event
            cursor = feed.cursor
            if not feed.events and not follow:
                return

    async def create_batch(
        self,
        jobs: Sequence[str] | None = None,
        prefix: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> BatchView:
        return await self._do(calls.create_batch(self._server, jobs, prefix, metadata))

    async def batch(self, batch_id: str) -> BatchView:
        return await self._do(calls.batch(self._server, batch_id))

    async def transcript(
        self,
        job_id: str,
        format: str = "json",
        *,
        original: bool = False,
        captions: Mapping[str, JsonValue] | None = None,
    ) -> bytes:
        steps = calls.transcript(self._server, job_id, format, original, captions or {})
        return await self._do(steps)

    async def edits(self, job_id: str) -> EditsView:
        return await self._do(edit_calls.edits(self._server, job_id))

    async def save_edits(self, job_id: str, edits: Edits, etag: str) -> EditsView:
        return await self._do(edit_calls.save_edits(self._server, job_id, edits, etag))

    async def audio(self, job_id: str, to: str | Path, format: SoundFormat = "original") -> Path:
        return await self._do(downloads.audio(self._server, job_id, Path(to), format))

    async def redrive(self, job_id: str, options: Mapping[str, JsonValue] | None = None) -> JobView:
        return await self._do(calls.redrive(self._server, job_id, options))

    async def cancel(self, job_id: str) -> JobView:
        return await self._do(calls.cancel(self._server, job_id))

    async def erase(self, job_id: str) -> None:
        await self._do(calls.erase(self._server, job_id))

    async def create_key(
        self,
        name: str,
        scopes: Sequence[Scope] = DEFAULT_SCOPES,
        folder: str = "",
        expires: datetime | None = None,
    ) -> NewKey:
        return await self._do(calls.create_key(self._server, name, scopes, folder, expires))

    async def keys(self) -> tuple[KeyView, ...]:
        return await self._do(calls.keys(self._server))

    async def revoke_key(self, key_id: str) -> None:
        await self._do(calls.revoke_key(self._server, key_id))

    async def me(self) -> KeyView:
        return await self._do(calls.me(self._server))

    async def page_address(self, job_id: str | None = None) -> str:
        return await self._do(calls.page_address(self._server, job_id))

    async def create_webhook(
        self,
        url: str,
        folder: str | None = None,
        types: Sequence[WebhookType] = (),
        description: str = "",
    ) -> NewWebhook:
        steps = webhook_calls.create_webhook(self._server, url, folder, types, description)
        return await self._do(steps)

    async def webhooks(self) -> tuple[WebhookView, ...]:
        return await self._do(webhook_calls.webhooks(self._server))

    async def webhook(self, webhook_id: str) -> WebhookView:
        return await self._do(webhook_calls.webhook(self._server, webhook_id))

    async def delete_webhook(self, webhook_id: str) -> None:
        await self._do(webhook_calls.delete_webhook(self._server, webhook_id))

    async def test_webhook(self, webhook_id: str) -> DeliveryView:
        return await self._do(webhook_calls.test_webhook(self._server, webhook_id))

    async def rotate_webhook(self, webhook_id: str) -> NewWebhook:
        return await self._do(webhook_calls.rotate_webhook(self._server, webhook_id))

    async def resume_webhook(self, webhook_id: str) -> WebhookView:
        return await self._do(webhook_calls.resume_webhook(self._server, webhook_id))

    async def deliveries(self, webhook_id: str) -> AsyncIterator[DeliveryView]:
        cursor = None
        while True:
            page = await self._do(webhook_calls.delivery_page(self._server, webhook_id, cursor))
            for delivery in page.deliveries:
                yield delivery
            cursor = page.next_cursor
            if cursor is None:
                return

    async def delivery(self, webhook_id: str, event_id: str) -> DeliveryView:
        return await self._do(webhook_calls.delivery(self._server, webhook_id, event_id))

    async def replay(self, webhook_id: str, event_id: str) -> DeliveryView:
        return await self._do(webhook_calls.replay(self._server, webhook_id, event_id))

    async def health(self) -> Health:
        return await self._do(calls.health(self._server))

    async def queue(self, prefix: str = "", limit: int = 20) -> Queue:
        return await self._do(calls.queue(self._server, prefix, limit))

    async def limits(self) -> DeploymentLimits:
        return await self._do(calls.limits(self._server))

    async def metrics(self) -> Metrics:
        return await self._do(calls.metrics(self._server))

    async def costs(self, since: datetime) -> AsyncIterator[JobSpending]:
        before = None
        while True:
            page = await self._do(calls.spending_page(self._server, since, before))
            for job in page.jobs:
                yield job
            before = page.next_before
            if before is None:
                return

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _do(self, steps: Steps[T]) -> T:
        """Does the steps of a call and returns its result."""
        streams = AsyncStreams()
        try:
            step = next(steps)
            while True:
                result, error = await self._outcome(step, streams)
                step = advance(steps, result, error)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            steps.close()

    async def _shown(self, steps: Steps[None]) -> AsyncGenerator[Any]:
        """Does the steps of a call and yields what it shows."""
        streams = AsyncStreams()
        try:
            step = next(steps)
            while True:
                if isinstance(step, Show):
                    yield step.value
                result, error = await self._outcome(step, streams)
                step = advance(steps, result, error)
        except StopIteration:
            return
        finally:
            steps.close()
            await streams.close()

    async def _outcome(self, step: Step, streams: AsyncStreams) -> tuple[Any, Exception | None]:
        """Does a step. Returns its result, or why it failed."""
        try:
            return await self._result(step, streams), None
        except Exception as error:
            return None, error

    async def _result(self, step: Step, streams: AsyncStreams) -> Any:
        match step:
            case Send():
                return await self._send(step, streams)
            case Receive():
                return await streams.receive(step.response)
            case Pause():
                return await self._sleep(step.seconds)
            case Work():
                return await asyncio.to_thread(step.function)
            case Show():
                return None

    async def _send(self, step: Send, streams: AsyncStreams) -> httpx.Response:
        response = await self._http.send(step.request, stream=step.is_stream)
        if response.is_error:
            await response.aread()
        elif step.is_stream:
            streams.add(response)
        return response
