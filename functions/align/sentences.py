"""Words grouped into sentences by nltk's Punkt, which whisperx uses too."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache

from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

ABBREVIATIONS = {
    "de": "bzw ca d.h dr evtl ggf hr fr nr prof s st u.a usw vgl z.b",
    "en": "a.m co corp dr e.g etc i.e inc jr ltd mr mrs ms mt no p.m prof sr st u.k u.s vs",
    "es": "dr dra etc p.ej sr sra srta ud uds",
    "fr": "av dr etc m mm mme mlle p.ex st",
    "it": "dott dr ecc prof sig sigg",
}
"""Abbreviations whose full stop ends no sentence. nltk's own lists would have to be downloaded."""


def sentence_indices(pieces: Sequence[str], language: str | None) -> list[int]:
    """Returns the index of each word's sentence, from 0.

    `pieces` are the words of a text with the spaces that follow them.
    """
    text = "".join(pieces)
    spans = tokenizer(language).span_tokenize(text)
    sentence_starts = [start for start, _ in spans]

    numbers = []
    word_start = 0
    for piece in pieces:
        numbers.append(bisect_right(sentence_starts, word_start))
        word_start += len(piece)
    return consecutive(numbers)


@cache
def tokenizer(language: str | None) -> PunktSentenceTokenizer:
    parameters = PunktParameters()
    if language in ABBREVIATIONS:
        abbreviations = ABBREVIATIONS[language].split()
        parameters.abbrev_types.update(abbreviations)
    return PunktSentenceTokenizer(parameters)


def consecutive(numbers: Sequence[int]) -> list[int]:
    """Returns numbers in the same order, from 0 without gaps."""
    distinct = sorted(set(numbers))
    rank = {number: index for index, number in enumerate(distinct)}
    return [rank[number] for number in numbers]
