import wave
from pathlib import Path

import jiwer
import pytest
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from functions.transcribe import whisper
from functions.transcribe.detect import DetectParams, detect
from functions.transcribe.stage import TranscribeParams, transcribe
from shared.errors import BadOption
from shared.speech import Detection, Heard, Region
from shared.stage import Task
from tests.models.sample import SAMPLE, SECONDS, SPEECH, manifest, reference

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def recogniser() -> whisper.Whisper:
    return whisper.load()


@pytest.fixture(scope="module")
def heard(recogniser: whisper.Whisper, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    folder = tmp_path_factory.mktemp("transcribe")
    files = {"audio": SAMPLE, "manifest": manifest(folder)}
    task = Task(TranscribeParams(language="en"), files, folder, lambda: SAMPLE.open("rb"))
    (output,) = transcribe(task, whisper.load)
    assert isinstance(output.content, Heard)
    return output.content


@pytest.fixture(scope="module")
def plain(recogniser: whisper.Whisper) -> str:
    """The sample heard without any hint."""
    (segment,) = recogniser.transcribe(SAMPLE, SPEECH, "en", TranscribeParams())
    return segment.text


def test_it_hears_what_is_said(heard: Heard) -> None:
    normal = EnglishTextNormalizer({})
    text = " ".join(segment.text for segment in heard.segments)
    assert jiwer.wer(normal(reference()), normal(text)) < 0.15


def test_the_words_are_those_of_the_text(heard: Heard) -> None:
    for segment in heard.segments:
        assert [word.word for word in segment.words] == segment.text.split()


def test_words_are_in_order_inside_the_speech(heard: Heard) -> None:
    for segment in heard.segments:
        starts = [word.start for word in segment.words]
        assert starts == sorted(starts) and len(set(starts)) > 0.9 * len(starts)
        assert all(segment.start <= word.start <= word.end <= segment.end for word in segment.words)
    assert {segment.start for segment in heard.segments} == {6.6} and heard.segments[-1].end == SECONDS


def test_a_word_is_near_where_it_is_said(heard: Heard) -> None:
    chicago = [word.start for segment in heard.segments for word in segment.words if word.word.startswith("Chicago")]
    assert chicago == pytest.approx([17.1, 19.2], abs=0.5)


def test_segments_carry_what_tells_a_bad_one(heard: Heard) -> None:
    for segment in heard.segments:
        assert segment.avg_logprob is not None and -1 < segment.avg_logprob < 0
        assert segment.compression_ratio is not None and 1 < segment.compression_ratio < 2.4
        assert segment.no_speech_prob is not None and segment.no_speech_prob < 0.6


def test_the_engine_is_named(heard: Heard) -> None:
    assert (heard.engine.name, heard.engine.model) == ("whisperx", "base")
    assert heard.engine.digest is not None and heard.engine.digest.startswith("sha256:d01c3014")


@pytest.mark.parametrize("batch_size", [1, 2])
def test_each_window_gets_its_own_words(recogniser: whisper.Whisper, tmp_path: Path, batch_size: int) -> None:
    with wave.open(str(SAMPLE)) as once, wave.open(str(tmp_path / "thrice.wav"), "wb") as thrice:
        thrice.setparams(once.getparams())
        thrice.writeframes(once.readframes(once.getnframes()) * 3)
    speech = [Region(start=s.start + n * SECONDS, end=s.end + n * SECONDS) for n, s in enumerate(SPEECH)]
    batched = whisper.Whisper(recogniser.model, recogniser.engine, batch_size)
    first, second, third = batched.transcribe(tmp_path / "thrice.wav", speech, "en", TranscribeParams())
    assert "Neither" in first.text and "Chicago" in second.text and "Yankee" in third.text
    yankee = next(word.start for word in third.words if word.word == "Yankee")
    assert yankee == pytest.approx(2 * SECONDS + 26.3, abs=0.3)


@pytest.mark.parametrize("region", [Region(start=17.0, end=17.001), Region(start=29.999, end=31.0)])
def test_a_region_may_be_shorter_than_a_frame(recogniser: whisper.Whisper, region: Region) -> None:
    for segment in recogniser.transcribe(SAMPLE, [region], "en", TranscribeParams()):
        assert segment.end - segment.start <= 0.0011


@pytest.mark.parametrize(
    "asked",
    [
        TranscribeParams(initial_prompt="sheila in texas and diane in new jersey"),
        TranscribeParams(hotwords="sheila in texas and diane in new jersey"),
    ],
    ids=["prompt", "hotwords"],
)
def test_what_is_asked_reaches_the_model(recogniser: whisper.Whisper, plain: str, asked: TranscribeParams) -> None:
    (segment,) = recogniser.transcribe(SAMPLE, SPEECH, "en", asked)
    assert segment.text != plain


def test_a_translation_is_english(recogniser: whisper.Whisper) -> None:
    """Told that the sample is German, the model writes German, or what it takes for a translation of it."""
    asked = [TranscribeParams(task="transcribe"), TranscribeParams(task="translate")]
    german, english = ({w.word for w in recogniser.transcribe(SAMPLE, SPEECH, "de", ask)[0].words} for ask in asked)
    assert "ich" in german and "ich" not in english and "I" in english


def test_a_prompt_that_would_be_forgotten_is_refused(recogniser: whisper.Whisper) -> None:
    with pytest.raises(BadOption, match=r"initial_prompt and hotwords: \d+ tokens together, at most 223"):
        recogniser.transcribe(SAMPLE, SPEECH, "en", TranscribeParams(initial_prompt="word " * 300))


def test_the_language_is_english(recogniser: whisper.Whisper, tmp_path: Path) -> None:
    files = {"audio": SAMPLE, "manifest": manifest(tmp_path)}
    (output,) = detect(Task(DetectParams(), files, tmp_path, lambda: SAMPLE.open("rb")), whisper.load)
    assert isinstance(output.content, Detection)
    assert output.content.code == "en" and [guess.code for guess in output.content.windows] == ["en", "en"]
    assert output.content.confidence is not None and 0.9 < output.content.confidence <= 1


def test_nothing_is_printed(recogniser: whisper.Whisper, capfd: pytest.CaptureFixture[str]) -> None:
    recogniser.transcribe(SAMPLE, SPEECH[:1], "en", TranscribeParams())
    whisper.Whisper(recogniser.model, recogniser.engine, 1)
    assert capfd.readouterr() == ("", "")
