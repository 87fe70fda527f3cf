"""Refuses query parameters that a route of the API does not have: a slip in the name of a filter
would otherwise answer with everything."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import TypeGuard, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

API_FOLDER = "/api/v1/"
"""Beginning of the paths whose parameters are checked. Clients of the other dialects send
parameters that they know from elsewhere, which are ignored."""
MAX_NAME = 64
"""Characters of a name that is shown, and of the longest one that may be a slip."""


async def refuse_unknown_query(request: Request) -> None:
    """Raises RequestValidationError, which names each parameter that the route does not have, and
    each that is given more than once where the route takes one value."""
    if not request.url.path.startswith(API_FOLDER) or not request.scope["query_string"]:
        return
    single, lists = parameter_names(request.scope["route"])
    given = request.query_params
    errors = []
    for name in given:
        message = None
        if name not in single | lists:
            message = describe_unknown(name, single | lists)
        elif name in single and len(given.getlist(name)) > 1:
            message = "It is given more than once."
        if message is not None:
            errors.append({"loc": ("query", name[:MAX_NAME]), "msg": message})
    if errors:
        raise RequestValidationError(errors)


def parameter_names(route: APIRoute) -> tuple[set[str], set[str]]:
    """Returns the names of a route's query parameters: those that take one value, and those that
    take several."""
    single: set[str] = set()
    lists: set[str] = set()
    for name, annotation in declared_parameters(route.dependant):
        is_list = get_origin(annotation) in (list, tuple, set)
        names = lists if is_list else single
        names.add(name)
    return single, lists


def declared_parameters(declared: Dependant) -> Iterator[tuple[str, object]]:
    """Yields each name under which a route, or what it depends on, takes a query parameter, and its
    type. Fields of a model may have a second name, their alias."""
    for parameter in declared.query_params:
        annotation = parameter.field_info.annotation
        if not is_model(annotation):
            yield parameter.alias, annotation
            continue
        for name, field in annotation.model_fields.items():
            yield name, field.annotation
            yield field.alias or name, field.annotation
    for dependency in declared.dependencies:
        yield from declared_parameters(dependency)


def is_model(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def describe_unknown(name: str, known: Collection[str]) -> str:
    """Returns that the route lacks a parameter, and which one is probably meant."""
    message = "There is no such parameter."
    if len(name) > MAX_NAME:
        return message
    for nearest in get_close_matches(name, known, n=1):
        return f"{message} Did you mean {nearest}?"
    return message
