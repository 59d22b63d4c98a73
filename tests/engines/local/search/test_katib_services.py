# SPDX-License-Identifier: Apache-2.0
"""What benchmarks/search_quality.py asks of Katib's services, with a stand-in for a checkout of Katib."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import search_quality
from benchmarks.search.functions import FUNCTIONS
from benchmarks.search.searchers import Local, Outcome, Services, asked, search
from tests.builders.experiment import double, experiment, integer, one_of

MESSAGES = """
class Message:
    def __init__(self, **fields):
        self.__dict__.update(fields)

class Words:
    Value = staticmethod(lambda word: word)

ParameterType = Distribution = Words
MINIMIZE = "minimize"
ObjectiveSpec = AlgorithmSpec = AlgorithmSetting = ParameterSpec = FeasibleSpace = Experiment = Message
Trial = ParameterAssignment = Observation = Metric = GetSuggestionsRequest = Message

class ExperimentSpec(Message):
    ParameterSpecs = Message

class TrialSpec(Message):
    ParameterAssignments = Message

class TrialStatus(Message):
    class TrialConditionType:
        SUCCEEDED = "succeeded"
"""
"""Katib's messages, as far as they are made."""
SERVICE = """
from types import SimpleNamespace as Some

class HyperoptService:
    def GetSuggestions(self, request, context):
        spec, known = request.experiment.spec, request.trials
        settings = {each.name: each.value for each in spec.algorithm.algorithm_settings}
        if settings.get("random_state") == "13":
            return Some(parameter_assignments=[])
        values = [each.status.observation.metrics[0].value for each in known]
        spaces = [vars(each.feasible_space) for each in spec.parameter_specs.parameters]
        texts = {"told": str(values), "spaces": str(spaces), "x0": "2", "x1": "3"}
        one = Some(assignments=[Some(name=name, value=text) for name, text in texts.items()])
        return Some(parameter_assignments=[one] * request.current_request_number)
"""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The process, which this Python runs."""
    katib = tmp_path_factory.mktemp("katib")
    for path, text in {
        "pkg/apis/manager/v1beta1/python/api_pb2.py": MESSAGES,
        "pkg/suggestion/v1beta1/hyperopt/service.py": SERVICE,
    }.items():
        (katib / path).parent.mkdir(parents=True)
        (katib / path).write_text(text)
    with Services(katib, Path(sys.executable)) as found:
        yield found


def test_a_service_is_told_the_space_and_what_has_ended(services: Services) -> None:
    """Parameters as Katib has them, and the values so far."""
    space = (double("x0", "1", "2", distribution="logUniform"), integer("n", "1", "8"), one_of("o", "a", "b"))
    services.begin(experiment("random", space))
    ((first, _), _) = services.ask(2)
    services.tell(0, 0.1)
    ((second,), seconds) = services.ask(1)
    assert (first["told"], second["told"]) == ("[]", "['0.1']")
    for said in ("'LOG_UNIFORM'", "'max': '8'", "['a', 'b']"):
        assert said in first["spaces"]
    assert seconds >= 0


def test_a_search_begins_with_nothing(services: Services) -> None:
    """Whatever the one before was told."""
    services.begin(experiment("random"))
    assert services.ask(1)[0][0]["told"] == "[]"


def test_fewer_suggestions_than_asked_for_are_an_error(services: Services) -> None:
    """Katib would ask again for ever."""
    services.begin(experiment("random", settings={"random_state": "13"}))
    with pytest.raises(RuntimeError, match="gave 0 suggestions of 2"):
        services.ask(2)


@pytest.mark.parametrize("parallel", [1, 4])
def test_both_are_asked_for_the_same_trials(services: Services, parallel: int) -> None:
    """As many as the budget has, each told when the next is asked for."""
    wanted = asked("random", FUNCTIONS["branin"], {}, parallel=parallel, budget=6)
    constant = search(services, FUNCTIONS["branin"], wanted)
    point = {"x0": "2", "x1": "3"}
    assert constant.regret == FUNCTIONS["branin"].value(point) - FUNCTIONS["branin"].minimum
    assert services.ask(1)[0][0]["told"].count(",") == 5
    assert search(Local(), FUNCTIONS["branin"], wanted).regret > 0


@pytest.mark.parametrize(
    ("here", "said"), [(range(20, 30), ", worse"), (range(-20, -10), ", better"), (range(10), "| 1 |")]
)
def test_a_row_says_where_the_two_differ(here: range, said: str) -> None:
    """By a two-sided Mann-Whitney test."""
    found = {"Katib": [Outcome(x, 1) for x in range(10)], "here": [Outcome(x, 2) for x in here]}
    row = search_quality.row("tpe branin 4", found)
    assert said in row
    assert row.endswith("| 10 | 1 and 2 |")


def test_the_table_has_a_row_for_each_search(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a checkout of Katib, for this engine alone."""
    arguments = "--seeds 2 --budget 3 --functions mixed --algorithms random grid sobol --parallel 2"
    search_quality.main(arguments.split())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| algorithm, function, at a time | here | p | searches | ms |"
    cells = [[cell.strip() for cell in line.split("|")] for line in lines[2:]]
    assert [(each[1], each[4]) for each in cells] == [
        ("random mixed 2", "2"),
        ("grid mixed 2", "2"),
        ("sobol mixed 2", "1"),
    ]


HARTMANN = (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)
MIXED = {"lr": "0.001", "decay": "0.0001", "dropout": "0.2", "layers": "5"}
MIXED |= {"optimizer": "adam", "activation": "gelu"}


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("branin", {"x0": str(math.pi + 6), "x1": "3.275"}),
        ("hartmann6", {f"x{place}": str(1 + at) for place, at in enumerate(HARTMANN)}),
        ("mixed", MIXED),
    ],
)
def test_the_minima_are_known(name: str, point: dict[str, str]) -> None:
    """Within the digits that are given for them."""
    function = FUNCTIONS[name]
    assert function.value(point) == pytest.approx(function.minimum, abs=1e-4)
