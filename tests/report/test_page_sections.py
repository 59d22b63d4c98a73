# SPDX-License-Identifier: Apache-2.0
"""What a reader asks beyond the best trial: when, how long, with what, told what, by which manifest."""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import timedelta, timezone
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import pytest

from kfp_katib.report import html, markdown
from kfp_katib.results import Provenance, Result, Source, Told, ToldTrial
from tests.builders.experiment import experiment, objective
from tests.builders.result import START, result, trial
from tests.builders.search import PRINT, search
from tests.builders.several_objectives import LOSS_AND_SECONDS, compared
from tests.support.html import Element, read


@pytest.mark.parametrize(("goal", "said"), [(0.3, "goal 0.3 reached"), (0.2, "goal 0.2 not reached")])
def test_the_page_says_whether_the_goal_was_reached(goal: float, said: str) -> None:
    """Beside the value that did or did not."""
    page = read(html(result([trial(0, "0.3")], experiment(objective=objective(goal=goal)))))
    assert said in page.texts("main")[0]


def facts(page: Element) -> dict[str, str]:
    """The pairs of all its lists."""
    return dict(zip(page.texts("dt"), page.texts("dd"), strict=True))


def test_the_page_says_when_it_ran_and_how_long() -> None:
    """From the first trial's start to the last one's end."""
    known = facts(read(html(result([trial(1, "0.3"), trial(0, "0.5")]))))
    assert known["Began"] == "2026-01-02 03:04:05 UTC"
    assert known["Ended"] == "2026-01-02 03:06:05 UTC"
    assert known["Total time"] == "2 min 0 s"


def test_a_search_that_goes_on_has_no_end() -> None:
    """Nor a total time; one of whose trials nothing is known has neither."""
    running = replace(trial(1, state="Running"), ended=None)
    known = facts(read(html(result([trial(0, "0.3"), running], state="Running"))))
    assert "Began" in known
    assert not {"Ended", "Total time"} & set(known)
    bare = replace(trial(0, "0.3"), started=None, ended=None)
    assert not {"Began", "Ended", "Total time"} & set(facts(read(html(result([bare])))))


def test_a_search_whose_clock_was_set_back_took_no_time() -> None:
    """Its trial ended before it began; a negative time would be no answer, on the page and in the summary."""
    found = result([replace(trial(0, "0.3"), ended=START - timedelta(hours=1))])
    assert facts(read(html(found)))["Total time"] == "0 s"
    assert "1 Succeeded. 0 s from " in markdown(found)


def test_times_are_the_same_wherever_the_page_is_written() -> None:
    """In UTC, which they say."""
    east = START.astimezone(timezone(timedelta(hours=9)))
    assert facts(read(html(result([replace(trial(0, "0.3"), started=east)]))))["Began"].endswith(
        "03:04:05 UTC"
    )


def known(**fields: Any) -> Result:
    """A Result whose engine knows more than its trials."""
    return replace(result([trial(0, "0.3")]), provenance=Provenance(**fields))


def test_who_repeats_the_search_finds_its_seed_and_versions() -> None:
    """As far as the engine knows them; those of the program that writes the page are known always."""
    said = facts(read(html(known(seed="7", versions={"Optuna": "5.0", "Katib": "0.19"}))))
    assert (said["Seed"], said["Optuna"], said["Katib"]) == ("7", "5.0", "0.19")
    assert f"by kfp-katib {version('kfp-katib')}, Python {platform.python_version()}" in said["This page"]
    assert "Seed" not in facts(read(html(known())))


def test_the_manifest_is_on_the_page() -> None:
    """Folded up, as YAML, to run it again."""
    page = read(html(result([trial(0, "0.3")], search(PRINT))))
    (manifest,) = (each for each in page.all("section") if "Manifest" in each.texts("h2"))
    assert [each.attributes for each in manifest.all("details")] == [{}]
    assert "kind: Experiment" in manifest.texts("pre")[0]
    assert "maxTrialCount: 3" in manifest.texts("pre")[0]


TOLD = Told(
    [
        Source("runs/monday", 12, {"failed": 2, "without a finite loss": 1}, []),
        Source("friday.csv", 1, {}, ["dropout", "depth"]),
    ],
    [ToldTrial(0, f"monday-{n}", {"lr": f"0.{n}123456789"}, 1 / (n + 1)) for n in range(12)]
    + [ToldTrial(1, "", {"lr": "0.5"}, 2.0)],
)
TOLD_NOTES = ("Warm start: of monday.", "Warm start: of friday.", "The earlier trials count in nothing here.")


def test_a_warm_start_has_a_section_of_its_own() -> None:
    """Of whom, how many, how many not and why, and what it means for this search."""
    found = replace(known(told=TOLD, told_notes=TOLD_NOTES), notes=(*TOLD_NOTES, "another"))
    page = read(html(found))
    (warm,) = (each for each in page.all("section") if "Warm start" in each.texts("h2"))
    rows = [row.text for row in warm.all("tbody")[0].all("tr")]
    assert rows == ["runs/monday1232 failed, 1 without a finite loss–", "friday.csv10–dropout, depth"]
    assert "The earlier trials count in nothing here." in warm.texts("p")
    assert page.texts("ul") == ["another"]


def test_the_best_earlier_trials_are_shown() -> None:
    """Ten at most, said so: their own search's page has the others."""
    (warm,) = (
        each
        for each in read(html(known(told=TOLD, told_notes=TOLD_NOTES))).all("section")
        if "Warm start" in each.texts("h2")
    )
    assert warm.texts("summary") == ["The best 10 of the 13 that were told"]
    best, *_, last = warm.all("tbody")[1].all("tr")
    assert [cell.text for cell in best][:4] == ["monday-11", "runs/monday", "0.0833333", "0.111235"]
    assert last.text.startswith("monday-2")
    assert [cell.attributes.get("title") for cell in best][2:4] == [str(1 / 12), "0.11123456789"]


def test_without_a_warm_start_nothing_is_said_of_one() -> None:
    """Nor where it was asked for what the engine does not know."""
    assert "Warm start" not in read(html(known())).texts("h2")


def test_every_control_and_region_has_a_name() -> None:
    """Those who hear the page are told what each is for; headings follow one another."""
    found = replace(
        known(told=TOLD, told_notes=TOLD_NOTES),
        trials=(trial(0, "0.3"), trial(1, state="Failed")),
        notes=("a",),
    )
    page = read(html(found))
    labelled = {label for each in page.all("label") for label in each.tags}
    assert {"input", "select"} <= labelled
    ids = {element.attributes.get("id") for element in page}
    named_by = [
        element.attributes["aria-labelledby"] for element in page if "aria-labelledby" in element.attributes
    ]
    assert set(named_by) <= ids
    assert all("aria-labelledby" in each.attributes for each in page.all("section"))
    assert all(each.text or "aria-label" in each.attributes for each in page.all("button"))
    assert all(each.attributes.get("scope") in ("col", "row") for each in page.all("th"))
    levels = [int(tag[1]) for tag in page.tags if tag in ("h1", "h2", "h3")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_with_several_objectives_the_pareto_set_is_drawn_and_listed() -> None:
    """In one section: the best by the objective is marked, six digits are shown and all are on hover."""
    found = compared(LOSS_AND_SECONDS, ("0.3", "1"), ("0.12345678901234567", "5"), ("0.3", "9"))
    page = read(html(found))
    (section,) = page.all("section", **{"aria-labelledby": "pareto-set-title"})
    assert "2 of 3 trials are in the set" in section.texts("p")[0]
    assert section.all("div", id="pareto-set-0")
    head, *rows = section.all("tr")
    titles = ["Trial", "loss", "seconds", "lr", "batch_size", "activation", "Duration"]
    assert head.texts("th") == titles
    assert [row.texts("th") for row in rows] == [["tune-1 best"], ["tune-0"]]
    assert rows[0].texts("td")[:2] == ["0.123457", "5"]
    assert rows[0].all("td", title="0.12345678901234567")


def test_with_one_objective_there_is_no_pareto_set() -> None:
    """Nor a word of it."""
    assert "pareto" not in html(result([trial(0, "0.3")])).rpartition("<script>")[0].lower()
