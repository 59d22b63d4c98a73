# SPDX-License-Identifier: Apache-2.0
"""A search of this machine says where its results come from, while it runs and whenever it is read later."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

from kfp_katib import run
from kfp_katib.engines.engine import named
from kfp_katib.engines.options import RunOptions
from kfp_katib.results import Result, to_json
from tests.builders.search import PRINT, search

RANDOM = {"algorithmName": "random"}


def read(runs: Path) -> Result:
    """The search, read from its journal."""
    return named("local").read("tune", RunOptions(runs=runs))


def test_a_drawn_seed_is_known(tmp_path: Path) -> None:
    """Whoever repeats the search gives it as random_state, and gets the same values."""
    drawn = run(search(PRINT, algorithm=RANDOM), runs=tmp_path / "first")
    given = {**RANDOM, "algorithmSettings": [{"name": "random_state", "value": drawn.provenance.seed}]}
    again = run(search(PRINT, algorithm=given), runs=tmp_path / "second")
    assert again.provenance.seed == drawn.provenance.seed
    assert [trial.parameters for trial in again.trials] == [trial.parameters for trial in drawn.trials]


def test_the_versions_are_those_that_ran_it(tmp_path: Path) -> None:
    """Of the search's program and of its sampler, and the Python of the trials; later as well."""
    versions = run(search(PRINT), runs=tmp_path).provenance.versions
    assert versions["kfp-katib"] == version("kfp-katib")
    assert versions["Optuna"] == version("optuna")
    assert platform.python_version() in versions["Python of the trials"]
    assert read(tmp_path).provenance.versions == versions


def test_a_search_that_goes_on_with_others_says_the_last(tmp_path: Path) -> None:
    """As it does of the trials' Python."""
    run(search(PRINT), runs=tmp_path)
    journal = tmp_path / "tune" / "journal"
    journal.write_text(journal.read_text().replace(f'"{version("optuna")}"', '"3.0"'))
    assert read(tmp_path).provenance.versions["Optuna"] == "3.0"
    run(search(PRINT, maxTrialCount=4), runs=tmp_path)
    assert read(tmp_path).provenance.versions["Optuna"] == version("optuna")


def test_what_was_told_is_part_of_it(tmp_path: Path) -> None:
    """The earlier trials with their values, what was left out, and which of the notes say the same."""
    before = run(search(PRINT, name="before"), runs=tmp_path)
    known = run(search(PRINT, maxTrialCount=5), runs=tmp_path, warm_start=before).provenance
    (source,) = known.told.sources
    assert (source.name, source.told, source.left_out) == ("Experiment 'before'", 3, {})
    assert {trial.name for trial in known.told.trials} == {trial.name for trial in before.trials}
    assert known.told_notes[0] == "Warm start: told 3 earlier trials of Experiment 'before'."
    assert set(known.told_notes) <= set(read(tmp_path).notes)
    assert read(tmp_path).provenance == known


def test_the_json_of_a_result_has_it(tmp_path: Path) -> None:
    """Without the earlier trials themselves."""
    before = run(search(PRINT, name="before"), runs=tmp_path)
    result = run(search(PRINT, maxTrialCount=5), runs=tmp_path, warm_start=before)
    told = [{"name": "Experiment 'before'", "told": 3, "left_out": {}, "ignored": []}]
    known = json.loads(to_json(result))["provenance"]
    assert (known["seed"], known["warm_start"]) == (result.provenance.seed, told)
    assert known["versions"] == result.provenance.versions
