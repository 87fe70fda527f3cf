"""From what the stages found to the answer."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from functions.finalize.answer.languages import language
from functions.finalize.answer.quality import collect, judge, measure, speaker_limits, split
from functions.finalize.answer.replacements import replaced
from functions.finalize.answer.segments import as_segments
from functions.finalize.answer.sentences import Sentence, place
from functions.finalize.answer.words import as_words
from functions.finalize.formats.text import paragraphs
from functions.finalize.speakers.speaker_segments import runs
from functions.finalize.speakers.speakers import People, by_channel, by_voice, describe
from functions.finalize.speakers.turns import find_overlaps
from shared.model.artifacts import Aligned, Chunk, Detection, Diarization, Interval, Manifest
from shared.model.contracts import ResolvedOption
from shared.model.transcript import Cost, JobInfo, Provenance, Timings, Transcript

Stretch = TypeVar("Stretch", Chunk, Interval)


def answer(
    job: JobInfo,
    manifest: Manifest,
    detection: Detection | None,
    aligned: Sequence[Aligned],
    diarizations: Sequence[Diarization],
    *,
    options: Mapping[str, ResolvedOption],
    timings: Timings,
    cost: Cost | None = None,
    release: str,
    outputs: Mapping[str, str] | None = None,
) -> Transcript:
    """Put the answer together.

    `aligned` is in the order of the manifest's chunks, `diarizations` in that of its spans, and
    empty when nobody asked who speaks. `detection` is null when the language was given. `release`
    is this software's version.
    """
    chunks = [within(chunk, manifest) for chunk in manifest.chunks]
    heard = place(chunks, aligned)
    written = replaced(heard, replacements(options))
    people = who(manifest, diarizations, heard, options)
    overlaps = find_overlaps(people.turns)
    said = runs(written, people)
    segments, words = as_segments(said), as_words(said, people, overlaps)
    speakers, main = describe(people, words), language(detection, options, words)
    return Transcript(
        job=job,
        media=manifest.media,
        options=dict(options),
        language=main,
        text="\n".join(paragraph.text for paragraph in paragraphs(segments)),
        segments=tuple(segments),
        words=tuple(words),
        speakers=tuple(speakers),
        turns=tuple(people.turns),
        overlaps=tuple(overlaps),
        quality=measure(chunks, heard, written, words),
        warnings=(
            *collect(manifest, aligned, diarizations),
            *judge(manifest, heard, main, speakers, options),
        ),
        provenance=provenance(manifest, detection, aligned, diarizations, release),
        timings=timings,
        cost=cost,
        outputs=dict(outputs or {}),
    )


def who(
    manifest: Manifest,
    diarizations: Sequence[Diarization],
    heard: Sequence[Sentence],
    options: Mapping[str, ResolvedOption],
) -> People:
    if split(manifest):
        return by_channel(heard, manifest.media.duration)
    spans = [within(span, manifest) for span in manifest.spans if diarizations]
    return by_voice(spans, diarizations, *speaker_limits(options))


def within(part: Stretch, manifest: Manifest) -> Stretch:
    """A stretch, cut where the recording ends."""
    duration = manifest.media.duration
    return part.model_copy(
        update={"start": min(part.start, duration), "end": min(part.end, duration)}
    )


def replacements(options: Mapping[str, ResolvedOption]) -> dict[str, str]:
    chosen = options["replacements"].value if "replacements" in options else None
    return {find: str(write) for find, write in chosen.items()} if isinstance(chosen, dict) else {}


def provenance(
    manifest: Manifest,
    detection: Detection | None,
    aligned: Sequence[Aligned],
    diarizations: Sequence[Diarization],
    release: str,
) -> Provenance:
    engines = {
        "prepare": [manifest.engine],
        "detect": [detection.engine] if detection else [],
        "transcribe": [found.asr for found in aligned],
        "align": [engine for found in aligned for engine in found.engines],
        "diarize": [found.engine for found in diarizations],
    }
    return Provenance(
        dropscribe=release,
        stages={stage: tuple(dict.fromkeys(used)) for stage, used in engines.items() if used},
    )
