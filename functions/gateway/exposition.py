"""Writes the metrics of a deployment as Prometheus reads them."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.model.metrics import EndedJobs, Metrics

CONTENT_TYPE = CONTENT_TYPE_LATEST
Label = TypeVar("Label", bound=str)


def prometheus_text(metrics: Metrics, refusals: Mapping[str, int]) -> bytes:
    """Returns the metrics in Prometheus' text format, and how many requests this process refused
    for each reason, if that is not empty.

    All others are gauges: what ended in a window also falls, when jobs leave the window.
    """
    registry = CollectorRegistry()
    registry.register(MetricsCollector(metrics, refusals))
    return generate_latest(registry)


class MetricsCollector(Collector):
    """The families of one reading of the job store, and of the refused requests."""

    def __init__(self, metrics: Metrics, refusals: Mapping[str, int]) -> None:
        self._metrics = metrics
        self._refusals = refusals

    def collect(self) -> Iterator[Metric]:
        metrics = self._metrics
        jobs = labelled("jobs", "Jobs by state.", "state", metrics.jobs)
        waiting = gauge(
            "oldest_queued_seconds",
            "Seconds that the first of the queued jobs has waited; 0 if there is none.",
            metrics.oldest_queued_seconds,
        )
        yield jobs
        yield waiting
        window = metrics.time - metrics.ended.since
        yield gauge(
            "window_seconds",
            "Length of the window before now of which the metrics of ended jobs are.",
            window.total_seconds(),
        )
        yield from ended_families(metrics.ended)
        if self._refusals:
            yield refused_family(self._refusals)


def ended_families(ended: EndedJobs) -> Iterator[Metric]:
    """Yields the families of the jobs that ended in the window."""
    yield labelled("ended_jobs", "Jobs that ended in the window.", "state", ended.states)
    yield labelled(
        "failed_jobs", "Jobs that failed in the window, by problem.", "problem", ended.failures
    )
    yield gauge(
        "window_is_complete",
        "1 if all jobs of the window were read, 0 if only the last of them.",
        ended.is_complete,
    )
    yield gauge("audio_seconds", "Audio transcribed in the window.", ended.audio_seconds)
    seconds = {}
    factors = {}
    for stage in ended.stages:
        seconds[stage.stage] = stage.seconds
        if stage.rtf is not None:
            factors[stage.stage] = stage.rtf
    yield labelled("stage_seconds", "Work of the stages on that audio.", "stage", seconds)
    yield labelled(
        "stage_real_time_factor", "Seconds of work for a second of audio.", "stage", factors
    )
    if ended.cost_usd is not None:
        yield gauge("cost_usd", "Cost of the transcripts of the window, in USD.", ended.cost_usd)


def refused_family(refusals: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(
        "dropscribe_refused_requests",
        "Requests that this process of the gateway refused, by reason.",
        labels=["reason"],
    )
    for reason, count in refusals.items():
        family.add_metric([reason], count)
    return family


def gauge(name: str, description: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"dropscribe_{name}", description, value=value)


def labelled(
    name: str, description: str, label: str, values: Mapping[Label, float]
) -> GaugeMetricFamily:
    """Returns a family with a sample for each value of its label."""
    family = GaugeMetricFamily(f"dropscribe_{name}", description, labels=[label])
    for value, amount in values.items():
        family.add_metric([value], amount)
    return family
