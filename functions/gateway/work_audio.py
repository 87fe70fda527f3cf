"""The work audio of a job as one WAV file: the chunks that prepare stored, one after the other.

Chunks cover the recording without a gap, so a sample's place in the file is its time in the
transcript. Channels that were cut on their own are interleaved again.
"""

import hashlib
import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO, cast

from pydantic import ValidationError

from functions.gateway.deployment import Deployment
from functions.gateway.downloads import source_of
from functions.gateway.raw_samples import HEADER_BYTES, SAMPLE_BYTES, SamplesAsWav
from shared.jobs.job import Job
from shared.jobs.layout import result_uri, work_uri
from shared.jobs.store import JobStore
from shared.model.artifacts import Manifest
from shared.model.contracts import Artifact, StageResponse
from shared.model.errors import ArtifactMissing, NotFound, WorkAudioGone
from shared.ports.blobs import Blob, BlobStore
from shared.settings import settings

PREPARE = "prepare"
RESULT_NAME = re.compile(r"(?P<cache_key>[0-9a-f]+)\.json")
NOT_YET = "The recording is not prepared yet."


@dataclass(frozen=True)
class WorkAudio:
    """The chunks of a job, and the WAV file that they make together."""

    tag: str
    """The ETag of the file."""
    channels: tuple[tuple[Blob, ...], ...]
    """The chunks of each channel, in the order of their times. One channel: the mix of all."""

    @property
    def size(self) -> int:
        """Returns the bytes of the file."""
        return HEADER_BYTES + self.sample_bytes

    @property
    def sample_bytes(self) -> int:
        longest = max(sum(map(chunk_bytes, chunks)) for chunks in self.channels)
        return longest * len(self.channels)

    def open(self, blobs: BlobStore) -> BinaryIO:
        """Returns the file, of which only what is read is in memory.

        Reading it raises ArtifactMissing if a chunk was deleted meanwhile.
        """
        chains = [ChunkChain(chunks, blobs) for chunks in self.channels]
        samples = InterleavedSamples(chains)
        file = SamplesAsWav(samples, self.sample_bytes, len(chains))
        return cast(BinaryIO, file)


def chunk_bytes(chunk: Blob) -> int:
    """Returns the bytes of a chunk's samples."""
    return max(0, chunk.size - HEADER_BYTES)


# Finding the chunks


def find_work_audio(job: Job, stores: Deployment) -> WorkAudio:
    """Returns the work audio of a job. Raises NotFound before there is any, or WorkAudioGone."""
    folder = work_uri(job.source, PREPARE)
    stored = {blob.uri: blob for blob in stores.blobs.list(f"{folder}/")}
    cache_key = preparation(job, list(stored), stores.jobs)
    if cache_key is None:
        raise missing(job)
    uri = result_uri(job.source, PREPARE, cache_key)
    try:
        outputs = StageResponse.model_validate_json(stores.blobs.read(uri)).outputs
        manifest = read_manifest(outputs["manifest"], stores.blobs)
        chunks = listed(outputs["chunks"])
    except (ArtifactMissing, ValidationError, KeyError) as error:
        raise missing(job) from error
    uris = [chunk.uri for chunk in chunks]
    if any(uri not in stored for uri in uris):
        raise missing(job)
    blobs = [stored[uri] for uri in uris]
    return WorkAudio(tag_of(chunks), by_channel(manifest, blobs))


def missing(job: Job) -> NotFound | WorkAudioGone:
    """Returns the problem of a job that has no work audio."""
    if job.state in ("queued", "running"):
        return NotFound(NOT_YET)
    days = settings().buckets.keep_work_days
    return WorkAudioGone(f"It is made for the transcription, and kept for {days} days.")


def preparation(job: Job, uris: Sequence[str], jobs: JobStore) -> str | None:
    """Returns the cache key of prepare's result that a run used last, or None if there is none.

    A job has several results after runs with other options.
    """
    keys = []
    for uri in uris:
        found = RESULT_NAME.fullmatch(uri.rpartition("/")[2])
        if found is not None:
            keys.append(found["cache_key"])
    if len(keys) < 2:
        return keys[0] if keys else None
    records = jobs.records.done_since(job.job_id, job.created)
    prepared = [record for record in records if record.stage == PREPARE]
    last_first = sorted(prepared, key=lambda record: record.updated, reverse=True)
    used = [record.cache_key for record in last_first if record.cache_key in keys]
    return used[0] if used else None


def read_manifest(artifact: Artifact | tuple[Artifact, ...], blobs: BlobStore) -> Manifest:
    """Returns the manifest. Raises ArtifactMissing or ValidationError."""
    assert isinstance(artifact, Artifact)
    content = blobs.read(artifact.uri, artifact.generation)
    return Manifest.model_validate_json(content)


def listed(artifacts: Artifact | tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    assert isinstance(artifacts, tuple)
    return artifacts


def tag_of(chunks: Sequence[Artifact]) -> str:
    """Returns an ETag that is the same for the same chunks."""
    digests = "".join(chunk.sha256 for chunk in chunks)
    digest = hashlib.sha256(digests.encode()).hexdigest()
    return f'"wav-{digest[:32]}"'


def by_channel(manifest: Manifest, chunks: Sequence[Blob]) -> tuple[tuple[Blob, ...], ...]:
    """Returns the chunks of each channel. The manifest has those of one channel in order."""
    channels: dict[int, list[Blob]] = {}
    for chunk, blob in zip(manifest.chunks, chunks, strict=True):
        channels.setdefault(chunk.channel or 0, []).append(blob)
    return tuple(tuple(channels[number]) for number in sorted(channels))


# Reading them as one file


class ChunkChain:
    """The samples of one channel: those of its chunks, one after the other."""

    def __init__(self, chunks: Sequence[Blob], blobs: BlobStore) -> None:
        self._chunks = chunks
        self._blobs = blobs
        self._starts = list(accumulate(map(chunk_bytes, chunks), initial=0))
        """Where the samples of each chunk begin, in bytes, and where those of the last one end."""
        self._file: BinaryIO | None = None
        self._open_index = -1

    def read(self, first: int, length: int) -> bytes:
        """Returns so many bytes of samples from `first` on, as many as there are."""
        pieces = []
        end = min(first + length, self._starts[-1])
        while first < end:
            piece = self._read_piece(first, end)
            if not piece:
                break
            pieces.append(piece)
            first += len(piece)
        return b"".join(pieces)

    def _read_piece(self, first: int, end: int) -> bytes:
        """Returns what the chunk at `first` has until `end`."""
        index = bisect_right(self._starts, first) - 1
        chunk_end = self._starts[index + 1]
        length = min(end, chunk_end) - first
        file = self._opened(index)
        file.seek(HEADER_BYTES + first - self._starts[index])
        return file.read(length)

    def _opened(self, index: int) -> BinaryIO:
        """Returns a chunk as an open file. Only one is open at a time."""
        if self._file is None or index != self._open_index:
            self.close()
            self._file = self._blobs.open(source_of(self._chunks[index]))
            self._open_index = index
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class InterleavedSamples:
    """The samples of all channels as WAV has them: the first of each, the second of each, …"""

    def __init__(self, chains: Sequence[ChunkChain]) -> None:
        self._chains = chains
        self._position = 0

    def seek(self, position: int) -> int:
        self._position = position
        return position

    def read(self, length: int) -> bytes:
        frame_bytes = SAMPLE_BYTES * len(self._chains)
        first, skipped = divmod(self._position, frame_bytes)
        frames = -(-(skipped + length) // frame_bytes)
        columns = []
        for chain in self._chains:
            column = chain.read(first * SAMPLE_BYTES, frames * SAMPLE_BYTES)
            columns.append(column)
        piece = interleaved(columns)[skipped : skipped + length]
        self._position += len(piece)
        return piece

    def close(self) -> None:
        for chain in self._chains:
            chain.close()


def interleaved(columns: Sequence[bytes]) -> bytes:
    """Returns the samples of channels in turn. Channels that end early are silent after that."""
    if len(columns) == 1:
        return columns[0]
    longest = max(map(len, columns))
    mixed = array("h", bytes(longest * len(columns)))
    for channel, column in enumerate(columns):
        padded = column.ljust(longest, b"\0")
        mixed[channel :: len(columns)] = array("h", padded)
    return mixed.tobytes()
