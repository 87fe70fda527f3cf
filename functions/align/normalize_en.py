"""How what is written is said in English: `$3.50` -> three dollars fifty. Near enough to find a
word in the sound."""

import re
import unicodedata

TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
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
FRACTIONS = {"1/2": "half", "1/3": "third", "2/3": "thirds", "1/4": "quarter", "3/4": "quarters"}
CURRENCIES = {
    "$": ("dollar", "dollars", "cents"),
    "£": ("pound", "pounds", "pence"),
    "€": ("euro", "euros", "cents"),
    "¥": ("yen", "yen", "sen"),
}
"""One, many, and hundredths."""
SIGNS = {
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
MILLIONS = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion"}
"""After a sum of money."""
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
"""Alone, these letters may be anything."""
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
    r"|(?P<sign>[&+@=%#¢$£€¥]|°(?:[cf](?![a-z]))?)"
)
TYPED = str.maketrans("’‘−⁄", "''-/")
"""What a typewriter writes for it."""
LONGEST_NUMBER = 10
"""Digits. A longer number is read out digit by digit."""


def spoken(word: str) -> list[str]:
    """The words, in small letters, that a reader says for one written word. None for a mere
    sign."""
    text = plain(word)
    if text in ABBREVIATIONS:
        return [ABBREVIATIONS[text]]
    if PHONE.fullmatch(text.strip(".,;:?!")):
        return one_by_one(re.sub(r"\D", "", text))
    return [said for token in TOKEN.finditer(text) for said in one(token)]


def plain(word: str) -> str:
    """Small letters without accents; 1½ is 1 1/2."""
    apart = re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", word)
    text = unicodedata.normalize("NFKD", apart).translate(TYPED).casefold()
    return "".join(character for character in text if not unicodedata.combining(character))


def one(token: re.Match[str]) -> list[str]:
    """What is said for what `TOKEN` found."""
    text = token.group()
    match "number" if token["digits"] is not None else token.lastgroup:
        case "number":
            return money(token) if token["currency"] else counted(token)
        case "initials":
            return initials(text.replace(".", ""))
        case "minute":
            return time(token["hour"], token["minute"])
        case "fraction":
            return [ONES[int(text[0])], FRACTIONS[text]]
        case "word":
            return UNITS.get(text, text).split()
        case "sign":
            return SIGNS[text].split()
        case kind:
            return [str(kind)]


def money(token: re.Match[str]) -> list[str]:
    """Three dollars fifty; two point five million dollars."""
    one, many, hundredths = CURRENCIES[token["currency"]]
    digits, decimals, scale = (
        token["digits"],
        token["decimals"],
        MILLIONS.get(token["suffix"] or ""),
    )
    if scale or (decimals and len(decimals) != 2):
        return [*decimal(digits, decimals), *([scale] if scale else []), many]
    rest = whole(decimals.lstrip("0")) if decimals and decimals != "00" else []
    if rest and digits in ("", "0"):
        return [*rest, hundredths]
    return [*whole(digits or "0"), one if digits == "1" else many, *rest]


def counted(token: re.Match[str]) -> list[str]:
    """A number, and what its last letters make of it: 1st, 1990s, 5km, 3D."""
    said, suffix = decimal(token["digits"], token["decimals"]), token["suffix"] or ""
    if suffix in ("st", "nd", "rd", "th"):
        return [*said[:-1], ordinal(said[-1])]
    if suffix in ("s", "'s"):
        return [*said[:-1], plural(said[-1])]
    if suffix in ("am", "pm"):
        return [*said, *initials(suffix)]
    return [*said, *UNITS_AFTER_DIGITS.get(suffix, suffix).split()]


def decimal(digits: str, decimals: str | None) -> list[str]:
    return [
        *(whole(digits) if digits else []),
        *(["point", *one_by_one(decimals)] if decimals else []),
    ]


def initials(letters: str) -> list[str]:
    """Each letter by its name. The dictionary has all but `a` right."""
    return ["ay" if letter == "a" else letter for letter in letters]


def time(hour: str, minute: str) -> list[str]:
    if minute == "00":
        return whole(hour)
    return [*whole(hour), *(["oh", ONES[int(minute)]] if minute[0] == "0" else whole(minute))]


def whole(digits: str) -> list[str]:
    """A number without a fraction. Four digits without a comma are read as a year where one
    would."""
    plain = digits.replace(",", "")
    if len(plain) > LONGEST_NUMBER or (len(plain) > 1 and plain[0] == "0"):
        return one_by_one(plain)
    if len(digits) == 4 and ("1100" <= digits < "2000" or "2010" <= digits < "2100"):
        return cardinal(int(digits[:2])) + (
            cardinal(int(digits[2:])) if digits[2:] != "00" else ["hundred"]
        )
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
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")
