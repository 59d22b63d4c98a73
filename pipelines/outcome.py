# SPDX-License-Identifier: Apache-2.0
"""What came out of a run on this machine: the best trial, whether its model was released, where all is."""

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfp_katib.steps.evaluation_page import Judgement

_PAGES = {"launch-katib": "report.html", "evaluate-model": "evaluation.html"}


def outcome(folder: Path, thresholds: Mapping[str, Any], named: str) -> dict[str, str]:
    """What to say at the end of the last run in a folder, whose pages are copied to where one looks.

    Args:
        folder: Where everything went.
        thresholds: The range that each judged observable had to keep.
        named: What the user calls the thresholds.
    """
    run = last_run(folder)
    pages = {page: shown(run, step, folder / page) for step, page in _PAGES.items()}
    judged = told(run, "evaluate-model")
    passed = judged["parameterValues"]["passed"]
    about = artifact(told(run, "launch-katib"), "best_model")
    return {
        "Released": released(about, artifact(judged, "metrics"), thresholds, named, passed=passed),
        "Best trial": best_trial(about),
        "Model": str(told(run, "promote")["parameterValues"]["address"] if passed else kept(run, about)),
        "Report": pages["report.html"],
        "Evaluation": pages["evaluation.html"],
    }


def report_of_a_failure(folder: Path) -> str:
    """Where the report of a search is that failed, or whose run did; empty where none was written."""
    if not (folder / "steps").is_dir():
        return ""
    return shown(last_run(folder), "launch-katib", folder / "report.html")


def last_run(folder: Path) -> Path:
    """Where the steps of the last run are."""
    return max((folder / "steps").iterdir(), key=lambda path: path.stat().st_mtime)


def shown(run: Path, step: str, page: Path) -> str:
    """Where a step's page is copied to; empty, and no earlier run's page left there, if it wrote none."""
    page.unlink(missing_ok=True)
    if not (run / step / "report").is_file():
        return ""
    return str(shutil.copyfile(run / step / "report", page))


def best_trial(about: Mapping[str, Any]) -> str:
    """Which trial is the best, with its value and parameters, of a best model's metadata."""
    parameters = ", ".join(f"{name}={value}" for name, value in json.loads(about["parameters"]).items())
    return f"{about['trial']}: {about['metric']}={about['value']:g} with {parameters}"


def released(
    about: Mapping[str, Any],
    observed: Mapping[str, float],
    thresholds: Mapping[str, Any],
    named: str,
    *,
    passed: bool,
) -> str:
    """Whether the model was released, and why."""
    if about.get("model") == "none":
        return "no: no trial left a model"
    if passed and not thresholds:
        return "yes: there are no thresholds"
    if passed:
        count = f"all {len(thresholds)} thresholds in" if len(thresholds) > 1 else "the threshold in"
        return f"yes: it keeps {count} {named}"
    judged = [judgement(name, observed, *limits) for name, limits in thresholds.items()]
    missed = [
        f"{each.observable} is {each.value:.6g}, allowed is {each.allowed}"
        for each in judged
        if not each.passed
    ]
    return f"no: by {named}, {'; '.join(missed)}"


def judgement(name: str, observed: Mapping[str, float], low: float | None, high: float | None) -> Judgement:
    """How an observable was judged; the step hands on finite numbers only."""
    least, most = -math.inf if low is None else low, math.inf if high is None else high
    return Judgement(name, observed.get(name, math.nan), least, most)


def kept(run: Path, about: Mapping[str, Any]) -> Path | str:
    """Where a model is that was not released."""
    return "none" if about.get("model") == "none" else run / "extract-best-model" / "model"


def told(run: Path, step: str) -> dict[str, Any]:
    """What a step told kfp."""
    document: dict[str, Any] = json.loads((run / step / "executor_output.json").read_text())
    return document


def artifact(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The metadata of an artifact that a step told kfp of."""
    metadata: dict[str, Any] = document["artifacts"][name]["artifacts"][0]["metadata"]
    return metadata
