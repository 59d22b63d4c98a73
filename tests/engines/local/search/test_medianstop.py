# SPDX-License-Identifier: Apache-2.0
"""Each trial gets the stopping rule that follows from the trials that had succeeded when it was suggested."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.engines.local.search.medianstop import Medianstop, mean, medianstop
from kfp_katib.engines.local.search.suggestions import Suggestions
from kfp_katib.experiment.model import Algorithm, Experiment
from kfp_katib.results import TrialCondition, TrialState
from tests.engines.local.katibs_medianstop import Service
from tests.engines.local.search.searching import asked, experiment, search

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def stopping(**settings: str) -> Experiment:
    """An Experiment with early stopping."""
    return experiment(early_stopping=Algorithm("medianstop", settings))


def end(
    suggestions: Suggestions,
    number: int,
    mean: float | None,
    state: TrialState = "Succeeded",
    second: int = -1,
) -> None:
    """A trial has ended, so many seconds after noon; else in the order of the numbers."""
    when = NOON + timedelta(seconds=number if second < 0 else second)
    record = replace(
        suggestions.journal.trials[number].record,
        name=f"search-{number}",
        outcome=TrialCondition(state, "", ""),
        ended=when,
        mean=mean,
    )
    suggestions.journal.write(record)
    suggestions.tell(number, mean)


def rules(suggestions: Suggestions, count: int) -> list[str]:
    """Ask for so many suggestions; their rules."""
    return [asked(suggestions).rule for _ in range(count)]


def test_without_early_stopping_there_is_no_rule() -> None:
    """And nothing to compute."""
    assert medianstop(experiment()) is None
    suggestions = search(experiment())
    assert rules(suggestions, 3) == ["", "", ""]


def test_katibs_defaults() -> None:
    """Three trials, four values."""
    assert medianstop(stopping()) == Medianstop("loss", False, 3, 4)
    assert medianstop(stopping(start_step="2", min_trials_required="1")) == Medianstop("loss", False, 1, 2)


def test_there_is_a_rule_once_enough_trials_have_succeeded() -> None:
    """The arithmetic mean of their means, whatever the algorithm's name says."""
    suggestions = search(stopping())
    assert rules(suggestions, 3) == ["", "", ""]
    for number, value in enumerate((1.0, 2.0)):
        end(suggestions, number, value)
    assert rules(suggestions, 1) == [""]
    end(suggestions, 2, 9.0)
    assert rules(suggestions, 1) == ["loss;4.0;greater;4"]


def test_suggestions_of_one_batch_share_the_rule_of_their_start() -> None:
    """What ends later changes the rules of later trials only."""
    suggestions = search(stopping(min_trials_required="1"))
    rules(suggestions, 2)
    end(suggestions, 0, 1.0)
    assert rules(suggestions, 2) == ["loss;1.0;greater;4"] * 2
    end(suggestions, 1, 2.0)
    assert rules(suggestions, 1) == ["loss;1.5;greater;4"]
    known = [each.rule for each in suggestions.journal.records]
    assert known == ["", "", "loss;1.0;greater;4", "loss;1.0;greater;4", "loss;1.5;greater;4"]


@pytest.mark.parametrize("state", ["Failed", "EarlyStopped", "Killed", "MetricsUnavailable"])
def test_only_succeeded_trials_count(state: TrialState) -> None:
    """Others have no mean; nor has one that reported no number."""
    suggestions = search(stopping(min_trials_required="1"))
    rules(suggestions, 2)
    end(suggestions, 0, None, state)
    end(suggestions, 1, None)
    assert rules(suggestions, 1) == [""]


def test_a_maximized_metric_is_compared_the_other_way() -> None:
    """Less than the mean is worse."""
    assert Medianstop("acc", True, 1, 4).rule([0.25]).text == "acc;0.25;less;4"  # type: ignore[union-attr]


def test_a_sum_beyond_the_floats_makes_no_rule() -> None:
    """Infinity could be compared with nothing, and no journal could hold it."""
    assert Medianstop("loss", False, 1, 4).rule([sys.float_info.max] * 2) is None
    assert mean([]) is None


def test_the_rules_are_in_the_journal(tmp_path: Path) -> None:
    """A search that goes on gives the next trial the rule that it would have got."""
    suggestions = search(stopping(min_trials_required="1"), tmp_path)
    rules(suggestions, 2)
    end(suggestions, 0, 1.0)
    rules(suggestions, 1)
    again = search(stopping(min_trials_required="1"), tmp_path)
    assert [each.rule for each in again.journal.records] == ["", "", "loss;1.0;greater;4"]
    assert rules(again, 1) == ["loss;1.0;greater;4"]
    assert rules(suggestions, 1) == ["loss;1.0;greater;4"]


def test_a_trial_that_runs_again_gets_the_rule_of_now() -> None:
    """A failed one that is tried again is a new suggestion."""
    suggestions = search(stopping(min_trials_required="1"))
    rules(suggestions, 2)
    end(suggestions, 0, None, "Failed")
    end(suggestions, 1, 0.5)
    assert suggestions.retry(0).rule == "loss;0.5;greater;4"


LOGS = st.lists(st.floats(-1e6, 1e6).map(str), min_size=1, max_size=6)
TRIALS = st.lists(st.tuples(LOGS, st.integers(0, 2)), min_size=1, max_size=12)


@given(TRIALS, st.booleans(), st.integers(1, 4), st.integers(1, 5))
def test_the_rules_are_those_of_katibs_service(
    trials: Sequence[tuple[list[str], int]], maximize: bool, required: int, step: int
) -> None:
    """To the last digit, if it learns of the trials in the order in which they ended."""
    ours = Medianstop("loss", maximize, required, step)
    service = Service(maximize=maximize, min_trials_required=required, start_step=step)
    suggestions = search(experiment())
    means = []
    known: dict[str, Sequence[str]] = {}
    for number, (log, batch) in enumerate(trials):
        asked(suggestions)
        known[f"trial-{number}"] = log
        means.append(mean([float(text) for text in log[:step]]))
        if batch:  # no request for suggestions yet
            continue
        rule = ours.rule([each for each in means if each is not None])
        assert (rule and (rule.value, rule.comparison, rule.start_step)) == service.rule(known)


@given(st.permutations(range(6)), st.integers(1, 6))
def test_the_order_is_that_of_the_ends(order: Sequence[int], looked_at: int) -> None:
    """Not that of the suggestions; and it does not matter how often a rule was asked for meanwhile."""
    values = [0.1, 0.7, 1e16, -1e16, 0.2, 3.3]
    suggestions = search(stopping(min_trials_required="6"))
    rules(suggestions, 6)
    for second, number in enumerate(order):
        end(suggestions, number, values[number], second=second)
        if second % looked_at == 0:
            rules(suggestions, 1)
    expected = Medianstop("loss", False, 6, 4).rule([values[number] for number in order])
    assert expected is not None
    assert rules(suggestions, 1) == [expected.text]
