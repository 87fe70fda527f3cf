"""Names of options as people write them, names that resemble one, and names that tools add."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

MIN_SIMILARITY = 0.85
"""Ratio of difflib from which a name is taken for a slip. It is that of a wrong letter, or of two
swapped ones, in seven. `speaker-id` and `channel-id`, 0.82 like the options, are not slips."""
MAX_LENGTH = 64
"""Characters of the longest name that may be a slip."""
HEADER_PREFIX = re.compile(r"^(x-)?(goog|amz)-meta-", re.IGNORECASE)
"""Begins the header in which a client sends metadata. Some people write it in front of the name."""
OTHER_NAMES = {
    "diarisation": "diarize",
    "diarization": "diarize",
    "keyterms": "hotwords",
    "keywords": "hotwords",
    "lang": "language",
    "langs": "languages",
    "languagecode": "language",
    "languagecodes": "languages",
    "maximumspeakers": "max-speakers",
    "maxspeakercount": "max-speakers",
    "minimumspeakers": "min-speakers",
    "minspeakercount": "min-speakers",
    "modelname": "model",
    "modle": "model",
    "nspeakers": "speakers",
    "numberofspeakers": "speakers",
    "numspeakers": "speakers",
    "outputformat": "formats",
    "outputformats": "formats",
    "prompt": "initial-prompt",
    "speakercount": "speakers",
    "speakerlabels": "diarize",
    "speakersexpected": "speakers",
    "taks": "task",
    "vocabulary": "hotwords",
    "whispermodel": "model",
}
"""Names of other programs' options, and slips in short names, with the option that is meant."""
TOOL_NAMES = frozenset(
    {
        "atime",
        "btime",
        "ctime",
        "gid",
        "gname",
        "md5",
        "md5chksum",
        "mode",
        "mtime",
        "rdev",
        "uid",
        "uname",
    }
)
"""Metadata of files that s3fs, rclone, mc and s3cmd copy."""
UPLOAD_MARK = "dropscribe-upload"
"""Metadata by which an object's upload through the HTTP API is recognised."""
TOOL_PREFIXES = (
    UPLOAD_MARK,
    "file-",
    "firebase",
    "gcsfuse",
    "goog-reserved-",
    "goog_reserved_",
    "mtime",
)
TOOL_SUFFIXES = ("-attrs",)


def hyphenated(name: str) -> str:
    """Returns an option's name as it is written on objects and in options.json."""
    return name.replace("_", "-")


def without_header(name: str) -> str:
    """Returns a metadata's name without the beginning of the header that it is sent in."""
    return HEADER_PREFIX.sub("", name.strip())


def compact(name: str) -> str:
    """Returns a name without case and separators, so that minSpeakers is min-speakers."""
    bare = without_header(name)
    letters = re.sub(r"[-_.\s]", "", bare)
    return letters.casefold()


def exact_option(name: str, options: Sequence[str]) -> str | None:
    """Returns the option that a name writes in any case and with any separators, or None."""
    letters = compact(name)
    return by_compact_name(options).get(letters)


def by_compact_name(options: Iterable[str]) -> dict[str, str]:
    """Returns the options by their names without separators."""
    return {compact(option): option for option in options}


def resembled_option(name: str, options: Sequence[str]) -> str | None:
    """Returns the option that a name which is none probably means, or None."""
    letters = compact(name)
    if len(letters) > MAX_LENGTH:
        return None
    if letters in OTHER_NAMES:
        return OTHER_NAMES[letters]
    option_of = by_compact_name(options)
    nearest = get_close_matches(letters, option_of, n=1, cutoff=MIN_SIMILARITY)
    if not nearest:
        return None
    return option_of[nearest[0]]


def is_like_option(name: str, options: Sequence[str]) -> bool:
    """Returns whether a name is that of an option, or a slip in it."""
    if exact_option(name, options):
        return True
    resembled = resembled_option(name, options)
    return resembled is not None


def is_from_tool(name: str) -> bool:
    """Returns whether an upload tool adds metadata of this name by itself."""
    bare = without_header(name).casefold()
    if bare in TOOL_NAMES:
        return True
    if bare.startswith(TOOL_PREFIXES):
        return True
    return bare.endswith(TOOL_SUFFIXES)
