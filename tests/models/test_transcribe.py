"""The packaged Whisper model transcribes real speech, and invents nothing in noise."""

import wave
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
from numpy.typing import NDArray
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from benchmarks import invented
from functions.transcribe import model_files as models
from functions.transcribe import whisper
from functions.transcribe.chunk_decoder import Hearing
from functions.transcribe.decode_request import Take
from functions.transcribe.detect import DetectParams, detect
from functions.transcribe.gap_recovery import filled
from functions.transcribe.sound import part, samples
from functions.transcribe.stage import TranscribeParams, transcribe
from functions.transcribe.timed_whisper import TimedWhisperModel
from shared.model.artifacts import (
    SAMPLE_RATE,
    Detection,
    Interval,
    ProbeWindow,
    Recognition,
    RecognizedSegment,
)
from shared.model.errors import BadOption
from shared.runtime.stage import StageInput
from shared.settings import settings
from tests.models.sample import SAMPLE, SECONDS, SPEECH, manifest, reference

pytestmark = pytest.mark.models

Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def recogniser() -> whisper.Whisper:
    return whisper.load()


@pytest.fixture(scope="module")
def heard(recogniser: whisper.Whisper, tmp_path_factory: pytest.TempPathFactory) -> Recognition:
    folder = tmp_path_factory.mktemp("transcribe")
    files = {"audio": SAMPLE, "manifest": manifest(folder)}
    task = StageInput(TranscribeParams(language="en"), files, folder, lambda: SAMPLE.open("rb"))
    (output,) = transcribe(task, whisper.load)
    assert isinstance(output.content, Recognition)
    return output.content


@pytest.fixture(scope="module")
def plain(recogniser: whisper.Whisper) -> str:
    """The sample heard without any hint."""
    (segment,) = recogniser.transcribe(SAMPLE, SPEECH, "en", TranscribeParams())
    return segment.text


def errors(segments: Iterable[RecognizedSegment]) -> float:
    normal = EnglishTextNormalizer({})
    return float(
        jiwer.wer(normal(reference()), normal(" ".join(segment.text for segment in segments)))
    )


@pytest.mark.decisive
def test_it_hears_what_is_said(heard: Recognition) -> None:
    assert errors(heard.segments) < 0.15
    assert {
        (segment.language, segment.temperature, segment.quality_flags) for segment in heard.segments
    } == {("en", 0.0, ())}


def test_the_words_are_those_of_the_text(heard: Recognition) -> None:
    for segment in heard.segments:
        assert [word.word for word in segment.words] == segment.text.split()


def test_words_are_in_order_inside_the_speech(heard: Recognition) -> None:
    for segment in heard.segments:
        starts = [word.start for word in segment.words]
        assert starts == sorted(starts) and len(set(starts)) > 0.9 * len(starts)
        assert all(segment.start <= word.start <= word.end <= segment.end for word in segment.words)
    assert {segment.start for segment in heard.segments} == {6.6} and heard.segments[
        -1
    ].end == SECONDS


def test_a_word_is_near_where_it_is_said(heard: Recognition) -> None:
    chicago = [
        word.start
        for segment in heard.segments
        for word in segment.words
        if word.word.startswith("Chicago")
    ]
    assert chicago == pytest.approx([17.1, 19.2], abs=0.5)


def test_segments_carry_what_tells_a_bad_one(heard: Recognition) -> None:
    for segment in heard.segments:
        assert segment.avg_logprob is not None and -1 < segment.avg_logprob < 0
        assert segment.compression_ratio is not None and 1 < segment.compression_ratio < 2.4
        assert segment.no_speech_prob is not None and segment.no_speech_prob < 0.6


def test_the_engine_is_named(heard: Recognition) -> None:
    assert (heard.engine.name, heard.engine.model) == ("whisperx", "base")
    assert heard.engine.digest is not None and heard.engine.digest.startswith("sha256:d01c3014")


@pytest.mark.parametrize("batch_size", [1, 2])
def test_each_window_gets_its_own_words(
    recogniser: whisper.Whisper, tmp_path: Path, batch_size: int
) -> None:
    with wave.open(str(SAMPLE)) as once, wave.open(str(tmp_path / "thrice.wav"), "wb") as thrice:
        thrice.setparams(once.getparams())
        thrice.writeframes(once.readframes(once.getnframes()) * 3)
    speech = [
        Interval(start=s.start + n * SECONDS, end=s.end + n * SECONDS) for n, s in enumerate(SPEECH)
    ]
    batched = whisper.Whisper(recogniser.model, recogniser.engine, batch_size)
    first, second, third = batched.transcribe(
        tmp_path / "thrice.wav", speech, "en", TranscribeParams()
    )
    assert "Neither" in first.text and "Chicago" in second.text and "Yankee" in third.text
    yankee = next(word.start for word in third.words if word.word == "Yankee")
    assert yankee == pytest.approx(2 * SECONDS + 26.3, abs=0.3)


@pytest.mark.parametrize(
    "region", [Interval(start=17.0, end=17.001), Interval(start=29.999, end=31.0)]
)
def test_a_region_may_be_shorter_than_a_frame(
    recogniser: whisper.Whisper, region: Interval
) -> None:
    for segment in recogniser.transcribe(SAMPLE, [region], "en", TranscribeParams()):
        assert segment.end - segment.start <= 0.0011


@pytest.mark.parametrize(
    "requested_run",
    [
        TranscribeParams(initial_prompt="sheila in texas and diane in new jersey"),
        TranscribeParams(hotwords="sheila in texas and diane in new jersey"),
    ],
    ids=["prompt", "hotwords"],
)
def test_what_is_asked_reaches_the_model(
    recogniser: whisper.Whisper, plain: str, asked: TranscribeParams
) -> None:
    (segment,) = recogniser.transcribe(SAMPLE, SPEECH, "en", asked)
    assert segment.text != plain


def test_a_translation_is_english(recogniser: whisper.Whisper) -> None:
    """Told that the sample is German, the model writes German, or what it takes for a translation
    of it."""
    asked = [TranscribeParams(task="transcribe"), TranscribeParams(task="translate")]
    german, english = (recogniser.transcribe(SAMPLE, SPEECH, "de", ask) for ask in asked)
    assert {segment.language for segment in german} == {"de"} and "ich" in said(german)
    assert (
        {segment.language for segment in english} == {"en"}
        and "ich" not in said(english)
        and "I" in said(english)
    )


def said(segments: Iterable[RecognizedSegment]) -> set[str]:
    return {word.word for segment in segments for word in segment.words}


def wav(path: Path, sound: Sound) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


NOTHING = {
    "silence": invented.silence(70),
    "faint noise": invented.faint_noise(70),
    "loud noise": invented.loud_noise(70),
    "tone": invented.pure_tone(70),
    "music": invented.music(70, 1),
}
LAUGHTER = {
    "low": invented.laughter(4, 0, pitch=160, breath=0.05),
    "middle": invented.laughter(4, 1, pitch=200, vowel="o"),
    "high": invented.laughter(4, 8, pitch=240, breath=0.05, vowel="e"),
}
"""Without the doubts, each is "Thank you." """


@pytest.mark.decisive
@pytest.mark.parametrize("sound", NOTHING.values(), ids=NOTHING)
def test_nothing_that_is_invented_is_believed(
    recogniser: whisper.Whisper, tmp_path: Path, sound: Sound
) -> None:
    speech = [
        Interval(start=start, end=start + seconds)
        for start, seconds in ((0, 0.25), (31, 0.6), (62, 4))
    ]
    audio = wav(tmp_path / "nothing.wav", sound)
    found = recogniser.transcribe(audio, speech, "en", TranscribeParams())
    assert all(segment.quality_flags for segment in found)


@pytest.mark.decisive
@pytest.mark.parametrize("sound", LAUGHTER.values(), ids=LAUGHTER)
def test_nobody_says_thank_you_in_laughter(
    recogniser: whisper.Whisper, tmp_path: Path, sound: Sound
) -> None:
    audio = wav(tmp_path / "laughter.wav", sound)
    found = recogniser.transcribe(audio, [Interval(start=0, end=4)], "en", TranscribeParams())
    assert all(segment.quality_flags for segment in found)


class Stammering(TimedWhisperModel):
    """Says everything twice and more in the pipeline's batches, and only there."""

    def generate_segment_batched(
        self, features: Any, tokenizer: Any, options: Any, encoder_output: Any = None
    ) -> dict[str, list[Any]]:
        again = replace(options, repetition_penalty=0.8)
        return super().generate_segment_batched(features, tokenizer, again, encoder_output)


def test_what_went_wrong_is_decoded_again(recogniser: whisper.Whisper) -> None:
    model = Stammering(str(models.find("base", settings().inference.models)), "cpu", "int8", 1)
    stammering = whisper.Whisper(model, recogniser.engine, 1)
    first, second = (
        stammering.transcribe(SAMPLE, SPEECH, "en", TranscribeParams()) for _ in range(2)
    )
    assert sum("Hello" in piece.text for piece in model.decoded[0].pieces) > 20
    assert first == second
    assert errors(first) < 0.15 and not any(segment.quality_flags for segment in first)


def test_samples_are_drawn_anew_in_each_request(recogniser: whisper.Whisper) -> None:
    hearing = Hearing(
        recogniser.model, recogniser.options, TranscribeParams(), samples(SAMPLE), SPEECH
    )
    take = Take(SPEECH[1], "en", temperature=1.0)
    drawn = []
    for _ in range(2):
        with recogniser.model.fresh_samples():
            drawn.append([hearing.decode(take) for _ in range(2)])
    assert drawn[0] == drawn[1]
    assert drawn[0][0].text != drawn[0][1].text, "these are samples"


def test_speech_that_was_missed_is_found(recogniser: whisper.Whisper) -> None:
    hearing = Hearing(
        recogniser.model, recogniser.options, TranscribeParams(), samples(SAMPLE), SPEECH
    )
    found = filled([], [Take(Interval(start=0, end=SECONDS), "en")], SPEECH, hearing)
    assert errors(found) < 0.15


def test_many_languages_may_be_one(recogniser: whisper.Whisper, heard: Recognition) -> None:
    assert (
        recogniser.transcribe(SAMPLE, SPEECH, "de", TranscribeParams(language="multi"))
        == heard.segments
    )


def test_a_translation_of_many_languages_is_english(recogniser: whisper.Whisper) -> None:
    asked = TranscribeParams(language="multi", task="translate")
    assert {s.language for s in recogniser.transcribe(SAMPLE, SPEECH, "de", asked)} == {"en"}


def test_a_prompt_that_would_be_forgotten_is_refused(recogniser: whisper.Whisper) -> None:
    with pytest.raises(
        BadOption, match=r"initial_prompt and hotwords: \d+ tokens together, at most 223"
    ):
        recogniser.transcribe(SAMPLE, SPEECH, "en", TranscribeParams(initial_prompt="word " * 300))


def detected(folder: Path, audio: Path, made: Path) -> Detection:
    files = {"audio": audio, "manifest": made}
    (output,) = detect(
        StageInput(DetectParams(), files, folder, lambda: audio.open("rb")), whisper.load
    )
    assert isinstance(output.content, Detection)
    return output.content


@pytest.mark.decisive
def test_the_language_is_english(recogniser: whisper.Whisper, tmp_path: Path) -> None:
    found = detected(tmp_path, SAMPLE, manifest(tmp_path))
    assert found.code == "en" and [guess.code for guess in found.windows] == ["en", "en"]
    assert found.confidence is not None and 0.9 < found.confidence <= 1


WORDS = (Interval(start=3, end=4.2), Interval(start=14, end=15.2), Interval(start=25, end=26.2))
"""Where three stretches of the sample are put into a noise."""


def in_noise(noise: Sound, loudness: float) -> Sound:
    """Returns the noise with stretches of the sample, which has that root mean square, at WORDS."""
    room = noise.copy()
    call = samples(SAMPLE)
    for place, start in zip(WORDS, (9.0, 18.0, 26.0), strict=True):
        said = part(call, Interval(start=start, end=start + 1.2))
        at = int(place.start * SAMPLE_RATE)
        room[at : at + len(said)] += said * loudness / np.sqrt(np.mean(said**2))
    return room


@pytest.mark.decisive
@pytest.mark.parametrize("loudness", [0.0, 0.02, 0.05], ids=["no words", "drowned words", "words"])
@pytest.mark.parametrize("noise", ["pink", "music"])
def test_a_language_that_is_not_heard_clearly_is_not_sure(
    recogniser: whisper.Whisper, tmp_path: Path, noise: str, loudness: float
) -> None:
    room = invented.pink_noise(36) if noise == "pink" else invented.music(36, 1)
    audio = wav(tmp_path / "room.wav", in_noise(room, loudness))
    probe = ProbeWindow(start=WORDS[0].start, end=WORDS[-1].end, offset=WORDS[0].start)
    found = detected(tmp_path, audio, manifest(tmp_path, WORDS, (probe,), start=0))
    assert found.confidence is not None
    assert found.code == "en" or found.confidence < 0.5
    assert found.confidence < 0.5 or loudness


def test_nothing_is_printed(recogniser: whisper.Whisper, capfd: pytest.CaptureFixture[str]) -> None:
    recogniser.transcribe(SAMPLE, SPEECH[:1], "en", TranscribeParams())
    whisper.Whisper(recogniser.model, recogniser.engine, 1)
    assert capfd.readouterr() == ("", "")
