# SPDX-License-Identifier: Apache-2.0
"""`kfp_katib.run`: any form of a manifest, and what the command line's options say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from kubeflow_katib_api.models import V1beta1Experiment  # type: ignore[import-untyped]

from kfp_katib import Experiment, InputError, ManifestError, Progress, load, render, run
from kfp_katib.engines.engine import named
from kfp_katib.engines.options import RunOptions
from kfp_katib.experiment.source import Source
from kfp_katib.start import filled_in
from tests.builders.search import PRINT, manifest, search

DOCUMENT = manifest(PRINT, maxTrialCount=2)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a manifest in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(DOCUMENT))
    return tmp_path


FORMS: dict[str, Callable[[], Source | Experiment]] = {
    "a file's name": lambda: "experiment.yaml",
    "a Path": lambda: Path("experiment.yaml"),
    "YAML": lambda: yaml.safe_dump(DOCUMENT),
    "JSON": lambda: json.dumps(DOCUMENT),
    "bytes": lambda: json.dumps(DOCUMENT).encode(),
    "a dict": lambda: DOCUMENT,
    "a typed model": lambda: V1beta1Experiment.from_dict(DOCUMENT),
    "an Experiment": lambda: load(DOCUMENT),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_manifest_runs(form: str) -> None:
    """And all of them are one search."""
    assert run(FORMS[form]()).count("Succeeded") == 2
    assert run("experiment.yaml", max_trials=3).count("Succeeded") == 3


def test_a_file_that_is_not_there_is_named() -> None:
    """With what there is."""
    with pytest.raises(ManifestError, match=r"(?s)experimnt.yaml: 1 error.*Did you mean experiment.yaml"):
        run("experimnt.yaml")


def test_overrides_are_the_command_lines() -> None:
    """Read as if they stood in the manifest, whatever form that has."""
    result = run("experiment.yaml", algorithm="grid", max_trials=1, parallel_trials=1)
    experiment = result.experiment
    assert (experiment.algorithm.name, experiment.max_trial_count, experiment.parallel_trial_count) == (
        "grid",
        1,
        1,
    )


def test_an_override_after_rendering_changes_what_was_asked_too() -> None:
    """A search is recognised by what was asked, before placeholders were filled in."""
    rendered = render(search("true ${pipeline.dataset}; " + PRINT), dataset="/one", istio_label=False)
    run(rendered, max_trials=1)
    asked = json.loads(run(rendered, max_trials=2).experiment.asked_json)
    assert asked["spec"]["maxTrialCount"] == 2
    assert "${pipeline.dataset}" in json.dumps(asked)


def test_values_of_placeholders_are_arguments() -> None:
    """Under another name, with a relative address made absolute, as by the command line."""
    asked = search("echo ${pipeline.dataset} ${pipeline.run_id} ${pipeline.experiment}; " + PRINT)
    result = run(asked, name="other", dataset="data", run_id="run-1", max_trials=1)
    assert result.trials[0].log_tail.splitlines()[0] == f"{Path('data').absolute()} run-1 other"
    assert Path("runs/other").is_dir()


def test_a_relative_place_of_models_is_made_absolute() -> None:
    """A Result that is read elsewhere still says where they are."""
    result = run(search("true ${pipeline.models}; " + PRINT, maxTrialCount=1), models="models")
    assert result.trials[0].model_uri.startswith(f"{Path('models').absolute()}/")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dataset": ""}, "The address of dataset is empty"),
        ({"dataset": "file://host/data"}, "dataset: 'file://host/data' names no folder"),
        ({"models": "s3:/bucket"}, "models: 's3:/bucket' names no bucket"),
    ],
)
def test_an_address_that_is_none_is_refused(given: dict[str, str], message: str) -> None:
    """By its argument's name, before anything starts."""
    with pytest.raises(InputError, match=message):
        run("experiment.yaml", **given)  # type: ignore[arg-type]
    assert not Path("runs").exists()


def test_in_a_cluster_an_experiment_is_what_the_command_line_submits() -> None:
    """Istio's sidecar is kept out, and what has no value is asked for."""
    katib = named("katib")
    filled, _ = filled_in(load(DOCUMENT), katib, RunOptions())
    assert "sidecar.istio.io/inject" in filled.manifest_json
    with pytest.raises(InputError, match=r"\$\{pipeline.models\} has no value"):
        filled_in(search("true ${pipeline.models}; " + PRINT), katib, RunOptions())


def test_what_has_no_placeholder_runs_as_it_is() -> None:
    """On this machine, where nothing has to be kept out."""
    experiment = load(DOCUMENT)
    assert filled_in(experiment, named("local"), RunOptions())[0] is experiment


def test_what_is_likely_wrong_is_shown_before_the_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """As the command line prints it; without `progress` it is in `Experiment.warnings`."""
    document = {**DOCUMENT, "spec": {**DOCUMENT["spec"], "maxFailedTrialCount": None}}
    run(document, progress=True)
    assert capsys.readouterr().err.startswith(
        "warning: spec.maxFailedTrialCount: maxFailedTrialCount is missing"
    )
    run(document, again=True)
    assert capsys.readouterr().err == ""


def test_progress_is_shown_where_that_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, one line a trial where no terminal is; `on_update` is called as well."""
    seen: list[Progress] = []
    run("experiment.yaml", progress=True, on_update=seen.append)
    assert "2/2 trials" in capsys.readouterr().err
    assert seen[-1].completed == 2
    run("experiment.yaml", again=True)
    assert capsys.readouterr().err == ""
