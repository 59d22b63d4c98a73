# SPDX-License-Identifier: Apache-2.0
"""Other people's manifests: what each is really worth, as its first line or the table beside it says."""

from __future__ import annotations

import pytest

from kfp_katib.engines.local.unsupported import refusals
from kfp_katib.errors import InputError
from kfp_katib.experiment import check, load, render
from kfp_katib.experiment.load import warnings_on
from tests.places import DATA

CASES = DATA / "cases"

REFUSED = {
    "01-mount-clash.yaml": "mount-path-taken",
    "02-mount-twice.yaml": "mount-path-repeated",
    "06-heredoc.yaml": "script-ends-open",
    "adv-filter_re2.json": "filter-invalid",
    "adv-fuzz-2-0.yaml": "api-version-invalid",
    "adv-fuzz-2-1.yaml": "api-version-invalid",
}
"""Refused, by this rule and no other."""

ACCEPTED: dict[str, set[str]] = {
    "05-metrics-hide-code.yaml": {"metrics-folder-hides"},
    "08-trailing-separator.yaml": set(),
    "10-or-exit.yaml": set(),
    "11-escaped-json.yaml": set(),
    "13-awk-and-args.yaml": set(),
    "15-inline-flag.yaml": set(),
    "16-extra-field.yaml": {"field-ignored"},
    "20-json-number.yaml": set(),
    "adv-volcano.yaml": {"kind-not-enabled"},
}
"""Accepted, with these warnings."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_trap_is_refused(name: str) -> None:
    """With one error, for what it is."""
    found = [problem.rule for problem in check(CASES / name) if problem.severity == "error"]
    assert found == [REFUSED[name]]


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_sound_manifest_is_accepted(name: str) -> None:
    """With the warnings that it deserves, also once it is rendered."""
    experiment = load(CASES / name)
    assert {problem.rule for problem in warnings_on(experiment, "katib")} == ACCEPTED[name]
    assert {problem.rule for problem in warnings_on(render(experiment), "katib")} == ACCEPTED[name]


def test_another_groups_job_is_for_katib_alone() -> None:
    """Volcano's Job has the name of Kubernetes' own, and nothing else of it."""
    (problem,) = refusals(load(CASES / "adv-volcano.yaml"))
    assert (problem.path, problem.value) == (
        "spec.trialTemplate.trialSpec",
        "Job of 'batch.volcano.sh/v1alpha1'",
    )


def test_a_trial_pod_has_no_place_in_another_groups_job() -> None:
    """Where its pods lie is that group's affair."""
    with pytest.raises(InputError, match="trial_pod cannot be merged into a trial of kind Job"):
        render(load(CASES / "adv-volcano.yaml"), trial_pod={"labels": {"team": "a"}})
