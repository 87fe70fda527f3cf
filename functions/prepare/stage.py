"""A recording -> its chunks, spans and probe as WAV files, and a manifest that says where they are
from."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from pydantic import Field

from functions.prepare import vad as speech
from functions.prepare.chunking import LONGEST_CHUNK, MOST_CHUNKS, Cutter, Piece, Splitter
from functions.prepare.language_sample import Excerpt, Probe
from functions.prepare.media import Channels, Recording, recording
from functions.prepare.resampling import Samples
from functions.prepare.sample_buffer import Tape, blocks, written
from functions.prepare.vad import WINDOW, Stretch, Voice
from shared.model.artifacts import SAMPLE_RATE, Chunk, Interval, Manifest, ProbeWindow, StageWarning
from shared.model.contracts import Engine, Params
from shared.model.errors import RecordingTooLong
from shared.runtime.stage import ListedOutput, Output, SingleOutput, StageInput

BLOCK = 64 * WINDOW
"""Samples (2 s) that go through the network at once."""


class Cutting(Params):
    """Into what to cut a recording."""

    channels: Channels = "mix"
    """split: each channel is cut for itself, and there are no spans, since nobody is to be told
    apart."""
    chunk_seconds: float = Field(ge=10, le=300)
    """What a chunk should last. Chunks of a long recording last longer."""
    span_seconds: float = Field(ge=60)
    """What a span lasts at most."""
    max_seconds: float = Field(gt=0)
    """What a recording may last."""


def engine(params: Cutting) -> Engine:
    """What finds the speech. The same for all params."""
    return speech.engine()


def cut(task: StageInput[Cutting]) -> Iterator[Output]:
    """Yields each of `chunks` and `spans` as soon as it is complete, then `probe` and `manifest`.

    The recording is decoded once; what is held is never more than a span, or a chunk of each
    channel, and the excerpts of the probe.
    """
    with (
        task.original() as file,
        recording(file, task.params.max_seconds, task.params.channels) as original,
    ):
        yield from Cuts(task, original).outputs()


class Track:
    """One row of a recording's samples on its way into pieces."""

    def __init__(self, channel: int | None, chunk_seconds: float, most: int) -> None:
        self.channel, self.tape = channel, Tape()
        self._voice, self._cutter = Voice(), Cutter(chunk_seconds, most)

    def push(self, block: Samples, expected: float) -> Iterator[Piece]:
        self.tape.append(block)
        yield from self._cutter.push(self._voice.probabilities(block), expected)

    def finish(self) -> Iterator[Piece]:
        yield from self._cutter.finish(self.tape.end)


class Cuts:
    """One pass over a recording."""

    def __init__(self, task: StageInput[Cutting], original: Recording) -> None:
        self._params, self._folder = task.params, task.folder
        self._recording = original
        self._tracks: list[Track] = []
        self._splitter = (
            Splitter(task.params.span_seconds) if task.params.channels == "mix" else None
        )
        self._probe = Probe()
        self._chunks: list[Chunk] = []
        self._spans: list[Stretch] = []
        self._cut_in_two: list[StageWarning] = []

    def outputs(self) -> Iterator[Output]:
        for rows in blocks(self._recording.samples(), BLOCK):
            self._tracks = self._tracks or self._begun(len(rows))
            for track, row in zip(self._tracks, rows, strict=True):
                for piece in track.push(row, self._recording.expected):
                    yield from self._taken(track, piece)
            self._refuse_more_than_fits()
        for track in self._tracks:
            for piece in track.finish():
                yield from self._taken(track, piece)
        if self._splitter:
            yield self._span(self._tracks[0], self._splitter.finish())
        chosen = self._probe.chosen(self._tracks[0].tape.end)
        yield SingleOutput(
            "probe", written(self._folder / "probe.wav", (excerpt.sound for excerpt in chosen))
        )
        yield SingleOutput("manifest", self._manifest(chosen))

    def _begun(self, rows: int) -> list[Track]:
        channels: Sequence[int | None] = [None] if self._params.channels == "mix" else range(rows)
        return [
            Track(channel, self._params.chunk_seconds, MOST_CHUNKS // rows) for channel in channels
        ]

    def _refuse_more_than_fits(self) -> None:
        most = MOST_CHUNKS * LONGEST_CHUNK // len(self._tracks)
        if self._tracks[0].tape.end > most:
            raise RecordingTooLong(
                f"with {len(self._tracks)} channels apart it may last {most // SAMPLE_RATE} s; channels=mix takes more"
            )

    def _taken(self, track: Track, piece: Piece) -> Iterator[Output]:
        sound = track.tape.read(piece.start, piece.end)
        self._probe.offer(piece, sound)
        yield from self._passed(track, piece)
        name = (
            f"chunk-{len(self._chunks)}"
            if track.channel is None
            else f"chunk-{len(self._chunks)}-{track.channel}"
        )
        yield ListedOutput("chunks", written(self._folder / f"{name}.wav", [sound]))
        self._chunks.append(as_chunk(piece, track.channel))
        if piece.inside_speech:
            self._cut_in_two.append(cut_warning(piece))

    def _passed(self, track: Track, piece: Piece) -> Iterator[Output]:
        """The spans that end before or with this piece. What no span will take is forgotten."""
        if self._splitter is None:
            track.tape.forget(piece.end)
            return
        for span in self._splitter.push(piece, self._recording.expected):
            yield self._span(track, span)

    def _span(self, track: Track, span: Stretch) -> Output:
        path = written(self._folder / f"span-{len(self._spans)}.wav", track.tape.pieces(*span))
        track.tape.forget(span[1])
        self._spans.append(span)
        return ListedOutput("spans", path)

    def _manifest(self, chosen: list[Excerpt]) -> Manifest:
        return Manifest(
            media=self._recording.media,
            chunks=tuple(self._chunks),
            spans=tuple(map(as_region, self._spans)),
            probe=as_windows(chosen),
            engine=speech.engine(),
            warnings=(*self._recording.warnings, *self._cut_in_two),
        )


def as_region(stretch: Stretch) -> Interval:
    return Interval(start=stretch[0] / SAMPLE_RATE, end=stretch[1] / SAMPLE_RATE)


def as_chunk(piece: Piece, channel: int | None) -> Chunk:
    return Chunk(
        start=piece.start / SAMPLE_RATE,
        end=piece.end / SAMPLE_RATE,
        channel=channel,
        speech=tuple(map(as_region, piece.speech)),
    )


def as_windows(chosen: list[Excerpt]) -> tuple[ProbeWindow, ...]:
    """With where each begins in the probe, which holds one after the other."""
    offsets = accumulate((excerpt.end - excerpt.start for excerpt in chosen), initial=0)
    return tuple(
        ProbeWindow(
            start=excerpt.start / SAMPLE_RATE,
            end=excerpt.end / SAMPLE_RATE,
            offset=offset / SAMPLE_RATE,
        )
        for excerpt, offset in zip(chosen, offsets, strict=False)
    )


def cut_warning(piece: Piece) -> StageWarning:
    return StageWarning(
        code="cut_inside_speech",
        stage="prepare",
        message="nobody paused long enough near the end of a chunk, so a word may be cut in two",
        span=as_region((piece.end - SAMPLE_RATE // 2, piece.end + SAMPLE_RATE // 2)),
    )
