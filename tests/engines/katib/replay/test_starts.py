# SPDX-License-Identifier: Apache-2.0
"""A search starts once: it is adopted, refused, or told what is missing."""

from __future__ import annotations

import copy
import time

import pytest

from kfp_katib.errors import InputError
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.player import api_of, experiment_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run


def test_a_finished_search_is_adopted_however_late(serve: Serve) -> None:
    """A pod that comes back after the timeout still delivers what its predecessor did not."""
    recorded = recording.read("budget")
    api, player = api_of(recorded)
    serve(api)
    run(experiment_of(recorded))
    player.join()
    assert run(experiment_of(recorded), timeout_seconds=0.001).succeeded


def test_another_experiment_of_the_name_is_refused(serve: Serve) -> None:
    """Nothing of it is touched, and the labels that differ are named."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    api.store.put("experiments", copy.deepcopy(recorded.manifest))
    serve(api)
    with pytest.raises(InputError, match=r"is not this search: kfp-katib/run-id is .*, not 'another'"):
        run(experiment_of(recorded), run_id="another")
    assert api.created == []


def test_a_changed_spec_below_the_same_labels_is_refused(serve: Serve) -> None:
    """As in a manifest that was read from the cluster, edited and sent again."""
    recorded = recording.read("budget")
    api, player = api_of(recorded)
    serve(api)
    run(experiment_of(recorded))
    player.join()
    (stored,), _ = api.store.choose("experiments", lambda _: True)
    edited = copy.deepcopy(stored)
    edited["spec"]["maxTrialCount"] = 9
    api.store.put("experiments", edited)
    assert run(experiment_of(recorded)).succeeded
    edited["spec"]["objective"]["type"] = "maximize"
    api.store.put("experiments", edited)
    with pytest.raises(
        InputError, match=r"not this search: spec\.objective\.type is 'maximize', not 'minimize'"
    ):
        run(experiment_of(recorded))


def test_an_experiment_that_is_being_deleted_is_not_adopted(serve: Serve) -> None:
    """It would vanish under our hands."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    dying = copy.deepcopy(recorded.manifest)
    dying["metadata"]["deletionTimestamp"] = "2026-11-24T07:00:00Z"
    api.store.put("experiments", dying)
    serve(api)
    with pytest.raises(InputError, match="is being deleted"):
        run(experiment_of(recorded))


def test_everything_that_is_missing_is_said_at_once(serve: Serve) -> None:
    """Rights, what the webhook refuses, and what the pods refer to."""
    recorded = recording.read("budget")
    manifest = copy.deepcopy(recorded.manifest)
    spec = manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    spec["containers"][0]["envFrom"] = [{"secretRef": {"name": "s3-keys"}}]
    changed = Recording(recorded.versions, manifest, recorded.timeline, {}, [])
    api, _ = api_of(changed)
    words = 'admission webhook denied: the namespace lacks label "metrics-collector-injection"'
    api.refuse["experiments"] = (400, words)
    api.rules["resourceRules"] = [
        {"verbs": ["*"], "apiGroups": ["kubeflow.org"], "resources": ["experiments"]}
    ]
    serve(api)
    with pytest.raises(InputError) as error:
        run(experiment_of(changed))
    text = str(error.value)
    assert "no right to watch trials.kubeflow.org" in text
    assert "kubectl label namespace" in text
    assert "secrets/s3-keys, which does not exist" in text
    assert api.created == []


def test_two_thousand_finished_trials_are_adopted_within_five_seconds(serve: Serve) -> None:
    """A search that a restarted pod comes back to may have gone far."""
    recorded = recording.read("budget")
    api, player = api_of(recorded)
    serve(api)
    run(experiment_of(recorded))
    player.join()
    done = next(each for each in api.store.choose("trials", lambda _: True)[0] if each["status"])
    for number in range(2000):
        thing = copy.deepcopy(done)
        thing["metadata"] |= {"name": f"trial-{number:04}", "uid": f"uid-{number}"}
        api.store.put("trials", thing)
    start = time.monotonic()
    assert len(run(experiment_of(recorded)).trials) >= 2000
    assert time.monotonic() - start < 5


def test_a_twin_that_was_quicker_is_adopted(serve: Serve) -> None:
    """Two pods of one step, for a moment: the slower one finds the name taken, by itself."""
    recorded = recording.read("budget")
    api, player = api_of(recorded)
    serve(api)

    def twin_first(thing: dict[str, object]) -> dict[str, object]:
        api.store.put("experiments", player.start(thing))
        return thing

    api.on_create = twin_first
    assert run(experiment_of(recorded)).succeeded
    assert api.created == []
