"""hama's phoneme recogniser in torch, with the weights of the package's own file.

A conformer (Gulati et al., "Conformer: Convolution-augmented Transformer for Speech Recognition",
2020) without positions, over a log mel spectrogram. hama's own engine gives the same numbers and
takes many times as long.
"""

import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from shared.model.errors import ModelUnavailable
from shared.runtime.model_files import file_digest

DIGEST = "sha256:a9fcfe73e179ca48e399cd76a90a6b3e1887bf5037ecc52b778d13a149563328"
"""The file whose format and network are known. hama says nothing about either."""
SIZE = 144
"""Values that describe a frame between two layers."""
BLOCKS = 4
HEADS = 4
KERNEL = 31
"""Frames that a convolution sees."""
MELS = 80
TOKENS = 191
STFT_WINDOW, STFT_HOP = 400, 160
"""Samples."""
MIN_POWER = 1e-10
"""Floor for a mel band, so that its logarithm is finite."""

HEADER = struct.Struct("<8sI")
"""Signature with the version of the format, and the number of tensors."""
NAME_LENGTH = struct.Struct("<H")
KIND = struct.Struct("<BB")
"""Index in TYPES, and the number of dimensions."""
PLACE = struct.Struct("<QQ")
"""Offset from the beginning of the data, which fill the end of the file, and size, in bytes."""
TYPES = ("<f4", "<f2")

PREFIX = "acoustic_model.model."
"""Of the parameters whose names survived the export to ONNX."""
MATRICES = (
    "ffn1.fc1.weight",
    "ffn1.fc2.weight",
    "attn.in_proj_weight",
    "attn.out_proj.weight",
    "ffn2.fc1.weight",
    "ffn2.fc2.weight",
)
"""A block's parameters that the export numbered, in the order in which they are used."""

Weights = Mapping[str, Tensor]


class PhonemeNetwork(nn.Module):
    """Waveform at 16 kHz, shape (1, samples), to log probabilities of hama's tokens, shape (1,
    frames, 191). A frame has 320 samples."""

    def __init__(self) -> None:
        super().__init__()
        self.spectrogram = LogMelSpectrogram()
        self.stem = nn.Conv1d(MELS, SIZE, kernel_size=3, stride=2, padding=1)
        self.blocks = nn.ModuleList(ConformerBlock() for _ in range(BLOCKS))
        self.proj = nn.Conv1d(SIZE, TOKENS, kernel_size=1)

    def forward(self, waveform: Tensor) -> Tensor:
        mels = self.spectrogram(waveform)
        channels = self.stem(mels)
        channels = nn.functional.gelu(channels)

        frames = channels.transpose(1, 2)
        for block in self.blocks:
            frames = block(frames)

        channels = frames.transpose(1, 2)
        scores: Tensor = self.proj(channels)
        log_probabilities = scores.log_softmax(dim=1)
        return log_probabilities.transpose(1, 2)


class LogMelSpectrogram(nn.Module):
    """Waveform, shape (1, samples), to shape (1, MELS, frames of 160 samples)."""

    def __init__(self) -> None:
        super().__init__()
        bins = STFT_WINDOW // 2 + 1
        self.real = nn.Conv1d(1, bins, STFT_WINDOW, stride=STFT_HOP, bias=False)
        self.imaginary = nn.Conv1d(1, bins, STFT_WINDOW, stride=STFT_HOP, bias=False)
        self.filters = nn.Linear(bins, MELS, bias=False)

    def forward(self, waveform: Tensor) -> Tensor:
        margin = STFT_WINDOW // 2
        channels = waveform[:, None]
        padded = nn.functional.pad(channels, (margin, margin), mode="reflect")

        real = self.real(padded)
        imaginary = self.imaginary(padded)
        power: Tensor = real.square() + imaginary.square()

        frames = power.transpose(1, 2)
        mels: Tensor = self.filters(frames)
        mels = mels.clamp(min=MIN_POWER)
        log_mels = mels.log()
        return log_mels.transpose(1, 2)


class ConformerBlock(nn.Module):
    """Shape (1, frames, SIZE) to the same shape."""

    def __init__(self) -> None:
        super().__init__()
        self.ffn1 = FeedForward()
        self.attn_norm = nn.LayerNorm(SIZE)
        self.attn = nn.MultiheadAttention(SIZE, HEADS, batch_first=True)
        self.conv = Convolution()
        self.ffn2 = FeedForward()
        self.norm = nn.LayerNorm(SIZE)

    def forward(self, frames: Tensor) -> Tensor:
        change = self.ffn1(frames)
        frames = frames + change / 2

        normed = self.attn_norm(frames)
        attended, _ = self.attn(normed, normed, normed, need_weights=False)
        frames = frames + attended

        change = self.conv(frames)
        frames = frames + change

        change = self.ffn2(frames)
        frames = frames + change / 2

        normed_frames: Tensor = self.norm(frames)
        return normed_frames


class FeedForward(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(SIZE)
        self.fc1 = nn.Linear(SIZE, 4 * SIZE)
        self.fc2 = nn.Linear(4 * SIZE, SIZE)

    def forward(self, frames: Tensor) -> Tensor:
        normed = self.norm(frames)
        hidden = self.fc1(normed)
        hidden = nn.functional.silu(hidden)
        changed: Tensor = self.fc2(hidden)
        return changed


class Convolution(nn.Module):
    """The batch normalisation is part of `depthwise`."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(SIZE)
        self.pointwise1 = nn.Conv1d(SIZE, 2 * SIZE, kernel_size=1)
        self.depthwise = nn.Conv1d(SIZE, SIZE, KERNEL, padding=KERNEL // 2, groups=SIZE)
        self.pointwise2 = nn.Conv1d(SIZE, SIZE, kernel_size=1)

    def forward(self, frames: Tensor) -> Tensor:
        normed = self.norm(frames)
        channels = normed.transpose(1, 2)

        doubled = self.pointwise1(channels)
        gated = nn.functional.glu(doubled, dim=1)

        filtered = self.depthwise(gated)
        filtered = nn.functional.silu(filtered)

        changed: Tensor = self.pointwise2(filtered)
        return changed.transpose(1, 2)


def load_network(path: Path) -> PhonemeNetwork:
    """Returns the network with the weights of hama's file. Raises ModelUnavailable."""
    if file_digest(path) != DIGEST:
        raise ModelUnavailable("hama's phoneme recogniser is not the one whose format is known")

    weights = read_weights(path)
    network = PhonemeNetwork()
    parameters = dict(named_parameters(weights))
    network.load_state_dict(parameters)
    return network.eval().requires_grad_(requires_grad=False)


def read_weights(path: Path) -> Weights:
    """Returns the file's tensors as float32, in the order of the file."""
    content = path.read_bytes()
    file = BytesIO(content)
    _, count = read_struct(file, HEADER)
    places = [read_place(file) for _ in range(count)]

    *_, last_offset, last_size = places[-1]
    data_size = last_offset + last_size
    data = file.getbuffer()[-data_size:]

    weights = {}
    for name, dtype, shape, offset, size in places:
        end = offset + size
        stored = np.frombuffer(data[offset:end], dtype)
        shaped = stored.reshape(shape)
        weights[name] = torch.from_numpy(shaped.astype(np.float32))
    return weights


def read_place(file: BytesIO) -> tuple[str, str, tuple[int, ...], int, int]:
    """Returns a tensor's name, type, shape, offset and size."""
    (length,) = read_struct(file, NAME_LENGTH)
    name = file.read(length).decode()
    type_index, rank = read_struct(file, KIND)
    dtype = TYPES[type_index]
    dimensions = struct.Struct(f"<{rank}I")
    shape = read_struct(file, dimensions)
    offset, size = read_struct(file, PLACE)
    return name, dtype, shape, offset, size


def read_struct(file: BytesIO, layout: struct.Struct) -> tuple[Any, ...]:
    content = file.read(layout.size)
    return layout.unpack(content)


def named_parameters(weights: Weights) -> Iterator[tuple[str, Tensor]]:
    """Yields the weights under the names that they have in PhonemeNetwork."""
    yield "spectrogram.real.weight", weights["stft_real_kernel"]
    yield "spectrogram.imaginary.weight", weights["stft_imag_kernel"]
    filters = weights["mel_fb"]
    yield "spectrogram.filters.weight", filters.T

    for name, weight in weights.items():
        if name.startswith(PREFIX):
            yield name.removeprefix(PREFIX), weight

    convolutions = numbered(weights, "onnx::Conv_")
    yield "stem.weight", next(convolutions)
    yield "stem.bias", next(convolutions)
    matrices = numbered(weights, "onnx::MatMul_")
    for block in range(BLOCKS):
        prefix = f"blocks.{block}"
        yield f"{prefix}.conv.depthwise.weight", next(convolutions)
        yield f"{prefix}.conv.depthwise.bias", next(convolutions)
        for name in MATRICES:
            matrix = next(matrices)
            yield f"{prefix}.{name}", matrix.T


def numbered(weights: Weights, prefix: str) -> Iterator[Tensor]:
    """Yields the weights whose names are the prefix and a number."""
    for name, weight in weights.items():
        if name.startswith(prefix):
            yield weight
