"""Mistakes that somebody could make in terraform/, as data.

To add one, add it to the file that it belongs to: what is wrong, where, the text that stands and
the text in its place, and what catches it: a check of checks.py, or what terraform says when it
validates, plans or tests.
"""

from tests.terraform.mistakes.access import ACCESS
from tests.terraform.mistakes.events import EVENTS
from tests.terraform.mistakes.fitting import FITTING
from tests.terraform.mistakes.functions import FUNCTIONS
from tests.terraform.mistakes.gateway import GATEWAY
from tests.terraform.mistakes.keeping import KEEPING
from tests.terraform.mistakes.leaks import LEAKS
from tests.terraform.mistakes.losses import LOSSES
from tests.terraform.mistakes.traces import TRACES
from tests.terraform.mistakes.webhooks import WEBHOOKS
from tests.terraform.mistakes.wiring import WIRING

MISTAKES = (
    *ACCESS,
    *GATEWAY,
    *FUNCTIONS,
    *EVENTS,
    *FITTING,
    *KEEPING,
    *LEAKS,
    *LOSSES,
    *TRACES,
    *WEBHOOKS,
    *WIRING,
)
