"""The stage align keeps every word, gives it a time, and groups words into sentences."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions.align.alignment import WordTiming
from functions.align.chunk_audio import ChunkAudio
from functions.align.stage import AlignParams, align
from shared.model.artifacts import (
    Aligned,
    Interval,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
    StageWarning,
)
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable
from shared.runtime.stage import StageInput
from tests.support.segments import audio_with_speech, segment, write_silence, write_wav

ASR = Engine(name="parrot", version="1", model="tiny")


def metronome(language: str) -> Engine:
    return Engine(name="metronome", version="1", model=language)


@dataclass
class Metronome:
    """An aligner with models for `languages`, which place one word per second.

    They fit no segment with more words than seconds, and raise `error` at the word "break".
    """

    languages: tuple[str, ...] = ("en",)
    load_errors: dict[str, BaseException] = field(default_factory=dict)
    """Raised when a language's model is loaded."""
    error: BaseException = field(
        default_factory=lambda: RuntimeError("cannot place the word break")
    )
    loaded: list[str] = field(default_factory=list)
    engine = Engine(name="metronome", version="1")

    def for_language(self, language: str) -> "MetronomeModel | None":
        self.loaded.append(language)
        if language in self.load_errors:
            raise self.load_errors[language]
        if language not in self.languages:
            return None
        return MetronomeModel(metronome(language), self.error)


@dataclass
class MetronomeModel:
    engine: Engine
    error: BaseException

    def align(self, segment: RecognizedSegment, audio: ChunkAudio) -> Sequence[WordTiming] | None:
        if any(word.word == "break" for word in segment.words):
            raise self.error
        if segment.start + len(segment.words) - 1 >= segment.end:
            return None

        starts = [segment.start + index for index in range(len(segment.words))]
        return [WordTiming(start, start + 0.5, 0.9, "aligned") for start in starts]


def aligned(
    folder: Path,
    *segments: RecognizedSegment,
    aligner: Metronome | None = None,
    audio: Path | None = None,
    warnings: tuple[StageWarning, ...] = (),
    **params: str,
) -> Aligned:
    """Returns what align makes of the segments in 20 s of silence, or in `audio`."""
    recognition = Recognition(segments=segments, engine=ASR, warnings=warnings)
    recognition_file = folder / "recognition.json"
    recognition_file.write_text(recognition.model_dump_json())
    audio_file = audio or write_silence(folder / "chunk.wav", 20)

    task = StageInput(
        AlignParams.model_validate(params),
        {"audio": audio_file, "recognition": recognition_file},
        folder,
        lambda: (folder / "none").open("rb"),
    )
    (output,) = align(task, lambda: aligner or Metronome())
    assert output.name == "aligned" and isinstance(output.content, Aligned)
    return output.content


def origins(result: Aligned) -> list[str]:
    """How each word got its times."""
    return [word.timing for word in result.words]


def test_the_recognisers_warnings_are_kept(tmp_path: Path) -> None:
    warning_of_asr = StageWarning(code="one_language", stage="transcribe", message="Only English.")
    result = aligned(tmp_path, segment(0, 5, "Hello.", language="pl"), warnings=(warning_of_asr,))
    assert [warning.code for warning in result.warnings] == ["one_language", "no_aligner"]
    assert result.warnings[0] == warning_of_asr


def test_words_are_aligned_and_grouped_into_sentences(tmp_path: Path) -> None:
    result = aligned(
        tmp_path, segment(0, 5, "Hello. How are you?", -0.1), segment(6, 9, "Fine thanks.", -0.7)
    )
    assert [sentence.text for sentence in result.segments] == [
        "Hello.",
        "How are you?",
        "Fine thanks.",
    ]
    assert [(s.start, s.end, s.avg_logprob) for s in result.segments] == [
        (0, 0.5, -0.1),
        (1, 3.5, -0.1),
        (6, 7.5, -0.7),
    ]
    assert [word.segment for word in result.words] == [0, 1, 1, 1, 2, 2]
    assert {(word.timing, word.score, word.confidence) for word in result.words} == {
        ("aligned", 0.9, 0.8)
    }
    assert (result.engines, result.asr, result.warnings) == ((metronome("en"),), ASR, ())


def test_the_texts_spaces_are_kept_in_a_language_without_spaces(tmp_path: Path) -> None:
    words = "她 的 孩子 almost hurt. The dog 跑。 了"
    spelled = segment(0, 9, words, language="zh")
    recognised = spelled.model_copy(update={"text": "她的孩子almost hurt. The dog跑。了"})
    result = aligned(tmp_path, recognised)
    assert [one.text for one in result.segments] == ["她的孩子almost hurt.", "The dog跑。了"]
    assert [one.word for one in result.words] == words.split()
    assert [one.segment for one in result.words] == [0] * 5 + [1] * 4


def test_the_recognisers_measures_are_kept(tmp_path: Path) -> None:
    result = aligned(tmp_path, segment(0, 5, "Hello. How are you?"))
    assert {(s.temperature, s.quality_flags, s.language) for s in result.segments} == {
        (0.2, ("improbable",), "en")
    }


def test_each_segment_is_aligned_in_its_own_language(tmp_path: Path) -> None:
    bilingual = Metronome(languages=("en", "de"))
    segments = [segment(0, 3, "one"), segment(4, 6, "zwei", language="de"), segment(7, 9, "three")]
    result = aligned(tmp_path, *segments, aligner=bilingual)
    assert bilingual.loaded == ["en", "de"], "each model is loaded once"
    assert [(word.word, word.start) for word in result.words] == [
        ("one", 0),
        ("zwei", 4),
        ("three", 7),
    ]
    assert [sentence.language for sentence in result.segments] == ["en", "de", "en"]
    assert result.engines == (metronome("en"), metronome("de"))


def test_a_segment_that_does_not_fit_keeps_its_words_and_times(tmp_path: Path) -> None:
    result = aligned(
        tmp_path, segment(0, 3, "one two"), segment(4, 5, "too many words"), segment(6, 8, "three")
    )
    assert [word.word for word in result.words] == "one two too many words three".split()  # noqa: SIM905
    assert origins(result) == ["aligned", "aligned", "asr", "asr", "asr", "aligned"]
    unaligned = result.words[2]
    assert (unaligned.start, unaligned.score, unaligned.confidence) == (4, None, 0.8)
    (warning,) = result.warnings
    assert (warning.code, warning.span) == ("not_aligned", Interval(start=4, end=5))


def test_a_segment_on_which_the_aligner_fails_keeps_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        result = aligned(
            tmp_path, segment(0, 3, "one two"), segment(4, 6, "break"), segment(7, 9, "three")
        )
    assert origins(result) == ["aligned", "aligned", "asr", "aligned"]
    (warning,) = result.warnings
    assert (warning.code, warning.span) == ("not_aligned", Interval(start=4, end=6))
    assert "'en'" in warning.message and "RuntimeError" in warning.message
    assert "break" not in warning.message + caplog.text, "words must not be logged"


def test_a_language_without_a_model_keeps_the_recognisers_times(tmp_path: Path) -> None:
    result = aligned(tmp_path, segment(0, 3, "dzień dobry", language="pl"), segment(4, 6, "hello"))
    assert origins(result) == ["asr", "asr", "aligned"]
    assert result.engines == (metronome("en"),)
    assert [warning.code for warning in result.warnings] == ["no_aligner"]
    assert "'pl'" in result.warnings[0].message


def test_a_word_that_is_not_aligned_contains_no_pause(tmp_path: Path) -> None:
    audio = write_wav(tmp_path / "chunk.wav", audio_with_speech((1.0, 1.1), (2.0, 2.5)))
    word = RecognizedWord(word="dzień", start=1.0, end=2.5, probability=0.8)
    polish = segment(1, 3, "dzień", language="pl").model_copy(update={"words": (word,)})
    (placed,) = aligned(tmp_path, polish, audio=audio).words
    assert (placed.start, placed.end, placed.timing) == (2.0, 2.5, "asr")


def test_a_segment_without_a_language_keeps_the_recognisers_times(tmp_path: Path) -> None:
    result = aligned(tmp_path, segment(0, 3, "hm", language=None))
    assert (result.words[0].timing, result.engines) == ("asr", ())
    assert [warning.code for warning in result.warnings] == ["no_aligner"]


@pytest.mark.parametrize(
    "error", [ModelUnavailable("no/model"), KeyError("vocab.json"), OSError(28, "full")]
)
def test_segments_keep_their_words_if_the_model_does_not_load(
    tmp_path: Path, error: Exception
) -> None:
    broken = Metronome(languages=("en", "de"), load_errors={"de": error})
    result = aligned(
        tmp_path, segment(0, 3, "eins zwei", language="de"), segment(4, 6, "hello"), aligner=broken
    )
    assert [(word.word, word.timing) for word in result.words] == [
        ("eins", "asr"),
        ("zwei", "asr"),
        ("hello", "aligned"),
    ]
    (warning,) = result.warnings
    assert warning.code == "no_aligner"
    assert "'de'" in warning.message and type(error).__name__ in warning.message


@pytest.mark.parametrize("error", [MemoryError(), SystemExit(), KeyboardInterrupt()])
def test_errors_that_end_the_process_are_raised(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        aligned(tmp_path, segment(4, 6, "break"), aligner=Metronome(error=error))
    with pytest.raises(type(error)):
        aligned(tmp_path, segment(4, 6, "hello"), aligner=Metronome(load_errors={"en": error}))


def test_a_translation_is_not_aligned(tmp_path: Path) -> None:
    result = aligned(tmp_path, segment(0, 3, "good day"), task="translate")
    assert {word.timing for word in result.words} == {"asr"}
    assert (result.engines, result.warnings) == ((), ())


def test_no_segments_have_no_words(tmp_path: Path) -> None:
    result = aligned(tmp_path)
    assert (result.segments, result.words, result.engines, result.warnings) == ((), (), (), ())


def test_a_text_without_words_is_kept(tmp_path: Path) -> None:
    wordless = segment(5, 25, "Hm.").model_copy(update={"words": ()})
    result = aligned(tmp_path, segment(0, 3, "hello"), wordless, segment(19, 20, "bye"))
    assert [(s.text, s.start, s.end) for s in result.segments] == [
        ("hello", 0, 0.5),
        ("Hm.", 5, 20),
        ("bye", 19, 19.5),
    ]
    assert [word.segment for word in result.words] == [0, 2] and result.warnings == ()


def test_words_stay_inside_the_chunk(tmp_path: Path) -> None:
    result = aligned(tmp_path, segment(18.7, 25, "the last words are too late"))
    assert max(word.end for word in result.words) == 20
    assert origins(result) == ["aligned"] + ["clamped"] * 5
    assert all(word.end > word.start for word in result.words)
