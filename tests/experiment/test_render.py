# SPDX-License-Identifier: Apache-2.0
"""From the manifest that a user wrote to the one that Katib gets."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment import Experiment, check, load, render
from kfp_katib.experiment.load import warnings_on
from tests.builders.manifest import ABSENT, CONTAINER, POD, changed
from tests.builders.valid import config_map, pytorch_job, random, train_job
from tests.places import DATA

CERN = DATA / "cern.yaml"


def rendered_cern(**options: Any) -> Experiment:
    """CERN's manifest with a value for each of its placeholders."""
    values = {"dataset": "/eos/data", "models": "/eos/models", "image": "registry.example.org/par04:1"}
    return render(load(CERN), **{**values, **options})


def container(experiment: Experiment) -> dict[str, Any]:
    """The first container of the rendered Job."""
    job = experiment.manifest["spec"]["trialTemplate"]["trialSpec"]
    found: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    return found


def with_args(*args: str) -> Experiment:
    """The usual manifest with more arguments."""
    return load(changed(random(), {f"{CONTAINER}.args": list(args)}))


def test_every_placeholder_is_filled_in_as_plain_text() -> None:
    """In any string, several times in one, next to Katib's own placeholders, which stay."""
    experiment = with_args(
        "--in=${pipeline.dataset}",
        "${pipeline.run_id}/${pipeline.run_id}",
        "${pipeline.models}/${trialParameters.lr}",
    )
    rendered = render(experiment, dataset="/data", run_id="r1", models="s3://m/")
    assert container(rendered)["args"] == ["--in=/data", "r1/r1", "s3://m/${trialParameters.lr}"]


def test_the_manifest_of_cern_is_rendered() -> None:
    """Data, models, image and each trial's own folder."""
    rendered = rendered_cern(name="par04-1")
    assert container(rendered)["image"] == "registry.example.org/par04:1"
    assert "--data=/eos/data" in container(rendered)["command"]
    folder = "--checkpoints=/eos/models/par04-1/${trialParameters.trial}"
    assert folder in container(rendered)["command"]
    assert "pipeline." not in rendered.manifest_json
    assert check(rendered.manifest) == ()


def test_the_experiments_new_name_is_also_a_value() -> None:
    """`${pipeline.experiment}` is the final name, with or without a new one."""
    experiment = with_args("${pipeline.experiment}")
    assert container(render(experiment))["args"] == ["my-search"]
    renamed = render(experiment, name="my-search-1")
    assert (renamed.name, container(renamed)["args"]) == ("my-search-1", ["my-search-1"])


def test_a_new_name_takes_the_place_of_a_generated_one() -> None:
    """Otherwise Kubernetes would still choose."""
    experiment = load(changed(random(), {"metadata": {"generateName": "search-"}}))
    assert render(experiment, name="search-7").manifest["metadata"] == {"name": "search-7"}


@pytest.mark.parametrize("placeholder", ["dataset", "models", "image", "run_id"])
def test_a_missing_value_is_named_with_its_argument(placeholder: str) -> None:
    """And with the place where it is wanted."""
    experiment = with_args(f"${{pipeline.{placeholder}}}")
    with pytest.raises(
        InputError, match=rf"args\[0\]: \${{pipeline.{placeholder}}} has no value; give {placeholder}\."
    ):
        render(experiment)


def test_every_missing_value_is_named() -> None:
    """Not only the first."""
    with pytest.raises(InputError) as caught:
        render(load(CERN), image="i")
    assert "give dataset." in str(caught.value)
    assert "give models." in str(caught.value)


def test_an_unknown_placeholder_in_a_field_that_katib_ignores_is_left() -> None:
    """It was a KeyError: the rules do not look there, and nothing comes of it."""
    experiment = load(changed(random(), {"spec.x-note": "${pipeline.x} ${pipeline.image}"}))
    assert render(experiment, image="i").manifest["spec"]["x-note"] == "${pipeline.x} i"


def test_a_value_is_not_looked_at_again() -> None:
    """A value that looks like a placeholder stays as it is, and the check of the result says so."""
    with pytest.raises(ManifestError, match=r"There is no \$\{pipeline.x\}"):
        render(with_args("${pipeline.dataset}"), dataset="${pipeline.x}")


def test_rendering_twice_changes_nothing() -> None:
    """A rendered manifest is plain Katib."""
    rendered = rendered_cern()
    assert render(rendered) == rendered


def test_the_given_experiment_stays_as_it_was() -> None:
    """Rendering makes another one."""
    experiment = load(CERN)
    before = experiment.manifest_json
    render(experiment, dataset="d", models="m", image="i", trial_pod={"labels": {"team": "a"}})
    assert experiment.manifest_json == before


def test_the_result_is_checked_again() -> None:
    """A value with spaces is taken apart by Katib's shell, a name may be too long."""
    rendered = render(with_args("${pipeline.dataset}"), dataset="/my data")
    assert [problem.rule for problem in rendered.warnings] == ["args-reparsed"]
    with pytest.raises(ManifestError, match=r"Experiment 'a{41}' after rendering: 1 error"):
        render(load(random()), name="a" * 41)


def test_istios_label_is_added_where_it_is_absent() -> None:
    """With Istio's sidecar a trial's pod never ends; a label that is there is left alone."""
    bare = load(changed(random(), {f"{POD}.metadata": ABSENT}))
    assert [problem.rule for problem in warnings_on(bare, "katib")] == ["istio-label-missing"]
    assert warnings_on(render(bare), "katib") == ()
    assert render(bare, istio_label=False).manifest == bare.manifest
    kept = load(changed(random(), {f"{POD}.metadata.labels": {"sidecar.istio.io/inject": "true"}}))
    assert render(kept).manifest == kept.manifest


@pytest.mark.parametrize("word", ["false", "true"])
def test_istios_annotation_is_as_good_as_its_label(word: str) -> None:
    """It was the way before there was the label; whatever it says, the manifest is not silent."""
    noted = {"annotations": {"sidecar.istio.io/inject": word}}
    experiment = load(changed(random(), {f"{POD}.metadata": noted}))
    found = [problem.rule for problem in warnings_on(experiment, "katib")]
    assert found == ["istio-label-missing"] * (word == "true")
    assert render(experiment).manifest == experiment.manifest


@pytest.mark.parametrize("make", [config_map, train_job])
def test_a_trial_without_a_pod_template_passes_through(make: Any) -> None:
    """There is nothing to add to."""
    assert render(load(make())).manifest == make()


def test_istios_label_goes_into_every_replica() -> None:
    """A PyTorchJob has a pod template for each role."""
    manifest = pytorch_job()
    replicas = manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["pytorchReplicaSpecs"]
    for role in replicas.values():
        del role["template"]["metadata"]
    assert render(load(manifest)).manifest == pytorch_job()
