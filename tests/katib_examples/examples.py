# SPDX-License-Identifier: Apache-2.0
"""Each example as a row: read, checked, and run with a stand-in for its image's script."""

from __future__ import annotations

import copy
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kfp_katib import ManifestError, Problem, Result, load, run
from kfp_katib.engines.engine import named
from kfp_katib.results.brief import counted
from tests.katib_examples import stand_in
from tests.katib_examples.known import KATIB, MENDS, RUNS

FOLDER = Path("examples/v1beta1")

ON_ALL = ("backoff-limit", "istio-label-missing")
"""Warnings that nearly every example gets; the page says so once."""

_EPOCH = 0.9  # seconds, where trials may be stopped: whoever follows them looks once a second


@dataclass(frozen=True, slots=True)
class Row:
    """One example: what is in it, and what comes of it."""

    example: str
    algorithm: str
    kind: str
    validate: str
    local: str
    katib: str


def rows(checkout: Path) -> Iterator[Row]:
    """A row for each example in a checkout of Katib, by name."""
    root = checkout / FOLDER
    for file in sorted(root.rglob("*.yaml")):
        manifest = yaml.safe_load(file.read_text())
        if manifest.get("kind") == "Experiment":
            yield _row(str(file.relative_to(root)), manifest)


def _row(example: str, manifest: dict[str, Any]) -> Row:
    spec = manifest["spec"]
    stopping = spec.get("earlyStopping", {}).get("algorithmName")
    return Row(
        example,
        " with ".join(filter(None, (spec["algorithm"]["algorithmName"], stopping))),
        spec["trialTemplate"].get("trialSpec", {}).get("kind", "in a ConfigMap"),
        validated(manifest),
        local(example, manifest),
        KATIB.get(example, RUNS),
    )


def validated(manifest: dict[str, Any]) -> str:
    """The rules that it breaks; `green` if none."""
    try:
        experiment = load(manifest)
    except ManifestError as error:
        return _counted(error.findings)
    return _counted((*experiment.warnings, *experiment.engine_problems))


def _counted(problems: Iterable[Problem]) -> str:
    """The rules that are broken, how often, and by the errors first."""
    found = Counter(
        (each.severity, f"{each.severity} ({each.engine})" if each.engine else each.severity, each.rule)
        for each in problems
        if each.rule not in ON_ALL
    )
    said = [
        f"{weight}: `{rule}`" + (f" ({count} times)" if count > 1 else "")
        for (_, weight, rule), count in sorted(found.items())
    ]
    return "; ".join(said) or "green"


def local(example: str, manifest: dict[str, Any]) -> str:
    """The verdict of the local engine, or why it refuses the example, and what comes of it mended."""
    refused = _refused(manifest)
    if not refused:
        return _ran(manifest)
    if example not in MENDS:
        return refused
    words, fields = MENDS[example]
    mended = {**manifest, "spec": {**manifest["spec"], **fields}}
    return f"{refused}; {words}: {_refused(mended) or _ran(mended)}"


def _refused(manifest: dict[str, Any]) -> str:
    """Why the local engine does not run it, if so."""
    try:
        experiment = load(manifest)
    except ManifestError as error:
        kept = [each for each in error.findings if each.severity == "error" and each.engine in ("", "local")]
        return f"refused: {', '.join(f'`{each.rule}`' for each in kept)}"
    refusals = named("local").refusals(experiment)
    return f"refused: {_brief(refusals)}" if refusals else ""


def _brief(refusals: Sequence[Problem]) -> str:
    return ", ".join(each.message.partition(";")[0].partition(" runs on ")[0] for each in refusals)


def _ran(manifest: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return _said(run(with_stand_in(manifest), runs=Path(folder)))


def _said(result: Result) -> str:
    """The verdict, and the trials by their state: of early stopping only whether there was any."""
    states = Counter(trial.state for trial in result.trials)
    ended = "some of them stopped early" if states.pop("EarlyStopped", 0) else ""
    others = [f"{count} {state}" for state, count in states.items() if state != "Succeeded"]
    more = "".join(f", {each}" for each in (ended, *others) if each)
    return f"{result.state} ({result.reason}): {counted(len(result.trials), 'trial')}{more}"


def with_stand_in(manifest: dict[str, Any]) -> dict[str, Any]:
    """The same manifest whose container starts our script in place of its own, with the same arguments."""
    changed = copy.deepcopy(manifest)
    spec = changed["spec"]
    (container,) = spec["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"]
    place = next(i for i, word in enumerate(container["command"]) if word.endswith(".py"))
    objective = spec["objective"]
    metrics = [objective["objectiveMetricName"], *objective.get("additionalMetricNames", ())]
    collector = spec.get("metricsCollectorSpec", {})
    path = collector.get("source", {}).get("fileSystemPath", {}).get("path", "")
    pause = _EPOCH if "earlyStopping" in spec else 0
    container["command"][place : place + 1] = [stand_in.__file__, ",".join(metrics), path or "''", str(pause)]
    return changed
