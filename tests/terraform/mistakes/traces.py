"""Which traces are sent, and with what rights."""

from tests.terraform import checks
from tests.terraform.mistakes.mistake import Mistake

ASKED = {"traces": True}

TRACES = (
    Mistake(
        "traces are sent although nothing asks for them",
        "traces.tf",
        'var.traces ? { DROPSCRIBE_TRACES = "google" } : {}',
        '{ DROPSCRIBE_TRACES = "google" }',
        checks.traces_are_sent_if_that_is_asked,
    ),
    Mistake(
        "functions may write traces that they do not send",
        "traces.tf",
        " if var.traces }",
        " }",
        checks.rights_are_those_of_the_table,
    ),
    Mistake(
        "no function sends its traces",
        "functions.tf",
        "    local.for_traces,\n",
        "",
        checks.traces_are_sent_if_that_is_asked,
        ASKED,
    ),
    Mistake(
        "traces go to an API that is off",
        "traces.tf",
        '["cloudtrace.googleapis.com", "telemetry.googleapis.com"]',
        '["cloudtrace.googleapis.com"]',
        checks.traces_are_sent_if_that_is_asked,
        ASKED,
    ),
    Mistake(
        "whoever writes traces may read them",
        "traces.tf",
        "roles/telemetry.tracesWriter",
        "roles/cloudtrace.user",
        checks.rights_are_those_of_the_table,
        ASKED,
    ),
)
