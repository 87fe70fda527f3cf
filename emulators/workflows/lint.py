"""Prints the mistakes in a workflow's source: `python -m emulators.workflows.lint FILE...`."""

import sys
from pathlib import Path

import click

from emulators.workflows.check import check
from emulators.workflows.errors import Finding, SourceError
from emulators.workflows.schema import schema_findings
from emulators.workflows.source import read


def findings(text: str) -> list[Finding]:
    """Returns every mistake, those of the JSON schema last: its messages are the least clear."""
    try:
        program, mistakes = read(text)
    except SourceError as error:
        return list(error.findings)
    return mistakes or check(program) or schema_findings(text)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def main(files: tuple[Path, ...]) -> None:
    """Prints each mistake as FILE:LINE: MESSAGE. Exits with 1 if there is one."""
    failed = False
    for file in files:
        text = file.read_text(encoding="utf-8")
        for finding in findings(text):
            click.echo(f"{file}:{finding.line}: {finding.message}")
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
