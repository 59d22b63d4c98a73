# SPDX-License-Identifier: Apache-2.0
"""The lines that Katib makes of a manifest's commands, with what it appends to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.rules.real_shell import syntax_error
from kfp_katib.experiment.rules.shell import Line, first_word, parse, trial_line, unquoted
from kfp_katib.experiment.rules.view import View

WRAPPED = ("StdOut", "File", "TensorFlowEvent")
"""The collectors for which Katib rewrites the command."""

_PLACEHOLDER = re.compile(
    r"\$\{(trialParameters|pipeline)\.[^$}]*\}|\$\([A-Za-z_][\w.-]*\)"
)  # ours, and the kubelet's

_PLAIN = re.compile(r"(?:[\w@%+=:,./~$*?^ \t\n;|&-]|(?<=\s)2>&1(?=\s|$)|(?<=\s)>>?(?=\s*[\w./]))*", re.ASCII)
_BASH_WORDS = frozenset({"coproc", "in", "time"})
_ORDINARY = frozenset({";", "&", "&&", "|", "||", "\n"})


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


def why_unreadable(view: View, line: Line, shell: str) -> str | None:
    """Why this machine's shell cannot read the line: empty where it can, None where there is no such shell.

    Words, quotes and redirections between separators are read by every shell; nobody is asked about them.
    """
    return "" if _is_plain(filled(line.text)) else syntax_error(as_katib_writes(view, line), shell)


def _is_plain(text: str) -> bool:
    script = parse(text)
    if script.open_end or script.unopened or script.comment or not set(script.separators) <= _ORDINARY:
        return False
    pairs = zip(script.commands, script.simple, strict=True)
    simple = all(
        each == (command,) and first_word(command) not in _BASH_WORDS and not command.startswith("&")
        for command, each in pairs
    )
    return simple and _PLAIN.fullmatch(unquoted(text)) is not None
