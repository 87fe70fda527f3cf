"""Chunks that could not be aligned and spans that could not be diarized, and their warnings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from shared.model.artifacts import Chunk, Interval, StageWarning
from shared.model.contracts import WireModel
from shared.model.errors import PROBLEM_TYPE
from shared.model.options import Options

SPEAKERS_UNKNOWN = "speakers_unknown"
ALIGNMENT_FAILED = "alignment_failed"


class PartFailure(WireModel):
    """Why a stage failed for good at one chunk or span, as the workflow passes it on."""

    code: int = 0
    """The HTTP status; 0 if there was no response."""
    type: str | None = None
    """Type of the stage's problem. None: the response was not one of this project's problems."""
    detail: str = ""
    """The problem's detail, perhaps cut."""

    @property
    def reason(self) -> str:
        """Returns why it failed, for after a colon."""
        if self.type is not None:
            name = self.type.removeprefix(PROBLEM_TYPE)
            return f"{name}, {self.detail}"
        if self.code:
            return f"status {self.code} at every attempt"
        return "no response at any attempt"


@dataclass(frozen=True)
class MissingParts:
    """Failures by stage and part, such as `diarize-0`."""

    failures: Mapping[str, PartFailure]

    def of(self, stage: str, part: int) -> PartFailure | None:
        """Returns why the stage failed at the part, or None if it did not."""
        key = f"{stage}-{part}"
        return self.failures.get(key)

    def has(self, stage: str) -> bool:
        """Returns whether the stage failed at any part."""
        beginning = f"{stage}-"
        return any(key.startswith(beginning) for key in self.failures)

    def warnings(self, chunks: Sequence[Chunk], spans: Sequence[Interval]) -> list[StageWarning]:
        """Returns the warnings about chunks and spans at which a stage failed."""
        of_chunks = self.alignment_warnings(chunks)
        of_spans = self.speaker_warnings(spans)
        return [*of_chunks, *of_spans]

    def alignment_warnings(self, chunks: Sequence[Chunk]) -> Iterator[StageWarning]:
        for part, chunk in enumerate(chunks):
            failure = self.of("align", part)
            if failure is None:
                continue
            message = (
                f"The words from {chunk.start:.1f} s to {chunk.end:.1f} s keep the recogniser's "
                f"times, because their alignment failed: {failure.reason}"
            )
            span = Interval(start=chunk.start, end=chunk.end)
            yield missing_warning(ALIGNMENT_FAILED, "align", message, span)

    def speaker_warnings(self, spans: Sequence[Interval]) -> Iterator[StageWarning]:
        """Yields one warning for consecutive spans that failed for the same reason."""
        failures = [self.of("diarize", part) for part in range(len(spans))]
        pairs = zip(failures, spans, strict=True)
        for failure, group in groupby(pairs, key=lambda pair: pair[0]):
            if failure is None:
                continue
            together = [span for _, span in group]
            first = together[0]
            last = together[-1]
            span = Interval(start=first.start, end=last.end)
            message = (
                f"Who speaks from {span.start:.1f} s to {span.end:.1f} s is unknown, "
                f"because diarization failed: {failure.reason}"
            )
            yield missing_warning(SPEAKERS_UNKNOWN, "diarize", message, span)

    def audio_warnings(self, options: Options) -> Iterator[StageWarning]:
        """Yields a warning if the audio is kept for a redrive, although the options forbid it."""
        if options.keep_audio or not self.failures:
            return
        message = "The audio was kept in spite of keep-audio=false, so that a redrive can add this."
        yield StageWarning(code="audio_kept", stage="finalize", message=message)


def missing_warning(code: str, stage: str, message: str, span: Interval) -> StageWarning:
    without_stop = message.rstrip(".")
    sentence = f"{without_stop}."
    return StageWarning(code=code, stage=stage, message=sentence, span=span)
