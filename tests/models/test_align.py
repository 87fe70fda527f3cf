"""hama and wav2vec2 models align words with the audio."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hama import ASRModel
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
)
from whisperx.alignment import DEFAULT_ALIGN_MODELS_HF

from functions.align import aligner, hama
from functions.align.hama_network import load_network
from functions.align.stage import AlignParams, align
from shared.model.artifacts import (
    SAMPLE_RATE,
    Aligned,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
)
from shared.model.audio import read_wav
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable
from shared.runtime.model_files import packaged_file
from shared.runtime.stage import StageInput
from tests.models.sample import SAMPLE, SECONDS

pytestmark = pytest.mark.models

UTTERANCES = [
    line.split(maxsplit=5)[3:] for line in SAMPLE.with_suffix(".stm").read_text().splitlines()
]


def unaligned(start: float, end: float, text: str, language: str = "en") -> RecognizedSegment:
    """Returns words without useful times: each lasts as long as the segment."""
    words = tuple(
        RecognizedWord(word=word, start=start, end=end, probability=0.5) for word in text.split()
    )
    measures = {
        "avg_logprob": -0.2,
        "compression_ratio": 1.5,
        "no_speech_prob": 0.1,
        "temperature": 0.0,
    }
    return RecognizedSegment(
        start=start, end=end, language=language, text=text, words=words, **measures
    )


def aligned(
    folder: Path, *segments: RecognizedSegment, model: str | None = None, **params: str
) -> Aligned:
    recognition = Recognition(segments=segments, engine=Engine(name="parrot", version="1"))
    recognition_file = folder / "recognition.json"
    recognition_file.write_text(recognition.model_dump_json())
    files = {"audio": SAMPLE, "recognition": recognition_file}
    task = StageInput(AlignParams.model_validate(params), files, folder, lambda: SAMPLE.open("rb"))
    (output,) = align(task, lambda: aligner.LanguageAligner(model))
    assert isinstance(output.content, Aligned)
    return output.content


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Aligned:
    text = " ".join(text for _, _, text in UTTERANCES)
    return aligned(tmp_path_factory.mktemp("align"), unaligned(6.0, SECONDS, text))


def test_every_word_comes_back_once_and_in_order(sample: Aligned) -> None:
    text = " ".join(text for _, _, text in UTTERANCES)
    assert [word.word for word in sample.words] == text.split()
    starts = [word.start for word in sample.words]
    assert starts == sorted(starts)
    assert all(6 <= word.start <= word.end <= SECONDS for word in sample.words)


def test_all_words_are_aligned(sample: Aligned) -> None:
    assert {word.timing for word in sample.words} == {"aligned"}
    assert all(word.score is not None and 0 <= word.score <= 1 for word in sample.words)
    assert {word.confidence for word in sample.words} == {0.5}


def test_utterances_begin_where_the_reference_has_them(sample: Aligned) -> None:
    """The reference is the package's own transcript; each utterance begins after a pause."""
    errors = []
    first_word = 0
    for start, _, text in UTTERANCES:
        word = sample.words[first_word]
        errors.append(abs(word.start - float(start)))
        first_word += len(text.split())
    assert sorted(errors)[len(errors) // 2] < 0.1
    assert max(errors) < 0.4


def test_a_word_ends_before_the_pause(sample: Aligned) -> None:
    hello = sample.words[0]
    assert hello.end < 7.3, "the next word begins at 7.6"


def test_sentences_are_segments(sample: Aligned) -> None:
    assert [segment.text for segment in sample.segments][:3] == ["Hello?", "Hello?", "Oh, hello."]
    assert {segment.avg_logprob for segment in sample.segments} == {-0.2}


def test_the_engine_is_named(sample: Aligned) -> None:
    assert sample.engines == (hama.engine("cpu"),) == (aligner.load().engine,)
    engine = sample.engines[0]
    assert (engine.name, engine.version, engine.model) == ("hama", "1.7.0", "asr_waveform")
    assert sample.asr.name == "parrot"


def test_a_word_without_a_pronunciation_is_placed_between_its_neighbours(tmp_path: Path) -> None:
    result = aligned(tmp_path, unaligned(12.4, 14.4, "This is ♪ Diane in New Jersey."))
    expected = ["aligned"] * 2 + ["interpolated"] + ["aligned"] * 4
    assert [word.timing for word in result.words] == expected
    assert result.words[2].score is None
    assert result.words[1].end <= result.words[2].start <= result.words[3].start


@pytest.mark.parametrize(("start", "end"), [(7.0, 7.1), (7.0, 7.0), (29.999, 31.0), (40.0, 41.0)])
def test_words_that_cannot_fit_keep_their_times(tmp_path: Path, start: float, end: float) -> None:
    result = aligned(tmp_path, unaligned(start, end, "hello " * 30))
    assert len(result.words) == 30
    assert [warning.code for warning in result.warnings] == ["not_aligned"]
    assert {word.timing for word in result.words} <= {"asr", "clamped"}


def test_the_network_gives_the_numbers_of_hamas_own_engine() -> None:
    """hama's engine, too, computes in float32, in another order and with its own exponential."""
    samples = read_wav(SAMPLE)[: 11 * SAMPLE_RATE]
    inputs = {"waveform": samples[None], "waveform_lengths": np.array([len(samples)])}
    (expected,) = ASRModel().session.run(["log_probs"], inputs)
    with torch.inference_mode():
        found = hama.network("cpu")(torch.from_numpy(samples)[None])

    assert found.shape == expected.shape
    expected = torch.from_numpy(expected)
    assert torch.allclose(found.exp(), expected.exp(), atol=0.05)
    same = (found.argmax(2) == expected.argmax(2)).float().mean()
    assert same > 0.99


def test_another_file_of_weights_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "asr_waveform.hama"
    content = packaged_file("hama", "assets/asr_waveform.hama").read_bytes()
    other.write_bytes(content[:-1] + b"!")
    with pytest.raises(ModelUnavailable, match="format is known"):
        load_network(other)


def test_windows_give_the_same_phonemes_as_one_inference() -> None:
    model = hama.acoustic_model("en", "cpu")
    assert model is not None
    samples = read_wav(SAMPLE)
    in_windows = model.log_probabilities(samples)
    assert in_windows.shape == (len(samples) // hama.FRAME_SAMPLES, len(hama.UNITS))

    with torch.inference_mode():
        tokens = hama.network("cpu")(torch.from_numpy(samples)[None])[0]
    whole = (tokens.exp() @ hama.class_members())[hama.LAG : len(in_windows)]
    found = in_windows[: -hama.LAG, :-1]
    same = (whole.argmax(1) == found.argmax(1)).float().mean()
    assert same > 0.9


def test_words_that_are_not_said_keep_their_times(tmp_path: Path) -> None:
    """The speaker says: this is Diane in New Jersey."""
    text = "Each afternoon somebody washes purple vegetables"
    result = aligned(tmp_path, unaligned(12.4, 14.4, text))
    assert [warning.code for warning in result.warnings] == ["not_aligned"]
    assert {word.timing for word in result.words} <= {"asr", "clamped"}


def test_some_wrong_words_do_not_move_the_others(tmp_path: Path) -> None:
    """Two of seven words are not those that are said."""
    right = aligned(tmp_path, unaligned(12.4, 14.4, "This is Diane in New Jersey."))
    wrong = aligned(tmp_path, unaligned(12.4, 14.4, "This was Diana in New Jersey."))
    assert {word.timing for word in wrong.words} == {"aligned"}
    for index in (0, 2, 3, 4, 5):
        assert wrong.words[index].start == pytest.approx(right.words[index].start, abs=0.06)


@pytest.mark.parametrize("language", ["de", "pl", "tr", "ru", "el"])
def test_a_language_with_letters_is_aligned(tmp_path: Path, language: str) -> None:
    """English words, so that the letters are read a little wrongly, too."""
    text = {"ru": "Зис из Дайан ин Нью Джерси", "el": "Δις ιζ Νταϊαν ιν Νιου Τζερσι"}
    expected = aligned(tmp_path, unaligned(12.4, 14.4, "This is Diane in New Jersey"))
    words = text.get(language, "This is Diane in New Jersey")
    result = aligned(tmp_path, unaligned(12.4, 14.4, words, language))
    assert {word.timing for word in result.words} == {"aligned"}
    assert [engine.name for engine in result.engines] == ["hama"]
    for word, reference in zip(result.words, expected.words, strict=True):
        assert word.start == pytest.approx(reference.start, abs=0.15)


def test_a_language_in_another_script_has_no_aligner() -> None:
    for language in ("ja", "zh", "th", "ar", "hi", "ko", "xx"):
        assert aligner.load().for_language(language) is None
        assert aligner.LanguageAligner("hama").for_language(language) is None


@pytest.mark.parametrize("name", ["WAV2VEC2_ASR_BASE_960H", "no/model", "/nowhere"])
def test_words_are_kept_if_the_named_model_is_not_here(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelUnavailable, match=name):
        aligner.LanguageAligner(name).for_language("en")
    result = aligned(tmp_path, unaligned(12.4, 14.4, "This is Diane"), model=name)
    assert {word.timing for word in result.words} <= {"asr", "clamped"} and result.engines == ()
    assert [warning.code for warning in result.warnings] == ["no_aligner"]
    assert "This" not in "".join(capfd.readouterr())


def test_symbols_are_aligned_as_they_are_spoken(tmp_path: Path) -> None:
    expected = aligned(tmp_path, unaligned(14.4, 17.8, "And I'm Sheila in Texas"))
    result = aligned(tmp_path, unaligned(14.4, 17.8, "& I'm Sheila in Texas"))
    assert result.words[0].start == expected.words[0].start
    assert result.words[0].score == expected.words[0].score


def test_a_wav2vec2_model_in_a_folder_aligns(tmp_path: Path) -> None:
    """The weights are random: this shows that such a model is used, not that it aligns well."""
    model = tmp_path / "model"
    untrained_wav2vec2(model)
    result = aligned(
        tmp_path, unaligned(12.4, 14.4, "tu jest Diane 42 —", language="pl"), model=str(model)
    )
    assert [word.timing for word in result.words] == ["aligned"] * 4 + ["interpolated"]
    assert [engine.model for engine in result.engines] == [str(model)]
    assert result.engines[0].digest is not None and result.warnings == ()
    assert all(word.end > word.start for word in result.words)


def test_two_languages_have_a_model_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "model"
    untrained_wav2vec2(model)
    monkeypatch.setitem(DEFAULT_ALIGN_MODELS_HF, "pl", str(model))
    result = aligned(
        tmp_path,
        unaligned(6, 7.5, "Hello?"),
        unaligned(8.5, 10.5, "tu jest", "pl"),
        unaligned(12.4, 14.4, "This is Diane"),
    )
    assert [word.timing for word in result.words] == ["aligned"] * 6
    assert [engine.model for engine in result.engines] == ["asr_waveform", str(model)]


def test_words_are_kept_if_the_model_is_damaged(tmp_path: Path) -> None:
    model = tmp_path / "model"
    untrained_wav2vec2(model)
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    result = aligned(tmp_path, unaligned(12.4, 14.4, "tu jest", language="pl"), model=str(model))
    assert {word.timing for word in result.words} <= {"asr", "clamped"} and len(result.words) == 2
    assert [warning.code for warning in result.warnings] == ["no_aligner"]


def untrained_wav2vec2(folder: Path) -> None:
    tokens = ["<pad>", "<unk>", "|", *"abcdefghijklmnopqrstuvwxyz"]
    letters = {token: number for number, token in enumerate(tokens)}
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps(letters))
    tokenizer = Wav2Vec2CTCTokenizer(
        str(folder / "vocab.json"), pad_token="<pad>", unk_token="<unk>", word_delimiter_token="|"
    )
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), tokenizer).save_pretrained(folder)
    torch.manual_seed(1)
    config = Wav2Vec2Config(
        vocab_size=len(letters),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=[8] * 7,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
