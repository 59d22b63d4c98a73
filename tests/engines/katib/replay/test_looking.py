# SPDX-License-Identifier: Apache-2.0
"""Whatever is in a namespace is listed, shown, reported and exported; the cluster is only read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kfp_katib.results import from_csv
from tests.cli.commands import call, manifest, write
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.player import api_of, experiment_of, name_of
from tests.engines.katib.replay.server import Api, Serve
from tests.engines.katib.running import run


@pytest.fixture(autouse=True)
def _in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where reports go, and searches of this machine."""
    monkeypatch.chdir(tmp_path)


def ended(serve: Serve, name: str, *, misspelt: bool = True) -> tuple[Api, Recording]:
    """A cluster in which a recorded search has ended.

    Its author misspelt a field, which Katib ignores and our rules refuse.
    """
    recorded = recording.read(name)
    api, player = api_of(recorded)
    serve(api)
    run(experiment_of(recorded))
    player.join()
    stored = api.store.get("experiments", name_of(recorded))
    assert stored
    if misspelt:
        api.store.put("experiments", {**stored, "spec": {**stored["spec"], "paralelTrialCount": 2}})
    return api, recorded


@contextmanager
def only_read(api: Api) -> Iterator[None]:
    """Nothing but GET reaches the server."""
    before = api.asked.copy()
    yield
    assert {request.split()[0] for request in api.asked - before} == {"GET"}


def test_experiments_are_listed_whoever_created_them(serve: Serve) -> None:
    """With the best trial by our own rule; two requests are enough."""
    api, recorded = ended(serve, "diverging")
    before = api.asked.copy()
    (found,) = json.loads(call("list", "-n", "team", "--json").stdout)
    assert api.asked - before == {"GET experiments": 1, "GET trials": 1}
    shown = json.loads(call("show", f"experiment/{name_of(recorded)}", "-n", "team", "--json").stdout)
    assert (found["name"], found["state"]) == (name_of(recorded), shown["state"])
    assert (found["best_trial"], found["best"]) == (shown["best_trial"], shown["best_value"])
    assert found["completed"] == len(shown["trials"])


def test_an_experiment_that_cannot_be_read_does_not_hide_the_others(serve: Serve) -> None:
    """One that was created while Katib's webhook was away may lack anything."""
    api, recorded = ended(serve, "budget")
    api.store.put("experiments", {"metadata": {"name": "empty", "labels": {}}, "spec": {}, "status": {}})
    called = call("list", "--cluster")
    lines = called.stdout.splitlines()
    assert called.exit_code == 0
    assert lines[2].split()[:2] == [name_of(recorded), "Succeeded"]
    assert lines[3].split() == ["empty", "Unreadable", "–", "–", "–"]
    assert lines[4] == "empty: Experiment 'empty' cannot be read: its manifest has no 'objective'."


def test_an_empty_namespace_is_said(serve: Serve) -> None:
    """On stderr; no trials are asked for."""
    api = Api()
    serve(api)
    called = call("list", "-n", "team")
    assert (called.exit_code, called.stdout) == (0, "")
    assert called.stderr == "There is no Experiment in namespace 'team'.\n"
    assert api.asked == {"GET experiments": 1}


def test_an_experiment_is_shown_reported_and_exported(serve: Serve, tmp_path: Path) -> None:
    """Also one that our rules would refuse."""
    api, recorded = ended(serve, "mixed failures")
    name = f"experiment/{name_of(recorded)}"
    with only_read(api):
        shown = call("show", name)
        report = call("report", name)
        exported = call("export", name, "--csv")
    assert (shown.exit_code, "Succeeded" in shown.stdout, "Logs and metrics" in shown.stdout) == (
        0,
        True,
        False,
    )
    assert report.stderr == f"Report: {name_of(recorded)}.html\n"
    assert name_of(recorded) in (tmp_path / f"{name_of(recorded)}.html").read_text()
    assert {"Succeeded", "Failed"} <= {trial.state for trial in from_csv(exported.stdout, "csv")}


def test_its_best_trial_is_compared_with_one_of_this_machine(serve: Serve, tmp_path: Path) -> None:
    """Both stand in one table."""
    call("run", write(tmp_path, manifest("0.0")))
    api, recorded = ended(serve, "mixed failures")
    name = f"experiment/{name_of(recorded)}"
    with only_read(api):
        best = call("best", name, "-n", "team", "--json")
        compared = call("compare", "shell", name, "-n", "team", "--json")
    assert best.exit_code == 0
    here, there = json.loads(compared.stdout)
    assert (here["best_value"], there["best_value"]) == (0.0, 0.2)
    assert there["best_parameters"] == json.loads(best.stdout)


def test_one_that_is_misspelt_can_be_watched(serve: Serve) -> None:
    """As any other."""
    _, recorded = ended(serve, "budget")
    assert call("watch", f"experiment/{name_of(recorded)}", "-n", "team").exit_code == 0


def test_a_name_that_is_not_there_is_answered_with_the_list(serve: Serve) -> None:
    """Of that namespace; nothing here is looked for."""
    serve(Api())
    called = call("show", "experiment/x", "-n", "team")
    assert called.exit_code == 2
    assert called.stderr == (
        "Error: No Experiment 'x' in namespace 'team'. List them: kfp-katib list -n team\n"
    )
