# SPDX-License-Identifier: Apache-2.0
"""launch_katib by itself, in pipelines of somebody else's."""

from __future__ import annotations

import pytest

from kfp_katib.engines.options import Identity
from kfp_katib.experiment import load
from kfp_katib.steps.search.plan import final_name
from tests.builders.manifest import TRAIN, manifest
from tests.components import own
from tests.support.machine import Machine

SEARCH = manifest(*TRAIN)


@pytest.fixture
def data(machine: Machine) -> str:
    """Data that no step of the pipeline prepared."""
    folder = machine.folder / "data"
    folder.mkdir()
    (folder / "points.txt").write_text("0\n1\n")
    return str(folder)


def test_a_search_on_data_by_their_address_alone(machine: Machine, data: str) -> None:
    """Without any dataset artifact; the next step gets the hyperparameters as numbers.

    Every declared output is written: a cluster fails a step that leaves one out, after all its work.
    """
    own.search(experiment=SEARCH, data=data)
    assert machine.parameters("told") == {"Output": "lr=0.2 value=0.0"}
    assert set(machine.parameters("launch-katib")) == {
        "best_hyperparameters",
        "best_parameters",
        "best_value",
        "best_trial",
        "experiment_name",
    }
    for output in ("best_model", "trials", "summary", "report"):
        assert machine.path("launch-katib", output).exists(), output


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(SEARCH, id="python3 as the command"),
        pytest.param("# python3.11 /usr/bin/python3 python3python3 python3", id="python3 everywhere"),
        pytest.param("é ${pipeline.models} \"quoted\" 'single' \\n \\ tab\t end", id="no python3"),
    ],
)
def test_a_text_arrives_byte_for_byte(machine: Machine, text: str) -> None:
    """Though kfp.local replaces python3 in every argument by the path of an interpreter."""
    target = machine.folder / "arrived"
    own.send(text=text, target=str(target))
    came = (machine.folder / "as_it_came").read_text()
    assert (came == text) is ("python3" not in text)
    assert target.read_bytes() == text.encode()


def test_what_kfp_local_changes_does_not_change_the_search(machine: Machine, data: str) -> None:
    """The Experiment's name is a digest of the manifest as it was sent: a byte more is another search.

    And whole numbers of a dictionary are whole: Katib refuses a toleration of 60.0 seconds, which is what
    kfp.local makes of 60.
    """
    tolerations = [{"key": "gpu", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}]
    pod = {"tolerations": tolerations}
    own.search(experiment=SEARCH, data=data, run_id="run-1", task_name="search", trial_pod=pod)
    expected = final_name(load(SEARCH), Identity("run-1", "search"))
    assert machine.parameters("launch-katib")["experiment_name"] == expected


def test_a_run_that_comes_again_finds_its_search_done(machine: Machine, data: str) -> None:
    """Without a run's name the manifest names the search: the second launch runs no trial."""
    own.search(experiment=SEARCH, data=data)
    first = machine.outputs("launch-katib")["parameterValues"]
    logs = {path: path.stat().st_mtime_ns for path in machine.folder.glob("runs/*/*/log")}
    own.search(experiment=SEARCH, data=data)
    assert machine.outputs("launch-katib")["parameterValues"] == first
    assert {path: path.stat().st_mtime_ns for path in machine.folder.glob("runs/*/*/log")} == logs
