# SPDX-License-Identifier: Apache-2.0
"""What `run` says of a search that had its verdict before: nothing ran, and what would make it go on."""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.errors import ManifestError
from kfp_katib.experiment.defaults import RESUMABLE
from kfp_katib.experiment.load import changed, overriding
from kfp_katib.results import Result
from kfp_katib.results.verdict import BUDGET_SPENT, GOAL_REACHED

_MORE = "a larger --max-trials goes on"


def had_ended(result: Result, *, trials_here: bool, namespace: str = "") -> str:
    """One sentence: how it had ended, and each way on that there is.

    Args:
        result: The Result of a search that has its verdict.
        trials_here: Whether its trials ran on this machine, not in a cluster.
        namespace: The one in the cluster that the user gave, empty where none was given.
    """
    if not trials_here:
        return _in_a_cluster(result, namespace)
    head = {"Failed": "has failed", GOAL_REACHED.reason: "had already reached its goal"}
    how = head.get(result.state) or head.get(result.reason, "had already finished")
    return f"This search {how}; {', '.join([*_ways(result), '--again starts over'])}."


def _ways(result: Result) -> Iterator[str]:
    """As `engines.local.standing` judges the verdict anew."""
    larger = _larger(result)
    if result.reason == GOAL_REACHED.reason:
        yield from (f"a stricter goal{each}" for each in larger)
        return
    if result.reason == BUDGET_SPENT.reason and _may_grow(result):
        yield _MORE
    elif result.state != "Failed":
        yield f"{result.experiment.algorithm.name} has nothing left to suggest"
    if result.failures and _room(result, without=len(result.failures)):
        yield "--retry-failed runs its failed trials again"
    if result.state == "Failed":
        yield from (f"a larger maxFailedTrialCount{each}" for each in larger)


def _larger(result: Result) -> list[str]:
    """How what else ended the search goes on with another trial; empty if the budget allows none."""
    if _room(result):
        return [" goes on"]
    return [" with a larger --max-trials goes on"] if _may_grow(result) else []


def _room(result: Result, *, without: int = 0) -> bool:
    """Whether the budget leaves room for another trial, once so many are not counted."""
    budget = result.experiment.max_trial_count
    return budget is None or result.completed - without < budget


def _may_grow(result: Result) -> bool:
    """Whether the rules take a larger budget; that of a grid ends with its cells."""
    budget = result.experiment.max_trial_count or 0
    try:
        changed(result.experiment, overriding(max_trials=budget + 1))
    except ManifestError:
        return False
    return True


def _in_a_cluster(result: Result, namespace: str) -> str:
    """As `engines.katib.extend` does it."""
    policy = result.experiment.resume_policy
    if result.reason == BUDGET_SPENT.reason and policy in RESUMABLE:
        return f"This Experiment had already finished; {_MORE}."
    why = "reached its goal" if result.reason == GOAL_REACHED.reason else "failed"
    if result.reason == BUDGET_SPENT.reason:
        why = f"finished under resumePolicy {policy}"
    where = f" -n {namespace}" if namespace else ""
    return (
        f"This Experiment had already {why}, and Katib restarts none that has: --name OTHER begins a new "
        f"one, kfp-katib cancel experiment/{result.experiment.name}{where} deletes this one."
    )
