"""Small recordings, made on the spot or found in an installed package."""

import importlib.util
import io
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000


def sample() -> Path:
    """pyannote.audio's packaged phone call: 30 s, two speakers, with sample.rttm and sample.stm
    beside it."""
    package = importlib.util.find_spec("pyannote.audio")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "sample" / "sample.wav"


def speech() -> NDArray[np.int16]:
    """The sample's samples."""
    with wave.open(str(sample())) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def wav(samples: NDArray[np.int16], rate: int = RATE, channels: int = 1) -> bytes:
    """`samples` interleaved when there is more than one channel."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(int(seconds * RATE), np.int16)


def encoded(samples: NDArray[np.int16], container: str, codec: str, rate: int = RATE) -> bytes:
    """The samples as another program would have saved them."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=rate)
        frame = av.AudioFrame.from_ndarray(
            samples[np.newaxis, :].copy(), format="s16", layout="mono"
        )
        frame.sample_rate = RATE
        resampler = av.AudioResampler(stream.format, stream.layout, rate)
        fifo = av.AudioFifo()
        for resampled in resampler.resample(frame):
            fifo.write(resampled)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            piece.pts = None
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return out.getvalue()


def video(with_sound: bool) -> bytes:
    """A second of grey pictures."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        pictures: Any = file.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        sound: Any = file.add_stream("aac", rate=RATE, layout="mono") if with_sound else None
        grey = np.full((64, 64, 3), 128, np.uint8)
        for _ in range(10):
            file.mux(pictures.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        file.mux(pictures.encode(None))
        if sound:
            tone = av.AudioFrame.from_ndarray(
                np.zeros((1, RATE), np.float32), format="fltp", layout="mono"
            )
            tone.sample_rate = RATE
            file.mux(sound.encode(tone))
            file.mux(sound.encode(None))
    return out.getvalue()
