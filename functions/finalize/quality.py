"""How far the answer can be trusted, and what a reader should know about it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from functions.finalize.intervals import inside, length, union, without
from shared.contracts import Chosen
from shared.speech import Aligned, Detection, Diarization, Manifest, Region, Warning
from shared.transcript import Quality, Speaker, Word

PADDING = 0.3
"""Seconds that a word covers on either side: speech detection is generous where aligners are tight."""
UNCOVERED = 1.0
"""Seconds of speech without a word that are worth reporting."""
SURE = 0.5
"""Confidence below which the language may well be another."""


def measure(manifest: Manifest, words: Sequence[Word]) -> Quality:
    speech = union((region.start, region.end) for chunk in manifest.chunks for region in chunk.speech)
    missed = without(speech, union((word.start - PADDING, word.end + PADDING) for word in words))
    confidences = [word.confidence for word in words if word.confidence is not None]
    total = length(speech)
    return Quality(
        coverage=round(1 - length(missed) / total, 4) if total else None,
        uncovered=tuple(Region(start=a, end=b) for a, b in milliseconds(missed) if b - a >= UNCOVERED),
        suspects=(),
        words_interpolated=sum(word.timing == "interpolated" for word in words),
        mean_confidence=round(sum(confidences) / len(confidences), 4) if confidences else None,
    )


def milliseconds(intervals: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    return ((round(start, 3), round(end, 3)) for start, end in intervals)


def collect(manifest: Manifest, aligned: Sequence[Aligned], diarizations: Sequence[Diarization]) -> list[Warning]:
    """What the stages warned of, in recording time, each warning once."""
    warnings = list(manifest.warnings)
    for chunk, words in zip(manifest.chunks, aligned, strict=True):
        warnings += (shifted(warning, Region(start=chunk.start, end=chunk.end)) for warning in words.warnings)
    for span, turns in zip(manifest.spans, diarizations, strict=False):
        warnings += (shifted(warning, span) for warning in turns.warnings)
    return list(dict.fromkeys(warnings))


def shifted(warning: Warning, part: Region) -> Warning:
    if warning.span is None:
        return warning
    start, end = inside(part, part.start + warning.span.start), inside(part, part.start + warning.span.end)
    return warning.model_copy(update={"span": Region(start=start, end=end)})


def judge(
    manifest: Manifest,
    detection: Detection | None,
    words: Sequence[Word],
    speakers: Sequence[Speaker],
    options: Mapping[str, Chosen],
) -> Iterator[Warning]:
    """What only the whole answer shows."""
    if not words and not any(chunk.speech for chunk in manifest.chunks):
        yield warn("no_speech", "Nobody speaks in this recording.")
    if detection and detection.confidence is not None and detection.confidence < SURE:
        yield warn("language_uncertain", f"The language may be another than {detection.code}.")
    if len(speakers) == 1:
        yield warn("one_speaker", "Only one speaker was heard.")
    fewest, most = speaker_limits(options)
    if speakers and not fewest <= len(speakers) <= (most or len(speakers)):
        yield warn("speaker_count", f"{len(speakers)} speakers were heard, which is not the number asked for.")


def warn(code: str, message: str) -> Warning:
    return Warning(code=code, stage="finalize", message=message)


def speaker_limits(options: Mapping[str, Chosen]) -> tuple[int, int | None]:
    """The fewest and the most speakers that the options allow; without options, from one to any number."""
    exact = number(options, "speakers")
    return exact or number(options, "min-speakers") or 1, exact or number(options, "max-speakers")


def number(options: Mapping[str, Chosen], name: str) -> int | None:
    option = options.get(name)
    return option.value if option and isinstance(option.value, int) else None
