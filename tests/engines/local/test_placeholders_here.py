# SPDX-License-Identifier: Apache-2.0
"""`${pipeline.*}` has the same values here from Python as from the command line, so both share a search."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from kfp_katib import load, render, run
from kfp_katib.engines.local.journal_attributes import ASKED
from kfp_katib.errors import InputError
from tests.builders.search import PRINT, manifest, search
from tests.cli.commands import call

SCRIPT = (
    "mkdir -p ${pipeline.models}/${pipeline.experiment}; touch ${pipeline.models}/${pipeline.run_id}; "
    f"echo x >> ran; {PRINT}"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which is the current one, with a manifest that says where the models go."""
    folder = tmp_path / "project"
    folder.mkdir()
    document = manifest(SCRIPT, container={"image": "${pipeline.image}"})
    (folder / "experiment.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.chdir(folder)
    return folder


def test_models_image_and_run_have_values(project: Path) -> None:
    """The models lie beside the trials; the trials' own places are below it."""
    result = run(load(project / "experiment.yaml"))
    models = project / "runs" / "tune" / "models"
    assert (models / "local").exists()
    assert result.experiment.trial_template.image == "local"
    assert {trial.model_uri for trial in result.trials} == {
        f"{models}/tune/{trial.name}" for trial in result.trials
    }


def test_a_given_place_is_used(project: Path) -> None:
    """`models` of the options is what the placeholder stands for."""
    result = run(load(project / "experiment.yaml"), models=project / "elsewhere")
    assert (project / "elsewhere" / "local").exists()
    assert result.trials[0].model_uri.startswith(f"{project}/elsewhere/tune/")


@pytest.mark.parametrize("first", ["command line", "Python"])
def test_a_search_goes_on_from_either(project: Path, first: str) -> None:
    """Which one began it does not matter, and neither does the folder where it is now."""
    moved = project.parent / "moved"
    ways = [from_the_command_line, from_python]
    for number, way in enumerate(ways if first == "command line" else ways[::-1]):
        way(3 + number)
        assert Path("ran").read_text().count("x") == 3 + number
    project.rename(moved)
    for number, way in enumerate(ways):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(moved)
            way(5 + number)
            assert Path("ran").read_text().count("x") == 5 + number
            assert (moved / "runs" / "tune" / "models" / "local").exists()


def from_the_command_line(trials: int) -> None:
    """A user types it."""
    called = call("run", "experiment.yaml", "--max-trials", str(trials))
    assert called.exit_code == 0, called.stderr


def from_python(trials: int) -> None:
    """A notebook's cell."""
    document = yaml.safe_load(Path("experiment.yaml").read_text())
    document["spec"]["maxTrialCount"] = trials
    assert run(load(document)).count("Succeeded") == trials


def test_a_journal_of_0_1_goes_on_after_its_folder_moved(project: Path) -> None:
    """It holds the manifest only as it ran; the placeholders may have been filled in so."""
    run(load(project / "experiment.yaml"))
    journal = project / "runs" / "tune" / "journal"
    lines = [line for line in journal.read_text().splitlines(keepends=True) if ASKED not in line]
    journal.write_text("".join(lines))
    moved = project.parent / "moved"
    shutil.move(project, moved)
    result = run(load(moved / "experiment.yaml"), runs=moved / "runs")
    assert result.reason == "ExperimentMaxTrialsReached"
    assert any(note.startswith("Changed since the last run: ") and "/moved/" in note for note in result.notes)


def test_a_dataset_has_no_value_here(tmp_path: Path) -> None:
    """It is asked for by name, and nothing has begun."""
    with pytest.raises(InputError, match=r"\$\{pipeline\.dataset\} has no value; give dataset"):
        run(search("ls ${pipeline.dataset}; " + PRINT), runs=tmp_path)
    assert not list(tmp_path.iterdir())


def test_another_dataset_is_noted(tmp_path: Path) -> None:
    """It goes on, since the manifest is as it was written; the note says what is not the same any more."""
    experiment = search("true ${pipeline.dataset}; " + PRINT)
    run(render(experiment, dataset="/one", istio_label=False), runs=tmp_path)
    result = run(render(experiment, dataset="/two", istio_label=False), runs=tmp_path)
    (note,) = [each for each in result.notes if each.startswith("Changed")]
    assert json.dumps("true /two; ")[1:-1] in note
