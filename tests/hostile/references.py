"""Playlists, scripts and containers that name other files and addresses."""

import struct
from collections.abc import Mapping

from tests.hostile.crafted import box, id3, in_segment, numbers
from tests.hostile.outside import Outside
from tests.hostile.recordings import BOXES, recorded
from tests.hostile.structure import Piece, written

SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n"
DASH = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S">
<Period><AdaptationSet mimeType="audio/wav"><Representation id="1" bandwidth="1"><BaseURL>{name}</BaseURL>
<SegmentList><SegmentURL media="{name}"/></SegmentList></Representation></AdaptationSet></Period></MPD>"""
IMF = '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>{name}</Id>'
SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<image xlink:href="{name}"/></svg>"""
VOBSUB = """# VobSub index file, v7 (do not modify this line!)
id: en, index: 0
timestamp: 00:00:01:000, filepos: 0
"""
LISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{name}\n#EXT-X-ENDLIST\n",
    "hls key": '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI="{name}"\n#EXTINF:2,\n{name}\n',
    "hls map": '#EXTM3U\n#EXT-X-MAP:URI="{name}"\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{name}\n#EXT-X-ENDLIST\n',
    "concat": "ffconcat version 1.0\nfile '{name}'\n",
    "dash": DASH,
    "imf": IMF,
    "svg": SVG,
    "m3u": "{name}\n",
    "pls": "[playlist]\nFile1={name}\nNumberOfEntries=1\n",
    "asx": '<asx version="3.0"><entry><ref href="{name}"/></entry></asx>',
    "asf redirection": "[Reference]\nRef1={name}\n",
    "ram": "rtsp://127.0.0.1/{name}\n",
    "rtsp text": "RTSPtextRTSP://{name}\n",
    "smil": '<smil><body><audio src="{name}"/></body></smil>',
    "ism": '<SmoothStreamingMedia MajorVersion="2"><StreamIndex Type="audio" Url="{name}"/></SmoothStreamingMedia>',
    "ffmetadata": ";FFMETADATA1\ntitle={name}\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1\n",
    "vobsub": VOBSUB,
    "avisynth": 'WavSource("{name}")\n',
    "cue": 'FILE "{name}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "shebang": "#!/bin/cat {name}\n",
}


def references(outside: Outside) -> Mapping[str, bytes]:
    names = addresses(outside)
    texts = {
        f"{kind} of {what}": text.replace("{name}", name).encode()
        for kind, text in LISTS.items()
        for what, name in names.items()
    }
    return {
        **texts,
        "sdp": SDP.replace("{port}", str(outside.port)).encode(),
        **{
            f"{where} naming {what}": naming(where, name)
            for where in NAMING
            for what, name in names.items()
        },
    }


def addresses(outside: Outside) -> Mapping[str, str]:
    file = str(outside.file)
    return {
        "a file": file,
        "a file url": f"file://{file}",
        "a relative file": "sound.wav",
        "an address": outside.url,
        "a tcp address": f"tcp://127.0.0.1:{outside.port}",
        "a concat": f"concat:{file}|{file}",
        "a part": f"subfile,,start,0,end,1000,,:{file}",
        "data": "data:audio/wav;base64,UklGRg==",
        "an encrypted file": f"crypto+file://{file}",
        "a pipe": "pipe:0",
        "a pattern": str(outside.folder / "%d.wav"),
    }


NAMING = (
    "a mov data reference",
    "a mov alias",
    "a mov reference movie",
    "a cover",
    "an mkv attachment",
    "an mkv segment",
)


def naming(where: str, name: str) -> bytes:
    value = name.encode()
    match where:
        case "a mov data reference":
            return with_dref(box(b"url ", numbers(0), value + b"\0"))
        case "a mov alias":
            return with_dref(alias(value))
        case "a mov reference movie":
            reference = box(b"rdrf", numbers(0), b"url ", numbers(len(value) + 1), value + b"\0")
            return box(b"moov", box(b"rmra", box(b"rmda", reference))) + recorded("mov")
        case "a cover":
            return id3(b"APIC", b"\0-->\0\3\0" + value) + recorded("mp3")
        case "an mkv attachment":
            return in_segment(
                element(
                    "1941A469", element("61A7", element("466E", value) + element("465C", value))
                ),
                1,
            )
        case _:
            return in_segment(
                element("1549A966", element("3C83AB", value) + element("3EB923", bytes(16))), 1
            )


def with_dref(entry: bytes) -> bytes:
    """A film whose sound is said to be elsewhere."""
    pieces = BOXES.parsed(recorded("mov"))
    replace(pieces, b"dref", Piece(entry[:8], entry[8:]))
    return written(pieces, BOXES)


def replace(pieces: list[Piece], kind: bytes, content: Piece) -> None:
    for piece in pieces:
        if piece.head[4:] == kind:
            piece.inside = [content]
        replace(piece.inside, kind, content)


def alias(path: bytes) -> bytes:
    """A Macintosh alias record: volume, file name, and the path in it as an extra record of type
    2."""
    name = path.rpartition(b"/")[2][:63]
    record = (
        bytes(4)
        + struct.pack(">HH", 150, 2)
        + bytes(2)
        + pascal(b"disk", 28)
        + bytes(12)
        + pascal(name, 64)
    )
    record += bytes(16) + struct.pack(">hh", -1, -1) + bytes(16)
    for kind in (2, 18):
        record += struct.pack(">hH", kind, len(path)) + path + bytes(len(path) % 2)
    return box(b"alis", numbers(0), record + b"\xff\xff\0\0")


def pascal(text: bytes, width: int) -> bytes:
    return (bytes([len(text)]) + text).ljust(width, b"\0")[:width]


def element(kind: str, content: bytes) -> bytes:
    return bytes.fromhex(kind) + struct.pack(">Q", 1 << 56 | len(content)) + content
