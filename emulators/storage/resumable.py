"""Resumable uploads (cloud.google.com/storage/docs/performing-resumable-uploads).

An upload's plan is a row and its bytes are a content file that grows, so both outlive the process.
The running hashes do not: after a restart they are computed again from the file. Bytes are synced
only when the upload completes, because on one machine a power cut that loses them also ends the
client.
"""

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage import objects
from emulators.storage.content import Content, Writer, write_stream
from emulators.storage.errors import ApiError, Invalid, NoRoom, NoSuchUpload
from emulators.storage.index import Transaction
from emulators.storage.objects import Bytes, Draft
from emulators.storage.preconditions import number
from emulators.storage.requests import claimed_digests
from emulators.storage.resources import Resource
from emulators.storage.store import Store, base_url, forget_stale_uploads, store_of

CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,99})-(\d{1,99}|\*)|\*)/(\d{1,99}|\*)", re.IGNORECASE)
"""`bytes 0-99/200`, `bytes 0-99/*` (the total comes later), `bytes */200` and `bytes */*` (only a
question), and, as Node's client writes while it streams, `bytes 0-*/*` (all the rest)."""


@dataclass(frozen=True)
class Upload:
    """A resumable upload. One that is complete has an answer and no content of its own."""

    id: str
    draft: Draft
    total: int | None
    content: str | None
    answer: Resource | None
    origin: str | None
    """That of the request which began it: the only one whose web pages may go on with it."""


@dataclass(frozen=True)
class Span:
    """The position of a request's body in the object.

    A request without a start has no body: it only asks how many bytes have arrived.
    """

    start: int | None
    total: int | None
    is_rest: bool = False
    """The object ends with this body, however long that is."""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Span":
        text = headers.get("content-range")
        if text is None:
            return cls(0, None, is_rest=True)
        match = CONTENT_RANGE.fullmatch(text.strip())
        if match is None:
            raise Invalid("Failed to parse Content-Range header.")
        first, last, total = match.groups()
        expected = int(total) if total != "*" else None
        if first is None:
            return cls(None, expected)
        start = int(first)
        if last == "*":
            return cls(start, expected, is_rest=expected is None)
        end = int(last) + 1
        if end <= start or (expected is not None and end > expected):
            raise Invalid("Failed to parse Content-Range header.")
        if number(headers, "content-length") not in (None, end - start):
            raise Invalid("Content-Range and Content-Length disagree.")
        return cls(start, expected)


async def begin(request: Request, draft: Draft, status: int = 200) -> Response:
    store, upload_id = store_of(request), uuid.uuid4().hex
    total = number(request.headers, "x-upload-content-length")
    origin = request.headers.get("origin")
    await store.index.run(lambda tx: add(tx, upload_id, draft, total, origin))
    collection = f"{base_url(request)}/upload/storage/v1/b/{draft.bucket}/o"
    location = f"{collection}?uploadType=resumable&upload_id={upload_id}"
    return Response(
        status_code=status, headers={"Location": location, "X-GUploader-UploadID": upload_id}
    )


def add(
    tx: Transaction, upload_id: str, draft: Draft, total: int | None, origin: str | None
) -> None:
    forget_stale_uploads(tx)
    objects.check(tx, draft)
    plan = json.dumps({"draft": draft.to_json(), "total": total, "origin": origin})
    tx.execute(
        "insert into uploads values (?, ?, ?, ?, null)",
        (upload_id, plan, uuid.uuid4().hex, time.time()),
    )


def get(tx: Transaction, upload_id: str) -> Upload:
    row = tx.execute(
        "select plan, content, answer from uploads where id = ?", (upload_id,)
    ).fetchone()
    plan = json.loads(row[0]) if row else {}
    if "draft" not in plan:
        raise NoSuchUpload("No such upload.")
    answer = json.loads(row[2]) if row[2] else None
    draft = Draft.from_json(plan["draft"])
    return Upload(upload_id, draft, plan["total"], row[1], answer, plan.get("origin"))


def finish(tx: Transaction, upload: Upload, content: Content) -> Resource:
    """Makes the upload an object. Keeps the response for a client that did not receive it."""
    resource = objects.put(tx, upload.draft, Bytes.of(content))
    tx.execute(
        "update uploads set content = null, answer = ? where id = ?",
        (json.dumps(resource), upload.id),
    )
    return resource


def drop(tx: Transaction, upload: Upload) -> None:
    tx.execute("delete from uploads where id = ?", (upload.id,))
    if upload.content:
        tx.release(upload.content)


async def cancel(request: Request) -> Response:
    store, upload_id = store_of(request), request.query_params.get("upload_id", "")
    with store.hold(upload_id):
        upload = await store.index.run(lambda tx: get(tx, upload_id))
        store.writers.pop(upload_id, None)
        await store.index.run(lambda tx: drop(tx, upload))
    return Response(status_code=499)


async def advance(request: Request) -> Response:
    """Takes a chunk, or returns how many bytes have arrived."""
    store, upload_id, span = (
        store_of(request),
        request.query_params["upload_id"],
        Span.of(request.headers),
    )
    with store.hold(upload_id):
        upload = await store.index.run(lambda tx: get(tx, upload_id))
        if upload.answer is not None:
            return objects.resource_response(request, upload.answer)
        writer = await writer_of(store, upload)
        if span.start is not None:
            await take(request.stream(), span.start, writer)
        total = writer.size if span.is_rest else span.total
        if total is None or writer.size < total:
            return progress(request, writer)
        late = replace(
            upload.draft, claimed=upload.draft.claimed | claimed_digests(request.headers)
        )
        return objects.resource_response(
            request, await complete(store, replace(upload, draft=late), writer, total)
        )


async def writer_of(store: Store, upload: Upload) -> Writer:
    """Returns the upload's writer, which is made again from the file after a restart.

    Only a request with the last byte completes an upload. After a crash between that byte and the
    commit, the client is therefore asked for the byte again.
    """
    if upload.id not in store.writers:
        limit = max(upload.total - 1, 0) if upload.total is not None else None
        store.writers[upload.id] = await asyncio.to_thread(
            store.contents.resume, str(upload.content), limit
        )
    return store.writers[upload.id]


async def take(stream: AsyncIterator[bytes], start: int, writer: Writer) -> None:
    if start > writer.size:
        raise Invalid(
            f"The chunk begins at byte {start}, but only {writer.size} bytes have arrived."
        )
    await write_stream(without_first(stream, writer.size - start), writer)


async def without_first(stream: AsyncIterator[bytes], count: int) -> AsyncIterator[bytes]:
    """Yields the stream without its first `count` bytes, which an earlier attempt has sent."""
    async for piece in stream:
        yield piece[count:]
        count = max(count - len(piece), 0)


def progress(request: Request, writer: Writer) -> Response:
    """Returns how many bytes have arrived, with status 308.

    Go's clients ask for 200 instead, with the status in a header, because their HTTP library takes
    308 for a redirect.
    """
    headers = {"Range": f"bytes=0-{writer.size - 1}"} if writer.size else {}
    if request.headers.get("x-guploader-no-308") == "yes":
        headers["X-Http-Status-Code-Override"] = "308"
        return Response(status_code=200, headers=headers)
    return Response(status_code=308, headers=headers)


async def complete(store: Store, upload: Upload, writer: Writer, total: int) -> Resource:
    """Makes the object.

    A refusal ends the upload. After a full disk or any other failure it can be tried again.
    """
    del store.writers[upload.id]
    try:
        if writer.size > total or upload.total not in (None, writer.size):
            promised = upload.total or total
            raise Invalid(
                f"{writer.size} bytes have arrived, but the upload was to have {promised}."
            )
        content = await asyncio.to_thread(writer.seal)
        content.verify(upload.draft.claimed)
        return await store.index.run(lambda tx: finish(tx, upload, content))
    except NoRoom:
        raise
    except ApiError:
        await store.index.run(lambda tx: drop(tx, upload))
        raise
