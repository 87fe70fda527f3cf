"""The packaged alignment models place every word of real speech at its time."""

import json
import wave
from pathlib import Path

import pytest
import torch
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
)
from whisperx.alignment import DEFAULT_ALIGN_MODELS_HF

from functions.align import aligner, hama
from functions.align.sound import read
from functions.align.stage import AlignParams, align
from shared.contracts import Engine
from shared.errors import ModelUnavailable
from shared.speech import Aligned, Heard, HeardSegment, HeardWord
from shared.stage import Task
from tests.models.sample import SAMPLE, SECONDS

pytestmark = pytest.mark.models

UTTERANCES = [line.split(maxsplit=5)[3:] for line in SAMPLE.with_suffix(".stm").read_text().splitlines()]


def heard(start: float, end: float, text: str, language: str = "en") -> HeardSegment:
    """Words without any idea of where they are: each is said to last as long as all."""
    words = tuple(HeardWord(word=word, start=start, end=end, probability=0.5) for word in text.split())
    measures = {"avg_logprob": -0.2, "compression_ratio": 1.5, "no_speech_prob": 0.1, "temperature": 0.0}
    return HeardSegment(start=start, end=end, language=language, text=text, words=words, **measures)


def aligned(folder: Path, *segments: HeardSegment, **params: str) -> Aligned:
    given = Heard(segments=segments, engine=Engine(name="parrot", version="1"))
    (folder / "heard.json").write_text(given.model_dump_json())
    files = {"audio": SAMPLE, "heard": folder / "heard.json"}
    task = Task(AlignParams.model_validate(params), files, folder, lambda: SAMPLE.open("rb"))
    (output,) = align(task, aligner.load)
    assert isinstance(output.content, Aligned)
    return output.content


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Aligned:
    text = " ".join(text for _, _, text in UTTERANCES)
    return aligned(tmp_path_factory.mktemp("align"), heard(6.0, SECONDS, text))


def test_every_word_comes_back_once_and_in_order(sample: Aligned) -> None:
    assert [word.word for word in sample.words] == " ".join(text for _, _, text in UTTERANCES).split()
    starts = [word.start for word in sample.words]
    assert starts == sorted(starts)
    assert all(6 <= word.start <= word.end <= SECONDS for word in sample.words)


def test_all_words_are_aligned(sample: Aligned) -> None:
    assert {word.timing for word in sample.words} == {"aligned"}
    assert all(word.score is not None and 0 <= word.score <= 1 for word in sample.words)
    assert {word.confidence for word in sample.words} == {0.5}


def test_utterances_begin_where_they_are_said(sample: Aligned) -> None:
    """Against the package's own transcript, whose first words are those after a pause."""
    errors, words = [], iter(sample.words)
    for start, _, text in UTTERANCES:
        first, *_ = [next(words) for _ in text.split()]
        errors.append(abs(first.start - float(start)))
    assert sorted(errors)[len(errors) // 2] < 0.1
    assert max(errors) < 0.4


def test_a_word_ends_before_the_pause(sample: Aligned) -> None:
    hello = sample.words[0]
    assert hello.end < 7.3, "the next word begins at 7.6"


def test_sentences_are_segments(sample: Aligned) -> None:
    assert [segment.text for segment in sample.segments][:3] == ["Hello?", "Hello?", "Oh, hello."]
    assert {segment.avg_logprob for segment in sample.segments} == {-0.2}


def test_the_engine_is_named(sample: Aligned) -> None:
    assert sample.engines == (hama.engine(),) == (aligner.load().engine,)
    assert sample.engines[0].model == "hama 1.7.0" and sample.asr.name == "parrot"


def test_a_word_that_no_one_can_say_is_placed_between_its_neighbours(tmp_path: Path) -> None:
    found = aligned(tmp_path, heard(12.4, 14.4, "This is ♪ Diane in New Jersey."))
    assert [word.timing for word in found.words] == ["aligned"] * 2 + ["interpolated"] + ["aligned"] * 4
    assert found.words[2].score is None
    assert found.words[1].end <= found.words[2].start <= found.words[3].start


@pytest.mark.parametrize(("start", "end"), [(7.0, 7.1), (7.0, 7.0), (29.999, 31.0), (40.0, 41.0)])
def test_words_that_cannot_fit_keep_their_times(tmp_path: Path, start: float, end: float) -> None:
    found = aligned(tmp_path, heard(start, end, "hello " * 30))
    assert len(found.words) == 30 and [warning.code for warning in found.warnings] == ["not_aligned"]
    assert {word.timing for word in found.words} <= {"asr", "clamped"}


def test_long_speech_is_heard_in_windows_without_a_seam() -> None:
    network = hama.Network()
    with wave.open(str(SAMPLE)) as file:
        sound = read(SAMPLE).samples
        assert len(sound) == file.getnframes()
    whole = torch.from_numpy(network.log_probabilities(sound))
    pieces = network(torch.from_numpy(sound)[None]).logits[0]
    assert len(pieces) == len(sound) // hama.FRAME
    lagging = whole[hama.LAG : len(pieces)]
    same = (lagging.argmax(1) == pieces[: len(lagging)].argmax(1)).float().mean()
    assert same > 0.9


def test_a_language_without_a_model_here_has_no_voice() -> None:
    for language in ("pl", "de", "ja", "xx"):
        assert aligner.load().voice(language) is None
    assert aligner.load("hama").voice("pl") is None


@pytest.mark.parametrize("name", ["WAV2VEC2_ASR_BASE_960H", "nobody/nothing", "/nowhere"])
def test_a_model_that_was_asked_for_and_is_not_here_loses_no_words(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelUnavailable, match=name):
        aligner.load(name).voice("en")
    found = aligned(tmp_path, heard(12.4, 14.4, "This is Diane"), model=name)
    assert {word.timing for word in found.words} <= {"asr", "clamped"} and found.engines == ()
    assert [warning.code for warning in found.warnings] == ["no_aligner"]
    assert "This" not in "".join(capfd.readouterr())


def test_numbers_and_signs_are_found_as_they_are_said(tmp_path: Path) -> None:
    """She says: this is Diane in New Jersey."""
    found = aligned(tmp_path, heard(12.4, 14.4, "This is Diane in New 50% Jersey. $3.50"))
    assert {word.timing for word in found.words} == {"aligned"}


def test_a_wav2vec2_model_in_a_folder_aligns(tmp_path: Path) -> None:
    """Its weights are random: it shows that the way is open, not where the words are."""
    model = tmp_path / "model"
    untrained_wav2vec2(model)
    found = aligned(tmp_path, heard(12.4, 14.4, "tu jest Diane 42 —", language="pl"), model=str(model))
    assert [word.timing for word in found.words] == ["aligned", "aligned", "aligned", "aligned", "interpolated"]
    assert [engine.model for engine in found.engines] == [str(model)]
    assert found.engines[0].digest is not None and found.warnings == ()
    assert all(word.end > word.start for word in found.words)


def test_two_languages_have_a_model_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "model"
    untrained_wav2vec2(model)
    monkeypatch.setitem(DEFAULT_ALIGN_MODELS_HF, "pl", str(model))
    found = aligned(tmp_path, heard(7, 8, "Hello?"), heard(12.4, 14.4, "tu jest", "pl"), heard(15, 16, "Hello?"))
    assert [word.timing for word in found.words] == ["aligned"] * 4
    assert [engine.model for engine in found.engines] == ["hama 1.7.0", str(model)]


def test_a_model_that_is_damaged_loses_no_words(tmp_path: Path) -> None:
    model = tmp_path / "model"
    untrained_wav2vec2(model)
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    found = aligned(tmp_path, heard(12.4, 14.4, "tu jest", language="pl"), model=str(model))
    assert {word.timing for word in found.words} <= {"asr", "clamped"} and len(found.words) == 2
    assert [warning.code for warning in found.warnings] == ["no_aligner"]


def untrained_wav2vec2(folder: Path) -> None:
    letters = {letter: number for number, letter in enumerate(["<pad>", "<unk>", "|", *"abcdefghijklmnopqrstuvwxyz"])}
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
