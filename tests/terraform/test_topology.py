"""The topology as planned, when the least is said and when everything is."""

import pytest

from tests.terraform.checks import CHECKS, Check
from tests.terraform.plan import Plan


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_of_the_plan(check: Check, plan: Plan) -> None:
    check(plan)
