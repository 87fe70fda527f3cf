"""The recordings among the files of `dropscribe run`, each with the metadata of its upload."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from shared.jobs.inbox import is_recording
from shared.model.object_metadata import is_tag, known_options
from shared.model.option_names import exact_option
from shared.model.options import option_names, resolve
from shared.model.options_file import read_options_file


def metadata_by_recording(
    files: Sequence[Path], chosen: Mapping[str, str]
) -> dict[Path, dict[str, str]]:
    """Returns the metadata of each recording: `chosen`, over the options of the options.json in its
    folder if that is among the files.

    An options.json is no recording and is not uploaded: in the inbox it would be in force for all
    recordings. Raises BadOption if it cannot be read or has a wrong option.
    """
    by_folder = {}
    recordings = []
    for file in files:
        if is_recording(file.name):
            recordings.append(file)
        else:
            by_folder[file.parent] = options_of_folder(file)
    own = named(chosen)
    return {file: {**by_folder.get(file.parent, {}), **own} for file in recordings}


def options_of_folder(file: Path) -> dict[str, str]:
    """Returns the options in an options.json as metadata. Raises BadOption."""
    content = file.read_bytes()
    path = str(file)
    options, _ = known_options(read_options_file(content, path), path)
    _, resolved = resolve({path: options})
    return {
        name: as_metadata(option.value)
        for name, option in resolved.items()
        if option.origin == path
    }


def as_metadata(value: JsonValue) -> str:
    """Returns a value as a text that is read as the same value, since metadata holds only texts."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def named(chosen: Mapping[str, str]) -> dict[str, str]:
    """Returns chosen options by their hyphenated names, and tags as they are."""
    names = option_names()
    metadata = {}
    for key, value in chosen.items():
        name = None if is_tag(key) else exact_option(key, names)
        metadata[name or key] = value
    return metadata
