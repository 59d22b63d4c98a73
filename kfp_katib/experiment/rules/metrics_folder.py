# SPDX-License-Identifier: Apache-2.0
"""The folder of the metrics, an empty one that Katib mounts into the training's container."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.injected import clean, injected, within
from kfp_katib.experiment.rules.mounts import mounts_of
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.shell import parse, trial_line
from kfp_katib.experiment.rules.view import COLLECTOR, View, items

_PLACE = f"{COLLECTOR}.source.fileSystemPath.path"
_MEND = "Write the metrics into a folder of their own."
_KERNEL = ("/proc", "/sys", "/dev")
"""The kernel's folders; a container's runtime mounts nothing into them, or the container is lost with it."""
_SYSTEM = ("/bin", "/lib", "/lib64", "/sbin", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64")
"""Folders without which an image has no shell."""
_INTERPRETER = re.compile(
    r"(python[\d.]*|pypy\d?|sh|bash|dash|Rscript|node|julia|ruby|perl|torchrun|mpirun|horovodrun|accelerate)$"
)
_PREFIXES = frozenset({"exec", "time", "nohup", "nice", "env", "sudo", "command", "stdbuf", "launch", "run"})
"""Words in front of a program."""


@rule("metrics-folder-unmountable")
def metrics_folder_unmountable(view: View) -> Iterator[Finding]:
    """Katib mounts the metrics' folder over one that no container can do without: no trial can run."""
    folder = injected(view).metrics_folder
    kernel = any(within(folder, each) for each in _KERNEL)
    if folder and (folder == "/" or folder in _SYSTEM or kernel):
        yield Finding(_PLACE, f"Katib mounts an empty folder at '{folder}'.", _MEND, folder)


@rule("metrics-folder-hides", severity="warning")
def metrics_folder_hides(view: View) -> Iterator[Finding]:
    """Katib mounts the metrics' folder over the training's own program, which is gone then."""
    folder = injected(view).metrics_folder
    for path, container in view.primaries if folder not in ("", "/", *_SYSTEM) else []:
        for where, hidden in _started(path, container):
            if within(hidden, folder) and not _is_mounted(container, hidden, folder):
                message = f"'{hidden}' lies in '{folder}', where Katib mounts an empty folder."
                yield Finding(where, message, _MEND, hidden)
                break


@rule("metrics-folder-read-only")
def metrics_folder_read_only(view: View) -> Iterator[Finding]:
    """The metrics' folder would have to be made in a volume that is mounted read-only: no trial starts."""
    folder = injected(view).metrics_folder
    for path, container in view.primaries if folder else []:
        for i, (where, _, at) in enumerate(mounts_of(path, container)):
            read_only = items(container, "volumeMounts")[i].get("readOnly") is True
            if read_only and within(folder, clean(at)) and folder != clean(at):
                message = f"Katib mounts a folder at '{folder}', inside of the read-only '{at}'."
                yield Finding(f"{where}.readOnly", message, "Write the metrics elsewhere.", at)


def _started(path: str, container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The files that the command starts, each with its field, as far as their paths are certain."""
    line = trial_line(container)
    given = container.get("workingDir")
    folder = clean(given) if isinstance(given, str) and given.startswith("/") else ""
    field = f"{path}.workingDir" if folder else f"{path}.command"
    for command in (each for some in parse(line.text).simple for each in some) if line else ():
        words = [word.strip("'\"") for word in command.split()]
        while words and (re.match(r"\w+=", words[0]) or words[0] in _PREFIXES):
            words.pop(0)
        if words[:1] == ["cd"]:
            folder, field = _entered(folder, words[1:2]), f"{path}.command"
        for word in _files(words):
            if word.startswith("/"):
                yield f"{path}.command", clean(word)
            elif folder and "$" not in word:
                yield field, clean(f"{folder}/{word}")


def _entered(folder: str, words: list[str]) -> str:
    """Where `cd` leads, empty where that is not certain."""
    target = words[0] if words else ""
    if target.startswith("/"):
        return clean(target)
    return clean(posixpath.join(folder, target)) if folder and target and target[0] not in "$~-" else ""


def _files(words: list[str]) -> Iterator[str]:
    """The program, where it is a path, and the script or module that an interpreter runs."""
    if not words:
        return
    if "/" in words[0]:
        yield words[0]
    if _INTERPRETER.match(words[0].rpartition("/")[2]):
        for option, word in pairwise(words):
            if option == "-m":
                yield word.replace(".", "/")
                return
            if not word.startswith("-"):
                if option != "-c" and word not in _PREFIXES:
                    yield word
                return


def _is_mounted(container: Mapping[str, Any], path: str, folder: str) -> bool:
    """Whether the path lies in a volume that is mounted inside of the metrics' folder."""
    places = [clean(at) for _, _, at in mounts_of("", container)]
    return any(within(path, at) and within(at, folder) and at != folder for at in places)
