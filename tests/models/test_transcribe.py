"""Proves what transcribe and detect make of real sound, with the packaged Whisper model.

Texts and limits were seen to hold on GENERIC, on AVX2, and on an AMD processor's own choice (AVX2
in CTranslate2, AVX-512 in oneDNN). Tests that depend on a log probability, which differs by up to
0.2, are marked `decisive` and run on a second instruction set in every run
(`test_instruction_sets.py`).
"""

import wave
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from benchmarks import nonspeech
from functions.prepare.sample_intervals import in_seconds, pad
from functions.transcribe import model_files, whisper
from functions.transcribe.chunk_decoder import ChunkDecoder
from functions.transcribe.decode_request import DecodeRequest
from functions.transcribe.detect import DetectParams, detect
from functions.transcribe.gap_recovery import fill_gaps, find_gaps
from functions.transcribe.stage import TranscribeParams, transcribe
from functions.transcribe.timed_whisper import TimedWhisperModel, text_of
from functions.transcribe.windows import cut
from shared.model.artifacts import (
    SAMPLE_RATE,
    Chunk,
    Detection,
    Interval,
    ProbeWindow,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
)
from shared.model.audio import Samples, read_wav
from shared.model.errors import BadOption
from shared.runtime.stage import StageInput
from shared.settings import settings
from tests.models.sample import SAMPLE, SECONDS, SPEECH, reference, write_manifest

pytestmark = pytest.mark.models

NONSPEECH = {
    "silence": nonspeech.silence(70),
    "faint noise": nonspeech.faint_noise(70),
    "loud noise": nonspeech.loud_noise(70),
    "tone": nonspeech.pure_tone(70),
    "music": nonspeech.music(70, 1),
}
LAUGHTER = {
    "low": nonspeech.laughter(4, 0, pitch=160, breath=0.05),
    "middle": nonspeech.laughter(4, 1, pitch=200, vowel="o"),
    "high": nonspeech.laughter(4, 8, pitch=240, breath=0.05, vowel="e"),
}
"""Each is decoded to "Thank you.", which only the quality flags keep out of the transcript."""
SPEECH_IN_NOISE = (
    Interval(start=3, end=4.2),
    Interval(start=14, end=15.2),
    Interval(start=25, end=26.2),
)
"""Where three parts of the sample are mixed into a noise."""


@pytest.fixture(scope="module")
def recogniser() -> whisper.Whisper:
    return whisper.load()


@pytest.fixture(scope="module")
def recognition(
    recogniser: whisper.Whisper, tmp_path_factory: pytest.TempPathFactory
) -> Recognition:
    """The stage's result for the sample."""
    folder = tmp_path_factory.mktemp("transcribe")
    files = {"audio": SAMPLE, "manifest": write_manifest(folder)}
    stage_input = StageInput(
        TranscribeParams(language="en"), files, folder, lambda: SAMPLE.open("rb")
    )
    (output,) = transcribe(stage_input, whisper.load)
    assert isinstance(output.content, Recognition)
    return output.content


@pytest.fixture(scope="module")
def text_without_prompt(recogniser: whisper.Whisper) -> str:
    (segment,) = recogniser.transcribe(SAMPLE, SPEECH, "en", TranscribeParams())
    return segment.text


def decoder_of_sample(recogniser: whisper.Whisper) -> ChunkDecoder:
    return ChunkDecoder(
        recogniser.model, recogniser.options, TranscribeParams(), read_wav(SAMPLE), SPEECH
    )


def word_error_rate(segments: Iterable[RecognizedSegment]) -> float:
    normalize = EnglishTextNormalizer({})
    text = " ".join(segment.text for segment in segments)
    return float(jiwer.wer(normalize(reference()), normalize(text)))


def write_wav(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@pytest.mark.decisive
def test_the_sample_is_recognized(recognition: Recognition) -> None:
    assert word_error_rate(recognition.segments) < 0.15
    for segment in recognition.segments:
        assert (segment.language, segment.temperature, segment.quality_flags) == ("en", 0.0, ())


def test_the_words_are_those_of_the_text(recognition: Recognition) -> None:
    for segment in recognition.segments:
        assert [word.word for word in segment.words] == segment.text.split()


def test_words_are_in_order_inside_the_speech(recognition: Recognition) -> None:
    for segment in recognition.segments:
        starts = [word.start for word in segment.words]
        assert starts == sorted(starts) and len(set(starts)) > 0.9 * len(starts)
        assert all(segment.start <= word.start <= word.end <= segment.end for word in segment.words)
    assert {segment.start for segment in recognition.segments} == {6.6}
    assert recognition.segments[-1].end == SECONDS


def test_words_have_the_right_times(recognition: Recognition) -> None:
    starts = []
    for segment in recognition.segments:
        starts += [word.start for word in segment.words if word.word.startswith("Chicago")]
    assert starts == pytest.approx([17.1, 19.2], abs=0.5)


def test_segments_have_the_numbers_that_quality_flags_need(recognition: Recognition) -> None:
    for segment in recognition.segments:
        assert segment.avg_logprob is not None and -1 < segment.avg_logprob < 0
        assert segment.compression_ratio is not None and 1 < segment.compression_ratio < 2.4
        assert segment.no_speech_prob is not None and segment.no_speech_prob < 0.6


def test_the_engine_is_named(recognition: Recognition) -> None:
    engine = recognition.engine
    assert (engine.name, engine.model) == ("whisperx", "base")
    assert engine.digest is not None and engine.digest.startswith("sha256:d01c3014")


@pytest.mark.parametrize(
    "batch_size",
    [pytest.param(1, marks=pytest.mark.slow), 2],  # the third window of 2 is a batch of 1
)
def test_each_window_gets_its_own_words(
    recogniser: whisper.Whisper, tmp_path: Path, batch_size: int
) -> None:
    with wave.open(str(SAMPLE)) as once, wave.open(str(tmp_path / "thrice.wav"), "wb") as thrice:
        thrice.setparams(once.getparams())
        thrice.writeframes(once.readframes(once.getnframes()) * 3)
    speech = []
    for repetition in range(3):
        shift = repetition * SECONDS
        speech += [Interval(start=part.start + shift, end=part.end + shift) for part in SPEECH]
    batched = whisper.Whisper(recogniser.model, recogniser.engine, batch_size)
    first, second, third = batched.transcribe(
        tmp_path / "thrice.wav", speech, "en", TranscribeParams()
    )
    assert "Neither" in first.text and "Chicago" in second.text and "Yankee" in third.text
    yankee = next(word.start for word in third.words if word.word == "Yankee")
    assert yankee == pytest.approx(2 * SECONDS + 26.3, abs=0.3)


@pytest.mark.parametrize(
    "interval", [Interval(start=17.0, end=17.001), Interval(start=29.999, end=31.0)]
)
def test_an_interval_may_be_shorter_than_a_frame(
    recogniser: whisper.Whisper, interval: Interval
) -> None:
    for segment in recogniser.transcribe(SAMPLE, [interval], "en", TranscribeParams()):
        assert segment.end - segment.start <= 0.0011


@pytest.mark.parametrize(
    "params",
    [
        TranscribeParams(initial_prompt="sheila in texas and diane in new jersey"),
        TranscribeParams(hotwords="sheila in texas and diane in new jersey"),
    ],
    ids=["prompt", "hotwords"],
)
def test_prompts_reach_the_model(
    recogniser: whisper.Whisper, text_without_prompt: str, params: TranscribeParams
) -> None:
    (segment,) = recogniser.transcribe(SAMPLE, SPEECH, "en", params)
    assert segment.text != text_without_prompt


def test_a_translation_is_english(recogniser: whisper.Whisper) -> None:
    """With German as the sample's language, the model writes some German, or a translation.

    How much of the text is German depends on the processor, so only the translation's words are
    compared.
    """
    german = recogniser.transcribe(SAMPLE, SPEECH, "de", TranscribeParams(task="transcribe"))
    english = recogniser.transcribe(SAMPLE, SPEECH, "de", TranscribeParams(task="translate"))
    assert {segment.language for segment in german} == {"de"}
    assert {segment.language for segment in english} == {"en"}
    assert word_error_rate(english) < 0.25
    assert [segment.text for segment in german] != [segment.text for segment in english]


def nonspeech_case(name: str) -> Any:
    """Returns a case of the test below. Silence and music have the least margins: decisive."""
    marks = (pytest.mark.decisive,) if name in ("silence", "music") else ()
    return pytest.param(NONSPEECH[name], id=name, marks=marks)


@pytest.mark.parametrize("sound", [nonspeech_case(name) for name in NONSPEECH])
def test_text_in_sounds_without_speech_is_flagged(
    recogniser: whisper.Whisper, tmp_path: Path, sound: Samples
) -> None:
    audio = write_wav(tmp_path / "nonspeech.wav", sound)
    speech = [
        Interval(start=0, end=0.25),
        Interval(start=31, end=31.6),
        Interval(start=62, end=66),
    ]
    segments = recogniser.transcribe(audio, speech, "en", TranscribeParams())
    assert all(segment.quality_flags for segment in segments)


@pytest.mark.decisive
@pytest.mark.parametrize("sound", LAUGHTER.values(), ids=LAUGHTER)
def test_text_in_laughter_is_flagged(
    recogniser: whisper.Whisper, tmp_path: Path, sound: Samples
) -> None:
    audio = write_wav(tmp_path / "laughter.wav", sound)
    segments = recogniser.transcribe(audio, [Interval(start=0, end=4)], "en", TranscribeParams())
    assert all(segment.quality_flags for segment in segments)


class RepeatingModel(TimedWhisperModel):
    """Repeats its words in the pipeline's batches, but not in later decodings."""

    def generate_segment_batched(
        self, features: Any, tokenizer: Any, options: Any, encoder_output: Any = None
    ) -> dict[str, list[Any]]:
        repeating = replace(options, repetition_penalty=0.8)
        return super().generate_segment_batched(features, tokenizer, repeating, encoder_output)


def test_a_window_with_repetitions_is_decoded_again(recogniser: whisper.Whisper) -> None:
    folder = model_files.find("base", settings().inference.models)
    model = RepeatingModel(str(folder), "cpu", "int8", 1)
    repeating = whisper.Whisper(model, recogniser.engine, 1)
    first = repeating.transcribe(SAMPLE, SPEECH, "en", TranscribeParams())
    second = repeating.transcribe(SAMPLE, SPEECH, "en", TranscribeParams())
    assert text_of(model.decoded[0]).count("Hello") > 20
    assert first == second
    assert word_error_rate(first) < 0.15
    assert not any(segment.quality_flags for segment in first)


def test_each_request_draws_the_same_samples(recogniser: whisper.Whisper) -> None:
    decoder = decoder_of_sample(recogniser)
    request = DecodeRequest(SPEECH[1], "en", temperature=1.0)
    draws = []
    for _ in range(2):
        with recogniser.model.reproducible_sampling():
            draws.append([decoder.decode(request), decoder.decode(request)])
    assert draws[0] == draws[1]
    assert draws[0][0].text != draws[0][1].text, "the texts are no samples"


def test_missed_speech_is_recovered(recogniser: whisper.Whisper) -> None:
    decoder = decoder_of_sample(recogniser)
    requests = [DecodeRequest(Interval(start=0, end=SECONDS), "en")]
    chunk = Chunk(start=0, end=SECONDS, speech=SPEECH)
    segments = fill_gaps([], requests, chunk, decoder)
    # 12 of 87 words are wrong with AVX2 and AVX512, and 14 with AVX.
    assert word_error_rate(segments) < 0.2


SENTENCES = (
    Interval(start=12.4, end=14.1),
    Interval(start=14.4, end=17.9),
    Interval(start=21.8, end=23.9),
)
"""Parts of the sample."""
ANSWER = Interval(start=7.4, end=8.0)
"""The part of the sample in which somebody says hello."""


def between_sentences(sound: Samples, pause: float) -> tuple[Samples, Chunk, list[Interval]]:
    """Returns the sentences with the sound after each of them, their speech, and the sounds' times.

    `pause` is the seconds of silence on both sides of each sound. Speech is padded as prepare does.
    """
    call = read_wav(SAMPLE)
    silence = np.zeros(int(pause * SAMPLE_RATE), np.float32)
    parts: list[Samples] = []
    spoken: list[tuple[int, int]] = []
    length = 0
    for sentence in SENTENCES:
        for part in (cut(call, sentence), sound):
            spoken.append((length, length + len(part)))
            parts += [part, silence]
            length += len(part) + len(silence)
    speech = tuple(in_seconds(interval) for interval in pad(spoken, length))
    times = [in_seconds(interval) for interval in spoken[1::2]]
    return np.concatenate(parts), Chunk(start=0, end=length / SAMPLE_RATE, speech=speech), times


@pytest.mark.parametrize("pause", [0.2, 0.4, 1.5])
def test_a_short_answer_between_sentences_is_recognized_or_a_gap(
    recogniser: whisper.Whisper, tmp_path: Path, pause: float
) -> None:
    samples, chunk, answers = between_sentences(cut(read_wav(SAMPLE), ANSWER), pause)
    audio = write_wav(tmp_path / "answers.wav", samples)
    segments = recogniser.transcribe(audio, chunk.speech, "en", TranscribeParams())
    gaps = find_gaps(chunk, segments)
    for answer in answers:
        words = [word.word for segment in segments for word in segment.words if meets(word, answer)]
        is_recognized = any("ello" in word for word in words)
        assert is_recognized or any(meets(gap, answer) for gap in gaps)


def meets(one: Interval | RecognizedWord, other: Interval) -> bool:
    """Returns whether the two share a moment."""
    return one.start < other.end and one.end > other.start


def laugh_case(name: str, seconds: float) -> Any:
    """Returns a case of the test below. The one that is decoded anew most often is slow."""
    marks = (pytest.mark.slow,) if (name, seconds) == ("low", 0.8) else ()
    return pytest.param(LAUGHTER[name], seconds, id=f"{name}-{seconds}", marks=marks)


LAUGHS = [laugh_case(name, seconds) for name in LAUGHTER for seconds in (0.4, 0.8)]


@pytest.mark.decisive
@pytest.mark.parametrize(("sound", "seconds"), LAUGHS)
def test_no_words_are_made_up_for_a_short_laugh_between_sentences(
    recogniser: whisper.Whisper, tmp_path: Path, sound: Samples, seconds: float
) -> None:
    """The sentences are one window: more than one segment would be text recovered from a laugh."""
    laugh = cut(sound, Interval(start=0.5, end=0.5 + seconds))
    samples, chunk, _ = between_sentences(laugh, 0.4)
    audio = write_wav(tmp_path / "laughs.wav", samples)
    (segment,) = recogniser.transcribe(audio, chunk.speech, "en", TranscribeParams())
    assert segment.end - segment.start > 8


def test_language_multi_finds_a_single_language(
    recogniser: whisper.Whisper, recognition: Recognition
) -> None:
    params = TranscribeParams(language="multi")
    assert recogniser.transcribe(SAMPLE, SPEECH, "de", params) == recognition.segments


def test_a_translation_of_several_languages_is_english(recogniser: whisper.Whisper) -> None:
    params = TranscribeParams(language="multi", task="translate")
    segments = recogniser.transcribe(SAMPLE, SPEECH, "de", params)
    assert {segment.language for segment in segments} == {"en"}


def test_a_prompt_longer_than_the_context_is_refused(recogniser: whisper.Whisper) -> None:
    params = TranscribeParams(initial_prompt="word " * 300)
    message = (
        r"initial-prompt and hotwords have \d+ of Whisper's tokens together; expected at most 223"
    )
    with pytest.raises(BadOption, match=message):
        recogniser.transcribe(SAMPLE, SPEECH, "en", params)


def run_detect(folder: Path, audio: Path, manifest: Path) -> Detection:
    files = {"audio": audio, "manifest": manifest}
    stage_input = StageInput(DetectParams(), files, folder, lambda: audio.open("rb"))
    (output,) = detect(stage_input, whisper.load)
    assert isinstance(output.content, Detection)
    return output.content


@pytest.mark.decisive
def test_the_language_is_english(recogniser: whisper.Whisper, tmp_path: Path) -> None:
    detection = run_detect(tmp_path, SAMPLE, write_manifest(tmp_path))
    assert detection.code == "en"
    assert [guess.code for guess in detection.windows] == ["en", "en"]
    assert detection.confidence is not None and 0.9 < detection.confidence <= 1


def mix(noise: Samples, loudness: float) -> Samples:
    """Returns the noise with parts of the sample at `SPEECH_IN_NOISE`.

    `loudness` is the root mean square of each part.
    """
    mixed = noise.copy()
    call = read_wav(SAMPLE)
    for interval, start in zip(SPEECH_IN_NOISE, (9.0, 18.0, 26.0), strict=True):
        speech = cut(call, Interval(start=start, end=start + 1.2))
        first = int(interval.start * SAMPLE_RATE)
        root_mean_square = np.sqrt(np.mean(speech**2))
        mixed[first : first + len(speech)] += speech * loudness / root_mean_square
    return mixed


@pytest.mark.decisive
@pytest.mark.parametrize("loudness", [0.0, 0.02, 0.05], ids=["no words", "drowned words", "words"])
@pytest.mark.parametrize("noise", ["pink", "music"])
def test_a_language_without_clear_speech_has_a_low_confidence(
    recogniser: whisper.Whisper, tmp_path: Path, noise: str, loudness: float
) -> None:
    room = nonspeech.pink_noise(36) if noise == "pink" else nonspeech.music(36, 1)
    audio = write_wav(tmp_path / "room.wav", mix(room, loudness))
    first = SPEECH_IN_NOISE[0].start
    probe = ProbeWindow(start=first, end=SPEECH_IN_NOISE[-1].end, offset=first)
    manifest = write_manifest(tmp_path, SPEECH_IN_NOISE, (probe,), start=0)
    detection = run_detect(tmp_path, audio, manifest)
    assert detection.confidence is not None
    assert detection.code == "en" or detection.confidence < 0.5
    assert detection.confidence < 0.5 or loudness


@pytest.mark.decisive
def test_words_in_a_noisy_room_are_in_the_language_of_their_text(
    recogniser: whisper.Whisper, tmp_path: Path
) -> None:
    """The speech alone is most like German, but its text is more probable in English.

    The lead was 0.54 to 0.80 per token, and 0.1 is needed.
    """
    room = np.resize(nonspeech.pink_noise(10), 36 * SAMPLE_RATE)
    speech = cut(read_wav(SAMPLE), Interval(start=27.5, end=30.0))
    first = 20 * SAMPLE_RATE
    root_mean_square = np.sqrt(np.mean(speech**2))
    room[first : first + len(speech)] += speech * 0.03 / root_mean_square
    audio = write_wav(tmp_path / "room.wav", room)
    interval = Interval(start=20, end=22.5)
    (guess,) = recogniser.language_probabilities(audio, [[interval]])
    assert max(guess, key=guess.__getitem__) == "de"
    logprobs = recogniser.language_logprobs(audio, [[interval]], ("de", "en"))
    assert logprobs["en"] - logprobs["de"] > 0.3

    probe = ProbeWindow(start=5, end=35, offset=5)
    manifest = write_manifest(tmp_path, (interval,), (probe,), start=0)
    detection = run_detect(tmp_path, audio, manifest)
    assert detection.code == "en"
    assert detection.confidence is not None and detection.confidence < 0.3


def test_the_recogniser_prints_nothing(
    recogniser: whisper.Whisper, capfd: pytest.CaptureFixture[str]
) -> None:
    recogniser.transcribe(SAMPLE, SPEECH[:1], "en", TranscribeParams())
    whisper.Whisper(recogniser.model, recogniser.engine, 1)
    assert capfd.readouterr() == ("", "")
