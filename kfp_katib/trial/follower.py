# SPDX-License-Identifier: Apache-2.0
"""What a running trial has reported so far, by the rules of its collector, while it goes on reporting.

Only `metrics.collect` says what a trial's metrics are, once it has ended. A follower takes the same values
from the same lines and records as they come, and keeps none of them. What would make the collector fail ends
the following in silence: whoever reads the trial at its end says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.experiment.model import Collector
from kfp_katib.trial.growing_file import GrowingFile
from kfp_katib.trial.metrics import CollectorError
from kfp_katib.trial.metrics.json_lines import found_in_json
from kfp_katib.trial.metrics.text_lines import end_of_a_word, finder_in_text
from kfp_katib.trial.metrics.tfevents import UNREADABLE, event_files, records, scalars_in, tags_in
from kfp_katib.trial.plain_file import whole_lines

MOST_FILES, AMONG = 100, 10_000
"""How many event files of a trial are followed, among how many files of its folder. Trainings write a few."""

Enough = Callable[[], bool]
"""Whether a look should stop, although there is more; the next one goes on from there."""

Found = Iterator[tuple[str, str]]
"""Names of metrics and their values, in order."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One value that a trial reported.

    Attributes:
        metric: The metric's name.
        value: The text that was reported, which need not be a number.
        step: Which of this metric's reports it is; the first one is 1.
    """

    metric: str
    value: str
    step: int


class Follower:
    """Reads one trial. It holds open nothing, and no more than a place in each file.

    Args:
        collector: The Experiment's collector, of one of the kinds of `metrics.COLLECTORS`.
        metrics: Names of the metrics.
        path: The file, or for TensorFlowEvent the folder, that the trial writes.
    """

    def __init__(self, collector: Collector, metrics: Sequence[str], path: Path) -> None:
        follow = _Events if collector.kind == "TensorFlowEvent" else _Lines
        self._followed: _Events | _Lines | None = follow(collector, metrics, path)
        self._steps = dict.fromkeys(metrics, 0)

    def look(self, enough: Enough = lambda: False, *, ended: bool = False) -> Iterator[Observation]:
        """What was reported since the last look; read to its end, for what is not read is lost.

        A file that was replaced or cut off begins anew, and its reports are counted on.

        Args:
            enough: Asked after every piece.
            ended: Whether the trial has ended, so that its last line needs no newline.
        """
        if self._followed is None:
            return
        try:
            for metric, value in self._followed.look(enough, ended=ended):
                self._steps[metric] += 1
                yield Observation(metric, value, self._steps[metric])
        except OSError:  # not there yet, or something else was put there
            return
        except CollectorError:
            self._followed = None


class _Lines:
    """A file of lines, as the collectors StdOut and File read it."""

    def __init__(self, collector: Collector, metrics: Sequence[str], path: Path) -> None:
        self._file = GrowingFile(path)
        self._collector = collector
        self._metrics = metrics
        self._find: Callable[[bytes], Found] | None = None

    def look(self, enough: Enough, *, ended: bool) -> Found:
        json = self._collector.format == "JSON"
        self._find = self._find or self._finder()
        with self._file.opened() as pieces:
            for block in whole_lines(pieces, len if json else end_of_a_word, ended=ended):
                yield from self._find(block)
                self._file.taken += len(block)
                if enough():
                    break

    def _finder(self) -> Callable[[bytes], Found]:
        if self._collector.format == "JSON":
            return lambda block: found_in_json(block, self._metrics)
        return finder_in_text(self._metrics, self._collector.filters)


class _Events:
    """A folder of event files, as the collector TensorFlowEvent reads it."""

    def __init__(self, collector: Collector, metrics: Sequence[str], path: Path) -> None:
        self._folder = path
        self._metrics = metrics
        self._files: dict[Path, GrowingFile] = {}
        self._damaged: set[Path] = set()

    def look(self, enough: Enough, *, ended: bool) -> Found:
        there = event_files(self._folder, AMONG)
        self._damaged.intersection_update(there)
        known_first = sorted(there, key=lambda path: path not in self._files)[:MOST_FILES]
        self._files = {path: self._files.get(path) or GrowingFile(path) for path in known_first}
        for path, file in self._files.items():
            try:
                if path not in self._damaged:
                    yield from self._in_file(file, enough)
            except OSError:
                continue
            except UNREADABLE:
                self._damaged.add(path)
            if enough():
                return

    def _in_file(self, file: GrowingFile, enough: Enough) -> Found:
        tags = tags_in(file.path, self._metrics)
        with file.opened() as pieces:
            for record, size in records(pieces):
                if file.taken + size > file.size:  # it is too large to be read, and not yet there
                    return
                for scalar in scalars_in(record):
                    for metric, tag in tags:
                        if scalar.tag.startswith(tag):
                            yield metric, scalar.text()
                file.taken += size
                if enough():
                    return
