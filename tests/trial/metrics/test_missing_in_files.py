# SPDX-License-Identifier: Apache-2.0
"""Why a trial has no metric: each cause has its own sentence, with the line or the file that shows it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tensorboardX import SummaryWriter

from kfp_katib import run
from kfp_katib.experiment import load
from kfp_katib.results import TrialCondition
from kfp_katib.trial.outcome import examine
from kfp_katib.trial.trial_folder import TrialFolder
from tests.builders.search import collector, search
from tests.engines.local.searches import only
from tests.places import DATA

CASES = DATA / "cases"
TEXT = collector("File", "/out/m.log", format="TEXT")
JSON = collector("File", "/out/m.json", format="JSON")
EVENTS = collector("TensorFlowEvent", "/logs")
TQDM = "\r  0%|    | 0/9\r 11%|▍   | 1/9 loss: 0.5, acc: 0.1\r100%|████| 9/9 loss: 0.4, acc: 0.2\n"


def ended(
    tmp_path: Path, spec: dict[str, Any] | None, written: str | bytes | None, log: str = ""
) -> TrialCondition:
    """The outcome of a trial that ended well and left this file and this log."""
    files = TrialFolder(tmp_path / "trial")
    files.clear()
    files.log.write_text(log)
    (files.metrics / "7.pid").write_text("completed\n")
    experiment = search("echo ${trialParameters.lr}", metricsCollectorSpec=spec)
    name = Path(experiment.collector.path).name if experiment.collector.kind == "File" else "metrics.log"
    if written is not None:
        (files.metrics / name).write_bytes(written.encode() if isinstance(written, str) else written)
    return examine(experiment, files, 0)


@pytest.mark.parametrize(
    ("spec", "written", "says"),
    [
        (None, "loss: 0.5\n", "It prints `loss: 0.5`, and Katib's default filter reads only `loss=<"),
        (None, "loss: 0.5\n", "Print `loss=0.5`, or set metricsFormat of the collector's filter to `(loss)"),
        (None, "Loss: 0.5\n", "Print `loss=0.5`, or give the collector a metricsFormat of your own."),
        (None, "Epoch 1/3 - train_loss 0.31 - acc 0.4\n", "It prints `train_loss 0.31`: the name is `train"),
        (None, "val_loss: 0.31\n", "Print `loss=0.31`, or print `val_loss=0.31` and name that in"),
        (None, "step 3 loss 0.5\n", "It prints `loss 0.5`, and"),
        (None, "Loss: 0.5\n", "It prints `Loss: 0.5`, and"),
        (None, "{'loss': 0.5, 'epoch': 1}\n", "It prints `'loss': 0.5`, and"),
        (None, "loss -> 1e-3\n", "It prints `loss -> 1e-3`, and"),
        (None, TQDM, "It prints `loss: 0.5`, and"),
        (None, "9/9 [====]\b\b\b\b - loss: 0.4\n", "It prints `loss: 0.4`, and"),
        (None, "Using loss: mse\n" * 30 + "loss: 0.25\n", "It prints `loss: 0.25`, and"),
        (None, "val_loss_weight=1\n\x1b[1mx\nloss: 0.5\n", "It prints `loss: 0.5`, and"),
        (None, "Loss=0.5\n", "In the line `Loss=0.5` the name is `Loss`, not 'loss': case matters."),
        (None, "epoch=3 val_loss=0.5\n", "In the line `epoch=3 val_loss=0.5` the name is `val_loss`, not 'l"),
        (None, "loss\n", "The line `loss` holds the name, but no `loss=<number>`."),
        (None, "loss: n/a\n", "The line `loss: n/a` holds the name, but no `loss=<number>`."),
        (None, "\x1b[32mloss=0.5\x1b[0m\n", r"The line `\x1b[32mloss=0.5\x1b[0m` has terminal escape codes"),
        (None, "\x1b[32mloss=0.5\x1b[0m\n", "reads the name `32mloss`. Print without colours"),
        (None, "\x1b[1mloss\x1b[0m=0.3\n", r"The line `\x1b[1mloss\x1b[0m=0.3` has terminal escape codes"),
        (None, '{"loss": 0.5}\n', """The line `{"loss": 0.5}` is JSON, but StdOut reads text. Print `loss"""),
        (None, "epoch=1 acc=0.5\n", "It holds `epoch`, `acc`, but no 'loss'. Write `loss=<number>`"),
        (None, "done\n", "None of its lines holds 'loss'; it begins with `done`."),
        (None, "\n \n", "It is empty. Write `loss=<number>`."),
        (None, "", "finds no 'loss' in the collected output. It is empty."),
        (TEXT, "", "finds no 'loss' in the file `/out/m.log`. It is empty."),
        (TEXT, '{"loss": "0.5"}\n', 'is JSON, but the collector\'s format is TEXT. Print `loss=<number>`'),
        (
            collector("File", "/out/m.log", format="TEXT", filters=[r"(loss)=([0-9.]+)s"]),
            "start\nloss=0.5\n",
            "The filter `(loss)=([0-9.]+)s` found no value, not even in the line `loss=0.5`, which holds the",
        ),
        (
            collector("File", "/out/m.log", format="TEXT", filters=[r"(loss)=([0-9.]+)"]),
            "loss=n/a\n",
            "found no value, not even in the line `loss=n/a`",
        ),
        (
            collector("File", "/out/m.log", format="TEXT", filters=[r"(\w+): (\S+)"]),
            "val_loss: 0.5\n",
            "In the line `val_loss: 0.5` the name is `val_loss`, not 'loss'.",
        ),
        (JSON, '{"loss": 0.5}\n', """It writes `"loss": 0.5`, a number; Katib reads only JSON"""),
        (JSON, '{"loss": 0.5}\n', """Write `"loss": "0.5"`."""),
        (JSON, '{"loss": 3}\n', """Write `"loss": "3"`."""),
        (JSON, '{"loss": null}\n', """It writes `"loss": null`, and Katib reads only JSON values that ar"""),
        (JSON, '{"loss": ["0.5"]}\n', """It writes `"loss": ["0.5"]`, and Katib"""),
        (JSON, '{"Loss": "0.5"}\n', "the key is `Loss`, not 'loss': case matters. Make them equal."),
        (JSON, '{"val_loss": "0.5"}\n', "the key is `val_loss`, not 'loss'."),
        (JSON, '{"metrics": {"loss": "0.5"}}\n', "'loss' is inside `metrics` in the line"),
        (JSON, '{"acc": "0.5"}\n{"f1": "1"}\n', 'It holds `acc`, `f1`, but no \'loss\'. Write `"loss": "<nu'),
        (JSON, '{"note": "the loss"}\n', """has no string under the key 'loss'. It holds `note`."""),
        (JSON, "", "It is empty."),
    ],
)  # fmt: skip
def test_the_line_that_tells(tmp_path: Path, spec: dict[str, Any] | None, written: str, says: str) -> None:
    """The trial is MetricsUnavailable, and the message shows what it wrote and what is read."""
    outcome = ended(tmp_path, spec, written)
    assert outcome.state == "MetricsUnavailable"
    assert outcome.message.startswith("Metrics are not available. Katib's collector finds no 'loss' in ")
    assert says in outcome.message
    assert outcome.message.isprintable()


def test_only_the_last_output_is_collected_where_that_is_so(tmp_path: Path) -> None:
    """What an earlier command of a chain printed is in the log, and is shown."""
    outcome = ended(tmp_path, None, "done\n", log="start\nepoch=1 loss=0.5\n")
    assert "The line `epoch=1 loss=0.5` was printed by an earlier command: of a chain" in outcome.message
    assert "chain" not in ended(tmp_path, None, "done\n", log="start\n").message
    nothing = ended(tmp_path, None, "", log="start\n").message
    assert nothing.endswith("It is empty; what earlier commands of the chain printed is not collected.")


@pytest.mark.parametrize("spec", [TEXT, JSON, EVENTS])
def test_what_is_printed_is_not_what_is_read(tmp_path: Path, spec: dict[str, Any]) -> None:
    """File and TensorFlowEvent do not read the output."""
    written = None if spec is EVENTS else '{"x": "1"}\n'
    outcome = ended(tmp_path, spec, written, log="loss=0.5\n")
    kind = spec["collector"]["kind"]
    assert f"The line `loss=0.5` was printed, and the collector {kind} does not read" in outcome.message


def test_a_file_that_the_trial_removed(tmp_path: Path) -> None:
    """What is printed goes into a file, too."""
    outcome = ended(tmp_path, None, None, log="loss=0.5\n")
    assert outcome.state == "Failed"
    assert "The file `/var/log/katib/metrics.log`, into which Katib writes what is printed" in outcome.message


def test_text_where_json_is_expected(tmp_path: Path) -> None:
    """Katib's collector stops; the message names the line and the other format."""
    outcome = ended(tmp_path, JSON, "loss=0.5\n")
    assert outcome.state == "Failed"
    assert "Line 1 of the metrics file is not JSON" in outcome.message
    assert "`loss=0.5`. With format JSON each line must be one object; for lines like" in outcome.message


def test_a_file_that_lies_beside(tmp_path: Path) -> None:
    """The files that are there are named."""
    outcome = ended(tmp_path, TEXT, None)
    assert outcome.state == "Failed"
    assert "The metrics file `/out/m.log` was not written. The engine replaces" in outcome.message
    (tmp_path / "trial" / "metrics" / "other.log").touch()
    files = TrialFolder(tmp_path / "trial")
    message = examine(search("echo ${trialParameters.lr}", metricsCollectorSpec=TEXT), files, 0).message
    assert "was not written. Its folder holds `other.log` instead." in message


@pytest.mark.parametrize("kind", ["File", "TensorFlowEvent"])
def test_a_path_that_is_fixed_in_a_script(tmp_path: Path, kind: str) -> None:
    """The collector's path itself exists on this machine: the program wrote past the trial's folder."""
    there = tmp_path / "fixed" / "m.log"
    there.parent.mkdir()
    there.write_text("loss=0.5\n")
    os.utime(there, (1.7e9, 1.7e9))
    more = {"format": "TEXT"} if kind == "File" else {}
    outcome = ended(tmp_path, collector(kind, str(there), **more), None)
    assert f"On this machine `{there}`"[:100] in outcome.message
    assert "itself exists, last written 2023-11-14 22:13:20 UTC. The engine replaces" in outcome.message


@pytest.mark.parametrize(
    ("metric", "folder", "tag", "says"),
    [
        ("loss", "train", "accuracy", "hold the tags `accuracy`, and none begins with 'loss'."),
        ("loss", "train", "Loss", "The tag is `Loss`; Katib takes those that begin with 'loss'"),
        ("loss", "train", "val_loss", "The tag is `val_loss`; Katib takes those that begin with 'loss'"),
        (
            "eval/loss",
            "train",
            "loss",
            "The tag `loss` is in the folder `train`; the metric 'eval/loss' asks",
        ),
    ],
)
def test_tags_of_event_files(tmp_path: Path, metric: str, folder: str, tag: str, says: str) -> None:
    """What the event files hold is named."""
    files = TrialFolder(tmp_path / "trial")
    files.clear()
    (files.metrics / "7.pid").write_text("completed\n")
    with SummaryWriter(str(files.metrics / folder)) as writer:
        writer.add_scalar(tag, 0.5, 1)
    objective = {"type": "minimize", "objectiveMetricName": metric}
    experiment = search("echo ${trialParameters.lr}", objective=objective, metricsCollectorSpec=EVENTS)
    outcome = examine(experiment, files, 0)
    assert outcome.state == "MetricsUnavailable"
    assert says in outcome.message


def test_a_folder_without_event_files(tmp_path: Path) -> None:
    """What lies there instead is named; a damaged event file is one that holds nothing."""
    outcome = ended(tmp_path, EVENTS, "x")
    assert "No file there has 'tfevents' in its name. It holds `metrics.log`." in outcome.message
    (tmp_path / "trial/metrics/events.out.tfevents.1").write_bytes(b"\x08" + b"\0" * 11 + b"\xff" * 12)
    files = TrialFolder(tmp_path / "trial")
    message = examine(search("echo ${trialParameters.lr}", metricsCollectorSpec=EVENTS), files, 0).message
    assert "hold no value. The event file `events.out.tfevents.1` cannot be read: " in message


@pytest.mark.parametrize(
    ("spec", "written", "says"),
    [
        (None, "loss=n/a\n", "reads an empty text from the line `loss=n/a`."),
        (None, "loss=1\nloss=-inf\nloss=nan\n", ""),
        (JSON, '{"loss": 0.5}\n{"loss": "n/a"}\n', """reads `n/a` from the line `{"loss": "n/a"}`."""),
    ],
)
def test_a_value_that_is_no_number(
    tmp_path: Path, spec: dict[str, Any] | None, written: str, says: str
) -> None:
    """Katib calls the trial Succeeded; the message says that its value is none, and where it was read."""
    outcome = ended(tmp_path, spec, written)
    assert outcome.state == "Succeeded"
    lead = "Trial has succeeded" + (". The value of 'loss' is not a number: the collector " if says else "")
    assert outcome.message == lead + says


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "20-json-number.yaml",
            'It writes `"loss": 0.5`, a number; Katib reads only JSON values that are strings.',
        ),
        ("21-ansi-colour.yaml", r"The line `\x1b[32mloss=0.5\x1b[0m 0."),
    ],
)
def test_a_search_says_it(tmp_path: Path, name: str, says: str) -> None:
    """The whole way, by the manifest's own shell."""
    trial = only(run(load(CASES / name), runs=tmp_path))
    assert trial.state == "MetricsUnavailable"
    assert says in trial.message


def test_evidence_is_short(tmp_path: Path) -> None:
    """A long line is cut around the name; no message grows with what was written."""
    line = json.dumps({f"key{number}": number for number in range(3000)} | {"loss": 0.5})
    for spec, written in [(None, "x" * 9000 + " loss: 0.5 " + "y" * 9000), (TEXT, line), (JSON, line)]:
        message = ended(tmp_path, spec, written).message
        assert len(message) < 600
        assert "loss" in message.partition("Katib's collector finds no 'loss'")[2]
