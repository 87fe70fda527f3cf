"""The language that the text of a transcript is in."""

from shared.model.options import option_values
from shared.model.transcript import Transcript


def is_translation(transcript: Transcript) -> bool:
    options = option_values(transcript.options)
    return options.task == "translate"


def text_language(transcript: Transcript) -> str | None:
    """Returns the language of most of the text: English for a translation."""
    if is_translation(transcript):
        return "en"
    return transcript.language.code


def other_languages(transcript: Transcript) -> dict[int, str]:
    """Returns the language of each segment that is not in the language of most of the text, by the
    segment's id."""
    if is_translation(transcript):
        return {}
    most = transcript.language.code
    others = {}
    for segment in transcript.segments:
        if segment.language not in (None, most):
            others[segment.id] = segment.language
    return others
