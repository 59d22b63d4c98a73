# SPDX-License-Identifier: Apache-2.0
"""The command line of one trial: exactly what Katib's pod webhook would write, with local paths.

Katib joins command and args with blanks into one shell line and appends the collector's redirection and a
completion mark (`wrapWorkerContainer` in Katib's `pkg/webhook/v1beta1/pod/utils.go`). That has
consequences: only the output of a chain's last command is collected, words are split again, a line that
ends in a comment never reaches its mark. Users should meet them here first.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kfp_katib.errors import InputError
from kfp_katib.experiment.defaults import STDOUT_PATH
from kfp_katib.experiment.model import Collector, Experiment
from kfp_katib.experiment.rules.injected import SUGGESTION_FOLDER
from kfp_katib.experiment.rules.shell import unwrapped
from kfp_katib.trial.template import Container

KATIB_FOLDER = "/var/log/katib"
_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")
_SPLIT_BY_SHELL = re.compile(r"[^\w@%+=:,./-]")


@dataclass(frozen=True, slots=True)
class MetricsPlace:
    """Where a collector looks: inside the container, and on this machine.

    Attributes:
        path: The file, or for TensorFlowEvent the directory, in the trial's folder.
        folder: What stands for the volume that Katib mounts there.
        mapped: The local path for each path in the container.
    """

    path: Path
    folder: Path
    mapped: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A process to start, and the manifest's own variables for it; paths and references are replaced."""

    argv: tuple[str, str, str]
    env: Mapping[str, str]


def metrics_place(collector: Collector, folder: Path) -> MetricsPlace:
    """Where a trial with this metrics folder puts what the collector reads."""
    there = STDOUT_PATH if collector.kind == "StdOut" else collector.path.rstrip("/")
    if collector.kind == "TensorFlowEvent":
        path, volume = folder, there
    else:
        path, volume = folder / PurePosixPath(there).name, str(PurePosixPath(there).parent)
    mapped = {KATIB_FOLDER: folder, volume: folder, there: path}
    return MetricsPlace(path, folder, {key: value for key, value in mapped.items() if key not in ("", "/")})


def checkpoint_paths(experiment: Experiment) -> tuple[str, ...]:
    """How a manifest may write where a trial sees its checkpoint folder in Katib; none where it has none."""
    if experiment.algorithm.name != "pbt":
        return ()
    there = experiment.algorithm.settings.get(SUGGESTION_FOLDER, "").rstrip("/")
    return (there, posixpath.normpath(there)) if there else ()


def command_line(
    container: Container, collector: Collector, place: MetricsPlace, caller: Mapping[str, str]
) -> CommandLine:
    """What to run for one trial.

    Args:
        container: The trial's container, assignments in place.
        collector: The Experiment's metrics collector.
        place: Where its metrics go on this machine.
        caller: The caller's own environment, which stands in for `valueFrom`.

    Raises:
        InputError: The shell would split a local path.
    """
    foreign = {name: caller[name] for name in container.foreign if name in caller}
    env: dict[str, str] = {}
    for name, value in container.env.items():
        env[name] = expand(_map_paths(value, place), foreign | env)
    words = tuple(_map_paths(word, place) for word in (*container.command, *container.args))
    shell, line = _as_katib_writes(words, collector, place)
    return CommandLine((shell, "-c", expand(line, foreign | env)), env)


def _as_katib_writes(words: tuple[str, ...], collector: Collector, place: MetricsPlace) -> tuple[str, str]:
    """The shell and its line; `$$$$` becomes the shell's `$$` when Kubernetes expands the line."""
    shell, joined = unwrapped(words)
    redirection = [f"1>{shlex.quote(str(place.path))} 2>&1"] if collector.kind == "StdOut" else []
    mark = shlex.quote(str(place.folder)) + "/$$$$.pid"
    return shell, " ".join([*joined, *redirection, "&&", f"echo completed > {mark}"])


def _map_paths(text: str, place: MetricsPlace) -> str:
    """Replace the container's metric paths, longest first, where they stand as paths of their own."""

    def here(match: re.Match[str]) -> str:
        path = str(place.mapped[match.group()])
        if _SPLIT_BY_SHELL.search(path):
            raise InputError(
                f"The trial's folder {path!r} has characters that a shell would split, and the manifest "
                f"uses {match.group()!r} in its command. Choose another folder for the runs."
            )
        return path

    return of_paths(place.mapped).sub(here, text)


def of_paths(paths: Iterable[str]) -> re.Pattern[str]:
    """Finds paths, the longest that fits, where they stand as paths of their own."""
    longest_first = sorted(paths, key=len, reverse=True)
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w.-])")


def expand(text: str, env: Mapping[str, str]) -> str:
    """Kubernetes' own expansion: `$(NAME)` of a known variable, and `$$` as an escaped `$`.

    Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return "$"
        return env.get(name, match.group())

    return _REFERENCE.sub(value, text)
