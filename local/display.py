"""Shows the progress of `dropscribe run` on a terminal, or as lines in a log."""

import sys
import time
from collections.abc import Sequence
from typing import Protocol

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from local.batch import Item
from local.progress import Report

SUMMARY_SECONDS = 60.0
"""Seconds between two summaries in a log."""


class Display(Protocol):
    """Shows progress until it is closed."""

    def refresh(self) -> None:
        """Shows how far all recordings are."""

    def show_end(self, item: Item) -> None:
        """Shows that a recording has ended."""

    def close(self) -> None:
        """Shows the end."""


def display_for(items: Sequence[Item]) -> Display:
    """Returns what fits the standard error stream."""
    report = Report(items)
    console = Console(stderr=True)
    return OnTerminal(console, report) if console.is_terminal else AsLines(report)


class OnTerminal:
    """Lines about the ends of recordings scroll away. Beneath are those at work, and the counts."""

    def __init__(self, console: Console, report: Report) -> None:
        self._console = console
        self._report = report
        self._live = Live(
            console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        self._live.start()

    def refresh(self) -> None:
        width, height = self._console.size
        lines = self._report.rows(width, height)
        lines += self._report.lines()
        shown = Text("\n".join(lines), no_wrap=True, overflow="crop")
        self._live.update(shown, refresh=True)

    def show_end(self, item: Item) -> None:
        text = Text(describe_end(item), overflow="fold")
        self._console.print(text)

    def close(self) -> None:
        self.refresh()
        self._live.stop()


class AsLines:
    """A line for each recording that has ended, and now and then the counts."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._shown_at = time.monotonic()

    def refresh(self) -> None:
        now = time.monotonic()
        if now - self._shown_at >= SUMMARY_SECONDS:
            self._shown_at = now
            self._show_counts()

    def show_end(self, item: Item) -> None:
        click.echo(describe_end(item), err=True)

    def close(self) -> None:
        self._show_counts()

    def _show_counts(self) -> None:
        counts = "; ".join(self._report.lines())
        click.echo(counts, err=True)


def describe_end(item: Item) -> str:
    """Returns what became of a recording."""
    if item.reason is not None:
        return f"{item.name}: {item.reason}"
    if item.was_known:
        return f"{item.name}: has its answer already (--again transcribes it again)"
    return f"{item.name}: done"


def print_folder(item: Item) -> None:
    """Prints where an answer is, for a program that reads the output."""
    if item.folder is None or sys.stdout.isatty():
        return
    click.echo(item.folder)
