"""XML multipart uploads: numbered parts that are sent at once, then joined.

See cloud.google.com/storage/docs/multipart-uploads.
"""

import asyncio
import base64
import json
import time
import uuid
from contextlib import ExitStack
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage import objects
from emulators.storage.content import Content, Writer, write_stream
from emulators.storage.copies import concatenate
from emulators.storage.errors import Invalid, NoSuchUpload
from emulators.storage.index import Transaction
from emulators.storage.objects import Bytes, Draft
from emulators.storage.preconditions import number
from emulators.storage.requests import claimed_digests
from emulators.storage.resources import Resource
from emulators.storage.store import Store, store_of

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MOST_PARTS = 10_000
LARGEST_LIST = 4 << 20
"""Bytes of XML that name the parts."""


async def begin(request: Request, draft: Draft) -> Response:
    upload_id = uuid.uuid4().hex
    await store_of(request).index.run(lambda tx: add(tx, upload_id, draft))
    return xml(
        "InitiateMultipartUploadResult", Bucket=draft.bucket, Key=draft.name, UploadId=upload_id
    )


def add(tx: Transaction, upload_id: str, draft: Draft) -> None:
    objects.check(tx, draft)
    plan = json.dumps({"parts_of": draft.to_json()})
    tx.execute("insert into uploads values (?, ?, null, ?, null)", (upload_id, plan, time.time()))


def get(tx: Transaction, upload_id: str) -> Draft:
    row = tx.execute(
        "select plan from uploads where id = ? and answer is null", (upload_id,)
    ).fetchone()
    plan = json.loads(row[0]) if row else {}
    if "parts_of" not in plan:
        raise NoSuchUpload("The requested upload was not found.")
    return Draft.from_json(plan["parts_of"])


async def put_part(request: Request) -> Response:
    """Stores the body of a request as a part of an upload."""
    store, upload_id = store_of(request), request.query_params["uploadId"]
    part = number(request.query_params, "partNumber") or 0
    if not 1 <= part <= MOST_PARTS:
        raise Invalid(f"A part number lies between 1 and {MOST_PARTS}.")
    await store.index.run(lambda tx: get(tx, upload_id))
    writer = store.contents.begin()
    try:
        await write_stream(request.stream(), writer)
        content = await asyncio.to_thread(writer.seal)
        content.verify(claimed_digests(request.headers))
        await store.index.run(lambda tx: keep_part(tx, upload_id, part, content))
    except Exception:
        await store.index.run(lambda tx: tx.release(writer.id))
        raise
    return Response(
        headers={"ETag": etag(content), "X-Goog-Hash": f"crc32c={content.crc32c},md5={content.md5}"}
    )


def keep_part(tx: Transaction, upload_id: str, part: int, content: Content) -> None:
    """Stores a part. It replaces an earlier part of the same number."""
    get(tx, upload_id)
    before = tx.execute(
        "select content from parts where upload = ? and number = ?", (upload_id, part)
    ).fetchone()
    if before:
        tx.release(before[0])
    tx.execute(
        "insert or replace into parts values (?, ?, ?, ?)",
        (upload_id, part, content.id, etag(content)),
    )


async def complete(request: Request) -> Response:
    """Joins the parts that the client lists into the object."""
    store, upload_id, body = (
        store_of(request),
        request.query_params["uploadId"],
        await request.body(),
    )
    listed = parts_listed(body)
    with store.hold(upload_id):
        draft = await store.index.run(lambda tx: get(tx, upload_id))
        contents = await store.index.run(lambda tx: contents_of_parts(tx, upload_id, listed))
        resource = await join(store, upload_id, draft, contents)
    return xml(
        "CompleteMultipartUploadResult", Bucket=draft.bucket, Key=draft.name, ETag=resource["etag"]
    )


def parts_listed(body: bytes) -> list[tuple[int, str]]:
    """Returns the part numbers and ETags that the client lists, in rising order."""
    if len(body) > LARGEST_LIST or b"<!" in body:
        raise Invalid("The list of parts is not acceptable XML.")
    try:
        parts = ElementTree.fromstring(body).findall("{*}Part")
        listed = [
            (int(part.findtext("{*}PartNumber", "")), part.findtext("{*}ETag", ""))
            for part in parts
        ]
    except (ElementTree.ParseError, ValueError) as error:
        raise Invalid("The list of parts is not well-formed.") from error
    if not listed or listed != sorted(set(listed)):
        raise Invalid("The parts are missing or not in order.")
    return listed


def contents_of_parts(tx: Transaction, upload_id: str, listed: list[tuple[int, str]]) -> list[str]:
    rows = tx.execute("select number, etag, content from parts where upload = ?", (upload_id,))
    there = {(number, etag): content for number, etag, content in rows}
    if not there.keys() >= set(listed):
        raise Invalid("One or more of the specified parts could not be found.")
    return [there[part] for part in listed]


async def join(store: Store, upload_id: str, draft: Draft, contents: list[str]) -> Resource:
    writer = store.contents.begin()
    try:
        await asyncio.to_thread(join_files, store, contents, writer)
        content = await asyncio.to_thread(writer.seal)
        return await store.index.run(
            lambda tx: finish(tx, upload_id, draft, Bytes.composite(content, len(contents)))
        )
    except Exception:
        await store.index.run(lambda tx: tx.release(writer.id))
        raise


def join_files(store: Store, contents: list[str], writer: Writer) -> None:
    with ExitStack() as files:
        concatenate(
            [files.enter_context(store.contents.open(content)) for content in contents], writer
        )


def finish(tx: Transaction, upload_id: str, draft: Draft, written: Bytes) -> Resource:
    resource = objects.put(tx, draft, written)
    drop(tx, upload_id)
    return resource


async def abort(request: Request) -> Response:
    store, upload_id = store_of(request), request.query_params["uploadId"]
    with store.hold(upload_id):
        await store.index.run(lambda tx: get(tx, upload_id))
        await store.index.run(lambda tx: drop(tx, upload_id))
    return Response(status_code=204)


def drop(tx: Transaction, upload_id: str) -> None:
    for (content,) in tx.execute(
        "select content from parts where upload = ?", (upload_id,)
    ).fetchall():
        tx.release(content)
    tx.execute("delete from parts where upload = ?", (upload_id,))
    tx.execute("delete from uploads where id = ?", (upload_id,))


def etag(content: Content) -> str:
    return f'"{base64.b64decode(content.md5).hex()}"'


def xml(tag: str, **children: str) -> Response:
    root = ElementTree.Element(tag, xmlns=NAMESPACE)
    for name, text in children.items():
        ElementTree.SubElement(root, name).text = text
    body = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Response(body, media_type="application/xml")
