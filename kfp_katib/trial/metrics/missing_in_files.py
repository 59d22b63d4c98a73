# SPDX-License-Identifier: Apache-2.0
"""Why a trial that ended well has no metric: found in the files that it left, from a few lines of each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from kfp_katib.experiment.defaults import STDOUT_PATH
from kfp_katib.experiment.model import Collector
from kfp_katib.trial.excerpt import listed, shown
from kfp_katib.trial.metrics.missing_in_lines import Lines, elsewhere, no_number, reason
from kfp_katib.trial.metrics.tfevents import UNREADABLE, event_files, scalars
from kfp_katib.trial.plain_file import chunks, end_of, whole_lines

_MOST_TAGS = 50
_MOST_BYTES = 1 << 16
"""Bytes of all lines that are kept: explaining them takes a fraction of a second."""
_MOST_LINES = 200
_AROUND_BYTES = 1 << 14
_FIXED = (
    "The engine replaces the collector's path in command, args and env; it cannot see a path that is "
    "hard-coded in a script. Pass the path as an argument."
)


def of_lines(collector: Collector, metric: str, path: Path, log: Path) -> str:
    """Why the collector StdOut or File finds no value of a metric.

    Args:
        collector: The Experiment's collector.
        metric: The objective's metric.
        path: What it read.
        log: What else the trial printed.
    """
    lines = _sample(path, metric)
    if not lines.named and (lost := elsewhere(collector, metric, _sample(log, metric).named)):
        return lost
    if lines.named or lines.others:
        return reason(collector, metric, lines)
    if collector.kind == "StdOut" and end_of(log, 1):
        return "It is empty; what earlier commands of the chain printed is not collected."
    return f"It is empty. Write `{_wanted(collector, metric)}`."


def _wanted(collector: Collector, metric: str) -> str:
    return f'"{metric}": "<number>"' if collector.format == "JSON" else f"{metric}=<number>"


def of_number(collector: Collector, metric: str, text: str, path: Path) -> str:
    """Why the metric's value is not a number."""
    lines = Lines((), ()) if collector.kind == "TensorFlowEvent" else _sample(path, metric)
    return no_number(collector, metric, text, lines)


def of_file(collector: Collector, metric: str, path: Path, log: Path, error: OSError) -> str:
    """Why the collector StdOut or File has no file to read."""
    there = STDOUT_PATH if collector.kind == "StdOut" else collector.path
    if not isinstance(error, FileNotFoundError):
        return f"The metrics file {shown(there)} cannot be read: {error.strerror}."
    if collector.kind == "StdOut":
        return f"The file {shown(there)}, into which Katib writes what is printed, was removed by the trial."
    beside = _held(path.parent)
    where = _fixed(collector) or elsewhere(collector, metric, _sample(log, metric).named)
    where = where or (f"Its folder holds {beside} instead." if beside else _FIXED)
    return f"The metrics file {shown(there)} was not written. {where}"


def of_events(collector: Collector, metric: str, folder: Path, log: Path) -> str:
    """Why the collector TensorFlowEvent finds no value of a metric."""
    files = event_files(folder)
    if not files:
        instead = f" It holds {held}." if (held := _held(folder)) else ""
        where = _fixed(collector) or elsewhere(collector, metric, _sample(log, metric).named) or _FIXED
        return f"No file there has 'tfevents' in its name.{instead} {where}"
    tags, damaged = _tags(files, folder)
    if not tags:
        return f"Its event files hold no value. {' '.join(damaged)}".strip()
    return " ".join([_of_tags(metric, tags), *damaged])


def _of_tags(metric: str, tags: dict[str, str]) -> str:
    directory, _, wanted = metric.rpartition("/")
    for tag, folder in tags.items():
        if tag.startswith(wanted):
            return (
                f"The tag {shown(tag)} is in the folder {shown(folder)}; the metric {metric!r} asks for one "
                f"whose path ends in {shown(directory)}."
            )
    if near := [tag for tag in tags if wanted.lower() in tag.lower()]:
        return f"The tag is {shown(near[0])}; Katib takes those that begin with {wanted!r}, and case matters."
    return f"Its event files hold the tags {listed(list(tags))}, and none begins with {wanted!r}."


def _tags(files: list[Path], folder: Path) -> tuple[dict[str, str], list[str]]:
    """Tags, each with a folder in which it was found, and what is wrong with an unreadable file."""
    tags: dict[str, str] = {}
    damaged: list[str] = []
    for path in files:
        try:
            for scalar in scalars(chunks(path)):
                if len(tags) < _MOST_TAGS:
                    tags.setdefault(scalar.tag, os.path.relpath(path.parent, folder))
        except UNREADABLE as err:
            why = err.strerror if isinstance(err, OSError) else err
            damaged.append(f"The event file {shown(path.name)} cannot be read: {why}.")
    return tags, damaged[:1]


def _fixed(collector: Collector) -> str:
    """Says if something is at the collector's path itself, not in the folder that stands for it here."""
    try:
        written = datetime.fromtimestamp(Path(collector.path).stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return ""
    when = f"{written:%Y-%m-%d %H:%M:%S} UTC"
    return f"On this machine {shown(collector.path)} itself exists, last written {when}. {_FIXED}"


def _sample(path: Path, metric: str) -> Lines:
    """The few lines of a file that may tell why the collector finds no value in it: at most 128 KiB."""
    named: list[str] = []
    others: list[str] = []
    with suppress(OSError):
        for block in whole_lines(chunks(path), cut=len):
            # What a carriage return rewrites is a line of its own.
            lines = block[: _room(others)].replace(b"\r", b"\n").split(b"\n")[:_MOST_LINES]
            others += [line.decode(errors="replace") for line in lines if line.strip()]
            for line in _around(block, metric.lower().encode()):
                named.append(line)
                if not _room(named):
                    return Lines(named, others)
    return Lines(named, others)


def _room(lines: list[str]) -> int:
    """How many more bytes may be kept."""
    return max(0, _MOST_BYTES - sum(map(len, lines))) if len(lines) < _MOST_LINES else 0


def _around(block: bytes, name: bytes) -> Iterator[str]:
    """The lines that hold a name in any case, each cut to what is near the name."""
    folded, at = block.lower().replace(b"\r", b"\n"), 0
    while (hit := folded.find(name, at)) >= 0:
        start = folded.rfind(b"\n", max(0, hit - _AROUND_BYTES), hit) + 1 or max(0, hit - _AROUND_BYTES)
        end = folded.find(b"\n", hit, hit + _AROUND_BYTES)
        at = end if end >= 0 else min(len(block), hit + _AROUND_BYTES)
        yield block[start:at].decode(errors="replace")


def _held(folder: Path) -> str:
    """The names in a folder except that of Katib's completion mark; empty if there are none."""
    try:
        return listed(sorted(path.name for path in folder.iterdir() if path.suffix != ".pid"))
    except OSError:
        return ""
