"""hama's phoneme recogniser as whisperx wants an acoustic model: a network that gives logits, and a
dictionary."""

import hashlib
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from types import SimpleNamespace

import hama
import numpy as np
import torch

from functions.align.acoustic_model import UNKNOWN, Acoustic
from functions.align.g2p import IPA, pronounced
from shared.model.artifacts import SAMPLE_RATE
from shared.model.contracts import Engine

LETTERS = {phoneme: chr(0xE000 + number) for number, phoneme in enumerate(IPA)}
"""whisperx aligns characters, so each phoneme is one, from Unicode's private use area."""
WORD_BOUNDARY, BLANK = "|", "<pad>"
"""As whisperx calls them."""
DICTIONARY = {
    letter: column for column, letter in enumerate([*LETTERS.values(), WORD_BOUNDARY, BLANK])
}

FRAME = 320
"""Samples an output frame stands for: 20 ms."""
LAG = 4
"""Frames by which the model names a phoneme after its onset, measured against checked word
boundaries."""
WINDOW = 500 * FRAME
MARGIN = 25 * FRAME
"""Inference costs more than linearly: 10 s at a time, with 0.5 s of context, takes a quarter less
than 30 s at once."""
IMPOSSIBLE = -20.0
"""Log probability."""


@lru_cache(maxsize=1)
def acoustic() -> Acoustic:
    metadata = {"language": "en", "dictionary": DICTIONARY, "type": "huggingface"}
    return Acoustic(Network(), metadata, engine(), written)


def written(word: str) -> str:
    """The word in the model's letters."""
    return "".join(LETTERS[phoneme] for phoneme in pronounced(word)) or UNKNOWN


@lru_cache(maxsize=1)
def engine() -> Engine:
    weights = files("hama.assets").joinpath("asr_waveform.hama").read_bytes()
    return Engine(
        name="whisperx",
        version=version("whisperx"),
        model=f"hama {version('hama')}",
        digest=f"sha256:{hashlib.sha256(weights).hexdigest()}",
    )


class Network(torch.nn.Module):
    """Waveform, shape (1, samples), to an object with log probabilities `.logits`, shape (1,
    frames, 41)."""

    def __init__(self) -> None:
        super().__init__()
        self.model = hama.ASRModel()
        tokens = {token: number for number, token in enumerate(self.model.decoder_tokens)}
        self.columns = [
            [tokens[sign] for sign in signs if sign in tokens] for signs in IPA.values()
        ]
        self.columns += [[tokens["<wb>"]], [tokens["<blank>"]]]

    def forward(self, waveform: torch.Tensor) -> SimpleNamespace:
        samples = waveform[0].numpy()
        starts = range(0, max(len(samples) - MARGIN, 1), WINDOW)
        frames = np.concatenate(
            [self.window(samples, start, last=start == starts[-1]) for start in starts]
        )
        late = np.full((min(LAG, len(frames)), frames.shape[1]), IMPOSSIBLE, np.float32)
        late[:, -1] = 0.0
        return SimpleNamespace(logits=torch.from_numpy(np.concatenate([frames[LAG:], late]))[None])

    def window(self, samples: np.ndarray, start: int, last: bool) -> np.ndarray:
        """The frames of one window, heard together with what is before and after it."""
        before = min(start, MARGIN)
        end = len(samples) if last else start + WINDOW
        heard = self.log_probabilities(samples[start - before : end + MARGIN])
        return heard[before // FRAME : before // FRAME + max((end - start) // FRAME, 1)]

    def log_probabilities(self, samples: np.ndarray) -> np.ndarray:
        """Shape (frames, 41): 39 ARPABET phonemes, the word boundary, the blank."""
        given = {"waveform": samples[None], "waveform_lengths": np.array([len(samples)])}
        signs, lengths = self.model.session.run(["log_probs", "out_lengths"], given)
        signs = signs[0, : int(lengths[0])]
        return np.stack(
            [np.logaddexp.reduce(signs[:, columns], axis=1) for columns in self.columns], axis=1
        )


assert WINDOW % FRAME == MARGIN % FRAME == 0 and SAMPLE_RATE == 50 * FRAME
