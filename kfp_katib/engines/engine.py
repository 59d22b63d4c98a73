# SPDX-License-Identifier: Apache-2.0
"""What an engine is, and which there are: the one place that knows them by name.

An engine is a module with the functions of `Engine`, which mypy compares where `named` returns it. The rest
of the library asks an engine what it can do, never which one it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Unpack

from kfp_katib.engines.options import Options, RunOptions
from kfp_katib.experiment import Experiment, Problem
from kfp_katib.experiment.choices import choose
from kfp_katib.results import Result

ENGINES = ("local", "katib")


class Engine(Protocol):
    """Who runs an Experiment."""

    trials_here: bool
    """Whether trials are processes of this machine, which read its disk and meet nobody else's searches; if
    not they are pods of a cluster."""

    def run(self, experiment: Experiment, options: RunOptions, /) -> Result:
        """Run an Experiment, or go on with it, and wait for its verdict.

        Returns:
            The Result for every verdict, Failed included.

        Raises:
            InputError: It cannot run there; nothing was started.
            Unfinished: It ended without a verdict; the error carries the Result so far.
        """

    def refusals(self, experiment: Experiment, /) -> list[Problem]:
        """What `run` would refuse of a valid manifest, found without running or asking anybody."""

    def searches(self, options: RunOptions, /) -> tuple[str, ...]:
        """The names of all searches there are."""

    def read(self, name: str, options: RunOptions, /) -> Result:
        """A search as it is now, whoever started it; nothing is changed.

        Raises:
            InputError: There is no such search.
        """

    def watch(self, name: str, options: RunOptions, /) -> Result:
        """Follow a search to its verdict, whoever started it, and change nothing.

        Raises:
            InputError: There is no such search.
            Unfinished: It ended without a verdict.
        """

    def cancel(self, name: str, options: RunOptions, /, *, wait_seconds: float = ...) -> None:
        """End a search and its trials, and wait until they are gone.

        Raises:
            InputError: There is no such search.
        """

    def own_step(self) -> tuple[str, str]:
        """The pipeline run and the step that this process is, as its surroundings tell; else empty."""

    def end_abandoned(self, run_id: str, /, *, namespaces: Sequence[str] = ()) -> list[str]:
        """End the unfinished searches of a pipeline run that nobody waits for, and give their names.

        Args:
            run_id: The run.
            namespaces: Where in a cluster they may be, beside the step's own namespace.
        """


def named(name: str) -> Engine:
    """The engine of a name, imported when it is first asked for.

    Raises:
        InputError: There is no such engine.
    """
    if choose(name, ENGINES, "engine") == "local":
        from kfp_katib.engines import local

        return local
    from kfp_katib.engines import katib

    return katib


def of_cluster() -> Engine:
    """The engine whose trials are pods of a cluster."""
    return next(each for each in map(named, ENGINES) if not each.trials_here)


def run(experiment: Experiment, engine: str = "local", **options: Unpack[Options]) -> Result:
    """Run an Experiment on an engine and wait for its verdict.

    Args:
        experiment: What to run, its placeholders filled in.
        engine: `local` for this machine, `katib` for a Katib in a cluster.
        **options: The fields of RunOptions.

    Returns:
        The Result for every verdict, Failed included.

    Raises:
        InputError: It cannot run there; nothing was started.
        Unfinished: It ended without a verdict (TimedOut, Stalled, Interrupted); the error carries the Result
            so far.
        ClusterError: The API server refused what a search cannot do without.
    """
    return named(engine).run(experiment, RunOptions(**options))
