"""Small recordings in many formats, encoded from real speech with every setting that matters."""

import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.support.recordings import RATE

Samples = NDArray[np.int16]
PICTURES_PER_SECOND = 10


def tone(seconds: float, rate: int = RATE) -> Samples:
    """Returns a tone of 440 Hz."""
    times = np.arange(int(seconds * rate)) / rate
    samples = 8000 * np.sin(2 * np.pi * 440 * times)
    return samples.astype(np.int16)


def encode(
    container: str,
    codec: str,
    samples: Samples,
    *,
    rate: int = RATE,
    layout: str = "mono",
    picture: float = 0,
    size: int = 32,
    later: float = 0,
    bit_rate: int = 0,
    options: dict[str, str] | None = None,
    codec_options: dict[str, str] | None = None,
    change_packets: Callable[[list[Any]], list[Any]] = lambda packets: packets,
    interleaved: bool = False,
) -> bytes:
    """Returns `samples`, at 16 kHz and interleaved, in any format.

    `picture` is the seconds of a picture stream of `size` pixels a side; the sound starts `later`
    seconds after it. `change_packets` changes the encoded audio packets. `interleaved` puts packets
    of sound and picture in the order of their times; otherwise the picture comes first.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        with av.open(str(path), "w", format=container, options=options or {}) as output:
            video = add_video_stream(output, size) if picture else None
            audio: Any = output.add_stream(codec, rate=rate, options=codec_options or {})
            audio.layout = layout
            if bit_rate:
                audio.bit_rate = bit_rate
            packets = [] if video is None else encode_noise_pictures(video, picture)
            packets += change_packets(encode_audio(audio, samples, layout, later))
            if interleaved:
                packets.sort(key=lambda packet: packet.dts * packet.time_base)
            for packet in packets:
                output.mux_one(packet)
        return path.read_bytes()


def encode_audio(stream: Any, samples: Samples, layout: str, later: float) -> list[Any]:
    """Returns the packets of interleaved samples that start at `later` seconds."""
    channels = av.AudioLayout(layout).nb_channels
    step = 1600 * channels
    packets = []
    for start in range(0, len(samples), step):
        interleaved = samples[start : start + step].reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(interleaved, "s16", layout)
        frame.sample_rate = RATE
        frame.pts = int(later * RATE) + start // channels
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def silent_film(container: str, seconds: float) -> bytes:
    """Returns a video without an audio stream."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        video = add_video_stream(output)
        output.mux(encode_noise_pictures(video, seconds))
    return file.getvalue()


def add_video_stream(container: Any, size: int = 32) -> Any:
    stream = container.add_stream("mpeg4", rate=PICTURES_PER_SECOND)
    stream.width = size
    stream.height = size
    stream.pix_fmt = "yuv420p"
    return stream


def encode_noise_pictures(stream: Any, seconds: float) -> list[Any]:
    noise = np.random.default_rng(1)
    packets = []
    for _ in range(int(seconds * PICTURES_PER_SECOND)):
        pixels = noise.integers(0, 256, (stream.height, stream.width, 3), np.uint8)
        picture = av.VideoFrame.from_ndarray(pixels, "rgb24")
        packets += stream.encode(picture)
    return [*packets, *stream.encode(None)]
