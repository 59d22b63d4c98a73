# SPDX-License-Identifier: Apache-2.0
"""Arguments that kfp.local changed on their way come out as they were sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.steps.arguments import as_sent, substitute

EXECUTOR = ["-m", "kfp.dsl.executor_main", "--function_to_execute", "launch_katib"]
VENV = "/home/me/.venv/bin/python"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param([VENV, *EXECUTOR], VENV, id="kfp.local"),
        pytest.param(["python3", *EXECUTOR], "", id="cluster"),
        pytest.param([VENV, "-m", "pytest"], "", id="no step at all"),
    ],
)
def test_the_command_that_started_the_step_tells_what_replaced_python3(
    command: list[str], expected: str
) -> None:
    """Only kfp.local starts a step by another word than python3."""
    assert substitute(command) == expected


@given(
    st.text(alphabet="python3 /.-\n\"'ü", max_size=80),
    st.sampled_from(["/usr/bin/python3", "/v/bin/python3.11"]),
)
def test_any_text_survives_an_interpreter_named_python3(text: str, interpreter: str) -> None:
    """Where the interpreter's own name holds python3, every text comes back byte for byte."""
    arrived = text.replace("python3", interpreter)
    assert as_sent(arrived, [interpreter, *EXECUTOR]) == text


@given(st.text(alphabet="python3 .-\n\"'ü", max_size=80))
def test_any_text_survives_an_interpreter_of_another_name(text: str) -> None:
    """So it does where the name holds no python3, as in an environment of its own."""
    assert as_sent(text.replace("python3", VENV), [VENV, *EXECUTOR]) == text


def test_a_text_in_a_cluster_is_left_alone() -> None:
    """There an interpreter's path in a manifest is the user's own."""
    assert (
        as_sent("exec /usr/bin/python3 train.py", ["python3", *EXECUTOR]) == "exec /usr/bin/python3 train.py"
    )


@pytest.mark.parametrize(
    ("arrived", "sent"),
    [
        pytest.param(
            {"n": 3.0, "nested": {"l": [1.0, 2.5]}}, {"n": 3, "nested": {"l": [1, 2.5]}}, id="nested"
        ),
        pytest.param({VENV: f"{VENV} -m x"}, {"python3": "python3 -m x"}, id="keys and values"),
        pytest.param({"flag": True, "none": None}, {"flag": True, "none": None}, id="neither"),
        pytest.param(2.0, 2.0, id="a number by itself has kept its type"),
    ],
)
def test_dictionaries_get_their_whole_numbers_back(arrived: Any, sent: Any) -> None:
    """A count of 3 in a dictionary is 3 and no 3.0, locally as in a cluster."""
    restored = as_sent(arrived, [VENV, *EXECUTOR])
    assert repr(restored) == repr(sent)
