# SPDX-License-Identifier: Apache-2.0
"""What a user can ask of an engine, with every default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict, get_args

from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.choices import choose
from kfp_katib.results import Progress, Result, WarmStart

OnTimeout = Literal["fail", "best_so_far"]
Cleanup = Literal["keep", "delete_on_success", "delete_always"]
ON_PATH = "PATH"
"""A choice of `RunOptions.python`: what `python` and `python3` are on the caller's PATH."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose search this is and where it runs: a retried step finds its search by all three.

    Attributes:
        run_id: The pipeline run.
        task_name: The step in it.
        namespace: Where the Experiment runs; empty means the manifest's, else the launcher's own.
    """

    run_id: str = ""
    task_name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How an Experiment is run. An engine names and refuses an option that it cannot honour.

    Attributes:
        models: The URI root below which trials write their models: `Trial.model_uri` is
            `<models>/<experiment>/<trial>`. None where they write none.
        timeout_seconds: Seconds until the search is stopped, None for no limit. On this machine they count
            from now, in a cluster from the Experiment's creation, so that a retried step gains nothing.
        stall_timeout_seconds: How many seconds a search in a cluster may be blocked while no trial is
            computing.
        on_timeout: `fail` raises TimedOut; `best_so_far` stops the search and gives the Result so far.
        cleanup: What happens at the end to the Experiment in a cluster, or to the search's folder here.
        on_update: Called with the Progress after each change of a trial's state; its `result()` is the
            Result so far, its `active()` what runs with what it has reported, at any later moment as well.
        identity: The pipeline run and the step that this search is part of, and its namespace.
        runs: The folder of all searches of this machine; this one's is `<runs>/<experiment>`.
        again: Start anew on this machine; the earlier search is put aside into `<runs>/<experiment>/earlier`.
        python: What `python` and `python3` are in a trial's command on this machine: an interpreter, the
            folder of a virtual environment, or `PATH` for those of the caller's PATH, which is the default of
            the command line. None for the interpreter that calls this, which in a notebook is the kernel's.
        threads_per_trial: How many threads the numerical libraries of a trial on this machine may use. None
            for the cores divided by the trials that run at a time, if these are several and neither the
            caller nor the manifest has set OMP_NUM_THREADS or the like; `unset` to leave it to the libraries.
        warm_start: An earlier search or several, whose trials are told to the algorithm before it suggests
            its first; they count in nothing.
        enqueue: Points that run first on this machine: each names parameters with their values, as text.
        retry_failed: Run the values of the trials that failed again, in place of those.

    Raises:
        InputError: A number is not above 0, or a value is not one of its choices.
    """

    models: str | Path | None = None
    timeout_seconds: float | None = None
    stall_timeout_seconds: float = 1800.0
    on_timeout: OnTimeout = "fail"
    cleanup: Cleanup = "keep"
    on_update: Callable[[Progress], None] | None = None
    identity: Identity = Identity()
    runs: Path = Path("runs")
    again: bool = False
    python: str | Path | None = None
    threads_per_trial: int | Literal["unset"] | None = None
    warm_start: WarmStart | Sequence[WarmStart] | None = None
    enqueue: Sequence[Mapping[str, str]] = ()
    retry_failed: bool = False

    def __post_init__(self) -> None:
        choose(self.on_timeout, get_args(OnTimeout), argument("on_timeout"))
        choose(self.cleanup, get_args(Cleanup), "cleanup")
        for name in ("timeout_seconds", "stall_timeout_seconds"):
            seconds = getattr(self, name)
            if seconds is not None and not seconds > 0:
                raise InputError(f"{argument(name)} is {seconds}. Give a number of seconds above 0.")
        threads = self.threads_per_trial
        if threads not in (None, "unset") and not (isinstance(threads, int) and threads > 0):
            raise InputError(
                f"{argument('threads_per_trial')} is {threads!r}. Give a number from 1 on, or 'unset'."
            )

    def deletes(self, result: Result | None = None) -> bool:
        """Whether `cleanup` deletes a search that ended with this Result, or without one."""
        if self.cleanup == "delete_on_success":
            return result is not None and result.succeeded
        return self.cleanup == "delete_always"


class Options(TypedDict, total=False):
    """The fields of RunOptions as keyword arguments; a test compares the two."""

    models: str | Path | None
    timeout_seconds: float | None
    stall_timeout_seconds: float
    on_timeout: OnTimeout
    cleanup: Cleanup
    on_update: Callable[[Progress], None] | None
    identity: Identity
    runs: Path
    again: bool
    python: str | Path | None
    threads_per_trial: int | Literal["unset"] | None
    warm_start: WarmStart | Sequence[WarmStart] | None
    enqueue: Sequence[Mapping[str, str]]
    retry_failed: bool
