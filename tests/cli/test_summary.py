# SPDX-License-Identifier: Apache-2.0
"""What `kfp-katib run` says at its end."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kfp_katib.cli.summary import in_colour, summary
from kfp_katib.experiment import FeasibleSpace, Parameter
from kfp_katib.experiment.model import ParameterType, TrialParameter, TrialTemplate
from kfp_katib.results import Condition, Metric, Result, Trial, conclude
from tests.builders.experiment import double, experiment, objective, one_of
from tests.builders.manifest import job
from tests.builders.result import bare_trial
from tests.support.terminal import Screen

FOLDER = Path("/runs/tune")
TRAINING = TrialTemplate(job({"command": ["train"]}), (), "training", True, "", "")
"""A trial that runs `train`."""


def succeeded(number: int) -> Trial:
    """A trial with its number as loss."""
    return bare_trial(f"t{number}", loss=str(number), parameters={"lr": str(number)})


def ended(*trials: Trial, notes: tuple[str, ...] = ()) -> Result:
    """A search that ended."""
    made = experiment("random", (double("lr", "0", "1"),))
    return conclude(made, trials, Condition("Succeeded", "ExperimentMaxTrialsReached", "Done"), notes=notes)


def table(text: str) -> list[str]:
    """The rows of the table, below the rule."""
    lines = text.split("\n\n")[0].splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("-"))
    return [line for line in lines[rule + 1 :] if not line.startswith(("Of ", "Too wide"))]


def columns(row: str) -> list[str]:
    """A row's cells."""
    return row.split()


def test_trials_are_ranked_by_the_objective() -> None:
    """The best comes first; those without a value come last, without a rank, in order of creation."""
    lost, nan = Trial("lost", {}, "Failed"), bare_trial("nan", loss="nan")
    rows = table(summary(ended(lost, succeeded(2), nan, succeeded(1)), FOLDER, colour=False))
    assert [columns(row)[:2] for row in rows] == [
        ["1", "t1"],
        ["2", "t2"],
        ["lost", "Failed"],
        ["nan", "Succeeded"],
    ]


def test_where_more_is_better_the_highest_comes_first() -> None:
    """As the objective has it."""
    made = experiment("random", (double("lr", "0", "1"),), objective=objective("maximize"))
    result = conclude(made, [succeeded(1), succeeded(3), succeeded(2)], Condition("Succeeded"))
    assert [columns(row)[1] for row in table(summary(result, None, colour=False))] == ["t3", "t2", "t1"]


def test_the_best_trial_is_bold_where_colours_are_wanted() -> None:
    """Only there."""
    result = ended(succeeded(1))
    assert "\x1b[1m" in summary(result, FOLDER, colour=True)
    assert "\x1b" not in summary(result, FOLDER, colour=False)


def test_a_long_search_shows_its_best_ten_and_its_last_failures() -> None:
    """And says so."""
    trials = [succeeded(n) if n % 2 else Trial(f"t{n}", {"lr": "0"}, "Failed") for n in range(60)]
    text = summary(ended(*trials), FOLDER, colour=False)
    assert [columns(row)[-5] for row in table(text)] == [
        *(f"t{n}" for n in range(1, 20, 2)),
        *(f"t{n}" for n in range(50, 60, 2)),
    ]
    assert (
        "Of 60 trials these are the best 10 by loss and the last 5 of 30 that failed; --json has all" in text
    )


def test_a_long_search_without_a_failure_or_a_best_one_names_what_there_is() -> None:
    """It never speaks of ten where there are fewer."""
    good = summary(ended(*map(succeeded, range(16))), None, colour=False)
    assert "Of 16 trials these are the best 10 by loss; --json has all of them." in good
    bad = summary(ended(*[Trial(f"t{n}", {}, "Failed") for n in range(16)]), None, colour=False)
    assert "Of 16 trials these are the last 5 of 16 that failed; --json has all of them." in bad


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_is_as_wide_as_it_may_be(width: int) -> None:
    """Parameters that do not fit are named below it, and the best trial's command has them all."""
    names = [f"weight_of_the_layer_{number}" for number in range(12)]
    made = experiment("random", [double(name, "0", "1") for name in names], name="x" * 40)
    made = replace(made, trial_template=TRAINING)
    given = dict.fromkeys(names, "0.12345678901234567")
    trial = bare_trial(f"{made.name}-bk4f7c2m", loss="0.123456789", parameters=given)
    text = summary(conclude(made, [trial], Condition("Succeeded")), None, colour=False, width=width)
    lines = text.split("\n\n")[0].splitlines()
    left_out = lines[-1].removeprefix("Too wide for the table: ").rstrip(".").split(", ")
    taken = max(map(len, lines[:-1]))
    assert taken <= width < taken + len("  weight_of_")
    assert names[-len(left_out) :] == left_out


def test_a_search_that_succeeded_says_why_its_last_trial_failed() -> None:
    """With the last line of the log; one that failed says more, on stderr."""
    failed = Trial("t2", {}, "Failed", message="Exit code 1.", log_tail="Traceback\nMemoryError: 3 GB\n")
    text = summary(ended(succeeded(1), failed), FOLDER, colour=False)
    assert "The trial that failed, t2: Exit code 1.\n    MemoryError: 3 GB\n" in text
    two = summary(ended(succeeded(1), Trial("t0", {}, "Failed"), failed), FOLDER, colour=False)
    assert "The last of 2 trials that failed, t2: Exit code 1.\n" in two
    assert "MemoryError" not in summary(ended(failed), FOLDER, colour=False)


def test_notes_and_the_folder_are_named() -> None:
    """Whoever reads only the end knows where to look."""
    text = summary(ended(succeeded(1), notes=("Not used here: image.",)), FOLDER, colour=False)
    assert "Note: Not used here: image." in text
    assert text.endswith(f"Logs and metrics of every trial: {FOLDER}")


def test_notes_that_were_shown_are_not_repeated() -> None:
    """Progress has said them."""
    result = ended(succeeded(1), notes=("Not used here: image.", "Another."))
    text = summary(result, FOLDER, colour=False, said=("Not used here: image.",))
    assert "Not used here" not in text
    assert "Note: Another." in text


def test_numbers_have_six_figures_where_they_are_compared_and_all_where_they_are_copied() -> None:
    """So a table of some parameters fits into 80 columns."""
    long = "0.12345678901234567"
    best = bare_trial("t1", loss=long, parameters={"lr": long})
    text = summary(ended(best), FOLDER, colour=False)
    assert columns(table(text)[0]) == ["1", "t1", "Succeeded", "0.123457", "0.123457", "–"]
    assert f"--lr={long}" in text


@pytest.mark.parametrize(
    "text", ["1.10", "007", "1_0", "1234567890123456", "9007199254740993", "1e-3", "0x1f"]
)
@pytest.mark.parametrize("kind", ["categorical", "discrete", "int", "double"])
def test_a_value_stands_in_the_table_as_the_trial_got_it(kind: ParameterType, text: str) -> None:
    """`1.10` and `1.1` are two categories, `007` is a name, and a seed of 16 digits is all of them."""
    made = experiment("random", (Parameter("value", kind, FeasibleSpace(list=(text,))),))
    loss = Metric(text, text, text)
    best = Trial("t1", {"value": text}, "Succeeded", metrics={"loss": loss})
    ended = conclude(made, [best], Condition("Succeeded"))
    row = table(summary(ended, None, colour=False))[0].split()
    assert row == [*(["1"] if ended.best else []), "t1", "Succeeded", text, text, "–"]


def test_a_category_that_looks_like_a_long_fraction_is_not_rounded() -> None:
    """It is a name."""
    made = experiment("random", (one_of("value", "0.123456789"),))
    best = bare_trial("t1", loss="1", parameters={"value": "0.123456789"})
    text = summary(conclude(made, [best], Condition("Succeeded")), None, colour=False)
    assert "0.123456789" in table(text)[0]


def test_the_best_trial_can_be_run_again() -> None:
    """Its whole command, with all digits, at the beginning of a line: a script of several lines stays one."""
    made = experiment("random", (double("lr", "0", "1"),))
    script = TrialTemplate(
        job({"command": ["sh", "-c", "cd here\ntrain ${trialParameters.lr}"]}),
        (TrialParameter("lr", "lr"),),
        "training",
        True,
        "",
        "",
    )
    best = bare_trial("t1", loss="1", parameters={"lr": "0.12345678901234567"})
    result = conclude(replace(made, trial_template=script), [best], Condition("Succeeded"))
    text = summary(result, None, colour=False)
    assert text.endswith("The best trial's command, to paste:\nsh -c 'cd here\ntrain 0.12345678901234567'")


def test_without_a_command_its_parameters_are_flags() -> None:
    """A manifest may leave it to the image. A name that is a flag stays one, never with four dashes."""
    made = experiment("random", (double("--lr", "0", "1"), double("units", "0", "1"), double("-m", "0", "1")))
    trial = bare_trial("t1", loss="1", parameters={"--lr": "0.1", "units": "3", "-m": "0.5"})
    text = summary(conclude(made, [trial], Condition("Succeeded")), None, colour=False)
    assert text.endswith("    --lr=0.1 \\\n    --units=3 \\\n    -m=0.5")


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    """The trial took no time that is known."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    trial = replace(succeeded(1), started=began, ended=began - timedelta(hours=1))
    assert table(summary(ended(trial), None, colour=False))[0].endswith(" 0 s")


def test_a_long_name_does_not_widen_the_table() -> None:
    """It takes two lines of the head."""
    name = "learning-rate-of-the-generator"
    made = experiment("random", (double(name, "0", "1"),))
    trials = [Trial("t1", {name: "0.5"}, "Failed")]
    result = conclude(made, trials, Condition("Failed"))
    assert max(map(len, summary(result, None, colour=False).split("\n\n")[0].splitlines())) < 60


def test_a_search_without_a_verdict_says_so() -> None:
    """It was stopped: to call it running would mislead."""
    made = experiment("random", (double("lr", "0", "1"),))
    stopped = conclude(
        made, [succeeded(1)], Condition("Running", "ExperimentRunning", "Experiment is running")
    )
    text = summary(stopped, FOLDER, colour=False)
    assert "Experiment tune has no verdict yet: best loss 1 in trial t1." in text
    assert "running" not in text


def test_a_search_without_trials_has_no_table() -> None:
    """It says that there is no result."""
    assert summary(ended(), FOLDER, colour=False).startswith("Experiment tune ended without a usable")


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Screen(), {}, True),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"NO_COLOR": ""}, True),
        (io.StringIO(), {}, False),
    ],
    ids=["terminal", "NO_COLOR", "NO_COLOR empty", "no terminal"],
)
def test_colour_is_for_terminals_that_want_it(
    stream: io.StringIO, environment: dict[str, str], colour: bool
) -> None:
    """NO_COLOR counts when it is not empty."""
    assert in_colour(stream, environment) is colour
