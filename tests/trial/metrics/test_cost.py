# SPDX-License-Identifier: Apache-2.0
"""What a trial wrote is read in linear time and bounded memory, however much it is.

KFP_KATIB_LARGE_METRICS is the size in bytes (60000000 in the long run); the bounds grow with it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.builders.search import collector
from tests.support.environments import untraced_environment
from tests.support.speed import longer

SIZE = int(os.environ.get("KFP_KATIB_LARGE_METRICS", "2000000"))
MEGABYTES = 200

JUDGE = """
import json, resource, sys, time
from pathlib import Path
from kfp_katib.trial.outcome import examine
from kfp_katib.trial.trial_folder import TrialFolder
from tests.engines.local.searches import search
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
for name, spec in json.loads(sys.argv[2]).items():
    experiment = search("echo ${trialParameters.lr}", metricsCollectorSpec=spec)
    files = TrialFolder(Path(sys.argv[1]) / name)
    before, began = peak(), time.process_time()
    outcome = examine(experiment, files, 0)
    files.log_tail()
    print(json.dumps([name, outcome.state, time.process_time() - began, peak() - before]))
"""


def metric_lines() -> Iterator[bytes]:
    """Nothing but values."""
    chance = random.Random(1)
    return (b"loss=%.4f\n" % chance.random() for _ in count())


def dated() -> Iterator[bytes]:
    """Values with their times."""
    return (
        b"2024-01-02T03:04:%02dZ epoch=%d loss=0.%d\n" % (number % 60, number, number) for number in count()
    )


def json_lines() -> Iterator[bytes]:
    """Values as JSON."""
    return (b'{"loss": "0.%d", "timestamp": %d}\n' % (number, number) for number in count())


def other_names() -> Iterator[bytes]:
    """A name of its own in each line, and never the right one: all of it is looked through twice."""
    return (b"loss_%d=1 Loss: 0.5\n" % number for number in count())


def long_lines() -> Iterator[bytes]:
    """Many names in each line, and never the right one."""
    return (b"a=1 Loss=2 " * 6000 + b"\n" for _ in count())


def one_line() -> Iterator[bytes]:
    """A line without end."""
    return (b"loss=0.%d\r" % number for number in count())


def one_word() -> Iterator[bytes]:
    """A line of one word."""
    return (b"x" * 1000 for _ in count())


def zeros() -> Iterator[bytes]:
    """No text at all."""
    return (bytes(1000) for _ in count())


def records() -> Iterator[bytes]:
    """Scalars in an event file."""
    for number in count():
        event = (
            b"\x09"
            + struct.pack("<d", number)
            + b"\x2a\x0d\x0a\x0b\x0a\x04loss\x15"
            + struct.pack("<f", number)
        )
        yield struct.pack("<Q4x", len(event)) + event + bytes(4)


TEXT = collector("File", "/out/m", format="TEXT", filters=[r"(loss)=([0-9.]+)"])
JSON = collector("File", "/out/m", format="JSON")
EVENTS = collector("TensorFlowEvent", "/logs")
FILES: dict[str, tuple[Callable[[], Iterator[bytes]], str, dict[str, Any] | None, str]] = {
    "values": (metric_lines, "metrics.log", None, "Succeeded"),
    "values with times": (dated, "metrics.log", None, "Succeeded"),
    "own filter": (dated, "m", TEXT, "Succeeded"),
    "JSON": (json_lines, "m", JSON, "Succeeded"),
    "other names": (other_names, "metrics.log", None, "MetricsUnavailable"),
    "long lines": (long_lines, "metrics.log", None, "MetricsUnavailable"),
    "long lines, own filter": (long_lines, "m", TEXT, "MetricsUnavailable"),
    "one line": (one_line, "metrics.log", None, "Succeeded"),
    "one word": (one_word, "metrics.log", None, "MetricsUnavailable"),
    "zeros": (zeros, "metrics.log", None, "MetricsUnavailable"),
    "event file": (records, "events.out.tfevents.1", EVENTS, "Succeeded"),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float, float]]:
    """State, seconds and megabytes of each kind of file, all judged by one process of its own."""
    folder = tmp_path_factory.mktemp("large")
    for kind, (made, name, _, _) in FILES.items():
        write(folder / kind, name, made())
    specs = json.dumps({kind: spec for kind, (_, _, spec, _) in FILES.items()})
    command = [sys.executable, "-c", JUDGE, str(folder), specs]
    out = subprocess.run(
        command, capture_output=True, text=True, check=True, env=untraced_environment()
    ).stdout
    shutil.rmtree(folder)
    return {
        kind: (state, seconds, grown) for kind, state, seconds, grown in map(json.loads, out.splitlines())
    }


def write(trial: Path, name: str, pieces: Iterator[bytes]) -> None:
    """A trial that ended well, with its file and a log of the same size."""
    (trial / "metrics").mkdir(parents=True)
    (trial / "metrics" / "7.pid").write_text("completed\n")
    with (trial / "metrics" / name).open("wb") as file:
        while file.tell() < SIZE:
            file.write(next(pieces))
    (trial / "log").write_bytes(b"epoch 3 of 9, all is well\n" * (SIZE // 26))


@pytest.mark.parametrize("kind", FILES)
def test_time_and_memory_are_bounded(judged: dict[str, tuple[str, float, float]], kind: str) -> None:
    """60 MB take 20 seconds of one core at most, and 200 MB of memory above the start, whatever they hold."""
    state, seconds, grown = judged[kind]
    print(f"{kind}: {SIZE / 1e6:g} MB, {seconds:.2f} s, {grown:.0f} MB above the start")
    assert state == FILES[kind][3]
    assert not longer(seconds, than=20 * SIZE / 60_000_000 + 0.2)
    assert grown < MEGABYTES
