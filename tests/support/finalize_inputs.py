"""Made-up findings of the stages before finalize: written out for examples, drawn at random for
properties."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st
from pydantic import JsonValue

from functions.finalize.formats.text import word_separator
from functions.finalize.stage import StageResults, build_transcript
from shared.model.artifacts import (
    Aligned,
    AlignedSegment,
    AlignedWord,
    Chunk,
    Detection,
    Diarization,
    Interval,
    LanguageGuess,
    Manifest,
    Media,
    QualityFlag,
    StageWarning,
    Turn,
)
from shared.model.contracts import Engine, ResolvedOption
from shared.model.options import option_values
from shared.model.transcript import JobInfo, StageTiming, Timings, Transcript

JOB = JobInfo(id="3f2a", source_uri="gs://bucket/inbox/call.mp3", generation=7, run=1, crc32c=None)
TIMINGS = Timings(
    queued=0.4,
    stages=(StageTiming(stage="align", chunk=0, seconds=2.5, attempt=1, reused=False, rtf=0.1),),
    wall=9.75,
)


def engine(name: str) -> Engine:
    return Engine(name=name, version="1.0", model="base", digest="sha256:" + "ab" * 32)


def manifest(
    duration: float,
    chunks: Sequence[Sequence[tuple[float, float]]],
    spans: Sequence[tuple[float, float]] = (),
    warnings: tuple[StageWarning, ...] = (),
) -> Manifest:
    """A chunk is given by its stretches of speech; chunks share the duration equally. Without spans
    there is one."""
    each = duration / len(chunks)
    return Manifest(
        media=Media(
            container="mp3",
            codec="mp3",
            duration=duration,
            sample_rate=44100,
            channels=2,
            bytes=1000,
        ),
        chunks=tuple(
            Chunk(
                start=i * each,
                end=(i + 1) * each,
                speech=tuple(Interval(start=a, end=b) for a, b in speech),
            )
            for i, speech in enumerate(chunks)
        ),
        spans=tuple(Interval(start=a, end=b) for a, b in spans or [(0.0, duration)]),
        probe=(),
        engine=engine("prepare"),
        warnings=warnings,
    )


def split_manifest(duration: float, *channels: Sequence[tuple[float, float]]) -> Manifest:
    """Each channel is transcribed for itself, in one chunk, and given by its stretches of
    speech."""
    mixed = manifest(duration, [()])
    chunks = (
        Chunk(
            start=0.0,
            end=duration,
            channel=i,
            speech=tuple(Interval(start=a, end=b) for a, b in speech),
        )
        for i, speech in enumerate(channels)
    )
    return mixed.model_copy(update={"chunks": tuple(chunks), "spans": ()})


def segment(
    text: str,
    start: float = 0.0,
    end: float = 1.0,
    language: str | None = "en",
    quality_flags: tuple[QualityFlag, ...] = (),
) -> AlignedSegment:
    return AlignedSegment(
        start=start,
        end=end,
        language=language,
        text=text,
        avg_logprob=-0.2,
        compression_ratio=1.3,
        no_speech_prob=0.01,
        temperature=0.0,
        quality_flags=quality_flags,
    )


def word(text: str, start: float, end: float, of: int = 0, **other: object) -> AlignedWord:
    known = {
        "segment": of,
        "word": text,
        "start": start,
        "end": end,
        "score": 0.9,
        "confidence": 0.8,
    }
    return AlignedWord.model_validate({**known, "timing": "aligned", **other})


def aligned(
    segments: Sequence[AlignedSegment],
    words: Sequence[AlignedWord],
    warnings: tuple[StageWarning, ...] = (),
) -> Aligned:
    return Aligned(
        segments=tuple(segments),
        words=tuple(words),
        asr=engine("faster-whisper"),
        engines=(engine("hama"),),
        warnings=warnings,
    )


def sentence(text: str, start: float, seconds_a_word: float = 0.5, language: str = "en") -> Aligned:
    """A chunk in which one sentence is said at an even pace."""
    spelled = text.split()
    words = [
        word(one, start + i * seconds_a_word, start + (i + 1) * seconds_a_word)
        for i, one in enumerate(spelled)
    ]
    return aligned([segment(text, start, start + len(spelled) * seconds_a_word, language)], words)


def diarization(
    turns: Sequence[tuple[float, float, str]],
    embeddings: Mapping[str, Sequence[float]] | None = None,
    overlapping: Sequence[tuple[float, float, str]] | None = None,
    warnings: tuple[StageWarning, ...] = (),
) -> Diarization:
    """Who speaks from when to when. What is heard is the same unless given."""
    heard = turns if overlapping is None else overlapping
    return Diarization(
        turns=tuple(Turn(start=a, end=b, speaker=who) for a, b, who in turns),
        overlapping=tuple(Turn(start=a, end=b, speaker=who) for a, b, who in heard),
        embeddings={who: tuple(voice) for who, voice in (embeddings or {}).items()},
        engine=engine("pyannote"),
        warnings=warnings,
    )


def detection(code: str | None = "en", confidence: float | None = 0.97) -> Detection:
    windows = (LanguageGuess(start=0.0, end=5.0, code=code or "en", confidence=0.9),)
    return Detection(
        code=code, confidence=confidence, windows=windows, engine=engine("faster-whisper")
    )


def options(**values: JsonValue) -> dict[str, ResolvedOption]:
    return {
        name.replace("_", "-"): ResolvedOption(value=value, origin="metadata")
        for name, value in values.items()
    }


def transcript(
    found: Manifest,
    words: Sequence[Aligned],
    turns: Sequence[Diarization] = (),
    asked: Mapping[str, ResolvedOption] | None = None,
    language: Detection | None = None,
) -> Transcript:
    resolved = asked or {}
    return build_transcript(
        StageResults(found, language, words, turns),
        option_values(resolved),
        job=JOB,
        resolved_options=resolved,
        timings=TIMINGS,
        cost=None,
        release="0.1.0",
        outputs={},
    )


# Times that no stage should give are drawn too: outside the chunk, backwards, of no length.
times = st.floats(-5, 65, allow_nan=False)
shares = st.none() | st.floats(0, 1)
GHOST = "☠"
"""The only word of sentences that nobody said."""
DOUBTS: list[tuple[QualityFlag, ...]] = [(), (), ("repetitive", "no_speech")]
characters = st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters=[GHOST])
spellings = st.text(characters, min_size=1, max_size=12) | st.sampled_from(
    ["-->", "<b>", "&amp;", "</v>", "Hello,", "world.", "你", "好。", "1", "a" * 100]
)

phrases = st.lists(spellings, min_size=1, max_size=3).map(" ".join) | st.sampled_from(
    ["hello world", "1", "好"]
)


@st.composite
def aligned_parts(draw: st.DrawFn) -> Aligned:
    """A chunk's words, in the order of its segments; some segments come without any."""
    quality_flags = draw(st.lists(st.sampled_from(DOUBTS), max_size=3))
    texts = [
        draw(st.lists(st.just(GHOST) if doubted else spellings, max_size=30))
        for doubted in quality_flags
    ]
    languages = [draw(st.sampled_from(["en", "ja", None])) for _ in texts]
    words = [
        AlignedWord(
            segment=index,
            word=one,
            start=draw(times),
            end=draw(times),
            score=draw(shares),
            confidence=draw(shares),
            timing=draw(st.sampled_from(["aligned", "interpolated", "asr"])),
        )
        for index, text in enumerate(texts)
        for one in text
    ]
    written = [
        word_separator(language).join(text) for language, text in zip(languages, texts, strict=True)
    ]
    segments = [
        segment(
            text or (GHOST if doubted else draw(spellings)),
            draw(times),
            draw(times),
            language,
            doubted,
        )
        for text, language, doubted in zip(written, languages, quality_flags, strict=True)
    ]
    return aligned(segments, words)


@st.composite
def diarizations(draw: st.DrawFn) -> Diarization:
    names = st.sampled_from(["A", "B", "C"])
    turns = st.lists(st.tuples(times, times, names), max_size=8)
    voices = st.none() | st.lists(st.floats(-1, 1), min_size=3, max_size=3)
    embeddings = {name: voice for name in "ABC" if (voice := draw(voices)) is not None}
    return diarization(draw(turns), embeddings, draw(turns))


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """One to three chunks and as many spans; or two channels of as many chunks each, and no
    spans."""
    count = draw(st.integers(1, 3))
    duration = draw(st.floats(0.01, 60 * count))
    each = duration / count
    edges = [(i * each, (i + 1) * each) for i in range(count)]
    mixed = manifest(duration, [[edge] if draw(st.booleans()) else [] for edge in edges], edges)
    if draw(st.booleans()):
        return mixed
    chunks = (
        chunk.model_copy(update={"channel": channel})
        for channel in (0, 1)
        for chunk in mixed.chunks
    )
    return mixed.model_copy(update={"chunks": tuple(chunks), "spans": ()})


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    found = draw(manifests())
    words = [draw(aligned_parts()) for _ in found.chunks]
    turns = draw(
        st.just([]) | st.lists(diarizations(), min_size=len(found.spans), max_size=len(found.spans))
    )
    asked = options(
        max_speakers=draw(st.none() | st.integers(1, 4)),
        language=draw(st.sampled_from([None, "en", "multi"])),
        replacements=dict(draw(st.dictionaries(phrases, st.just("") | phrases, max_size=3))),
    )
    return transcript(found, words, turns, asked, draw(st.none() | st.just(detection())))
