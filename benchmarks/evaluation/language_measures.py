"""Whether the language is right."""

from collections import Counter

from benchmarks.evaluation.result import Ratio, Result
from benchmarks.evaluation.speech_measures import spans, timeline
from benchmarks.evaluation.truth import Recording


def languages(truth: Recording) -> set[str | None]:
    """Returns what is spoken; None stands for an unknown language."""
    if truth.language is not None:
        return {without_country(truth.language)}
    return {without_country(utterance.language) for utterance in truth.utterances}


def without_country(language: str | None) -> str | None:
    """Returns "en" for "en-GB"."""
    if not language:
        return None
    main, _, _ = language.partition("-")
    return main.lower()


def language_right(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns whether the recording's language is right, or how many of its languages are.

    Returns nothing where nobody speaks, the language is unknown, or the system was told it.
    """
    spoken = languages(truth)
    was_told = truth.options.get("language", "multi") != "multi"
    if not truth.utterances or None in spoken or was_told:
        return {}
    if len(spoken) == 1:
        found = without_country(result.language)
        return {"language": Ratio(found in spoken, 1)}

    right = 0
    for language in spoken:
        found = language_among(truth, result, language)
        right += found == language
    return {"language": Ratio(right, len(spoken))}


def language_among(truth: Recording, result: Result, spoken: str | None) -> str | None:
    """Returns the language of most words recognised where `spoken` is spoken.

    Where no word there has a time, it is the whole result's.
    """
    there = []
    for utterance in truth.utterances:
        if without_country(utterance.language) == spoken:
            there.append(utterance)
    where = timeline(spans(there))

    counts: Counter[str | None] = Counter()
    for word in result.words:
        if word.start is not None and where.overlapping(word.start):
            counts[without_country(word.language or result.language)] += 1
    if not counts:
        return without_country(result.language)
    return counts.most_common(1)[0][0]
