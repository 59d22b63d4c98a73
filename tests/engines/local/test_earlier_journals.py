# SPDX-License-Identifier: Apache-2.0
"""Journals that version 0.1.0 left behind (tests/data/journals): what is built later still reads them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfp_katib import run
from kfp_katib.engines.local.journal_record import MILLISECONDS, Record
from kfp_katib.engines.local.journal_shapes import StoredRecord
from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, load
from kfp_katib.results import Result
from kfp_katib.trial.processes import Process, of_ticks
from tests.builders.search import PRINT, search
from tests.places import DATA

SAMPLES = DATA / "journals"


def go_on(name: str, runs: Path) -> Result:
    """Runs a sample's manifest where its search already is."""
    shutil.copytree(SAMPLES / name, runs / name)
    return run(load(SAMPLES / f"{name}.yaml"), runs=runs)


def finished(name: str) -> set[str]:
    """The trials of a sample that had written their exit status."""
    return {file.parent.name for file in (SAMPLES / name).glob("*/exit") if file.read_text().strip() == "0"}


def test_a_finished_search_shows_its_result(tmp_path: Path) -> None:
    """Verdict, best trial and states are those that 0.1.0 gave; nothing runs."""
    result = go_on("finished", tmp_path)
    assert (result.state, result.reason) == ("Succeeded", "ExperimentMaxTrialsReached")
    assert result.best is not None
    assert result.best.metrics["loss"].latest == "0.006336261395511458"
    states = [trial.state for trial in result.trials]
    assert states == ["Succeeded", "Succeeded", "Failed", "Succeeded", "Failed", "Succeeded"]


@pytest.mark.parametrize(("name", "trials"), [("killed", 6), ("grid-half-way", 12), ("sobol", 8)])
def test_an_unfinished_search_goes_on(tmp_path: Path, name: str, trials: int) -> None:
    """Its finished trials are kept, the rest runs, and no point of the space is tried twice."""
    before = finished(name)
    result = go_on(name, tmp_path)
    assert result.reason == "ExperimentMaxTrialsReached"
    assert [trial.state for trial in result.trials] == ["Succeeded"] * trials
    assert before < {trial.name for trial in result.trials}
    assert len({tuple(sorted(trial.parameters.items())) for trial in result.trials}) == trials


def changed(name: str, **spec: Any) -> Experiment:
    """A sample's manifest with other fields of its spec."""
    document = yaml.safe_load((SAMPLES / f"{name}.yaml").read_text())
    document["spec"].update(spec)
    return load(document)


@pytest.mark.parametrize(
    ("name", "trials", "more"),
    [("finished", 6, 9), ("killed", 6, 7), ("grid-half-way", 6, 9), ("sobol", 8, 10)],
)
def test_a_search_of_0_1_0_is_extended(tmp_path: Path, name: str, trials: int, more: int) -> None:
    """Its finished trials stay; a version that knows of no extensions refuses the journal from then on."""
    shutil.copytree(SAMPLES / name, tmp_path / name)
    before = finished(name)
    experiment = changed(name, maxTrialCount=more, maxFailedTrialCount=more)
    result = run(experiment, runs=tmp_path)
    assert result.reason == "ExperimentMaxTrialsReached"
    assert len(result.trials) == more
    assert before <= {trial.name for trial in result.trials}
    assert len({tuple(sorted(trial.parameters.items())) for trial in result.trials}) == more
    assert '"kfp-katib:format":3' in (tmp_path / name / "journal").read_text()


def test_failed_trials_of_0_1_0_run_again(tmp_path: Path) -> None:
    """Under the same name and manifest."""
    shutil.copytree(SAMPLES / "finished", tmp_path / "finished")
    result = run(load(SAMPLES / "finished.yaml"), runs=tmp_path, retry_failed=True)
    assert [trial.state for trial in result.trials[:4]] == ["Succeeded"] * 4
    assert len(result.trials) == 6
    assert '"kfp-katib:format":3' in (tmp_path / "finished" / "journal").read_text()


def test_another_search_than_that_of_0_1_0_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """The field with both values, and the ways on."""
    shutil.copytree(SAMPLES / "finished", tmp_path / "finished")
    other = changed("finished", algorithm={"algorithmName": "sobol"})
    with pytest.raises(InputError, match=r"algorithmName was \"tpe\" and is \"sobol\".* Undo the change"):
        run(other, runs=tmp_path)


def test_what_is_written_now_says_its_format(tmp_path: Path) -> None:
    """So that a later version knows what it reads; a search of 0.1.0 that goes on stays what it was."""
    go_on("killed", tmp_path)
    run(search(PRINT), runs=tmp_path)
    mark = '"kfp-katib:format":3'
    assert mark in (tmp_path / "tune" / "journal").read_text()
    assert mark not in (tmp_path / "killed" / "journal").read_text()


def test_what_a_later_version_wrote_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """It is not damaged, and starting anew puts it aside whole."""
    run(search(PRINT), runs=tmp_path)
    journal = tmp_path / "tune" / "journal"
    text = journal.read_text().replace('"kfp-katib:format":3', '"kfp-katib:format":4')
    journal.write_text(text + '{"op_code": 77}\n')
    with pytest.raises(
        InputError, match=r"^The journal of 'tune' was written by a newer kfp-katib \(format 4; "
    ):
        run(search(PRINT), runs=tmp_path)
    assert run(search(PRINT), runs=tmp_path, again=True).state == "Succeeded"
    assert (tmp_path / "tune" / "earlier" / "1" / "journal").read_text() == text + '{"op_code": 77}\n'


@pytest.mark.parametrize(
    ("units", "found"),
    [
        ({"units": MILLISECONDS}, Process(4711, 1_795_999_473_070)),
        ({}, of_ticks(4711, 1_795_999_473_070)),
        ({"boot": "a", "units": ""}, of_ticks(4711, 1_795_999_473_070)),
        ({"units": "fortnights"}, None),
    ],
    ids=["now", "0.1.0", "0.1.1", "unknown"],
)
def test_the_start_of_a_process_is_read_in_its_units(units: dict[str, str], found: Process | None) -> None:
    """A number alone names no process: in other units it would be somebody else's."""
    stored = {"name": "tune-a", "process": [4711, 1_795_999_473_070], **units}
    assert StoredRecord.model_validate(stored).record(Record(0, {})).process == found


def test_what_is_written_now_says_its_units(tmp_path: Path) -> None:
    """For whoever reads it later; an earlier version finds no process of that start, and signals nobody."""
    run(search(PRINT), runs=tmp_path)
    assert f'"units":"{MILLISECONDS}"' in (tmp_path / "tune" / "journal").read_text()
