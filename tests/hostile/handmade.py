"""Handmade hostile recordings: edges, bombs, and metadata that is absurd."""

import struct
from collections.abc import Mapping

from tests.hostile.bombs import bombs, index_bombs
from tests.hostile.builders import box, id3, mkv_with
from tests.hostile.edges import edge_lengths, edge_rates_and_channels
from tests.hostile.recordings import encoded_speech
from tests.support.recordings import speech, wav


def handmade_recordings() -> Mapping[str, bytes]:
    """Returns description -> bytes, always in the same order."""
    return {
        **edge_rates_and_channels(),
        **edge_lengths(),
        **bombs(),
        **index_bombs(),
        **absurd_metadata(),
    }


def absurd_metadata() -> Mapping[str, bytes]:
    """Returns recordings with too many, too large, too deep or undecodable tags."""
    undecodable_title = b"\xff\xfe\x00\xd8 \x00\r\n\x1b[31m"
    mp3 = encoded_speech("mp3")
    riff_header = wav(speech()[:16_000])[:12]
    empty_chunks = b"JUNK\0\0\0\0" * 100_000
    mkv_tag = bytes.fromhex("1254C367 87 7373 84 63C08173")
    avi_lists = b"LIST\xff\xff\xff\x7fhdrl" * 10_000
    return {
        "mp3 with 100,000 tags": id3(b"TXXX", b"\0a\0b") * 100_000 + mp3,
        "mp3 with a title of 8 MB": id3(b"TIT2", b"\3" + b"x" * 8_000_000) + mp3,
        "mp3 with a title in no encoding": id3(b"TIT2", undecodable_title) + mp3,
        "flac with 50,000 comments": flac_with_comments(50_000),
        "wav with 100,000 chunks": riff_header + empty_chunks + encoded_speech("wav")[12:],
        "m4a with 10,000 boxes in each other": nested_boxes(10_000) + encoded_speech("m4a"),
        "mkv with 100,000 tags": mkv_with(mkv_tag, 100_000),
        "avi with 10,000 lists in each other": encoded_speech("avi")[:12] + avi_lists,
    }


def flac_with_comments(count: int) -> bytes:
    data = encoded_speech("flac")
    comment = struct.pack("<I", 4) + b"a=\xff\xfe"
    body = struct.pack("<II", 0, count) + comment * count
    return data[:42] + b"\x04" + len(body).to_bytes(3, "big") + body + data[42:]


def nested_boxes(depth: int) -> bytes:
    shell = b""
    for _ in range(depth):
        kind = b"moov" if len(shell) % 16 else b"trak"
        shell = box(kind, shell)
    return shell
