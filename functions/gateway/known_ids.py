"""Remembers which ids transcripts have, so that a save of edits need not read a whole transcript.

A transcript of twelve hours takes a second of a core and 300 MB to be read, and a page saves after
every correction.
"""

import threading
from collections import OrderedDict

from functions.gateway.stored_transcripts import parse_transcript
from shared.model.edits import TranscriptIds, ids_of
from shared.ports.blobs import Blob, BlobStore

MAX_TRANSCRIPTS = 1_000
"""Transcripts that are remembered, each with less than a kilobyte."""


class KnownIds:
    """The ids of the transcripts that were asked for last, by the generation of their object."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], TranscriptIds] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, transcript: Blob, blobs: BlobStore) -> TranscriptIds:
        """Returns the ids in a transcript.json. Raises TranscriptGone."""
        key = (transcript.uri, transcript.generation)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = ids_of(parse_transcript(transcript, blobs))
        self._remember(key, known)
        return known

    def _remember(self, key: tuple[str, int], ids: TranscriptIds) -> None:
        with self._lock:
            self._known[key] = ids
            self._known.move_to_end(key)
            while len(self._known) > MAX_TRANSCRIPTS:
                self._known.popitem(last=False)
