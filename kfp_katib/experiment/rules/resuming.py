# SPDX-License-Identifier: Apache-2.0
"""Can a search be extended? Under `FromVolume` its suggestion service starts anew, and few go on from there.

What each service of Katib 0.19 does when it is asked again by a search whose trials it has not suggested
(pkg/suggestion/v1beta1; the volume keeps files, and few services write any). The local engine does not ask
for resumePolicy: its searches go on from their journals.
"""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import View

_FAILING = ("cmaes", "sobol")
_FORGETTING = ("grid", "multivariate-tpe")
_SEEDED = ("random", "tpe", "bayesianoptimization")
_ANEW = ("darts", "enas")
_LONG_RUNNING = "Write LongRunning if you mean to extend the search"


@rule("resume-finds-nothing", severity="warning", engine="katib")
def resume_finds_nothing(view: View) -> Iterator[Finding]:
    """`cmaes` and sobol suggest nothing any more once `FromVolume` restarts them."""
    if _from_volume(view) and view.algorithm in _FAILING:
        message = f"A search by {view.algorithm} that is extended under FromVolume hangs for ever."
        fix = f"{_LONG_RUNNING}, else leave resumePolicy out."
        yield Finding("spec.resumePolicy", message, fix, "FromVolume")


@rule("pbt-cannot-resume", severity="warning", engine="katib")
def pbt_cannot_resume(view: View) -> Iterator[Finding]:
    """`pbt` cannot go on under the `FromVolume` that it needs: its population is gone with its service."""
    if _from_volume(view) and view.algorithm == "pbt":
        message = "A search by pbt hangs for ever if it is extended, or if its suggestion service restarts."
        yield Finding("spec.resumePolicy", message, "Ask for all its trials at once.", "FromVolume")


@rule("resume-begins-anew", severity="warning", engine="katib")
def resume_begins_anew(view: View) -> Iterator[Finding]:
    """Under `FromVolume` grid, multivariate-tpe, darts, enas and a given `random_state` begin anew."""
    if not _from_volume(view):
        return
    if view.algorithm in _ANEW:
        message = f"A search by {view.algorithm} that is extended under FromVolume begins anew."
        yield Finding("spec.resumePolicy", message, f"{_LONG_RUNNING}.", "FromVolume")
    if view.algorithm in _FORGETTING:  # of each trial that it has forgotten it fails once, and is asked again
        message = (
            f"Extended under FromVolume, {view.algorithm} fails once for each earlier trial, then begins"
        )
        fix = f"{_LONG_RUNNING}."
        yield Finding("spec.resumePolicy", f"{message} anew.", fix, "FromVolume")
    if view.algorithm in _SEEDED and any(each.get("name") == "random_state" for _, each in view.settings):
        message = f"Extended under FromVolume, {view.algorithm} draws the same random numbers again."
        yield Finding("spec.resumePolicy", message, f"{_LONG_RUNNING}, or remove random_state.", "FromVolume")


def _from_volume(view: View) -> bool:
    return view.spec.get("resumePolicy") == "FromVolume"
