# SPDX-License-Identifier: Apache-2.0
"""Experiments of a real Katib that nothing of ours created: listed, shown, compared, reported, exported.

One of them has a misspelt field: Katib ignores it and runs, while our rules would refuse the manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfp_katib.experiment import check
from kfp_katib.results import from_csv
from tests.cli.commands import call
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import small

pytestmark = pytest.mark.cluster
FAILS = "echo lr is ${trialParameters.lr} >&2 && false"


@pytest.fixture(scope="module")
def there(katib: Katib) -> Iterator[Katib]:
    """A namespace with two Experiments that have ended, as kubectl would have created them."""
    misspelt = small("misspelt", katib.image)
    misspelt["spec"]["paralelTrialCount"] = 4
    assert any(problem.severity == "error" for problem in check(misspelt))
    with katib.running(misspelt), katib.running(small("hopeless", katib.image, prints=FAILS)):
        katib.finished("misspelt")
        katib.finished("hopeless")
        yield katib


def test_all_of_them_are_listed(there: Katib) -> None:
    """With Katib's states, the trials' counts, the best value."""
    found = json.loads(call("list", "-n", there.namespace, "--json").stdout)
    told = {each["name"]: (each["state"], each["completed"], each["failed"]) for each in found}
    assert told["misspelt"] == ("Succeeded", 4, 0)
    assert told["hopeless"][0] == "Failed"
    assert told["hopeless"][2] >= 2
    best = {each["name"]: each["best"] for each in found}
    losses = [float(trial["spec"]["parameterAssignments"][0]["value"]) for trial in there.trials("misspelt")]
    assert best["misspelt"] == pytest.approx(min(losses), abs=1e-6)
    assert best["hopeless"] is None


def test_one_is_shown_and_its_best_trial_is_given(there: Katib) -> None:
    """Exit code 0 for the one that succeeded, 1 for the one that failed."""
    shown = call("show", "experiment/misspelt", "-n", there.namespace, "--json")
    best = call("best", "experiment/misspelt", "-n", there.namespace, "--json")
    assert shown.exit_code == 0
    assert json.loads(best.stdout) == {
        name: float(text) for name, text in json.loads(shown.stdout)["best_hyperparameters"].items()
    }
    assert call("show", "experiment/hopeless", "-n", there.namespace).exit_code == 1
    line = call("best", "experiment/misspelt", "-n", there.namespace, "--command").stdout
    assert re.match(r"sh -c 'sleep \d && echo loss=0\.\d+'$", line)


def test_both_are_compared_reported_and_exported(there: Katib, tmp_path: Path) -> None:
    """A report of one that failed tells that, too."""
    of_it = ("-n", there.namespace)
    compared = call("compare", "experiment/misspelt", "experiment/hopeless", *of_it, "--json")
    assert [each["state"] for each in json.loads(compared.stdout)] == ["Succeeded", "Failed"]
    for name in ("misspelt", "hopeless"):
        page = tmp_path / f"{name}.html"
        assert call("report", f"experiment/{name}", *of_it, "-o", str(page)).exit_code == 0
        assert name in page.read_text()
        table = call("export", f"experiment/{name}", *of_it, "--csv").stdout
        assert len(from_csv(table, "csv")) == len(there.trials(name))
