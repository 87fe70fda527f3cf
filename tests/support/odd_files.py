"""Odd recordings by the hundred, each with its right length, problem and warnings."""

import importlib.util
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from shared.model.errors import (
    EmptyRecording,
    NoSound,
    NotAudio,
    StageError,
    TruncatedRecording,
)
from tests.hostile.builders import id3
from tests.support.audio_files import encode, silent_film
from tests.support.recordings import RATE, sample, silence, speech, wav

SECONDS = 2.5
TALK = speech()[13 * RATE // 2 : 18 * RATE // 2]
STEREO = TALK.repeat(2)
ALIKE = 0.1
"""Seconds by which a codec's padding may change a length."""


@dataclass(frozen=True)
class OddFile:
    name: str
    make: Callable[[], bytes]
    seconds: float = SECONDS
    problem: type[StageError] | None = None
    warnings: tuple[str, ...] = ()
    """Codes, in order."""
    tolerance: float = ALIKE


def odd_files() -> list[OddFile]:
    return [
        *packaged_files(),
        *encoded_files(),
        *files_with_pictures(),
        *files_with_tails(),
        *joined_files(),
        *cut_files(),
        *damaged_files(),
        *wav_headers(),
        *refused_files(),
    ]


PACKAGED: dict[str, float | type[StageError]] = {
    "test-1234Hz-le-1ch-10S-20bit-extra.wav": NotAudio,
    "test-44100Hz-2ch-32bit-float-be.wav": NotAudio,
    "test-44100Hz-2ch-32bit-float-le.wav": 0.01,
    "test-44100Hz-be-1ch-4bytes.wav": NotAudio,
    "test-44100Hz-le-1ch-4bytes-early-eof-no-data.wav": TruncatedRecording,
    "test-44100Hz-le-1ch-4bytes-early-eof.wav": 0.0054,
    "test-44100Hz-le-1ch-4bytes-incomplete-chunk.wav": TruncatedRecording,
    "test-44100Hz-le-1ch-4bytes-rf64.wav": 0.1,
    "test-44100Hz-le-1ch-4bytes.wav": 0.1,
    "test-48000Hz-2ch-64bit-float-le-wavex.wav": 0.01,
    "test-8000Hz-be-3ch-5S-24bit.wav": NotAudio,
    "test-8000Hz-le-1ch-1byte-ulaw.wav": EmptyRecording,
    "test-8000Hz-le-2ch-1byteu.wav": 0.1,
    "test-8000Hz-le-3ch-5S-24bit-inconsistent.wav": EmptyRecording,
    "test-8000Hz-le-3ch-5S-24bit-rf64.wav": EmptyRecording,
    "test-8000Hz-le-3ch-5S-24bit.wav": EmptyRecording,
    "test-8000Hz-le-3ch-5S-36bit.wav": NotAudio,
    "test-8000Hz-le-3ch-5S-45bit.wav": NotAudio,
    "test-8000Hz-le-3ch-5S-53bit.wav": NotAudio,
    "test-8000Hz-le-3ch-5S-64bit.wav": EmptyRecording,
    "test-8000Hz-le-4ch-9S-12bit.wav": EmptyRecording,
    "test-8000Hz-le-5ch-9S-5bit.wav": EmptyRecording,
}
"""scipy's own odd WAV files: seconds, or a problem. Some hold fewer samples than a resampler needs,
and big-endian ones (RIFX) are refused."""


def packaged_files() -> Iterator[OddFile]:
    yield OddFile("pyannote.audio's phone call", sample().read_bytes, 30)
    package = importlib.util.find_spec("scipy")
    assert package is not None and package.origin is not None
    folder = Path(package.origin).parent / "io/tests/data"
    for name, expected in PACKAGED.items():
        path = folder / name
        if isinstance(expected, float):
            yield OddFile(f"scipy's {name}", path.read_bytes, expected, tolerance=0.0005)
        else:
            yield OddFile(f"scipy's {name}", path.read_bytes, problem=expected)


ENCODINGS = (
    ("wav", "pcm_u8", (8000, 22050, 44100)),
    ("wav", "pcm_s16le", (8000, 11025, 48000, 96000, 192_000)),
    ("wav", "pcm_s24le", (44100,)),
    ("wav", "pcm_s32le", (48000,)),
    ("wav", "pcm_f32le", (16000,)),
    ("wav", "pcm_f64le", (48000,)),
    ("wav", "pcm_mulaw", (8000,)),
    ("wav", "pcm_alaw", (8000,)),
    ("wav", "adpcm_ima_wav", (16000,)),
    ("wav", "adpcm_ms", (22050,)),
    ("wav", "libmp3lame", (44100,)),
    ("w64", "pcm_s16le", (16000,)),
    ("aiff", "pcm_s16be", (44100,)),
    ("aiff", "pcm_s24be", (48000,)),
    ("au", "pcm_mulaw", (8000,)),
    ("au", "pcm_s16be", (22050,)),
    ("caf", "pcm_s16be", (16000,)),
    ("caf", "alac", (44100,)),
    ("voc", "pcm_u8", (8000,)),
    ("ircam", "pcm_s16le", (16000,)),
    ("sox", "pcm_s32le", (16000,)),
    ("flac", "flac", (8000, 44100, 96000)),
    ("ogg", "flac", (16000,)),
    ("ogg", "libopus", (16000, 48000)),
    ("mp3", "libmp3lame", (8000, 16000, 22050, 32000, 44100, 48000)),
    ("mp2", "mp2", (44100,)),
    ("adts", "aac", (8000, 16000, 44100)),
    ("latm", "aac", (44100,)),
    ("ipod", "aac", (16000, 44100)),
    ("ipod", "alac", (44100,)),
    ("mp4", "libmp3lame", (44100,)),
    ("mp4", "libopus", (48000,)),
    ("mp4", "flac", (44100,)),
    ("mp4", "ac3", (48000,)),
    ("mov", "pcm_s16le", (48000,)),
    ("mov", "pcm_alaw", (8000,)),
    ("ismv", "aac", (44100,)),
    ("webm", "libopus", (48000,)),
    ("matroska", "aac", (48000,)),
    ("matroska", "pcm_s16le", (16000,)),
    ("matroska", "flac", (16000,)),
    ("matroska", "libmp3lame", (44100,)),
    ("flv", "libmp3lame", (22050,)),
    ("flv", "aac", (44100,)),
    ("avi", "libmp3lame", (22050,)),
    ("avi", "pcm_s16le", (16000,)),
    ("asf", "wmav2", (22050,)),
    ("asf", "wmav1", (44100,)),
    ("mpegts", "mp2", (48000,)),
    ("mpegts", "aac", (44100,)),
    ("mpegts", "libopus", (48000,)),
    ("mpeg", "mp2", (32000,)),
    ("ac3", "ac3", (32000, 48000)),
    ("eac3", "eac3", (48000,)),
    ("wv", "wavpack", (16000,)),
    ("tta", "tta", (16000,)),
    ("nut", "pcm_s16le", (16000,)),
    ("rm", "ac3", (32000,)),
)
MONO_ONLY = (
    ("amr", "libopencore_amrnb", 8000),
    ("3gp", "libopencore_amrnb", 8000),
    ("mmf", "adpcm_yamaha", 8000),
)


def encoded_files() -> Iterator[OddFile]:
    for container, codec, rates in ENCODINGS:
        for rate in rates:
            for layout in ("mono", "stereo"):
                name = f"{codec} in {container} at {rate} Hz, {layout}"
                yield OddFile(name, encoded(container, codec, rate, layout), tolerance=0.2)
    for container, codec, rate in MONO_ONLY:
        yield OddFile(
            f"{codec} in {container}", encoded(container, codec, rate, "mono"), tolerance=0.2
        )


def encoded(container: str, codec: str, rate: int, layout: str) -> Callable[[], bytes]:
    return partial(
        encode,
        container,
        codec,
        TALK if layout == "mono" else STEREO,
        rate=rate,
        layout=layout,
        bit_rate=64_000 if codec.startswith("wma") else 0,
    )


def files_with_pictures() -> Iterator[OddFile]:
    for container in ("mp4", "mov", "matroska", "mpegts"):
        yield OddFile(f"a longer picture in {container}", filmed(container, 4, 0))
        late = filmed(container, 5, 1.5)
        yield OddFile(f"a picture that begins earlier in {container}", late, 1.5 + SECONDS)
    for container, codec, rate in STARTING_LATE:
        name = f"{codec} in {container} from 100 s on"
        yield OddFile(name, starting_late(container, codec, rate))


STARTING_LATE = (
    ("mp4", "aac", 44100),
    ("webm", "libopus", 48000),
    ("matroska", "aac", 44100),
    ("mpegts", "aac", 44100),
    ("ogg", "libopus", 48000),
)


def filmed(container: str, picture: float, later: float) -> Callable[[], bytes]:
    return partial(
        encode,
        container,
        "aac",
        TALK,
        rate=44100,
        picture=picture,
        later=later,
        interleaved=True,
    )


def starting_late(container: str, codec: str, rate: int) -> Callable[[], bytes]:
    return partial(encode, container, codec, TALK, rate=rate, later=100)


RECORDINGS = {
    "wav": ("wav", "pcm_s16le", 16_000, {}),
    "w64": ("w64", "pcm_s16le", 16_000, {}),
    "rf64": ("wav", "pcm_s16le", 16_000, {"rf64": "always"}),
    "aiff": ("aiff", "pcm_s16be", 16_000, {}),
    "caf": ("caf", "pcm_s16be", 16_000, {}),
    "flac": ("flac", "flac", 16_000, {}),
    "mp3": ("mp3", "libmp3lame", 44_100, {}),
    "m4a": ("ipod", "aac", 44_100, {"movflags": "faststart"}),
    "webm": ("webm", "libopus", 48_000, {}),
    "mkv": ("matroska", "aac", 44_100, {}),
    "ogg": ("ogg", "libopus", 48_000, {}),
    "flv": ("flv", "libmp3lame", 22_050, {}),
    "avi": ("avi", "libmp3lame", 22_050, {}),
    "tta": ("tta", "tta", 16_000, {}),
    "aac": ("adts", "aac", 44_100, {}),
}
"""libav's names and options."""


@cache
def recording(name: str) -> bytes:
    container, codec, rate, options = RECORDINGS[name]
    return encode(container, codec, TALK, rate=rate, options=options)


def files_with_tails() -> Iterator[OddFile]:
    for name in RECORDINGS:
        yield OddFile(f"{name} and zeros", partial(with_tail, name, bytes(3000)))
    cover = id3(b"APIC", b"\0image/png\0\3\0" + NOISE)
    yield OddFile("mp3 with a cover", lambda: cover + recording("mp3"))
    yield OddFile("mp3 with two tags", lambda: cover + cover + recording("mp3"))
    yield OddFile("flac behind a tag", lambda: cover + recording("flac"))
    for kind, tag in TAGS.items():
        yield OddFile(f"mp3 and {kind}", partial(with_tail, "mp3", tag))
        yield OddFile(f"aac and {kind}", partial(with_tail, "aac", tag))


NOISE = np.random.default_rng(1).bytes(40_000)
TAGS = {
    "an ID3v1 tag": b"TAG" + bytes(125),
    "an APE tag": b"APETAGEX" + bytes(40_000),
    "lyrics": b"LYRICSBEGIN" + 500 * b"la la " + b"LYRICS200TAG" + bytes(125),
}


def with_tail(name: str, tail: bytes) -> bytes:
    return recording(name) + tail


def joined_files() -> Iterator[OddFile]:
    for name in ("mp3", "ogg", "aac", "flac", "wav", "webm", "m4a"):
        data = partial(joined, name, name)
        yield OddFile(f"{name} twice", data, 2 * SECONDS, tolerance=0.2)
    low = encoded("mp3", "libmp3lame", 22050, "mono")
    high = encoded("mp3", "libmp3lame", 44100, "stereo")
    yield OddFile("mp3 of two rates", lambda: low() + high(), 2 * SECONDS, tolerance=0.2)


def joined(first: str, second: str) -> bytes:
    return recording(first) + recording(second)


def cut_files() -> Iterator[OddFile]:
    for name in sorted(set(RECORDINGS) - {"ogg", "aac"}):
        for kept in (0.02, 0.4):
            cut = partial(keep, name, kept)
            yield OddFile(f"{kept:.0%} of {name}", cut, problem=TruncatedRecording)
    yield OddFile(
        "half of ogg", partial(keep, "ogg", 0.5), 1.2, warnings=("end_unmarked",), tolerance=0.5
    )
    half_of_aac = partial(keep, "aac", 0.5)
    yield OddFile("half of aac", half_of_aac, 1.25, warnings=("end_unmarked",), tolerance=0.2)


def keep(name: str, fraction: float) -> bytes:
    data = recording(name)
    return data[: int(len(data) * fraction)]


def damaged_files() -> Iterator[OddFile]:
    for name in ("mp3", "m4a"):
        found = ("corrupt_packets", "gap")
        yield OddFile(f"a hole in {name}", partial(with_hole, name), warnings=found, tolerance=0.2)
    yield OddFile("a hole in flac", partial(with_hole, "flac"), warnings=("gap",))
    yield OddFile("a hole in wav", partial(with_hole, "wav"))


def with_hole(name: str) -> bytes:
    """Returns a recording whose bytes from 40 % to 70 % are zeros."""
    data = recording(name)
    start, end = int(len(data) * 0.4), int(len(data) * 0.7)
    return data[:start] + bytes(end - start) + data[end:]


def wav_headers() -> Iterator[OddFile]:
    for size in (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        yield OddFile(f"wav that declares {size} bytes", partial(with_data_size, size))
    for kind in (b"LIST", b"JUNK", b"bext", b"id3 ", b"fact", b"\xa9\xff\0\1"):
        before = partial(with_chunk, kind, behind=False)
        behind = partial(with_chunk, kind, behind=True)
        yield OddFile(f"wav with {kind!r} before its sound", before)
        yield OddFile(f"wav with {kind!r} behind its sound", behind)
    for rate in (2000, 8000, 11_025, 44_100, 384_000):
        seconds = len(TALK) / rate
        yield OddFile(f"wav said to have {rate} Hz", partial(wav, TALK, rate), seconds)
    for channels in (2, 3, 4, 6, 8, 16):
        yield OddFile(f"wav of {channels} channels", partial(of_channels, channels))


def with_data_size(size: int) -> bytes:
    data = recording("wav")
    start = data.index(b"data") + 4
    return data[:start] + struct.pack("<I", size) + data[start + 4 :]


def with_chunk(kind: bytes, *, behind: bool) -> bytes:
    data = wav(TALK)
    chunk = kind + struct.pack("<I", 500) + bytes(500)
    if behind:
        return data + chunk
    return data[:36] + chunk + data[36:]


def of_channels(channels: int) -> bytes:
    return wav(TALK.repeat(channels), channels=channels)


def refused_files() -> Iterator[OddFile]:
    refused: dict[str, tuple[Callable[[], bytes], type[StageError]]] = {
        "nothing": (bytes, EmptyRecording),
        "zeros": (lambda: bytes(100_000), NotAudio),
        "noise": (lambda: NOISE, NotAudio),
        "text": (lambda: b"Minutes of the meeting\n" * 1000, NotAudio),
        "a PDF": (lambda: b"%PDF-1.7\n" + b"1 0 obj << >> stream\n" * 500, NotAudio),
        "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(200), NotAudio),
        "a web page": (lambda: b"<!DOCTYPE html><html>" + b"<p>Not Found.</p>\n" * 500, NotAudio),
        "a playlist": (lambda: b"#EXTM3U\n#EXTINF:10,\nsound.wav\n", NotAudio),
        "wav without samples": (lambda: wav(silence(0)), EmptyRecording),
        "wav of 1 Hz": (lambda: wav(TALK, 1), NotAudio),
        "a silent film": (lambda: silent_film("mp4", 2), NoSound),
        "a silent film in Matroska": (lambda: silent_film("matroska", 2), NoSound),
        "an encrypted m4a": (encrypted, NotAudio),
    }
    for name, (make, problem) in refused.items():
        yield OddFile(name, make, problem=problem)


def encrypted() -> bytes:
    return recording("m4a").replace(b"mp4a" + bytes(6), b"enca" + bytes(6))
