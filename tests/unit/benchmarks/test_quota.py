"""In a simulated new project the defaults leave each function its instances, as more would not."""

from benchmarks.quota import DEFAULTS, FORMER, Quota, drained
from shared.model.stages import FUNCTIONS


def test_all_functions_at_their_maximum_fit_into_the_quota() -> None:
    quota = Quota(DEFAULTS)
    for function, most in DEFAULTS.items():
        assert [quota.take(function, now=0) for _ in range(most + 1)] == [True] * most + [False]
    beside = [FUNCTIONS[name] for name in ("gateway", "notify")]
    further = sum((function.max_instances - 1) * function.resources.cpu for function in beside)
    assert quota.cpu >= further


def test_an_idle_instance_holds_its_share_for_a_quarter_of_an_hour() -> None:
    quota = Quota({"prepare": 100, "finalize": 1})
    while quota.take("prepare", now=0):
        pass
    assert not quota.take("finalize", now=0), "nothing is left"
    quota.idle_since["prepare"].append(10)
    assert not quota.take("finalize", now=909)
    assert quota.take("finalize", now=910)


def test_the_first_answers_do_not_wait_for_the_end_of_a_backlog() -> None:
    assert drained(DEFAULTS, 300, 1)["minutes_until_the_first"] < 1
    assert drained(FORMER, 300, 1)["minutes_until_the_first"] > 10
