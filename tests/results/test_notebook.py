# SPDX-License-Identifier: Apache-2.0
"""A Result at the end of a notebook's cell: HTML and SVG that any page can hold."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from kfp_katib.results import Result, TrialState
from tests.builders.experiment import experiment, one_of
from tests.builders.result import result, trial

HOSTILE = "<script>alert('1')</script>&\"'"


def shown(found: Result) -> ET.Element:
    """What a notebook shows, which is well-formed."""
    return ET.fromstring(found._repr_html_())


def text(found: Result) -> str:
    """What a reader sees of it."""
    return " ".join("".join(shown(found).itertext()).split())


def test_the_answer_comes_first() -> None:
    """State, name, the best value with six significant figures; how many trials, how long, why."""
    told = text(result([trial(0, "0.5"), trial(1, "0.123456789"), trial(2, state="Failed")]))
    assert told.startswith("Succeeded tune: best loss 0.123457 (minimize) in tune-1")
    assert "3 trials: 2 Succeeded, 1 Failed · 3 min 0 s · Experiment has succeeded" in told
    assert "(ExperimentMaxTrialsReached)" in told


def test_all_digits_are_there_on_hover() -> None:
    """Of the value, and of the parameters."""
    best = trial(0, "0.123456789", parameters={"lr": "0.0123456789"})
    titles = [each.get("title") for each in shown(result([best])).iter() if each.get("title")]
    assert titles == ["0.123456789", "0.0123456789"]


def test_the_best_trials_parameters_stand_in_the_manifests_order() -> None:
    """What the manifest does not declare comes last."""
    given = {"other": "1", "activation": "relu", "batch_size": "16", "lr": "0.1"}
    names = [each.text for each in shown(result([trial(0, "0.5", parameters=given)])).iter("th")]
    assert names == ["lr", "batch_size", "activation", "other"]


def test_without_a_best_trial_there_is_nothing_to_draw() -> None:
    """The first line says so."""
    page = shown(result([trial(0, state="Failed")], state="Failed"))
    assert "no trial has a finite loss" in "".join(page.itertext())
    assert [each.tag for each in page.iter() if each.tag in ("svg", "table")] == []


def test_a_failure_is_explained() -> None:
    """By the last trial that failed: its message, and the end of its log."""
    log = "\n".join(f"line {number}" for number in range(99))
    failed = trial(1, state="Failed", message="Exit code 1. <No> module", log_tail=f"\x1b[31m{log}")
    page = shown(result([trial(0, state="Failed"), failed], state="Failed"))
    assert "tune-1 Failed: Exit code 1. <No> module" in "".join(page.itertext())
    (end,) = page.iter("pre")
    assert (end.text or "").splitlines() == log.splitlines()[-20:]
    assert not list(shown(result([trial(0, "0.5"), failed])).iter("pre"))


def test_a_search_that_has_not_begun() -> None:
    """It has a name and a state."""
    assert text(result([], state="Created", reason="", message="")).startswith("Created tune: no trial has")


def test_nothing_from_a_trial_is_markup() -> None:
    """Names, values and notes are text, wherever they stand."""
    of = experiment(parameters=[one_of(HOSTILE, HOSTILE)])
    found = result([trial(0, "0.5", parameters={HOSTILE: HOSTILE})], of, notes=[HOSTILE])
    page = found._repr_html_()
    assert "<script" not in page
    assert text(found).count(HOSTILE) == 3


def test_no_script_no_rules_of_style_and_no_address() -> None:
    """A notebook's page stays as it is, and nothing is asked of the network."""
    page = result([trial(number, str(1 / (number + 1))) for number in range(30)])._repr_html_()
    assert not re.search(r"<script|<style|https?:|\bid=|\bclass=|\bon\w+=", page)


def test_text_has_the_pages_own_colour() -> None:
    """So it can be read on a dark page too: no background, nothing black, nothing white but in the badge."""
    page = result([trial(0, "0.5")])._repr_html_()
    colours = set(re.findall(r"#[0-9a-f]{3,6}", page)) - {"#fff"}
    assert 'fill="currentColor"' in page
    for colour in colours:
        channels = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert 60 < 0.3 * channels[0] + 0.6 * channels[1] + 0.1 * channels[2] < 190, colour


def test_a_few_notes_are_enough() -> None:
    """The others are in the Result, as the last line says."""
    told = text(result([trial(0, "0.5")], notes=[f"Note {number}." for number in range(8)]))
    assert "Note 4." in told
    assert "Note 5." not in told
    assert "… and 3 more notes: result.notes" in told


@pytest.mark.parametrize("state", ["Failed", "Killed", "EarlyStopped", "MetricsUnavailable", "Running"])
def test_every_state_of_a_trial_can_be_shown(state: TrialState) -> None:
    """Beside one that has a value."""
    assert f"1 {state}" in text(result([trial(0, "0.5"), trial(1, state=state)]))


def test_ten_thousand_trials_stay_small() -> None:
    """A notebook keeps what it has shown."""
    found = result([trial(number, str(number % 97)) for number in range(10_000)])
    assert len(found._repr_html_()) < 100_000
