# SPDX-License-Identifier: Apache-2.0
"""How a verb that waits shows what it waits for: for people, for programs, or not before the end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kfp_katib.report.display import Display, lines_to

if TYPE_CHECKING:
    from kfp_katib.report.events import Events
    from kfp_katib.results import Progress

F = TypeVar("F", bound=Callable[..., Any])


def progress_options(command: F) -> F:
    """The options `quiet` and `json_lines`, of which `telling` makes what is told."""
    quiet = click.option("-q", "--quiet", is_flag=True, help="Print only the end, and warnings.")
    lines = click.option(
        "--json-lines", is_flag=True, help="Print what happens to stdout as events, one JSON object a line."
    )
    return quiet(lines(command))


@dataclass(frozen=True, slots=True)
class Telling:
    """What a verb tells of a search that runs.

    Attributes:
        display: Shows its progress.
        quiet: Whether nothing is told before the end.
        events: Writes the end as well, where a program reads; otherwise None.
    """

    display: Display
    quiet: bool
    events: Events | None

    @property
    def on_update(self) -> Callable[[Progress], None] | None:
        """What an engine calls."""
        return None if self.quiet else self.display.update

    def say(self, sentence: str) -> None:
        """A sentence about the search, on stderr, for people who read along."""
        if not self.quiet and not self.events:
            lines_to(sys.stderr)(sentence)


def telling(*, quiet: bool, json_lines: bool, as_json: bool, watched: bool = False) -> Telling:
    """What a verb tells with these options.

    Args:
        quiet: Whether nothing is told before the end.
        json_lines: Whether events are written.
        as_json: Whether the end is one JSON document.
        watched: Whether the search is somebody else's.

    Raises:
        click.UsageError: Two of the options exclude each other.
    """
    if json_lines and (quiet or as_json):
        raise click.UsageError(f"--json-lines and {'--quiet' if quiet else '--json'} exclude each other.")
    if not json_lines:
        return Telling(Display(watched=watched), quiet, None)
    from kfp_katib.report.events import Events

    events = Events(lines_to(sys.stdout))
    return Telling(Display(view=lambda: events), quiet, events)
