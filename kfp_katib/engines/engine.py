# SPDX-License-Identifier: Apache-2.0
"""What an engine is and which ones exist: the only place that knows them by name.

An engine is a module with the functions of `Engine`; mypy checks that where `named` returns it. The rest
of the library asks an engine what it can do, never which one it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from kfp_katib.engines.options import RunOptions
from kfp_katib.experiment import Experiment, Problem
from kfp_katib.experiment.choices import choose
from kfp_katib.results import Overview, Result

ENGINES = ("local", "katib")


class Engine(Protocol):
    """Runs Experiments."""

    trials_here: bool
    """Whether trials are processes on this machine, which read its disk and see nobody else's searches;
    otherwise they are pods in a cluster."""

    def run(self, experiment: Experiment, options: RunOptions, /) -> Result:
        """Run or resume an Experiment and wait for its verdict.

        Returns:
            The Result for every verdict, Failed included.

        Raises:
            InputError: It cannot run there; nothing was started.
            Unfinished: It ended without a verdict; the error carries the Result so far.
        """

    def refusals(self, experiment: Experiment, /) -> list[Problem]:
        """What `run` would refuse in a valid manifest, found without running or asking anything."""

    def pipeline_values(self, name: str, options: RunOptions, /) -> Mapping[str, str]:
        """What `${pipeline.*}` stands for there, as far as it need not be given, by the Experiment's name."""

    def searches(self, options: RunOptions, /) -> tuple[Overview, ...]:
        """Every existing search at a glance, whoever started it, in order of their names."""

    def read(self, name: str, options: RunOptions, /) -> Result:
        """Read a search as it is now, whoever started it, and change nothing.

        Raises:
            InputError: There is no such search.
        """

    def watch(self, name: str, options: RunOptions, /) -> Result:
        """Follow a search to its verdict, whoever started it, and change nothing.

        Raises:
            InputError: There is no such search.
            Unfinished: It ended without a verdict.
        """

    def cancel(self, name: str, options: RunOptions, /, *, wait_seconds: float = ...) -> bool:
        """End a search and its trials, and wait until they are gone.

        Returns:
            Whether there was anything to end.

        Raises:
            InputError: There is no such search.
        """

    def own_step(self) -> tuple[str, str]:
        """The pipeline run and the step that this process is part of; both empty outside a pipeline."""

    def end_abandoned(self, run_id: str, /, *, namespaces: Sequence[str] = ()) -> list[str]:
        """End the unfinished searches of a pipeline run that nobody waits for; return their names.

        Args:
            run_id: The run.
            namespaces: Where in a cluster they may be, besides the step's own namespace.
        """


def named(name: str) -> Engine:
    """The engine with this name, imported on first use.

    Raises:
        InputError: There is no such engine.
    """
    if choose(name, ENGINES, "engine") == "local":
        from kfp_katib.engines import local

        return local
    from kfp_katib.engines import katib

    return katib


def of_this_machine() -> Engine:
    """The engine whose trials are processes of this machine."""
    return next(each for each in map(named, ENGINES) if each.trials_here)


def of_cluster() -> Engine:
    """The engine whose trials are pods in a cluster."""
    return next(each for each in map(named, ENGINES) if not each.trials_here)
