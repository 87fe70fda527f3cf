"""Applies what people corrected to a transcript: every format is drawn from the result.

Ids stay those of transcript.json, so that edits remain addressable: after a word was removed, the
next word's id is not its index. `Transcript.words_of` finds the words of a segment.
"""

from shared.model.edits import Edits
from shared.model.transcript import Speaker, Transcript


def correct(transcript: Transcript, edits: Edits) -> Transcript:
    """Returns the transcript with the edits applied. Without any, it is the same."""
    speakers = tuple(named(speaker, edits) for speaker in transcript.speakers)
    return transcript.model_copy(update={"speakers": speakers})


def named(speaker: Speaker, edits: Edits) -> Speaker:
    name = edits.speakers.get(speaker.id, speaker.label)
    return speaker.model_copy(update={"label": name})
