"""How the OpenAPI document declares the errors of OpenAI's API: from the problems of the routes."""

from typing import Any

from functions.gateway.openai_errors import error_body, openai_status
from shared.model.contracts import Problem
from shared.model.formats import JSON
from shared.model.openai_api import ErrorBody, ErrorDetails

Declaration = dict[str, Any]
"""A part of the OpenAPI document."""

ERROR_SCHEMA = {"$ref": f"#/components/schemas/{ErrorBody.__name__}"}


def error_schemas() -> Declaration:
    """Returns the schemas of the bodies by their names."""
    body = ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}")
    body.pop("$defs")
    return {ErrorBody.__name__: body, ErrorDetails.__name__: ErrorDetails.model_json_schema()}


def declare_openai_errors(operation: Declaration, problem_type: str) -> None:
    """Replace the declared problems, which have this content type, by OpenAI's errors."""
    responses: Declaration = {}
    failures = []
    for status, response in operation["responses"].items():
        if problem_type in response.get("content", {}):
            failures.append(response)
        else:
            responses[status] = response
    for failure in failures:
        examples = failure["content"][problem_type]["examples"]
        for name, example in examples.items():
            add_error(responses, name, example["value"], failure.get("headers", {}))
    operation["responses"] = dict(sorted(responses.items()))


def add_error(
    responses: Declaration, name: str, example: Declaration, headers: Declaration
) -> None:
    """Add the error that a problem is to the responses of its status there."""
    problem = Problem.model_validate(example)
    status = str(int(openai_status(problem)))
    content = {JSON: {"schema": ERROR_SCHEMA, "examples": {}}}
    response = responses.setdefault(status, {"description": "", "content": content})
    examples = response["content"][JSON]["examples"]
    if name not in examples:
        examples[name] = {"value": error_body(problem).model_dump(mode="json")}
        response["description"] = f"{response['description']} {problem.title}".strip()
    if headers:
        response["headers"] = {**headers, **response.get("headers", {})}
