"""The command `dropscribe cost`: what a deployment's jobs cost, and what hours of audio will."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

import click

from local.connection import Gateway, calls_api

if TYPE_CHECKING:
    from local.cost import Forecast, InstancePace


def parse_factor(text: str) -> tuple[str, float]:
    """Returns the stage and the real-time factor of STAGE=FACTOR."""
    stage, _, number = text.partition("=")
    try:
        rtf = float(number)
    except ValueError:
        rtf = 0
    if not 0 < rtf < float("inf"):
        message = f"{text!r} is not STAGE=FACTOR, such as transcribe=0.05"
        raise click.BadParameter(message, param_hint="--rtf")
    return stage, rtf


def check_hours(
    context: click.Context, parameter: click.Parameter, value: float | None
) -> float | None:
    if value is not None and not 0 < value <= 1e6:
        raise click.BadParameter(f"{value:g} is not more than 0 and at most a million")
    return value


@click.command()
@click.option(
    "--hours",
    type=float,
    callback=check_hours,
    help="Forecast: audio of all recordings together. Without it, what the jobs of a deployment "
    "cost that have ended.",
)
@click.option(
    "--days",
    default=7,
    show_default=True,
    type=click.IntRange(1, 30),
    help="Of a deployment: days whose ended jobs are counted, today included, in UTC.",
)
@click.option("--jobs", "each_job", is_flag=True, help="Of a deployment: a line for each job.")
@click.option("--model", default="base", show_default=True, help="Speech model.")
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    type=click.Choice(["cpu", "l4"]),
    help="Device of the speech model.",
)
@click.option("--files", type=click.IntRange(min=1), help="Recordings. Default: one per hour.")
@click.option(
    "--rtf",
    "factors",
    multiple=True,
    metavar="STAGE=FACTOR",
    help="Seconds of a stage's work for one second of sound.",
)
@click.option(
    "--idle",
    default=15.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Minutes that a GPU is idle before its instance ends.",
)
@calls_api
def cost(
    gateway: Gateway,
    hours: float | None,
    days: int,
    each_job: bool,
    model: str,
    device: str,
    files: int | None,
    factors: tuple[str, ...],
    idle: float,
) -> None:
    """Print what the jobs of a deployment took and cost, by their stage records and list prices.

    With --hours, print what hours of audio cost on Google Cloud instead, and the list prices of
    managed services.
    """
    if hours is None:
        print_spending(gateway, days, each_job=each_job)
    else:
        print_forecast(hours, model, device, files, factors, idle)


def print_spending(gateway: Gateway, days: int, *, each_job: bool) -> None:
    """Print what the jobs cost that ended within the last days, or each of them."""
    from local.spending_lines import day_lines, job_lines

    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days - 1)
    with gateway.client() as client:
        jobs = client.costs(since)
        lines = job_lines(list(jobs)) if each_job else day_lines(jobs)
    click.echo("\n".join(lines))


def print_forecast(
    hours: float, model: str, device: str, files: int | None, factors: tuple[str, ...], idle: float
) -> None:
    """Print what hours of audio will cost."""
    from local.cost import NoForecast, forecast

    recordings = files or ceil(hours)
    rtf = dict(map(parse_factor, factors))
    try:
        made = forecast(hours, recordings, model, device, rtf=rtf, idle_minutes=idle)
    except NoForecast as error:
        raise click.ClickException(str(error)) from error
    number = f"{recordings} recordings" if recordings > 1 else "one recording"
    click.echo(
        f"{hours:g} h of audio in {number}, Whisper {model} on {device}, "
        f"at list prices ({made.cost.price_table}):\n"
    )
    for line in (*own_lines(hours, made), *assumed_lines(made), *service_lines(hours)):
        click.echo(line)


def own_lines(hours: float, made: "Forecast") -> Iterator[str]:
    """Yields the items of the cost and their total."""
    for item, usd in made.cost.items.items():
        description = describe_item(item, made)
        yield row(item, description, usd)
    total = made.cost.total
    yield row("total", "", total)
    yield row("an hour of audio", "", total / hours)
    yield ""


def row(item: str, description: str, usd: float) -> str:
    """Returns a line of the table, in columns."""
    return f"  {item:<17} {description:<70} {usd:>12.4f} USD"


def describe_item(item: str, made: "Forecast") -> str:
    """Returns the operations, or the seconds on an instance, that an item of the cost is for."""
    from shared.model.cost import ITEMS

    if item not in ITEMS:
        pace = made.paces[item]
        seconds = made.seconds[item]
        instance = describe_instance(pace)
        return f"{seconds:,.0f} s of {instance}, {pace.origin}"
    counts = []
    for unit in ITEMS[item]:
        count = made.operations.get(unit, 0)
        if count:
            name = unit.replace("_", " ")
            number = rounded(count)
            counts.append(f"{number} x {name}")
    return ", ".join(counts)


def rounded(count: float) -> str:
    """Returns a count as text, with two digits if it is below 10."""
    if count < 10:
        return f"{count:.2g}"
    return f"{count:,.0f}"


def describe_instance(pace: "InstancePace") -> str:
    resources = pace.resources
    description = f"{resources.cpu:g} vCPU, {resources.memory_gib:g} GiB"
    if resources.gpu:
        description += ", L4"
    return description


def assumed_lines(made: "Forecast") -> Iterator[str]:
    """Yields the stages whose pace is assumed, with the source of the assumption."""
    stages_by_source: dict[str, list[str]] = {}
    for stage, pace in made.paces.items():
        if pace.origin == "assumed":
            stages = stages_by_source.setdefault(pace.source, [])
            stages.append(stage)
    if not stages_by_source:
        return
    yield "Assumed, not measured:"
    for source, stages in stages_by_source.items():
        names = ", ".join(stages)
        yield f"  {names}: {source}"
    yield ""


def service_lines(hours: float) -> Iterator[str]:
    """Yields the list prices of managed services for the same hours."""
    from shared.model.cost import prices

    yield "Managed services, list prices for the same hours:"
    for service in prices().services:
        as_of = f"as of {service.as_of}"
        usd = service.usd_per_hour * hours
        yield f"  {service.name:<60} {as_of:<27} {usd:>12.4f} USD"
    yield ""
    yield (
        "Free tiers and discounts are left out on both sides. Sources: "
        "shared/model/prices.toml, shared/model/stages.py, local/paces.toml."
    )
