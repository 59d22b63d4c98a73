# SPDX-License-Identifier: Apache-2.0
"""A trial's whole command as one shell line, for people who run it again by hand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.rules.shell import WRAPPED, unwrapped
from kfp_katib.results import Trial
from kfp_katib.trial.command_line import checkpoint_paths, expand, metrics_place, of_paths
from kfp_katib.trial.template import trial_spec

_PYTHON = re.compile(r"(?<![^\s;&|(`{])python3?(?![^\s;&|)`}])")
"""The names of the interpreter, as words of a script."""
_BEFORE = re.compile(
    r"-.*|\w+=.*|[\d.,-]+[smhd]?|exec|time|nohup|nice|env|timeout|stdbuf|taskset|setsid", re.DOTALL
)
"""The words that may stand before a program, with their options."""


def command_line(experiment: Experiment, trial: Trial) -> str:
    """The command that a trial ran, with the manifest's own variables before it, ready to paste into a shell.

    It is what Katib makes of the manifest: a program with its arguments, or the script behind `sh -c`. Paths
    are those of the manifest, so a model goes where the trial wrote it; but `python` is the trial's own where
    whoever pastes the line may have another, and its checkpoint is. A variable whose value comes from
    elsewhere (`valueFrom`) is read from the environment of whoever pastes the line.

    Args:
        experiment: The trial's Experiment, with every placeholder filled in.
        trial: The trial; only its name, its parameters, and what it had on this machine are used.

    Raises:
        InputError: The manifest does not say the command: its template is in a ConfigMap, its container runs
            the image's entrypoint, or the trial has not all parameters.
    """
    box = _container(experiment, trial)
    if not box.get("command"):
        raise _unknown(experiment, f"container {box.get('name')!r} has no command, so the image says it")
    words = [*map(str, box["command"]), *map(str, box.get("args") or ())]
    elsewhere, literal = _variables(box.get("env") or [])
    literal = {name: _with_checkpoint(value, experiment, trial) for name, value in literal.items()}
    words = [_with_checkpoint(expand(each, elsewhere | literal), experiment, trial) for each in words]
    if trial.python:
        words = _with_python(words, trial.python, read_again=experiment.collector.kind in WRAPPED)
    variables = (f"{name}={_quoted(value, elsewhere)}" for name, value in literal.items())
    return " ".join([*variables, _line(words, experiment.collector.kind, elsewhere)])


def caution(experiment: Experiment, trial: Trial) -> str:
    """What to know before pasting that line: it names a place of the trial's own. Empty where none is named.

    Raises:
        InputError: As for `command_line`.
    """
    line, checkpoint = command_line(experiment, trial), checkpoint_paths(experiment)
    if checkpoint and trial.checkpoint and trial.checkpoint in line:
        return (
            "The command goes on from the checkpoint that the trial left, and changes it: if the search is "
            "to be extended, give it a copy of that folder."
        )
    if checkpoint and (found := of_paths(checkpoint).search(line)):
        return (
            f"In the trial, {found[0]} was its checkpoint folder, which is not here: write the path of "
            "another one into the command, of an empty one to begin anew."
        )
    places = [each for each in metrics_place(experiment.collector, Path()).mapped if each.startswith("/")]
    if found := of_paths(places).search(line):
        return f"In the trial, {found[0]} was a place of its own: write another one into the command."
    return ""


def _with_checkpoint(text: str, experiment: Experiment, trial: Trial) -> str:
    """The text with the trial's own checkpoint folder, if it is on this machine."""
    there = checkpoint_paths(experiment)
    return of_paths(there).sub(lambda _: trial.checkpoint, text) if there and trial.checkpoint else text


def _with_python(words: list[str], python: str, *, read_again: bool) -> list[str]:
    """The words with this interpreter, as a path, or with the program beside it in its environment.

    Args:
        words: A program with its arguments, or `sh -c` and a script.
        python: The interpreter.
        read_again: Whether a shell reads the words of a program.
    """
    begin = 2 if words[0] in ("sh", "bash") and words[1:2] == ["-c"] else 0
    if begin or (read_again and re.search(r"\s", words[0])):
        script = (_PYTHON.sub(lambda _: shlex.quote(python), each) for each in words[begin:])
        return [*words[:begin], *script]
    at = next((place for place, word in enumerate(words) if not _BEFORE.fullmatch(word)), 0)
    program = _program(words[at], Path(python))
    told = shlex.quote(program) if read_again and program != words[at] else program
    return [*words[:at], told, *words[at + 1 :]]


def _program(word: str, python: Path) -> str:
    """The path of a program that the environment of an interpreter has; otherwise the word."""
    if word in ("python", "python3"):
        return str(python)
    beside, environment = python.parent / word, python.parent.parent / "pyvenv.cfg"
    return str(beside) if "/" not in word and environment.exists() and beside.is_file() else word


def _variables(env: Iterable[Mapping[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """What stands for variables that come from elsewhere, and the values of the others."""
    elsewhere: dict[str, str] = {}
    literal: dict[str, str] = {}
    for each in env:
        name = str(each.get("name"))
        if "valueFrom" in each:
            elsewhere[name] = f"${{{name}}}"
        else:
            literal[name] = expand(str(each.get("value", "")), elsewhere | literal)
    return elsewhere, literal


def _line(words: Sequence[str], collector: str, elsewhere: Mapping[str, str]) -> str:
    """The words as Katib's pod runs them: where it collects metrics, a shell reads them again, joined."""
    if collector not in WRAPPED:
        return " ".join(_quoted(word, elsewhere) for word in words)
    shell, joined = unwrapped(tuple(words))
    text = " ".join(joined)
    is_program = len(joined) == len(words) and all(map(_is_word, words))
    return text if is_program else f"{shell} -c {shlex.quote(text)}"


def _is_word(text: str) -> bool:
    """Whether any shell reads it as one word: it has nothing to quote, or is quoted as we do it."""
    try:
        return [shlex.quote(each) for each in shlex.split(text)] == [text]
    except ValueError:  # a quote is open
        return False


def _quoted(text: str, elsewhere: Mapping[str, str]) -> str:
    """One word for a shell, which still puts in the variables that come from elsewhere."""
    references = list(elsewhere.values())
    pieces = re.split(f"({'|'.join(map(re.escape, references))})", text) if references else [text]
    told = (f'"{each}"' if each in references else shlex.quote(each) for each in pieces if each)
    return "".join(told) or shlex.quote(text)


def _container(experiment: Experiment, trial: Trial) -> Mapping[str, Any]:
    """The first container of the primary one's name; a template may have several pods, its master's first."""
    template = experiment.trial_template
    if template.spec is None:
        raise _unknown(experiment, "its trial template is in a ConfigMap")
    try:
        spec = trial_spec(experiment, trial.name, trial.parameters)
    except KeyError as err:
        raise _unknown(experiment, f"trial '{trial.name}' has no value of {err}") from err
    found = next((each for each in _containers(spec) if each.get("name") == template.primary_container), None)
    if found is None:
        raise _unknown(experiment, f"its template has no container {template.primary_container!r}")
    return found


def _containers(part: Any) -> Iterator[Mapping[str, Any]]:
    """Every container in a template, whatever its kind."""
    if not isinstance(part, Mapping):
        return
    for key, value in part.items():
        if key == "containers" and isinstance(value, list):
            yield from (each for each in value if isinstance(each, Mapping))
        else:
            yield from _containers(value)


def _unknown(experiment: Experiment, why: str) -> InputError:
    return InputError(f"The command of Experiment '{experiment.name}' is not known: {why}.")
