"""Runs a workflow's source in this process, for tests of its result or error."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from emulators.workflows.calls import HttpCalls, TokenMaker
from emulators.workflows.engine import Execution
from emulators.workflows.natives import Context
from emulators.workflows.slots import Slots
from emulators.workflows.source import load

program_of = lru_cache(maxsize=8)(load)
"""Returns the program of a source. Most tests run one of a few, which takes longest to read."""


def run_workflow(
    source: str,
    argument: Any = None,
    environment: Mapping[str, str] | None = None,
    make_token: TokenMaker | None = None,
) -> Any:
    """Returns main's result. Raises the WorkflowError or SourceError that ends the workflow."""

    async def run() -> Any:
        http = HttpCalls(Slots({}), make_token)
        try:
            context = Context("execution-1", environment or {}, http, lambda severity, data: None)
            return await Execution(program_of(source), context).result(argument)
        finally:
            await http.close()

    return asyncio.run(run())


def value_of(expression: str, **variables: Any) -> Any:
    """Returns the value of one expression, with these variables set."""
    source = "main:\n  params: [given]\n  steps:\n"
    for name in variables:
        source += f"    - set_{name}:\n        assign:\n          - {name}: ${{given.{name}}}\n"
    quoted = "${" + expression + "}"
    source += "    - answer:\n        return: >-\n          " + quoted + "\n"
    return run_workflow(source, variables)
