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
"""Probability that nobody speaks. OpenAI's value."""
LEAST_LOGPROB = -1.0
"""Mean log probability of a token. OpenAI's value, below which text is believed neither in speech
nor in silence."""
LEAST_LOGPROB_OF_FEW = -0.45
"""The same for a few words where nobody speaks: what Whisper says on noise is likelier than
OpenAI's value supposes. The base model's "you" and "Thank you." on noise, tones and music have -0.5
at most."""
FEW = 5
"""Words."""
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


def doubts(segment: RecognizedSegment, spoken: float, prompt: str) -> tuple[QualityFlag, ...]:
    """`spoken` is the speech in the window, in seconds; `prompt` all that the recogniser was
    told."""
    said = units(segment.text, segment.language)
    size = CHARACTERS if segment.language in WITHOUT_SPACES else 1
    logprob = segment.avg_logprob or 0.0
    found: dict[QualityFlag, bool] = {
        "repetitive": (segment.compression_ratio or 0.0) > MOST_COMPRESSION
        or loops(said, LOOP * size),
        "improbable": logprob < LEAST_LOGPROB,
        "no_speech": (segment.no_speech_prob or 0.0) > MOST_NO_SPEECH
        and logprob < (LEAST_LOGPROB_OF_FEW if len(said) <= FEW * size else LEAST_LOGPROB),
        "too_fast": len(said) > (1 + spoken * FASTEST) * size,
        "prompt": leaked(said, units(prompt, segment.language), LEAK * size, LONG_LEAK * size),
    }
    return tuple(doubt for doubt, there in found.items() if there and said)


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
