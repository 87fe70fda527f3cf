"""Calls library functions, by position or by name. Arguments are checked by annotation."""

import inspect
from collections.abc import Callable
from types import UnionType
from typing import Any, get_args, get_origin

from emulators.workflows.errors import failure
from emulators.workflows.values import Value, type_name

Arguments = list[Value] | dict[str, Value]
"""By position, from an expression, or by name, from a call step."""


def invoke(name: str, function: Callable[..., Any], arguments: Arguments, *context: object) -> Any:
    """Calls the function as Workflows would. Wrong arguments raise a TypeError in the workflow.

    Functions that need the running execution get its context before the arguments.
    """
    signature = _signature(function)
    try:
        bound = _bind(signature, arguments, context)
    except TypeError as error:
        raise failure("TypeError", f"{name}: {error}") from error
    for parameter, value in bound.arguments.items():
        if not _fits(value, signature.parameters[parameter].annotation):
            raise failure("TypeError", f"{name}: {parameter} cannot be a {type_name(value)}")
    return function(*bound.args, **bound.kwargs)


def mistake(function: Callable[..., Any], arguments: Arguments, *context: object) -> str | None:
    """Returns a message if the number or the names of the arguments are wrong, otherwise None."""
    try:
        _bind(_signature(function), arguments, context)
    except TypeError as error:
        return str(error)
    return None


def _bind(
    signature: inspect.Signature, arguments: Arguments, context: tuple[object, ...]
) -> inspect.BoundArguments:
    if isinstance(arguments, dict):
        return signature.bind(*context, **arguments)
    return signature.bind(*context, *arguments)


_signatures: dict[Any, inspect.Signature] = {}


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if function not in _signatures:
        _signatures[function] = inspect.signature(function)
    return _signatures[function]


def _fits(value: Value, annotation: Any) -> bool:
    if annotation is Any:
        return True
    if isinstance(annotation, UnionType):
        return any(_fits(value, option) for option in get_args(annotation))
    return type(value) is (get_origin(annotation) or annotation)
