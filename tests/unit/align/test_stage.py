"""The align stage keeps every word, whether alignment succeeds, fails or is impossible."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions.align.sound import Sound
from functions.align.stage import AlignParams, align
from functions.align.timing import Fit
from shared.contracts import Engine
from shared.errors import ModelUnavailable
from shared.speech import Aligned, Heard, HeardSegment, HeardWord, Region
from shared.stage import Task
from tests.unit.align.segments import heard_at, segment, silence, written

ASR = Engine(name="parrot", version="1", model="tiny")


def metronome(language: str) -> Engine:
    return Engine(name="metronome", version="1", model=language)


@dataclass
class Metronome:
    """Puts a word every second; fails at segments with more words than seconds, and breaks down at "break"."""

    languages: tuple[str, ...] = ("en",)
    failing: dict[str, BaseException] = field(default_factory=dict)
    """What comes of loading a language's model."""
    error: BaseException = field(default_factory=lambda: RuntimeError("cannot place the word break"))
    loaded: list[str] = field(default_factory=list)
    engine = Engine(name="metronome", version="1")

    def voice(self, language: str) -> "Beat | None":
        self.loaded.append(language)
        if language in self.failing:
            raise self.failing[language]
        return Beat(metronome(language), self.error) if language in self.languages else None


@dataclass
class Beat:
    engine: Engine
    error: BaseException

    def fits(self, sound: Sound, segment: HeardSegment) -> Sequence[Fit] | None:
        if any(word.word == "break" for word in segment.words):
            raise self.error
        starts = [segment.start + n for n in range(len(segment.words))]
        return None if starts[-1] >= segment.end else [Fit(start, start + 0.5, 0.9, "aligned") for start in starts]


def aligned(
    folder: Path, *segments: HeardSegment, aligner: Metronome | None = None, audio: Path | None = None, **params: str
) -> Aligned:
    (folder / "heard.json").write_text(Heard(segments=segments, engine=ASR).model_dump_json())
    files = {"audio": audio or silence(folder / "chunk.wav", 20), "heard": folder / "heard.json"}
    task = Task(AlignParams.model_validate(params), files, folder, lambda: (folder / "none").open("rb"))
    (output,) = align(task, lambda model: aligner or Metronome())
    assert output.name == "aligned" and isinstance(output.content, Aligned)
    return output.content


def test_words_are_placed_and_grouped_into_sentences(tmp_path: Path) -> None:
    found = aligned(tmp_path, segment(0, 5, "Hello. How are you?", -0.1), segment(6, 9, "Fine thanks.", -0.7))
    assert [sentence.text for sentence in found.segments] == ["Hello.", "How are you?", "Fine thanks."]
    assert [(s.start, s.end, s.avg_logprob) for s in found.segments] == [(0, 0.5, -0.1), (1, 3.5, -0.1), (6, 7.5, -0.7)]
    assert [word.segment for word in found.words] == [0, 1, 1, 1, 2, 2]
    assert {(word.timing, word.score, word.confidence) for word in found.words} == {("aligned", 0.9, 0.8)}
    assert (found.engines, found.asr, found.warnings) == ((metronome("en"),), ASR, ())


def test_what_is_known_of_the_decoding_is_handed_on(tmp_path: Path) -> None:
    found = aligned(tmp_path, segment(0, 5, "Hello. How are you?"))
    assert {(s.temperature, s.doubts, s.language) for s in found.segments} == {(0.2, ("improbable",), "en")}


def test_each_segment_is_placed_in_its_own_language(tmp_path: Path) -> None:
    several = Metronome(languages=("en", "de"))
    said = [segment(0, 3, "one"), segment(4, 6, "zwei", language="de"), segment(7, 9, "three")]
    found = aligned(tmp_path, *said, aligner=several)
    assert several.loaded == ["en", "de"], "each model is loaded once"
    assert [(word.word, word.start) for word in found.words] == [("one", 0), ("zwei", 4), ("three", 7)]
    assert [sentence.language for sentence in found.segments] == ["en", "de", "en"]
    assert found.engines == (metronome("en"), metronome("de"))


def test_a_segment_that_does_not_fit_keeps_its_words_and_times(tmp_path: Path) -> None:
    found = aligned(tmp_path, segment(0, 3, "one two"), segment(4, 5, "too many words"), segment(6, 8, "three"))
    assert [word.word for word in found.words] == "one two too many words three".split()  # noqa: SIM905
    assert [word.timing for word in found.words] == ["aligned", "aligned", "asr", "asr", "asr", "aligned"]
    assert found.words[2].start == 4 and found.words[2].score is None and found.words[2].confidence == 0.8
    (warning,) = found.warnings
    assert (warning.code, warning.span) == ("not_aligned", Region(start=4, end=5))


def test_a_segment_at_which_the_aligner_breaks_down_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        found = aligned(tmp_path, segment(0, 3, "one two"), segment(4, 6, "break"), segment(7, 9, "three"))
    assert [word.timing for word in found.words] == ["aligned", "aligned", "asr", "aligned"]
    (warning,) = found.warnings
    assert (warning.code, warning.span) == ("not_aligned", Region(start=4, end=6))
    assert "'en'" in warning.message and "RuntimeError" in warning.message
    assert "break" not in warning.message + caplog.text, "words are for nobody else to read"


def test_a_language_without_a_model_keeps_the_recognisers_times(tmp_path: Path) -> None:
    found = aligned(tmp_path, segment(0, 3, "dzień dobry", language="pl"), segment(4, 6, "hello"))
    assert [word.timing for word in found.words] == ["asr", "asr", "aligned"]
    assert found.engines == (metronome("en"),)
    assert [warning.code for warning in found.warnings] == ["no_aligner"]
    assert "'pl'" in found.warnings[0].message


def test_a_word_that_is_not_aligned_swallows_no_pause_either(tmp_path: Path) -> None:
    audio = written(tmp_path / "chunk.wav", heard_at((1.0, 1.1), (2.0, 2.5)))
    word = HeardWord(word="dzień", start=1.0, end=2.5, probability=0.8)
    said = segment(1, 3, "dzień", language="pl").model_copy(update={"words": (word,)})
    (placed,) = aligned(tmp_path, said, audio=audio).words
    assert (placed.start, placed.end, placed.timing) == (2.0, 2.5, "asr")


def test_a_text_without_a_language_keeps_the_recognisers_times(tmp_path: Path) -> None:
    found = aligned(tmp_path, segment(0, 3, "hm", language=None))
    assert (found.words[0].timing, found.engines) == ("asr", ())
    assert [warning.code for warning in found.warnings] == ["no_aligner"]


@pytest.mark.parametrize("error", [ModelUnavailable("nobody/nothing"), KeyError("vocab.json"), OSError(28, "full")])
def test_a_model_that_does_not_load_loses_nothing(tmp_path: Path, error: Exception) -> None:
    broken = Metronome(languages=("en", "de"), failing={"de": error})
    found = aligned(tmp_path, segment(0, 3, "eins zwei", language="de"), segment(4, 6, "hello"), aligner=broken)
    assert [(word.word, word.timing) for word in found.words] == [
        ("eins", "asr"),
        ("zwei", "asr"),
        ("hello", "aligned"),
    ]
    (warning,) = found.warnings
    assert warning.code == "no_aligner"
    assert "'de'" in warning.message and type(error).__name__ in warning.message


@pytest.mark.parametrize("error", [MemoryError(), SystemExit(), KeyboardInterrupt()])
def test_what_ends_the_process_is_not_held_up(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        aligned(tmp_path, segment(4, 6, "break"), aligner=Metronome(error=error))
    with pytest.raises(type(error)):
        aligned(tmp_path, segment(4, 6, "hello"), aligner=Metronome(failing={"en": error}))


def test_a_translation_is_not_aligned(tmp_path: Path) -> None:
    found = aligned(tmp_path, segment(0, 3, "good day"), task="translate")
    assert {word.timing for word in found.words} == {"asr"}
    assert (found.engines, found.warnings) == ((), ())


def test_nobody_speaks(tmp_path: Path) -> None:
    found = aligned(tmp_path)
    assert (found.segments, found.words, found.engines, found.warnings) == ((), (), (), ())


def test_a_text_that_came_without_words_is_kept(tmp_path: Path) -> None:
    wordless = segment(5, 25, "Hm.").model_copy(update={"words": ()})
    found = aligned(tmp_path, segment(0, 3, "hello"), wordless, segment(19, 20, "bye"))
    assert [(s.text, s.start, s.end) for s in found.segments] == [("hello", 0, 0.5), ("Hm.", 5, 20), ("bye", 19, 19.5)]
    assert [word.segment for word in found.words] == [0, 2] and found.warnings == ()


def test_words_do_not_leave_the_chunk(tmp_path: Path) -> None:
    found = aligned(tmp_path, segment(18.7, 25, "the last words are too late"))
    assert max(word.end for word in found.words) == 20
    assert [word.timing for word in found.words] == ["aligned", "clamped", "clamped", "clamped", "clamped", "clamped"]
    assert all(word.end > word.start for word in found.words)
