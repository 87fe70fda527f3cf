"""Resemblyzer's speaker encoder as a pyannote model: a d-vector of each speaker's own part of a
window."""

from pathlib import Path

import torch
import torchaudio
from pyannote.audio import Model
from torch import Tensor, nn

from shared.model.artifacts import SAMPLE_RATE

SIZE = 256
MELS = 40
FRAMES = 160
"""Mel frames of 10 ms that the encoder hears at once."""
STEP = 40
BATCH = 16
"""Pieces encoded at once. More are no faster, and batches of many sizes leave the heap in holes."""
LOUDNESS = 10 ** (-30 / 20)
"""Root mean square that quieter speech is raised to, as in the encoder's training."""
SHORTEST = SAMPLE_RATE // 2
"""Samples below which speech says nothing of a voice."""


class DVector(Model):
    """The encoder of "Generalized End-to-End Loss for Speaker Verification" (Wan et al., 2018)."""

    dimension = SIZE

    def __init__(self, weights: Path) -> None:
        super().__init__(sample_rate=SAMPLE_RATE)
        self.mel = torchaudio.transforms.MelSpectrogram(
            SAMPLE_RATE, n_fft=400, hop_length=160, n_mels=MELS, norm="slaney", mel_scale="slaney"
        )
        self.encoder = nn.ModuleDict(
            {
                "lstm": nn.LSTM(MELS, SIZE, num_layers=3, batch_first=True),
                "linear": nn.Linear(SIZE, SIZE),
            }
        )
        trained = torch.load(weights, map_location="cpu", weights_only=True)["model_state"]
        self.encoder.load_state_dict(
            {name: w for name, w in trained.items() if not name.startswith("similarity")}
        )

    def forward(self, waveforms: Tensor, weights: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """The mean of each waveform's unit vectors, NaN where less than half a second is left of
        it.

        It is shorter than one, and the more so the less the waveform's pieces are alike.

        waveforms: (batch, 1, samples). weights: (batch, frames) of any frame rate, above 0.5 where
        the speaker speaks. pyannote finds the shortest length by the ValueError.
        """
        if waveforms.shape[-1] < SHORTEST:
            raise ValueError("too short for a d-vector")
        voices = waveforms.new_full((len(waveforms), SIZE), torch.nan)
        speech = own_speech(waveforms, weights)
        owners = [index for index, own in enumerate(speech) if len(own) >= SHORTEST]
        if owners:
            pieces = [self.pieces(speech[index]) for index in owners]
            vectors = torch.split(self.encode(torch.cat(pieces)), [len(own) for own in pieces])
            voices[owners] = torch.stack([own.mean(0) for own in vectors])
        return voices

    def pieces(self, speech: Tensor) -> Tensor:
        """(samples,) to overlapping (pieces, FRAMES, MELS)."""
        loudness = speech.square().mean().sqrt()
        mels = self.mel(speech * (LOUDNESS / (loudness + 1e-9)).clamp(min=1)).T
        mels = nn.functional.pad(mels, (0, 0, 0, max(0, FRAMES - len(mels))))
        return mels.unfold(0, FRAMES, STEP).transpose(1, 2)

    def encode(self, pieces: Tensor) -> Tensor:
        """(pieces, FRAMES, MELS) to (pieces, SIZE)."""
        hidden = torch.cat(
            [self.encoder["lstm"](batch)[1][0][-1] for batch in torch.split(pieces, BATCH)]
        )
        return nn.functional.normalize(torch.relu(self.encoder["linear"](hidden)), dim=1)


def own_speech(waveforms: Tensor, weights: Tensor | None) -> list[Tensor]:
    """Each waveform's samples where its speaker speaks, joined."""
    if weights is None:
        return list(waveforms[:, 0])
    samples = nn.functional.interpolate(weights[:, None], size=waveforms.shape[-1])[:, 0] > 0.5
    return [waveform[mask] for waveform, mask in zip(waveforms[:, 0], samples, strict=True)]
