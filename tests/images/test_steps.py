# SPDX-License-Identifier: Apache-2.0
"""What the runtime image's steps do, in the image: nothing that they need was left out of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from kfp_katib.engines.katib.api.resources import as_written
from kfp_katib.engines.local.search.algorithms import ALGORITHMS
from tests.builders.architecture import darts, enas
from tests.builders.manifest import double, manifest
from tests.engines.katib.live.engine import recording
from tests.engines.katib.replay.conftest import serve as serve
from tests.engines.katib.replay.player import api_of, name_of
from tests.engines.katib.replay.server import Serve
from tests.images.docker import MOUNT, NETWORK, Image
from tests.support.registry import Registry
from tests.support.registry import registry as registry

pytestmark = [
    pytest.mark.images,
    pytest.mark.timeout(900),
    pytest.mark.skipif(NETWORK != "host", reason="the servers listen on this machine's loopback"),
]

SPACE = [double("lr", "0.1", "0.9", step="0.2"), double("momentum", "0.1", "0.9", step="0.2")]
LINE = "sleep ${trialParameters.momentum}; echo loss=${trialParameters.lr}"
SETTINGS = {
    "multivariate-tpe": {"n_startup_trials": "1"},
    "bayesianoptimization": {"n_initial_points": "1"},
    "hyperband": {"r_l": "2", "eta": "2", "resource_name": "momentum"},
    "pbt": {"suggestion_trial_dir": "/tmp/handed-on", "n_population": "5", "truncation_threshold": "0.2"},
}
"""What an algorithm cannot do without, or how few trials are random before its library is asked."""

REGISTERS = """
from kfp_katib.steps.register_model import Run, register
about = {{"trial": "search-7f", "value": 0.25, "framework": "onnx"}}
print(register("s3://b/m", about, "par04", registry="{url}", run=Run("r1", "n")))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of this machine in which the image's user may write."""
    tmp_path.chmod(0o777)
    return tmp_path


def searching(algorithm: str, folder: Path) -> str:
    """A small search by an algorithm, whose trials find this folder where the container has it."""
    if made := {"darts": darts, "enas": enas}.get(algorithm):
        return yaml.safe_dump(made(folder)).replace(str(folder), MOUNT)
    given = SETTINGS.get(algorithm, {})
    settings = [{"name": name, "value": value} for name, value in given.items()]
    named = {"algorithmName": algorithm, "algorithmSettings": settings}
    return manifest("sh", "-c", LINE, algorithm=named, parameters=SPACE, maxTrialCount=3)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_searches_and_reports(images: dict[str, Image], folder: Path, algorithm: str) -> None:
    """Its own library proposes, and the page has its figures."""
    (folder / "experiment.yaml").write_text(searching(algorithm, folder))
    run = ("kfp-katib", "run", "experiment.yaml", "--image", "any", "--report", "report.html", "--json")
    done = images["runtime"].run(*run, folder=folder)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["trials"]) == 3
    page = (folder / "report.html").read_text()
    assert "plotly.js v" in page
    assert 'id="timeline-plot"' in page


def test_a_search_runs_on_katib(images: dict[str, Image], folder: Path, serve: Serve) -> None:
    """By the official client, on a recorded search."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    serve(api)
    (folder / "experiment.yaml").write_text(yaml.safe_dump(as_written(recorded.manifest)))
    config = Path(os.environ["KUBECONFIG"])
    config.chmod(0o644)
    options = ["-e", f"KUBECONFIG={MOUNT}/{config.relative_to(folder)}"]
    done = images["runtime"].run(
        "kfp-katib", "run", "experiment.yaml", "--engine", "katib", "--json", folder=folder, options=options
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "Succeeded"
    assert api.created == [name_of(recorded)]


def test_a_model_is_registered(images: dict[str, Image], registry: Registry) -> None:
    """By REST, in a registry that listens here."""
    done = images["runtime"].run("python", "-c", REGISTERS.format(url=registry.url))
    assert done.stdout == f"{(registry.models[0]['id'], 'search-7f')}\n", done.stderr
    assert registry.versions[0]["name"] == "search-7f"
