"""hama's phoneme recogniser as an acoustic model: English phonemes, and other languages by letters.

Its outputs are turned into probabilities of the broad classes of phonemes.py.
"""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version

import torch
from hama.vocab import Vocabulary
from torch import Tensor

from functions.align.acoustic_model import WILDCARD
from functions.align.alignment import FRAME
from functions.align.chunk_audio import ChunkAudio
from functions.align.forced_alignment import best_path
from functions.align.g2p import word_phonemes
from functions.align.hama_network import PhonemeNetwork, load_network
from functions.align.letters import LANGUAGES, word_letters
from functions.align.phonemes import CLASSES
from functions.align.word_boundaries import AlignedChar
from shared.model.artifacts import SAMPLE_RATE, Interval
from shared.model.audio import Samples
from shared.model.contracts import Engine
from shared.runtime.model_files import file_digest, packaged_file

WORD_BOUNDARY, BLANK = "<wb>", "<blank>"
"""hama's names of its last two outputs."""
UNITS = (*CLASSES, WORD_BOUNDARY, BLANK, WILDCARD)
"""What is aligned, in the order of the columns."""

FRAME_SAMPLES = 320
"""Samples of an output frame: 20 ms."""
LAG = 4
"""Frames by which the model emits a phoneme after its onset, measured against hand-checked word
boundaries."""
WINDOW = 500 * FRAME_SAMPLES
"""Samples per inference: 10 s, since the cost of attention grows with the square of the length."""
CONTEXT = 25 * FRAME_SAMPLES
"""Samples before and after a window that the network sees with it."""
MAX_MISFIT = 3.0
"""Misfit of a path above which the words are not those of the audio. Right words have at most 2.2,
in as much noise as speech, too; if half of them are wrong 2.9; if all are wrong 2 to 7."""
MIN_PROBABILITY = 1e-9
"""Floor for the probability of a class, so that its logarithm is finite."""


@cache
def engine(device: str) -> Engine:
    weights = packaged_file("hama", "assets/asr_waveform.hama")
    return Engine(
        name="hama",
        version=version("hama"),
        model="asr_waveform",
        digest=file_digest(weights),
        device=device,
    )


@cache
def network(device: str) -> PhonemeNetwork:
    """Returns the network on the device. Raises ModelUnavailable."""
    weights = packaged_file("hama", "assets/asr_waveform.hama")
    return load_network(weights).to(device)


def acoustic_model(language: str, device: str) -> "PhonemeModel | None":
    """Returns the model for a language, or None for one whose writing it cannot pronounce."""
    if language != "en" and language not in LANGUAGES:
        return None
    return PhonemeModel(language, device)


class PhonemeModel:
    """Finds the broad phoneme classes of words in the audio.

    Only the network runs on the device. Finding the path is little work, and is done on the CPU.
    """

    def __init__(self, language: str, device: str) -> None:
        self.language = language
        self.engine = engine(device)
        self.network = network(device)
        self.members = class_members()

    def encode_word(self, word: str) -> Sequence[str]:
        """Returns the word's phoneme classes, or WILDCARD if nothing in it is spoken."""
        if self.language == "en":
            classes = word_phonemes(word)
        else:
            classes = word_letters(word, self.language)
        return classes or WILDCARD

    def align_chars(
        self, words: Sequence[Sequence[str]], interval: Interval, audio: ChunkAudio
    ) -> list[AlignedChar] | None:
        """Returns the classes of all words in a row, or None if they do not fit the interval."""
        first = round(interval.start * SAMPLE_RATE)
        last = round(interval.end * SAMPLE_RATE)
        log_probabilities = self.log_probabilities(audio.samples[first:last])

        row = with_boundaries(words)
        columns = [UNITS.index(unit) for unit in row]
        blank = UNITS.index(BLANK)
        path = best_path(log_probabilities, columns, blank)
        if path is None or path.misfit > MAX_MISFIT:
            return None

        chars = []
        for unit, span in zip(row, path.spans, strict=True):
            if unit != WORD_BOUNDARY:
                start = interval.start + span.start * FRAME
                chars.append(AlignedChar(unit, start, span.score))
        return chars

    @torch.inference_mode()
    def log_probabilities(self, samples: Samples) -> Tensor:
        """Returns the log probabilities of UNITS, on the CPU; shape (frames, UNITS)."""
        waveform = torch.from_numpy(samples).to(self.engine.device)
        length = len(samples)
        latest_start = max(length - CONTEXT, 1)
        starts = range(0, latest_start, WINDOW)
        windows = []
        for start in starts:
            is_last = start == starts[-1]
            end = length if is_last else start + WINDOW
            window = self.window(waveform, start, end)
            windows.append(window)
        late_frames = torch.cat(windows).cpu()
        tokens = without_lag(late_frames)

        token_probabilities = tokens.exp()
        probabilities = token_probabilities @ self.members
        probabilities = probabilities.clamp(min=MIN_PROBABILITY)
        units = probabilities.log()

        classes = units[:, : len(CLASSES)]
        best_class = classes.amax(dim=1, keepdim=True)
        return torch.cat([units, best_class], dim=1)

    def window(self, waveform: Tensor, start: int, end: int) -> Tensor:
        """Returns the frames of waveform[start:end], computed with context on either side."""
        context_start = max(start - CONTEXT, 0)
        context_end = end + CONTEXT
        with_context = waveform[context_start:context_end]
        batch = with_context[None]
        (frames,) = self.network(batch)

        offset = start - context_start
        first = offset // FRAME_SAMPLES
        length = end - start
        count = max(length // FRAME_SAMPLES, 1)
        own_frames: Tensor = frames[first : first + count]
        return own_frames


@cache
def class_members() -> Tensor:
    """Returns 1 for each token of a column of UNITS but the last, else 0; shape (191, columns)."""
    columns = [signs.split() for signs in CLASSES.values()]
    columns += [[WORD_BOUNDARY], [BLANK]]
    tokens = token_numbers()
    members = torch.zeros(len(tokens), len(columns))
    for column, signs in enumerate(columns):
        for sign in signs:
            members[tokens[sign], column] = 1
    return members


@cache
def token_numbers() -> dict[str, int]:
    """Returns the index of each of hama's tokens in the network's output."""
    vocabulary = Vocabulary.load()
    tokens = [*vocabulary.decoder, WORD_BOUNDARY, BLANK]
    return {token: number for number, token in enumerate(tokens)}


def with_boundaries(words: Sequence[Sequence[str]]) -> list[str]:
    """Returns the units of all words, with WORD_BOUNDARY between two words."""
    row = list(words[0])
    for word in words[1:]:
        row += [WORD_BOUNDARY, *word]
    return row


def without_lag(frames: Tensor) -> Tensor:
    """Returns the frames LAG earlier, with silence at the end."""
    earliest = frames[:LAG]
    silence = torch.full_like(earliest, -torch.inf)
    silence[:, -1] = 0.0
    later = frames[LAG:]
    return torch.cat([later, silence])


assert WINDOW % FRAME_SAMPLES == CONTEXT % FRAME_SAMPLES == 0
assert SAMPLE_RATE == 50 * FRAME_SAMPLES
