# SPDX-License-Identifier: Apache-2.0
"""Every rule: what breaks it, where it says so, and that nothing else complains."""

from __future__ import annotations

from collections import Counter

import pytest

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import check, load
from kfp_katib.experiment.judging import all_rules
from kfp_katib.experiment.plain import RULES as SOURCE_RULES
from kfp_katib.experiment.rules.__main__ import document
from tests.builders.valid import VALID
from tests.experiment.cases import CASES, Case
from tests.places import ROOT

RULES = {rule.id: rule for rule in all_rules()}
_seen: Counter[str] = Counter(case.rule for case in CASES)
IDS = [f"{case.rule}-{number}" for number, case in enumerate(CASES)]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_broken_manifest_gets_the_rules_problem(case: Case) -> None:
    """The rule names the field, shows the value and says what to do."""
    found = [problem for problem in check(case.manifest) if problem.rule == case.rule]
    assert case.path in [problem.path for problem in found]
    assert any(case.message in str(problem) for problem in found)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_one_mistake_makes_one_message(case: Case) -> None:
    """Only the rule, and those that the case names beside it, complain."""
    always = {problem.rule for problem in check(VALID[case.start]())}
    found = {problem.rule for problem in check(case.manifest)}
    assert found | always == {case.rule, *case.also} | always


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_load_refuses_errors_and_keeps_warnings(case: Case) -> None:
    """A manifest with an error is refused with all its errors; one with warnings is loaded with them.

    What concerns one engine alone is kept for that engine, errors too.
    """
    problems = check(case.manifest)
    errors = tuple(problem for problem in problems if problem.severity == "error" and not problem.engine)
    if errors:
        with pytest.raises(ManifestError) as caught:
            load(case.manifest)
        assert caught.value.problems == errors
    else:
        loaded = load(case.manifest)
        assert loaded.warnings == tuple(problem for problem in problems if not problem.engine)
        assert loaded.engine_problems == tuple(problem for problem in problems if problem.engine)


@pytest.mark.parametrize("name", VALID)
def test_a_valid_manifest_has_no_findings(name: str) -> None:
    """Whatever Katib accepts and runs is accepted in silence, but for what an algorithm cannot do there."""
    always = {"enas": ["enas-cannot-learn"], "pbt": ["pbt-cannot-resume"]}
    assert [each.rule for each in check(VALID[name]())] == always.get(name, [])


def test_every_rule_has_a_case() -> None:
    """No rule of structure or meaning goes untested; those of reading are in test_source.py."""
    assert set(_seen) == set(RULES) - {rule.id for rule in SOURCE_RULES}


def test_rule_names_are_unique_and_say_something() -> None:
    """A rule's name is its own, and its sentence fits the docs' table."""
    assert len(RULES) == len(all_rules())
    assert all(rule.summary.endswith(".") and len(rule.summary) > 20 for rule in all_rules())


def test_problems_come_in_the_order_of_their_paths() -> None:
    """List indices count as numbers: the tenth parameter comes after the second."""
    manifest = VALID["random"]()
    manifest["spec"]["parameters"] = [
        {"name": f"p{i}", "parameterType": "double", "feasibleSpace": {"min": "2", "max": "1"}}
        for i in range(11)
    ]
    paths = [problem.path for problem in check(manifest) if problem.rule == "min-above-max"]
    assert paths == [f"spec.parameters[{i}].feasibleSpace" for i in range(11)]


@pytest.mark.parametrize("name", ["²", "9" * 5000, "[0]", "..", "a.b"])
def test_a_field_may_have_any_name(name: str) -> None:
    """Also one that looks like an index or holds what paths are made with."""
    manifest = VALID["random"]()
    manifest["spec"]["objective"][name] = 1
    assert [problem.rule for problem in check(manifest)] == ["field-ignored"]


def test_the_page_of_rules_is_up_to_date() -> None:
    """`python -m kfp_katib.experiment.rules > docs/reference/manifest-rules.md` after a change."""
    assert (ROOT / "docs/reference/manifest-rules.md").read_text(encoding="utf-8") == document()
