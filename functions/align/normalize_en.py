"""Text normalization for English: `$3.50` -> three dollars fifty.

It need not be perfect: it only has to resemble what is said enough to find the word in the audio.
"""

import re
import unicodedata
from functools import cache
from typing import Literal

from num2words import num2words

FRACTIONS = {"1/2": "half", "1/3": "third", "2/3": "thirds", "1/4": "quarter", "3/4": "quarters"}
CURRENCIES = {
    "$": ("dollar", "dollars", "cents"),
    "£": ("pound", "pounds", "pence"),
    "€": ("euro", "euros", "cents"),
    "¥": ("yen", "yen", "sen"),
}
"""Singular, plural, and the plural of the hundredth."""
SYMBOLS = {
    "&": "and",
    "+": "plus",
    "@": "at",
    "=": "equals",
    "%": "percent",
    "°": "degrees",
    "#": "number",
    "¢": "cents",
    "$": "dollars",
    "£": "pounds",
    "€": "euros",
    "¥": "yen",
    "°c": "degrees celsius",
    "°f": "degrees fahrenheit",
}
MONEY_SCALES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion"}
"""Suffixes of an amount of money."""
UNITS = {
    "mm": "millimeters",
    "cm": "centimeters",
    "km": "kilometers",
    "mg": "milligrams",
    "kg": "kilograms",
    "ml": "milliliters",
    "lb": "pounds",
    "lbs": "pounds",
    "oz": "ounces",
    "ft": "feet",
    "mph": "miles per hour",
    "kmh": "kilometers per hour",
    "hz": "hertz",
    "khz": "kilohertz",
    "mhz": "megahertz",
    "ghz": "gigahertz",
    "kb": "kilobytes",
    "mb": "megabytes",
    "gb": "gigabytes",
    "tb": "terabytes",
}
UNITS_AFTER_DIGITS = UNITS | {
    "m": "meters",
    "l": "liters",
    "°c": "degrees celsius",
    "°f": "degrees fahrenheit",
}
"""Also the letters that are units only after digits."""
ABBREVIATIONS = {
    "dr.": "doctor",
    "st.": "saint",
    "mt.": "mount",
    "prof.": "professor",
    "vs.": "versus",
    "vs": "versus",
}
PHONE = re.compile(r"[+(]?(?:\d{1,3}[-.)]{1,2})*\d{3}[-.]\d{4}|\(\d{3}\)")
TOKEN = re.compile(
    r"(?P<initials>(?:[a-z]\.){2,})"
    r"|(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"|(?<![\d/])(?P<fraction>1/2|[12]/3|[13]/4)(?![\d/])"
    r"|(?<!\w)(?P<minus>-)(?=[$£€¥]?\d)"
    r"|(?P<currency>[$£€¥])?(?P<digits>\d+(?:,\d{3})*|(?<!\w)(?=\.\d))(?:\.(?P<decimals>\d+))?"
    r"(?P<suffix>(?:'?s|°?[a-z]{1,3})(?![a-z]))?"
    r"|(?<=[a-z]{2})(?P<dot>\.)(?=[a-z]{2})"
    r"|(?P<hashtag>#)(?=[a-z])"
    r"|(?P<word>[a-z][a-z']*)"
    r"|(?P<symbol>[&+@=%#¢$£€¥]|°(?:[cf](?![a-z]))?)"
)
TYPOGRAPHIC = str.maketrans("’‘−⁄", "''-/")
"""Typographic characters and what a keyboard has for them."""
VULGAR_FRACTION = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
"""The place between a number and a fraction in one character."""
NOT_DIGIT = re.compile(r"\D")
YEARS = frozenset([*range(1100, 2000), *range(2010, 2100)])
"""Numbers that are read as years; 2005 is read as two thousand five either way."""
MAX_DIGITS = 10
"""A number with more digits is read out digit by digit."""


def spoken_english(word: str) -> list[str]:
    """Returns the lower-case words that are spoken for one written word.

    Returns no words for punctuation and other scripts.
    """
    text = plain_text(word)
    if text in ABBREVIATIONS:
        return [ABBREVIATIONS[text]]

    if PHONE.fullmatch(text.strip(".,;:?!")):
        digits = NOT_DIGIT.sub("", text)
        return digit_words(digits)

    words = []
    for token in TOKEN.finditer(text):
        words += token_words(token)
    return words


def plain_text(word: str) -> str:
    """Returns the word in lower case, without accents and typographic characters; 1½ as 1 1/2."""
    spaced = VULGAR_FRACTION.sub(" ", word)
    decomposed = unicodedata.normalize("NFKD", spaced)
    text = decomposed.translate(TYPOGRAPHIC).casefold()
    return "".join(character for character in text if not unicodedata.combining(character))


def token_words(token: re.Match[str]) -> list[str]:
    """Returns what is spoken for a match of TOKEN."""
    if token["currency"]:
        return money_words(token)
    if token["digits"] is not None:
        return quantity_words(token)

    text = token.group()
    match token.lastgroup:
        case "initials":
            return letter_names(text.replace(".", ""))
        case "minute":
            return time_words(token["hour"], token["minute"])
        case "fraction":
            return [*digit_words(text[0]), FRACTIONS[text]]
        case "word":
            return UNITS.get(text, text).split()
        case "symbol":
            return SYMBOLS[text].split()
        case group_name:  # minus, dot and hashtag are spoken as they are named
            return [str(group_name)]


def money_words(token: re.Match[str]) -> list[str]:
    """Returns an amount in words: three dollars fifty; two point five million dollars."""
    singular, plural, cents_name = CURRENCIES[token["currency"]]
    digits, decimals = token["digits"], token["decimals"]

    scale = MONEY_SCALES.get(token["suffix"])
    if scale:
        return [*decimal_words(digits, decimals), scale, plural]
    if decimals and len(decimals) != 2:
        return [*decimal_words(digits, decimals), plural]

    cents = []
    if decimals and decimals != "00":
        cents = whole_words(decimals.lstrip("0"))
        if digits in ("", "0"):
            return [*cents, cents_name]

    amount = whole_words(digits or "0")
    unit = singular if digits == "1" else plural
    return [*amount, unit, *cents]


def quantity_words(token: re.Match[str]) -> list[str]:
    """Returns a number and its suffix in words: 1st, 1990s, 5km, 3D."""
    words = decimal_words(token["digits"], token["decimals"])
    suffix = token["suffix"] or ""

    if suffix in ("st", "nd", "rd", "th"):
        last_word = words.pop()
        ordinal = ordinals()[last_word]
        words.append(ordinal)
    elif suffix in ("s", "'s"):
        last_word = words.pop()
        plural = plural_of(last_word)
        words.append(plural)
    elif suffix in ("am", "pm"):
        words += letter_names(suffix)
    else:
        unit = UNITS_AFTER_DIGITS.get(suffix, suffix)
        words += unit.split()

    return words


def time_words(hour: str, minute: str) -> list[str]:
    hour_words = whole_words(hour)
    if minute == "00":
        return hour_words

    if minute.startswith("0"):
        minute_words = ["oh", *digit_words(minute[1])]
    else:
        minute_words = whole_words(minute)
    return hour_words + minute_words


def letter_names(letters: str) -> list[str]:
    """Returns the names of the letters; `a` alone would be pronounced as the article."""
    return ["ay" if letter == "a" else letter for letter in letters]


def decimal_words(digits: str, decimals: str | None) -> list[str]:
    words = whole_words(digits) if digits else []
    if decimals:
        words += ["point", *digit_words(decimals)]
    return words


def whole_words(digits: str) -> list[str]:
    """Returns a whole number in words: as a year if it may be one, long ones digit by digit."""
    plain = digits.replace(",", "")
    has_leading_zero = len(plain) > 1 and plain.startswith("0")
    if has_leading_zero or len(plain) > MAX_DIGITS:
        return digit_words(plain)

    number = int(plain)
    is_grouped = "," in digits
    if not is_grouped and number in YEARS:
        return number_words(number, "year")
    return number_words(number, "cardinal")


def digit_words(digits: str) -> list[str]:
    words = []
    for digit in digits:
        words += number_words(int(digit), "cardinal")
    return words


def number_words(number: int, kind: Literal["cardinal", "ordinal", "year"]) -> list[str]:
    """Returns a number in American English: num2words' words without hyphens, commas and `and`."""
    text = num2words(number, to=kind)
    words = re.findall(r"[a-z]+", text)
    return [word for word in words if word != "and"]


@cache
def ordinals() -> dict[str, str]:
    """Returns the ordinal of each word that a number may end with."""
    numbers = [*range(20), *range(20, 100, 10), 100, 1_000, 1_000_000, 1_000_000_000]
    ordinals = {}
    for number in numbers:
        *_, cardinal = number_words(number, "cardinal")
        *_, ordinal = number_words(number, "ordinal")
        ordinals[cardinal] = ordinal
    return ordinals


def plural_of(word: str) -> str:
    """Returns the plural of a number word."""
    if word.endswith("y"):
        return word.removesuffix("y") + "ies"
    if word.endswith("x"):
        return word + "es"
    return word + "s"
