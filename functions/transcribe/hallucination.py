"""What speaks against a decoded window: reasons to decode it again, and in the end to keep it out
of the text."""

from collections.abc import Sequence

from functions.transcribe.words import WITHOUT_SPACES, is_mark
from shared.model.artifacts import QualityFlag, RecognizedSegment

MOST_COMPRESSION = 2.4
"""Text that packs better goes round in circles. OpenAI's value."""
ROUNDS = 4
"""Times a phrase comes on end in a loop."""
LOOP = 8
"""Words in the shortest loop: "no, no, no, no" is none."""
MOST_NO_SPEECH = 0.6
"""Probability that nobody speaks, above which an improbable sentence is invented. OpenAI's
value."""
LEAST_LOGPROB = -1.0
"""Mean log probability of a token. OpenAI's value, below which text is believed neither in speech
nor in silence."""
FEW = 5
"""Words. What Whisper invents is short and fairly probable ("you", "Thank you."), so a short text
is weighed by all the evidence at once, see `least_logprob_of_few`."""
SURE_NO_SPEECH = 0.85
"""Probability that nobody speaks, at which no few words are believed. Over silence it is 0.92 to
0.94 on every instruction set, over speech that the model understands 0.6 at most."""
LOGPROB_OF_NO_SPEECH = 2.5
"""Mean log probability that makes up for a whole of that probability: at 0.45 a few words need
-1.0, at 0.7 -0.375."""
EMPTINESS = 0.3
"""Added to that probability when there is no word at all a second; nothing is at a word a second
and more."""
SILENT = 4 / 32768
"""The loudest sample of digital silence: rounding and dither, below anything that a microphone
gives."""
FASTEST = 7.0
"""Words a second that nobody keeps up."""
SLOWEST = 1.0
"""Words a second of speech; an improbable text that is slower is no misheard speech, but none. The
base model's texts for noise and music of 4 s and more have 0.6 at most, conversations 2 to 3."""
LEAST_LOGPROB_OF_SPEECH = -1.5
"""The least of misheard speech: the base model's for noisy clips is -1.25."""
LEAK = 3
"""Words of the prompt on end that, as the whole text, are not the recording's. A name that is asked
for is shorter."""
LONG_LEAK = 6
"""Words of the prompt on end that are not the recording's wherever they stand."""
CHARACTERS = 2
"""To a word, where words are not written apart."""


def doubts(
    segment: RecognizedSegment, spoken: float, prompt: str, loudest: float
) -> tuple[QualityFlag, ...]:
    """Returns the reasons to doubt the segment.

    `spoken` is the speech in the window, in seconds; `prompt` all that the recogniser was told;
    `loudest` the largest sample of the window, from 0 to 1.
    """
    said = units(segment.text, segment.language)
    size = CHARACTERS if segment.language in WITHOUT_SPACES else 1
    logprob = segment.avg_logprob or 0.0
    compression = segment.compression_ratio or 0.0
    found: dict[QualityFlag, bool] = {
        "repetitive": compression > MOST_COMPRESSION or loops(said, LOOP * size),
        "improbable": logprob < LEAST_LOGPROB,
        "no_speech": loudest <= SILENT or is_invented(segment, len(said) / size, spoken),
        "too_fast": len(said) > (1 + spoken * FASTEST) * size,
        "prompt": leaked(said, units(prompt, segment.language), LEAK * size, LONG_LEAK * size),
    }
    return tuple(doubt for doubt, there in found.items() if there and said)


def is_invented(segment: RecognizedSegment, words: float, spoken: float) -> bool:
    """Returns whether the text was probably made up where nobody speaks."""
    logprob = segment.avg_logprob or 0.0
    no_speech = segment.no_speech_prob or 0.0
    if words > FEW:
        return no_speech > MOST_NO_SPEECH and logprob < LEAST_LOGPROB
    return logprob < least_logprob_of_few(no_speech, words, spoken)


def least_logprob_of_few(no_speech: float, words: float, spoken: float) -> float:
    """Returns the mean log probability that a few words need to be believed.

    One line through both probabilities, not a threshold for each: what is invented has a high
    probability of no speech, or improbable words, or too few of them for the seconds of speech, and
    mostly two of these. So it is far from the line, while the last digits of each number differ
    between processors.
    """
    emptiness = max(0.0, 1 - words / max(spoken, 1.0))
    evidence = no_speech + EMPTINESS * emptiness
    return (evidence - SURE_NO_SPEECH) * LOGPROB_OF_NO_SPEECH


def standing(segment: RecognizedSegment, spoken: float) -> tuple[QualityFlag, ...]:
    """The doubts that are left when nothing better was found: misheard speech is worth more than
    none."""
    size = CHARACTERS if segment.language in WITHOUT_SPACES else 1
    slow = len(units(segment.text, segment.language)) < spoken * SLOWEST * size
    is_speech = not slow and (segment.avg_logprob or 0.0) >= LEAST_LOGPROB_OF_SPEECH
    return tuple(
        doubt for doubt in segment.quality_flags if not (doubt == "improbable" and is_speech)
    )


def units(text: str, language: str | None) -> list[str]:
    """The words without case and punctuation; where they are not written apart, the characters."""
    words = ("".join(c for c in word if not is_mark(c)) for word in text.casefold().split())
    return list("".join(words)) if language in WITHOUT_SPACES else [word for word in words if word]


def loops(said: Sequence[str], least: int) -> bool:
    """A phrase comes ROUNDS times on end or more, which makes at least so many units."""
    for length in range(1, len(said) // ROUNDS + 1):
        again = 0  # units that are the same as one phrase before
        for unit, before in zip(said[length:], said, strict=False):
            again = again + 1 if unit == before else 0
            if again >= max(least, length * ROUNDS) - length:
                return True
    return False


def leaked(said: Sequence[str], prompt: Sequence[str], least: int, long: int) -> bool:
    """The text is a run of at least so many units of the prompt, or holds a long one."""
    needed = len(said) if least <= len(said) < long else long
    runs = {tuple(prompt[at : at + needed]) for at in range(len(prompt) - needed + 1)}
    return any(tuple(said[at : at + needed]) in runs for at in range(len(said) - needed + 1))
