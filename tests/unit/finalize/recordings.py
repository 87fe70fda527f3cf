"""Made-up findings of the stages before finalize: written out for examples, drawn at random for properties."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st
from pydantic import JsonValue

from functions.finalize.stage import answer
from shared.contracts import Chosen, Engine
from shared.speech import (
    Aligned,
    AlignedSegment,
    AlignedWord,
    Chunk,
    Detection,
    Diarization,
    Guess,
    Manifest,
    Media,
    Region,
    Turn,
    Warning,
)
from shared.transcript import Job, StageTiming, Timings, Transcript

JOB = Job(id="3f2a", source_uri="gs://bucket/inbox/call.mp3", generation=7, run=1, sha256=None)
TIMINGS = Timings(
    queued=0.4,
    stages=(StageTiming(stage="align", chunk=0, seconds=2.5, attempt=1, reused=False, rtf=0.1),),
    wall=9.75,
)


def engine(name: str) -> Engine:
    return Engine(name=name, version="1.0", model="base", digest="ab12")


def manifest(
    duration: float,
    chunks: Sequence[Sequence[tuple[float, float]]],
    spans: Sequence[tuple[float, float]] = (),
    warnings: tuple[Warning, ...] = (),
) -> Manifest:
    """A chunk is given by its stretches of speech; chunks share the duration equally. Without spans there is one."""
    each = duration / len(chunks)
    return Manifest(
        media=Media(container="mp3", codec="mp3", duration=duration, sample_rate=44100, channels=2, bytes=1000),
        chunks=tuple(
            Chunk(start=i * each, end=(i + 1) * each, speech=tuple(Region(start=a, end=b) for a, b in speech))
            for i, speech in enumerate(chunks)
        ),
        spans=tuple(Region(start=a, end=b) for a, b in spans or [(0.0, duration)]),
        probe=(),
        engine=engine("prepare"),
        warnings=warnings,
    )


def segment(text: str, start: float = 0.0, end: float = 1.0) -> AlignedSegment:
    return AlignedSegment(start=start, end=end, text=text, avg_logprob=-0.2, compression_ratio=1.3, no_speech_prob=0.01)


def word(text: str, start: float, end: float, of: int = 0, **other: object) -> AlignedWord:
    known = {"segment": of, "word": text, "start": start, "end": end, "score": 0.9, "confidence": 0.8}
    return AlignedWord.model_validate({**known, "timing": "aligned", **other})


def aligned(
    segments: Sequence[AlignedSegment],
    words: Sequence[AlignedWord],
    language: str | None = "en",
    warnings: tuple[Warning, ...] = (),
) -> Aligned:
    return Aligned(
        language=language,
        segments=tuple(segments),
        words=tuple(words),
        asr=engine("faster-whisper"),
        engine=engine("hama"),
        warnings=warnings,
    )


def sentence(text: str, start: float, seconds_a_word: float = 0.5, language: str = "en") -> Aligned:
    """A chunk in which one sentence is said at an even pace."""
    spelled = text.split()
    words = [word(one, start + i * seconds_a_word, start + (i + 1) * seconds_a_word) for i, one in enumerate(spelled)]
    return aligned([segment(text, start, start + len(spelled) * seconds_a_word)], words, language)


def diarization(
    turns: Sequence[tuple[float, float, str]],
    embeddings: Mapping[str, Sequence[float]] | None = None,
    overlapping: Sequence[tuple[float, float, str]] | None = None,
    warnings: tuple[Warning, ...] = (),
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
    windows = (Guess(start=0.0, end=5.0, code=code or "en", confidence=0.9),)
    return Detection(code=code, confidence=confidence, windows=windows, engine=engine("faster-whisper"))


def options(**values: JsonValue) -> dict[str, Chosen]:
    return {name.replace("_", "-"): Chosen(value=value, origin="metadata") for name, value in values.items()}


def transcript(
    found: Manifest,
    words: Sequence[Aligned],
    turns: Sequence[Diarization] = (),
    asked: Mapping[str, Chosen] | None = None,
    language: Detection | None = None,
) -> Transcript:
    return answer(JOB, found, language, words, turns, options=asked or {}, timings=TIMINGS, release="0.1.0")


# Times that no stage should give are drawn too: outside the chunk, backwards, of no length.
times = st.floats(-5, 65, allow_nan=False)
shares = st.none() | st.floats(0, 1)
spellings = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12) | st.sampled_from(
    ["-->", "<b>", "&amp;", "</v>", "Hello,", "world.", "你", "好。", "1", "a" * 100]
)


@st.composite
def aligned_parts(draw: st.DrawFn) -> Aligned:
    """A chunk's words, in the order of its segments; some segments come without any."""
    texts = draw(st.lists(st.lists(spellings, max_size=30), max_size=3))
    language = draw(st.sampled_from(["en", "ja", None]))
    space = "" if language == "ja" else " "
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
    segments = [segment(space.join(text) or draw(spellings), draw(times), draw(times)) for text in texts]
    return aligned(segments, words, language)


@st.composite
def diarizations(draw: st.DrawFn) -> Diarization:
    names = st.sampled_from(["A", "B", "C"])
    turns = st.lists(st.tuples(times, times, names), max_size=8)
    voices = st.none() | st.lists(st.floats(-1, 1), min_size=3, max_size=3)
    embeddings = {name: voice for name in "ABC" if (voice := draw(voices)) is not None}
    return diarization(draw(turns), embeddings, draw(turns))


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    count = draw(st.integers(1, 3))
    duration = draw(st.floats(0.01, 60 * count))
    each = duration / count
    edges = [(i * each, (i + 1) * each) for i in range(count)]
    found = manifest(duration, [[edge] if draw(st.booleans()) else [] for edge in edges], edges)
    words = [draw(aligned_parts()) for _ in edges]
    turns = draw(st.just([]) | st.lists(diarizations(), min_size=count, max_size=count))
    most = draw(st.none() | st.integers(1, 4))
    return transcript(found, words, turns, options(max_speakers=most), draw(st.none() | st.just(detection())))
