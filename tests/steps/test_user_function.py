# SPDX-License-Identifier: Apache-2.0
"""The user's functions: found by name, called with what they take, their answers made fit for a pipeline."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kfp_katib.errors import InputError
from kfp_katib.steps import user_function as functions

SOURCE = '''
def prepare(source, destination, *, size=1):
    """Nothing but an answer."""
    return {"source": source, "size": size}

def broken(source):
    raise RuntimeError("the user's own trouble")

NUMBER = 3
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package of a user's, with one module that works and one that lacks a dependency."""
    name = f"mine_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "data.py").write_text(SOURCE)
    (folder / "heavy.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_a_function_is_called_by_name(package: str) -> None:
    """Arguments by place and by keyword arrive as for any call."""
    assert functions.call(f"{package}.data:prepare", "s", Path("d"), size=2) == {"source": "s", "size": 2}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("{}.data.prepare", "is not `module:function`", id="no colon"),
        pytest.param("{}.data:", "is not `module:function`", id="no function"),
        pytest.param("{}/data.py:prepare", "is not `module:function`", id="a path"),
        pytest.param(
            "{}.dat:prepare", r"no module '.*\.dat' here\. Did you mean 'data'\?", id="module misspelt"
        ),
        pytest.param("no_such_thing.data:prepare", "no module 'no_such_thing' here", id="no such package"),
        pytest.param("{}.data:prepar", r"no function 'prepar'\. Did you mean 'prepare'\?", id="misspelt"),
        pytest.param("{}.data:NUMBER", "no function 'NUMBER'", id="no function but a number"),
        pytest.param("{}.heavy:prepare", "needs the module 'no_such_package'", id="missing dependency"),
    ],
)
def test_a_name_that_leads_nowhere_says_why(package: str, name: str, message: str) -> None:
    """The message names what is missing, and what is near."""
    with pytest.raises(InputError, match=message):
        functions.resolve(name.format(package))


def test_arguments_that_do_not_fit_are_refused_before_the_call(package: str) -> None:
    """A misspelt option is told by the function's own signature."""
    with pytest.raises(
        InputError, match=r"unexpected keyword argument 'sise'.*\(source, destination, \*, size=1\)"
    ):
        functions.call(f"{package}.data:prepare", "s", Path("d"), sise=2)


def test_the_users_own_exceptions_pass(package: str) -> None:
    """What goes wrong inside the function is the user's, with its own traceback."""
    with pytest.raises(RuntimeError, match="the user's own trouble"):
        functions.call(f"{package}.data:broken", "s")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("text", "text", id="text"),
        pytest.param(3, 3, id="int"),
        pytest.param(0.5, 0.5, id="float"),
        pytest.param(np.float32(0.5), 0.5, id="numpy number"),
        pytest.param(np.array(2), 2, id="numpy array without dimensions"),
        pytest.param(True, "true", id="bool"),
        pytest.param(None, "null", id="None"),
        pytest.param(math.nan, "NaN", id="NaN"),
        pytest.param(math.inf, "Infinity", id="infinity"),
        pytest.param(10**400, "1" + "0" * 400, id="a number beyond every float"),
        pytest.param([1, 2], "[1, 2]", id="list"),
        pytest.param({"a": {"b": [1]}}, '{"a": {"b": [1]}}', id="nested"),
        pytest.param(np.array([1, 2]), "[1, 2]", id="numpy array"),
        pytest.param(Path("/a"), '"/a"', id="path"),
        pytest.param({3}, "[3]", id="set"),
        pytest.param(object, "\"<class 'object'>\"", id="anything else"),
    ],
)
def test_metadata_are_text_and_finite_numbers(value: Any, expected: str | float) -> None:
    """Kubeflow Pipelines wraps, changes or refuses the rest, in a cluster only; so the rest is JSON text."""
    made = functions.metadata({"key": value}, "m:f")["key"]
    assert (made, type(made)) == (expected, type(expected))


@pytest.mark.parametrize("returned", [None, 3, [("a", 1)]], ids=["None", "number", "pairs"])
def test_a_function_must_return_a_dict(returned: object) -> None:
    """Anything else has no names to go by."""
    with pytest.raises(InputError, match=r"'m:f' returned a .* Return a dict"):
        functions.metadata(returned, "m:f")


def circle() -> list[object]:
    """A list that holds itself."""
    endless: list[object] = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize("value", [circle(), {(1, 2): 3}], ids=["a list in itself", "a key that is no text"])
def test_metadata_without_json_are_refused(value: object) -> None:
    """In the words of who wrote the function."""
    with pytest.raises(InputError, match="'m:f' returned metadata that cannot be written as JSON"):
        functions.metadata({"key": value}, "m:f")


def test_observables_may_be_nan() -> None:
    """A model that diverged has a NaN to show; whoever judges it deals with that."""
    values = functions.observables({"error": math.nan, "size": np.float32(2)}, "m:f")
    assert math.isnan(values["error"])
    assert values["size"] == 2.0


@pytest.mark.parametrize("value", ["good", 10**400], ids=["text", "a number beyond every float"])
def test_observables_must_be_numbers(value: object) -> None:
    """Anything else among them is refused with its name."""
    with pytest.raises(InputError, match=r"'m:f' returned .* for 'verdict', which is not a number"):
        functions.observables({"verdict": value}, "m:f")
