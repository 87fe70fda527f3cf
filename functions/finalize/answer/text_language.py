"""Which language the text is in, which is not the recording's where it was translated."""

from shared.model.transcript import Transcript


def is_translation(transcript: Transcript) -> bool:
    return "task" in transcript.options and transcript.options["task"].value == "translate"


def written_in(transcript: Transcript) -> str | None:
    """The language of most of the text."""
    return "en" if is_translation(transcript) else transcript.language.code
