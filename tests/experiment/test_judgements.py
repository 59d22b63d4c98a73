# SPDX-License-Identifier: Apache-2.0
"""A manifest is judged once as it was read, changes in place, and once as it is submitted; then no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.engines.katib.api.resources import as_written
from kfp_katib.engines.options import Identity
from kfp_katib.experiment import check, rules
from kfp_katib.experiment.problem import Problem
from kfp_katib.experiment.rules.view import View
from kfp_katib.steps.search.plan import RunContext, plan
from tests.builders.manifest import manifest as command_manifest
from tests.builders.valid import random
from tests.cli.commands import call, manifest, write
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.proxy import write_kubeconfig
from tests.engines.katib.replay.player import api_of
from tests.engines.katib.replay.server import serving

Judged = list[str]


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judged:
    """The names of the Experiments that the rules judge, in this order; trials run in `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    names: Judged = []
    judge = rules.judge

    def counted(view: View) -> tuple[Problem, ...]:
        names.append(view.metadata["name"])
        return judge(view)

    monkeypatch.setattr(rules, "judge", counted)
    return names


def test_a_check_is_one_judgement(judged: Judged) -> None:
    """Warnings and errors come out of the same."""
    check(random())
    assert judged == ["my-search"]


def test_validating_is_one_judgement(judged: Judged, tmp_path: Path) -> None:
    """Of a manifest with errors too."""
    assert call("validate", write(tmp_path, manifest("0.3", parallelTrialCount=0))).exit_code == 2
    assert judged == ["shell"]


@pytest.mark.parametrize("changes", [(), ("--max-trials", "1", "--algorithm", "random")])
def test_a_run_on_this_machine_is_one(judged: Judged, tmp_path: Path, changes: tuple[str, ...]) -> None:
    """Overrides stand before it, and no placeholder is filled in; nobody else asks for one."""
    report = str(tmp_path / "report.html")
    called = call("run", write(tmp_path, manifest("0.3", "0.2")), *changes, "--report", report)
    assert called.exit_code == 0
    assert judged == ["shell"]


def test_a_run_on_katib_is_two(judged: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the file to the summary, preflight and watching included."""
    recorded = recording.read("mixed failures")
    api, _ = api_of(recorded)
    with serving(api) as address:
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, address, "team")))
        called = call("run", write(tmp_path, as_written(recorded.manifest)), "--engine", "katib")
    assert called.exit_code == 0
    assert judged == [recorded.manifest["metadata"]["name"]] * 2


def test_rendering_is_two(judged: Judged, tmp_path: Path) -> None:
    """The manifest as its author wrote it, and the text that is pasted."""
    assert call("render", write(tmp_path, manifest("0.3")), "--name", "final").exit_code == 0
    assert judged == ["shell", "final"]


def test_a_step_is_two(judged: Judged) -> None:
    """Whoever runs it; labels are added behind the second."""
    context = RunContext(models="/models", image="image:1")
    text = command_manifest("train", "--lr=${trialParameters.lr}")
    planned = plan(text, context, identity=Identity("run-1", "launch-katib"), overrides={"max_trials": 2})
    assert judged == ["shell-tuning", planned.experiment.name]
