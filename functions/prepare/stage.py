"""A recording -> its chunks, spans and language sample as WAV files, its peaks, and a manifest."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Annotated, BinaryIO, Literal, cast

from pydantic import Field

from functions.prepare import vad
from functions.prepare.all_tracks import AllTracks, open_all_tracks
from functions.prepare.chunking import MAX_CHUNK, MAX_CHUNKS, ChunkDraft, Chunker
from functions.prepare.compression import unpacked
from functions.prepare.hashed_file import HashedFile
from functions.prepare.language_sample import LanguageSampler, SpeechClip
from functions.prepare.media import Channels, Recording, open_recording
from functions.prepare.peaks import PeakMeter
from functions.prepare.sample_buffer import SampleBuffer, Samples, equal_blocks, write_wav
from functions.prepare.sample_intervals import SampleInterval, in_seconds
from functions.prepare.span_builder import SpanBuilder
from functions.prepare.stage_warning import prepare_warning
from functions.prepare.tracks import TrackChoice
from functions.prepare.vad import WINDOW, LevelledVad
from shared.model.artifacts import SAMPLE_RATE, Chunk, Manifest, ProbeWindow, StageWarning
from shared.model.contracts import Engine, Params
from shared.model.errors import RecordingTooLong
from shared.model.formats import PEAKS_FILE
from shared.runtime.stage import ListedOutput, Output, SingleOutput, StageInput

VERSION = "8"
"""Increase it whenever the same request would get a different result."""
BLOCK = 64 * WINDOW
"""Samples (2 s) that go through the network at once."""


class PrepareParams(Params):
    """How to cut a recording."""

    channels: Channels = "mix"
    """split: each channel is cut by itself, and there are no spans, since each is a speaker."""
    track: Annotated[int, Field(ge=1)] | Literal["all"] | None = None
    """Number of the sound track, from 1; all: all at once. None: the one that libav prefers."""
    chunk_seconds: float = Field(ge=10, le=300)
    """Target length of a chunk. Chunks of a long recording are longer."""
    span_seconds: float = Field(ge=60)
    """Maximum length of a span."""
    max_seconds: float = Field(gt=0)
    """Maximum length of a recording."""
    max_bytes: float = Field(default=5e9, gt=0)
    """Maximum size of a compressed recording once it is unpacked."""


def engine(params: PrepareParams) -> Engine:
    """Returns the engine that finds the speech; it does not depend on the params."""
    return vad.engine()


def prepare_audio(stage_input: StageInput[PrepareParams]) -> Iterator[Output]:
    """Yields each of `chunks` and `spans` once it is complete, then `probe`, `peaks`, `manifest`.

    The recording is decoded once. Memory holds at most a span, or a chunk of each channel, and the
    clips of the language sample.
    """
    params = stage_input.params
    with stage_input.original() as stored:
        hashed = HashedFile(stored)
        packed = cast(BinaryIO, hashed)
        with (
            unpacked(packed, params.max_bytes) as file,
            open_tracks(file, params) as recording,
        ):
            preparation = AudioPreparation(stage_input, recording, hashed)
            yield from preparation.outputs()


def open_tracks(
    file: BinaryIO, params: PrepareParams
) -> AbstractContextManager[Recording | AllTracks]:
    """Returns what opens the sound tracks of a file that are to be heard."""
    if params.track == "all":
        return open_all_tracks(file, params.max_seconds, params.channels)
    track = TrackChoice(params.track)
    return open_recording(file, params.max_seconds, params.channels, track)


class ChannelTrack:
    """One channel, or the mix of all, on its way into chunks."""

    def __init__(self, channel: int | None, chunk_seconds: float, max_chunks: int) -> None:
        self.channel = channel
        self.buffer = SampleBuffer()
        self._vad = LevelledVad()
        self._chunker = Chunker(chunk_seconds, max_chunks)

    def push(self, block: Samples, expected_seconds: float) -> Iterator[ChunkDraft]:
        self.buffer.append(block)
        probabilities = self._vad.probabilities(block)
        yield from self._chunker.push(probabilities, expected_seconds)

    def finish(self) -> Iterator[ChunkDraft]:
        length = self.buffer.end
        yield from self._chunker.finish(length)


class AudioPreparation:
    """One pass over a recording."""

    def __init__(
        self,
        stage_input: StageInput[PrepareParams],
        recording: Recording | AllTracks,
        file: HashedFile,
    ) -> None:
        self._params = stage_input.params
        self._file = file
        self._folder = stage_input.folder
        self._recording = recording
        self._tracks: list[ChannelTrack] = []
        is_mixed = self._params.channels == "mix"
        self._span_builder = SpanBuilder(self._params.span_seconds) if is_mixed else None
        self._language_sampler = LanguageSampler()
        self._peak_meter = PeakMeter()
        self._chunks: list[Chunk] = []
        self._spans: list[SampleInterval] = []
        self._warnings: list[StageWarning] = []

    def outputs(self) -> Iterator[Output]:
        for block in equal_blocks(self._recording.samples(), BLOCK):
            yield from self._push(block)
        for track in self._tracks:
            for draft in track.finish():
                yield from self._chunk_outputs(track, draft)

        first_track = self._tracks[0]
        if self._span_builder is not None:
            last_span = self._span_builder.finish()
            yield self._span_output(first_track, last_span)
        clips = self._language_sampler.select(first_track.buffer.end)
        path = self._folder / "probe.wav"
        write_wav(path, (clip.samples for clip in clips))
        yield SingleOutput("probe", path)
        yield self._peaks_output()
        yield SingleOutput("manifest", self._manifest(clips))

    def _push(self, block: Samples) -> Iterator[Output]:
        if not self._tracks:
            self._tracks = self._new_tracks(len(block))
        self._peak_meter.push(block)
        expected = self._recording.expected_seconds
        for track, samples in zip(self._tracks, block, strict=True):
            for draft in track.push(samples, expected):
                yield from self._chunk_outputs(track, draft)
        self._check_length()

    def _new_tracks(self, rows: int) -> list[ChannelTrack]:
        max_chunks = MAX_CHUNKS // rows
        chunk_seconds = self._params.chunk_seconds
        if self._params.channels == "mix":
            return [ChannelTrack(None, chunk_seconds, max_chunks)]
        return [ChannelTrack(channel, chunk_seconds, max_chunks) for channel in range(rows)]

    def _check_length(self) -> None:
        """Raise RecordingTooLong if MAX_CHUNKS chunks cannot hold all channels."""
        channels = len(self._tracks)
        max_total = MAX_CHUNKS * MAX_CHUNK
        max_length = max_total // channels
        first_track = self._tracks[0]
        if first_track.buffer.end > max_length:
            max_seconds = max_length // SAMPLE_RATE
            limit = f"with {channels} split channels it may last {max_seconds} s"
            raise RecordingTooLong(f"{limit}; channels=mix takes more")

    def _chunk_outputs(self, track: ChannelTrack, draft: ChunkDraft) -> Iterator[Output]:
        """Yields the spans that a new chunk completes, then the chunk."""
        samples = track.buffer.read(draft.start, draft.end)
        self._language_sampler.add(draft, samples)
        yield from self._completed_spans(track, draft)

        number = len(self._chunks)
        path = self._folder / chunk_file_name(number, track.channel)
        write_wav(path, [samples])
        yield ListedOutput("chunks", path)
        chunk = to_chunk(draft, track.channel)
        self._chunks.append(chunk)
        if draft.inside_speech:
            warning = cut_warning(draft.end)
            self._warnings.append(warning)

    def _completed_spans(self, track: ChannelTrack, draft: ChunkDraft) -> Iterator[Output]:
        """Yields the spans that end before or with a chunk, and drops samples no span needs."""
        builder = self._span_builder
        if builder is None:
            track.buffer.drop_before(draft.end)
            return
        expected = self._recording.expected_seconds
        for span in builder.push(draft, expected):
            yield self._span_output(track, span)

    def _span_output(self, track: ChannelTrack, span: SampleInterval) -> Output:
        start, end = span
        number = len(self._spans)
        path = self._folder / f"span-{number}.wav"
        samples = track.buffer.slices(start, end)
        write_wav(path, samples)
        track.buffer.drop_before(end)
        self._spans.append(span)
        return ListedOutput("spans", path)

    def _peaks_output(self) -> Output:
        path = self._folder / PEAKS_FILE
        peaks = self._peak_meter.finish()
        path.write_bytes(peaks)
        return SingleOutput("peaks", path)

    def _manifest(self, clips: list[SpeechClip]) -> Manifest:
        return Manifest(
            media=self._recording.media,
            chunks=tuple(self._chunks),
            spans=tuple(map(in_seconds, self._spans)),
            probe=probe_windows(clips),
            engine=vad.engine(),
            sha256=self._file.sha256(),
            warnings=(*self._recording.warnings, *self._warnings),
        )


def chunk_file_name(number: int, channel: int | None) -> str:
    if channel is None:
        return f"chunk-{number}.wav"
    return f"chunk-{number}-{channel}.wav"


def to_chunk(draft: ChunkDraft, channel: int | None) -> Chunk:
    return Chunk(
        start=draft.start / SAMPLE_RATE,
        end=draft.end / SAMPLE_RATE,
        channel=channel,
        speech=tuple(map(in_seconds, draft.speech)),
    )


def probe_windows(clips: list[SpeechClip]) -> tuple[ProbeWindow, ...]:
    """Returns where each clip is in the recording and in the probe, which joins them all."""
    windows = []
    offset = 0
    for clip in clips:
        window = ProbeWindow(
            start=clip.start / SAMPLE_RATE,
            end=clip.end / SAMPLE_RATE,
            offset=offset / SAMPLE_RATE,
        )
        windows.append(window)
        offset += clip.end - clip.start
    return tuple(windows)


def cut_warning(position: int) -> StageWarning:
    """Returns the warning for a cut inside speech, with half a second on either side."""
    half_second = SAMPLE_RATE // 2
    start = position - half_second
    end = position + half_second
    around = in_seconds((start, end))
    message = "no pause was long enough near the end of a chunk, so a word may be cut in two"
    return prepare_warning("cut_inside_speech", message, around)
