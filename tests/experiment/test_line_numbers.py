# SPDX-License-Identifier: Apache-2.0
"""Every finding in a text names the line of its field, or of the nearest field around it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import check, load, render
from kfp_katib.experiment.line_numbers import placed
from kfp_katib.experiment.problem import Origin, Problem
from tests.builders.manifest import changed
from tests.builders.valid import VALID, random

YAML = """\
a:
  b.c/d: 1
  e:
    - f: 2
    -
      g: 3
base: &base
  h: 4
i:
  <<: *base
  j: [5, 6,
      7]
"""
PLACES = {
    "a": 1,
    "a.b.c/d": 2,
    "a.e": 3,
    "a.e[0]": 4,
    "a.e[0].f": 4,
    "a.e[1].g": 6,
    "a.e[1].missing": 6,
    "a.e[2]": 3,
    "i.h": 8,
    "i.j[2]": 12,
    "i.j[2].k": 12,
    "missing": 1,
}
FIELDS = """\
{"a": {"b.c/d": 1,
  "e": [{"f": 2},
    {"g": 3, "a \\" b": []}]},
 "list": [[],
   {}, "x: [",
   null]
}
"""
IN_JSON = {
    "a": 1,
    "a.b.c/d": 1,
    "a.e": 2,
    "a.e[0].f": 2,
    "a.e[1]": 3,
    'a.e[1].a " b': 3,
    "list[0]": 4,
    "list[1]": 5,
    "list[2]": 5,
    "list[3]": 6,
    "missing": 1,
}


def line(text: str, path: str) -> int | None:
    """The line that a finding at a path gets."""
    return placed(Problem("rule", path, "It is so.", "Change it."), Origin(text)).line


@pytest.mark.parametrize("path", PLACES)
def test_a_field_of_yaml_has_its_own_line(path: str) -> None:
    """A key may hold dots; what `<<` brings stands where it is written; a missing field is in its owner."""
    assert line(YAML, path) == PLACES[path]


@pytest.mark.parametrize("path", IN_JSON)
def test_a_field_of_json_has_its_own_line(path: str) -> None:
    """Texts may hold what looks like structure."""
    assert line(FIELDS, path) == IN_JSON[path]


def test_flow_style_is_yaml() -> None:
    """It begins like JSON."""
    assert line("{a: 1,\n b: 2}", "b") == 2


def test_a_key_that_json_has_twice_is_named_with_its_line() -> None:
    """The second one is."""
    (problem,) = check('{"a": {"b": 1},\n "c": 2,\n "b": 1,\n "a": 3}')
    assert (problem.rule, problem.line) == ("duplicate-key", 4)


def test_what_is_no_text_has_no_line() -> None:
    """Nor has a finding about the whole text."""
    (problem,) = check(changed(random(), {"spec.parallelTrialCount": 0}))
    assert (problem.line, str(problem)[:6]) == (None, "error:")
    (problem,) = check("[]")
    assert problem.line is None


@pytest.mark.parametrize("name", sorted(VALID))
@pytest.mark.parametrize("indent", [None, 2])
def test_a_finding_in_a_text_is_the_one_in_the_data_with_a_line(name: str, indent: int | None) -> None:
    """The line is the only difference."""
    wrong = changed(VALID[name](), {"spec.parallelTrialCount": -1, "spec.objective.type": "up"})
    text = json.dumps(wrong, indent=indent)
    found = check(text)
    assert found == check(wrong)
    assert all(problem.line for problem in found)
    (objective,) = (problem.line for problem in found if problem.path == "spec.objective.type")
    assert '"up"' in text.splitlines()[(objective or 0) - 1]


def test_an_error_names_the_file_and_the_line(tmp_path: Path) -> None:
    """Without a file, the line alone; a step of a pipeline has the manifest's text."""
    text = json.dumps(changed(random(), {"spec.parallelTrialCount": 0}), indent=1)
    number = next(i for i, each in enumerate(text.splitlines(), 1) if "parallelTrialCount" in each)
    file = tmp_path / "experiment.json"
    file.write_text(text)
    with pytest.raises(ManifestError, match=rf"\n  {file}:{number}: error: spec\.parallelTrialCount: "):
        load(file)
    with pytest.raises(ManifestError, match=rf"the manifest: 1 error.*\n  line {number}: error: spec"):
        load(text)


def test_what_is_found_after_rendering_still_has_its_line() -> None:
    """The text that a user wrote is the one to be changed."""
    text = json.dumps(changed(random(), {"spec.maxFailedTrialCount": None}), indent=1)
    (before,) = load(text).warnings
    (after,) = render(load(text)).warnings
    assert before.line == after.line
    assert "maxFailedTrialCount" in text.splitlines()[(after.line or 0) - 1]
