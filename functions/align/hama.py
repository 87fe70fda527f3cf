"""hama's phoneme recogniser as an acoustic model for whisperx."""

from functools import cache
from importlib.metadata import version
from types import SimpleNamespace

import hama
import numpy as np
import torch
from numpy.typing import NDArray

from functions.align.acoustic_model import WILDCARD, AcousticModel
from functions.align.g2p import IPA, word_phonemes
from shared.model.artifacts import SAMPLE_RATE
from shared.model.audio import Samples
from shared.model.contracts import Engine
from shared.runtime.model_files import file_digest, packaged_file

LETTERS = {phoneme: chr(0xE000 + number) for number, phoneme in enumerate(IPA)}
"""whisperx aligns characters, so each phoneme is one, from Unicode's private use area."""
WORD_BOUNDARY, BLANK = "|", "<pad>"
"""whisperx's names."""
DICTIONARY = {
    letter: column for column, letter in enumerate([*LETTERS.values(), WORD_BOUNDARY, BLANK])
}
"""The column of each character in the network's output."""

FRAME_SAMPLES = 320
"""Samples of an output frame: 20 ms."""
LAG = 4
"""Frames by which the model emits a phoneme after its onset, measured against hand-checked word
boundaries."""
WINDOW = 500 * FRAME_SAMPLES
"""Samples per inference. Its cost grows faster than linearly: 10 s at a time, with 0.5 s of context
on either side, takes a quarter less than 30 s at once."""
CONTEXT = 25 * FRAME_SAMPLES
"""Samples before and after a window that the network sees with it."""
IMPOSSIBLE = -20.0
"""Log probability of a phoneme in a frame that has none."""

LogProbabilities = NDArray[np.float32]
"""Shape (frames, 41): 39 ARPABET phonemes, the word boundary, the blank."""


@cache
def acoustic_model() -> AcousticModel:
    metadata = {"language": "en", "dictionary": DICTIONARY, "type": "huggingface"}
    return AcousticModel(Network(), metadata, engine(), encode_word)


@cache
def engine() -> Engine:
    weights = packaged_file("hama", "assets/asr_waveform.hama")
    return Engine(
        name="whisperx",
        version=version("whisperx"),
        model=f"hama {version('hama')}",
        digest=file_digest(weights),
    )


def encode_word(word: str) -> str:
    """Returns one character per phoneme, or WILDCARD if nothing in the word is spoken."""
    phonemes = word_phonemes(word)
    letters = "".join(LETTERS[phoneme] for phoneme in phonemes)
    return letters or WILDCARD


class Network(torch.nn.Module):
    """Waveform, shape (1, samples), to an object with log probabilities `.logits`, shape (1,
    frames, 41)."""

    def __init__(self) -> None:
        super().__init__()
        self.model = hama.ASRModel()

        tokens = {token: number for number, token in enumerate(self.model.decoder_tokens)}
        self.token_groups: list[list[int]] = []
        """hama's tokens whose probabilities add up to each column."""
        for signs in IPA.values():
            self.token_groups.append([tokens[sign] for sign in signs if sign in tokens])
        self.token_groups.append([tokens["<wb>"]])
        self.token_groups.append([tokens["<blank>"]])

    def forward(self, waveform: torch.Tensor) -> SimpleNamespace:
        samples = waveform[0].numpy()
        starts = range(0, max(len(samples) - CONTEXT, 1), WINDOW)
        windows = []
        for start in starts:
            is_last = start == starts[-1]
            end = len(samples) if is_last else start + WINDOW
            windows.append(self.window(samples, start, end))

        frames = without_lag(np.concatenate(windows))
        return SimpleNamespace(logits=torch.from_numpy(frames)[None])

    def window(self, samples: Samples, start: int, end: int) -> LogProbabilities:
        """Returns the frames of samples[start:end], computed with context on either side."""
        context_start = max(start - CONTEXT, 0)
        context_end = end + CONTEXT
        with_context = samples[context_start:context_end]
        frames = self.log_probabilities(with_context)

        offset = start - context_start
        first = offset // FRAME_SAMPLES
        length = max((end - start) // FRAME_SAMPLES, 1)
        last = first + length
        return frames[first:last]

    def log_probabilities(self, samples: Samples) -> LogProbabilities:
        waveform = samples[None]
        waveform_lengths = np.array([len(samples)])
        inputs = {"waveform": waveform, "waveform_lengths": waveform_lengths}
        session = self.model.session
        outputs, lengths = session.run(["log_probs", "out_lengths"], inputs)
        length = int(lengths[0])
        frames = outputs[0, :length]

        columns = []
        for tokens in self.token_groups:
            of_group = frames[:, tokens]
            column = np.logaddexp.reduce(of_group, axis=1)
            columns.append(column)
        return np.stack(columns, axis=1)


def without_lag(frames: LogProbabilities) -> LogProbabilities:
    """Returns the frames LAG earlier, with silence at the end."""
    lag = min(LAG, len(frames))
    shape = (lag, frames.shape[1])
    silence = np.full(shape, IMPOSSIBLE, np.float32)
    blank = DICTIONARY[BLANK]
    silence[:, blank] = 0.0

    kept = frames[LAG:]
    return np.concatenate([kept, silence])


assert WINDOW % FRAME_SAMPLES == CONTEXT % FRAME_SAMPLES == 0
assert SAMPLE_RATE == 50 * FRAME_SAMPLES
