"""Reads a recording and its options from a form, into a temporary file."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.types import Message

from functions.gateway.request_checks import MAX_SILENCE, TimedBody, is_length_over
from functions.gateway.upload_checks import AskedUpload
from shared.jobs.key_store import KeyRecord
from shared.model.errors import (
    BadRequest,
    BodyTooLarge,
    EmptyRecording,
    NotAudio,
    TooManyRequests,
    UploadRefused,
)
from shared.model.object_metadata import TAG_PREFIX
from shared.runtime.workdir import disk_full_is_transient
from shared.settings import settings

MAX_FIELDS = 100
MAX_FIELD_BYTES = 64 * 1024
"""Of a field that is no file. An options.json has at most as many."""
OTHER_BYTES = 1024 * 1024
"""Bytes of a form beside its recording that are accepted."""
MAX_FORMS = 12
"""Forms that an instance reads at once, since each takes room on its disk."""
MAX_FORMS_OF_KEY = 8
"""Forms of them that are of one key, so that none keeps all others out by sending slowly."""
FORM = "multipart/form-data"
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


@dataclass(frozen=True)
class RecordingForm:
    """A form whose file is on disk."""

    file: BinaryIO
    file_name: str
    content_type: str | None
    size: int
    """Of the file, in bytes."""
    fields: tuple[tuple[str, str], ...]


ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
"""First bytes of a zip archive: of one with files, of an empty one, and of one in several parts."""


class FormParser(MultiPartParser):
    """Reads a form whose end has arrived: a proxy may end the body of a broken upload properly."""

    def __init__(self, request: Request) -> None:
        super().__init__(
            request.headers,
            request.stream(),
            max_files=1,
            max_fields=MAX_FIELDS,
            max_part_size=MAX_FIELD_BYTES,
        )
        self._has_ended = False

    def on_end(self) -> None:
        self._has_ended = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._has_ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("its end is missing")
        return form


class FormSlots:
    """Counts the forms that are being read."""

    def __init__(self, limit: int = MAX_FORMS, limit_of_key: int = MAX_FORMS_OF_KEY) -> None:
        self._limit = limit
        self._limit_of_key = limit_of_key
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, key_id: str) -> Iterator[None]:
        """Takes a slot for the block. Raises TooManyRequests if there is none."""
        if self._taken.total() >= self._limit:
            raise TooManyRequests("This instance reads as many forms as it can; try again.")
        if self._taken[key_id] >= self._limit_of_key:
            raise TooManyRequests(
                "This instance reads as many forms of a key as it may; try again."
            )
        self._taken[key_id] += 1
        try:
            yield
        finally:
            self._taken[key_id] -= 1
            self._taken = +self._taken  # forgets the keys that have none


def largest_recording() -> int:
    """Returns how many bytes a recording in a form may have."""
    max_megabytes = settings().gateway.max_form_megabytes
    if max_megabytes is not None:
        return int(max_megabytes * 1e6)
    return int(settings().recordings.max_gigabytes * 1e9)


SLOTS = FormSlots()


@asynccontextmanager
async def read_form(request: Request, file_field: str = "file") -> AsyncIterator[RecordingForm]:
    """Gives the form of a request, whose file is deleted after the block.

    Raises BadRequest, BodyTooLarge, DiskFull, EmptyRecording, TooManyRequests or UploadRefused.
    """
    key: KeyRecord = request.state.key
    with SLOTS.one(key.key_id):
        content = await parsed_form(request)
        try:
            yield form_of(content.multi_items(), file_field)
        finally:
            await asyncio.shield(content.close())


async def parsed_form(request: Request) -> FormData:
    """Returns the fields of a request's form, with its files on disk.

    Raises BadRequest, BodyTooLarge or DiskFull.
    """
    content_type = request.headers.get("Content-Type", "")
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise BadRequest(f"The body must be {FORM}, with the recording as one of its fields.")
    limit = largest_recording() + OTHER_BYTES
    if is_length_over(request, limit):
        raise too_large()
    bounded = within_limit(request, limit)
    try:
        with disk_full_is_transient():
            return await FormParser(bounded).parse()
    except ClientDisconnect as error:
        raise BadRequest("The connection broke before the whole form had arrived.") from error
    except MultiPartException as error:
        raise BadRequest(f"The form cannot be read: {error.message}") from error


def within_limit(request: Request, limit: int, max_silence: float = MAX_SILENCE) -> Request:
    """Returns the request, whose body raises BodyTooLarge as soon as it has more bytes, and
    BadRequest after so many seconds of silence."""
    body = TimedBody(request.receive, max_silence)

    async def receive() -> Message:
        message = await body()
        if body.received > limit:
            raise too_large()
        return message

    return Request(request.scope, receive)


def too_large() -> BodyTooLarge:
    megabytes = largest_recording() / 1e6
    return BodyTooLarge(
        f"A form may have a recording of {megabytes:g} MB. Upload larger ones by /api/v1/uploads."
    )


def form_of(items: list[tuple[str, UploadFile | str]], file_field: str) -> RecordingForm:
    """Returns the form with these fields. Raises BodyTooLarge, EmptyRecording or UploadRefused."""
    fields = []
    files = []
    for name, value in items:
        if isinstance(value, str):
            fields.append((name, value))
        else:
            files.append((name, value))
    if [name for name, _ in files] != [file_field]:
        raise UploadRefused(
            f"{file_field}: the form must have one file, as its field {file_field!r}"
        )
    ((_, file),) = files
    size = file.size or 0
    if size == 0:
        raise EmptyRecording("the file holds 0 bytes")
    if size > largest_recording():
        raise too_large()
    return RecordingForm(file.file, file.filename or "", file.content_type, size, tuple(fields))


def asked_upload(form: RecordingForm) -> AskedUpload:
    """Returns what a form asks for: every field but `name`, `replace` and `metadata` is an option,
    or one of the client's own if its name begins with x-. Raises UploadRefused."""
    values: dict[str, str] = {}
    for name, value in form.fields:
        if name in values:
            raise UploadRefused(f"{name[:100]}: the form has this field twice")
        values[name] = value
    name = values.pop("name", "") or form.file_name
    replace = as_boolean("replace", values.pop("replace", ""))
    metadata = as_metadata(values.pop("metadata", ""))
    options = {}
    for field, value in values.items():
        if field.lower().startswith(TAG_PREFIX):
            metadata[field[len(TAG_PREFIX) :]] = value
        else:
            options[field] = value
    return AskedUpload(
        name=name,
        size=form.size,
        content_type=form.content_type,
        options=options,
        metadata=metadata,
        replace=replace,
    )


def as_boolean(field: str, text: str) -> bool:
    """Returns the value of a field. Raises UploadRefused."""
    folded = text.strip().lower()
    if folded not in (*TRUE, *FALSE):
        raise UploadRefused(f"{field}: expected true or false")
    return folded in TRUE


def as_metadata(text: str) -> dict[str, str]:
    """Returns the object of texts in the field `metadata`. Raises UploadRefused."""
    if not text.strip():
        return {}
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UploadRefused("metadata: is not valid JSON") from error
    is_object = isinstance(content, dict)
    if not is_object or not all(isinstance(value, str) for value in content.values()):
        raise UploadRefused('metadata: expected an object of texts such as {"order-id": "77"}')
    return dict(content)


def refuse_archive(file: BinaryIO) -> None:
    """Raises NotAudio if a file at its begin is a zip archive, whatever its name is.

    Nothing of it is unpacked, so its names and its size do no harm.
    """
    start = file.read(4)
    file.seek(0)
    if start in ZIP_STARTS:
        raise NotAudio(
            "it is a zip archive: upload its recordings one by one, "
            "and make a batch of their jobs with POST /api/v1/batches"
        )
