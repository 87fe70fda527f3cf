"""How right the words are: word error rates, without and with the words' speakers."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import jiwer
from transformers.models.whisper.english_normalizer import (
    BasicTextNormalizer,
    EnglishTextNormalizer,
)

from benchmarks.evaluation.language_measures import languages
from benchmarks.evaluation.result import Ratio, Result
from benchmarks.evaluation.truth import Recording

UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
"""Languages written without spaces between words: every character counts as a word, as in Whisper's
paper."""


def word_errors(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns the word error rate and its parts; nothing where not all of the text is known."""
    if not written(truth):
        return {}
    normal = normaliser(truth)
    said = " ".join(str(utterance.text) for utterance in truth.utterances)
    heard = " ".join(word.word for word in result.words)
    reference = normal(said)
    hypothesis = normal(heard)
    found = jiwer.process_words(reference, hypothesis)

    words = len(reference.split())
    errors = found.substitutions + found.deletions + found.insertions
    return {
        "wer": Ratio(errors, words),
        "substituted": Ratio(found.substitutions, words),
        "deleted": Ratio(found.deletions, words),
        "inserted": Ratio(found.insertions, words),
    }


def speaker_errors(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns cpWER, in which a word of the wrong speaker is wrong, and the speakers' share of it.

    Returns nothing where the text or the speakers are not known.
    """
    if not written(truth) or not truth.speakers_known:
        return {}
    from meeteval.wer import cp_word_error_rate  # of the extra `benchmarks` alone

    normal = normaliser(truth)
    said = [(utterance.speaker, str(utterance.text)) for utterance in truth.utterances]
    heard = [(str(word.speaker), word.word) for word in result.words]
    found = cp_word_error_rate(
        texts_by_speaker(said, normal),
        texts_by_speaker(heard, normal),
        reference_sort=False,
        hypothesis_sort=False,
    )
    wer = word_errors(truth, result)["wer"]
    return {
        "cpwer": Ratio(found.errors, found.length),
        "speaker_cost": Ratio(found.errors - wer.part, wer.whole),
    }


def texts_by_speaker(
    said: Iterable[tuple[str, str]], normal: Callable[[str], str]
) -> dict[str, str]:
    texts: dict[str, list[str]] = defaultdict(list)
    for speaker, text in said:
        texts[speaker].append(text)

    joined = {}
    for speaker, spoken in texts.items():
        text = " ".join(spoken)
        joined[speaker] = normal(text)
    return joined


def written(truth: Recording) -> bool:
    """Returns whether the text of everything that is said is known."""
    if not truth.utterances:
        return False
    return all(utterance.text is not None for utterance in truth.utterances)


def normaliser(truth: Recording) -> Callable[[str], str]:
    """Returns Whisper's, without its table of British spellings, which transformers lacks."""
    spoken = languages(truth)
    if len(spoken) > 1:
        return normalisation(None)

    language = spoken.pop() if spoken else None
    return normalisation(language)


@cache
def normalisation(language: str | None) -> Callable[[str], str]:
    normal: Callable[[str], Any]
    if language == "en":
        normal = EnglishTextNormalizer({})
    else:
        normal = BasicTextNormalizer(remove_diacritics=True, split_letters=language in UNSPACED)
    return lambda text: str(normal(text)).strip()
