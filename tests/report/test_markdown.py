# SPDX-License-Identifier: Apache-2.0
"""The summary fits one screen, and nothing in it is taken for Markdown or HTML."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kfp_katib.experiment import FeasibleSpace, Parameter
from kfp_katib.report import markdown
from kfp_katib.results import ExperimentState, Provenance
from kfp_katib.results.brief import duration
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial
from tests.builders.search import PRINT, search
from tests.builders.several_objectives import traded


def test_it_says_what_won_and_how_to_use_it() -> None:
    """The whole text of a small search, as it is shown."""
    found = result([trial(0, "0.5"), trial(1, "0.3"), trial(2, state="Failed", exit_code=1, log_tail="boom")])
    assert markdown(found) == (
        "## Experiment tune succeeded: best loss 0.3 in trial tune-1.\n\n"
        "3 trials: 2 Succeeded, 1 Failed. 3 min 0 s from 2026-01-02 03:04:05 UTC.\n\n"
        "### Best trial: tune-1 (loss=0.3)\n\n"
        "```yaml\nlr: 0.002\nbatch_size: 17\nactivation: relu\n```\n\n"
        "### Best trials\n\n"
        "| trial | loss | lr | batch\\_size | activation | duration |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| tune-1 | 0.3 | 0.002 | 17 | relu | 1 min 0 s |\n"
        "| tune-0 | 0.5 | 0.001 | 16 | relu | 1 min 0 s |\n\n"
        "### 1 failed; the last: tune-2, TrialFailed, exit code 1\n\n"
        "```text\nboom\n```\n"
    )


def test_it_says_whether_the_goal_was_reached_and_which_seed_it_had() -> None:
    """In the line below the verdict."""
    found = result([trial(0, "0.3")], experiment(objective=objective(goal=0.2)))
    line = markdown(replace(found, provenance=Provenance(seed="7"))).splitlines()[2]
    assert (
        line == "1 trial: 1 Succeeded. Goal 0.2 not reached. 1 min 0 s from 2026-01-02 03:04:05 UTC. Seed 7."
    )


def test_the_best_trial_runs_again_by_its_command() -> None:
    """Below its parameters, where the manifest says one."""
    one = trial(0, "0.5", parameters={"lr": "0.25"})
    text = markdown(result([one], search(PRINT)))
    assert "```yaml\nlr: 0.25\n```\n\n```sh\nsh -c " in text
    assert "```sh" not in markdown(result([one]))


def test_numbers_of_the_table_have_six_digits() -> None:
    """In the manifest's order; the best trial's own have all."""
    values = {"batch_size": "16", "lr": "0.0012345678901"}
    text = markdown(result([trial(0, "0.12345678901", parameters=values)]))
    assert "| trial | loss | lr | batch\\_size | duration |" in text
    assert "| tune-0 | 0.123457 | 0.00123457 | 16 | 1 min 0 s |" in text
    assert "tune-0 (loss=0.12345678901)" in text
    assert "lr: 0.0012345678901" in text


def test_notes_come_last() -> None:
    """Who won, and why a trial failed, is asked before."""
    text = markdown(result([trial(0, "0.5"), trial(1, state="Failed")], notes=["a note"]))
    assert text.endswith("### Notes\n\n- a note\n")


def test_it_fits_one_screen() -> None:
    """However many trials, failures, notes and lines of log there are."""
    log = "\n".join(f"line {n}" for n in range(500))
    trials = [trial(n, f"0.{n}") for n in range(500)]
    failed = [trial(500 + n, state="Failed", log_tail=log) for n in range(100)]
    text = markdown(result([*trials, *failed], notes=[f"note {n}" for n in range(50)]))
    assert len(text.splitlines()) < 60
    assert "… and 42 more in the report." in text
    assert "line 499" in text


@given(text=st.text(max_size=60))
@example(text="```")
def test_no_text_becomes_markup(text: str) -> None:
    """Wherever it stands, it opens no table cell, link, image, heading or HTML element."""
    one = replace(trial(0, "0.5", parameters={"a": text}), name=text)
    written = markdown(result([one], experiment(name=text), notes=[text]))
    written.encode("utf-8")
    outside = re.sub(r"^(`{3,})\w+\n.*?\n\1$", "", written, flags=re.MULTILINE | re.DOTALL)
    assert "<" not in outside
    rows = [line for line in outside.splitlines() if line.startswith("| ")]
    assert [row.replace("\\\\", "").replace("\\|", "").count("|") for row in rows] == [5] * 3


@pytest.mark.parametrize("log", ["```", "````\n# not a heading", "`"])
def test_a_log_cannot_close_its_block(log: str) -> None:
    """The fence is longer than any in the log."""
    text = markdown(result([trial(0, state="Failed", log_tail=log)], state="Failed"))
    fence = text.rstrip("\n").splitlines()[-1]
    assert set(fence) == {"`"}
    assert fence not in log


@pytest.mark.parametrize(("state", "told"), [("Failed", True), ("Running", True), ("Succeeded", False)])
def test_a_search_that_did_not_succeed_says_why(state: ExperimentState, told: bool) -> None:
    """Where no trial is to blame, the message of the search is all there is."""
    text = markdown(result([trial(0, "0.5")], state=state, message="The tuning job failed: no quota"))
    assert ("\n\nThe tuning job failed: no quota.\n\n" in text) is told


def test_a_failure_shows_its_message_and_its_log() -> None:
    """The one says what Katib saw, the other what the program said."""
    failed = trial(0, state="Failed", message="It took *too* long", log_tail="epoch 3")
    text = markdown(result([failed], state="Failed"))
    assert text.endswith("\n\nIt took \\*too\\* long\n\n```text\nepoch 3\n```\n")


def test_a_failure_without_a_log_says_so() -> None:
    """Below Katib's message."""
    text = markdown(result([trial(0, state="Failed", message="Trial has failed")], state="Failed"))
    assert text.endswith("Trial has failed\n\nIt left no log.\n")
    assert "It left no log." in markdown(result([trial(0, state="Failed")]))


def test_without_a_best_trial_there_is_no_block_to_copy() -> None:
    """All diverged: the verdict and the note say so."""
    text = markdown(result([trial(0, "nan")]))
    assert "ended without a usable result" in text
    assert "```" not in text


def test_a_collected_trial_that_is_not_the_best_is_named() -> None:
    """The summary describes the model that was collected."""
    second = trial(1, "0.5")
    text = markdown(result([trial(0, "0.3"), second]), collected=second)
    assert "### Trial of the collected model: tune-1 (loss=0.5)" in text


def test_a_maximising_search_lists_the_largest_first() -> None:
    """The table is the ranking."""
    text = markdown(result([trial(0, "0.3"), trial(1, "0.5")], experiment(objective=objective("maximize"))))
    assert text.index("| tune-1") < text.index("| tune-0")


def test_values_stay_the_text_that_the_trial_got() -> None:
    """In the table, and in the block to copy where they are categories."""
    texts = {"a": "1.10", "b": "007", "c": "1_0", "d": "9007199254740993"}
    of = experiment(parameters=tuple(Parameter(name, "categorical", FeasibleSpace()) for name in texts))
    text = markdown(result([trial(0, "0.50", parameters=texts)], of))
    assert "| tune-0 | 0.50 | 1.10 | 007 | 1\\_0 | 9007199254740993 | 1 min 0 s |" in text
    assert "a: '1.10'\nb: '007'\nc: '1_0'\nd: '9007199254740993'" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.25, "0.25 s"), (59.0, "59 s"), (185.0, "3 min 5 s"), (7380.0, "2 h 3 min")],
)
def test_durations_read_well(seconds: float | None, text: str) -> None:
    """Two units at most."""
    assert duration(seconds) == text


def test_a_summary_imports_no_drawing_library() -> None:
    """They are for the page alone; neither a summary nor the live line must wait for them."""
    slow = ("plotly", "optuna", "jinja2", "tabulate", "fsspec", "kubernetes")
    code = f"import sys, kfp_katib.report.display; print([name for name in {slow} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_with_several_objectives_it_has_the_pareto_set() -> None:
    """Five trials of it, from one end to the other."""
    text = markdown(traded(40, objective(compared={"seconds": "min"})))
    _, found, rest = text.partition("### Pareto set\n\n")
    assert found
    sentence, table, *_ = rest.split("\n\n")
    assert sentence.startswith("Wanted: small loss and small seconds.")
    assert "5 of the 7 are listed, evenly spread." in sentence
    head, _, *lines = table.splitlines()
    assert head == "| trial | loss | seconds | width | lr | precision | duration |"
    assert len(lines) == 5
    assert "Pareto" not in markdown(result([trial(0, "0.5")]))
