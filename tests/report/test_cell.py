# SPDX-License-Identifier: Apache-2.0
"""Progress below a notebook's cell: one output, written over."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import yaml

from kfp_katib.report.cell import Shown
from tests.builders.progress import so_far
from tests.builders.result import trial
from tests.builders.search import PRINT, manifest
from tests.support.notebook import notebook


def test_text_and_html_say_the_same() -> None:
    """The counts with a bar, and what failed last."""
    failed = trial(1, state="Failed", message="no <memory>")
    shown = Shown(so_far(trial(0, "0.5"), failed), failed)
    page = ET.fromstring(f"<div>{shown._repr_html_()}</div>")
    assert " ".join(page.itertext()).split() == repr(shown).split()
    (bar,) = page.iter("progress")
    assert bar.get("value") == "2"
    assert repr(shown).splitlines()[-1].startswith("trial tune-1 Failed")


def test_one_output_is_written_over(tmp_path: Path) -> None:
    """In a real kernel: from the first trial to the last; a search that goes on says how far it was."""
    script = f"sleep 0.5; {PRINT}"
    (tmp_path / "experiment.yaml").write_text(
        yaml.safe_dump(manifest(script, maxTrialCount=3, parallelTrialCount=1))
    )
    call = "from kfp_katib import run\nr = run('experiment.yaml', progress=True{})"
    with notebook(tmp_path) as opened:
        first = opened.cell(call.format(", max_trials=2"))
        again = opened.cell(call.format(""))
    assert (first.error, first.stderr) == ("", "")
    (outputs,) = first.displays.values()
    assert len(outputs) >= 3
    assert outputs[0]["text/plain"].startswith("0/2 trials")
    assert outputs[-1]["text/plain"].startswith("2/2 trials, best loss=")
    assert "Resuming where an earlier run stopped: 2 trials had completed." in again.stdout


def test_what_a_running_trial_reports_is_seen(tmp_path: Path) -> None:
    """Although nothing else changes meanwhile."""
    script = "{ echo loss=0.75; sleep 4; echo loss=${trialParameters.lr}; }"
    (tmp_path / "experiment.json").write_text(
        json.dumps(manifest(script, maxTrialCount=1, parallelTrialCount=1))
    )
    with notebook(tmp_path) as opened:
        cell = opened.cell("from kfp_katib import run\nr = run('experiment.json', progress=True)")
    assert cell.error == ""
    (outputs,) = cell.displays.values()
    assert any("loss=0.75" in each["text/plain"] for each in outputs), outputs


def test_an_interrupted_cell_says_how_to_go_on(tmp_path: Path) -> None:
    """The button of a notebook is Ctrl-C: the error carries what there is so far."""
    (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(manifest(PRINT, maxTrialCount=2)))
    with notebook(tmp_path) as opened:
        cell = opened.cell(
            "import os, signal, threading, kfp_katib\n"
            "def press(progress): os.kill(os.getpid(), signal.SIGINT)\n"
            "try:\n    kfp_katib.run('experiment.yaml', on_update=press, progress=True)\n"
            "except kfp_katib.Interrupted as error:\n    print(error, error.result)\n"
        )
        assert "Run it again to go on" in cell.stdout
        assert "<Result tune" in cell.stdout
        after = opened.cell("print(kfp_katib.run('experiment.yaml').state)")
    assert after.stdout == "Succeeded\n"
