"""Builds the transcript from the results of the other stages."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TypeVar

from functions.finalize.answer.language_warnings import find_language_warnings
from functions.finalize.answer.missing_parts import MissingParts
from functions.finalize.answer.quality import measure_quality
from functions.finalize.answer.replacements import replace_phrases
from functions.finalize.answer.segments import build_segments, build_words, finite
from functions.finalize.answer.timed_segments import TimedSegment, to_recording_time
from functions.finalize.answer.warnings import collect_warnings, find_warnings, is_split
from functions.finalize.speakers.speaker_assignment import split_by_speaker
from functions.finalize.speakers.speakers import (
    Speakers,
    describe_speakers,
    speakers_by_channel,
    speakers_by_voice,
)
from shared.formats.text import split_paragraphs
from shared.model.artifacts import (
    Aligned,
    Chunk,
    Detection,
    Diarization,
    Interval,
    LanguageGuess,
    Manifest,
    StageWarning,
)
from shared.model.contracts import Engine, ResolvedOption
from shared.model.languages import MULTI
from shared.model.options import Options
from shared.model.transcript import Cost, JobInfo, Language, Provenance, Timings, Transcript, Word
from shared.model.turns import find_overlaps

Part = TypeVar("Part", Chunk, Interval)


@dataclass(frozen=True)
class StageResults:
    """What the other stages found in a recording."""

    manifest: Manifest
    detection: Detection | None
    """None if the language was given."""
    aligned: Sequence[Aligned]
    """One for each of the chunks that were transcribed, in their order."""
    diarizations: Sequence[Diarization | None]
    """One for each of the manifest's spans, in their order; empty without diarization. None where
    diarize failed."""
    missing: MissingParts = field(default_factory=lambda: MissingParts({}))
    """Where align or diarize failed."""


def build_transcript(
    results: StageResults,
    options: Options,
    *,
    job: JobInfo,
    resolved_options: Mapping[str, ResolvedOption],
    option_warnings: Sequence[StageWarning],
    tags: Mapping[str, str],
    timings: Timings,
    cost: Cost | None,
    release: str,
    outputs: Mapping[str, str],
) -> Transcript:
    """Returns the transcript. `release` is this software's version, `outputs` are URIs by format.

    `resolved_options` are the options with their origins, as the transcript lists them.
    `option_warnings` are about names that are no options, `tags` are the uploader's.
    """
    manifest = results.manifest
    chunks = [cut_at_end(chunk, manifest) for chunk in transcribed_chunks(manifest, options)]
    recognized = to_recording_time(chunks, results.aligned)
    replaced = replace_phrases(recognized, options.replacements)

    found_speakers = find_speakers(results, recognized, options)
    overlaps = find_overlaps(found_speakers.turns)
    speaker_segments = split_by_speaker(replaced, found_speakers)
    segments = build_segments(speaker_segments)
    words = build_words(speaker_segments, found_speakers, overlaps)
    speakers = describe_speakers(found_speakers, words)

    language = recording_language(results.detection, options, words)
    stage_warnings = warnings_of_stages(results, chunks, options)
    language_warnings = find_language_warnings(language, results.detection)
    own_warnings = find_warnings(manifest, recognized, found_speakers, options)
    return Transcript(
        job=job,
        media=manifest.media,
        options=dict(resolved_options),
        tags=dict(tags),
        language=language,
        text="\n".join(paragraph.text for paragraph in split_paragraphs(segments)),
        segments=tuple(segments),
        words=tuple(words),
        speakers=tuple(speakers),
        turns=tuple(found_speakers.turns),
        overlaps=tuple(overlaps),
        quality=measure_quality(chunks, recognized, replaced, words),
        warnings=(*option_warnings, *stage_warnings, *language_warnings, *own_warnings),
        provenance=provenance(results, release),
        timings=timings,
        cost=cost,
        outputs=dict(outputs),
    )


def warnings_of_stages(
    results: StageResults, chunks: Sequence[Chunk], options: Options
) -> list[StageWarning]:
    """Returns the other stages' warnings, and those about parts at which a stage failed.

    `chunks` are those that were transcribed, cut where the recording ends.
    """
    manifest = results.manifest
    of_detection = results.detection.warnings if results.detection else ()
    transcribed = transcribed_chunks(manifest, options)
    of_parts = collect_warnings(manifest, transcribed, results.aligned, results.diarizations)
    spans = [cut_at_end(span, manifest) for span in manifest.spans]
    of_missing = results.missing.warnings(chunks, spans)
    of_audio = results.missing.audio_warnings(options)
    return [*of_detection, *of_parts, *of_missing, *of_audio]


def transcribed_chunks(manifest: Manifest, options: Options) -> tuple[Chunk, ...]:
    """Returns the chunks of the manifest: none if only the language was to be found."""
    return () if options.task == "detect" else manifest.chunks


def cut_at_end(part: Part, manifest: Manifest) -> Part:
    """Returns the chunk or span, cut where the recording ends."""
    duration = manifest.media.duration
    start = min(part.start, duration)
    end = min(part.end, duration)
    return part.model_copy(update={"start": start, "end": end})


def find_speakers(
    results: StageResults, segments: Sequence[TimedSegment], options: Options
) -> Speakers:
    """Returns the speakers: the channels if each was transcribed on its own, else the voices."""
    manifest = results.manifest
    if is_split(manifest):
        duration = manifest.media.duration
        return speakers_by_channel(segments, duration)
    spans = []
    diarizations = []
    unknown = []
    for whole_span, diarization in zip(manifest.spans, results.diarizations, strict=False):
        span = cut_at_end(whole_span, manifest)
        if diarization is None:
            unknown.append(span)
        else:
            spans.append(span)
            diarizations.append(diarization)
    return speakers_by_voice(spans, diarizations, options, unknown)


def recording_language(
    detection: Detection | None, options: Options, words: Iterable[Word]
) -> Language:
    """Returns the recording's main language, and how it was found."""
    if options.language == MULTI:
        return main_of_many(detection, options, words)
    if detection is None:
        return Language(code=options.language, confidence=None, method="given", windows=())
    return Language(
        code=detection.code,
        confidence=finite(detection.confidence),
        method="detected",
        windows=rounded_windows(detection),
    )


def main_of_many(detection: Detection | None, options: Options, words: Iterable[Word]) -> Language:
    """Returns the language of most words, or the detected one if the words are a translation.

    Its confidence is the mean of the detection windows'.
    """
    windows = rounded_windows(detection) if detection else ()
    confidence = None
    if windows:
        mean = fmean(window.confidence for window in windows)
        confidence = finite(mean)

    code = detection.code if detection else None
    counts = Counter(word.language for word in words if word.language)
    if counts and options.task != "translate":
        ((code, _),) = counts.most_common(1)
    return Language(code=code, confidence=confidence, method="multi", windows=windows)


def rounded_windows(detection: Detection) -> tuple[LanguageGuess, ...]:
    """Returns the windows with their confidences rounded as all others are."""
    windows = []
    for window in detection.windows:
        update = {"confidence": finite(window.confidence)}
        windows.append(window.model_copy(update=update))
    return tuple(windows)


def provenance(results: StageResults, release: str) -> Provenance:
    """Returns the engines of each stage, each one once."""
    engines: dict[str, list[Engine]] = {"prepare": [results.manifest.engine]}
    if results.detection:
        engines["detect"] = [results.detection.engine]
    engines["transcribe"] = [output.asr for output in results.aligned]
    engines["align"] = []
    for output in results.aligned:
        engines["align"] += output.engines
    engines["diarize"] = [output.engine for output in results.diarizations if output is not None]

    stages = {}
    for stage, used in engines.items():
        unique = dict.fromkeys(used)
        if unique:
            stages[stage] = tuple(unique)
    return Provenance(dropscribe=release, stages=stages)
