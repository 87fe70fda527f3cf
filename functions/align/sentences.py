"""Words grouped into sentences, by nltk's Punkt, which whisperx uses too."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages whose words stand side by side."""

ABBREVIATIONS = {
    "de": "bzw ca d.h dr evtl ggf hr fr nr prof s st u.a usw vgl z.b",
    "en": "a.m co corp dr e.g etc i.e inc jr ltd mr mrs ms mt no p.m prof sr st u.k u.s vs",
    "es": "dr dra etc p.ej sr sra srta ud uds",
    "fr": "av dr etc m mm mme mlle p.ex st",
    "it": "dott dr ecc prof sig sigg",
}
"""After which a full stop ends no sentence. nltk's own lists would have to be downloaded."""


@cache
def tokenizer(language: str | None) -> PunktSentenceTokenizer:
    parameters = PunktParameters()
    parameters.abbrev_types.update(ABBREVIATIONS.get(language or "", "").split())
    return PunktSentenceTokenizer(parameters)


def sentences(words: Sequence[str], language: str | None) -> list[int]:
    """For each word, the number of its sentence, from 0."""
    between = separator(language)
    text = between.join(words)
    first = [start for start, _ in tokenizer(language).span_tokenize(text)]
    places = accumulate((len(word) + len(between) for word in words[:-1]), initial=0)
    return ranked([bisect_right(first, place) for place in places]) if words else []


def ranked(numbers: Sequence[int]) -> list[int]:
    """The same order, from 0, without holes."""
    ranks = {number: rank for rank, number in enumerate(sorted(set(numbers)))}
    return [ranks[number] for number in numbers]


def separator(language: str | None) -> str:
    return "" if language in WITHOUT_SPACES else " "
