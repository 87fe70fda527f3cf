"""A gateway whose jobs are done as soon as their recordings are stored."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from functions.finalize.job import write_files
from functions.gateway.deployment import Deployment
from shared.adapters.memory import MemoryDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import ResolvedOption, Source
from shared.model.formats import FORMATS, TRANSCRIPT
from shared.model.object_metadata import TAG_PREFIX
from shared.model.option_names import UPLOAD_MARK
from shared.model.options import resolve
from shared.model.transcript import Transcript
from tests.support.finalize_inputs import (
    detection,
    diarization,
    manifest_of,
    sentence,
    transcript_of,
)
from tests.support.gateway import memory_deployment
from tests.support.gateway_jobs import begin, fail, finish

FILE_FORMATS = {format.file_name: name for name, format in FORMATS.items()}
ONE_AND_TWO = (0.0, 1.5, "a"), (1.5, 3.0, "b")
"""Turns of two speakers."""


class PromptJobs(JobStore):
    """A job store that calls `answer` with each recording that is uploaded."""

    answer: Callable[[Source], None]

    def record_upload(self, source: Source, size: int, tags: dict[str, str]) -> None:
        super().record_upload(source, size, tags)
        self.answer(source)


def prompt_deployment() -> Deployment:
    """Returns stores in which every recording is answered at once: with a problem if it begins with
    "no sound", or else with a transcript in the formats that its options name."""
    jobs = PromptJobs(MemoryDocuments())
    stores = replace(memory_deployment(), jobs=jobs)
    jobs.answer = lambda source: answer(source, stores)
    return stores


def answer(source: Source, stores: Deployment) -> None:
    begin(stores, source)
    if stores.blobs.read(source.uri).startswith(b"no sound"):
        fail(stores, source)
        return
    options = options_of(source, stores)
    transcript = transcript_for(options)
    formats = options["formats"].value
    assert isinstance(formats, list)
    files = write_files(transcript, [str(name) for name in formats])
    contents = {}
    for file_name, content in files.items():
        format = "json" if file_name == TRANSCRIPT.file_name else FILE_FORMATS[file_name]
        contents[format] = content
    finish(stores, source, contents=contents)


def options_of(source: Source, stores: Deployment) -> dict[str, ResolvedOption]:
    """Returns the options with which a recording was stored."""
    stored = stores.blobs.find(source.uri)
    assert stored is not None
    texts = {}
    for name, value in stored.metadata.items():
        if name != UPLOAD_MARK and not name.startswith(TAG_PREFIX):
            texts[name] = value
    _, resolved = resolve({"object metadata": texts})
    return resolved


def transcript_for(options: Mapping[str, ResolvedOption]) -> Transcript:
    """Returns what the chain writes with these options about a recording of two speakers."""
    speech = manifest_of(3, [[(0, 3)]])
    found = detection("de", 0.9)
    if options["task"].value == "detect":
        return transcript_of(speech, [], [], options, found)
    words = [sentence("Guten Tag. Wie\tgeht es?", 0.0, language="de")]
    turns = [diarization(ONE_AND_TWO)] if options["diarize"].value else []
    return transcript_of(speech, words, turns, options, found)
