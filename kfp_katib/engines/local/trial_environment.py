# SPDX-License-Identifier: Apache-2.0
"""What the trials of a search find in their environment: which Python, and how many threads it may use.

The rest is the caller's environment, and in front of it the manifest's own variables.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from kfp_katib.engines.local.cores import usable_cores
from kfp_katib.engines.local.interpreter import NAMES, Interpreters, Started, ask, interpreters
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_attributes import PYTHON
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.results import TrialCondition
from kfp_katib.results.brief import counted
from kfp_katib.trial.plain_file import make_folder
from kfp_katib.trial.template import Container
from kfp_katib.trial.trial_folder import TrialFolder

THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "PJRT_NPROC",
)
"""What limits OpenMP (PyTorch and scikit-learn too), MKL, OpenBLAS, NumExpr, macOS' Accelerate, and XLA on a
CPU (JAX). The last one is a variable of XLA's (`DefaultThreadPoolSize` in its `xla/pjrt/utils.cc`), which
earlier versions ignore; a flag in XLA_FLAGS ends the process where it is not known, and so stays as it is.
"""
_MENDS = (
    (r"Exit code 127\.", "The shell finds no such program: check its spelling, or install it."),
    (r"Exit code 126\.", "The shell may not run that file: chmod +x it, or name its interpreter (sh FILE)."),
    (
        r"^[^\n]{1,300}: can't open file '[^'\n]{1,300}': \[Errno 2\]",
        "There is no such script: write its path from the folder in which the search was started.",
    ),
)
"""What a failed trial's exit code or log says, and what to do about it."""
_MISSING = re.compile(r"^ModuleNotFoundError: (No module named '[^']{1,200}')", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TrialEnvironment:
    """What is the same for all trials of a search.

    Attributes:
        variables: Their environment, but for the devices and the manifest's own variables.
        note: What a user should know about their threads; empty where nothing was changed.
        names: Which of `python` and `python3` a trial's command uses, the first of them if it uses none.
    """

    variables: Mapping[str, str]
    note: str
    names: tuple[str, ...]
    _interpreters: Interpreters
    _answers: Mapping[str, Future[Started]] = field(default_factory=dict)

    @property
    def pythons(self) -> str:
        """Their versions and paths; waits for the interpreters, which started when this was made."""
        return "; ".join(dict.fromkeys(answer.result().says for answer in self._answers.values()))

    @property
    def python(self) -> str:
        """The interpreter behind the names in a trial's command; empty where the caller's PATH has it."""
        found, name = self._interpreters, self.names[0]
        return str(found.programs[name]) if found.chosen or name in found.missing else ""

    def sentence(self, pythons: str) -> str:
        """What the names in a trial's command are."""
        return f"{' and '.join(self.names)} in a trial {'is' if len(self.names) == 1 else 'are'} {pythons}."

    def in_folder(self, shims: Path) -> TrialEnvironment:
        """The environment of trials that run, with the names that are missing in a folder in front.

        Raises:
            OSError: It cannot be written.
        """
        if not self._interpreters.missing:
            return self
        make_folder(shims)  # a link there may lead to an interpreter, which must not be overwritten
        for name in self._interpreters.missing:
            program = shlex.quote(str(self._interpreters.programs[name]))
            (shims / name).write_text(f'#!/bin/sh\nexec {program} "$@"\n')
            (shims / name).chmod(0o755)
        path = f"{shims}{os.pathsep}{self.variables['PATH']}"
        return replace(self, variables={**self.variables, "PATH": path})

    def explained(self, outcome: TrialCondition, files: TrialFolder, before: str = "") -> TrialCondition:
        """The outcome of a trial; where it lacked a program, script or module, with the mend.

        Args:
            outcome: The outcome.
            files: What the trial left.
            before: The Python that ran it, if an earlier engine started it.
        """
        if outcome.state != "Failed":
            return outcome
        log = files.log_tail()
        for pattern, mend in _MENDS:
            if re.search(pattern, f"{outcome.message}\n{log}", re.MULTILINE):
                return replace(outcome, message=f"{outcome.message} {mend}")
        found = _MISSING.findall(log)
        if not found or not (pythons := before or self.pythons):
            return outcome
        named = argument("python")
        mend = f"Install it there, or choose the environment that has it: activate it, or give {named}."
        said = f"{outcome.message} {found[-1]}: {self.sentence(pythons)} {mend}"
        return replace(outcome, message=said)


def trial_environment(
    options: RunOptions, caller: Mapping[str, str], box: Container, *, at_a_time: int
) -> TrialEnvironment:
    """Find out what the trials of a search get; nothing is written.

    Args:
        options: Of these, `python` and `threads_per_trial`.
        caller: The caller's environment.
        box: A trial's container.
        at_a_time: How many trials run at a time.

    Raises:
        InputError: The interpreter that was asked for does not exist, or does not start.
    """
    found = interpreters(options.python, caller)
    threads, note = _threads(options.threads_per_trial, at_a_time, {*caller, *box.env, *box.foreign})
    variables = {**found.variables(caller), **threads}
    names = _names(box)
    asked = {name: ask(found.programs[name], env=variables) for name in names if name in found.programs}
    if found.chosen and not (said := asked[names[0]].result()).runs:
        raise InputError(f"{argument('python')} is {said.says}. Name an interpreter that works here.")
    return TrialEnvironment(variables, note, names, found, asked)


def python_notes(environment: TrialEnvironment, journal: Journal) -> tuple[str, ...]:
    """Which Python the trials from here on get; another one than those before is noted, and remembered."""
    pythons, before = environment.pythons, journal.attributes.get(PYTHON)
    if not pythons:
        return ()
    if pythons != before:
        journal.set(PYTHON, pythons)
    earlier = (f"In the trials before, that was {before}.",) if before not in (None, pythons) else ()
    return (environment.sentence(pythons), *earlier)


def python_before(environment: TrialEnvironment, journal: Journal) -> tuple[str, ...]:
    """Which Python the last trials of a search had."""
    stored = journal.attributes.get(PYTHON)
    return (environment.sentence(stored),) if isinstance(stored, str) else ()


def _names(box: Container) -> tuple[str, ...]:
    text = " ".join((*box.command, *box.args))
    used = set(re.findall(r"(?<![\w./-])python3?(?![\w./-])", text))
    return tuple(name for name in NAMES if name in used) or NAMES[:1]


def _threads(
    asked: int | Literal["unset"] | None, at_a_time: int, theirs: Collection[str]
) -> tuple[dict[str, str], str]:
    """The variables that limit the threads of each trial, and the note about them.

    Someone who has set one of them has thought about threads, and gets nothing else beside it.
    """
    if isinstance(asked, int):
        return dict.fromkeys(THREADS, str(asked)), ""
    if asked or at_a_time < 2 or any(name in theirs for name in THREADS):
        return {}, ""
    cores = usable_cores()
    count = max(1, cores // at_a_time)
    note = (
        f"{at_a_time} trials at a time share {counted(cores, 'core')}: the numerical libraries of each "
        f"use {counted(count, 'thread')} (OMP_NUM_THREADS and the like; {argument('threads_per_trial')})."
    )
    return dict.fromkeys(THREADS, str(count)), note
