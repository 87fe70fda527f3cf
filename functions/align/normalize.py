"""How numbers are read out in the languages that num2words knows."""

import re

from num2words import num2words

GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+(?!\d)")
"""A number with its thousands set apart."""
TOKEN = re.compile(r"\d+|[%&+€$£]|[^\d%&+€$£]+")
LONGEST_NUMBER = 10
"""Digits. A longer number is read out digit by digit."""
YEARS = frozenset({"de", "nl"})
"""Languages in which 1998 is nineteen hundred and so on, and num2words says so."""
UNREADABLE = frozenset({"am"})
"""num2words 0.5.14 does not come back from large numbers in Amharic."""
SIGNS = {
    "de": {"%": "prozent", "&": "und", "+": "plus", "€": "euro", "$": "dollar", "£": "pfund"},
    "es": {"%": "por ciento", "&": "y", "+": "más", "€": "euros", "$": "dólares", "£": "libras"},
    "fr": {"%": "pour cent", "&": "et", "+": "plus", "€": "euros", "$": "dollars", "£": "livres"},
    "it": {"%": "per cento", "&": "e", "+": "più", "€": "euro", "$": "dollari", "£": "sterline"},
    "nl": {"%": "procent", "&": "en", "+": "plus", "€": "euro", "$": "dollar", "£": "pond"},
    "pl": {"%": "procent", "&": "i", "+": "plus", "€": "euro", "$": "dolarów", "£": "funtów"},
    "pt": {"%": "por cento", "&": "e", "+": "mais", "€": "euros", "$": "dólares", "£": "libras"},
}


def read_out(word: str, language: str) -> list[str]:
    """The words said for one written word. Digits of a language that is not known are not said at
    all."""
    plain = GROUPED.sub(lambda number: re.sub(r"\D", "", number.group()), word)
    return [said for token in TOKEN.findall(plain) for said in one(token, language).split()]


def one(token: str, language: str) -> str:
    if not token.isdecimal():
        return SIGNS.get(language, {}).get(token, token)
    if len(token) > LONGEST_NUMBER:
        return " ".join(number(int(digit), language) for digit in token)
    return number(int(token), language)


def number(value: int, language: str) -> str:
    if language in UNREADABLE:
        return ""
    try:
        return str(
            num2words(value, lang=language, to="year" if is_year(value, language) else "cardinal")
        )
    except NotImplementedError:
        return ""


def is_year(value: int, language: str) -> bool:
    return language in YEARS and 1100 <= value < 2000
