import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

from functions.align.stage import AlignParams, align
from functions.align.timing import Fit
from shared.contracts import Engine
from shared.speech import Aligned, Heard, HeardSegment, HeardWord, Region
from shared.stage import Task

ASR = Engine(name="parrot", version="1", model="tiny")
METRONOME = Engine(name="metronome", version="1", model="steady")


class Metronome:
    """Knows English only. Puts a word every second, and fails at segments with more words than seconds."""

    engine = METRONOME

    def voice(self, language: str) -> "Metronome | None":
        return self if language == "en" else None

    def fits(self, audio: Path, segments: Sequence[HeardSegment]) -> Iterator[list[Fit] | None]:
        for segment in segments:
            starts = [segment.start + n for n in range(len(segment.words))]
            fails = starts[-1] >= segment.end
            yield None if fails else [Fit(start, start + 0.5, 0.9, "aligned") for start in starts]


def segment(start: float, end: float, text: str, avg_logprob: float = -0.2) -> HeardSegment:
    """Words of 0.1 s, side by side from the beginning."""
    words = tuple(
        HeardWord(word=word, start=start + n / 10, end=start + (n + 1) / 10, probability=0.8)
        for n, word in enumerate(text.split())
    )
    measures = {"avg_logprob": avg_logprob, "compression_ratio": 1.1, "no_speech_prob": 0.01}
    return HeardSegment(start=start, end=end, text=text, words=words, **measures)


def aligned(folder: Path, language: str | None, *segments: HeardSegment, **params: str) -> Aligned:
    with wave.open(str(folder / "chunk.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16000 * 20))
    heard = Heard(language=language, segments=segments, engine=ASR)
    (folder / "heard.json").write_text(heard.model_dump_json())
    files = {"audio": folder / "chunk.wav", "heard": folder / "heard.json"}
    asked = AlignParams.model_validate(params)
    (output,) = align(Task(asked, files, folder, lambda: (folder / "none").open("rb")), lambda model: Metronome())
    assert output.name == "aligned" and isinstance(output.content, Aligned)
    return output.content


def test_words_are_placed_and_grouped_into_sentences(tmp_path: Path) -> None:
    found = aligned(tmp_path, "en", segment(0, 5, "Hello. How are you?", -0.1), segment(6, 9, "Fine thanks.", -0.7))
    assert [sentence.text for sentence in found.segments] == ["Hello.", "How are you?", "Fine thanks."]
    assert [(s.start, s.end, s.avg_logprob) for s in found.segments] == [(0, 0.5, -0.1), (1, 3.5, -0.1), (6, 7.5, -0.7)]
    assert [word.segment for word in found.words] == [0, 1, 1, 1, 2, 2]
    assert {(word.timing, word.score, word.confidence) for word in found.words} == {("aligned", 0.9, 0.8)}
    assert (found.engine, found.asr, found.warnings) == (METRONOME, ASR, ())


def test_a_segment_that_does_not_fit_keeps_its_words_and_times(tmp_path: Path) -> None:
    found = aligned(tmp_path, "en", segment(0, 3, "one two"), segment(4, 5, "too many words"), segment(6, 8, "three"))
    assert [word.word for word in found.words] == "one two too many words three".split()  # noqa: SIM905
    assert [word.timing for word in found.words] == ["aligned", "aligned", "asr", "asr", "asr", "aligned"]
    assert found.words[2].start == 4 and found.words[2].score is None and found.words[2].confidence == 0.8
    (warning,) = found.warnings
    assert (warning.code, warning.span) == ("not_aligned", Region(start=4, end=5))


def test_a_language_without_a_model_keeps_the_recognisers_times(tmp_path: Path) -> None:
    found = aligned(tmp_path, "pl", segment(0, 3, "dzień dobry"))
    assert {word.timing for word in found.words} == {"asr"} and found.engine == ASR
    assert [warning.code for warning in found.warnings] == ["no_aligner"]
    assert "'pl'" in found.warnings[0].message


def test_a_translation_is_not_aligned(tmp_path: Path) -> None:
    found = aligned(tmp_path, "en", segment(0, 3, "good day"), task="translate")
    assert {word.timing for word in found.words} == {"asr"} and found.warnings == ()


def test_nobody_speaks(tmp_path: Path) -> None:
    for language in ("en", "pl", None):
        found = aligned(tmp_path, language)
        assert (found.segments, found.words, found.warnings) == ((), (), ())


def test_words_do_not_leave_the_chunk(tmp_path: Path) -> None:
    found = aligned(tmp_path, "en", segment(18.7, 25, "the last words are too late"))
    assert max(word.end for word in found.words) == 20
    assert [word.timing for word in found.words] == ["aligned", "clamped", "clamped", "clamped", "clamped", "clamped"]
