# SPDX-License-Identifier: Apache-2.0
"""Katib drops a misspelt field of its own in silence and refuses one inside a Job; we report both."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib import check
from kfp_katib.experiment.model import Manifest
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import small

pytestmark = pytest.mark.cluster

MISSPELT: dict[str, tuple[str, ...]] = {
    "a count": ("maxTrialcount",),
    "the objective's goal": ("objective", "gaol"),
    "a setting's list": ("algorithm", "algorithmSetting"),
    "a parameter's step": ("parameters", "0", "feasibleSpace", "steps"),
    "the template's retain": ("trialTemplate", "retian"),
    "another case": ("Objective",),
}
"""Where a field that Katib does not have is put, below `spec`."""


def _put(part: Any, path: tuple[str, ...], value: object) -> None:
    for step in path[:-1]:
        part = part[int(step)] if isinstance(part, list) else part[step]
    part[path[-1]] = value


def _has(part: Any, path: tuple[str, ...]) -> bool:
    for step in path[:-1]:
        part = part[int(step)] if isinstance(part, list) else part[step]
    return path[-1] in part


def misspelt(katib: Katib, path: tuple[str, ...]) -> Manifest:
    """The small manifest with a field too many."""
    manifest = small("misspelt", katib.image)
    _put(manifest["spec"], path, "3")
    return manifest


@pytest.mark.parametrize("case", MISSPELT)
def test_katib_drops_what_it_does_not_know(case: str, katib: Katib) -> None:
    """The manifest is accepted and the field is gone, which is why it is an error to us."""
    manifest = misspelt(katib, MISSPELT[case])
    assert _has(manifest["spec"], MISSPELT[case])
    assert not _has(katib.admit(manifest)["spec"], MISSPELT[case])
    assert "unknown-field" in {problem.rule for problem in check(manifest)}


@pytest.mark.parametrize(
    "path", [("foo",), ("spec", "backofflimit"), ("spec", "template", "spec", "container")]
)
def test_katib_refuses_what_a_job_does_not_know(path: tuple[str, ...], katib: Katib) -> None:
    """Inside a Kubernetes Job the same mistake is refused."""
    manifest = small("misspelt", katib.image)
    _put(manifest["spec"]["trialTemplate"]["trialSpec"], path, 3)
    assert "unable to convert" in katib.refusal(manifest)
    assert "job-unknown-field" in {problem.rule for problem in check(manifest)}
