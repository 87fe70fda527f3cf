"""What people correct in a transcript: the fields of edits.json.

A transcript is never changed. Every format but transcript.json is drawn from the transcript and its
edits together, so the ids here are those of transcript.json, and each edit can be taken back.
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, model_validator

from shared.model.contracts import Seconds, WireModel
from shared.model.transcript import Transcript

MAX_NAME_LENGTH = 100
"""Characters of a speaker's name."""
MAX_WORD_LENGTH = 200
"""Characters that one word may be replaced by. There may be spaces among them."""
MAX_EDITS_BYTES = 4 * 1024 * 1024
"""Bytes of all edits of a recording as JSON: about every word of twelve hours."""
MAX_REPORTED = 10
"""Unknown ids of which `unknown_ids` tells the reasons."""
CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of characters that no line of text may have: control characters, halves of
surrogate pairs, and the separators of lines and paragraphs."""
DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the direction of the text after them, beyond the end of the name or word."""


def checked_line(text: str) -> str:
    """Returns the text. Raises ValueError if it is not clean: see `is_control` and the spaces at
    its ends."""
    if any(is_control(character) for character in text):
        raise ValueError("it has a control character or a line break")
    if text != text.strip():
        raise ValueError("it begins or ends with a space")
    return text


def is_control(character: str) -> bool:
    """Returns whether a line of text may not have the character."""
    if character in DIRECTION_CONTROLS:
        return True
    return unicodedata.category(character) in CONTROL_CATEGORIES


SpeakerId = Annotated[str, Field(pattern=r"^S[1-9][0-9]{0,3}$")]
"""Such as "S1". A new speaker has an id that the transcript does not have."""
WordId = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,8})$")]
"""The `id` of a word in transcript.json, as text."""
SentenceId = Annotated[str, Field(pattern=r"^(suspect-)?(0|[1-9][0-9]{0,8})$")]
"""The `id` of a segment in transcript.json, as text; or "suspect-0" for a suspect that is kept."""
SuspectId = Annotated[str, Field(pattern=r"^suspect-(0|[1-9][0-9]{0,8})$")]
"""The index of a suspect in transcript.json: "suspect-0"."""
DroppedId = Annotated[str, Field(pattern=r"^(suspect|gap|segment)-(0|[1-9][0-9]{0,8})$")]
"""The index of a suspect, an uncovered gap or a segment in transcript.json: "gap-0"."""
SpeakerName = Annotated[
    str, Field(min_length=1, max_length=MAX_NAME_LENGTH), AfterValidator(checked_line)
]
WordText = Annotated[str, Field(max_length=MAX_WORD_LENGTH), AfterValidator(checked_line)]


class Edits(WireModel):
    """All corrections of one transcript. Ids are those of transcript.json."""

    speakers: dict[SpeakerId, SpeakerName] = {}
    """Name by speaker."""
    merges: dict[SpeakerId, SpeakerId] = {}
    """Speakers that are another one: {"S3": "S1"} gives all that S3 says to S1."""
    words: dict[WordId, WordText] = {}
    """New text by word. An empty text removes the word."""
    sentences: dict[SentenceId, SpeakerId] = {}
    """Another speaker by segment. It may be a new one."""
    kept: tuple[SuspectId, ...] = ()
    """Suspects that were said: they become sentences."""
    dropped: tuple[DroppedId, ...] = ()
    """Suspects and gaps that are done with, and segments that were not said."""

    @model_validator(mode="after")
    def check_consistency(self) -> "Edits":
        """Raises ValueError for merges in a circle, and for what is kept and dropped."""
        for speaker in self.merges:
            merged_speaker(speaker, self.merges)
        both = set(self.kept) & set(self.dropped)
        if both:
            first = min(both)
            raise ValueError(f"{first} is both kept and dropped")
        return self

    @property
    def edits(self) -> "Edits":
        """Returns these fields alone, without those of a file of edits."""
        fields = {name: getattr(self, name) for name in Edits.model_fields}
        return Edits.model_validate(fields)


def merged_speaker(speaker: str, merges: Mapping[str, str]) -> str:
    """Returns who the speaker is after all merges. Raises ValueError if they form a circle."""
    seen = {speaker}
    current = speaker
    while current in merges:
        current = merges[current]
        if current in seen:
            raise ValueError(f"the merges of {speaker} form a circle")
        seen.add(current)
    return current


UnappliedKind = Literal["speaker", "merge", "word", "sentence", "kept", "dropped"]
"""Which field of Edits an edit is from."""


class UnappliedEdit(WireModel):
    """An edit of an earlier transcript that found no place in the new one."""

    kind: UnappliedKind
    text: str
    """What the earlier transcript had there: a word, a sentence, or a speaker's label."""
    edit: str
    """What it was replaced by: a text, a name or a speaker's label. Empty if it was removed, kept
    or dropped."""
    start: Seconds | None
    """When it was said. Null for an edit of a speaker."""
    end: Seconds | None


class StoredEdits(Edits):
    """edits.json: the edits of one transcript, in one revision."""

    model_config = ConfigDict(
        serialize_by_alias=True, validate_by_alias=True, validate_by_name=True
    )

    schema_: Literal["dropscribe/edits"] = Field(default="dropscribe/edits", alias="schema")
    schema_version: Literal[1] = 1
    base: int = Field(ge=1)
    """The run that wrote the transcript.json which the ids are from."""
    revision: int = Field(ge=1)
    """1 for the first edits of the recording; each change has the next number."""
    updated: AwareDatetime
    """When the revision was saved."""
    unapplied: tuple[UnappliedEdit, ...] = ()
    """Edits of earlier transcripts of the recording that found no place in this one."""


class EditsFile(Edits):
    """A file of edits in the inbox: the fields of Edits, or an edits.json that was changed.

    Where it says which revision it changes, that one must be the newest.
    """

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    schema_: Literal["dropscribe/edits"] = Field(default="dropscribe/edits", alias="schema")
    schema_version: Literal[1] = 1
    base: int | None = None
    revision: int | None = None
    updated: AwareDatetime | None = None
    unapplied: tuple[UnappliedEdit, ...] = ()


class TranscriptIds(NamedTuple):
    """Which ids a transcript has: the numbers of what is counted from 0, and its speakers."""

    words: int
    segments: int
    suspects: int
    gaps: int
    speakers: frozenset[str]


def ids_of(transcript: Transcript) -> TranscriptIds:
    """Returns the ids of a transcript."""
    return TranscriptIds(
        words=len(transcript.words),
        segments=len(transcript.segments),
        suspects=len(transcript.quality.suspects),
        gaps=len(transcript.quality.uncovered),
        speakers=frozenset(speaker.id for speaker in transcript.speakers),
    )


def unknown_ids(edits: Edits, ids: TranscriptIds) -> list[str]:
    """Returns what is wrong with the ids of the edits in a transcript that has `ids`, at most
    MAX_REPORTED reasons. None: nothing is wrong.

    A reason names ids only, no text, so that it can be logged.
    """
    reasons: list[str] = []
    for word in edits.words:
        if int(word) >= ids.words:
            reasons.append(f"words: the transcript has no word {word}")
    reasons += unknown_sentences(edits, ids)
    reasons += unknown_speakers(edits, ids)
    for item in (*edits.kept, *edits.dropped):
        if not has_item(ids, item):
            reasons.append(f"the transcript has no {item}")
    return reasons[:MAX_REPORTED]


def unknown_sentences(edits: Edits, ids: TranscriptIds) -> list[str]:
    """Returns what is wrong with the segments that are given to other speakers."""
    kept = set(edits.kept)
    reasons = []
    for sentence in edits.sentences:
        if sentence.startswith("suspect-"):
            if sentence not in kept:
                reasons.append(f"sentences: {sentence} is not kept")
        elif not has_item(ids, f"segment-{sentence}"):
            reasons.append(f"sentences: the transcript has no segment {sentence}")
    return reasons


def unknown_speakers(edits: Edits, ids: TranscriptIds) -> list[str]:
    """Returns what is wrong with the speakers that are named and merged: a new speaker must have
    been given a sentence."""
    known = ids.speakers | set(edits.sentences.values())
    reasons = []
    for speaker in edits.speakers:
        if speaker not in known:
            reasons.append(f"speakers: the transcript has no speaker {speaker}")
    for pair in edits.merges.items():
        for speaker in pair:
            if speaker not in known:
                reasons.append(f"merges: the transcript has no speaker {speaker}")
    return reasons


def has_item(ids: TranscriptIds, item: str) -> bool:
    """Returns whether the transcript has the suspect, gap or segment with an id such as "gap-0"."""
    kind, _, number = item.rpartition("-")
    lengths = {
        "suspect": ids.suspects,
        "gap": ids.gaps,
        "segment": ids.segments,
    }
    return int(number) < lengths[kind]
