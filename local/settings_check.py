"""Refuses wrong and misspelt settings before a process is started with them."""

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import SettingsError

from local.errors import NotUp
from local.processes import IMAGES
from shared.model.errors import BadOption
from shared.model.options import resolve
from shared.settings import RecordingSettings, SettingsGroup, setting_fields

PREFIX = "DROPSCRIBE_"
OF_THE_COMMAND = ("HOME", "HOST", "PORT", "URL", "KEY", "ENGINE", "IMAGES")
"""Variables that `dropscribe` itself reads."""
ADDRESSES = ("INBOX", "OUTBOX", "WORK", "EXECUTIONS_HOST", "JOB_DATABASE")
"""Settings that the one-machine cloud chooses itself, whatever the environment says."""
SECRETS = ("HUB_TOKEN", "KEY")
"""Variables whose values are not shown."""
RESEMBLANCE = 0.8
"""Similarity, from 0 to 1, from which an unknown name is taken for a misspelt one."""


def check_settings(environment: Mapping[str, str]) -> list[str]:
    """Returns the variables that begin with DROPSCRIBE_, are no settings and resemble none.

    Raises NotUp if one resembles a setting, or if a setting has a wrong value.
    """
    unknown, mistakes = sort_out_unknown(environment)
    mistakes += wrong_values(environment)
    mistakes += wrong_images(environment)
    if not mistakes:
        mistakes += wrong_defaults()
    if mistakes:
        raise NotUp("\n".join(mistakes))
    return unknown


def known_names() -> list[str]:
    """Returns the names of all variables, without the prefix."""
    settings = [name.upper() for name in setting_fields()]
    return [*settings, *OF_THE_COMMAND]


def sort_out_unknown(environment: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Returns unknown variables that resemble no setting, and a message for each other one."""
    known = known_names()
    unknown, mistakes = [], []
    for variable in environment:
        upper = variable.upper()
        name = upper.removeprefix(PREFIX)
        if not upper.startswith(PREFIX) or name in known:
            continue
        similar = difflib.get_close_matches(name, known, 1, RESEMBLANCE)
        if similar:
            mistakes.append(f"{variable} is no setting: did you mean {PREFIX}{similar[0]}?")
        else:
            unknown.append(variable)
    return unknown, mistakes


def wrong_values(environment: Mapping[str, str]) -> list[str]:
    """Returns a message for each setting whose value is refused."""
    messages = []
    for group in SettingsGroup.__subclasses__():
        try:
            group()
        except ValidationError as error:
            for found in error.errors():
                name = str(found["loc"][0])
                variable = PREFIX + name.upper()
                message = describe_wrong(environment, variable, found["msg"])
                messages.append(message)
        except SettingsError as error:
            message = describe_no_json(group, environment) or str(error)
            messages.append(message)
    return messages


def describe_wrong(environment: Mapping[str, str], variable: str, reason: str) -> str:
    value = environment.get(variable)
    is_secret = variable.removeprefix(PREFIX) in SECRETS
    shown = variable if value is None or is_secret else f"{variable}={value}"
    return f"{shown}: {reason}"


def describe_no_json(group: type[SettingsGroup], environment: Mapping[str, str]) -> str | None:
    """Returns which setting of a group, of those that are JSON, is none."""
    for name in group.model_fields:
        variable = PREFIX + name.upper()
        is_json = setting_fields()[name].type in ("array", "object")
        if is_json and variable in environment and not is_valid_json(environment[variable]):
            return describe_wrong(environment, variable, "it is not valid JSON")
    return None


def is_valid_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def wrong_images(environment: Mapping[str, str]) -> Sequence[str]:
    text = environment.get(IMAGES, "{}")
    if is_valid_json(text):
        found = json.loads(text)
        if isinstance(found, dict):
            return []
    return [describe_wrong(environment, IMAGES, "it is not a JSON object of function -> image")]


def wrong_defaults() -> Sequence[str]:
    """Returns what is wrong with the options that recordings without options have."""
    try:
        resolve({"DROPSCRIBE_DEFAULTS": RecordingSettings().defaults})
    except BadOption as error:
        return [str(error)]
    return []


def changed_settings(supervisor: int, environment: Mapping[str, str]) -> list[str]:
    """Returns the variables whose values differ from those that a running cloud was started with.

    `supervisor` is a process id.
    """
    try:
        entries = Path(f"/proc/{supervisor}/environ").read_bytes().split(b"\0")
    except OSError:  # it has just ended
        return []
    changed = []
    for name in known_names():
        if name in OF_THE_COMMAND or name in ADDRESSES:
            continue
        variable = PREFIX + name
        value = environment.get(variable)
        if value is None:
            continue
        entry = f"{variable}={value}"
        if entry.encode() not in entries:
            changed.append(variable)
    return changed
