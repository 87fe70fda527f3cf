"""Glob patterns of `matchGlob` (cloud.google.com/storage/docs/json_api/v1/objects/list)."""

import re

from emulators.storage.errors import Invalid

TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|\\.|[{},]|.", re.DOTALL)
FIXED = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def compiled(glob: str) -> re.Pattern[str]:
    """Returns the regular expression of a pattern.

    `*` and `?` stop at a slash, `**` does not. `[a-z]`, `[!a]` and `{one,two}` are known too.
    """
    pattern, depth = "", 0
    for token in TOKEN.findall(glob):
        depth += (token == "{") - (token == "}")
        pattern += translated(token, inside_braces=depth > 0)
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise Invalid("Invalid matchGlob.") from error


def translated(token: str, inside_braces: bool) -> str:
    if token in FIXED:
        return FIXED[token]
    if token == "{":
        return "(?:"
    if token == "}":
        return ")"
    if token == "," and inside_braces:
        return "|"
    if token.startswith("[") and len(token) > 2:
        return "[" + token[1:-1].replace("\\", r"\\").replace("!", "^", token[1] == "!") + "]"
    return re.escape(token[1:] if token.startswith("\\") and len(token) > 1 else token)


def literal_prefix(glob: str) -> str:
    """Returns the pattern before its first special character. Every match starts with it."""
    return re.split(r"[*?\[{\\]", glob, maxsplit=1)[0]
