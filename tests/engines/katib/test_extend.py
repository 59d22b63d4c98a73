# SPDX-License-Identifier: Apache-2.0
"""Which fields of an Experiment would be changed by another manifest, and when Katib takes that."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kfp_katib.engines.katib.extend import EDITABLE, HASH_LABEL, budget_edits, refusal
from kfp_katib.engines.katib.submit import labelled
from kfp_katib.engines.options import Identity
from kfp_katib.experiment import load
from kfp_katib.experiment.model import Manifest
from tests.builders.manifest import ABSENT, changed
from tests.engines.katib.live.manifests import small


def asked(**fields: Any) -> Manifest:
    """What a manifest with these fields of its spec would submit."""
    written = changed(small("x", "a:1"), {f"spec.{name}": value for name, value in fields.items()})
    return labelled(load(written), "team", Identity())


def stored(conditions: tuple[str, str] = ("Running", ""), trials: int = 2, **fields: Any) -> Manifest:
    """What the cluster holds of that, in this state."""
    made = asked(**{"maxTrialCount": 3, "parallelTrialCount": 1, "maxFailedTrialCount": 1, **fields})
    kind, reason = conditions
    held = [{"type": kind, "status": "True", "reason": reason, "message": ""}]
    return {**made, "status": {"trials": trials, "conditions": held}}


@pytest.mark.parametrize(
    ("fields", "edits"),
    [
        ({"maxTrialCount": 9}, {"maxTrialCount": 9}),
        ({"parallelTrialCount": 2}, {"parallelTrialCount": 2}),
        ({"maxFailedTrialCount": ABSENT}, {"maxFailedTrialCount": None}),
        ({"maxTrialCount": 9, "maxFailedTrialCount": 4}, {"maxTrialCount": 9, "maxFailedTrialCount": 4}),
    ],
)
def test_only_what_differs_is_edited(fields: dict[str, Any], edits: dict[str, int | None]) -> None:
    """A field that the manifest leaves out is taken out."""
    usual = {"maxTrialCount": 3, "parallelTrialCount": 1, "maxFailedTrialCount": 1}
    assert budget_edits(asked(**{**usual, **fields}), stored()) == edits


def test_katibs_default_is_a_value() -> None:
    """Three trials at a time, where the manifest does not say."""
    wanted = asked(maxTrialCount=3, parallelTrialCount=ABSENT, maxFailedTrialCount=1)
    assert budget_edits(wanted, stored()) == {"parallelTrialCount": 3}


@pytest.mark.parametrize("field", EDITABLE)
def test_what_others_have_edited_stays(field: str) -> None:
    """The manifest is the one that was asked for last, so its values are older than the edit."""
    ours = stored()
    edited = changed(copy.deepcopy(ours), {f"spec.{field}": 2})
    assert budget_edits(ours, edited) == {}


def test_a_hash_alone_is_no_reason_to_edit() -> None:
    """Of an earlier version, or of a manifest with other labels."""
    before = stored()
    before["metadata"]["labels"][HASH_LABEL] = "0123456789ab"
    assert budget_edits(stored(), before) == {}


SPENT = ("Succeeded", "ExperimentMaxTrialsReached")


@pytest.mark.parametrize(
    ("experiment", "edits"),
    [
        (stored(), {"maxTrialCount": 9}),
        (stored(), {"parallelTrialCount": 2}),
        (stored(trials=0), {"maxTrialCount": 1}),
        (stored(SPENT, 3, resumePolicy="LongRunning"), {"maxTrialCount": 4}),
        (stored(SPENT, 3, resumePolicy="FromVolume"), {"maxTrialCount": None}),
    ],
)
def test_katib_takes_it(experiment: Manifest, edits: dict[str, int | None]) -> None:
    """While it runs, whatever its policy; after its budget was spent, with the right one."""
    assert refusal(experiment, edits) == ""


@pytest.mark.parametrize(
    ("experiment", "edits", "said"),
    [
        (stored(SPENT, 3), {"maxTrialCount": 9}, "this one has resumePolicy Never"),
        (stored(("Failed", "ExperimentFailed"), 3), {"maxFailedTrialCount": 3}, "ended by ExperimentFailed"),
        (stored(trials=3), {"parallelTrialCount": 2}, "Give maxTrialCount 4 or more"),
        (stored(trials=3), {"maxTrialCount": 2}, "cannot be given maxTrialCount 2: it has 3 trials"),
        (stored(trials=3), {"maxFailedTrialCount": None}, "cannot be given no maxFailedTrialCount"),
        (stored(SPENT, 3, resumePolicy="LongRunning"), {"maxTrialCount": 3}, "Give maxTrialCount 4 or more"),
    ],
)
def test_katib_would_refuse_it(experiment: Manifest, edits: dict[str, int | None], said: str) -> None:
    """With its reason and the ways on."""
    why = refusal(experiment, edits)
    assert said in why
    assert "name='OTHER', warm_start=the Result of experiment/x -n team" in why
    assert "kubectl delete experiment x -n team" in why
