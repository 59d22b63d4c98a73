# SPDX-License-Identifier: Apache-2.0
"""Help texts are read where argparse could not be asked."""

from __future__ import annotations

import argparse
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.proposal.help_text import arguments_in
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from tests.proposal.parsers import WORDS, parsers
from tests.proposal.scripts import HELP_TEXTS, arguments_of, options_of


def read(name: str) -> Arguments:
    """A stored help text, read."""
    return arguments_in((HELP_TEXTS / f"{name}.txt").read_text())


def painted(text: str) -> str:
    """A help text in the colours of Python 3.14: flags, placeholders, headings."""
    text = re.sub(r"(?<![\w-])--?[a-z][\w-]*", "\x1b[1;36m\\g<0>\x1b[0m", text)
    text = re.sub(r"\b[A-Z][A-Z_]+\b", "\x1b[1;33m\\g<0>\x1b[0m", text)
    return re.sub(r"^(usage|options): ?", "\x1b[1;34m\\g<0>\x1b[0m", text, flags=re.MULTILINE)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("paint", [str, painted], ids=["plain", "coloured"])
def test_the_help_of_every_python_says_the_same(version: str, paint: type[str]) -> None:
    """As argparse itself, but for types that only a default shows."""
    found = arguments_in(paint((HELP_TEXTS / f"argparse-{version}.txt").read_text()))
    asked = arguments_of("fine_tuning")
    assert [each.names for each in found.options] == [each.names for each in asked.options]
    assert [each.takes for each in found.options] == [each.takes for each in asked.options]
    assert [each.required for each in found.options] == [each.required for each in asked.options]
    assert [each.choices for each in found.options] == [each.choices for each in asked.options]
    shown = [
        (mine.default, theirs.default)
        for mine, theirs in zip(found.options, asked.options, strict=True)
        if mine.help
    ]
    assert all(mine == theirs for mine, theirs in shown)


@pytest.mark.parametrize(
    ("name", "flag", "expected"),
    [
        ("click", "--lr", ("float", "0.01", (), "one", False)),
        ("click", "--batch-size", ("int", None, (), "one", False)),
        ("click", "--opt", ("", "adam", ("adam", "sgd"), "one", False)),
        ("click", "--nesterov", ("", "no-nesterov", (), "either", False)),
        ("click", "--layers", ("int", None, (), "one", True)),
        ("click", "--size", ("int", None, (), "several", False)),
        ("typer", "--lr", ("float", "0.01", (), "one", False)),
        ("typer", "--batch-size", ("int", "32", (), "one", False)),
        ("typer", "--opt", ("", "adam", ("adam", "sgd"), "one", False)),
        ("typer", "--amp", ("bool", "no-amp", (), "either", False)),
        ("typer", "--layers", ("int", None, (), "one", True)),
        ("fire", "--lr", ("float", "0.1", (), "one", False)),
        ("fire", "--batch_size", ("int", "32", (), "one", False)),
        ("absl", "--lr", ("float", "0.1", (), "one", False)),
        ("absl", "--batch_size", ("int", "32", (), "one", False)),
        ("absl", "--opt", ("", "adam", ("adam", "sgd"), "one", False)),
        ("absl", "--nesterov", ("bool", "false", (), "either", False)),
        ("absl", "--workdir", ("", None, (), "one", False)),
    ],
)
def test_each_librarys_help_has_its_form(name: str, flag: str, expected: tuple[object, ...]) -> None:
    """Type, default, choices, how many values, whether it is required."""
    option = options_of(read(name))[flag]
    assert (option.type, option.default, option.choices, option.takes, option.required) == expected


@pytest.mark.parametrize(
    ("name", "off"), [("click", "--no-nesterov"), ("typer", "--no-amp"), ("absl", "--nonesterov")]
)
def test_a_switch_has_two_spellings(name: str, off: str) -> None:
    """Each library has its own for no."""
    assert off in [option.off for option in read(name).options]


@pytest.mark.parametrize(("name", "demanded"), [("click", ("DATA",)), ("typer", ("data",)), ("absl", ())])
def test_arguments_without_a_flag_are_known(name: str, demanded: tuple[str, ...]) -> None:
    """Those that are demanded."""
    assert read(name).positionals == demanded


@pytest.mark.parametrize(
    ("says", "default"),
    [
        ("rate (default: 0.1)", "0.1"),
        ("rate (0.1 by default)", None),
        ("rate [default: 0.1; required]", "0.1"),
        ("rate, default 0.1", None),
        ("rate, default=0.1", "0.1"),
        ("rate. Defaults to 0.1.", "0.1"),
        ("rate (default: None)", None),
        ("rate (default: 'adam')", "adam"),
        ("the default of all", None),
    ],
)
def test_defaults_are_said_in_many_ways(says: str, default: str | None) -> None:
    """What cannot be read for certain is left open."""
    (option,) = arguments_in(f"usage: t [--lr LR]\n\noptions:\n  --lr LR   {says}\n").options
    assert option.default == default


def test_a_text_without_options_has_none() -> None:
    """Whatever a training prints."""
    assert arguments_in("Epoch 1\nloss=0.3 - done\n  --lr LR  0.1\n").options == ()


@pytest.mark.parametrize(
    "text",
    [
        "Usage: t [OPTIONS] COMMAND [ARGS]...\n\nOptions:\n  --help\n\nCommands:\n  fit  Fit.\n  test\n",
        "usage: t [-h] {fit,test} ...\n\npositional arguments:\n  {fit,test}\n\noptions:\n  -h, --help\n",
    ],
    ids=["click", "argparse"],
)
def test_subcommands_are_seen(text: str) -> None:
    """In both libraries' help."""
    assert arguments_in(text).subcommands == ("fit", "test")


LS = """\
Usage: ls [OPTION]... [FILE]...
  or:  ls --dired
List information. Sort entries alphabetically unless --sort is given.

  -G, --no-group             do not print group names
      --sort=WORD            sort by WORD
      --[no-]color           in colours
"""


def test_a_sentence_below_the_usage_demands_nothing() -> None:
    """As in the help of GNU's programs, which have no empty line there."""
    assert [option.flag for option in arguments_in(LS).options if option.required] == []


def test_two_spellings_of_no_are_one_switch() -> None:
    """A search would try the same thing twice."""
    found = options_of(arguments_in(LS))
    assert (found["--no-group"].takes, found["--color"].takes) == ("nothing", "either")


@settings(deadline=None)
@given(parsers(choices=WORDS))
def test_argparses_own_text_names_every_option(parser: argparse.ArgumentParser) -> None:
    """Whatever was added to a parser: its flags, and which are required."""
    formatter = lambda prog: argparse.HelpFormatter(prog, width=400)  # noqa: E731
    parser.formatter_class = formatter
    found = {option.names[0]: option for option in arguments_in(parser.format_help()).options}
    for action in parser._actions[1:]:
        if action.option_strings:
            assert found[action.option_strings[0]].required == action.required


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    """A script may print anything."""
    found = arguments_in(text)
    assert all(isinstance(option, ScriptOption) and option.names for option in found.options)
