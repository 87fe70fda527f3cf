"""A deployment in memory that does a job as soon as its recording is uploaded.

Its transcripts say "Hello there." and "Who is it?", by two speakers. A recording whose content is
`bad` fails.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import BinaryIO

from functions.finalize.answer.files import write_files
from functions.gateway.deployment import Deployment
from shared.adapters.memory import MemoryBlobs
from shared.model.contracts import ResolvedOption, Source
from shared.model.formats import JSON, TRANSCRIPT
from shared.model.object_metadata import read_metadata
from shared.model.options import option_values, resolve
from shared.model.transcript import Transcript
from tests.support.finalize_inputs import (
    detection,
    diarization,
    manifest_of,
    sentence,
    transcript_of,
)
from tests.support.gateway import memory_deployment
from tests.support.gateway_jobs import INBOX, begin, fail, finish

FIRST, SECOND = "Hello there.", "Who is it?"
TEXT = f"{FIRST} {SECOND}"
BAD = b"bad"


class WatchedInbox(MemoryBlobs):
    """Calls `uploaded` with each recording that is written to the inbox."""

    def __init__(self) -> None:
        super().__init__()
        self.uploaded: Callable[[Source], None] = lambda source: None

    def put(
        self,
        uri: str,
        data: bytes | BinaryIO,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        generation = super().put(
            uri,
            data,
            if_generation_match=if_generation_match,
            content_type=content_type,
            metadata=metadata,
        )
        inbox = f"gs://{INBOX}/"
        if generation is not None and uri.startswith(inbox):
            name = uri.removeprefix(inbox)
            self.uploaded(Source(bucket=INBOX, name=name, generation=generation))
        return generation


def answered_deployment() -> Deployment:
    """Returns stores in which each job is over when its upload is."""
    inbox = WatchedInbox()
    stores = dataclasses.replace(memory_deployment(), blobs=inbox)
    inbox.uploaded = lambda source: answer(stores, source)
    return stores


def watched_deployment() -> tuple[Deployment, list[Source]]:
    """Returns stores, and the recordings that are uploaded to them, whose jobs a test does."""
    inbox = WatchedInbox()
    stores = dataclasses.replace(memory_deployment(), blobs=inbox)
    uploaded: list[Source] = []
    inbox.uploaded = uploaded.append
    return stores, uploaded


def answer(stores: Deployment, source: Source) -> None:
    """Does the job of a recording."""
    begin(stores, source)
    end(stores, source)


def end(stores: Deployment, source: Source, run: int = 1) -> None:
    """Ends the job of a recording, which is running."""
    if stores.blobs.read(source.uri) == BAD:
        fail(stores, source, run)
        return
    options = options_of_recording(stores, source)
    values = option_values(options)
    files = write_files(dialogue(options), values.formats, values)
    contents = {}
    for file_name, content in files.items():
        format = file_name.removeprefix("transcript.")
        contents[format] = content
    assert f"transcript.{next(iter(contents))}" == TRANSCRIPT.file_name
    finish(stores, source, run, contents)


def options_of_recording(stores: Deployment, source: Source) -> dict[str, ResolvedOption]:
    """Returns the options of a recording, as prepare resolves them."""
    recording = stores.blobs.find(source.uri)
    assert recording is not None
    _, options = resolve({"object metadata": read_metadata(recording.metadata).options})
    return options


def dialogue(options: Mapping[str, ResolvedOption]) -> Transcript:
    """Returns a transcript with the options, and with speakers if they ask for them."""
    manifest = manifest_of(20.0, [[(0.0, 3.0)], [(10.0, 13.0)]])
    words = [sentence(FIRST, 0.5), sentence(SECOND, 1.0)]
    if option_values(options).task == "detect":
        words = []
    turns = [diarization([(0.0, 5.0, "x"), (10.0, 15.0, "y")])]
    has_speakers = option_values(options).diarize
    return transcript_of(manifest, words, turns if has_speakers else (), options, detection())
