"""Text normalization: a written word to its spoken form, in the languages that num2words knows."""

import re

from num2words import num2words

from functions.align.normalize_en import spoken_english

GROUPED_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+(?!\d)")
"""A number with separators between its thousands."""
NOT_DIGIT = re.compile(r"\D")
TOKEN = re.compile(r"\d+|[%&+€$£]|[^\d%&+€$£]+")
MAX_DIGITS = 10
"""A number with more digits is read out digit by digit."""
YEAR_LANGUAGES = frozenset({"de", "nl"})
"""Languages that read 1998 as nineteen hundred ninety-eight, and for which num2words does so."""
UNSUPPORTED = frozenset({"am"})
"""Languages that are not given to num2words: version 0.5.14 never returns from large numbers in
Amharic."""
SYMBOLS = {
    "de": {"%": "prozent", "&": "und", "+": "plus", "€": "euro", "$": "dollar", "£": "pfund"},
    "es": {"%": "por ciento", "&": "y", "+": "más", "€": "euros", "$": "dólares", "£": "libras"},
    "fr": {"%": "pour cent", "&": "et", "+": "plus", "€": "euros", "$": "dollars", "£": "livres"},
    "it": {"%": "per cento", "&": "e", "+": "più", "€": "euro", "$": "dollari", "£": "sterline"},
    "nl": {"%": "procent", "&": "en", "+": "plus", "€": "euro", "$": "dollar", "£": "pond"},
    "pl": {"%": "procent", "&": "i", "+": "plus", "€": "euro", "$": "dolarów", "£": "funtów"},
    "pt": {"%": "por cento", "&": "e", "+": "mais", "€": "euros", "$": "dólares", "£": "libras"},
}


def spoken_words(word: str, language: str) -> list[str]:
    """Returns the words that are spoken for one written word.

    Digits are left out in a language that num2words does not know.
    """
    if language == "en":
        return spoken_english(word)

    text = GROUPED_NUMBER.sub(without_separators, word)
    words = []
    for token in TOKEN.findall(text):
        words += spoken_token(token, language).split()
    return words


def without_separators(number: re.Match[str]) -> str:
    return NOT_DIGIT.sub("", number.group())


def spoken_token(token: str, language: str) -> str:
    """Returns what is spoken for a match of TOKEN; text stays as it is."""
    if not token.isdecimal():
        symbols = SYMBOLS.get(language, {})
        return symbols.get(token, token)

    if len(token) <= MAX_DIGITS:
        number = int(token)
        return spoken_number(number, language)

    digits = [spoken_number(int(digit), language) for digit in token]
    return " ".join(digits)


def spoken_number(number: int, language: str) -> str:
    """Returns the number in words, or an empty string in an unknown language."""
    if language in UNSUPPORTED:
        return ""

    is_year = language in YEAR_LANGUAGES and 1100 <= number < 2000
    kind = "year" if is_year else "cardinal"
    try:
        return str(num2words(number, lang=language, to=kind))
    except NotImplementedError:
        return ""
