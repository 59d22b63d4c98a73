# SPDX-License-Identifier: Apache-2.0
"""Manifests and calls that the tests of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from kfp_katib.cli import main
from kfp_katib.experiment.model import Manifest
from tests.builders import manifest as build
from tests.builders.manifest import experiment

SCRIPT = """\
echo training with $1
case $1 in fail) echo boom >&2; exit 3;; quit) exit 0;; hang) sleep 60;; esac
case $1 in deaf) trap '' TERM; touch deaf; sleep 60;; esac
echo loss=$1
"""
"""Somebody's training: three lines of shell that print a loss, or do not."""


INTERRUPTIBLE = (
    "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "sys.argv[0] = 'kfp-katib'; runpy.run_module('kfp_katib', run_name='__main__')"
)
"""`kfp-katib` as a program for `python -c`; whatever runs the tests may ignore Ctrl-C, and so would it."""


BEYOND: dict[str, Any] = {
    "algorithm": {
        "algorithmName": "hyperband",
        "algorithmSettings": [{"name": "r_l", "value": "9"}, {"name": "resource_name", "value": "kind"}],
    },
    "parallelTrialCount": 2,
}
"""Fields of a spec that Katib's own service refuses."""


def manifest(*kinds: str, **spec: Any) -> Manifest:
    """An Experiment with one trial for each kind of behaviour, one after the other."""
    kind = {"name": "kind", "parameterType": "categorical", "feasibleSpace": {"list": list(kinds)}}
    usual: dict[str, Any] = {"algorithm": {"algorithmName": "grid"}, "maxFailedTrialCount": len(kinds)}
    made = experiment(
        job("sh", "train.sh", "${trialParameters.kind}"),
        name="shell",
        parameters=[kind],
        maxTrialCount=len(kinds),
        **(usual | spec),
    )
    made["metadata"]["namespace"] = "kubeflow"
    return made


def job(*command: str) -> Manifest:
    """A Job that runs one command, of which no rule has anything to say."""
    made = build.job({"image": "example.test/training:1", "command": list(command)})
    made["spec"]["template"]["metadata"] = {"labels": {"sidecar.istio.io/inject": "false"}}
    return made


def write(folder: Path, content: dict[str, Any]) -> str:
    """A manifest's file, beside the training script; its path."""
    (folder / "train.sh").write_text(SCRIPT)
    path = folder / "experiment.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


def call(*arguments: str, stdin: str | None = None) -> Result:
    """`kfp-katib` with these arguments; stdout and stderr are kept apart."""
    return CliRunner().invoke(main, list(arguments), input=stdin, catch_exceptions=False)
