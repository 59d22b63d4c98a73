# SPDX-License-Identifier: Apache-2.0
"""An argparse parser as plain data, which is all that leaves the script's process."""

from __future__ import annotations

import argparse
import enum
import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.proposal import describe
from kfp_katib.proposal.describe import described


class Colour(enum.Enum):
    """What one types is not what it is."""

    RED = "red"


def only(*names: str, **settings: Any) -> dict[str, Any]:
    """The description of a parser's only option."""
    parser = argparse.ArgumentParser()
    parser.add_argument(*names, **settings)
    found = json.loads(json.dumps(described(parser)))
    (option,) = found["options"]
    return dict(option)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"type": float, "default": 0.1}, ("float", "0.1", "one")),
        ({"type": int}, ("int", None, "one")),
        ({"default": 3}, ("int", "3", "one")),
        ({}, ("str", None, "one")),
        ({"type": bool, "default": True}, ("truthy", "True", "one")),
        ({"type": lambda text: text == "yes", "default": "yes"}, ("bool", "True", "one")),
        ({"type": lambda text: 1 << 30, "default": "1GiB"}, ("", "1GiB", "one")),
        ({"type": int, "default": "many"}, ("int", "many", "one")),
        ({"type": Path, "default": Path("x")}, ("", "x", "one")),
        ({"type": int, "default": argparse.SUPPRESS}, ("int", None, "one")),
        ({"type": float, "nargs": 1, "default": [0.5]}, ("float", "0.5", "one")),
        ({"type": float, "nargs": "?", "const": 1.0}, ("float", None, "one")),
        ({"type": int, "nargs": "+", "default": [1, 2]}, ("int", "[1, 2]", "several")),
        ({"type": int, "nargs": 2}, ("int", None, "several")),
        ({"action": "append"}, ("str", None, "several")),
        ({"action": "store_true"}, ("bool", "False", "nothing")),
        ({"action": "count", "default": 0}, ("int", "0", "nothing")),
        ({"action": argparse.BooleanOptionalAction, "default": True}, ("bool", "True", "either")),
    ],
)
def test_each_kind_of_option_has_its_type_default_and_values(
    settings: dict[str, Any], expected: tuple[str, str | None, str]
) -> None:
    """What argparse makes of it, where the help would not say."""
    option = only("--x", **settings)
    assert (option["type"], option["default"], option["takes"]) == expected


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        (range(3), ["0", "1", "2"]),
        ((0.1, 0.2), ["0.1", "0.2"]),
        ({"a": 1}, ["a"]),
        (list(Colour), []),
        (None, []),
    ],
)
def test_choices_are_what_one_types(choices: Any, expected: list[str]) -> None:
    """None where they are objects that a text becomes."""
    assert only("--x", choices=choices)["choices"] == expected


def test_a_pair_of_switches_is_one_option_with_its_no() -> None:
    """As BooleanOptionalAction makes them."""
    option = only("--amp", action=argparse.BooleanOptionalAction)
    assert (option["names"], option["off"]) == (["--amp"], "--no-amp")


@pytest.mark.parametrize(
    ("text", "says"), [("rate (%(default)s)", "rate (0.1)"), ("up to 100%", "up to 100%"), (None, "")]
)
def test_help_is_filled_in_where_argparse_can(text: str | None, says: str) -> None:
    """A script's own percent signs break its help, not ours."""
    assert only("--x", default=0.1, help=text)["help"] == says


def test_what_is_hidden_or_no_option_of_the_training_is_left_out() -> None:
    """Help, version, and what the script does not tell its users."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", action="version", version="1")
    parser.add_argument("--secret", help=argparse.SUPPRESS)
    assert described(parser) == {"options": [], "positionals": [], "subcommands": []}


def test_arguments_that_may_be_left_out_are_not_demanded() -> None:
    """Those of `?`, `*` and the rest of the line."""
    parser = argparse.ArgumentParser()
    for name, count in (("data", None), ("more", "+"), ("last", "?"), ("rest", argparse.REMAINDER)):
        parser.add_argument(name, nargs=count)
    assert described(parser)["positionals"] == ["data", "more"]


def test_it_is_written_down_when_the_help_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the copy that Python runs at its start; the help is printed all the same."""
    usual = argparse._HelpAction.__call__
    monkeypatch.setattr(argparse._HelpAction, "__call__", usual)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    copy = tmp_path / "sitecustomize.py"
    copy.write_text(Path(describe.__file__).read_text())
    runpy.run_path(str(copy), run_name="sitecustomize")
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float)
    with pytest.raises(SystemExit):
        parser.parse_args(["--lr", "1", "--help"])
    assert "--lr LR" in capsys.readouterr().out
    assert json.loads((tmp_path / describe.FILE).read_text())["options"][0]["type"] == "float"
    assert str(tmp_path) not in sys.path
