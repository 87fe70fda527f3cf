"""`dropscribe logs`: shows what the processes of the one-machine cloud log."""

import click

from local.layout import layout


@click.command()
@click.argument("process", required=False)
@click.option("--lines", default=50, show_default=True)
def logs(process: str | None, lines: int) -> None:
    """Show the last log lines of every process, or of one PROCESS."""
    pattern = layout().log(process or "*")
    files = sorted(pattern.parent.glob(pattern.name))
    if not files:
        reason = f"there is no log of {process}" if process else "there are no logs yet"
        raise click.ClickException(reason)
    for file in files:
        text = file.read_text(errors="replace")
        last_lines = text.splitlines()[-lines:]
        for line in last_lines:
            click.echo(f"{file.stem}: {line}")
