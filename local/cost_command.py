"""The command `dropscribe cost`."""

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from local.cost import Forecast, Pace


def factor(text: str) -> tuple[str, float]:
    stage, _, number = text.partition("=")
    try:
        rtf = float(number)
    except ValueError:
        rtf = 0
    if not 0 < rtf < float("inf"):
        raise click.BadParameter(
            f"{text!r} is not STAGE=FACTOR, such as transcribe=0.05", param_hint="--rtf"
        )
    return stage, rtf


def hours_of(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if not 0 < value <= 1e6:
        raise click.BadParameter(f"{value:g} is not more than 0 and at most a million")
    return value


@click.command()
@click.option(
    "--hours",
    type=float,
    required=True,
    callback=hours_of,
    help="Of audio, of all recordings together.",
)
@click.option("--model", default="base", show_default=True, help="Of speech recognition.")
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    type=click.Choice(["cpu", "l4"]),
    help="What transcribes.",
)
@click.option("--files", type=click.IntRange(min=1), help="Recordings. Without it: one an hour.")
@click.option(
    "--rtf",
    "rtfs",
    multiple=True,
    metavar="STAGE=FACTOR",
    help="A stage's seconds for a second of sound.",
)
@click.option(
    "--idle",
    default=15.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Minutes a GPU is awake without work.",
)
def cost(
    hours: float, model: str, device: str, files: int | None, rtfs: tuple[str, ...], idle: float
) -> None:
    """Tell what hours of audio cost on Google Cloud, beside the list prices of managed services."""
    from local.cost import NoForecast, forecast

    recordings = files or ceil(hours)
    try:
        made = forecast(
            hours, recordings, model, device, rtf=dict(map(factor, rtfs)), idle_minutes=idle
        )
    except NoForecast as error:
        raise click.ClickException(str(error)) from error
    for line in (*told(hours, recordings, model, device, made), *elsewhere(hours)):
        click.echo(line)


def told(hours: float, recordings: int, model: str, device: str, made: "Forecast") -> Iterator[str]:
    number = f"{recordings} recordings" if recordings > 1 else "one recording"
    yield f"{hours:g} h of audio in {number}, Whisper {model} on {device}, at list prices ({made.cost.price_table}):"
    yield ""
    for item, usd in made.cost.items.items():
        yield row(item, described(item, made), usd)
    yield row("total", "", made.cost.total)
    yield row("an hour of audio", "", made.cost.total / hours)
    yield ""
    yield from doubts(made)


def doubts(made: "Forecast") -> Iterator[str]:
    """What the assumed paces come from."""
    stages: dict[str, list[str]] = {}
    for stage, pace in made.paces.items():
        if pace.origin == "assumed":
            stages.setdefault(pace.source, []).append(stage)
    if stages:
        yield "Assumed, not measured:"
        yield from (f"  {', '.join(names)}: {source}" for source, names in stages.items())
        yield ""


def row(item: str, what: str, usd: float) -> str:
    return f"  {item:<17} {what:<70} {usd:>12.4f} USD"


def described(item: str, made: "Forecast") -> str:
    from shared.model.cost import ITEMS

    if item in ITEMS:
        counts = [(made.operations.get(unit, 0), unit.replace("_", " ")) for unit in ITEMS[item]]
        return ", ".join(f"{rounded(count)} x {unit}" for count, unit in counts if count)
    pace = made.paces[item]
    return f"{made.seconds[item]:,.0f} s of {sized(pace)}, {pace.origin}"


def rounded(count: float) -> str:
    return f"{count:,.0f}" if count >= 10 else f"{count:.2g}"


def sized(pace: "Pace") -> str:
    size = pace.resources
    return f"{size.cpu:g} vCPU, {size.memory_gib:g} GiB{', L4' if size.gpu else ''}"


def row_of_service(name: str, as_of: str, usd: float) -> str:
    return f"  {name:<60} {f'as of {as_of}':<27} {usd:>12.4f} USD"


def elsewhere(hours: float) -> Iterator[str]:
    from shared.model.cost import prices

    yield "Managed services, list prices for the same hours:"
    for service in prices().services:
        yield row_of_service(service.name, service.as_of, service.usd_per_hour * hours)
    yield ""
    yield "Free tiers and discounts are left out on both sides. Sources: shared/model/prices.toml, local/paces.toml."
