"""Stores of a measured gateway process: one counts its reads, the other holds words of any part."""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from shared.adapters.memory import MemoryBlobs
from shared.adapters.sqlite import SqliteDocuments
from shared.model.artifacts import (
    Aligned,
    AlignedSegment,
    AlignedWord,
    Chunk,
    Interval,
    Manifest,
    Media,
)
from shared.model.contracts import Artifact, Engine, StageResponse
from shared.ports.documents import Document

COUNT_FILE = "LISTENERS_COUNT_FILE"
"""Environment variable: a file of eight bytes with the documents that were read so far."""
CHUNKS = 200
CHUNK_SECONDS = 300.0
WORDS = 600
"""Words of a part of five minutes."""
ENGINE = Engine(name="benchmark", version="1")


def read_count(file: Path) -> int:
    return int.from_bytes(file.read_bytes(), "little")


class CountedDocuments(SqliteDocuments):
    """Counts documents as Firestore bills them: an empty result is one, too."""

    def __init__(self) -> None:
        super().__init__()
        descriptor = os.open(os.environ[COUNT_FILE], os.O_RDWR)
        self._count = mmap.mmap(descriptor, 8)
        os.close(descriptor)

    def get(self, path: str) -> tuple[Document, object] | None:
        self._add(1)
        return super().get(path)

    def updated_since(self, collection: str, state: str, since: str) -> Iterator[Document]:
        found = list(super().updated_since(collection, state, since))
        self._add(max(1, len(found)))
        return iter(found)

    def _add(self, documents: int) -> None:
        count = int.from_bytes(self._count[:8], "little") + documents
        self._count[:8] = count.to_bytes(8, "little")


class WordBlobs(MemoryBlobs):
    """Has the results of prepare and align of every job, all with the same words."""

    def read(self, uri: str, generation: int | None = None) -> bytes:
        stage = uri.split("/")[-2]
        name = "manifest" if stage == "prepare" else "aligned"
        if not uri.endswith(f"-{name}.json"):
            return result(uri, stage, name)
        return MANIFEST if name == "manifest" else ALIGNED


def result(uri: str, stage: str, name: str) -> bytes:
    """Returns the result of a stage, whose output is beside it."""
    output = Artifact(uri=f"{uri.removesuffix('.json')}-{name}.json", generation=1, sha256="")
    response = StageResponse(job_id="", stage=stage, stage_version="1", outputs={name: output})
    return response.model_dump_json().encode()


def manifest() -> bytes:
    media = Media(
        container="wav",
        codec="pcm_s16le",
        duration=CHUNKS * CHUNK_SECONDS,
        sample_rate=16_000,
        channels=1,
        bytes=1,
    )
    chunks = []
    for number in range(CHUNKS):
        start = number * CHUNK_SECONDS
        end = start + CHUNK_SECONDS
        speech = (Interval(start=start, end=end),)
        chunks.append(Chunk(start=start, end=end, speech=speech))
    made = Manifest(media=media, chunks=tuple(chunks), spans=(), probe=(), engine=ENGINE)
    return made.model_dump_json().encode()


def aligned() -> bytes:
    """Returns the words of a part, in sentences of ten."""
    segments = []
    words = []
    seconds = CHUNK_SECONDS / WORDS
    for number in range(WORDS):
        start = number * seconds
        word = AlignedWord(
            segment=number // 10,
            word="wordlike",
            start=start,
            end=start + seconds,
            score=0.9,
            confidence=0.98,
            timing="aligned",
        )
        words.append(word)
        if number % 10 == 0:
            segment = AlignedSegment(
                start=start,
                end=start + 10 * seconds,
                language="en",
                text=" ".join(["wordlike"] * 10),
                avg_logprob=-0.2,
                compression_ratio=1.3,
                no_speech_prob=0.01,
                temperature=0.0,
            )
            segments.append(segment)
    made = Aligned(segments=tuple(segments), words=tuple(words), asr=ENGINE, engines=())
    return made.model_dump_json().encode()


MANIFEST = manifest()
ALIGNED = aligned()
