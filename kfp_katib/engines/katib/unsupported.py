# SPDX-License-Identifier: Apache-2.0
"""What is refused where trials are pods: manifests that only Katib cannot run, options of other engines."""

from __future__ import annotations

from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.load import errors_on

_REFUSALS = {
    "again": "First: kfp-katib cancel experiment/{name}{where}",
    "python": "In a cluster trials have their image's Python; name another in the container's command.",
    "threads_per_trial": "In a cluster set OMP_NUM_THREADS in the container's env, and a CPU limit.",
    "warm_start": "Katib tells its algorithms of no earlier trials (katib#1067); search on this machine, or "
    "extend the Experiment itself by a larger maxTrialCount.",
    "enqueue": "Katib runs only what its algorithm suggests; try the points on this machine, or by grid over "
    "lists in an Experiment of their own.",
    "retry_failed": "Katib runs no values twice; give a larger maxTrialCount, or let the trial's Job start a "
    "failed pod again by its backoffLimit.",
}
"""What to do instead, by the field of RunOptions."""


def refuse_manifest(experiment: Experiment) -> None:
    """Raise where Katib would refuse the manifest later, hang on it or fail all of its trials.

    Raises:
        ManifestError: It would; it carries all reasons.
    """
    if found := errors_on(experiment, "katib"):
        raise ManifestError(f"Experiment '{experiment.name}' on Katib", found)


def refuse_options(experiment: Experiment, options: RunOptions) -> None:
    """Raise where an option is set that has no effect here.

    Raises:
        InputError: At least one is; the message names each.
    """
    namespace = options.identity.namespace
    words = {"name": experiment.name, "where": f" -n {namespace}" if namespace else ""}
    said = [
        f"{argument(field)} is for the local engine. {instead.format_map(words)}"
        for field, instead in _REFUSALS.items()
        if getattr(options, field)
    ]
    if said:
        raise InputError("\n".join(said))
