"""Which places between two characters no cut may use, whatever the language.

A cut is a position in a text: the number of characters before it.
"""

import re
import unicodedata

import wcwidth

HAN_AND_KANA = re.compile(
    "[\u2e80-\u2fdf\u3001-\u303f\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f"
    "\U00020000-\U0003ffff]"
)
"""Characters of Chinese and Japanese, with their punctuation but without full-width Latin."""
THAI = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4f\u0e5a\u0e5b]")
OTHER_UNSPACED = re.compile(
    "[\u0e80-\u0ecf\u0edc-\u0eff\u1000-\u103f\u104a-\u108f\u109a-\u109f\u1780-\u17df\u1950-\u19cf"
    "\u19de\u19df\u1a20-\u1a7f\u1aa0-\u1aaf\ua9e0-\ua9ef\ua9fa-\ua9ff\uaa60-\uaadf]"
)
"""Lao, Myanmar, Khmer and the Tai scripts. Digits of these scripts and of Thai are left out, so
that numbers are never cut."""
UNSPACED = re.compile(f"{HAN_AND_KANA.pattern}|{THAI.pattern}|{OTHER_UNSPACED.pattern}")
"""Characters of scripts that write words without spaces between them."""

BREAK_MARKS = "\u200b\u0f0b"
"""Marks after which a text may be cut: the zero-width space, and Tibetan's mark between
syllables."""
QUOTES = "\"'"
"""Marks that open as well as close. Only a space beside them tells which."""
NEVER_FIRST = frozenset(
    "ーぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"  # Japanese
    "ｰｧｨｩｪｫｬｭｮｯﾞﾟ々〻ゝゞヽヾ"  # Japanese: half-width, and marks of repetition
    "〜～–—-°℃"
    "ะาำๅๆฯ"  # Thai: vowels after their consonant, repetition, abbreviation
    "ະາຳຽໆຯ"  # Lao: the same
    "ៗ"  # Khmer: repetition
)
"""Characters beside closing punctuation that belong to what precedes them."""
NEVER_LAST = frozenset("#@$€£¥￥＄เแโใไເແໂໃໄ")
"""Characters beside opening punctuation that belong to what follows them: Thai and Lao write some
vowels before their consonant."""
CLOSING_CATEGORIES = frozenset({"Pe", "Pf", "Mn", "Mc", "Me"})
"""Unicode's closing brackets, closing quotes, and marks that combine with the character before."""
OPENING_CATEGORIES = frozenset({"Ps", "Pi"})
NEUTRAL_MARKS = frozenset("¿¡#@&*\\†‡§¶※")
"""Of Unicode's other punctuation, what does not close."""
VIRAMA = 9
"""Unicode's combining class of signs that join a consonant to the next one."""
MAY_START_WORD = "-–—.…”’»"
"""Closing marks that come before a word as well: a dash, dots, and quotes that open in German,
Swedish and other languages."""
MYANMAR_ASAT = "\u103a"
"""The sign of a consonant that ends a syllable."""


def cluster_starts(text: str) -> set[int]:
    """Returns where each grapheme cluster of the text begins: what a reader takes for a character,
    such as a letter with its accents (Unicode's extended grapheme clusters)."""
    starts = set()
    position = 0
    for cluster in wcwidth.iter_graphemes(text):
        starts.add(position)
        position += len(cluster)
    return starts


def closes(character: str) -> bool:
    """Returns whether the character belongs to what precedes it."""
    category = unicodedata.category(character)
    if category == "Po":
        is_neutral = character in NEUTRAL_MARKS or character in QUOTES
        return not is_neutral
    if category in CLOSING_CATEGORIES:
        return True
    return character in NEVER_FIRST


def starts_with_closing(run: str) -> bool:
    """Returns whether a run of characters after a space belongs to what precedes the space."""
    rest = run.lstrip(MAY_START_WORD)
    following = rest[:1]
    if rest != run and is_spaced_word_character(following):
        return False
    return closes(run[0])


def opens(character: str) -> bool:
    """Returns whether the character belongs to what follows it."""
    if is_opening_mark(character) or character in NEVER_LAST:
        return True
    combining_class = unicodedata.combining(character)
    return combining_class == VIRAMA


def is_opening_mark(character: str) -> bool:
    category = unicodedata.category(character)
    if category in OPENING_CATEGORIES:
        return True
    return character in "¿¡"


def separates_marks(text: str, cut: int) -> bool:
    """Returns whether the cut parts a mark from the text that it belongs to.

    There is a character other than white space on both sides of the cut.
    """
    before = text[cut - 1]
    after = text[cut]
    if before in BREAK_MARKS:
        return closes(after)
    is_before_asat = text.startswith(MYANMAR_ASAT, cut + 1)
    if is_before_asat:
        return True
    if before in QUOTES or after in QUOTES:
        return True
    return opens(before) or closes(after)


def separates_word(text: str, cut: int) -> bool:
    """Returns whether the cut is inside a word or number of a script that writes spaces."""
    before = text[cut - 1]
    after = text[cut]
    return is_spaced_word_character(before) and is_spaced_word_character(after)


def is_spaced_word_character(character: str) -> bool:
    """Returns whether the character can be inside a word of a script that writes spaces.

    That includes marks above letters and invisible joiners.
    """
    if not character or character in BREAK_MARKS:
        return False
    if UNSPACED.match(character):
        return False
    category = unicodedata.category(character)
    return category[0] in "LMN" or category == "Cf"
