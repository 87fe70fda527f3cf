"""The options of `--set KEY=VALUE`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import click
from pydantic import JsonValue

Command = Callable[..., Any]

set_option: Callable[[Command], Command] = click.option(
    "--set",
    "texts",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of the recordings, such as language=en, or a tag, such as x-order-id=77.",
)
"""Adds the option --set to a command, as its parameter `texts`."""


class Chosen(NamedTuple):
    """What was set."""

    options: Mapping[str, JsonValue]
    """By their hyphenated names."""
    tags: Mapping[str, str]
    """By their names without x-, which the HTTP API puts in front of them."""


def chosen_options(texts: Sequence[str]) -> Chosen:
    """Returns the options and tags of texts KEY=VALUE. Raises UsageError if an option is unknown,
    wrong, or given twice."""
    from shared.model.errors import BadOption
    from shared.model.object_metadata import TAG_PREFIX, is_tag
    from shared.model.option_names import exact_option
    from shared.model.options import option_names, resolve

    names = option_names()
    options: dict[str, JsonValue] = {}
    tags = {}
    for key, value in split(texts).items():
        if is_tag(key):
            tags[key[len(TAG_PREFIX) :]] = value
        else:
            options[exact_option(key, names) or key] = value
    try:
        resolve({"--set": options})
    except BadOption as error:
        raise click.UsageError(str(error)) from error
    return Chosen(options, tags)


def split(texts: Sequence[str]) -> dict[str, str]:
    """Returns values by key. Raises UsageError."""
    values: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise click.UsageError(f"--set: {text!r} is not KEY=VALUE")
        if key in values:
            raise click.UsageError(f"--set: {key} is given twice")
        values[key] = value
    return values
