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


class TrackChoice(NamedTuple):
    """Which sound track of a recording is decoded."""

    number: int | None = None
    """From 1. None: the one that libav prefers."""
    decoded_beside: int = 0
    """Tracks, from the first on, that are decoded as well as this one."""


PREFERRED_TRACK = TrackChoice()


def select_track(container: Any, number: int | None) -> Any:
    """Returns the sound stream with this number, from 1; None: the one that libav prefers.

    That is the one marked as default, otherwise the one with the most channels and the highest bit
    rate, otherwise the first. If its codec is not known, it is the first whose codec is. Raises
    BadOption if there are fewer, NoSound for a film without sound, NotAudio if there is no sound
    stream or its codec is not known.
    """
    tracks = container.streams.audio
    if not tracks and has_video(container):
        raise NoSound("it has a picture but no audio stream")
    if not tracks:
        raise NotAudio("it has no audio stream")
    if number is not None and number > len(tracks):
        raise BadOption(f"track is {number}; sound tracks of the recording: {len(tracks)}")
    if number is not None:
        candidates = [tracks[number - 1]]
    else:
        candidates = [container.streams.best("audio"), *tracks]
    for stream in candidates:
        if stream is not None and stream.codec_context is not None:
            return stream
    raise NotAudio("its audio codec is not known")


class OtherTracks(NamedTuple):
    """The sound tracks that are not used."""

    used: int = 1
    """Number of the one that is."""
    descriptions: tuple[str, ...] = ()
    decoded: int = 1
    """Number of tracks that are used, with this one."""

    def warnings(self, *, is_silent: bool) -> list[StageWarning]:
        """Returns a warning that describes the tracks, if there are any.

        `is_silent` says that the track in use has no sound in it.
        """
        if not self.descriptions:
            return []
        count = len(self.descriptions) + self.decoded
        not_used = f"not used: {listed(self.descriptions)}"
        if self.decoded > 1:
            message = f"only {self.decoded} of {count} sound tracks were transcribed; {not_used}"
            return [prepare_warning("other_tracks", message)]
        silent = ", which is silent," if is_silent else ""
        message = (
            f"only sound track {self.used} of {count}{silent} was transcribed; {not_used}. The "
            "option track chooses another, or all"
        )
        return [prepare_warning("other_tracks", message)]


def find_other_tracks(container: Any, used: Any, decoded_beside: int) -> OtherTracks:
    """Returns the container's sound tracks beside those in use: one, and the first ones that are
    decoded beside it."""
    number_used = 1
    descriptions = []
    for number, track in enumerate(container.streams.audio, start=1):
        if track.index == used.index:
            number_used = number
        elif number > decoded_beside:
            descriptions.append(describe(number, track))
    decoded = max(1, decoded_beside)
    return OtherTracks(number_used, tuple(descriptions), decoded)


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
