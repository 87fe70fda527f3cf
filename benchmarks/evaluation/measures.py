"""How right a transcript is: pure functions from a recording's truth and what a system made of it
to sums.

A measure answers with nothing where the truth does not allow it. Rates of many recordings are rates
of their sums, so that a minute weighs as much in a short recording as in a long one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import jiwer
import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate
from transformers.models.whisper.english_normalizer import (
    BasicTextNormalizer,
    EnglishTextNormalizer,
)

from benchmarks.evaluation.truth import Recording, Utterance

UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
"""Languages written without spaces between words: every character counts as a word, as in Whisper's
paper."""
COLLARS = {"": 0.0, "_collar": 0.5}
"""Seconds around the truth's borders that are not judged: none; a quarter of a second on either
side. pyannote.metrics takes the whole width, where NIST's scorer and the papers that say "collar
0.25" take one side's."""
NEAR = 1.0
"""Seconds within which a heard word may be a word of the truth."""
WITHIN = (0.05, 0.1, 0.2)
"""Seconds by which a word's start may be off."""
LONGEST_WORD = 1.5
"""Seconds. Only numbers in digits last longer; what else does has swallowed a pause."""
ROUNDING = 0.05
"""Seconds by which decoders do not agree on how long a recording is."""
PADDING = 0.3
"""Seconds around a word that it covers: an aligner may end a word early, and truth includes short
breaths."""
MARGIN = 0.5
"""Seconds from the nearest speech from which it is silent. A word nearer than that is late or
early, not invented."""


@dataclass(frozen=True)
class Word:
    word: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None
    """Whose word it is taken to be."""
    speakers: tuple[str, ...] = ()
    """Who speaks in it, as the system says. Empty: it does not say."""
    timing: str | None = None
    """`aligned` when an aligner placed it."""
    language: str | None = None


class Turn(NamedTuple):
    start: float
    end: float
    speaker: str


@dataclass(frozen=True)
class Result:
    """What a system made of a recording."""

    words: tuple[Word, ...] = ()
    """In the system's order."""
    turns: tuple[Turn, ...] = ()
    """Two may speak at once."""
    language: str | None = None
    wall: float = 0.0
    """Seconds from the sound file to the result, with all models loaded."""
    error: str | None = None
    """Why there is no result."""


class Ratio(NamedTuple):
    part: float
    whole: float


@dataclass(frozen=True)
class Score:
    """What was counted in one recording."""

    ratios: Mapping[str, Ratio]
    counts: Mapping[str, int]
    start_errors: tuple[float, ...]
    """Seconds by which the start of each found onset is off."""


def score(truth: Recording, result: Result) -> Score:
    errors, matched = starts(truth, result)
    ratios = {**matched}
    for measure in RATIOS:
        ratios |= measure(truth, result)
    return Score(ratios, faults(truth, result), errors)


def figures(scores: Sequence[Score]) -> dict[str, float]:
    """Of many recordings. Rates are shares of 1, `invented` is words a minute, times are
    seconds."""
    sums: dict[str, Ratio] = {}
    for name, ratio in (each for one in scores for each in one.ratios.items()):
        before = sums.get(name, Ratio(0, 0))
        sums[name] = Ratio(before.part + ratio.part, before.whole + ratio.whole)
    rates = {name: ratio.part / ratio.whole for name, ratio in sums.items() if ratio.whole > 0}
    counts = {
        name: sum(one.counts[name] for one in scores)
        for name in (scores[0].counts if scores else ())
    }
    return {**rates, **counts, **spread([error for one in scores for error in one.start_errors])}


def spread(errors: Sequence[float]) -> dict[str, float]:
    if not errors:
        return {}
    within = {
        f"start_within_{limit * 1000:.0f}ms": float(np.mean(np.array(errors) <= limit))
        for limit in WITHIN
    }
    return {
        "start_median": float(np.median(errors)),
        "start_p90": float(np.quantile(errors, 0.9)),
        **within,
    }


def word_errors(truth: Recording, result: Result) -> dict[str, Ratio]:
    if not written(truth):
        return {}
    normal = normaliser(truth)
    reference = normal(" ".join(str(utterance.text) for utterance in truth.utterances))
    found = jiwer.process_words(reference, normal(" ".join(word.word for word in result.words)))
    wrong = {
        "substituted": found.substitutions,
        "deleted": found.deletions,
        "inserted": found.insertions,
    }
    words = len(reference.split())
    return {
        "wer": Ratio(sum(wrong.values()), words),
        **{kind: Ratio(n, words) for kind, n in wrong.items()},
    }


def speaker_errors(truth: Recording, result: Result) -> dict[str, Ratio]:
    """cpWER, in which a word of the wrong speaker is wrong, and what of it is the speakers'
    share."""
    if not written(truth) or not truth.speakers_known:
        return {}
    from meeteval.wer import cp_word_error_rate  # of the extra `benchmarks` alone

    normal = normaliser(truth)
    said = streams(
        ((utterance.speaker, str(utterance.text)) for utterance in truth.utterances), normal
    )
    heard = streams(((str(word.speaker), word.word) for word in result.words), normal)
    found = cp_word_error_rate(said, heard, reference_sort=False, hypothesis_sort=False)
    wer = word_errors(truth, result)["wer"]
    return {
        "cpwer": Ratio(found.errors, found.length),
        "speaker_cost": Ratio(found.errors - wer.part, wer.whole),
    }


def streams(said: Iterable[tuple[str, str]], normal: Callable[[str], str]) -> dict[str, str]:
    texts: dict[str, list[str]] = defaultdict(list)
    for speaker, text in said:
        texts[speaker].append(text)
    return {speaker: normal(" ".join(spoken)) for speaker, spoken in texts.items()}


def written(truth: Recording) -> bool:
    return bool(truth.utterances) and all(
        utterance.text is not None for utterance in truth.utterances
    )


def normaliser(truth: Recording) -> Callable[[str], str]:
    """Whisper's, without its table of British spellings, which transformers does not carry."""
    spoken = languages(truth)
    return normalisation(spoken.pop() if len(spoken) == 1 else None)


@cache
def normalisation(language: str | None) -> Callable[[str], str]:
    if language == "en":
        normal: Callable[[str], Any] = EnglishTextNormalizer({})
    else:
        normal = BasicTextNormalizer(remove_diacritics=True, split_letters=language in UNSPACED)
    return lambda text: str(normal(text)).strip()


def languages(truth: Recording) -> set[str | None]:
    if truth.language is not None:
        return {main(truth.language)}
    return {main(utterance.language) for utterance in truth.utterances}


def main(language: str | None) -> str | None:
    """Without the country: "en" of "en-GB"."""
    return language.partition("-")[0].lower() if language else None


def starts(truth: Recording, result: Result) -> tuple[tuple[float, ...], dict[str, Ratio]]:
    """By how many seconds each found onset is off, and how many of them were found.

    An onset is found when the same word was heard near it; the closest pairs are taken first, each
    word once.
    """
    if not truth.onsets:
        return (), {}
    normal = normaliser(truth)
    onsets = [(first(normal(onset.word)), onset.start) for onset in truth.onsets]
    words = [
        (first(normal(word.word)), word.start) for word in result.words if word.start is not None
    ]
    errors = tuple(closest_pairs(onsets, words))
    return errors, {"onsets_found": Ratio(len(errors), len(onsets))}


def first(text: str) -> str:
    return text.partition(" ")[0]


def closest_pairs(
    onsets: Sequence[tuple[str, float]], words: Sequence[tuple[str, float]]
) -> Iterator[float]:
    pairs = sorted(
        (abs(start - onset), i, j)
        for i, (said, onset) in enumerate(onsets)
        for j, (heard, start) in enumerate(words)
        if said == heard and abs(start - onset) <= NEAR
    )
    found, used = set[int](), set[int]()
    for error, i, j in pairs:
        if i not in found and j not in used:
            found.add(i)
            used.add(j)
            yield error


def faults(truth: Recording, result: Result) -> dict[str, int]:
    """What a word must never be, counted."""
    timed = [
        (word.start, word.end)
        for word in result.words
        if word.start is not None and word.end is not None
    ]
    return {
        "recordings": 1,
        "errors": int(result.error is not None),
        "words": len(result.words),
        "untimed": len(result.words) - len(timed),
        "unordered": sum(after[0] < before[0] for before, after in pairwise(timed)),
        "outside": sum(start < -ROUNDING or end > truth.seconds + ROUNDING for start, end in timed),
        "reversed": sum(end < start for start, end in timed),
        "over_long": sum(end - start > LONGEST_WORD for start, end in timed),
        "without_speaker": sum(not word.speakers for word in result.words),
    }


def aligned(truth: Recording, result: Result) -> dict[str, Ratio]:
    return {
        "aligned": Ratio(sum(word.timing == "aligned" for word in result.words), len(result.words))
    }


def coverage(truth: Recording, result: Result) -> dict[str, Ratio]:
    """The share of true speech that words cover. Says nothing of words that all came without
    times."""
    words = [
        (word.start, word.end)
        for word in result.words
        if word.start is not None and word.end is not None
    ]
    if not truth.utterances or (result.words and not words):
        return {}
    spoken, covered = timeline(spans(truth.utterances)), timeline(words, PADDING)
    return {
        "coverage": Ratio(spoken.crop(covered, mode="intersection").duration(), spoken.duration())
    }


def invented(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Words that lie wholly where nobody speaks, and the minutes of that. Without utterances every
    word is invented."""
    spoken = timeline(spans(truth.utterances), MARGIN)
    silence = spoken.gaps(Segment(0, truth.seconds))
    return {
        "invented": Ratio(
            sum(made_up(word, spoken) for word in result.words), silence.duration() / 60
        )
    }


def made_up(word: Word, spoken: Timeline) -> bool:
    if word.start is None or word.end is None:
        return not spoken
    return not any(word.start < segment.end and segment.start < word.end for segment in spoken)


def spans(utterances: Iterable[Utterance]) -> Iterator[tuple[float, float]]:
    return ((utterance.start, utterance.end) for utterance in utterances)


def timeline(stretches: Iterable[tuple[float, float]], padding: float = 0.0) -> Timeline:
    """Their union, each made longer by the padding on both sides."""
    return Timeline(
        [Segment(start - padding, max(start, end) + padding) for start, end in stretches]
    ).support()


def diarization_errors(truth: Recording, result: Result) -> dict[str, Ratio]:
    """DER in seconds of speech and JER in speakers, each without and with a collar. Overlap
    counts."""
    if not truth.utterances or not truth.speakers_known:
        return {}
    said = annotation(
        (utterance.start, utterance.end, utterance.speaker) for utterance in truth.utterances
    )
    heard, media = annotation(result.turns), Timeline([Segment(0, truth.seconds)])
    found: dict[str, Ratio] = {}
    for name, collar in COLLARS.items():
        der = DiarizationErrorRate(collar=collar)(said, heard, uem=media, detailed=True)
        jaccard = JaccardErrorRate(collar=collar)  # type: ignore[no-untyped-call]
        jer = jaccard(said, heard, uem=media, detailed=True)
        wrong = der["false alarm"] + der["missed detection"] + der["confusion"]
        found[f"der{name}"] = Ratio(wrong, der["total"])
        found[f"jer{name}"] = Ratio(jer["speaker error"], jer["speaker count"])
    return found


def annotation(turns: Iterable[tuple[float, float, str]]) -> Annotation:
    """Each speaker's turns, joined where they touch: pyannote.metrics would count twice what two of
    them share."""
    made = Annotation()
    for number, (start, end, speaker) in enumerate(turns):
        made[Segment(start, end), number] = speaker
    return made.support()


def speakers_counted(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Whether the number of speakers is right, where it was not told."""
    if not truth.utterances or not truth.speakers_known or "speakers" in truth.options:
        return {}
    said, heard = ({turn.speaker for turn in turns} for turns in (truth.utterances, result.turns))
    return {"speakers_counted": Ratio(len(said) == len(heard), 1)}


def language_right(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Of a recording, or of each of its languages where there are several; not where the language
    was told."""
    spoken = languages(truth)
    if not truth.utterances or None in spoken or truth.options.get("language", "multi") != "multi":
        return {}
    if len(spoken) == 1:
        return {"language": Ratio({main(result.language)} == spoken, 1)}
    return {
        "language": Ratio(
            sum(language_among(truth, result, one) == one for one in spoken), len(spoken)
        )
    }


def language_among(truth: Recording, result: Result, spoken: str | None) -> str | None:
    """The language of most words heard where that one is spoken; the whole result's where no words
    have times."""
    where = timeline(
        spans(utterance for utterance in truth.utterances if main(utterance.language) == spoken)
    )
    heard = Counter(
        main(word.language or result.language)
        for word in result.words
        if word.start is not None and where.overlapping(word.start)
    )
    return heard.most_common(1)[0][0] if heard else main(result.language)


def real_time_factor(truth: Recording, result: Result) -> dict[str, Ratio]:
    return {} if result.error else {"rtf": Ratio(result.wall, truth.seconds)}


RATIOS = (
    word_errors,
    speaker_errors,
    aligned,
    coverage,
    invented,
    diarization_errors,
    speakers_counted,
    language_right,
    real_time_factor,
)
