"""The page docs/api-problems.md: with which problems each route may answer, from the OpenAPI
document."""

from collections.abc import Iterator, Mapping, Sequence

from functions.gateway.openapi import PROBLEM_JSON, Schema

INTRODUCTION = """\
# Problems of each route

The types of problems with which each route of the [HTTP API](api.md) may answer, without
`urn:dropscribe:problem:`, by their statuses. The first rows have those of many routes. Written by
`python -m functions.gateway.generate`, from [openapi.json](openapi.json).

"""

ByStatus = dict[str, list[str]]
"""Types of problems by status."""


def problem_page(document: Schema) -> str:
    """Returns the page with the table."""
    lines = [INTRODUCTION + "| route | problems |", "|---|---|", *rows(document)]
    return "\n".join(lines) + "\n"


def rows(document: Schema) -> Iterator[str]:
    """Yields a row of the problems of all routes, one of those of all routes that need a key, and
    one for each route that has others."""
    open_routes: dict[str, ByStatus] = {}
    key_routes: dict[str, ByStatus] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            routes = key_routes if "security" in operation else open_routes
            routes[f"{method.upper()} {path}"] = problems_of(operation)
    of_all = common_problems([*open_routes.values(), *key_routes.values()])
    of_key_routes = common_problems(list(key_routes.values()))
    yield row("all", of_all)
    yield row("all that need a key, too", without(of_key_routes, of_all))
    yield from further_rows(open_routes, of_all)
    yield from further_rows(key_routes, of_key_routes)


def further_rows(routes: Mapping[str, ByStatus], common: ByStatus) -> Iterator[str]:
    """Yields a row for each route that has further problems than the common ones."""
    for name, problems in routes.items():
        others = without(problems, common)
        if others:
            yield row(f"`{name}`", others)


def problems_of(operation: Schema) -> ByStatus:
    """Returns the problems that an operation declares."""
    found = {}
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if PROBLEM_JSON in content:
            found[status] = sorted(content[PROBLEM_JSON]["examples"])
    return found


def common_problems(routes: Sequence[ByStatus]) -> ByStatus:
    """Returns the problems that all routes have. Those of another API's dialect declare none."""
    first, *others = filter(None, routes)
    common = {}
    for status, types in first.items():
        shared = set(types)
        for problems in others:
            shared &= set(problems.get(status, ()))
        if shared:
            common[status] = sorted(shared)
    return common


def without(problems: ByStatus, common: ByStatus) -> ByStatus:
    """Returns the problems that are not among the common ones."""
    left = {}
    for status, types in problems.items():
        known = common.get(status, [])
        others = [each for each in types if each not in known]
        if others:
            left[status] = others
    return left


def row(name: str, problems: ByStatus) -> str:
    parts = []
    for status, types in problems.items():
        names = [f"`{each}`" for each in types]
        parts.append(f"{status} {', '.join(names)}")
    return f"| {name} | {'; '.join(parts)} |"
