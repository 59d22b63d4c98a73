# SPDX-License-Identifier: Apache-2.0
"""Hyperband with points of the user, earlier searches, damaged notes, and failed trials that run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.search.enqueued import checked
from kfp_katib.engines.local.search.suggestions import Suggestions, open_study
from kfp_katib.engines.local.search.warm_start import begin
from kfp_katib.engines.local.warm_start_notes import notes
from kfp_katib.errors import InputError
from tests.builders.result import bare_trial
from tests.engines.local.search.searching import asked, end, search
from tests.engines.local.search.telling import source
from tests.engines.local.search.test_hyperband import completed, hyperband, rate, sizes


def test_a_point_of_the_user_gets_all_of_the_resource() -> None:
    """Unless it names an amount, which may be any up to r_l; what else it leaves open is drawn."""
    made = hyperband()
    points = checked(made, [{"lr": "0.5"}, {"lr": "0.25", "epochs": "4"}])
    assert points == [{"lr": "0.5", "epochs": "9"}, {"lr": "0.25", "epochs": "4"}]
    suggestions = search(made)
    suggestions.enqueue(points)
    for point in points:
        record = asked(suggestions)
        assert {**record.parameters, **point} == record.parameters
        assert record.parameters["kind"] in ("a", "b")


def test_a_resource_above_r_l_is_refused() -> None:
    """With what it may be, which is not what the manifest has as its range."""
    with pytest.raises(InputError, match="'10' is not in the feasible space of epochs: min 1, max 9"):
        checked(hyperband(), [{"epochs": "10"}])


def test_a_point_of_the_user_is_part_of_no_rung() -> None:
    """The plan has as many trials as without it; none is promoted from it, and no rung waits for it."""
    made, journal = hyperband(), Journal("search")
    suggestions = open_study(made, journal)
    suggestions.enqueue(checked(made, [{"lr": "0"}]))
    point = asked(suggestions)
    for _ in range(9):
        record = asked(suggestions)
        end(suggestions, record.number, rate(record.number, record.parameters))
    assert journal.trials[asked(suggestions).number].note["rung"] == 1
    end(suggestions, point.number, 0.0)
    end(suggestions, 10, 0.5)
    completed(made, journal=journal)
    assert len(journal.trials) == 24
    assert point.number not in {trial.note.get("parent") for trial in journal.trials}


def test_earlier_trials_change_nothing_and_a_note_says_so() -> None:
    """They are of no rung."""
    made = hyperband()
    trials = [bare_trial("other-1", loss="0", parameters={"lr": "0.1", "epochs": "3", "kind": "a"})]
    suggestions = search(made, told=begin(made, [source(trials)]))
    assert [asked(suggestions).parameters for _ in range(9)] == [
        record.parameters for record in completed(made).records[:9]
    ]
    assert (
        "hyperband cannot use earlier trials: it compares only those of one rung with each other."
        in notes(made, suggestions.journal)
    )


def damaged(folder: Path, number: int, change: Any) -> None:
    """A search of which so many trials have ended; the note of the last one is another now."""
    suggestions = search(hyperband(), folder)
    for _ in range(number + 1):
        record = asked(suggestions)
        end(suggestions, record.number, rate(record.number, record.parameters))
    file = folder / "search" / "journal"
    lines = file.read_text().splitlines()
    place = max(index for index, line in enumerate(lines) if "kfp-katib:hyperband" in line)
    log = json.loads(lines[place])
    attributes = log["user_attrs"]
    if change is None:
        del attributes["kfp-katib:hyperband"]
    else:
        attributes["kfp-katib:hyperband"] |= change
    lines[place] = json.dumps(log)
    file.write_text("\n".join([*lines, ""]))


@pytest.mark.parametrize(
    ("number", "change", "said"),
    [
        (0, None, "trial 0 lacks its place in a rung"),
        (0, {"bracket": "2"}, "kfp-katib:hyperband: bracket"),
        (0, {"bracket": -1}, "kfp-katib:hyperband: bracket"),
        (0, {"bracket": 10**40}, "trial 0 has another amount of the resource than its rung"),
        (0, {"bracket": 1}, "trial 0 has another amount of the resource than its rung"),
        (0, {"rung": 1}, "trial 0 has another amount of the resource than its rung"),
        (0, {"rung": None}, "kfp-katib:hyperband: rung"),
        (0, {"parent": 0}, "it names a trial that comes later"),
        (0, {"parent": 0.5}, "kfp-katib:hyperband: parent"),
        (1, {"parent": 0}, "trial 1 was promoted from a trial that cannot have been"),
        (9, {"parent": None}, "trial 9 was promoted from no trial"),
        (9, {"parent": -1}, "it names a trial that comes later"),
        (10, {"parent": 9}, "trial 10 was promoted from a trial that cannot have been"),
    ],
)
def test_a_damaged_note_is_named(tmp_path: Path, number: int, change: Any, said: str) -> None:
    """Valid JSON, and not what we write."""
    damaged(tmp_path, number, change)
    with pytest.raises(InputError, match=rf"is damaged, line \d+ \(.*{said}"):
        search(hyperband(), tmp_path)


def test_a_journal_that_is_not_damaged_goes_on(tmp_path: Path) -> None:
    """With its retries and its points."""
    made = hyperband()
    suggestions = search(made, tmp_path)
    suggestions.enqueue(checked(made, [{"lr": "0.5"}]))
    for number in range(14):
        record = asked(suggestions)
        end(suggestions, number, None if number in (0, 3) else rate(number, record.parameters))
    for number in (0, 3):
        end(suggestions, suggestions.retry(number).number, 0.5)
    assert asked(search(made, tmp_path)).parameters == asked(suggestions).parameters


def retried(suggestions: Suggestions, *numbers: int) -> None:
    """Failed trials that run again, and succeed."""
    for number in numbers:
        again = suggestions.retry(number)
        end(suggestions, again.number, rate(again.number, again.parameters))


def test_failed_trials_that_run_again_take_their_places() -> None:
    """The rung that was short of values is filled; then the search goes on where it was."""
    made, journal = hyperband(), Journal("search")
    suggestions = open_study(made, journal)
    for number in range(11):
        end(suggestions, asked(suggestions).number, None if number < 9 else 0.5)
    assert [trial.note["bracket"] for trial in journal.trials[9:]] == [1, 1]
    retried(suggestions, *range(9))
    completed(made, journal=journal)
    assert sizes(journal, made) == [9, 3, 1, 5, 2, 3]
    assert len(journal.counted) == 23
    assert [trial.note["rung"] for trial in journal.trials[20:24]] == [1, 1, 1, 2]


def test_a_promoted_trial_that_runs_again_keeps_its_parent() -> None:
    """No other one is promoted to its place."""
    made, journal = hyperband(), Journal("search")
    suggestions = open_study(made, journal)
    for number in range(12):
        record = asked(suggestions)
        end(suggestions, number, None if number == 10 else rate(number, record.parameters))
    retried(suggestions, 10)
    assert journal.trials[12].note == journal.trials[10].note
    completed(made, journal=journal)
    assert sizes(journal, made) == [9, 3, 1, 5, 2, 3]
    assert len(journal.counted) == 23


def test_a_promotion_that_was_made_stays() -> None:
    """A trial that failed, ran again and is now the best comes too late for a rung that is full."""
    made, journal = hyperband(), Journal("search")
    suggestions = open_study(made, journal)
    for number in range(12):
        end(suggestions, asked(suggestions).number, None if number == 0 else 2.0)
    end(suggestions, suggestions.retry(0).number, 1.0)
    assert journal.trials[asked(suggestions).number].note == {"bracket": 2, "rung": 2, "parent": 9}
