"""From what the stages found to the answer."""

from collections.abc import Iterable, Mapping, Sequence

from functions.finalize.linking import Voice, link
from functions.finalize.quality import collect, judge, measure, speaker_limits
from functions.finalize.segments import build, parents
from functions.finalize.text import paragraphs
from functions.finalize.turns import Floor, describe, find_overlaps, identify, merge, place_turns
from functions.finalize.words import attribute, place_words, rounded
from shared.contracts import Chosen
from shared.speech import Aligned, Detection, Diarization, Manifest, Region, Turn
from shared.transcript import Job, Language, Provenance, Timings, Transcript


def answer(
    job: Job,
    manifest: Manifest,
    detection: Detection | None,
    aligned: Sequence[Aligned],
    diarizations: Sequence[Diarization],
    *,
    options: Mapping[str, Chosen],
    timings: Timings,
    release: str,
    outputs: Mapping[str, str] | None = None,
) -> Transcript:
    """Put the answer together.

    `aligned` is in the order of the manifest's chunks, `diarizations` in that of its spans, and empty when nobody asked
    who speaks. `detection` is null when the language was given. `release` is this software's version.
    """
    chunks = [within(chunk.start, chunk.end, manifest) for chunk in manifest.chunks]
    floor, turns, known = who(manifest, diarizations, options)
    overlaps = find_overlaps(turns)
    placed = place_words(chunks, aligned)
    words = attribute(placed, floor, overlaps)
    segments = build(parents(chunks, aligned), placed, words, floor)
    speakers = describe(turns, words, known)
    return Transcript(
        job=job,
        media=manifest.media,
        options=dict(options),
        language=language(detection, options),
        text="\n".join(paragraph.text for paragraph in paragraphs(segments)),
        segments=tuple(segments),
        words=tuple(words),
        speakers=tuple(speakers),
        turns=tuple(turns),
        overlaps=tuple(overlaps),
        quality=measure(manifest, words),
        warnings=(
            *collect(manifest, aligned, diarizations),
            *judge(manifest, detection, words, speakers, options),
        ),
        provenance=provenance(manifest, detection, aligned, diarizations, release),
        timings=timings,
        cost=None,
        outputs=dict(outputs or {}),
    )


def within(start: float, end: float, manifest: Manifest) -> Region:
    """A stretch, cut where the recording ends."""
    duration = manifest.media.duration
    return Region(start=min(start, duration), end=min(end, duration))


def who(
    manifest: Manifest, diarizations: Sequence[Diarization], options: Mapping[str, Chosen]
) -> tuple[Floor, list[Turn], set[str]]:
    """Who has the floor when, the turns as heard, and the ids of all speakers."""
    spans = [within(span.start, span.end, manifest) for span in manifest.spans if diarizations]
    alone = place_turns(diarizations, spans, lambda found: found.turns)
    heard = place_turns(diarizations, spans, lambda found: found.overlapping)
    ids = identify(link(diarizations, *speaker_limits(options)), alone + heard)
    return Floor.of(named(alone, ids)), merge(named(heard, ids)), set(ids.values())


def named(placed: Iterable[tuple[float, float, Voice]], ids: Mapping[Voice, str]) -> list[Turn]:
    return [Turn(start=start, end=end, speaker=ids[voice]) for start, end, voice in placed]


def language(detection: Detection | None, options: Mapping[str, Chosen]) -> Language:
    if detection:
        confidence = rounded(detection.confidence)
        return Language(code=detection.code, confidence=confidence, method="detected", windows=detection.windows)
    given = options["language"].value if "language" in options else None
    return Language(code=given if isinstance(given, str) else None, confidence=None, method="given", windows=())


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
        "align": [found.engine for found in aligned],
        "diarize": [found.engine for found in diarizations],
    }
    return Provenance(
        dropscribe=release, stages={stage: tuple(dict.fromkeys(used)) for stage, used in engines.items() if used}
    )
