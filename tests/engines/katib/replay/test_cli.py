# SPDX-License-Identifier: Apache-2.0
"""The verbs that need a cluster, on recorded searches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfp_katib.engines.katib.api.resources import as_written
from tests.builders import search
from tests.cli.commands import call
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.player import api_of, experiment_of, name_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[Recording], str]:
    """Write a recorded Experiment into a file."""

    def write(recorded: Recording) -> str:
        path = tmp_path / "experiment.yaml"
        path.write_text(yaml.safe_dump(as_written(recorded.manifest)))
        return str(path)

    return write


def test_run_submits_follows_and_shows(serve: Serve, file_of: Callable[[Recording], str]) -> None:
    """The same summary as for a search on this machine, without a folder."""
    recorded = recording.read("mixed failures")
    api, _ = api_of(recorded)
    serve(api)
    called = call("run", file_of(recorded), "--engine", "katib", "--json")
    shown = json.loads(called.stdout)
    assert (called.exit_code, shown["state"], shown["best_value"]) == (0, "Succeeded", 0.2)
    assert api.created == [name_of(recorded)]


def test_a_failed_search_shows_the_log_of_its_last_failed_trial(
    serve: Serve, file_of: Callable[[Recording], str]
) -> None:
    """Exit code 1; the pod is gone by then."""
    recorded = recording.read("failures")
    api, _ = api_of(recorded)
    serve(api)
    called = call("run", file_of(recorded), "--engine", "katib")
    assert called.exit_code == 1
    assert "exit code 3" in called.stderr
    assert "CUDA out of memory" in called.stderr
    assert "Logs and metrics of every trial" not in called.stdout


def test_again_is_refused_where_it_would_delete(serve: Serve, file_of: Callable[[Recording], str]) -> None:
    """What to do instead is said."""
    recorded = recording.read("budget")
    called = call("run", file_of(recorded), "--engine", "katib", "--again")
    assert called.exit_code == 2
    assert called.stderr.endswith(f"kfp-katib cancel experiment/{name_of(recorded)}\n")
    elsewhere = call("run", file_of(recorded), "--engine", "katib", "--again", "-n", "team")
    assert elsewhere.stderr.endswith(f"kfp-katib cancel experiment/{name_of(recorded)} -n team\n")


def test_run_extends_what_has_finished(serve: Serve, file_of: Callable[[Recording], str]) -> None:
    """The same command with more trials; the whole search is shown."""
    recorded = recording.read("extended")
    api, _ = api_of(recorded)
    serve(api)
    file = file_of(recorded)
    assert json.loads(call("run", file, "--engine", "katib", "--json").stdout)["experiment"]
    called = call("run", file, "--engine", "katib", "--json", "--max-trials", "4", "--parallel-trials", "2")
    assert (called.exit_code, len(json.loads(called.stdout)["trials"])) == (0, 4)
    spent = call("run", file, "--engine", "katib")
    assert spent.exit_code == 2
    assert "it has 4 trials already" in spent.stderr


def test_watch_shows_what_somebody_else_has_started(serve: Serve) -> None:
    """In a namespace of one's choice."""
    recorded = recording.read("budget")
    api, player = api_of(recorded)
    api.store.put(
        "experiments", player.start({"metadata": {**recorded.manifest["metadata"]}} | recorded.manifest)
    )
    serve(api)
    called = call("watch", f"experiment/{name_of(recorded)}", "-n", "team")
    assert called.exit_code == 0
    assert "Succeeded" in called.stdout
    assert "earlier run" not in called.stderr


def test_cancel_says_when_all_is_gone(serve: Serve) -> None:
    """And that there is nothing to cancel, where there is not."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    api.store.put("experiments", recorded.manifest)
    serve(api)
    assert (
        call("cancel", f"experiment/{name_of(recorded)}").stdout
        == f"Experiment '{name_of(recorded)}' is gone.\n"
    )
    called = call("cancel", f"experiment/{name_of(recorded)}")
    assert (called.exit_code, "No Experiment" in called.stderr) == (2, True)


def test_a_search_here_is_told_the_trials_of_the_cluster(serve: Serve, tmp_path: Path) -> None:
    """By `--from experiment/NAME`, which only reads."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    serve(api)
    run(experiment_of(recorded))
    before = api.asked.copy()
    document = search.manifest("echo loss=${trialParameters.d}", maxTrialCount=1, **over(recorded))
    (tmp_path / "here.yaml").write_text(yaml.safe_dump(document))
    options = ("--runs", str(tmp_path / "runs"), "--from", f"experiment/{name_of(recorded)}")
    called = call("run", str(tmp_path / "here.yaml"), *options, "-n", "team")
    assert called.exit_code == 0
    assert f"Warm start: told 3 earlier trials of experiment/{name_of(recorded)}." in called.stderr
    assert {request.split()[0] for request in api.asked - before} == {"GET"}


def over(recorded: Recording) -> dict[str, Any]:
    """A search here over the space of a recorded one."""
    (parameter,) = recorded.manifest["spec"]["parameters"]
    return {"parameters": [parameter], "algorithm": {"algorithmName": "random"}}


@pytest.mark.parametrize(
    ("recorded", "options", "said"),
    [
        ("failures", (), "failed, and Katib restarts none that has: --name OTHER begins a new one, "),
        ("goal", (), "reached its goal, and Katib restarts none that has: --name OTHER begins a new one, "),
        ("budget", ("-n", "team"), "finished under resumePolicy Never, and Katib restarts none that has: "),
        ("extended", (), "finished; a larger --max-trials goes on.\n"),
    ],
)
def test_an_experiment_that_had_ended_names_each_way_on(
    recorded: str, options: tuple[str, ...], said: str, serve: Serve, file_of: Callable[[Recording], str]
) -> None:
    """By what Katib restarts; it runs no values again."""
    search = recording.read(recorded)
    serve(api_of(search)[0])
    line = ("run", file_of(search), "--engine", "katib", *options)
    first, second = call(*line), call(*line)
    assert ("This Experiment" in first.stderr, "--retry-failed" in second.stderr) == (False, False)
    assert f"\nThis Experiment had already {said}" in second.stderr
    way = " ".join((f"kfp-katib cancel experiment/{name_of(search)}", *options))
    assert f"{way} deletes this one.\n" in second.stderr or "goes on" in said
