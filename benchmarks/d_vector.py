"""Resemblyzer's speaker encoder as a pyannote embedding model.

The encoder is that of "Generalized End-to-End Loss for Speaker Verification" (Wan et al., 2018). It
cuts speech into overlapping partial utterances; the mean of their unit vectors is the d-vector.
"""

from pathlib import Path

import torch
import torchaudio
from pyannote.audio import Model
from torch import Tensor, nn

from shared.model.artifacts import SAMPLE_RATE

SIZE = 256
"""Dimensions of a d-vector."""
MELS = 40
"""Mel bands."""
PARTIAL_FRAMES = 160
"""Mel frames of 10 ms in a partial utterance."""
PARTIAL_STEP = 40
"""Mel frames from the start of a partial utterance to the start of the next."""
BATCH_SIZE = 16
"""Partial utterances encoded at once. More are no faster, and batches of many sizes fragment the
heap."""
MIN_LOUDNESS = 10 ** (-30 / 20)
"""Root mean square to which quieter speech is raised, as in the encoder's training."""
MIN_SAMPLES = SAMPLE_RATE // 2
"""Samples below which speech has no d-vector."""


class DVector(Model):
    """Computes the d-vector of each speaker in a window of audio."""

    dimension = SIZE

    def __init__(self, weights: Path) -> None:
        super().__init__(sample_rate=SAMPLE_RATE)
        self.mel = torchaudio.transforms.MelSpectrogram(
            SAMPLE_RATE, n_fft=400, hop_length=160, n_mels=MELS, norm="slaney", mel_scale="slaney"
        )
        lstm = nn.LSTM(MELS, SIZE, num_layers=3, batch_first=True)
        linear = nn.Linear(SIZE, SIZE)
        self.encoder = nn.ModuleDict({"lstm": lstm, "linear": linear})
        self.encoder.load_state_dict(encoder_state(weights))

    def forward(self, waveforms: Tensor, weights: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """Returns a d-vector for each waveform, shape (batch, SIZE); NaN for too little speech.

        A d-vector is shorter than 1, and the more so the less alike its partial utterances are.

        `waveforms` has shape (batch, 1, samples). `weights` has shape (batch, frames), at any frame
        rate, and is above 0.5 where the speaker talks. Raises ValueError if the waveforms
        themselves are too short; pyannote finds the minimum length by this error.
        """
        if waveforms.shape[-1] < MIN_SAMPLES:
            raise ValueError("too short for a d-vector")

        d_vectors = waveforms.new_full((len(waveforms), SIZE), torch.nan)
        rows = []
        partials = []
        speech_by_row = speech_of_speakers(waveforms, weights)
        for row, speech in enumerate(speech_by_row):
            if len(speech) < MIN_SAMPLES:
                continue
            rows.append(row)
            partials.append(self.partial_utterances(speech))
        if not rows:
            return d_vectors

        encoded = self.encode(torch.cat(partials))
        counts = [len(of_row) for of_row in partials]
        encoded_by_row = torch.split(encoded, counts)
        for row, vectors in zip(rows, encoded_by_row, strict=True):
            d_vectors[row] = vectors.mean(0)

        return d_vectors

    def partial_utterances(self, speech: Tensor) -> Tensor:
        """Returns the mel spectrograms of partial utterances, shape (partials, frames, MELS)."""
        loudness = speech.square().mean().sqrt()
        gain = MIN_LOUDNESS / (loudness + 1e-9)
        amplified = speech * gain.clamp(min=1)

        mels = self.mel(amplified).T
        missing_frames = max(0, PARTIAL_FRAMES - len(mels))
        padded = nn.functional.pad(mels, (0, 0, 0, missing_frames))

        partials = padded.unfold(0, PARTIAL_FRAMES, PARTIAL_STEP)
        return partials.transpose(1, 2)

    def encode(self, partials: Tensor) -> Tensor:
        """Returns a unit vector for each partial utterance, shape (partials, SIZE)."""
        last_states = []
        for batch in torch.split(partials, BATCH_SIZE):
            _, (hidden, _) = self.encoder["lstm"](batch)
            last_states.append(hidden[-1])

        projected = self.encoder["linear"](torch.cat(last_states))
        return nn.functional.normalize(torch.relu(projected), dim=1)


def encoder_state(weights: Path) -> dict[str, Tensor]:
    """Returns the encoder's parameters from a file that has those of its training loss, too."""
    checkpoint = torch.load(weights, map_location="cpu", weights_only=True)
    state = {}
    for name, tensor in checkpoint["model_state"].items():
        is_of_loss = name.startswith("similarity")
        if not is_of_loss:
            state[name] = tensor
    return state


def speech_of_speakers(waveforms: Tensor, weights: Tensor | None) -> list[Tensor]:
    """Returns the samples of each waveform where its speaker talks, joined."""
    mono = waveforms[:, 0]
    if weights is None:
        return list(mono)

    sample_weights = nn.functional.interpolate(weights[:, None], size=waveforms.shape[-1])
    is_speech = sample_weights[:, 0] > 0.5
    return [waveform[mask] for waveform, mask in zip(mono, is_speech, strict=True)]
