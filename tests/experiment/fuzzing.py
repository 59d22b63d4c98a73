# SPDX-License-Identifier: Apache-2.0
"""What becomes of broken manifests.

`python -m tests.experiment.fuzzing FIRST COUNT` tries so many, each made from its number alone, and prints
what was found as JSON. It measures its own process: what one manifest costs is to stay below a second, and
all of them below 200 MB.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections import Counter
from pathlib import Path

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment import Experiment, check, load, render, to_yaml
from kfp_katib.experiment.placeholders import OPTIONS, used
from tests.builders.valid import VALID
from tests.experiment.breaking import document
from tests.support.speed import longer

HANGS_SECONDS = 20
"""A manifest that takes longer is given up."""


def outcome(data: bytes) -> str:
    """What becomes of a manifest: the rules it breaks, or how far it comes.

    Raises:
        Exception: Whatever is no error of ours, and AssertionError where two answers differ.
    """
    problems = check(data)
    wrong = [problem for problem in problems if problem.severity == "error" and not problem.engine]
    errors = sorted({problem.rule for problem in wrong})
    assert all(problem.message and problem.fix and len(problem.explained) < 4000 for problem in problems)
    try:
        experiment = load(data)
    except ManifestError as err:
        if sorted({problem.rule for problem in err.problems}) != errors:
            raise AssertionError(f"load refuses otherwise than check: {err}") from err
        return " ".join(errors)
    assert not errors, "load accepts what check refuses"
    return "valid" + _submitted(experiment)


def _submitted(experiment: Experiment) -> str:
    rendered = render(experiment, dataset="/d", models="/m", image="i", run_id="r")
    assert load(to_yaml(rendered)) == rendered
    assert not used(rendered.manifest).keys() & OPTIONS.keys()
    _on_vertex_ai(rendered)
    try:
        _on_this_machine(rendered)
    except InputError as err:
        str(err)
        return ", on Katib only"
    return ", here as well"


def _on_vertex_ai(experiment: Experiment) -> None:
    """It becomes a study, with what is otherwise there, or is refused with every reason."""
    from kfp_katib.vertex.study import study
    from kfp_katib.vertex.unsupported import notes

    try:
        study(experiment, models="gs://bucket/models")
    except InputError as err:
        str(err)
    else:
        notes(experiment)


def _on_this_machine(experiment: Experiment) -> None:
    """As far as a local run goes before its first trial starts."""
    from kfp_katib.engines.local.journal import Journal
    from kfp_katib.engines.local.search.suggestions import open_study
    from kfp_katib.engines.local.unsupported import refusals
    from kfp_katib.trial.command_line import command_line, metrics_place
    from kfp_katib.trial.template import any_container

    if found := refusals(experiment):
        raise InputError(found[0].message)
    box = any_container(experiment)
    command_line(box, experiment.collector, metrics_place(experiment.collector, Path("/runs/t")), {})
    if experiment.algorithm.name != "bayesianoptimization":  # scikit-optimize alone takes 100 MB
        open_study(experiment, Journal(experiment.name)).ask()


def _timed(number: int) -> tuple[str, float]:
    data = document(number)
    signal.setitimer(signal.ITIMER_PROF, HANGS_SECONDS)
    began = _processor_seconds()
    try:
        found = outcome(data)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return found, _processor_seconds() - began


def _processor_seconds() -> float:
    """Of this process and of the shells that it asked; a wall clock would count the machine's other work."""
    return sum(os.times()[:4])


def _give_up(*_: object) -> None:
    raise TimeoutError(f"{HANGS_SECONDS} seconds")


def _peak_megabytes() -> float:
    """Not ru_maxrss: Linux hands a process's peak on to the program that it executes, here pytest's own."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(first: int, count: int) -> None:
    """Try the manifests of these numbers; print what was found."""
    signal.signal(signal.SIGPROF, _give_up)
    for start in VALID.values():
        outcome(json.dumps(start()).encode())  # what is imported is no manifest's cost
    outcomes: Counter[str] = Counter()
    failures: dict[int, str] = {}
    times: dict[int, float] = {}
    for number in range(first, first + count):
        try:
            found, times[number] = _timed(number)
            outcomes[found] += 1
        except Exception:  # whatever it is, it is what is looked for
            failures[number] = traceback.format_exc(limit=-4)[-3000:]
    worst = max(times, key=times.__getitem__, default=first)
    print(
        json.dumps(
            {
                "failures": failures,
                "slow": {number: taken for number, taken in times.items() if longer(taken, than=1)},
                "worst": [worst, times.get(worst, 0.0)],
                "megabytes": _peak_megabytes(),
                "outcomes": outcomes.most_common(),
            }
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
