"""The metrics for Prometheus are read by its own parser, and are those of the JSON."""

from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from functions.gateway.examples import EXAMPLES
from functions.gateway.exposition import prometheus_text
from shared.model.metrics import Metrics

METRICS = Metrics.model_validate(EXAMPLES["Metrics"])


def samples(metrics: Metrics) -> dict[tuple[str, str], float]:
    """Returns each sample by its name and the value of its label."""
    text = prometheus_text(metrics, {}).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge" and family.documentation.endswith(".")
        for sample in family.samples:
            (label,) = sample.labels.values() or ("",)
            found[sample.name, label] = sample.value
    return found


def test_what_is_now_is_exposed() -> None:
    found = samples(METRICS)
    assert found["dropscribe_jobs", "queued"] == 2
    assert found["dropscribe_jobs", "done"] == 1204
    assert found["dropscribe_oldest_queued_seconds", ""] == 4.2


def test_what_ended_in_the_window_is_exposed() -> None:
    found = samples(METRICS)
    assert found["dropscribe_window_seconds", ""] == 24 * 3600
    assert found["dropscribe_window_is_complete", ""] == 1
    assert found["dropscribe_ended_jobs", "done"] == 120
    assert found["dropscribe_failed_jobs", "urn:dropscribe:problem:not-audio"] == 1
    assert found["dropscribe_audio_seconds", ""] == 36000
    assert found["dropscribe_stage_seconds", "transcribe"] == 3000
    assert found["dropscribe_stage_real_time_factor", "transcribe"] == 0.0833
    assert found["dropscribe_cost_usd", ""] == 0.2


def test_a_cost_that_is_not_known_is_no_sample() -> None:
    ended = METRICS.ended.model_copy(update={"cost_usd": None})
    found = samples(METRICS.model_copy(update={"ended": ended}))
    assert ("dropscribe_cost_usd", "") not in found


def test_a_label_with_odd_characters_is_read_back() -> None:
    odd = 'urn:"quoted"\nand \\more'
    ended = METRICS.ended.model_copy(update={"failures": {odd: 1}})
    metrics = METRICS.model_copy(update={"ended": ended, "time": datetime.now(UTC)})
    assert samples(metrics)["dropscribe_failed_jobs", odd] == 1
