"""The files of an answer: the URI of each format, and their contents."""

from collections.abc import Iterable

from shared.formats.corrections import correct
from shared.formats.writers import draw_format
from shared.jobs.layout import outbox_folder
from shared.model.caption_options import CaptionOptions
from shared.model.contracts import Source
from shared.model.edits import StoredEdits
from shared.model.formats import EDITS_FILE, FORMATS, TRANSCRIPT
from shared.model.transcript import Transcript


def output_uris(source: Source, formats: Iterable[str]) -> dict[str, str]:
    """Returns the URI of the transcript in each format, with "json" as the first."""
    folder = outbox_folder(source)
    uris = {"json": f"{folder}/{TRANSCRIPT.file_name}"}
    for name in formats:
        file_name = FORMATS[name].file_name
        uris[name] = f"{folder}/{file_name}"
    return uris


def write_files(
    transcript: Transcript,
    formats: Iterable[str],
    captions: CaptionOptions,
    edits: StoredEdits | None = None,
) -> dict[str, bytes]:
    """Returns the contents of the answer's files by their names, transcript.json first.

    All but that one have the edits, if there are any.
    """
    document = transcript.model_dump_json(indent=1)
    files = {TRANSCRIPT.file_name: document.encode()}
    if edits is not None:
        return files | edited_files(transcript, formats, captions, edits)
    return files | draw_files(transcript, formats, captions)


def edited_files(
    transcript: Transcript, formats: Iterable[str], captions: CaptionOptions, edits: StoredEdits
) -> dict[str, bytes]:
    """Returns the formats, drawn with the edits, and the edits, by the names of their files."""
    corrected = correct(transcript, edits)
    files = draw_files(corrected, formats, captions)
    document = edits.model_dump_json(indent=1)
    return files | {EDITS_FILE: document.encode()}


def draw_files(
    transcript: Transcript, formats: Iterable[str], captions: CaptionOptions
) -> dict[str, bytes]:
    """Returns the formats by the names of their files."""
    files = {}
    for name in formats:
        file_name = FORMATS[name].file_name
        files[file_name] = draw_format(name, transcript, captions)
    return files
