# SPDX-License-Identifier: Apache-2.0
"""How many trials: what Katib's webhook checks, and the counts without which a search never ends."""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.defaults import PARALLEL_TRIALS
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import View

_INT32 = 2**31 - 1
_COUNTS = ("parallelTrialCount", "maxTrialCount", "maxFailedTrialCount")


@rule("count-too-large", webhook=True)
def count_too_large(view: View) -> Iterator[Finding]:
    """A count does not fit the 32 bits that Katib gives it."""
    for name in _COUNTS:
        if abs(view.spec.get(name, 0)) > _INT32:
            yield Finding(f"spec.{name}", f"{name} is {view.spec[name]}.", "Lower it.", view.spec[name])


@rule("parallel-not-positive", webhook=True)
def parallel_not_positive(view: View) -> Iterator[Finding]:
    """`parallelTrialCount` is zero or less."""
    count = view.spec["parallelTrialCount"]
    if count <= 0:
        yield Finding("spec.parallelTrialCount", f"parallelTrialCount is {count}.", "Give at least 1.", count)


@rule("max-trials-not-positive", webhook=True)
def max_trials_not_positive(view: View) -> Iterator[Finding]:
    """`maxTrialCount` is zero or less."""
    count = view.spec.get("maxTrialCount", 1)
    if count <= 0:
        yield Finding("spec.maxTrialCount", f"maxTrialCount is {count}.", "Give at least 1.", count)


@rule("max-failed-negative", webhook=True)
def max_failed_negative(view: View) -> Iterator[Finding]:
    """`maxFailedTrialCount` is negative."""
    count = view.spec.get("maxFailedTrialCount", 0)
    if count < 0:
        fix = "Give 1 or more: the Experiment fails once so many trials have failed."
        yield Finding("spec.maxFailedTrialCount", f"maxFailedTrialCount is {count}.", fix, count)


@rule("parallel-above-max", webhook=True)
def parallel_above_max(view: View) -> Iterator[Finding]:
    """`parallelTrialCount`, 3 where the manifest is silent, is above `maxTrialCount`."""
    count, most = view.spec["parallelTrialCount"], view.spec.get("maxTrialCount")
    if most is None or count <= most:
        return
    unset = (
        "" if "parallelTrialCount" in view.given.get("spec", {}) else f" (Katib's default, {PARALLEL_TRIALS})"
    )
    yield Finding(
        "spec.parallelTrialCount",
        f"parallelTrialCount is {count}{unset}, above maxTrialCount {most}.",
        f"Set parallelTrialCount to {max(most, 1)} or less.",
        count,
    )


@rule("max-failed-above-max", webhook=True)
def max_failed_above_max(view: View) -> Iterator[Finding]:
    """`maxFailedTrialCount` is above `maxTrialCount`."""
    count, most = view.spec.get("maxFailedTrialCount"), view.spec.get("maxTrialCount")
    if count is not None and most is not None and count > most:
        yield Finding(
            "spec.maxFailedTrialCount",
            f"maxFailedTrialCount is {count}, above maxTrialCount {most}.",
            f"Set it to {max(most, 1)} or less.",
            count,
        )


@rule("max-trials-missing")
def max_trials_missing(view: View) -> Iterator[Finding]:
    """Without `maxTrialCount` a search has no end, and Katib restarts one that reached its goal for ever."""
    if "maxTrialCount" not in view.spec:
        yield Finding(
            "spec.maxTrialCount",
            "maxTrialCount is missing.",
            "Set it to the number of trials you can afford.",
        )


@rule("max-failed-missing", severity="warning")
def max_failed_missing(view: View) -> Iterator[Finding]:
    """Without `maxFailedTrialCount` no number of failed trials fails the Experiment."""
    if "maxFailedTrialCount" not in view.spec:
        yield Finding(
            "spec.maxFailedTrialCount",
            "maxFailedTrialCount is missing: an Experiment whose trials all fail still counts as succeeded.",
            "Set it to the number of failures after which to give up.",
        )


@rule("resume-policy-invalid", webhook=True)
def resume_policy_invalid(view: View) -> Iterator[Finding]:
    """`resumePolicy` is not one of Katib's."""
    policy = view.spec["resumePolicy"]
    if policy not in ("Never", "LongRunning", "FromVolume"):
        yield Finding(
            "spec.resumePolicy",
            f"resumePolicy is '{policy}'.",
            "Write Never, LongRunning or FromVolume.",
            policy,
        )


@rule("suggestion-left-running", severity="warning")
def suggestion_left_running(view: View) -> Iterator[Finding]:
    """With `LongRunning` the suggestion's pod stays until the Experiment is deleted."""
    if view.spec["resumePolicy"] == "LongRunning":
        fix = "Use FromVolume, or delete the Experiment when you are done."
        yield Finding(
            "spec.resumePolicy", "resumePolicy LongRunning keeps the suggestion's pod running.", fix
        )
