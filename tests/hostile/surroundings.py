"""What comes with a recording: names that nobody should choose, metadata, and options.json files of
every bad kind."""

from collections.abc import Mapping

NAMES = (
    "a\nb.mp3", "\r\n", "\0", "\x1b[31mred.wav", "\x7f\x80\x9f", "\u202egpj.wav", "\ufeff.wav", "\u2028", " ",
    "../../../etc/passwd", "..", "/", "//", "/etc/passwd", "C:\\con", "%2e%2e%2f", "gs://other/bucket", "-i",
    "a/" * 511 + "b", "x" * 1024, "\U0001f600" * 256, "%s%n%p", "{name}", "$(reboot)", "`reboot`", "a#1", "a?b&c",
    "'; drop table jobs; --", "<script>alert(1)</script>", "http://127.0.0.1/a.m3u8", "file:///etc/passwd",
    "concat:a|b", "%d.wav", "options.json.wav", "transcript.json", "problem.json",
)  # fmt: skip
METADATA: tuple[Mapping[str, str], ...] = (
    {"language": "\0"},
    {"speakers": "9" * 8000},
    {"speakers": "-1"},
    {"speakers": "1e3"},
    {"initial-prompt": "x" * 8000},
    {"initial-prompt": "\x1b[31m\r\n\0\u202e"},
    {"model": "../../etc"},
    {"model": "http://127.0.0.1/model"},
    {"diarize": "\uff54rue"},
    {"": ""},
    {"\n": "\n"},
    {f"option-{number}": "x" for number in range(1000)},
    {"__class__": "str", "model_config": "x"},
)
OPTIONS: Mapping[str, bytes] = {
    "nothing": b"",
    "no object": b"[]",
    "a number": b"1",
    "null": b"null",
    "deep lists": b"[" * 65_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep lists of an option": b'{"language":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "5,000 options": b"{" + b",".join(b'"%d":1' % number for number in range(5000)) + b"}",
    "an option of 60 KB": b'{"' + b"x" * 60_000 + b'": 1}',
    "a value of 60 KB": b'{"hotwords": "' + b"x" * 60_000 + b'"}',
    "a number of 60,000 digits": b'{"speakers": ' + b"9" * 60_000 + b"}",
    "an endless number": b'{"speakers": 1e999}',
    "NaN": b'{"speakers": NaN}',
    "minus infinity": b'{"speakers": -Infinity}',
    "megabytes": b'{"language": "en"' + b" " * 4_000_000 + b"}",
    "no UTF-8": b'{"language": "\xff\xfe"}',
    "UTF-16": '{"language": "en"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"language": "en"}',
    "half a surrogate pair": b'{"initial-prompt": "\\ud800"}',
    "the same key twice": b'{"language": "en", "language": 5}',
    "the same key in two spellings": b'{"min-speakers": 1, "min_speakers": 40, "max-speakers": 2}',
    "control characters": b'{"initial-prompt": "\x00\x1b"}',
    "written control characters": b'{"initial-prompt": "\\u0000\\u001b[31m\\u202e"}',
    "a comment": b'{"language": "en" /* */}',
    "an open end": b'{"language": "en"',
    "two documents": b'{"language": "en"}{"language": "de"}',
    "a prototype": b'{"__proto__": {"language": "en"}}',
}
