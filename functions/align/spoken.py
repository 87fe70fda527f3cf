"""How what is written is said in English: `$3.50` -> three dollars fifty. Near enough to find a word in the sound."""

import re
import unicodedata

TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", *TEENS]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred"))
ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
SYMBOLS = {
    "&": "and",
    "+": "plus",
    "@": "at",
    "=": "equals",
    "%": "percent",
    "°": "degrees",
    "#": "number",
    "$": "dollars",
    "£": "pounds",
    "€": "euros",
}
TOKEN = re.compile(r"([$£€])?(\d[\d,]*)(?:\.(\d+))?(st\b|nd\b|rd\b|th\b|s\b)?|[a-z][a-z']*|[&+@=%°#$£€]")
LONGEST_NUMBER = 10
"""Digits. A longer number is read out digit by digit."""


def spoken(word: str) -> list[str]:
    """The words, in small letters, that a reader says for one written word. None for a mere sign."""
    plain = unicodedata.normalize("NFKD", word.replace("’", "'")).casefold()
    text = "".join(character for character in plain if not unicodedata.combining(character))
    return [said for token in TOKEN.finditer(text) for said in one(token)]


def one(token: re.Match[str]) -> list[str]:
    currency, digits, decimals, suffix = token.groups()
    if digits is None:
        return [SYMBOLS.get(token.group(), token.group())]
    said = whole(digits)
    if suffix is not None:
        said[-1] = plural(said[-1]) if suffix == "s" else ordinal(said[-1])
    if currency is not None:
        return [*said, SYMBOLS[currency], *(whole(decimals) if decimals else [])]
    return [*said, "point", *one_by_one(decimals)] if decimals else said


def whole(digits: str) -> list[str]:
    """A number without a fraction. Four digits without a comma are read as a year where one would."""
    plain = digits.replace(",", "")
    if len(plain) > LONGEST_NUMBER or (len(plain) > 1 and plain[0] == "0"):
        return one_by_one(plain)
    if len(digits) == 4 and ("1100" <= digits < "2000" or "2010" <= digits < "2100"):
        return cardinal(int(digits[:2])) + (cardinal(int(digits[2:])) if digits[2:] != "00" else ["hundred"])
    return cardinal(int(plain))


def cardinal(number: int) -> list[str]:
    for scale, name in SCALES:
        if number >= scale:
            rest = number % scale
            return [*cardinal(number // scale), name, *(cardinal(rest) if rest else [])]
    if number < 20:
        return [ONES[number]]
    return [TENS[number // 10], *([ONES[number % 10]] if number % 10 else [])]


def one_by_one(digits: str) -> list[str]:
    return [ONES[int(digit)] for digit in digits]


def ordinal(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ieth"
    return ORDINALS.get(word, word + "th")


def plural(word: str) -> str:
    return word[:-1] + "ies" if word.endswith("y") else word + "s"
