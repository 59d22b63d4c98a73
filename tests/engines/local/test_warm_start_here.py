# SPDX-License-Identifier: Apache-2.0
"""Warm start and enqueued points of a search that runs: copied once, said in each Result, kept over kills."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines.engine import named
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from kfp_katib.results import EarlierTrials, Result, WarmStart
from tests.builders.result import bare_trial
from tests.builders.search import PRINT, search

NUMBERS = [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0", "max": "1"}}]
TPE = {"algorithmName": "tpe", "algorithmSettings": [{"name": "random_state", "value": "1"}]}
SPEC: dict[str, Any] = {"parameters": NUMBERS, "algorithm": TPE, "maxTrialCount": 4}


def earlier(runs: Path, **changes: Any) -> Result:
    """A search that ran before, over the same space."""
    return run(search(PRINT, name="before", **(SPEC | changes)), runs=runs)


def of(name: str, *values: str) -> EarlierTrials:
    """A source whose trials have these values of lr, and as loss."""
    return EarlierTrials(name, lambda: [bare_trial(f"o-{v}", loss=v, parameters={"lr": v}) for v in values])


def tried(result: Result) -> list[str]:
    """The values of the trials, in their order."""
    return [trial.parameters["lr"] for trial in result.trials]


def test_a_result_starts_another_search(tmp_path: Path) -> None:
    """Its trials count in nothing: not in the budget, not as the best, even where they reach the goal."""
    goal = {"type": "minimize", "objectiveMetricName": "loss", "goal": 0.001}
    before = run(search("echo loss=0", name="before", **(SPEC | unused())), runs=tmp_path)
    result = run(search(PRINT, **SPEC, objective=goal), runs=tmp_path, warm_start=before)
    assert len(result.trials) == 4
    assert result.reason == "ExperimentMaxTrialsReached"
    assert result.best
    assert result.best.name.startswith("tune-")


def unused() -> dict[str, Any]:
    """A parameter has to be used: where the script does not, a variable does."""
    return {"container": {"env": [{"name": "LR", "value": "${trialParameters.lr}"}]}}


def test_every_result_says_what_was_told(tmp_path: Path) -> None:
    """Also the one that is read later: how many, of whom, the best of them; one source after the other."""
    sources: list[WarmStart] = [earlier(tmp_path), of("other.csv", "0.5", "nan", "7")]
    result = run(search(PRINT, **SPEC), runs=tmp_path, warm_start=sources)
    said = [note for note in result.notes if "earlier" in note]
    assert said[0] == "Warm start: told 4 earlier trials of Experiment 'before'."
    assert said[1] == (
        "Warm start: told 1 earlier trial of other.csv; left out: 1 without a finite loss, "
        "1 outside the space of lr."
    )
    assert "The earlier trials count in nothing here. The best of them is before-" in said[2]
    assert list(named("local").read("tune", RunOptions(runs=tmp_path)).notes) == said


@pytest.mark.parametrize(
    ("algorithm", "note"),
    [
        ("random", "random cannot use earlier trials"),
        ("sobol", "sobol cannot use earlier trials"),
        ("cmaes", "cmaes needs 10 earlier trials to begin where they were good, and was told 2"),
    ],
)
def test_who_cannot_use_them_says_so(algorithm: str, note: str, tmp_path: Path) -> None:
    """In one note."""
    second = {"name": "b", "parameterType": "double", "feasibleSpace": {"min": "0", "max": "1"}}
    script = f"echo ${{trialParameters.b}} >&2; {PRINT}"
    spec = {**SPEC, "algorithm": {"algorithmName": algorithm}, "parameters": [*NUMBERS, second]}
    points = [bare_trial(f"o-{b}", loss="1", parameters={"lr": "0.5", "b": b}) for b in ("0.1", "0.2")]
    result = run(search(script, **spec), runs=tmp_path, warm_start=EarlierTrials("other", lambda: points))
    (said,) = (each for each in result.notes if each.startswith(algorithm))
    assert said.startswith(note)


def test_a_grid_leaves_out_what_is_known(tmp_path: Path) -> None:
    """The note names the best of what it does not run again."""
    result = run(search(PRINT, maxTrialCount=9), runs=tmp_path, warm_start=of("other.csv", "0.1", "0.5"))
    assert sorted(tried(result)) == ["0.2", "0.3", "0.4", "0.6", "0.7", "0.8", "0.9"]
    assert result.succeeded
    assert any(
        "The best of them is o-0.1 of other.csv: loss=0.1 with lr=0.1." in each for each in result.notes
    )
    assert "grid does not run the cells of earlier trials again." in result.notes


def begun(runs: Path, *sources: EarlierTrials) -> Result:
    """A search that was told sources and has stopped in the middle."""
    script = f"test -e {runs}/go || exit 1; {PRINT}"
    result = run(search(script, **SPEC, maxFailedTrialCount=1), runs=runs, warm_start=list(sources))
    assert result.state == "Failed"
    (runs / "go").touch()
    return result


def gone() -> list[Any]:
    """A source that cannot be read any more."""
    raise InputError("it is gone")


def deleted() -> list[Any]:
    """A file that somebody reads in their own way."""
    raise FileNotFoundError("other.csv")


@pytest.mark.parametrize(
    ("again", "note"),
    [
        ([of("other.csv", "0.5", "0.6")], ""),
        ([], ""),
        ([of("other.csv", "0.5")], "other.csv has changed since"),
        ([EarlierTrials("other.csv", gone)], "other.csv cannot be read any more"),
        ([EarlierTrials("other.csv", deleted)], "other.csv cannot be read any more"),
        ([of("renamed.csv", "0.6", "0.5")], ""),
    ],
    ids=["the same", "none named", "changed", "gone", "deleted", "under another name"],
)
def test_a_search_goes_on_with_what_it_was_told(
    again: list[EarlierTrials], note: str, tmp_path: Path
) -> None:
    """The copy in the journal counts; that its source has changed is said."""
    begun(tmp_path, of("other.csv", "0.5", "0.6"))
    script = f"test -e {tmp_path}/go || exit 1; {PRINT}"
    result = run(search(script, **SPEC), runs=tmp_path, warm_start=again or None)
    said = [each for each in result.notes if each.startswith("Warm start")]
    assert said[0] == "Warm start: told 2 earlier trials of other.csv."
    assert [note in each for each in said[1:]] == ([True] if note else [])


def test_another_source_comes_too_late(tmp_path: Path) -> None:
    """With what it was told, and the ways on; nothing has changed."""
    begun(tmp_path, of("other.csv", "0.5"))
    script = f"test -e {tmp_path}/go || exit 1; {PRINT}"
    before = (tmp_path / "tune" / "journal").read_bytes()
    with pytest.raises(
        InputError, match=r"has begun with the trials of other.csv; those of third.csv come too"
    ) as no:
        run(search(script, **SPEC), runs=tmp_path, warm_start=of("third.csv", "0.7"))
    assert all(way in str(no.value) for way in ("warm_start", "again=True", "(name)"))
    assert (tmp_path / "tune" / "journal").read_bytes() == before


def test_a_cold_search_that_has_begun_stays_cold(tmp_path: Path) -> None:
    """Half of its trials would have been suggested without them."""
    run(search(PRINT, **SPEC), runs=tmp_path)
    with pytest.raises(
        InputError, match=r"has begun without any earlier trials; those of other.csv come too late"
    ):
        run(search(PRINT, **SPEC), runs=tmp_path, warm_start=of("other.csv", "0.7"))


def test_a_search_starts_over_with_its_own_trials(tmp_path: Path) -> None:
    """They are read before they are put aside."""
    first = run(search(PRINT, **SPEC), runs=tmp_path)
    options = RunOptions(runs=tmp_path)
    itself = EarlierTrials("runs/tune", lambda: named("local").read("tune", options).trials)
    second = run(search(PRINT, **SPEC), runs=tmp_path, warm_start=itself, again=True)
    assert "Warm start: told 4 earlier trials of runs/tune." in second.notes
    assert set(tried(first)).isdisjoint(tried(second))


def test_a_search_that_was_put_aside_can_be_read(tmp_path: Path) -> None:
    """By its folder, under the name of its Experiment."""
    first = run(search(PRINT, **SPEC), runs=tmp_path)
    run(search(PRINT, **SPEC), runs=tmp_path, again=True)
    aside = named("local").read("1", RunOptions(runs=tmp_path / "tune" / "earlier"))
    assert [each.name for each in aside.trials] == [each.name for each in first.trials]


def test_a_source_that_cannot_be_read_starts_nothing(tmp_path: Path) -> None:
    """A new search needs it, and the next attempt is new as well."""
    with pytest.raises(InputError, match="it is gone"):
        run(search(PRINT, **SPEC), runs=tmp_path, warm_start=EarlierTrials("other.csv", gone))
    assert len(run(search(PRINT, **SPEC), runs=tmp_path).trials) == 4


WARM = "kfp-katib:warm-start"
TRIAL = {"source": 0, "name": "o", "parameters": {"lr": "0.5"}, "value": 0.5}
SOURCE = {"name": "other.csv", "told": 1, "left_out": {}, "ignored": []}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {"sources": [SOURCE]},
        {"sources": [], "trials": [TRIAL]},
        {"sources": [SOURCE], "trials": [{**TRIAL, "value": "0.5"}]},
        {"sources": [SOURCE], "trials": [{**TRIAL, "value": None}]},
        {"sources": [SOURCE], "trials": [{**TRIAL, "source": -1}]},
        {"sources": [SOURCE], "trials": [{**TRIAL, "parameters": {"lr": "9"}}]},
        {"sources": [SOURCE], "trials": [{**TRIAL, "parameters": {}}]},
        {"sources": [SOURCE], "trials": [{**TRIAL, "more": 1}]},
    ],
)
def test_a_damaged_copy_is_damage(stored: object, tmp_path: Path) -> None:
    """It is said like that of any line, and nothing is guessed."""
    begun(tmp_path, of("other.csv", "0.5"))
    journal = tmp_path / "tune" / "journal"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    for line in lines:
        if WARM in (line.get("user_attr") or {}):
            line["user_attr"] = {WARM: stored}
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InputError, match=r"The journal .*is damaged"):
        run(search(f"test -e {tmp_path}/go || exit 1; {PRINT}", **SPEC), runs=tmp_path)
