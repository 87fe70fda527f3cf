"""Small files that unfold to hours of sound or gigabytes of memory."""

import gzip
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import av
import numpy as np

from tests.hostile.builders import MOV_RATE, box, id3, moov, patch, uint32s
from tests.hostile.recordings import encoded_speech

LARGEST_FLAC_BLOCK = 65_535
"""Samples."""
MANY_ENTRIES = 2**27
"""Entries of 24 bytes each that fill three gigabytes."""
COUNTED_TABLES = (b"stts", b"stsc", b"stco", b"stsd")
MEGABYTE = 2**20


def bombs() -> Mapping[str, bytes]:
    return {
        "hours of silence in large frames": large_frames(8000, 100),
        "one second, 20,000 times": overlapping(20_000),
        "one second, 700 times": overlapping(700),
        "a frame of 65,535 samples at 1 Hz": large_frames(1, 1),
        "alac frames of 16 million samples": patch("m4a alac", b"alac", 44, uint32s(2**24 - 1)),
        "a compressed index of 2 GB": compressed_index(2**31 - 1, 2**20),
        "a compressed index that unfolds": compressed_index(2**28, 2**28),
        "a cover of 900 megapixels": cover(30_000),
        "a gigabyte of zeros in gzip": gzip.compress(bytes(MEGABYTE)) * 1000,
        "a gigabyte of zeros in gzip in gzip": gzip.compress(gzip.compress(bytes(MEGABYTE)) * 1000),
        "zeros behind a RIFF header": b"RIFF\0\0\0\0WAVE" + bytes(4_000_000),
    }


def large_frames(rate: int, times: int) -> bytes:
    """Returns a silent FLAC file with the largest blocks there are."""
    samples = np.zeros((1, LARGEST_FLAC_BLOCK), np.int16)
    frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
    frame.sample_rate = 8000
    encoder: Any = av.CodecContext.create("flac", "w")
    encoder.sample_rate = 8000
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.options = {"frame_size": str(LARGEST_FLAC_BLOCK)}
    packets = [*encoder.encode(frame), *encoder.encode(None)]

    header = bytearray(b"fLaC\x80\0\0\x22" + encoder.extradata)
    other_bits = int.from_bytes(header[18:22], "big") & 0xFFF
    header[18:22] = (other_bits | rate << 12).to_bytes(4, "big")
    return bytes(header) + b"".join(map(bytes, packets)) * times


def overlapping(times: int) -> bytes:
    """Returns an MP4 file whose chunks are all the same second."""
    sound = box(b"mdat", bytes(MOV_RATE))
    mdat_header = 8
    samples = times * MOV_RATE
    entry = bytes(6) + struct.pack(">H", 1) + bytes(8)
    entry += struct.pack(">HHHHI", 1, 8, 0, 0, MOV_RATE << 16)
    tables = [
        box(b"stsd", uint32s(0, 1), box(b"raw ", entry)),
        box(b"stts", uint32s(0, 1, samples, 1)),
        box(b"stsc", uint32s(0, 1, 1, MOV_RATE, 1)),
        box(b"stsz", uint32s(0, 1, samples)),
        box(b"stco", uint32s(0, times), uint32s(mdat_header) * times),
    ]
    return sound + moov(samples, *tables)


def compressed_index(declared: int, length: int) -> bytes:
    """Returns a QuickTime file whose compressed index declares a length and has another."""
    method = box(b"dcom", b"zlib")
    content = box(b"cmvd", uint32s(declared), deflated_zeros(length))
    file_type = box(b"ftyp", b"qt  ", bytes(4), b"qt  ")
    return file_type + box(b"moov", box(b"cmov", method, content))


def cover(side: int) -> bytes:
    """Returns an MP3 file with a black picture of this many pixels a side."""
    size = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = deflated_zeros(side * (1 + side * 3))
    image = b"\x89PNG\r\n\x1a\n"
    image += png_chunk(b"IHDR", size) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return id3(b"APIC", b"\0image/png\0\3\0" + image) + encoded_speech("mp3")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def deflated_zeros(length: int) -> bytes:
    """Returns compressed zeros: one compressed megabyte over and over, which takes no time."""
    compressor = zlib.compressobj(9)
    first = compressor.compress(bytes(MEGABYTE)) + compressor.flush(zlib.Z_FULL_FLUSH)
    again = compressor.compress(bytes(MEGABYTE)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return first + again * (length // MEGABYTE) + compressor.flush()


def index_bombs() -> Mapping[str, bytes]:
    """Returns MP4 files whose index has more entries than the file has bytes."""
    sound = box(b"mdat", bytes(1000))
    tables = sample_tables(duration=1)
    slow_tables = sample_tables(duration=160)
    composition_times = box(b"ctts", uint32s(0, 1, MANY_ENTRIES, 1))

    without_samples = moov(0, *empty_tables())
    fragmented = box(b"moov", without_samples[8:], box(b"mvex", track_extends()))
    run = fragment(MANY_ENTRIES)
    tracks = [without_samples[8:]] * 1500

    files = {
        "mp4 with 2^27 samples": sound + moov(MANY_ENTRIES, *tables),
        "mp4 with 2^27 samples of 160": sound + moov(2**32 - 1, *slow_tables),
        "mp4 with a composition time for each of 2^27": sound
        + moov(MANY_ENTRIES, *tables, composition_times),
        "mp4 with a fragment of 2^27 samples": fragmented + run + sound,
        "mp4 with 1,000 fragments of a million": fragmented + fragment(10**6) * 1000 + sound,
    }
    for kind in COUNTED_TABLES:
        overcounted = [overcount(table, kind) for table in tables]
        description = f"mp4 with a {kind.decode()} of 2^32-1"
        files[description] = sound + moov(MANY_ENTRIES, *overcounted)
    files["mp4 with 1,500 tracks"] = sound + box(b"moov", *tracks)
    return files


def sample_tables(duration: int) -> list[bytes]:
    return [
        sample_description(),
        box(b"stts", uint32s(0, 1, MANY_ENTRIES, duration)),
        box(b"stsc", uint32s(0, 1, 1, MANY_ENTRIES, 1)),
        box(b"stsz", uint32s(0, 1, MANY_ENTRIES)),
        box(b"stco", uint32s(0, 1, 8)),
    ]


def empty_tables() -> list[bytes]:
    empty = [box(kind, uint32s(0, 0)) for kind in (b"stts", b"stsc", b"stco")]
    return [sample_description(), *empty, box(b"stsz", uint32s(0, 0, 0))]


def sample_description() -> bytes:
    entry = box(b"samr", bytes(6), b"\0\1", bytes(16), uint32s(MOV_RATE << 16))
    return box(b"stsd", uint32s(0, 1), entry)


def track_extends() -> bytes:
    return box(b"trex", uint32s(0, 1, 1, 1, 1, 0))


def fragment(samples: int) -> bytes:
    header = box(b"tfhd", uint32s(0, 1))
    run = box(b"trun", uint32s(0, samples))
    return box(b"moof", box(b"traf", header, run))


def overcount(table: bytes, kind: bytes) -> bytes:
    """Returns the table with the largest count there is, if it is of this kind."""
    if table[4:8] != kind:
        return table
    return table[:12] + uint32s(2**32 - 1) + table[16:]
