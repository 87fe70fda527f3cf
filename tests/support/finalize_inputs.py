"""Results of the stages before finalize: small examples, and random ones for property tests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from hypothesis import strategies as st
from pydantic import JsonValue

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
from shared.model.option_values import MAX_RULE_LENGTH
from shared.model.options import option_values
from shared.model.spacing import word_separator
from shared.model.transcript import JobInfo, Segment, StageTiming, Timings, Transcript

JOB = JobInfo(
    id="3f2a",
    source_uri="gs://bucket/inbox/call.mp3",
    generation=7,
    run=1,
    crc32c=None,
    sha256=None,
)
TIMINGS = Timings(
    uploaded=datetime(2026, 11, 28, 9, 30, tzinfo=UTC),
    answered=datetime(2026, 11, 28, 9, 30, 9, 750_000, tzinfo=UTC),
    queued=0.4,
    stages=(StageTiming(stage="align", chunk=0, seconds=2.5, attempt=1, reused=False, rtf=0.1),),
    wall=9.75,
)


def engine(name: str) -> Engine:
    return Engine(name=name, version="1.0", model="base", digest="sha256:" + "ab" * 32)


def manifest_of(
    duration: float,
    chunks: Sequence[Sequence[tuple[float, float]]],
    spans: Sequence[tuple[float, float]] = (),
    warnings: tuple[StageWarning, ...] = (),
) -> Manifest:
    """Returns a manifest whose chunks are given by their speech and share the duration equally.

    Without `spans` there is one.
    """
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


def split_manifest_of(duration: float, *channels: Sequence[tuple[float, float]]) -> Manifest:
    """Returns a manifest with one chunk for each channel, which is given by its speech."""
    mixed = manifest_of(duration, [()])
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
    """Returns align's output for a chunk with one sentence at an even pace."""
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
    """Returns a diarization of (start, end, speaker) turns, overlapping ones too if given."""
    all_turns = turns if overlapping is None else overlapping
    return Diarization(
        turns=tuple(Turn(start=a, end=b, speaker=name) for a, b, name in turns),
        overlapping=tuple(Turn(start=a, end=b, speaker=name) for a, b, name in all_turns),
        embeddings={name: tuple(voice) for name, voice in (embeddings or {}).items()},
        engine=engine("pyannote"),
        warnings=warnings,
    )


def detection(code: str | None = "en", confidence: float | None = 0.97) -> Detection:
    windows = (LanguageGuess(start=0.0, end=5.0, code=code or "en", confidence=0.98765432),)
    return Detection(
        code=code, confidence=confidence, windows=windows, engine=engine("faster-whisper")
    )


def resolved_options(**values: JsonValue) -> dict[str, ResolvedOption]:
    return {
        name.replace("_", "-"): ResolvedOption(value=value, origin="metadata")
        for name, value in values.items()
    }


def transcript_of(
    manifest: Manifest,
    words: Sequence[Aligned],
    turns: Sequence[Diarization] = (),
    options: Mapping[str, ResolvedOption] | None = None,
    language: Detection | None = None,
) -> Transcript:
    resolved = options or {}
    return build_transcript(
        StageResults(manifest, language, words, turns),
        option_values(resolved),
        job=JOB,
        resolved_options=resolved,
        option_warnings=(),
        tags={},
        timings=TIMINGS,
        cost=None,
        release="0.1.0",
        outputs={},
    )


def assert_text_is_of_words(segment: Segment, transcript: Transcript) -> None:
    """The segment's text is its words, with single spaces between all or some of them."""
    if segment.words is None:
        return
    words = [one.word for one in transcript.words_of(segment)]
    if word_separator(segment.language):
        assert segment.text == " ".join(words)
    assert segment.text.replace(" ", "") == "".join(words).replace(" ", "")
    assert segment.text == segment.text.strip()


# Invalid times are drawn, too: outside the chunk, reversed, without length.
times = st.floats(-5, 65, allow_nan=False)
shares = st.none() | st.floats(0, 1)
GHOST = "☠"
"""The only word of suspect segments."""
QUALITY_FLAGS: list[tuple[QualityFlag, ...]] = [(), (), ("repetitive", "no_speech")]
characters = st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters=[GHOST])
spellings = st.text(characters, min_size=1, max_size=12) | st.sampled_from(
    ["-->", "<b>", "&amp;", "</v>", "Hello,", "world.", "你", "好。", "1", "a" * 100]
)

any_phrases = st.lists(spellings, min_size=1, max_size=3).map(" ".join)
phrases = any_phrases.filter(lambda phrase: len(phrase) <= MAX_RULE_LENGTH) | st.sampled_from(
    ["hello world", "1", "好"]
)


@st.composite
def aligned_parts(draw: st.DrawFn) -> Aligned:
    """Draws align's output for a chunk; some segments have no words."""
    quality_flags = draw(st.lists(st.sampled_from(QUALITY_FLAGS), max_size=3))
    texts = [
        draw(st.lists(st.just(GHOST) if flags else spellings, max_size=30))
        for flags in quality_flags
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
    written = []
    for language, text in zip(languages, texts, strict=True):
        spaces = st.sampled_from(["", " "]) if language == "ja" else st.just(" ")
        written.append("".join(one + draw(spaces) for one in text).strip())
    segments = [
        segment(
            text or (GHOST if flags else draw(spellings)),
            draw(times),
            draw(times),
            language,
            flags,
        )
        for text, language, flags in zip(written, languages, quality_flags, strict=True)
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
    """Draws one to three chunks with as many spans, or as many chunks on each of two channels."""
    count = draw(st.integers(1, 3))
    duration = draw(st.floats(0.01, 60 * count))
    each = duration / count
    edges = [(i * each, (i + 1) * each) for i in range(count)]
    mixed = manifest_of(duration, [[edge] if draw(st.booleans()) else [] for edge in edges], edges)
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
    manifest = draw(manifests())
    words = [draw(aligned_parts()) for _ in manifest.chunks]
    turns = draw(
        st.just([])
        | st.lists(diarizations(), min_size=len(manifest.spans), max_size=len(manifest.spans))
    )
    options = resolved_options(
        max_speakers=draw(st.none() | st.integers(1, 4)),
        language=draw(st.sampled_from([None, "en", "multi"])),
        replacements=dict(draw(st.dictionaries(phrases, st.just("") | phrases, max_size=3))),
    )
    return transcript_of(manifest, words, turns, options, draw(st.none() | st.just(detection())))
