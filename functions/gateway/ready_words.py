"""The words of parts that are ready, which the work bucket has before there is a transcript."""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakValueDictionary

from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from functions.gateway.job_reader import ALIGNS
from shared.jobs.layout import result_uri
from shared.jobs.stage_record import StageRecord
from shared.model.artifacts import Aligned, AlignedSegment, AlignedWord, Manifest, Recognition
from shared.model.contracts import Artifact, Source, StageResponse
from shared.model.errors import ArtifactMissing
from shared.model.live import LiveSegment, LiveWord, PartWords
from shared.model.recogniser_times import with_recogniser_times
from shared.ports.blobs import BlobStore

log = logging.getLogger(__name__)

MAX_KEPT_BYTES = 24 << 20
"""Of words that are kept for further listeners. Those of a recording of twelve hours are about 10
MiB."""
MAX_KEPT_MANIFESTS = 200
"""Recordings whose chunks' times are kept, at most 200 chunks each."""


class PartPlace(NamedTuple):
    """Where a part is in the recording."""

    start: float
    end: float
    channel: int | None


@dataclass(frozen=True)
class PartResult:
    """Where the words of a part are found."""

    source: Source
    run: int
    cut: StageRecord
    """The record of the manifest, which has the part's time."""
    words: StageRecord
    """The record of the part's words: of align, or of transcribe if the alignment failed."""

    @property
    def is_aligned(self) -> bool:
        return self.words.stage == ALIGNS

    @property
    def key(self) -> tuple[str, int, str]:
        return self.source.job_id, self.run, self.words.key


class ReadyWords:
    """Words of parts, as JSON. Each part is read once for all listeners, unless so much was read
    since that it is no longer kept."""

    def __init__(self, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[tuple[str, int, str], str] = OrderedDict()
        self._kept_bytes = 0
        self._places: OrderedDict[str, tuple[PartPlace, ...]] = OrderedDict()
        self._reading: WeakValueDictionary[tuple[str, int, str], asyncio.Lock] = (
            WeakValueDictionary()
        )

    async def read(self, part: PartResult, blobs: BlobStore) -> str:
        """Returns a `PartWords` as JSON. Empty: the words cannot be read and never will.

        Raises StorageUnavailable.
        """
        lock = self._reading.setdefault(part.key, asyncio.Lock())
        async with lock:
            words = self._kept.get(part.key)
            if words is None:
                words = await run_in_threadpool(self._read_words, part, blobs)
                self._keep(part.key, words)
        return words

    def _keep(self, key: tuple[str, int, str], words: str) -> None:
        self._kept[key] = words
        self._kept_bytes += len(words)
        while self._kept_bytes > self._max_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)

    def _read_words(self, part: PartResult, blobs: BlobStore) -> str:
        try:
            place = self._place(part, blobs)
            words = part_words(part, place, read_aligned(part, blobs))
        except (ArtifactMissing, ValidationError) as error:
            job = {"job_id": part.source.job_id, "part": part.words.part}
            log.warning("words of a part not readable: %s", type(error).__name__, extra=job)
            return ""
        return words.model_dump_json()

    def _place(self, part: PartResult, blobs: BlobStore) -> PartPlace:
        """Returns where a part is. Raises ArtifactMissing or ValidationError."""
        key = f"{part.source.job_id}/{part.cut.key}"
        places = self._places.get(key)
        if places is None:
            content = read_output(part.source, part.cut, "manifest", blobs)
            chunks = Manifest.model_validate_json(content).chunks
            places = tuple(PartPlace(chunk.start, chunk.end, chunk.channel) for chunk in chunks)
            self._places[key] = places
        while len(self._places) > MAX_KEPT_MANIFESTS:
            self._places.popitem(last=False)
        return places[part.words.part]


def read_output(source: Source, record: StageRecord, name: str, blobs: BlobStore) -> bytes:
    """Returns an output of a stage's result. Raises ArtifactMissing or ValidationError."""
    uri = result_uri(source, record.stage, record.cache_key)
    result = StageResponse.model_validate_json(blobs.read(uri))
    artifact = result.outputs[name]
    assert isinstance(artifact, Artifact)
    return blobs.read(artifact.uri, artifact.generation)


def read_aligned(part: PartResult, blobs: BlobStore) -> Aligned:
    """Returns the words of a part, with the recogniser's times if they were not aligned.

    Raises ArtifactMissing or ValidationError.
    """
    if part.is_aligned:
        content = read_output(part.source, part.words, "aligned", blobs)
        return Aligned.model_validate_json(content)
    content = read_output(part.source, part.words, "recognition", blobs)
    recognition = Recognition.model_validate_json(content)
    return with_recogniser_times(recognition)


def part_words(part: PartResult, place: PartPlace, aligned: Aligned) -> PartWords:
    """Returns the words of a part in the recording's time, without what was probably never said."""
    segments = []
    for index, segment in enumerate(aligned.segments):
        if segment.is_suspect:
            continue
        own_words = [word for word in aligned.words if word.segment == index]
        segments.append(live_segment(segment, own_words, place.start))
    return PartWords(
        run=part.run,
        part=part.words.part,
        channel=place.channel,
        start=place.start,
        end=place.end,
        is_aligned=part.is_aligned,
        segments=tuple(segments),
    )


def live_segment(segment: AlignedSegment, words: list[AlignedWord], offset: float) -> LiveSegment:
    """Returns a segment `offset` seconds later."""
    return LiveSegment(
        start=offset + segment.start,
        end=offset + segment.end,
        language=segment.language,
        text=segment.text,
        words=tuple(live_word(word, offset) for word in words),
    )


def live_word(word: AlignedWord, offset: float) -> LiveWord:
    return LiveWord(
        word=word.word,
        start=offset + word.start,
        end=offset + word.end,
        confidence=word.confidence,
    )
