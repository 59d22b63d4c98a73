# SPDX-License-Identifier: Apache-2.0
"""How long a user waits: for the first word, for the first trial, for a list, and for a whole command.

Run it as `python benchmarks/startup.py`. The first figures are medians of whole processes; `list` has 100
searches of 100 trials with learning curves of 20 points to read. The last figure is a search of 100 trials of
0.2 s, two at a time, from the command to its exit, compared with `xargs -P2` and the same shell command.
`benchmarks/local_engine.py` measures the library alone, without the command.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.resume import reopen_study
from kfp_katib.engines.local.search.suggestions import Suggestions
from kfp_katib.results import Metric, TrialCondition
from kfp_katib.results.verdict import BUDGET_SPENT
from tests.builders.manifest import double, manifest
from tests.builders.search import search
from tests.places import ROOT

MANIFEST = str(ROOT / "training/experiment.yaml")
SLEEP = "sleep 0.2 && echo loss=${trialParameters.lr}"
TRIALS = 100
SEARCHES, POINTS = 100, 20
LIST = f"kfp-katib list, {SEARCHES} searches of {TRIALS} trials"


def python(*arguments: str, folder: Path = ROOT) -> None:
    """Run Python in a folder, and wait for it."""
    subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True)


def kfp_katib(*arguments: str, folder: Path = ROOT) -> None:
    """Run the command in a folder, and wait for it."""
    python("-m", "kfp_katib", *arguments, folder=folder)


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def until_first_trial() -> float:
    """The time from the command `run` until its first trial does something."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, f"touch {folder}/$$$$.started; echo loss=${{trialParameters.lr}}", trials=2)
        began = time.time()
        kfp_katib("run", "experiment.yaml", folder=folder)
        return min(file.stat().st_mtime for file in folder.glob("*.started")) - began


def write(folder: Path, script: str, *, trials: int) -> None:
    """Write the manifest of a random search whose trials run one shell command."""
    text = manifest(
        "sh",
        "-c",
        script,
        algorithm={"algorithmName": "random"},
        parameters=[double("lr", "0.01", "0.1")],
        maxTrialCount=trials,
    )
    (folder / "experiment.yaml").write_text(text)


def whole_command() -> tuple[float, float]:
    """The time of a search from the command to its exit, and of `xargs -P2` with the same command."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), SLEEP, trials=TRIALS)
        ours = seconds(lambda: kfp_katib("run", "experiment.yaml", folder=Path(name)))
    return ours, seconds(lambda: xargs(TRIALS))


def write_searches(runs: Path) -> None:
    """Write finished searches as the engine leaves their journals."""
    for number in range(SEARCHES):
        wanted = search(
            SLEEP,
            name=f"search-{number}",
            algorithm={"algorithmName": "random"},
            parameters=[double("lr", "0.01", "0.1")],
            maxTrialCount=TRIALS,
        )
        place = RunFolder(runs / wanted.name)
        place.path.mkdir(parents=True)
        suggestions = reopen_study(wanted, place)
        for _ in range(TRIALS):
            write_trial(suggestions, wanted.name)
        suggestions.journal.end(BUDGET_SPENT)


def write_trial(suggestions: Suggestions, experiment: str) -> None:
    """Write one trial that succeeded, with its curve."""
    suggestion, journal, now = suggestions.ask(), suggestions.journal, datetime.now(UTC)
    assert suggestion is not None
    text = suggestion.parameters["lr"]
    metrics = {"loss": Metric(text, text, text)}
    record = replace(suggestion, name=f"{experiment}-{suggestion.number:08d}", started=now)
    journal.write(record)
    journal.report(record.number, [(step, float(text)) for step in range(POINTS)])
    outcome = TrialCondition("Succeeded", "TrialSucceeded", "Trial has succeeded", metrics)
    journal.write(replace(record, outcome=outcome, ended=now, exit_code=0))
    suggestions.tell(record.number, float(text))


def xargs(count: int) -> None:
    """Run the same shell command `count` times, two at a time, with xargs."""
    lines = "\n".join(map(str, range(count)))
    command = ["xargs", "-P2", "-I{}", "sh", "-c", "sleep 0.2 && echo loss={}"]
    subprocess.run(command, input=lines, text=True, stdout=subprocess.DEVNULL, check=True)


def waits(repeats: int) -> Sequence[tuple[str, float]]:
    """What a user waits for, and the median time; the first run warms the disk and is not counted."""
    with tempfile.TemporaryDirectory() as name:
        write_searches(Path(name) / "runs")
        return _waits(Path(name), repeats)


def _waits(searches: Path, repeats: int) -> Sequence[tuple[str, float]]:
    measured: tuple[tuple[str, Callable[[], float]], ...] = (
        ("an empty Python program", lambda: seconds(lambda: python("-c", ""))),
        ("import kfp_katib", lambda: seconds(lambda: python("-c", "import kfp_katib"))),
        ("kfp-katib --help", lambda: seconds(lambda: kfp_katib("--help"))),
        (LIST, lambda: seconds(lambda: kfp_katib("list", folder=searches))),
        ("kfp-katib validate", lambda: seconds(lambda: kfp_katib("validate", MANIFEST))),
        ("kfp-katib run, to its first trial", until_first_trial),
    )
    return [
        (what, statistics.median([measure() for _ in range(repeats + 1)][1:])) for what, measure in measured
    ]


LIMITS = {
    "import kfp_katib": 0.05,
    "kfp-katib --help": 0.25,
    LIST: 1.0,
    "kfp-katib validate": 0.2,
    "kfp-katib run, to its first trial": 0.4,
}
"""In seconds."""


def main() -> None:
    """Print the table."""
    for what, taken in waits(repeats=9):
        limit = f"{LIMITS[what]:g} s" if what in LIMITS else "-"
        print(f"{what:<58}{taken:>8.2f} s   limit {limit}")
    ours, peer = whole_command()
    share = f"{peer / ours:.1%} ({ours:.2f} s, xargs {peer:.2f} s)"
    print(f"{f'kfp-katib run, {TRIALS} trials of 0.2 s, beside xargs -P2':<58}{share}")


if __name__ == "__main__":
    main()
