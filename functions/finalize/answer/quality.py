"""How far the answer can be trusted, and what a reader should know about it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from functions.finalize.answer.sentences import Sentence, suspects
from functions.finalize.speakers.channels import alike
from shared.model.artifacts import Aligned, Chunk, Diarization, Interval, Manifest, StageWarning
from shared.model.contracts import ResolvedOption
from shared.model.intervals import Bounds, inside, length, union, without
from shared.model.transcript import Gap, Language, Quality, Speaker, Word

PADDING = 0.3
"""Seconds that a word covers on either side: speech detection is generous where aligners are
tight."""
UNCOVERED = 1.0
"""Seconds of speech without a word that are worth reporting."""
SURE = 0.5
"""Confidence, the lead over the second language, below which the language may well be another."""


def measure(
    chunks: Sequence[Chunk],
    heard: Sequence[Sentence],
    written: Iterable[Sentence],
    words: Sequence[Word],
) -> Quality:
    """Coverage is that of words as heard, before any was replaced. A channel's speech is covered by
    its own words."""
    channels = dict.fromkeys(chunk.channel for chunk in chunks)
    total = sum(length(speech(chunks, channel)) for channel in channels)
    missed = [
        (stretch, channel) for channel in channels for stretch in uncovered(chunks, heard, channel)
    ]
    confidences = [word.confidence for word in words if word.confidence is not None]
    return Quality(
        coverage=round(1 - length(stretch for stretch, _ in missed) / total, 4) if total else None,
        uncovered=tuple(gaps(missed)),
        suspects=tuple(suspects(written)),
        words_interpolated=sum(word.timing == "interpolated" for word in words),
        mean_confidence=round(sum(confidences) / len(confidences), 4) if confidences else None,
    )


def gaps(missed: Iterable[tuple[Bounds, int | None]]) -> Iterator[Gap]:
    """In order of time, those worth reporting."""
    for (start, end), channel in sorted(missed, key=lambda one: one[0]):
        gap = Gap(start=round(start, 3), end=round(end, 3), channel=channel)
        if gap.end - gap.start >= UNCOVERED:
            yield gap


def speech(chunks: Iterable[Chunk], channel: int | None) -> list[Bounds]:
    return union(
        (region.start, region.end)
        for chunk in chunks
        if chunk.channel == channel
        for region in chunk.speech
    )


def uncovered(
    chunks: Iterable[Chunk], heard: Iterable[Sentence], channel: int | None
) -> list[Bounds]:
    """A channel's speech without its words. A doubted sentence has none."""
    words = (word for sentence in heard if sentence.channel == channel for word in sentence.words)
    return without(
        speech(chunks, channel), union((word.start - PADDING, word.end + PADDING) for word in words)
    )


def collect(
    manifest: Manifest, aligned: Sequence[Aligned], diarizations: Sequence[Diarization]
) -> list[StageWarning]:
    """What the stages warned of, in recording time, each warning once."""
    warnings = list(manifest.warnings)
    for chunk, words in zip(manifest.chunks, aligned, strict=True):
        warnings += (
            shifted(warning, Interval(start=chunk.start, end=chunk.end))
            for warning in words.warnings
        )
    for span, turns in zip(manifest.spans, diarizations, strict=False):
        warnings += (shifted(warning, span) for warning in turns.warnings)
    return list(dict.fromkeys(warnings))


def shifted(warning: StageWarning, part: Interval) -> StageWarning:
    if warning.span is None:
        return warning
    start, end = (
        inside(part, part.start + warning.span.start),
        inside(part, part.start + warning.span.end),
    )
    return warning.model_copy(update={"span": Interval(start=start, end=end)})


def judge(
    manifest: Manifest,
    heard: Sequence[Sentence],
    language: Language,
    speakers: Sequence[Speaker],
    options: Mapping[str, ResolvedOption],
) -> Iterator[StageWarning]:
    """What only the whole answer shows."""
    words = any(sentence.words for sentence in heard)
    if not words and not any(chunk.speech for chunk in manifest.chunks):
        yield warn("no_speech", "Nobody speaks in this recording.")
    if language.confidence is not None and language.confidence < SURE:
        yield warn("language_uncertain", f"The language may be another than {language.code}.")
    if doubted := sum(sentence.doubted for sentence in heard):
        yield warn(
            "suspects", f"{doubted} sentences were probably never said. They are kept apart."
        )
    yield from judge_channels(heard) if split(manifest) else judge_speakers(speakers, options)


def judge_channels(heard: Sequence[Sentence]) -> Iterator[StageWarning]:
    for one, other in alike(heard):
        yield warn(
            "channels_alike", f"Channels {one + 1} and {other + 1} hold nearly the same speech."
        )


def judge_speakers(
    speakers: Sequence[Speaker], options: Mapping[str, ResolvedOption]
) -> Iterator[StageWarning]:
    if len(speakers) == 1:
        yield warn("one_speaker", "Only one speaker was heard.")
    fewest, most = speaker_limits(options)
    if speakers and not fewest <= len(speakers) <= (most or len(speakers)):
        yield warn(
            "speaker_count",
            f"{len(speakers)} speakers were heard, which is not the number asked for.",
        )


def split(manifest: Manifest) -> bool:
    """Whether each channel was transcribed for itself."""
    return any(chunk.channel is not None for chunk in manifest.chunks)


def warn(code: str, message: str) -> StageWarning:
    return StageWarning(code=code, stage="finalize", message=message)


def speaker_limits(options: Mapping[str, ResolvedOption]) -> tuple[int, int | None]:
    """The fewest and the most speakers that the options allow; without options, from one to any
    number."""
    exact = number(options, "speakers")
    return exact or number(options, "min-speakers") or 1, exact or number(options, "max-speakers")


def number(options: Mapping[str, ResolvedOption], name: str) -> int | None:
    option = options.get(name)
    return option.value if option and isinstance(option.value, int) else None
