"""The formats of an answer. This is the only list of them."""

from dataclasses import dataclass

JSON = "application/json"
PLAIN_TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
CSV = "text/csv; charset=utf-8"
PARQUET = "application/vnd.apache.parquet"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BINARY = frozenset({PARQUET, WORD})
"""Content types of formats that are no text."""


@dataclass(frozen=True)
class Format:
    """A format of the answer."""

    file_name: str
    """Name of its object in the answer's folder."""
    content_type: str
    is_default: bool
    """It is written when the option `formats` is not given."""


TRANSCRIPT = Format("transcript.json", JSON, is_default=True)
"""The answer itself, which is always written."""
PROBLEM_FILE = "problem.json"
"""Name of the object that is written instead of a transcript."""
EDITS_FILE = "edits.json"
"""Name of the object with the corrections that the formats were drawn with."""
EDITS_PROBLEM_FILE = "edits-problem.json"
"""Name of the object that says why a file of corrections in the inbox was not taken."""
PEAKS_FILE = "peaks.bin"
"""Name of the object with the outline of the sound, which is written beside a transcript."""
PEAKS_PER_SECOND = 10
"""Bytes of the peaks for each second of the recording."""
COMMIT_MARKS = (TRANSCRIPT.file_name, PROBLEM_FILE)
"""Names of the objects of which one is written last. It marks that the answer is complete."""
FORMATS: dict[str, Format] = {
    "srt": Format("transcript.srt", "application/x-subrip", is_default=True),
    "vtt": Format("transcript.vtt", "text/vtt; charset=utf-8", is_default=True),
    "txt": Format("transcript.txt", PLAIN_TEXT, is_default=True),
    "rttm": Format("transcript.rttm", PLAIN_TEXT, is_default=True),
    "ctm": Format("transcript.ctm", PLAIN_TEXT, is_default=True),
    "whisperx": Format("transcript.whisperx.json", JSON, is_default=False),
    "openai": Format("transcript.openai.json", JSON, is_default=False),
    "docx": Format("transcript.docx", WORD, is_default=False),
    "html": Format("transcript.html", "text/html; charset=utf-8", is_default=False),
    "md": Format("transcript.md", "text/markdown; charset=utf-8", is_default=False),
    "csv": Format("transcript.csv", CSV, is_default=False),
    "words-csv": Format("transcript.words.csv", CSV, is_default=False),
    "parquet": Format("transcript.parquet", PARQUET, is_default=False),
    "words-parquet": Format("transcript.words.parquet", PARQUET, is_default=False),
    "textgrid": Format("transcript.TextGrid", PLAIN_TEXT, is_default=False),
    "lrc": Format("transcript.lrc", PLAIN_TEXT, is_default=False),
}
"""Formats by their name in the option `formats`. A test checks that each has a writer."""
DEFAULT_FORMATS = tuple(name for name, format in FORMATS.items() if format.is_default)
