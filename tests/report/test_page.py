# SPDX-License-Identifier: Apache-2.0
"""The page shows every Experiment, loads nothing, and takes nothing from a trial for markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kfp_katib.experiment.model import FeasibleSpace, Parameter
from kfp_katib.report import html
from kfp_katib.results import (
    ExperimentState,
    Trial,
)
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial
from tests.report.noisy import noisy
from tests.report.unpacking import unpacked
from tests.support.html import read
from tests.support.speed import within


def many(count: int) -> list[Trial]:
    """Trials of all kinds: good, failed, diverged, without metrics, still running."""
    kinds = [
        lambda n: trial(n, f"0.{n + 100}"),
        lambda n: trial(n, state="Failed", exit_code=1, log_tail="CUDA out of memory"),
        lambda n: trial(n, "nan"),
        lambda n: trial(n, "", log_tail="loss=nan"),
        lambda n: trial(n, state="MetricsUnavailable"),
        lambda n: replace(trial(n, state="Running"), ended=None),
        lambda n: trial(n, f"0.{n + 100}", state="EarlyStopped"),
    ]
    return [
        replace(kinds[index % len(kinds)](index), parameters={"lr": f"0.0{index + 1}", "batch_size": "32"})
        for index in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 14, 1000])
def test_any_number_of_trials_is_shown(count: int) -> None:
    """The first fifty as rows, figures from the first number on, and never a value of ours called None."""
    page = read(html(result(many(count))))
    assert len(page.texts("tr")) == (min(count, 50) + 1 if count else 0)
    assert ("History" in page.texts("h2")) == (count > 0)
    assert ("Parallel coordinates" in page.texts("h2")) == (count > 6)
    assert "None" not in " ".join(page.texts("section"))


@pytest.mark.parametrize("count", [0, 1, 14])
def test_the_page_needs_no_network(count: int) -> None:
    """No element loads anything, and plotly.js stands in it once at most."""
    text = html(result(many(count)))
    assert read(text).loads == []
    assert text.count("plotly.js v") == (1 if count else 0)
    assert "@import" not in text.partition("</style>")[0]
    assert "url(" not in text.partition("</style>")[0]


def test_the_best_trial_and_how_to_copy_its_parameters() -> None:
    """As flags for a shell, as YAML and as JSON, numbers as numbers."""
    best = trial(0, "0.5", parameters={"lr": "0.010", "batch_size": "16", "activation": "re lu", "n": "-1"})
    page = read(html(result([best])))
    flags, yaml, json = page.texts("pre")[:3]
    assert flags == "--lr=0.010 \\ --batch_size=16 \\ '--activation=re lu' \\ --n=-1"
    assert yaml == "lr: 0.01 batch_size: 16 activation: re lu n: -1"
    assert json == '{ "lr": 0.01, "batch_size": 16, "activation": "re lu", "n": -1 }'
    assert "tune-0" in page.texts("section")[0]


def test_a_categorical_value_stays_text() -> None:
    """A choice that looks like a number was not one in the manifest."""
    of = experiment(parameters=(Parameter("bits", "categorical", FeasibleSpace(list=("08", "16"))),))
    page = read(html(result([trial(0, "0.5", parameters={"bits": "08"})], of)))
    assert page.texts("pre")[1] == "bits: 08"
    assert page.texts("pre")[2] == '{ "bits": "08" }'


def test_failures_are_spelled_out_latest_first() -> None:
    """State, reason, exit code, message and the end of the log; the earlier ones are counted."""
    failed = [
        trial(
            n,
            state="Failed",
            reason="TrialFailed",
            message="Killed by the kernel",
            exit_code=137,
            log_tail=f"log {n}",
        )
        for n in range(7)
    ]
    page = read(html(result(failed, state="Failed", reason="ExperimentFailed")))
    articles = page.texts("article")
    assert articles[0] == "tune-6 Failed TrialFailed, exit code 137: Killed by the kernel log 6"
    assert len(articles) == 5
    assert "2 earlier ones are in the table below." in page.texts("p")


def test_the_reason_breaks_between_its_words() -> None:
    """Katib's reasons are longer than their box, which would else break them anywhere."""
    text = html(result([trial(0, "0.5")], reason="ExperimentMaxTrialsReached"))
    assert "<dd>Experiment<wbr>Max<wbr>Trials<wbr>Reached</dd>" in text
    assert "ExperimentMaxTrialsReached" in read(text).texts("dd")


def test_a_long_log_is_cut_at_its_beginning() -> None:
    """What a failing program says last is what matters."""
    page = html(result([trial(0, state="Failed", log_tail="x" * 100_000 + "the end")]))
    (failure,) = read(page).texts("article")
    assert failure.endswith("x" * 3000 + "the end")
    assert unpacked(page)["rows"][0][3]["log_tail"].endswith("x" * 3000 + "the end")
    assert len(page) < 50_000


@pytest.mark.parametrize(
    ("state", "values", "expected"),
    [
        ("Succeeded", ["0.5"], "Experiment tune succeeded: best loss 0.5 in trial tune-0."),
        ("Failed", ["0.5"], "Experiment tune failed: best loss 0.5 in trial tune-0."),
        ("Failed", [], "Experiment tune failed: no trial has a finite loss."),
        ("Succeeded", ["nan"], "Experiment tune ended without a usable result: no trial has a finite loss."),
        ("Running", ["0.5"], "Experiment tune has no verdict yet: best loss 0.5 in trial tune-0."),
    ],
)
def test_the_verdict_is_one_sentence(state: ExperimentState, values: list[str], expected: str) -> None:
    """What happened, and how good it is, before anything else."""
    trials = [trial(index, value) for index, value in enumerate(values)]
    assert expected in read(html(result(trials, state=state))).texts("p")


def test_notes_are_shown() -> None:
    """Where Katib's rule differs, what the engine did not use, which model was lost; at the end."""
    page = read(html(result([], notes=["image is not used here"])))
    assert "image is not used here" in page.texts("li")
    assert page.texts("h2")[-1] == "Notes"


def test_a_collected_trial_that_is_not_the_best_is_named() -> None:
    """Its parameters are the ones to copy, for its model is the one at hand."""
    second = trial(1, "0.5")
    page = read(html(result([trial(0, "0.3"), second]), collected=second))
    assert "Trial of the collected model" in page.texts("h2")
    assert "lr=0.002" in page.texts("pre")[0]


def test_the_page_says_first_how_it_ended_and_last_what_to_know() -> None:
    """The answer, how the search went, why trials failed, all trials, what ran, and the engine's notes."""
    trials = [trial(0, "0.3"), trial(1, state="Failed")]
    page = read(html(result(trials, notes=["a note"])))
    drawn = ["The search", "Failures", "Trials", "Manifest", "Versions", "Notes"]
    heads = page.texts("h2")
    assert heads[0] == "Best trial"
    assert [head for head in heads if head in drawn] == drawn
    assert page.texts("main")[0].startswith("Best trial loss 0.3 tune-0")


def test_the_best_value_has_six_digits_and_all_of_them_on_hover() -> None:
    """In its own line, large, and in the verdict."""
    page = read(html(result([trial(0, "0.12345678901234567")])))
    (value,) = page.all("strong", title="0.12345678901234567")
    assert value.text == "0.123457"
    assert "Experiment tune succeeded: best loss 0.123457 in trial tune-0." in page.texts("p")


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("compared", [(), ("val_loss", "time")], ids=["one objective", "three objectives"])
def test_a_thousand_trials_are_written_in_time_and_size(compared: tuple[str, ...]) -> None:
    """3 seconds, 5.5 MB: a step's artifact is loaded whole by the browser of whoever looks."""
    found = noisy(1000)
    of = replace(found.experiment, objective=replace(found.experiment.objective, compared=compared))
    found = replace(found, experiment=of)
    html(noisy(2))  # imports are not what takes time with the trials
    with within(3):
        page = html(found)
    assert len(page.encode()) <= 5_500_000


def test_the_goal_stands_beside_the_objective() -> None:
    """Maximising to a goal, say."""
    of = experiment(objective=objective("maximize", goal=0.99))
    assert "maximize loss, goal 0.99" in read(html(result([], of))).texts("dd")


@pytest.mark.parametrize(
    ("space", "values"),
    [
        pytest.param(Parameter("p", "int", FeasibleSpace("1", "9")), ["1", "20"], id="beyond the bounds"),
        pytest.param(Parameter("p", "int", FeasibleSpace("1", "9")), ["1.5", "2"], id="no whole number"),
        pytest.param(
            Parameter("p", "double", FeasibleSpace("0", "1", distribution="logUniform")),
            ["0", "1"],
            id="log of 0",
        ),
        pytest.param(Parameter("p", "double", FeasibleSpace("0", "1")), ["0.5", "0.5"], id="all equal"),
        pytest.param(Parameter("p", "double", FeasibleSpace()), ["1", "x"], id="not numbers"),
        pytest.param(
            Parameter("p", "discrete", FeasibleSpace(list=("1", "2.5"))), ["2.5", "1"], id="discrete"
        ),
        pytest.param(Parameter("p", "categorical", FeasibleSpace(list=("a",))), ["a", "b"], id="unlisted"),
        pytest.param(
            Parameter("p", "int", FeasibleSpace("9007199254740993", "9007199254740999")),
            ["9007199254740993", "9007199254740995"],
            id="16 digits",
        ),
        pytest.param(Parameter("p", "int", FeasibleSpace("1", "9")), ["1", "1e300"], id="300 digits"),
        pytest.param(Parameter("q", "int", FeasibleSpace("1", "9")), ["a", "1"], id="undeclared"),
    ],
)
def test_any_assignment_can_be_drawn(space: Parameter, values: list[str]) -> None:
    """Figures follow what was tried, not only what the manifest allows."""
    trials = [trial(n, f"0.{n}", parameters={"p": value}) for n, value in enumerate(values)]
    assert "Parallel coordinates" in read(html(result(trials, experiment(parameters=(space,))))).texts("h2")


def test_trials_without_parameters_can_be_drawn() -> None:
    """Architecture search has none."""
    trials = [trial(n, f"0.{n}", parameters={}) for n in range(3)]
    assert "History" in read(html(result(trials, experiment(parameters=())))).texts("h2")


def test_drawing_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """Optuna would announce a study in the step's log."""
    html(result([trial(0, "0.1"), trial(1, "0.2")]))
    assert capfd.readouterr() == ("", "")
