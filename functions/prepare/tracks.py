"""The sound tracks of a recording: which one is used, and what is said about the others."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from functions.prepare.container import has_video
from functions.prepare.stage_warning import prepare_warning
from shared.model.artifacts import StageWarning
from shared.model.errors import BadOption, NoSound, NotAudio

MAX_LISTED = 10
"""Tracks that a warning describes."""
MAX_TITLE = 60
"""Characters of a title that a warning shows."""
UNKNOWN_LANGUAGES = frozenset({"", "und", "unk"})
DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
"""Hours, minutes and seconds, as Matroska's tags have them."""


def select_track(container: Any, number: int | None) -> Any:
    """Returns the sound stream with this number, from 1; None: the one that libav prefers.

    That is the one marked as default, otherwise the one with the most channels and the highest bit
    rate, otherwise the first. Raises BadOption if there are fewer, NoSound for a film without
    sound, NotAudio if there is no sound stream or its codec is not known.
    """
    tracks = container.streams.audio
    if not tracks and has_video(container):
        raise NoSound("it has a picture but no audio stream")
    if not tracks:
        raise NotAudio("it has no audio stream")
    if number is not None and number > len(tracks):
        raise BadOption(f"track is {number}; sound tracks of the recording: {len(tracks)}")
    stream = container.streams.best("audio") if number is None else tracks[number - 1]
    if stream is None or stream.codec_context is None:
        raise NotAudio("its audio codec is not known")
    return stream


class OtherTracks(NamedTuple):
    """The sound tracks that are not used."""

    used: int = 1
    """Number of the one that is."""
    descriptions: tuple[str, ...] = ()

    def warnings(self, *, is_silent: bool) -> list[StageWarning]:
        """Returns a warning that describes the tracks, if there are any.

        `is_silent` says that the track in use has no sound in it.
        """
        if not self.descriptions:
            return []
        count = len(self.descriptions) + 1
        silent = ", which is silent," if is_silent else ""
        message = (
            f"only sound track {self.used} of {count}{silent} was transcribed; not used: "
            f"{listed(self.descriptions)}. The option track chooses another"
        )
        return [prepare_warning("other_tracks", message)]


def find_other_tracks(container: Any, used: Any) -> OtherTracks:
    """Returns the container's sound tracks beside the one in use."""
    number_used = 1
    descriptions = []
    for number, track in enumerate(container.streams.audio, start=1):
        if track.index == used.index:
            number_used = number
        else:
            descriptions.append(describe(number, track))
    return OtherTracks(number_used, tuple(descriptions))


def describe(number: int, track: Any) -> str:
    """Returns a track's number, and its language, title and length where they are known."""
    details = []
    tags = track.metadata
    language = tags.get("language", "")
    if language not in UNKNOWN_LANGUAGES:
        details.append(language[:MAX_TITLE])
    title = tags.get("title", "")
    if title:
        details.append(repr(title[:MAX_TITLE]))
    seconds = track_seconds(track)
    if seconds is not None:
        details.append(f"{seconds:.1f} s")
    if not details:
        return f"track {number}"
    return f"track {number} ({', '.join(details)})"


def track_seconds(track: Any) -> float | None:
    """Returns the length that the header or Matroska's tags declare, or None."""
    if track.duration is not None:
        return float(track.duration * track.time_base)
    tag = track.metadata.get("DURATION", "")
    match = DURATION.fullmatch(tag)
    if match is None:
        return None
    hours, minutes, seconds = map(float, match.groups())
    whole_minutes = hours * 60 + minutes
    return whole_minutes * 60 + seconds


def listed(descriptions: Sequence[str]) -> str:
    """Returns the first MAX_LISTED descriptions, and how many more there are."""
    first = descriptions[:MAX_LISTED]
    text = ", ".join(first)
    more = len(descriptions) - MAX_LISTED
    if more > 0:
        return f"{text} and {more} more"
    return text
