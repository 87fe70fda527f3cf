"""Languages as people write them: codes, tags and names, and the codes that Whisper knows."""

import re

from langcodes import Language, standardize_tag
from langcodes.tag_parser import LanguageTagError

from shared.model.languages import ENGLISH_NAMES

MAX_LENGTH = 64
"""Characters of the longest text that is looked at."""
WHISPER_CODES = {"fil": "tl", "jv": "jw", "nb": "no"}
"""Codes of Whisper for languages that IANA's registry calls otherwise."""
COUNTRY_CODES = {
    "cn": "zh",
    "cz": "cs",
    "dk": "da",
    "gr": "el",
    "jp": "ja",
    "kr": "ko",
    "ua": "uk",
    "vn": "vi",
}
"""Codes of countries that are no codes of languages, but are often written in their place."""
OTHER_NAMES = {
    "bahasa indonesia": "id",
    "bangla": "bn",
    "burmese": "my",
    "castilian": "es",
    "český": "cs",
    "čeština": "cs",
    "dansk": "da",
    "deutsch": "de",
    "español": "es",
    "farsi": "fa",
    "filipino": "tl",
    "flemish": "nl",
    "français": "fr",
    "haitian": "ht",
    "italiano": "it",
    "letzeburgesch": "lb",
    "magyar": "hu",
    "mandarin": "zh",
    "moldavian": "ro",
    "moldovan": "ro",
    "nederlands": "nl",
    "norsk": "no",
    "panjabi": "pa",
    "polski": "pl",
    "português": "pt",
    "pushto": "ps",
    "română": "ro",
    "sinhalese": "si",
    "suomi": "fi",
    "svenska": "sv",
    "tiếng việt": "vi",
    "türkçe": "tr",
    "valencian": "ca",
    "ελληνικά": "el",
    "русский": "ru",
    "українська": "uk",
    "עברית": "he",
    "العربية": "ar",
    "हिन्दी": "hi",
    "ไทย": "th",
    "中文": "zh",
    "日本語": "ja",
    "한국어": "ko",
}
"""Codes by names that ENGLISH_NAMES lacks: other English ones, and languages' own."""
CODES_BY_NAME = {name: code for code, name in ENGLISH_NAMES.items()} | OTHER_NAMES


def language_code(text: str) -> str | None:
    """Returns Whisper's code of a language, or None if the text is none that Whisper knows.

    `text` is a code, a tag such as en-US, or a name such as English, in any case.
    """
    written = text.strip().casefold()
    if len(written) > MAX_LENGTH:
        return None
    if written in ENGLISH_NAMES:
        return written
    if written in COUNTRY_CODES:
        return COUNTRY_CODES[written]
    return code_of_name(written) or code_of_tag(written)


def code_of_name(name: str) -> str | None:
    """Returns the code of a language by its name, which may have a variety: "English (US)",
    "Chinese, Simplified" or "Brazilian Portuguese"."""
    parts = re.split(r" *[(,/]| +[-–] ?", name)
    language = parts[0]
    if language in CODES_BY_NAME:
        return CODES_BY_NAME[language]
    last_word = language.rpartition(" ")[2]
    return CODES_BY_NAME.get(last_word)


def code_of_tag(tag: str) -> str | None:
    """Returns the code of a language by its tag, as BCP 47 or a locale of Unix writes it."""
    without_encoding = re.split("[.@]|[-_]posix", tag)[0]
    try:
        parsed = Language.get(without_encoding)
    except LanguageTagError:
        return None
    if not parsed.is_valid():
        return None
    language = parsed.language
    macrolanguage = standardize_tag(language or "und", macro=True)
    for code in (language, macrolanguage):
        known = WHISPER_CODES.get(code or "", code)
        if known in ENGLISH_NAMES:
            return known
    return None
