# SPDX-License-Identifier: Apache-2.0
"""The lines that Katib makes of a manifest's commands, with what it appends to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.rules.shell import Line, trial_line
from kfp_katib.experiment.rules.view import View

WRAPPED = ("StdOut", "File", "TensorFlowEvent")
"""The collectors for which Katib rewrites the command."""

_PLACEHOLDER = re.compile(
    r"\$\{(trialParameters|pipeline)\.[^$}]*\}|\$\([A-Za-z_][\w.-]*\)"
)  # ours, and the kubelet's


def trial_lines(view: View) -> Iterator[tuple[str, Line]]:
    """The lines of the primary containers, each with the container's path."""
    for path, container in view.primaries if view.collector in WRAPPED else []:
        line = trial_line(container)
        if line is not None:
            yield path, line


def scripts(view: View) -> Iterator[tuple[str, Line]]:
    """The lines that are a script behind `sh -c`."""
    return ((path, line) for path, line in trial_lines(view) if line.script)


def programs(view: View) -> Iterator[tuple[str, Line]]:
    """The lines that are a program with its arguments."""
    return ((path, line) for path, line in trial_lines(view) if not line.script)


def filled(text: str) -> str:
    """The text with a plain word where a value or variable will stand."""
    return _PLACEHOLDER.sub("x", text)


def as_katib_writes(view: View, line: Line) -> str:
    """The whole line that a trial's shell gets."""
    redirection = " 1>log 2>&1" if view.collector == "StdOut" else ""
    stopped = " || if test -f p; then echo stopped; else echo failed; exit 1; fi"
    early = stopped if view.spec.get("earlyStopping") else ""
    return f"{filled(line.text)}{redirection}{early} && echo completed > p"
