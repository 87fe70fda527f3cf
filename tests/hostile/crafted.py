"""Hostile recordings made by hand: bombs, lies about years, rates and channels at the edges, absurd
metadata."""

import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import av
import numpy as np

from tests.hostile.recordings import KINDS, recorded
from tests.hostile.structure import Format, Piece, written
from tests.support.recordings import speech, wav

Crafted = Mapping[str, bytes]
RATES = (
    0,
    1,
    10,
    100,
    999,
    1000,
    2000,
    8000,
    44100,
    192_000,
    384_000,
    768_000,
    10**8,
    2**31 - 1,
    2**31,
    2**32 - 1,
)
CHANNELS = (0, 1, 2, 6, 8, 24, 64, 255, 512, 65_535)
FAR = (2**31 - 1, 2**32 - 1, 2**62, 2**63 - 1, 2**64 - 1)
HUGE = 2**27
"""Entries of 24 bytes each that fill three gigabytes."""


def crafted() -> Crafted:
    return {**edges(), **years(), **bombs(), **tables(), **metadata()}


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def edges() -> Crafted:
    """Sample rates and channel counts at the edges of what can be written, and beyond what can be
    meant."""
    sound = speech()[: 2 * 6720].tobytes()
    floats = (0.0, -1.0, 1e-300, 0.5, 1.0, 1e12, 1e300, math.inf, math.nan)
    return {
        **{f"wav at {rate} Hz": wav_header(rate, 1) + sound for rate in RATES},
        **{
            f"wav with {channels} channels": wav_header(16_000, channels) + sound
            for channels in CHANNELS
        },
        **{f"8-bit wav at {rate} Hz": wav_header(rate, 1, 8) + sound for rate in (1, 1000)},
        **{f"au at {rate} Hz": au(rate, 1) + sound for rate in RATES},
        **{f"au with {channels} channels": au(16_000, channels) + sound for channels in CHANNELS},
        **{
            f"aiff at 2^{power} Hz": aiff(power)
            for power in (-16_383, -10, 0, 5, 13, 31, 63, 1000, 16_384)
        },
        **{f"caf at {rate} Hz": caf(rate) for rate in floats},
        **{f"flac at {rate} Hz": flac_at(rate) for rate in (0, 1, 1000, 2**20 - 1)},
    }


def wav_header(rate: int, channels: int, bits: int = 16) -> bytes:
    align = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * align % 2**32, align % 2**16, bits)
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + form + b"data\xff\xff\xff\xff"


def au(rate: int, channels: int) -> bytes:
    return b".snd" + numbers(24, 2**32 - 1, 3, rate, channels)


def aiff(power: int) -> bytes:
    """Its rate is an 80-bit float."""
    return patched("aiff", b"COMM", 16, struct.pack(">HQ", 16_383 + power, 2**63))


def caf(rate: float) -> bytes:
    data = recorded("caf")
    at = data.index(b"desc") + 12
    return data[:at] + struct.pack(">d", rate) + data[at + 8 :]


def flac_at(rate: int) -> bytes:
    """20 bits in the header; the frames refer to it."""
    data = recorded("flac")
    bits = int.from_bytes(data[18:22], "big") & 0xFFF | rate << 12
    return data[:18] + bits.to_bytes(4, "big") + data[22:]


def patched(kind: str, marker: bytes, offset: int, value: bytes) -> bytes:
    """A recording with other bytes so far behind the marker."""
    data = recorded(kind)
    at = data.index(marker) + offset
    return data[:at] + value + data[at + len(value) :]


def years() -> Crafted:
    """Headers and timestamps that claim years."""
    made: dict[str, bytes] = {}
    for far in FAR:
        short, long = struct.pack("<I", far % 2**32), struct.pack("<Q", far)
        made |= {
            f"wav of {far} bytes": patched("wav", b"data", 4, short),
            f"w64 of {far} bytes": patched("w64", b"data", 16, long),
            f"mp3 of {far} frames": patched("mp3", b"Info", 8, short),
            f"ogg until {far}": restamped("ogg opus", long),
            f"flac of {far} samples": patched(
                "flac", b"fLaC", 21, bytes([0xF0 | far % 16]) + short
            ),
            f"m4a of {far}": patched("m4a", b"mvhd", 16, numbers(far % 2**32)),
            f"m4a with a sample that lasts {far}": patched(
                "m4a", b"stts", 12, numbers(far % 2**32)
            ),
            f"m4a with an edit of {far}": patched("m4a", b"elst", 12, numbers(far % 2**32, 2**31)),
            f"mkv with a cluster at {far}": restamped("mkv", struct.pack(">Q", far)),
            f"flv with a tag at {far}": restamped("flv", short[:3] + b"\x7f"),
            f"caf of {far} frames": patched("caf", b"pakt", 20, struct.pack(">Q", far)),
            f"avi at {far}": patched("avi", b"auds", 20, short),
        }
    durations = (math.inf, -math.inf, math.nan, 1e300, -1.0)
    return made | {
        f"mkv of {far} ms": patched("mkv", b"\x44\x89\x88", 3, struct.pack(">d", far))
        for far in durations
    }


def restamped(kind: str, stamp: bytes) -> bytes:
    """The last page, cluster or tag at another time."""
    form = KINDS[kind].form
    pieces = form.parsed(recorded(kind))
    last = pieces[-2] if kind == "flv" else pieces[-1]
    if kind == "mkv":
        pieces[-1].inside += [
            Piece(bytes.fromhex("1F43B67588"), bytes.fromhex("E788") + stamp),
            cluster_block(),
        ]
    else:
        at = {"ogg opus": 6, "flv": 4}[kind]
        last.head = last.head[:at] + stamp + last.head[at + len(stamp) :]
    return written(pieces, form)


def cluster_block() -> Piece:
    """A sound in a cluster of its own, so that the time of the one before counts for something."""
    return Piece(bytes.fromhex("1F43B67588"), bytes.fromhex("E7847FFFFFFF A3858100008021"))


def bombs() -> Crafted:
    """Kilobytes that unfold to hours or gigabytes."""
    return {
        "hours of silence in large frames": large_frames(8000, 100),
        "one second, 20,000 times": overlapping(20_000),
        "one second, 700 times": overlapping(700),
        "a frame of 65,535 samples at 1 Hz": large_frames(1, 1),
        "alac frames of 16 million samples": patched("m4a alac", b"alac", 44, numbers(2**24 - 1)),
        "a compressed index of 2 GB": compressed_index(2**31 - 1, 2**20),
        "a compressed index that unfolds": compressed_index(2**28, 2**28),
        "a cover of 900 megapixels": cover(30_000),
        "zeros behind a RIFF header": b"RIFF\0\0\0\0WAVE" + bytes(4_000_000),
    }


def overlapping(times: int) -> bytes:
    """Every chunk of an MP4 file is the same second."""
    sound = box(b"mdat", bytes(RATE_OF_SECOND))
    first = 8
    entry = (
        bytes(6)
        + struct.pack(">H", 1)
        + bytes(8)
        + struct.pack(">HHHHI", 1, 8, 0, 0, RATE_OF_SECOND << 16)
    )
    table = [
        box(b"stsd", numbers(0, 1), box(b"raw ", entry)),
        box(b"stts", numbers(0, 1, times * RATE_OF_SECOND, 1)),
        box(b"stsc", numbers(0, 1, 1, RATE_OF_SECOND, 1)),
        box(b"stsz", numbers(0, 1, times * RATE_OF_SECOND)),
        box(b"stco", numbers(0, times), numbers(first) * times),
    ]
    return sound + moov(times * RATE_OF_SECOND, *table)


RATE_OF_SECOND = 8000


def moov(length: int, *table: bytes) -> bytes:
    """The index of a file with one audio track."""
    media = box(b"mdhd", numbers(0, 0, 0, RATE_OF_SECOND, min(length, 2**32 - 1), 0))
    handler = box(b"hdlr", numbers(0, 0), b"soun", bytes(13))
    minf = box(b"minf", box(b"smhd", bytes(8)), box(b"stbl", *table))
    track = box(b"tkhd", numbers(7, 0, 0, 1, 0, length % 2**32), bytes(60))
    return box(b"moov", box(b"trak", track, box(b"mdia", media, handler, minf)))


def large_frames(rate: int, times: int) -> bytes:
    """FLAC, silent, with the largest blocks there are."""
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 65_535), np.int16), "s16", "mono")
    coder: Any = av.CodecContext.create("flac", "w")
    coder.sample_rate, coder.layout, coder.format = 8000, "mono", "s16"
    coder.options = {"frame_size": "65535"}
    frame.sample_rate = 8000
    packets = [*coder.encode(frame), *coder.encode(None)]
    header = bytearray(b"fLaC\x80\0\0\x22" + coder.extradata)
    header[18:22] = (int.from_bytes(header[18:22], "big") & 0xFFF | rate << 12).to_bytes(4, "big")
    return bytes(header) + b"".join(map(bytes, packets)) * times


def compressed_index(claimed: int, length: int) -> bytes:
    packed = box(
        b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", numbers(claimed), packed_zeros(length))
    )
    return box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(b"moov", packed)


def packed_zeros(length: int) -> bytes:
    """Deflated: the same packed megabyte over and over, which takes no time."""
    packer = zlib.compressobj(9)
    first = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (length // 2**20) + packer.flush()


def cover(side: int) -> bytes:
    """An MP3 file with a picture of this many pixels a side, all black."""
    pixels = packed_zeros(side * (1 + side * 3))
    image = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", pixels), (b"IEND", b"")
        )
    )  # fmt: skip
    return id3(b"APIC", b"\0image/png\0\3\0" + image) + recorded("mp3")


def id3(kind: bytes, content: bytes) -> bytes:
    length = 10 + len(content)
    size = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + kind + struct.pack(">IH", len(content), 0) + content


def tables() -> Crafted:
    """Indexes of an MP4 file with more entries than the file has bytes."""
    stsd = box(
        b"stsd",
        numbers(0, 1),
        box(b"samr", bytes(6), b"\0\1", bytes(16), numbers(RATE_OF_SECOND << 16)),
    )
    stsz, stco = box(b"stsz", numbers(0, 1, HUGE)), box(b"stco", numbers(0, 1, 8))
    stts, stsc = box(b"stts", numbers(0, 1, HUGE, 1)), box(b"stsc", numbers(0, 1, 1, HUGE, 1))
    whole = [stsd, stts, stsc, stsz, stco]
    slow = [stsd, box(b"stts", numbers(0, 1, HUGE, 160)), stsc, stsz, stco]
    mdat = box(b"mdat", bytes(1000))
    trex = box(b"mvex", box(b"trex", numbers(0, 1, 1, 1, 1, 0)))
    empty = [
        stsd,
        *(box(kind, numbers(0, 0)) for kind in (b"stts", b"stsc", b"stco")),
        box(b"stsz", numbers(0, 0, 0)),
    ]
    run = box(b"moof", box(b"traf", box(b"tfhd", numbers(0, 1)), box(b"trun", numbers(0, HUGE))))
    fragmented = moov(0, *empty)
    fragmented = box(b"moov", fragmented[8:], trex)
    return {
        "mp4 with 2^27 samples": mdat + moov(HUGE, *whole),
        "mp4 with 2^27 samples of 160": mdat + moov(2**32 - 1, *slow),
        "mp4 with a composition time for each of 2^27": mdat
        + moov(HUGE, *whole, box(b"ctts", numbers(0, 1, HUGE, 1))),
        "mp4 with a fragment of 2^27 samples": fragmented + run + mdat,
        "mp4 with 1,000 fragments of a million": fragmented
        + run.replace(numbers(HUGE), numbers(10**6)) * 1000
        + mdat,
        **{
            f"mp4 with a {kind.decode()} of 2^32-1": mdat + moov(HUGE, *lying(whole, kind))
            for kind in COUNTED
        },
        "mp4 with 1,500 tracks": mdat + box(b"moov", *(moov(0, *empty)[8:] for _ in range(1500))),
    }


COUNTED = (b"stts", b"stsc", b"stco", b"stsd")


def lying(table: list[bytes], kind: bytes) -> Iterator[bytes]:
    return (
        entry[:12] + numbers(2**32 - 1) + entry[16:] if entry[4:8] == kind else entry
        for entry in table
    )


def metadata() -> Crafted:
    """Tags and covers that are too many, too large, too deep or in no encoding."""
    title = b"\xff\xfe\x00\xd8 \x00\r\n\x1b[31m"
    return {
        "mp3 with 100,000 tags": id3(b"TXXX", b"\0a\0b") * 100_000 + recorded("mp3"),
        "mp3 with a title of 8 MB": id3(b"TIT2", b"\3" + b"x" * 8_000_000) + recorded("mp3"),
        "mp3 with a title in no encoding": id3(b"TIT2", title) + recorded("mp3"),
        "flac with 50,000 comments": comments(50_000),
        "wav with 100,000 chunks": wav(speech()[:16_000])[:12]
        + b"JUNK\0\0\0\0" * 100_000
        + recorded("wav")[12:],
        "m4a with 10,000 boxes in each other": deep("m4a", 10_000),
        "mkv with 100,000 tags": in_segment(bytes.fromhex("1254C367 87 7373 84 63C08173"), 100_000),
        "avi with 10,000 lists in each other": recorded("avi")[:12]
        + b"LIST\xff\xff\xff\x7fhdrl" * 10_000,
    }


def comments(count: int) -> bytes:
    data = recorded("flac")
    body = struct.pack("<II", 0, count) + (struct.pack("<I", 4) + b"a=\xff\xfe") * count
    return data[:42] + b"\x04" + len(body).to_bytes(3, "big") + body + data[42:]


def deep(kind: str, depth: int) -> bytes:
    shell = b""
    for _ in range(depth):
        shell = box(b"moov", shell) if len(shell) % 16 else box(b"trak", shell)
    return shell + recorded(kind)


def in_segment(element: bytes, times: int) -> bytes:
    form: Format = KINDS["mkv"].form
    pieces = form.parsed(recorded("mkv"))
    pieces[-1].inside.insert(1, Piece(b"", element * times))
    return written(pieces, form)
