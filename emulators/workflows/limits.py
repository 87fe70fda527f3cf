"""Google's limits of a workflow, from its page "Quotas and limits"."""

from emulators.workflows.errors import failure

SOURCE_BYTES = 128 * 1024
EXPRESSION_CHARACTERS = 400
ASSIGNMENTS_PER_STEP = 50
SWITCH_CONDITIONS = 50
PARALLEL_BRANCHES = 10
PARALLEL_NESTING = 2
CONCURRENT_BRANCHES = 20
"""Branches and iterations that run at once in one execution. Others wait."""
CALL_DEPTH = 20
STEPS_PER_EXECUTION = 100_000
MEMORY_BYTES = 512 * 1024
"""All variables of an execution together, including arguments and stored responses."""
RESPONSE_BYTES = 2 * 1024 * 1024
ARGUMENT_BYTES = 32 * 1024
"""Argument of an execution that is created over the API. An event may take all the memory."""
HTTP_TIMEOUT_SECONDS = 300
HTTP_TIMEOUT_SECONDS_MAX = 1800
USER_VARIABLES = 20
REPORTED_BRANCH_ERRORS = 100


class Memory:
    """The bytes that all variables of one execution take."""

    def __init__(self) -> None:
        self.used = 0

    def change(self, difference: int) -> None:
        if difference > 0 and self.used + difference > MEMORY_BYTES:
            raise failure(
                "ResourceLimitError", f"variables would take more than {MEMORY_BYTES} bytes"
            )
        self.used += difference
