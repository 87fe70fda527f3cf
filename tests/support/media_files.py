"""Small recordings in many formats, made on the spot from real speech that pyannote.audio's wheel
carries."""

import io
import wave
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Samples = NDArray[np.int16]


@cache
def speech() -> Samples:
    """30 s of two people on the phone; they begin to speak at 6.7 s."""
    spec = find_spec("pyannote")
    assert spec is not None and spec.submodule_search_locations is not None
    path = Path(next(iter(spec.submodule_search_locations))) / "audio" / "sample" / "sample.wav"
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def tone(seconds: float, rate: int = RATE) -> Samples:
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


def nothing(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.int16)


def wav(samples: Samples, rate: int = RATE, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setparams((channels, 2, rate, 0, "NONE", ""))
        made.writeframes(samples.tobytes())
    return file.getvalue()


def encoded(
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
    packets: Callable[[list[Any]], list[Any]] = lambda packets: packets,
) -> bytes:
    """`samples` at 16 kHz, interleaved, in any format; the sound begins `later` seconds after the
    picture."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        with av.open(str(path), "w", format=container, options=options or {}) as made:
            video = pictured(made, size) if picture else None
            sound: Any = made.add_stream(codec, rate=rate, options=codec_options or {})
            sound.layout = layout
            if bit_rate:
                sound.bit_rate = bit_rate
            if video and picture:
                made.mux(frames(video, picture))
            made.mux(packets(coded(sound, samples, layout, later)))
        return path.read_bytes()


def coded(stream: Any, samples: Samples, layout: str, later: float) -> list[Any]:
    made, step = [], 1600 * av.AudioLayout(layout).nb_channels
    for start in range(0, len(samples), step):
        frame = av.AudioFrame.from_ndarray(
            samples[start : start + step].reshape(1, -1), "s16", layout
        )
        frame.sample_rate = RATE
        frame.pts = int(later * RATE) + start // av.AudioLayout(layout).nb_channels
        made += stream.encode(frame)
    return [*made, *stream.encode(None)]


def silent_film(container: str, seconds: float) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as made:
        made.mux(frames(pictured(made), seconds))
    return file.getvalue()


def pictured(container: Any, size: int = 32) -> Any:
    stream = container.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = size, size, "yuv420p"
    return stream


def frames(stream: Any, seconds: float) -> list[Any]:
    made, snow = [], np.random.default_rng(1)
    for _ in range(int(seconds * 10)):
        image = snow.integers(0, 256, (stream.height, stream.width, 3), np.uint8)
        made += stream.encode(av.VideoFrame.from_ndarray(image, "rgb24"))
    return [*made, *stream.encode(None)]
