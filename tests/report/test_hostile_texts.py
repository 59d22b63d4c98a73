# SPDX-License-Identifier: Apache-2.0
"""What a trial or a manifest says stays text on the page, whatever it says."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.experiment.model import FeasibleSpace, Parameter
from kfp_katib.report import html
from kfp_katib.results import Metric, Provenance, Source, Told, ToldTrial, Trial
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial
from tests.report.unpacking import unpacked
from tests.support.html import read

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}"


def test_nothing_of_a_trial_becomes_markup() -> None:
    """Every text that a trial or a manifest brings stays text, in figures and attributes too."""
    hostile = Trial(
        name=ATTACK,
        parameters={ATTACK: ATTACK, "choice": ATTACK},
        state="Failed",
        reason=ATTACK,
        message=ATTACK,
        metrics={ATTACK: Metric(ATTACK, ATTACK, ATTACK)},
        log_tail=ATTACK,
        model_uri=ATTACK,
    )
    half, other = Metric("0.5", "0.5", "0.5"), f"second {ATTACK}"
    winner = replace(hostile, state="Succeeded", metrics={ATTACK: half, other: half})
    of = experiment(
        objective=objective(metric=ATTACK, compared={other: "min"}),
        name=ATTACK,
        parameters=(Parameter("choice", "categorical", FeasibleSpace(list=(ATTACK, "b"))),),
    )
    told = Told([Source(ATTACK, 1, {ATTACK: 1}, [ATTACK])], [ToldTrial(0, ATTACK, {"choice": ATTACK}, 0.5)])
    found = result([hostile, winner, winner], of, message=ATTACK, reason=ATTACK, notes=[ATTACK])
    known = Provenance(seed=ATTACK, versions={ATTACK: ATTACK}, told=told, told_notes=(ATTACK, ATTACK))
    text = html(replace(found, provenance=known))
    page, harmless = read(text), read(html(result([trial(0, "0.1"), trial(1, "0.2")])))
    assert page.tags.count("script") == harmless.tags.count("script")
    assert "img" not in page.tags
    assert (page.loads, page.handlers) == ([], [])
    assert "<script>alert" not in text
    assert "49" not in page.texts("h1")[0]
    for row in (read(line) for _, line, _, _ in unpacked(text)["rows"]):
        assert set(row.tags) <= {"tr", "td", "th", "span"}
        assert ATTACK in row.texts("th")[0]


@settings(max_examples=30, deadline=None)
@given(log=st.text(max_size=200), name=st.text(max_size=20))
def test_any_text_gives_a_page_that_can_be_written(log: str, name: str) -> None:
    """Lone surrogates, control characters and terminal colours neither break the file nor the page."""
    page = html(result([trial(0, state="Failed", log_tail=log, message=name)]))
    page.encode("utf-8")
    assert read(page).tags[-1] == "script"
    assert "\x1b" not in page
    assert "\x00" not in page
