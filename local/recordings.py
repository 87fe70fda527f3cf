"""The recordings among the files and folders of `dropscribe run`: their names and options."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path

from pydantic import JsonValue

from shared.jobs.inbox import is_edits_file, is_recording
from shared.model.errors import BadOption
from shared.model.object_metadata import known_options
from shared.model.options import resolve
from shared.model.options_file import read_options_file

OPTIONS_FILE = "options.json"
NO_SOUND = ("text/", "image/", "font/", "message/", "model/")
"""Types of files that are left out of a folder, by their names."""
MAY_HAVE_SOUND = ("application/octet-stream", "application/ogg", "application/mxf")
"""The only types application/… that are not left out."""


@dataclass(frozen=True)
class LocalRecording:
    """A recording on this machine."""

    path: Path
    name: str
    """In the inbox, under the key's folder."""
    options: Mapping[str, JsonValue]
    """Those of the nearest options.json, overridden by those of the command."""


@dataclass(frozen=True)
class Found:
    """A file, and the name that it gets in the inbox."""

    path: Path
    name: str


def recordings(
    paths: Sequence[Path], prefix: str, chosen: Mapping[str, JsonValue], out: Path
) -> list[LocalRecording]:
    """Returns the recordings among files and in folders.

    An options.json holds the options of the recordings in its folder and beneath. It is no
    recording: in the inbox it would be in force for all others there. Raises BadOption if it cannot
    be read or has a wrong option, and for a file of corrections. `out` is left out, as it holds
    answers.
    """
    by_folder = {}
    with_sound = []
    for file in files(paths, out):
        if is_edits_file(file.path.name):
            raise BadOption(f"{file.path.name} has corrections of a transcript, and no sound")
        if is_recording(file.path.name):
            with_sound.append(file)
        else:
            by_folder[file.path.parent] = options_of_folder(file.path)
    found = []
    for file in with_sound:
        options = {**nearest(file.path, by_folder), **chosen}
        name = prefix + file.name
        found.append(LocalRecording(file.path, name, options))
    return found


def refused(recording: LocalRecording, status: os.stat_result) -> str | None:
    """Returns why a recording cannot be uploaded, or None. To open a pipe would wait for ever."""
    if not stat.S_ISREG(status.st_mode):
        return "it is a pipe or a device, not a file"
    try:
        recording.name.encode()
    except UnicodeEncodeError:
        return "its name is not in UTF-8; rename it"
    return None


def files(paths: Sequence[Path], out: Path) -> Iterator[Found]:
    """Yields each file that is named, and those in each folder that is named."""
    for path in paths:
        if path.is_dir():
            yield from files_in(path, out)
        else:
            yield Found(path, path.name)


def files_in(folder: Path, out: Path) -> Iterator[Found]:
    """Yields the files in a folder and beneath that may have sound, and its options.json.

    Their names begin with the folder's own. Hidden files and folders are left out.
    """
    types = MimeTypes()
    own_name = Path(folder.name)
    answers = out.resolve()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in relative.parts)
        is_answer = answers in path.resolve().parents
        if is_hidden or is_answer or not path.is_file():
            continue
        if path.name == OPTIONS_FILE or may_have_sound(path.name, types):
            name = own_name / relative
            yield Found(path, name.as_posix())


def may_have_sound(name: str, types: MimeTypes) -> bool:
    """Returns False if a file's name says that it is no recording."""
    type, _ = types.guess_type(name)
    if type is None or type in MAY_HAVE_SOUND:
        return True
    return not type.startswith((*NO_SOUND, "application/"))


def nearest(
    path: Path, by_folder: Mapping[Path, Mapping[str, JsonValue]]
) -> Mapping[str, JsonValue]:
    """Returns the options of the nearest folder above a file that has any."""
    for folder in path.parents:
        if folder in by_folder:
            return by_folder[folder]
    return {}


def options_of_folder(file: Path) -> dict[str, JsonValue]:
    """Returns the options in an options.json by their hyphenated names. Raises BadOption."""
    content = file.read_bytes()
    path = str(file)
    written = read_options_file(content, path)
    options, _ = known_options(written, path)
    layers = {path: options}
    _, resolved = resolve(layers)
    own = {}
    for name, option in resolved.items():
        if option.origin == path:
            own[name] = option.value
    return own
