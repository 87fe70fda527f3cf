"""How the OpenAPI document declares what routes may answer.

A route names the errors that only it raises, and nothing else:

    @router.get("/things/{id}", responses=problems(NotFound))

`documented` adds what follows from the route itself: 401, 403 and 429 if it needs a key, 413 if it
has a body, 422 if it has a body or parameters or refuses those that it lacks, 400, 500 and 503 for
all.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from functions.gateway.examples import EXAMPLES
from functions.gateway.openai_error_docs import declare_openai_errors, error_schemas
from functions.gateway.openai_errors import is_openai_path
from functions.gateway.query_checks import API_FOLDER
from functions.gateway.sent_webhooks import describe_sent_webhooks
from shared.model.contracts import Problem
from shared.model.errors import (
    BadRequest,
    BodyTooLarge,
    Bug,
    Forbidden,
    JobStoreUnavailable,
    KeyMisplaced,
    StageError,
    StorageUnavailable,
    TooManyRequests,
    Transient,
    Unauthenticated,
    WorkflowUnavailable,
)
from shared.runtime.http import BUG_DETAIL

Responses = dict[int | str, dict[str, Any]]
"""Responses by status, as FastAPI's `responses=` takes them."""
Schema = dict[str, Any]
"""A part of the OpenAPI document."""

PROBLEM_JSON = "application/problem+json"
PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
UNAVAILABLE = (JobStoreUnavailable, StorageUnavailable, WorkflowUnavailable)
RETRY_AFTER_HEADER = {
    "Retry-After": {
        "description": "Seconds after which the request may be repeated.",
        "schema": {"type": "string"},
    }
}
CHALLENGE_HEADER = {
    "WWW-Authenticate": {
        "description": "How to send a key.",
        "schema": {"type": "string"},
    }
}

FRAMEWORKS_DESCRIPTION = "Successful Response"
DESCRIPTIONS = {
    "200": "It is in the body.",
    "201": "It was made.",
    "202": "It was accepted, and will be done.",
    "204": "It was done. There is no body.",
}
"""Descriptions of successful responses that a route does not describe itself, by status."""


# What a route declares


def problems(*errors: type[StageError]) -> Responses:
    """Returns the declaration of the problems with which a route may answer."""
    by_status: dict[int, list[type[StageError]]] = defaultdict(list)
    for error in errors:
        by_status[int(error.status)].append(error)
    responses: Responses = {}
    for status in sorted(by_status):
        responses[status] = problem_declaration(by_status[status], status)
    return responses


def text_body(media_type: str, example: str) -> Responses:
    """Returns the declaration of a successful response whose body is a text."""
    content = {media_type: {"schema": {"type": "string"}, "example": example}}
    return {200: {"content": content}}


def event_stream(example: str) -> Schema:
    """Returns the declaration of a body of server-sent events, by its content type. It is a text,
    and some tools check each event in it as an object."""
    schema = {"type": ["string", "object"]}
    return {"text/event-stream": {"schema": schema, "example": example}}


def problem_declaration(errors: Iterable[type[StageError]], status: int) -> Schema:
    """Returns the declaration of problems of the same status, with an example of each."""
    titles = []
    examples = {}
    headers: Schema = {}
    for error in errors:
        titles.append(error.title)
        name = error.name().rpartition(":")[2]
        examples[name] = {"value": example_problem(error, status)}
        if issubclass(error, Transient):
            headers |= RETRY_AFTER_HEADER
        if error is Unauthenticated:
            headers |= CHALLENGE_HEADER
    declaration: Schema = {
        "description": " ".join(titles),
        "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA, "examples": examples}},
    }
    if headers:
        declaration["headers"] = headers
    return declaration


def example_problem(error: type[StageError], status: int) -> Schema:
    """Returns the body of a problem, whose detail is its title or, of a bug, all there is."""
    detail = BUG_DETAIL if error is Bug else error.title
    problem = error(detail).problem(None, "gateway")
    with_status = problem.model_copy(update={"status": status})
    return with_status.model_dump(mode="json", exclude_none=True)


# The whole document


def operation_id(route: APIRoute) -> str:
    """Returns the name of the route's function, from which generated clients take theirs."""
    return route.name


class DocumentedApi(FastAPI):
    """An application whose OpenAPI document declares every response of every route."""

    def openapi(self) -> Schema:
        """Returns the document, which is made once."""
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title,
                summary=self.summary,
                version=self.version,
                openapi_version=self.openapi_version,
                description=self.description,
                tags=self.openapi_tags,
                servers=self.servers,
                license_info=self.license_info,
                routes=self.routes,
                webhooks=self.webhooks.routes,
            )
            describe_sent_webhooks(document.get("webhooks", {}))
            self.openapi_schema = documented(document)
        return self.openapi_schema


def documented(document: Schema) -> Schema:
    """Returns the document with the responses that follow from what a route is."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    schemas |= error_schemas()
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for name, schema in schemas.items():
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            add_common_responses(operation, checks_query=path.startswith(API_FOLDER))
            if is_openai_path(path):
                declare_openai_errors(operation, PROBLEM_JSON)
    return document


def add_common_responses(operation: Schema, *, checks_query: bool) -> None:
    """Add the problems that the framework, the access rules and the stores may answer with.
    `checks_query` says whether query parameters that the route lacks are refused."""
    responses = operation["responses"]
    for status, response in responses.items():
        if response["description"] == FRAMEWORKS_DESCRIPTION:
            response["description"] = DESCRIPTIONS[status]
    errors: list[type[StageError]] = [KeyMisplaced, Bug, *UNAVAILABLE]
    if "security" in operation:
        errors += [Unauthenticated, Forbidden, TooManyRequests]
    if "requestBody" in operation:
        errors += [BadRequest, BodyTooLarge]
    common = problems(*errors)
    if checks_query or "422" in responses:
        declaration = problem_declaration([BadRequest], 422)
        declared_content = responses.get("422", {}).get("content", {})
        if PROBLEM_JSON in declared_content:
            merge_examples(responses["422"], declaration)
        else:
            responses["422"] = declaration
    for status, declaration in common.items():
        declared = responses.setdefault(str(status), declaration)
        if declared is not declaration:
            merge_examples(declared, declaration)
    operation["responses"] = dict(sorted(responses.items()))


def merge_examples(declared: Schema, further: Schema) -> None:
    """Add the examples and headers of a further declaration of the same status. The declared body
    may also be something else than a problem."""
    content = declared["content"].setdefault(PROBLEM_JSON, {"schema": PROBLEM_SCHEMA})
    examples = content.setdefault("examples", {})
    for name, example in further["content"][PROBLEM_JSON]["examples"].items():
        examples.setdefault(name, example)
    if "headers" in further:
        declared["headers"] = {**further["headers"], **declared.get("headers", {})}
