"""Quality flags: the reasons why a decoded segment may never have been said."""

from collections.abc import Sequence

from functions.transcribe.text_units import (
    ngrams,
    text_units,
    units_per_word,
    word_count,
)
from shared.model.artifacts import QualityFlag, RecognizedSegment

MAX_COMPRESSION_RATIO = 2.4
"""Text that compresses better is repetitive. OpenAI's value."""
MIN_REPETITIONS = 4
"""Repetitions of a phrase, one directly after the other, that make a loop."""
MIN_LOOP_WORDS = 8
"""Words in the shortest loop: "no, no, no, no" is none."""
MAX_NO_SPEECH_PROB = 0.6
"""An improbable sentence above this probability of no speech is invented. OpenAI's value."""
MIN_LOGPROB = -1.0
"""Minimum mean log probability of a token, in speech as in silence. OpenAI's value."""
FEW_WORDS = 5
"""Whisper invents short texts that are fairly probable ("you", "Thank you."). Therefore a text of
at most so many words is judged by several kinds of evidence, see `min_logprob_of_few_words`."""
CERTAIN_NO_SPEECH_PROB = 0.85
"""A few words at this probability of no speech are always invented. Over silence it is 0.92 to 0.94
on every instruction set, over speech that the model understands at most 0.6."""
LOGPROB_PER_NO_SPEECH_PROB = 2.5
"""Slope of the minimum log probability over the probability of no speech: a few words need -1.0 at
0.45 and -0.375 at 0.7."""
EMPTINESS_WEIGHT = 0.3
"""Added to the probability of no speech at 0 words per second of speech; falls to 0 at 1 word/s."""
SILENCE_PEAK = 4 / 32768
"""Largest sample of digital silence: rounding and dither. Microphones give more."""
MAX_WORDS_PER_SECOND = 7.0
"""Maximum plausible speaking rate, words/s."""
MIN_WORDS_PER_SECOND = 1.0
"""Minimum speaking rate of misheard speech, words/s. The base model's texts for noise and music of
4 s and more have at most 0.6, conversations 2 to 3."""
MIN_LOGPROB_OF_SPEECH = -1.5
"""Minimum mean log probability of misheard speech. The base model has -1.25 in noisy clips."""
MIN_LEAK_WORDS = 3
"""Consecutive words of the prompt that are a leak if they are the whole text. Names that people
put into prompts are shorter."""
LONG_LEAK_WORDS = 6
"""Consecutive words of the prompt that are a leak anywhere in the text."""


def quality_flags(
    segment: RecognizedSegment, speech_seconds: float, prompt: str, peak: float
) -> tuple[QualityFlag, ...]:
    """Returns the segment's quality flags.

    `speech_seconds` is the speech in its window, `prompt` the text that the decoder was given, and
    `peak` the window's largest sample, from 0 to 1.
    """
    units = text_units(segment.text, segment.language)
    if not units:
        return ()
    per_word = units_per_word(segment.language)
    words = word_count(units, segment.language)
    prompt_units = text_units(prompt, segment.language)
    flags: list[QualityFlag] = []
    if is_repetitive(segment, units, per_word):
        flags.append("repetitive")
    logprob = logprob_of(segment)
    if logprob < MIN_LOGPROB:
        flags.append("improbable")
    is_silent = peak <= SILENCE_PEAK
    if is_silent or is_invented(segment, words, speech_seconds):
        flags.append("no_speech")
    words_at_top_speed = speech_seconds * MAX_WORDS_PER_SECOND
    max_words = 1 + words_at_top_speed
    if words > max_words:
        flags.append("too_fast")
    if repeats_prompt(units, prompt_units, per_word):
        flags.append("prompt")
    return tuple(flags)


def final_flags(segment: RecognizedSegment, speech_seconds: float) -> tuple[QualityFlag, ...]:
    """Returns the flags that count when no better decoding was found.

    Misheard speech is worth more than no words, so that it is no longer flagged as improbable.
    """
    flags = segment.quality_flags
    units = text_units(segment.text, segment.language)
    words = word_count(units, segment.language)
    min_words = speech_seconds * MIN_WORDS_PER_SECOND
    if words < min_words:
        return flags
    if logprob_of(segment) < MIN_LOGPROB_OF_SPEECH:
        return flags
    remaining = [flag for flag in flags if flag != "improbable"]
    return tuple(remaining)


def is_repetitive(segment: RecognizedSegment, units: Sequence[str], per_word: int) -> bool:
    compression_ratio = segment.compression_ratio or 0.0
    if compression_ratio > MAX_COMPRESSION_RATIO:
        return True
    return has_loop(units, MIN_LOOP_WORDS * per_word)


def has_loop(units: Sequence[str], min_units: int) -> bool:
    """Returns whether a phrase is repeated so often that the loop has at least `min_units`."""
    longest_phrase = len(units) // MIN_REPETITIONS
    for phrase in range(1, longest_phrase + 1):
        loop = max(min_units, phrase * MIN_REPETITIONS)
        match = longest_match(units, phrase)
        min_match = loop - phrase
        if match >= min_match:
            return True
    return False


def longest_match(units: Sequence[str], distance: int) -> int:
    """Returns the length of the longest run of units that equal the unit `distance` before them."""
    longest = 0
    run = 0
    for earlier, unit in zip(units, units[distance:], strict=False):
        if unit == earlier:
            run += 1
        else:
            run = 0
        longest = max(longest, run)
    return longest


def is_invented(segment: RecognizedSegment, words: float, speech_seconds: float) -> bool:
    """Returns whether the text was probably made up where there is no speech."""
    logprob = logprob_of(segment)
    no_speech_prob = segment.no_speech_prob or 0.0
    if words > FEW_WORDS:
        if no_speech_prob <= MAX_NO_SPEECH_PROB:
            return False
        return logprob < MIN_LOGPROB
    min_logprob = min_logprob_of_few_words(no_speech_prob, words, speech_seconds)
    return logprob < min_logprob


def min_logprob_of_few_words(no_speech_prob: float, words: float, speech_seconds: float) -> float:
    """Returns the minimum mean log probability of a text of at most `FEW_WORDS`.

    It is one line through both probabilities instead of a threshold for each. An invented text has
    a high probability of no speech, or improbable words, or too few words for its seconds of
    speech, and mostly two of these. So it is far from the line, while the last digits of each
    number differ between processors.
    """
    words_per_second = words / max(speech_seconds, 1.0)
    emptiness = max(0.0, 1 - words_per_second)
    evidence = no_speech_prob + EMPTINESS_WEIGHT * emptiness
    return (evidence - CERTAIN_NO_SPEECH_PROB) * LOGPROB_PER_NO_SPEECH_PROB


def repeats_prompt(units: Sequence[str], prompt_units: Sequence[str], per_word: int) -> bool:
    """Returns whether the text is a part of the prompt, or has a long part of it."""
    whole_text = len(units)
    min_leak = MIN_LEAK_WORDS * per_word
    long_leak = LONG_LEAK_WORDS * per_word
    size = long_leak
    if min_leak <= whole_text < long_leak:
        size = whole_text
    runs = ngrams(units, size)
    prompt_runs = ngrams(prompt_units, size)
    return not runs.isdisjoint(prompt_runs)


def logprob_of(segment: RecognizedSegment) -> float:
    """Returns the mean log probability of a token, or 0 if the recogniser gave none."""
    return segment.avg_logprob or 0.0
