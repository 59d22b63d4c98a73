# SPDX-License-Identifier: Apache-2.0
"""Every error that a user can see, each with its exit code on the command line.

A message says what failed, what we saw and what to do; it must read well without a traceback.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfp_katib.experiment.problem import Problem
    from kfp_katib.results import Result


class KfpKatibError(Exception):
    """Base of all errors of this package."""

    exit_code = 1


class InputError(KfpKatibError):
    """Something the user gave cannot be used; nothing was started."""

    exit_code = 2


class ManifestError(InputError):
    """A manifest has errors; it carries all of them, not just the first.

    Attributes:
        source: What the manifest is called.
        problems: The errors.
        findings: The errors and the warnings, in the order of `check`.
    """

    def __init__(
        self, source: str, problems: tuple[Problem, ...], findings: tuple[Problem, ...] = ()
    ) -> None:
        self.source = source
        self.problems = problems
        self.findings = findings or problems
        super().__init__(source, problems, self.findings)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{self.source}: {count} error{'s' if count != 1 else ''}; nothing was started."
        return "\n".join([head, *(f"  {problem.explained}" for problem in self.problems)])


class Unfinished(KfpKatibError):
    """A search ended without a verdict; `result` is what was known by then."""

    def __init__(self, message: str, result: Result | None = None) -> None:
        self.result = result
        super().__init__(message)


class TimedOut(Unfinished):
    """`timeout_seconds` passed before the Experiment finished, and `on_timeout` is `fail`."""


class Stalled(Unfinished):
    """Nothing ran for `stall_timeout_seconds`; the message says what blocks."""


class Interrupted(Unfinished):
    """The user stopped the search with Ctrl-C."""

    exit_code = 130


class ExperimentFailed(KfpKatibError):
    """The Experiment has a verdict, and it is Failed; raised where a step must fail with it."""

    def __init__(self, message: str, result: Result) -> None:
        self.result = result
        super().__init__(message)


class StorageError(KfpKatibError):
    """A checkpoint is missing, damaged, or somewhere we must not touch."""


class NoCheckpoint(StorageError):
    """A folder holds no whole model: it is empty, or does not match its model.json."""


class ClusterError(KfpKatibError):
    """The Kubernetes API refused a request, or could not be reached.

    Attributes:
        status: The HTTP status, 0 if there was no answer.
        reason: Kubernetes' own reason, such as `AlreadyExists`.
    """

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        self.status = status
        self.reason = reason
        super().__init__(message)


class ServiceError(KfpKatibError):
    """A service on the web, such as Vertex AI or a model registry, refused a request or did not answer.

    Attributes:
        status: The HTTP status, 0 if there was no answer.
    """

    def __init__(self, message: str, *, status: int = 0) -> None:
        self.status = status
        super().__init__(message)


def of_the_system(error: OSError) -> str:
    """What the system refused, for which file, and what to do."""
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    fix = {
        errno.ENOSPC: "Free some space; a search then resumes where it stopped.",
        errno.EDQUOT: "Free some space; a search then resumes where it stopped.",
        errno.EMFILE: "Allow more open files: ulimit -n.",
    }.get(error.errno or 0, "Check the path and its permissions.")
    return f"{what}. {fix}"
