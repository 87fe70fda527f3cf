"""The OpenAPI document declares each problem that a route may answer with."""

from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import HTTPBearer

from functions.gateway.openapi import DocumentedApi, operation_id, problems
from shared.model.contracts import Problem
from shared.model.errors import AudioDeleted, Cancelled, Forbidden, RecordingErased

bearer = HTTPBearer(auto_error=False)


def operation() -> dict[str, Any]:
    """Returns the declaration of a route with a key, a parameter and problems of its own."""
    app = DocumentedApi(title="t", version="1", generate_unique_id_function=operation_id)

    @app.get("/things/{number}", responses=problems(RecordingErased, AudioDeleted, Forbidden))
    def read_thing(number: int, key: Annotated[Any, Depends(bearer)]) -> int:
        return number

    declared: dict[str, Any] = app.openapi()["paths"]["/things/{number}"]["get"]
    return declared


def names(responses: dict[str, Any], status: str) -> set[str]:
    """Returns the problems that are declared for a status."""
    return set(responses[status]["content"]["application/problem+json"]["examples"])


def test_problems_of_the_same_status_are_declared_together() -> None:
    responses = operation()["responses"]
    assert names(responses, "410") == {"recording-erased", "audio-deleted"}


def test_what_follows_from_the_route_is_added_to_what_it_declares() -> None:
    responses = operation()["responses"]
    assert list(responses) == ["200", "400", "401", "403", "410", "422", "429", "500", "503"]
    assert names(responses, "403") == {"forbidden"}
    assert names(responses, "422") == {"bad-request"}


def test_the_headers_of_a_problem_are_declared() -> None:
    responses = operation()["responses"]
    assert "WWW-Authenticate" in responses["401"]["headers"]
    assert "Retry-After" in responses["503"]["headers"]
    assert "headers" not in responses["500"]


def test_the_example_of_a_problem_is_one() -> None:
    declared = problems(Cancelled)[409]["content"]["application/problem+json"]
    problem = Problem.model_validate(declared["examples"]["cancelled"]["value"])
    assert problem.type == Cancelled.name()
    assert problem.status == 409


def test_an_operation_is_named_after_its_function() -> None:
    assert operation()["operationId"] == "read_thing"
