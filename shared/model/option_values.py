"""Values of options as people write them, from metadata, a command line or an options.json.

Each function is a validator of pydantic. A ValueError without a message means that what the option
expects says enough.
"""

import json
import re
from typing import Any

from pydantic_core import from_json

from shared.model.formats import FORMATS
from shared.model.language_tags import language_code
from shared.model.languages import ENGLISH_NAMES, MULTI

MAX_RULES = 200
"""Replacements of a recording."""
MAX_RULE_LENGTH = 200
"""Characters on either side of a replacement."""
MAX_SHOWN = 60
"""Characters of a value that a message shows."""
AUTOMATIC = frozenset(
    {"", "any", "auto", "autodetect", "automatic", "default", "detect", "none", "null", "und"}
)
"""Texts that leave a choice to Dropscribe."""
MANY_LANGUAGES = frozenset({MULTI, "mul", "multilingual", "multiple"})
ALWAYS_WRITTEN = "json"
"""The name that people give transcript.json in a list of formats."""


class Expects:
    """Says what the values of an option are, for after "expected"."""

    def __init__(self, values: str) -> None:
        self.values = values


def as_lower_case(value: Any) -> Any:
    """Returns a text without spaces around it and in small letters; other values as they are."""
    if isinstance(value, str):
        return value.strip().casefold()
    return value


def as_text(value: Any) -> Any:
    """Returns a text without spaces around it, and a list of texts joined by commas."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value


def as_count(value: Any) -> Any:
    """Returns a number as it is, and None for a text that leaves it open. Raises ValueError for
    true and false, which would count as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, str) and as_lower_case(value) in AUTOMATIC:
        return None
    return value


def as_track(value: Any) -> Any:
    """Returns "all" in lower case, and anything else as `as_count` does."""
    text = as_lower_case(value)
    if text == "all":
        return text
    return as_count(value)


def as_name(value: Any) -> Any:
    """Returns the name of a model, or None for a text that leaves it open."""
    text = as_text(value)
    if isinstance(text, str) and text.casefold() in AUTOMATIC:
        return None
    return text


def as_language(value: Any) -> str | None:
    """Returns the code of a language, MULTI, or None if the language is to be detected. Raises
    ValueError if Whisper knows no such language."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError
    text = as_lower_case(value)
    if text in AUTOMATIC:
        return None
    if text in MANY_LANGUAGES:
        return MULTI
    code = language_code(text)
    if code is None:
        raise ValueError
    return code


def as_list(value: Any) -> Any:
    """Returns the names in a text, which is how metadata holds a list: with commas, semicolons or
    bars between them, or as a list in JSON."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        return from_json_text(text)
    parts = re.split("[,;|]", text)
    names = [part.strip() for part in parts]
    return [name for name in names if name]


def as_object(value: Any) -> Any:
    """Returns the object in a JSON text, which is how metadata holds an object."""
    if isinstance(value, str):
        return from_json_text(value)
    return value


def from_json_text(text: str) -> Any:
    """Returns the value of a JSON text. Raises ValueError without a message."""
    try:
        return from_json(text)
    except ValueError as error:
        raise ValueError from error


def known_languages(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the codes of languages without repetitions. Raises ValueError if one is unknown."""
    codes = []
    for text in texts:
        if as_lower_case(text) in AUTOMATIC:
            continue
        code = language_code(text)
        if code is None:
            raise ValueError(f"there is no language {text[:MAX_SHOWN]!r}; {known_codes()}")
        codes.append(code)
    return tuple(dict.fromkeys(codes))


def known_codes() -> str:
    """Returns a sentence's end with the codes of all languages."""
    codes = ", ".join(ENGLISH_NAMES)
    return f"known are {codes}, and their names in English"


def known_formats(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names of formats without repetitions. Raises ValueError if one is unknown.

    transcript.json is left out, since it is always written.
    """
    names = []
    for text in texts:
        for word in text.split():
            name = word.casefold().removeprefix(".")
            if name == ALWAYS_WRITTEN:
                continue
            if name not in FORMATS:
                known = ", ".join(FORMATS)
                shown = word[:MAX_SHOWN]
                raise ValueError(
                    f"there is no format {shown!r} "
                    f"(known: {known}; transcript.json is always written)"
                )
            names.append(name)
    return tuple(dict.fromkeys(names))


def within_limits(rules: dict[str, str]) -> dict[str, str]:
    """Returns the rules. Raises ValueError if they are too many or one is too long or blank."""
    count = len(rules)
    if count > MAX_RULES:
        raise ValueError(f"{count} rules; the limit is {MAX_RULES}")
    for find, replacement in rules.items():
        if not find.strip():
            raise ValueError("what to find must not be blank")
        longest = max(len(find), len(replacement))
        if longest > MAX_RULE_LENGTH:
            raise ValueError(f"a text of a rule has at most {MAX_RULE_LENGTH} characters")
    return rules


def shown(value: Any) -> str:
    """Returns a value as a message shows it. A long one is cut, and its length added."""
    is_text = isinstance(value, str)
    text = repr(value) if is_text else as_json(value)
    if len(text) <= MAX_SHOWN:
        return text
    beginning = text[:MAX_SHOWN]
    if is_text:
        return f"{beginning}… ({len(value)} characters)"
    return f"{beginning}…"


def as_json(value: Any) -> str:
    """Returns a value as JSON writes it."""
    return json.dumps(value, ensure_ascii=False, default=str)
