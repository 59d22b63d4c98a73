# SPDX-License-Identifier: Apache-2.0
"""A cache keeps what counts, whatever the watches tell, and however often."""

from __future__ import annotations

import pytest

from kfp_katib.engines.katib.api.resources import EXPERIMENTS, PODS, TRIALS
from kfp_katib.engines.katib.api.watches import Change
from tests.builders.experiment import experiment as made
from tests.engines.katib.made import COLLECTOR, cache_of, experiment, listed, pod, suggestion, thing


def test_news_replaces_what_was_known() -> None:
    """And says so."""
    cache = cache_of(trials=[thing("t", "Running", version=5)])
    assert cache.apply(Change(TRIALS, "MODIFIED", (thing("t", "Succeeded", version=6),)))
    assert cache.completed == 1


def test_katibs_version_is_the_tag_of_its_collector() -> None:
    """It stays known after the pods of trials are gone, as those of good ones soon are."""
    collector = {"name": COLLECTOR, "image": "registry:5000/katib/file-metrics-collector:v0.19.0"}
    shown = pod("p", trial="t")
    shown["spec"]["containers"] = [{"name": "training", "image": "mine:v9"}, collector]
    cache = cache_of(pods=[pod("q"), shown])
    cache.apply(Change(PODS, "DELETED", (shown,)))
    assert cache.provenance(made("random")).versions == {"Katib": "v0.19.0"}


@pytest.mark.parametrize("image", ["katib/collector@sha256:0a1b", "registry:5000/katib/collector"])
def test_an_image_without_a_tag_says_no_version(image: str) -> None:
    """Nor does a pod without a collector."""
    shown = pod("p", trial="t")
    shown["spec"]["containers"] = [{"name": COLLECTOR, "image": image}]
    assert cache_of(pods=[shown]).provenance(made("random")).versions == {}
    assert cache_of(pods=[pod("p")]).provenance(made("random")).versions == {}


def test_the_seed_is_the_one_that_the_manifest_gives() -> None:
    """Katib's services keep one that they draw to themselves."""
    given = made("tpe", settings={"random_state": "7"})
    assert cache_of().provenance(given).seed == "7"
    assert cache_of().provenance(made("tpe")).seed == ""


def test_old_and_repeated_news_are_none() -> None:
    """A watch that was resumed tells some things twice, an API server that is behind tells old ones."""
    cache = cache_of(trials=[thing("t", "Succeeded", version=6)])
    for version in (5, 6):
        assert not cache.apply(Change(TRIALS, "MODIFIED", (thing("t", "Running", version=version),)))
    assert cache.completed == 1


def test_a_list_that_is_behind_takes_nothing_back() -> None:
    """After 410 the list may come from another API server."""
    cache = cache_of(trials=[thing("t", "Succeeded", version=6)])
    assert not cache.apply(listed(TRIALS, thing("t", "Running", version=5)))
    assert cache.completed == 1


def test_versions_that_are_no_numbers_count_as_newer() -> None:
    """Kubernetes promises the comparison only of its own."""
    cache = cache_of(trials=[thing("t", "Running")])
    late = thing("t", "Succeeded")
    late["metadata"]["resourceVersion"] = "a1"
    assert cache.apply(Change(TRIALS, "MODIFIED", (late,)))


def test_a_completed_trial_stays_although_it_was_deleted() -> None:
    """Lowering the parallelism makes Katib delete trials of any state; a result is a result."""
    cache = cache_of(trials=[thing("t", "Succeeded"), thing("u", "Running")])
    for name, state in (("t", "Succeeded"), ("u", "Running")):
        cache.apply(Change(TRIALS, "DELETED", (thing(name, state, version=9),)))
    assert cache.trial_names == {"t"}


def test_a_completed_trial_stays_although_a_later_list_lacks_it() -> None:
    """Its deletion may fall into a gap between two watches."""
    cache = cache_of(trials=[thing("t", "Succeeded"), thing("u", "Running")])
    cache.apply(listed(TRIALS))
    assert cache.trial_names == {"t"}


def test_late_news_of_a_deleted_object_does_not_bring_it_back() -> None:
    """It would be waited for until the end of days."""
    cache = cache_of(trials=[thing("u", "Running")])
    cache.apply(Change(TRIALS, "DELETED", (thing("u", "Running", version=9),)))
    cache.apply(Change(TRIALS, "MODIFIED", (thing("u", "Running", version=8),)))
    cache.apply(listed(TRIALS, thing("u", "Running", version=8)))
    assert cache.trial_names == frozenset()


def test_another_experiment_of_the_name_is_not_ours() -> None:
    """Somebody may delete an Experiment and create another."""
    cache = cache_of()
    assert cache.experiment is not None
    cache.apply(listed(EXPERIMENTS, experiment("Succeeded", uid="another")))
    assert cache.experiment is None


def test_trials_come_in_the_order_in_which_they_were_suggested() -> None:
    """Two trials of one second cannot be told apart by their creation time."""
    trials = [thing(each) for each in ("c", "a", "b")]
    asked = cache_of(trials=trials, of_suggestion=suggestion(given=["b", "c"]))
    assert asked.active == ["b", "c", "a"]
    assert cache_of(trials=trials).active == ["a", "b", "c"]
