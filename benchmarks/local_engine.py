# SPDX-License-Identifier: Apache-2.0
"""The local engine's costs: its own time per trial, its throughput, and a journal of 10,000 trials.

Run it as `python benchmarks/local_engine.py`; it prints one table. Each figure and what it is compared with
are measured in the same run.
"""

from __future__ import annotations

import os
import pty
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.startup import SLEEP, seconds, xargs
from kfp_katib import run
from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.resume import reopen_study
from kfp_katib.experiment import Experiment
from kfp_katib.report.display import Display
from kfp_katib.results import Metric, TrialCondition
from kfp_katib.results.verdict import BUDGET_SPENT
from tests.builders.manifest import double
from tests.builders.search import search

SHORT = "echo loss=${trialParameters.lr}"
TRIALS = 200
JOURNAL_TRIALS = 10_000
PROGRESS_TRIALS, PROGRESS_ROUNDS = 50, 5


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    limit: str


def experiment(script: str, *, trials: int, parallel: int) -> Experiment:
    """A random search whose trials run one shell script."""
    return search(
        script,
        name="bench",
        algorithm={"algorithmName": "random"},
        parameters=[double("lr", "0.01", "0.1")],
        maxTrialCount=trials,
        parallelTrialCount=parallel,
    )


def own_time(folder: Path) -> Row:
    """The engine's own time per trial: one trial at a time, compared with the bare shell command."""
    wanted = experiment(SHORT, trials=TRIALS, parallel=1)
    engine = seconds(lambda: run(wanted, runs=folder / "short"))

    def bare() -> None:
        for number in range(TRIALS):
            with (folder / f"bare-{number}").open("wb") as output:
                subprocess.run(["sh", "-c", "echo loss=0.5"], stdout=output, check=True)

    own = (engine - seconds(bare)) / TRIALS * 1000
    return Row("own time per trial beside a bare subprocess", f"{own:.1f} ms", "10 ms")


def throughput(folder: Path) -> Row:
    """200 trials of 0.2 s, two at a time, compared with `xargs -P2` and the same command."""
    wanted = experiment(SLEEP, trials=TRIALS, parallel=2)
    engine = seconds(lambda: run(wanted, runs=folder / "sleep"))
    peer = seconds(lambda: xargs(TRIALS))
    share = f"{peer / engine:.1%} ({engine:.2f} s, xargs {peer:.2f} s)"
    return Row(f"throughput of {TRIALS} trials of 0.2 s, beside xargs -P2", share, "95 %")


def progress(folder: Path) -> Row:
    """What it costs to draw the progress on a terminal: the same short search with and without, in turns."""
    wanted = experiment(SLEEP, trials=PROGRESS_TRIALS, parallel=2)
    plain: list[float] = []
    drawn: list[float] = []
    with terminal() as stream:
        for number in range(PROGRESS_ROUNDS):
            plain.append(seconds(partial(run, wanted, runs=folder / f"plain-{number}")))
            with Display(stream) as display:
                update = display.update
                drawn.append(seconds(partial(run, wanted, runs=folder / f"drawn-{number}", on_update=update)))
    cost = statistics.median(drawn) / statistics.median(plain) - 1
    times = f"{statistics.median(drawn):.2f} s, without {statistics.median(plain):.2f} s"
    return Row("progress on a terminal, of the throughput", f"{cost:+.1%} ({times})", "2 %")


@contextmanager
def terminal() -> Iterator[TextIO]:
    """A terminal whose other end reads everything."""
    master, end = pty.openpty()

    def read() -> None:
        with suppress(OSError):
            while os.read(master, 65536):
                pass

    threading.Thread(target=read, daemon=True).start()
    with os.fdopen(end, "w") as stream:
        yield stream


def write_journal(folder: Path) -> None:
    """Write a finished search of 10,000 trials, as the engine leaves it."""
    wanted = experiment(SHORT, trials=JOURNAL_TRIALS, parallel=2)
    place = RunFolder(folder / wanted.name)
    place.path.mkdir(parents=True)
    suggestions = reopen_study(wanted, place)
    now = datetime.now(UTC)
    for number in range(JOURNAL_TRIALS):
        suggestion = suggestions.ask()
        assert suggestion is not None
        text = suggestion.parameters["lr"]
        outcome = TrialCondition(
            "Succeeded", "TrialSucceeded", "Trial has succeeded", {"loss": Metric(text, text, text)}
        )
        name = f"bench-{number:08d}"
        place.trial(name).metrics.mkdir(parents=True)
        place.trial(name).log.touch()
        (place.trial(name).metrics / "metrics.log").write_text(f"loss={text}\n")
        record = replace(suggestion, name=name, started=now)
        suggestions.journal.write(record)
        suggestions.journal.write(replace(record, outcome=outcome, ended=now, exit_code=0))
        suggestions.tell(number, float(text))
    suggestions.journal.end(BUDGET_SPENT)


def read_journal(folder: Path) -> Iterator[Row]:
    """Read the Result of that search in a separate process."""
    command = [sys.executable, __file__, str(folder)]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    yield Row(f"Result from a journal of {JOURNAL_TRIALS} trials", f"{float(report[0]):.2f} s", "2 s")
    yield Row("peak memory of that process", f"{float(report[1]):.0f} MB", "150 MB")


def _read(folder: Path) -> None:
    wanted = experiment(SHORT, trials=JOURNAL_TRIALS, parallel=2)
    taken = seconds(lambda: run(wanted, runs=folder))
    print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Measure, and print the table."""
    if len(sys.argv) > 1:
        _read(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [own_time(folder), throughput(folder), progress(folder)]
        write_journal(folder / "journal")
        rows += read_journal(folder / "journal")
    for row in rows:
        print(f"{row.what:<58} {row.measured:>36}   limit {row.limit}")


if __name__ == "__main__":
    main()
