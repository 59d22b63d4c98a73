# SPDX-License-Identifier: Apache-2.0
"""Trials with stopping rules are looked at often, until the rule is decided."""

from __future__ import annotations

import time
from pathlib import Path

from kfp_katib.engines.local.following import Following
from kfp_katib.trial.trial_folder import TrialFolder
from tests.builders.search import PRINT, search
from tests.support.speed import within
from tests.support.waiting import until

EXPERIMENT = search(PRINT, earlyStopping={"algorithmName": "medianstop"})


def folder(path: Path) -> TrialFolder:
    """A trial's folder."""
    files = TrialFolder(path)
    files.clear()
    return files


def test_a_trial_with_a_rule_is_looked_at_often(tmp_path: Path) -> None:
    """And whoever has to be stopped is told, once or more often."""
    news: list[float] = []
    following = Following(EXPERIMENT, lambda: news.append(time.monotonic()))
    for number, (rule, losses) in enumerate(
        [
            ("loss;0.5;greater;2", "0.9 0.9 0.1"),
            ("loss;0.5;greater;2", "0.9 0.5 0.9"),
            ("loss;0.5;greater;4", "0.9 0.9 0.9"),
            ("", "0.9 0.9 0.9"),
        ]
    ):
        files = folder(tmp_path / f"tune-{number}")
        following.begin(number, files, rule)
        (files.metrics / "metrics.log").write_text("".join(f"loss={text}\n" for text in losses.split()))
    began = time.monotonic()
    until(lambda: following.to_stop() and news)
    assert time.monotonic() - began < 0.9
    time.sleep(0.3)
    assert following.to_stop() == [0]
    following.end(0)
    following.close()


def test_one_report_is_enough_to_be_stopped_at(tmp_path: Path) -> None:
    """It makes no point of a curve, but there is something to tell."""
    news: list[float] = []
    following = Following(EXPERIMENT, lambda: news.append(time.monotonic()))
    files = folder(tmp_path / "tune-a")
    (files.metrics / "metrics.log").write_text("loss=0.9\n")
    following.begin(0, files, "loss;0.5;greater;1")
    until(lambda: news)
    assert following.to_stop() == [0]
    following.close()


def test_looking_often_costs_little(tmp_path: Path) -> None:
    """Sixteen trials that report nothing new, ten times a second: less than a tenth of a core."""
    following = Following(EXPERIMENT, lambda: None)
    for number in range(16):
        files = folder(tmp_path / f"tune-{number}")
        (files.metrics / "metrics.log").write_text("loss=0.9\n" * 3)
        following.begin(number, files, "loss;0.5;greater;4")
    with within(0.2):
        time.sleep(2)
    following.close()
