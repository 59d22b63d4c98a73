# SPDX-License-Identifier: Apache-2.0
"""Manifests that were made to break the loader: each has its right verdict, within a second."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.experiment import check, load, render, to_yaml
from kfp_katib.experiment.model import Manifest
from kfp_katib.experiment.problem import Problem
from tests.builders.manifest import CONTAINER, changed
from tests.builders.valid import random
from tests.places import DATA
from tests.support.speed import within

CASES = DATA / "cases"


def judged(manifest: Manifest | Path) -> tuple[Problem, ...]:
    """What the check says within a second."""
    with within(1):
        return check(manifest)


def filtered(*expressions: str) -> Manifest:
    """The usual manifest with a filter of these expressions."""
    collector = {"collector": {"kind": "StdOut"}, "source": {"filter": {"metricsFormat": [*expressions]}}}
    return changed(random(), {"spec.metricsCollectorSpec": collector})


def test_a_tag_on_a_key_is_one_error_that_names_the_line() -> None:
    """`!!timestamp` on a word is no date; the rest of the file is not judged."""
    (problem,) = check(CASES / "adv-fuzz-1-0.yaml")
    assert (problem.rule, problem.severity) == ("not-parsable", "error")
    assert (problem.line, problem.message) == (9, "The tag !!timestamp does not fit 'algorithm'.")


@pytest.mark.parametrize("name", ["adv-fuzz-2-0.yaml", "adv-fuzz-2-1.yaml"])
def test_a_job_of_an_api_version_that_is_none_is_one_error(name: str) -> None:
    """It only looks like a Job: no pod of it is known, and none would be created."""
    (problem,) = check(CASES / name)
    assert (problem.rule, problem.severity) == ("api-version-invalid", "error")
    assert problem.path == "spec.trialTemplate.trialSpec.apiVersion"


LONG = {
    "placeholders without an end": "${pipeline.",
    "trial parameters without an end": "${trialParameters.",
    "references without an end": "${trialSpec.",
    "arithmetic": "$((",
    "groups": "{ ",
    "quotes": "'",
    "lines": "a\n",
    "assignments": "A=1 ",
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("field", [f"{CONTAINER}.command", f"{CONTAINER}.args"])
@pytest.mark.parametrize("name", LONG)
def test_no_text_costs_the_square_of_its_length(name: str, field: str) -> None:
    """100 kB of what every search for a closing bracket, quote or word must get over."""
    text = LONG[name] * (100_000 // len(LONG[name]))
    manifest = changed(random(), {field: ["bash", "-c", text] if field.endswith("command") else [text]})
    judged(manifest)


@pytest.mark.usefixtures("untraced")
def test_many_values_between_many_quotes_are_judged_at_once() -> None:
    """Each quote is looked at once, not once for each value."""
    values = [f"a b{i}" for i in range(4000)]
    changes = {"spec.parameters[2].feasibleSpace.list": values, f"{CONTAINER}.args": ["'a' " * 12_000]}
    judged(changed(random(), changes))


@pytest.mark.usefixtures("untraced")
def test_a_reference_full_of_brackets_is_read_at_once() -> None:
    """Katib's own expressions for references are asked of RE2, which takes no square of a text."""
    reference = "${trialSpec." + "[" * 50_000 + "]" * 50_000 + "}"
    judged(changed(random(), {"spec.trialTemplate.trialParameters[0].reference": reference}))


@pytest.mark.parametrize("field", ["metadata.name", "spec.objective.objectiveMetricName", "spec.other"])
def test_a_message_stays_readable_whatever_a_field_holds(field: str) -> None:
    """A text of 100 kB is cut in its middle."""
    problems = check(changed(random(), {field: "x (" * 30_000}))
    assert problems
    assert all(len(problem.explained) < 4000 for problem in problems)


def test_what_the_loader_can_write_it_reads_again() -> None:
    """`-.1` is text to Katib and a number to YAML, wherever its digits begin."""
    experiment = load(CASES / "adv-roundtrip.yaml")
    text = to_yaml(render(experiment))
    assert load(text) == render(experiment)
    assert [problem.severity for problem in check(text)] == ["warning"]


@pytest.mark.usefixtures("untraced")
def test_the_slow_case_is_judged_within_a_second() -> None:
    """It is a valid manifest; what took long was no part of the judgement."""
    assert not [each for each in judged(CASES / "adv-slow-1-0.yaml") if each.severity == "error"]


DEAR = {
    "brackets": ["(" * 1000 + ")" * 1000],
    "open brackets": ["(" * 100_000 + ")"],
    "square brackets": ["[" * 1000 + "]" * 1000],
    "alternatives": ["(a|" * 2000 + "b" + ")" * 2000],
    "classes": [r"\p{L}" * 20_000],
    "repeated classes": [r"(\p{L}{200})(b)"] * 100,
    "dear ones, many": [r"(\p{L}{5})(b)"] * 100,
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("name", DEAR)
def test_an_expression_costs_less_than_a_second(name: str) -> None:
    """Whatever RE2 or Katib's own test of the brackets would take for it; the message stays short."""
    problems = judged(filtered(*DEAR[name]))
    assert {problem.rule for problem in problems} <= {"filter-invalid", "filter-without-groups"}
    assert all(len(problem.message) < 500 for problem in problems)


def test_what_re2_knows_is_no_error() -> None:
    """Flags inside, named groups and Unicode classes: RE2 itself is asked."""
    expressions = [r"(?i)(loss)=([0-9.]+)", r"(?P<name>\w+)=(?P<value>\S+)", r"(\pL+)=([[:digit:].]+)"]
    assert check(filtered(*expressions)) == ()
