"""The phoneme classes of a written word in languages with Latin, Cyrillic or Greek letters.

Letters are read as in most languages, and the commonest spellings of a language as in that
language. That is wrong for many words and near enough to find them in the audio: the sounds that
are right hold their neighbours in place.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

from functions.align.normalize import spoken_words

Spellings = Mapping[str, tuple[str, ...]]
"""Phoneme classes by letters in lower case."""

WORD_END = "$"
"""Marks the end of the word in spellings."""
LETTERS = (
    "a=a b=b c=k d=d e=e f=f g=ɡ h=h i=i j=j k=k l=l m=m n=n o=o p=p q=k r=r s=s t=t u=u v=v w=v"
    " x=k+s y=i z=z æ=ɛ ð=ð ø=ø þ=θ đ=d ħ=h ı=ɨ ł=w œ=ø ə=a ʻ= '="
    " а=a б=b в=v г=ɡ д=d е=e ё=j+o ж=ʒ з=z и=i й=j к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f"
    " х=x ц=t͡s ч=t͡ʃ ш=ʃ щ=ʃ ъ= ы=ɨ ь= э=e ю=j+u я=j+a і=i ї=j+i є=j+e ґ=ɡ ў=w ј=j љ=l њ=n ћ=t͡ʃ"
    " ђ=d͡ʒ џ=d͡ʒ ѓ=d ќ=k ѕ=t͡s ә=a ғ=ɣ қ=k ң=ŋ ө=ø ұ=u ү=y һ=h"
    " α=a β=v γ=ɣ δ=ð ε=e ζ=z η=i θ=θ ι=i κ=k λ=l μ=m ν=n ξ=k+s ο=o π=p ρ=r σ=s ς=s τ=t υ=i φ=f"
    " χ=x ψ=p+s ω=o"
)
"""Read alike in all languages, as `letters=classes`, with `+` between classes."""
SPELLINGS: Mapping[str, str] = {
    "fr": (
        "ce=s ci=s+i cé=s+e ç=s ch=ʃ gn=ɲ ge=ʒ gi=ʒ+i gu=ɡ h= j=ʒ qu=k ph=f ou=u oi=w+a au=o eau=o"
        " ai=ɛ ei=ɛ eu=ø œu=ø u=y e=ə é=e è=ɛ ê=ɛ r=ʁ ill=j"
        " e$= es$= ent$= ment$=m+a+n s$= t$= ts$= d$= x$= z$= er$=e ez$=e"
    ),
    "nl": (
        "ch=x sch=s+x g=x ij=e ei=e oe=u ui=a eu=ø ou=a au=a ie=i uu=y aa=a ee=e oo=o ng=ŋ en$=ə"
    ),
    "pt": "ce=s+e ci=s+i ç=s ch=ʃ ge=ʒ+e gi=ʒ+i h= j=ʒ lh=l nh=ɲ qu=k x=ʃ ã=a+n õ=o+n ou=o o$=u",
}
"""Read differently, or several letters as one sound, by language; the longest match is taken.

Of 13 languages that were tried only these had better word starts with spellings of their own.
"""
LANGUAGE_CODES = (
    "af az ba be bg br bs ca cs cy da de el es et eu fi fo fr gl ha haw hr ht hu id is it jw"
    " kk la lb ln lt lv mg mi mk mn ms mt nl nn no oc pl pt ro ru sk sl sn so sq sr su sv sw"
    " tg tk tl tr tt uk uz vi yo"
)
LANGUAGES = frozenset(LANGUAGE_CODES.split())
"""Those of Whisper's languages, without English, that are written in these letters."""


def word_letters(word: str, language: str) -> list[str]:
    """Returns the phoneme classes of a written word; none if nothing in it is known."""
    classes: list[str] = []
    for spoken in spoken_words(word, language):
        classes += spelled_classes(spoken, language)
    return classes


def spelled_classes(word: str, language: str) -> list[str]:
    """Returns the phoneme classes of a spoken word; a sound is not repeated."""
    classes: list[str] = []
    for sound in sounds(word, language):
        previous = classes[-1:]
        if previous != [sound]:
            classes.append(sound)
    return classes


def sounds(word: str, language: str) -> Iterator[str]:
    """Yields the phoneme class of each sound. Unknown letters have none."""
    spellings = spellings_of(language)
    folded = word.casefold()
    text = unicodedata.normalize("NFC", folded) + WORD_END
    position = 0
    while position < len(text):
        rest = text[position:]
        letters = longest_spelling(rest, spellings)
        if letters is None:
            yield from bare_sounds(rest[0])
            position += 1
        else:
            yield from spellings[letters]
            position += len(letters)


def longest_spelling(text: str, spellings: Spellings) -> str | None:
    """Returns the longest spelling that the text begins with, or None if there is none."""
    lengths = map(len, spellings)
    longest = max(lengths)
    for size in range(longest, 0, -1):
        letters = text[:size]
        if letters in spellings:
            return letters
    return None


def bare_sounds(letter: str) -> Iterator[str]:
    """Yields the sounds of a letter without its accents."""
    spellings = spellings_of("")
    parts = unicodedata.normalize("NFKD", letter)
    for part in parts:
        yield from spellings.get(part, ())


@cache
def spellings_of(language: str) -> Spellings:
    """Returns the spellings of a language; an unknown one has only the letters themselves."""
    own = SPELLINGS.get(language, "")
    entries = f"{LETTERS} {own}".split()
    spellings = {}
    for entry in entries:
        letters, classes = entry.split("=")
        spellings[letters] = tuple(classes.split("+")) if classes else ()
    return spellings
