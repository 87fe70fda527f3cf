"""CAM++: speaker embeddings from frames that are computed once per recording.

The network is that of "CAM++: A Fast and Efficient Network for Speaker Verification Using
Context-Aware Masking" (Wang et al., 2023, arXiv 2303.00332). Its modules have the names and sizes
of the weights that 3D-Speaker publishes (Alibaba, Apache-2.0; see NOTICE). 3D-Speaker's code was
consulted for what the paper leaves open.

Most of the work does not depend on who talks: `frames` does it once for a whole recording. `pool`
then makes an embedding for each speaker of any part of it, at almost no cost.

There are two kinds of frames: fbank frames, shape (MELS, frames), one per 10 ms; and the network's
frames, shape (CHANNELS, frames), one per 20 ms.
"""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torchaudio.compliance import kaldi

from shared.model.artifacts import SAMPLE_RATE

SIZE = 192
"""Dimensions of an embedding."""
CHANNELS = 512
"""Values of a frame."""
FRAMES_PER_SECOND = 50
"""Frames of the network per second of audio. Frame n is centred at n / 50 + 0.0125 s."""

MELS = 80
"""Mel bands."""
FBANK_WINDOW = SAMPLE_RATE * 25 // 1000
"""Samples under the window of a fbank frame."""
FBANK_STEP = SAMPLE_RATE * 10 // 1000
"""Samples from the start of a fbank frame to the start of the next."""

CHUNK_FRAMES = 1000
"""Fbank frames that go through the network at once, so that memory does not grow with the audio."""
CONTEXT_FRAMES = 100
"""Fbank frames before and after a chunk that go through the network with it."""

FRONT_END_CHANNELS = 32
GROWTH = 32
"""Channels that a dense layer adds."""
BOTTLENECK = 128
"""Channels between the two convolutions of a dense layer."""
SEGMENT_FRAMES = 100
"""Frames over which the near context is averaged."""
BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Number of layers of each dense block, and the dilation of their convolutions."""


class CamPlusPlus(nn.Module):
    """Computes speaker embeddings of audio at 16 kHz."""

    dimension = SIZE

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.head = FrontEnd()
        self.xvector = backbone()
        state = torch.load(weights, map_location="cpu", weights_only=True)
        self.load_state_dict(state)
        self.eval()

    @torch.inference_mode()
    def frames(self, samples: Tensor) -> Tensor:
        """Returns the network's frames of a recording, float16: 184 MB per hour.

        `samples` has shape (samples,) and values from -1 to 1. Audio shorter than FBANK_WINDOW has
        no frames.
        """
        chunks = [samples.new_zeros(CHANNELS, 0, dtype=torch.float16)]
        for fbank, first, after_last in fbank_chunks(samples):
            frames = self.frames_of(fbank)
            own_frames = frames[:, first:after_last]
            chunks.append(own_frames.half())
        return torch.cat(chunks, dim=1)

    def frames_of(self, fbank: Tensor) -> Tensor:
        """Returns the network's frames of the fbank frames: half as many, rounded up."""
        mean = fbank.mean(1, keepdim=True)
        centred = fbank - mean
        batch = centred[None]
        planes = self.head(batch)

        time_network = self.xvector[:-1]
        frames: Tensor = time_network(planes)
        return frames[0]

    @torch.inference_mode()
    def pool(self, frames: Tensor, weights: Tensor) -> Tensor:
        """Returns one embedding per row of `weights`, shape (rows, SIZE), of any length.

        `weights` has shape (rows, frames) and says how much each frame counts, from 0 to 1. An
        embedding is NaN if less than two frames count.
        """
        statistics = weighted_statistics(frames.float(), weights.float())
        dense = self.xvector[-1]
        embeddings: Tensor = dense(statistics[..., None])
        return embeddings[..., 0]


def fbank_chunks(samples: Tensor) -> Iterator[tuple[Tensor, int, int]]:
    """Yields the fbank frames of each chunk with its context, and where the chunk is among the
    network's frames of them: the first frame, and the one after its last."""
    count = count_fbank_frames(samples)
    for start in range(0, count, CHUNK_FRAMES):
        end = min(start + CHUNK_FRAMES, count)
        context_start = max(start - CONTEXT_FRAMES, 0)
        context_end = min(end + CONTEXT_FRAMES, count)

        fbank = fbank_frames(samples, context_start, context_end)
        first = (start - context_start) // 2
        after_last = (end - context_start + 1) // 2
        yield fbank, first, after_last


def count_fbank_frames(samples: Tensor) -> int:
    """Returns how many fbank frames the samples have: none if they are less than one window."""
    rest = len(samples) - FBANK_WINDOW
    steps = rest // FBANK_STEP
    return max(0, steps + 1)


def fbank_frames(samples: Tensor, first: int, end: int) -> Tensor:
    """Returns the fbank frames from the first one to the one before `end`."""
    last = end - 1
    first_sample = first * FBANK_STEP
    end_sample = last * FBANK_STEP + FBANK_WINDOW
    audio = samples[None, first_sample:end_sample]
    fbank: Tensor = kaldi.fbank(
        audio,
        sample_frequency=SAMPLE_RATE,
        num_mel_bins=MELS,
        dither=0.0,
    )
    return fbank.T


def weighted_statistics(frames: Tensor, weights: Tensor) -> Tensor:
    """Returns the weighted mean and standard deviation of each channel, shape (rows, 2 * channels).

    The deviation is unbiased: for weights of 0 and 1, it is torch.std of the frames with weight 1.
    A row in which less than two frames count is NaN.
    """
    total = weights.sum(1, keepdim=True)
    sums = weights @ frames.T
    mean = sums / total

    squares = frames.square()
    mean_square = weights @ squares.T / total
    variance = mean_square - mean.square()
    variance.clamp_(min=0)  # rounding may have made it negative

    sum_of_squares = weights.square().sum(1, keepdim=True)
    lost = sum_of_squares / total
    remaining = total - lost
    deviation = (variance * total / remaining).sqrt()

    statistics = torch.cat([mean, deviation], dim=1)
    return statistics.where(remaining > 0, torch.nan)


class FrontEnd(nn.Module):
    """Convolutions over time and frequency, which reduce the mel bands to an eighth.

    The paper calls it the front-end convolution module, FCM.
    """

    def __init__(self) -> None:
        super().__init__()
        channels = FRONT_END_CHANNELS
        self.conv1 = convolution(1)
        self.bn1 = batch_norm()
        self.layer1 = residual_layer()
        self.layer2 = residual_layer()
        self.conv2 = convolution(channels, stride=2)
        self.bn2 = batch_norm()

    def forward(self, fbank: Tensor) -> Tensor:
        """Returns shape (batch, channels, frames) for (batch, mels, frames)."""
        planes = fbank[:, None]
        planes = self.conv1(planes)
        planes = torch.relu(self.bn1(planes))

        planes = self.layer1(planes)
        planes = self.layer2(planes)

        planes = self.conv2(planes)
        planes = torch.relu(self.bn2(planes))
        return planes.flatten(1, 2)


class ResidualBlock(nn.Module):
    """Two convolutions whose result is added to their input; `stride` is over frequency only."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        channels = FRONT_END_CHANNELS
        self.conv1 = convolution(channels, stride)
        self.bn1 = batch_norm()
        self.conv2 = convolution(channels)
        self.bn2 = batch_norm()
        self.shortcut = shortcut(stride)

    def forward(self, planes: Tensor) -> Tensor:
        hidden = self.conv1(planes)
        hidden = torch.relu(self.bn1(hidden))

        residual = self.conv2(hidden)
        residual = self.bn2(residual)

        shortcut = self.shortcut(planes)
        return torch.relu(residual + shortcut)


def residual_layer() -> nn.Sequential:
    """Returns two residual blocks, which halve the number of frequencies."""
    halving = ResidualBlock(stride=2)
    following = ResidualBlock(stride=1)
    return nn.Sequential(halving, following)


def shortcut(stride: int) -> nn.Sequential:
    """Returns what makes a block's input as small as its result."""
    if stride == 1:
        return nn.Sequential()
    reduction = nn.Conv2d(
        in_channels=FRONT_END_CHANNELS,
        out_channels=FRONT_END_CHANNELS,
        kernel_size=1,
        stride=(stride, 1),
        bias=False,
    )
    return nn.Sequential(reduction, batch_norm())


def convolution(channels: int, stride: int = 1) -> nn.Conv2d:
    """Returns a convolution of so many channels in the front end; `stride` is over frequency."""
    return nn.Conv2d(
        in_channels=channels,
        out_channels=FRONT_END_CHANNELS,
        kernel_size=3,
        stride=(stride, 1),
        padding=1,
        bias=False,
    )


def batch_norm() -> nn.BatchNorm2d:
    """Returns the normalization of the front end's channels."""
    return nn.BatchNorm2d(FRONT_END_CHANNELS)


def backbone() -> nn.Sequential:
    """Returns the network from the front end's result to its frames, and last the dense layer that
    makes an embedding of their statistics."""
    channels = BOTTLENECK
    front_end_size = FRONT_END_CHANNELS * MELS // 8
    tdnn = nn.Conv1d(front_end_size, channels, 5, stride=2, padding=2, bias=False)
    modules: dict[str, nn.Module] = {}
    modules["tdnn"] = named(linear=tdnn, nonlinear=normalization(channels))

    for number, (layers, dilation) in enumerate(BLOCKS, start=1):
        modules[f"block{number}"] = DenseBlock(channels, layers, dilation)
        channels += layers * GROWTH
        halved = nn.Conv1d(channels, channels // 2, 1, bias=False)
        modules[f"transit{number}"] = named(nonlinear=normalization(channels), linear=halved)
        channels //= 2

    modules["out_nonlinear"] = normalization(channels)
    dense = nn.Conv1d(2 * channels, SIZE, 1, bias=False)
    scale = named(batchnorm=nn.BatchNorm1d(SIZE, affine=False))
    modules["dense"] = named(linear=dense, nonlinear=scale)
    return named(**modules)


class DenseBlock(nn.Module):
    """Layers that each read the block's input and the results of all layers before."""

    def __init__(self, channels: int, layers: int, dilation: int) -> None:
        super().__init__()
        for number in range(1, layers + 1):
            self.add_module(f"tdnnd{number}", DenseLayer(channels, dilation))
            channels += GROWTH

    def forward(self, frames: Tensor) -> Tensor:
        for layer in self.children():
            added = layer(frames)
            frames = torch.cat([frames, added], dim=1)
        return frames


class DenseLayer(nn.Module):
    """Computes GROWTH channels: a bottleneck, then a convolution with context-aware masking."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = normalization(channels)
        self.linear1 = nn.Conv1d(channels, BOTTLENECK, 1, bias=False)
        self.nonlinear2 = normalization(BOTTLENECK)
        self.cam_layer = ContextAwareMasking(dilation)

    def forward(self, frames: Tensor) -> Tensor:
        normalized = self.nonlinear1(frames)
        bottleneck = self.linear1(normalized)
        bottleneck = self.nonlinear2(bottleneck)
        masked: Tensor = self.cam_layer(bottleneck)
        return masked


class ContextAwareMasking(nn.Module):
    """A convolution whose channels are scaled by factors from 0 to 1, which depend on the mean of
    the whole audio and that of SEGMENT_FRAMES around."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(
            BOTTLENECK, GROWTH, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(BOTTLENECK, BOTTLENECK // 2, 1)
        self.linear2 = nn.Conv1d(BOTTLENECK // 2, GROWTH, 1)

    def forward(self, frames: Tensor) -> Tensor:
        whole = frames.mean(2, keepdim=True)
        segments = nn.functional.avg_pool1d(frames, SEGMENT_FRAMES, ceil_mode=True)
        hidden = self.linear1(whole + segments)
        hidden = torch.relu(hidden)
        masks = self.linear2(hidden)
        masks = torch.sigmoid(masks)

        masks_by_frame = masks.repeat_interleave(SEGMENT_FRAMES, dim=2)
        length = frames.shape[2]
        masks_by_frame = masks_by_frame[..., :length]

        local: Tensor = self.linear_local(frames)
        return local * masks_by_frame


def normalization(channels: int) -> nn.Sequential:
    batch_norm = nn.BatchNorm1d(channels)
    relu = nn.ReLU()
    return named(batchnorm=batch_norm, relu=relu)


def named(**modules: nn.Module) -> nn.Sequential:
    """Returns the modules in order, under the names that their weights have."""
    ordered = OrderedDict(modules)
    return nn.Sequential(ordered)
