"""Recordings with rates, channels and lengths at the edges of what can be written, and beyond."""

import math
import struct
from collections.abc import Mapping

from tests.hostile.builders import patch, uint32s
from tests.hostile.recordings import FORMATS, encoded_speech
from tests.hostile.structure import Block, serialize
from tests.support.recordings import speech

RATES = (
    *(0, 1, 10, 100, 999, 1000, 2000, 8000, 44100, 192_000, 384_000, 768_000),
    *(10**8, 2**31 - 1, 2**31, 2**32 - 1),
)
CHANNELS = (0, 1, 2, 6, 8, 24, 64, 255, 512, 65_535)
AIFF_POWERS = (-16_383, -10, 0, 5, 13, 31, 63, 1000, 16_384)
CAF_RATES = (0.0, -1.0, 1e-300, 0.5, 1.0, 1e12, 1e300, math.inf, math.nan)
FLAC_RATES = (0, 1, 1000, 2**20 - 1)
FAR = (2**31 - 1, 2**32 - 1, 2**62, 2**63 - 1, 2**64 - 1)
MKV_DURATIONS = (math.inf, -math.inf, math.nan, 1e300, -1.0)

Recordings = dict[str, bytes]
"""Description -> bytes."""


def edge_rates_and_channels() -> Mapping[str, bytes]:
    sound = speech()[: 2 * 6720].tobytes()
    files: Recordings = {}
    for rate in RATES:
        files[f"wav at {rate} Hz"] = wav_header(rate, 1) + sound
    for channels in CHANNELS:
        files[f"wav with {channels} channels"] = wav_header(16_000, channels) + sound
    for rate in (1, 1000):
        files[f"8-bit wav at {rate} Hz"] = wav_header(rate, 1, bits=8) + sound
    for rate in RATES:
        files[f"au at {rate} Hz"] = au_header(rate, 1) + sound
    for channels in CHANNELS:
        files[f"au with {channels} channels"] = au_header(16_000, channels) + sound
    for power in AIFF_POWERS:
        files[f"aiff at 2^{power} Hz"] = aiff_at_power_of_two(power)
    for caf_rate in CAF_RATES:
        files[f"caf at {caf_rate} Hz"] = caf_at(caf_rate)
    for rate in FLAC_RATES:
        files[f"flac at {rate} Hz"] = flac_at(rate)
    return files


def wav_header(rate: int, channels: int, bits: int = 16) -> bytes:
    block_align = channels * bits // 8
    byte_rate = rate * block_align % 2**32
    form = struct.pack("<HHIIHH", 1, channels, rate, byte_rate, block_align % 2**16, bits)
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + form + b"data\xff\xff\xff\xff"


def au_header(rate: int, channels: int) -> bytes:
    return b".snd" + uint32s(24, 2**32 - 1, 3, rate, channels)


def aiff_at_power_of_two(power: int) -> bytes:
    """Returns an AIFF file whose rate, an 80-bit float, is 2 to this power."""
    rate = struct.pack(">HQ", 16_383 + power, 2**63)
    return patch("aiff", b"COMM", 16, rate)


def caf_at(rate: float) -> bytes:
    return patch("caf", b"desc", 12, struct.pack(">d", rate))


def flac_at(rate: int) -> bytes:
    """Returns a FLAC file with a rate of 20 bits in its header, to which its frames refer."""
    data = encoded_speech("flac")
    other_bits = int.from_bytes(data[18:22], "big") & 0xFFF
    bits = other_bits | rate << 12
    return data[:18] + bits.to_bytes(4, "big") + data[22:]


def edge_lengths() -> Mapping[str, bytes]:
    """Returns recordings whose headers and timestamps claim years."""
    files: Recordings = {}
    for far in FAR:
        files |= recordings_of_length(far)
    for milliseconds in MKV_DURATIONS:
        duration = struct.pack(">d", milliseconds)
        files[f"mkv of {milliseconds} ms"] = patch("mkv", b"\x44\x89\x88", 3, duration)
    return files


def recordings_of_length(far: int) -> Recordings:
    little32 = struct.pack("<I", far % 2**32)
    little64 = struct.pack("<Q", far)
    big32 = uint32s(far % 2**32)
    big64 = struct.pack(">Q", far)
    flac_samples = bytes([0xF0 | far % 16]) + little32
    edit = uint32s(far % 2**32, 2**31)
    return {
        f"wav of {far} bytes": patch("wav", b"data", 4, little32),
        f"w64 of {far} bytes": patch("w64", b"data", 16, little64),
        f"mp3 of {far} frames": patch("mp3", b"Info", 8, little32),
        f"ogg until {far}": ogg_ending_at(little64),
        f"flac of {far} samples": patch("flac", b"fLaC", 21, flac_samples),
        f"m4a of {far}": patch("m4a", b"mvhd", 16, big32),
        f"m4a with a sample that lasts {far}": patch("m4a", b"stts", 12, big32),
        f"m4a with an edit of {far}": patch("m4a", b"elst", 12, edit),
        f"mkv with a cluster at {far}": mkv_ending_at(big64),
        f"flv with a tag at {far}": flv_ending_at(little32[:3] + b"\x7f"),
        f"caf of {far} frames": patch("caf", b"pakt", 20, big64),
        f"avi at {far}": patch("avi", b"auds", 20, little32),
    }


def ogg_ending_at(timestamp: bytes) -> bytes:
    return with_timestamp("ogg opus", block_index=-1, offset=6, timestamp=timestamp)


def flv_ending_at(timestamp: bytes) -> bytes:
    return with_timestamp("flv", block_index=-2, offset=4, timestamp=timestamp)


def with_timestamp(name: str, block_index: int, offset: int, timestamp: bytes) -> bytes:
    """Returns a recording with another timestamp in the header of one block."""
    structure = FORMATS[name].structure
    blocks = structure.parse(encoded_speech(name))
    block = blocks[block_index]
    end = offset + len(timestamp)
    block.header = block.header[:offset] + timestamp + block.header[end:]
    return serialize(blocks, structure)


def mkv_ending_at(timestamp: bytes) -> bytes:
    """Returns a Matroska file with a cluster at this time, and one after it.

    The second has a sound, without which libav would ignore the time of the first.
    """
    structure = FORMATS["mkv"].structure
    blocks = structure.parse(encoded_speech("mkv"))
    cluster = bytes.fromhex("1F43B67588")
    far_cluster = Block(cluster, bytes.fromhex("E788") + timestamp)
    sound_cluster = Block(cluster, bytes.fromhex("E7847FFFFFFF A3858100008021"))
    segment = blocks[-1]
    segment.children += [far_cluster, sound_cluster]
    return serialize(blocks, structure)
