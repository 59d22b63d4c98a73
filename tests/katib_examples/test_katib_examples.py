# SPDX-License-Identifier: Apache-2.0
"""Katib's own examples: the recorded table holds, and what stands in for their images runs.

KATIB_EXAMPLES names a checkout of Katib at the recorded version; without it the record is not made anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.experiment.judging import all_rules
from tests.builders.manifest import ABSENT, changed, experiment, grid, job
from tests.katib_examples.__main__ import HEAD, page
from tests.katib_examples.examples import local, validated, with_stand_in
from tests.katib_examples.known import KATIB, MENDS
from tests.places import ROOT

RECORD = (ROOT / "docs/explanation/katib-examples.md").read_text()
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in RECORD.removeprefix(HEAD).splitlines()]
EXAMPLES = {row[0]: row for row in ROWS}


@pytest.mark.skipif("KATIB_EXAMPLES" not in os.environ, reason="KATIB_EXAMPLES names no checkout of Katib")
@pytest.mark.timeout(1800)
def test_the_record_is_what_a_checkout_gives() -> None:
    """Each of them checked, and run where the local engine runs it."""
    assert page(Path(os.environ["KATIB_EXAMPLES"])) == RECORD


def test_every_example_has_its_row() -> None:
    """The 33 of that version, each with six cells that say something; facts are of no other file."""
    assert RECORD.startswith(HEAD)
    assert len(EXAMPLES) == len(ROWS) == 33
    assert all(len(row) == 6 and all(row) for row in ROWS)
    assert KATIB.keys() | MENDS.keys() <= EXAMPLES.keys()


def test_every_example_is_green_or_has_a_reason() -> None:
    """It ran to its verdict with no trial lost, or the engine refuses it by name."""
    for row in ROWS:
        last = row[4].split("; ")[-1]
        assert re.search(
            r"Succeeded \(Experiment\w+\): \d+ trials?(, some of them stopped early)?$", last
        ) or (re.search(r"(^|: )refused: .", row[4]))


def test_every_rule_that_the_record_names_is_there() -> None:
    """A renamed rule needs a new record."""
    named = {name for row in ROWS for name in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", row[3])}
    assert named <= {rule.id for rule in all_rules()}


def spare(**changes: Any) -> dict[str, Any]:
    """A small manifest of our own, with fields of its spec set."""
    words = ["python3", "-u", "/opt/train.py", "--lr=${trialParameters.lr}"]
    trial = job({"image": "x", "command": words})
    space = [grid("0.1", "0.5", "0.1")]
    return experiment(
        trial, name="spare", parameters=space, **{"maxTrialCount": 2, "maxFailedTrialCount": 1, **changes}
    )


def test_the_stand_in_takes_the_scripts_place() -> None:
    """The interpreter, its options and the script's arguments stay as they are."""
    trial = with_stand_in(spare())["spec"]["trialTemplate"]["trialSpec"]
    command = trial["spec"]["template"]["spec"]["containers"][0]["command"]
    assert command[:2] == ["python3", "-u"]
    assert command[2].endswith("stand_in.py")
    assert command[3:] == ["loss", "''", "0", "--lr=${trialParameters.lr}"]


@pytest.mark.parametrize(
    "collector",
    [
        None,
        {"collector": {"kind": "File"}, "source": {"fileSystemPath": {"path": "/log/a.log", "kind": "File"}}},
        {
            "collector": {"kind": "File"},
            "source": {"fileSystemPath": {"path": "/log/a.json", "kind": "File", "format": "JSON"}},
        },
    ],
    ids=["stdout", "file", "json"],
)
def test_the_stand_in_reports_where_the_collector_reads(collector: dict[str, object] | None) -> None:
    """So the verdict is that of the manifest."""
    assert (
        local("spare", spare(metricsCollectorSpec=collector))
        == "Succeeded (ExperimentMaxTrialsReached): 2 trials"
    )


def test_a_refusal_is_named() -> None:
    """The rule of an error, or what the engine lacks."""
    assert local("x", spare(maxTrialCount=0)) == "refused: `max-trials-not-positive`"
    assert local("x", spare(metricsCollectorSpec={"collector": {"kind": "Push"}})) == "refused: 'Push'"


def test_what_is_found_is_counted() -> None:
    """By rule; the warnings that all examples have are left out."""
    assert validated(spare()) == "green"
    assert validated(spare(resumePolicy="LongRunning")) == "warning (katib): `suggestion-left-running`"
    assert validated(changed(spare(), {"spec.trialTemplate.trialSpec.spec.backoffLimit": ABSENT})) == "green"
