"""Playlists, scripts and containers that name other files and addresses."""

import struct
from collections.abc import Mapping

from tests.hostile.builders import box, ebml_element, id3, mkv_with, uint32s
from tests.hostile.canary import Canary
from tests.hostile.recordings import BOXES, encoded_speech
from tests.hostile.structure import Block, serialize

SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n"
DASH = (
    '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT2S">\n<Period><AdaptationSet mimeType="audio/wav">'
    '<Representation id="1" bandwidth="1"><BaseURL>{name}</BaseURL>\n<SegmentList>'
    '<SegmentURL media="{name}"/></SegmentList></Representation></AdaptationSet></Period></MPD>'
)
IMF = (
    '<?xml version="1.0"?><CompositionPlaylist '
    'xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>{name}</Id>'
)
SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<image xlink:href="{name}"/></svg>"""
VOBSUB = """# VobSub index file, v7 (do not modify this line!)
id: en, index: 0
timestamp: 00:00:01:000, filepos: 0
"""
HLS_HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
LISTS = {
    "hls": HLS_HEAD + "#EXTINF:2,\n{name}\n#EXT-X-ENDLIST\n",
    "hls key": HLS_HEAD + '#EXT-X-KEY:METHOD=AES-128,URI="{name}"\n#EXTINF:2,\n{name}\n',
    "hls map": (
        '#EXTM3U\n#EXT-X-MAP:URI="{name}"\n#EXT-X-TARGETDURATION:2\n'
        "#EXTINF:2,\n{name}\n#EXT-X-ENDLIST\n"
    ),
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
    "ism": (
        '<SmoothStreamingMedia MajorVersion="2">'
        '<StreamIndex Type="audio" Url="{name}"/></SmoothStreamingMedia>'
    ),
    "ffmetadata": ";FFMETADATA1\ntitle={name}\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1\n",
    "vobsub": VOBSUB,
    "avisynth": 'WavSource("{name}")\n',
    "cue": 'FILE "{name}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "shebang": "#!/bin/cat {name}\n",
}

PLACES = (
    "a mov data reference",
    "a mov alias",
    "a mov reference movie",
    "a cover",
    "an mkv attachment",
    "an mkv segment",
)
"""Where in a container another file can be named."""


def references(canary: Canary) -> Mapping[str, bytes]:
    """Returns description -> bytes, always in the same order."""
    addresses = canary_addresses(canary)
    files: dict[str, bytes] = {}
    for kind, text in LISTS.items():
        for description, address in addresses.items():
            files[f"{kind} of {description}"] = text.replace("{name}", address).encode()
    files["sdp"] = SDP.replace("{port}", str(canary.port)).encode()
    for place in PLACES:
        for description, address in addresses.items():
            files[f"{place} naming {description}"] = container_naming(place, address.encode())
    return files


def canary_addresses(canary: Canary) -> Mapping[str, str]:
    """Returns every way in which libav can be made to open something else."""
    file = str(canary.file)
    return {
        "a file": file,
        "a file url": f"file://{file}",
        "a relative file": "sound.wav",
        "an address": canary.url,
        "a tcp address": f"tcp://127.0.0.1:{canary.port}",
        "a concat": f"concat:{file}|{file}",
        "a part": f"subfile,,start,0,end,1000,,:{file}",
        "data": "data:audio/wav;base64,UklGRg==",
        "an encrypted file": f"crypto+file://{file}",
        "a pipe": "pipe:0",
        "a pattern": str(canary.folder / "%d.wav"),
    }


def container_naming(place: str, address: bytes) -> bytes:
    match place:
        case "a mov data reference":
            return with_data_reference(box(b"url ", uint32s(0), address + b"\0"))
        case "a mov alias":
            return with_data_reference(alias(address))
        case "a mov reference movie":
            return reference_movie(address) + encoded_speech("mov")
        case "a cover":
            return id3(b"APIC", b"\0-->\0\3\0" + address) + encoded_speech("mp3")
        case "an mkv attachment":
            file_name = ebml_element("466E", address)
            file_data = ebml_element("465C", address)
            attached_file = ebml_element("61A7", file_name + file_data)
            return mkv_with(ebml_element("1941A469", attached_file), 1)
        case _:
            previous_name = ebml_element("3C83AB", address)
            next_id = ebml_element("3EB923", bytes(16))
            return mkv_with(ebml_element("1549A966", previous_name + next_id), 1)


def with_data_reference(entry: bytes) -> bytes:
    """Returns a film whose sound is in another file."""
    blocks = BOXES.parse(encoded_speech("mov"))
    replace_children(blocks, b"dref", Block(entry[:8], entry[8:]))
    return serialize(blocks, BOXES)


def replace_children(blocks: list[Block], kind: bytes, child: Block) -> None:
    for block in blocks:
        if block.header[4:] == kind:
            block.children = [child]
        replace_children(block.children, kind, child)


def reference_movie(address: bytes) -> bytes:
    url = address + b"\0"
    reference = box(b"rdrf", uint32s(0), b"url ", uint32s(len(url)), url)
    return box(b"moov", box(b"rmra", box(b"rmda", reference)))


def alias(path: bytes) -> bytes:
    """Returns a Macintosh alias record, with the path as extra records of types 2 and 18."""
    name = path.rpartition(b"/")[2][:63]
    record = bytes(4) + struct.pack(">HH", 150, 2) + bytes(2)
    record += pascal_string(b"disk", 28) + bytes(12) + pascal_string(name, 64)
    record += bytes(16) + struct.pack(">hh", -1, -1) + bytes(16)
    padding = bytes(len(path) % 2)
    for kind in (2, 18):
        record += struct.pack(">hH", kind, len(path)) + path + padding
    return box(b"alis", uint32s(0), record + b"\xff\xff\0\0")


def pascal_string(text: bytes, width: int) -> bytes:
    """Returns the text after its length, in a field of fixed width."""
    counted = bytes([len(text)]) + text
    return counted.ljust(width, b"\0")[:width]
