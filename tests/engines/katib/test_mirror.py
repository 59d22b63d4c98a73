# SPDX-License-Identifier: Apache-2.0
"""A mirror keeps what counts, whatever the watches tell, and however often."""

from __future__ import annotations

from kfp_katib.engines.katib.kinds import EXPERIMENTS, TRIALS
from kfp_katib.engines.katib.stream import Change
from tests.engines.katib.made import experiment, listed, mirror_of, thing


def states(mirror_trials: list[dict[str, object]]) -> list[object]:
    """The versions of the trials that a mirror holds."""
    return [each["metadata"]["resourceVersion"] for each in mirror_trials]  # type: ignore[index]


def test_news_replaces_what_was_known() -> None:
    """And says so."""
    mirror = mirror_of(trials=[thing("t", "Running", version=5)])
    assert mirror.apply(Change(TRIALS, "MODIFIED", (thing("t", "Succeeded", version=6),)))
    assert mirror.completed == 1


def test_old_and_repeated_news_are_none() -> None:
    """A watch that was resumed tells some things twice, an API server that is behind tells old ones."""
    mirror = mirror_of(trials=[thing("t", "Succeeded", version=6)])
    for version in (5, 6):
        assert not mirror.apply(Change(TRIALS, "MODIFIED", (thing("t", "Running", version=version),)))
    assert mirror.completed == 1


def test_a_list_that_is_behind_takes_nothing_back() -> None:
    """After 410 the list may come from another API server."""
    mirror = mirror_of(trials=[thing("t", "Succeeded", version=6)])
    assert not mirror.apply(listed(TRIALS, thing("t", "Running", version=5)))
    assert mirror.completed == 1


def test_versions_that_are_no_numbers_count_as_newer() -> None:
    """Kubernetes promises the comparison only of its own."""
    mirror = mirror_of(trials=[thing("t", "Running")])
    late = thing("t", "Succeeded")
    late["metadata"]["resourceVersion"] = "a1"
    assert mirror.apply(Change(TRIALS, "MODIFIED", (late,)))


def test_a_completed_trial_stays_although_it_was_deleted() -> None:
    """Lowering the parallelism makes Katib delete trials of any state; a result is a result."""
    mirror = mirror_of(trials=[thing("t", "Succeeded"), thing("u", "Running")])
    for name, state in (("t", "Succeeded"), ("u", "Running")):
        mirror.apply(Change(TRIALS, "DELETED", (thing(name, state, version=9),)))
    assert mirror.trial_names == {"t"}


def test_a_completed_trial_stays_although_a_later_list_lacks_it() -> None:
    """Its deletion may fall into a gap between two watches."""
    mirror = mirror_of(trials=[thing("t", "Succeeded"), thing("u", "Running")])
    mirror.apply(listed(TRIALS))
    assert mirror.trial_names == {"t"}


def test_late_news_of_a_deleted_object_does_not_bring_it_back() -> None:
    """It would be waited for until the end of days."""
    mirror = mirror_of(trials=[thing("u", "Running")])
    mirror.apply(Change(TRIALS, "DELETED", (thing("u", "Running", version=9),)))
    mirror.apply(Change(TRIALS, "MODIFIED", (thing("u", "Running", version=8),)))
    mirror.apply(listed(TRIALS, thing("u", "Running", version=8)))
    assert mirror.trial_names == frozenset()


def test_another_experiment_of_the_name_is_not_ours() -> None:
    """Somebody may delete an Experiment and create another."""
    mirror = mirror_of()
    assert mirror.experiment is not None
    mirror.apply(listed(EXPERIMENTS, experiment("Succeeded", uid="another")))
    assert mirror.experiment is None
