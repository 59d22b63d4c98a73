# SPDX-License-Identifier: Apache-2.0
"""Options as Katib, Kubeflow Pipelines and people write them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

import pytest

from training.errors import OptionError
from training.options import choice, for_argparse, number, numbers, size, texts, whole, wholes


@pytest.mark.parametrize("value", [64, 64.0, "64", "64.0", " 64 ", "6.4e1"])
def test_a_whole_number_may_be_written_in_many_ways(value: object) -> None:
    """Katib writes 64.0 for a discrete 64 now and then."""
    assert whole(value, name="batch_size") == 64


@pytest.mark.parametrize("value", ["1e-05", "0.00001", 1e-5])
def test_a_number_may_have_an_exponent(value: object) -> None:
    """Python prints small learning rates so."""
    assert number(value, name="lr", above=0.0) == 1e-5


@pytest.mark.parametrize("value", ["", "x", "1,5", None, "nan", "inf", "-inf", True])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    """The message shows the value."""
    with pytest.raises(OptionError, match="is not a"):
        number(value, name="lr")


@pytest.mark.parametrize("value", ["SciPb,SiW", " SciPb , SiW ", ["SciPb", "SiW"], ("SciPb", "SiW")])
def test_a_list_may_be_text(value: object) -> None:
    """Commas on a command line, a list in a pipeline."""
    assert texts(value, name="geometries") == ("SciPb", "SiW")


@pytest.mark.parametrize("value", [50, "50", [50.0]])
def test_one_number_is_a_list_of_one(value: object) -> None:
    """A single angle needs no brackets."""
    assert numbers(value, name="angles", above=0.0) == (50.0,)


@pytest.mark.parametrize("value", ["", ",", []])
def test_an_empty_list_is_refused(value: object) -> None:
    """Nothing would be prepared."""
    with pytest.raises(OptionError, match="empty entry"):
        texts(value, name="angles")


def test_argparse_reports_our_message() -> None:
    """Not "invalid <lambda> value"."""
    with pytest.raises(argparse.ArgumentTypeError, match="lr '0' is not above 0"):
        for_argparse(lambda text: number(text, name="lr", above=0.0))("0")


@pytest.mark.parametrize("value", ["100,50", "100.0, 50.0", [100, 50.0]])
def test_a_list_of_whole_numbers_may_be_text(value: object) -> None:
    """The widths of layers."""
    assert wholes(value, name="hidden", least=1) == (100, 50)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2GiB", 2 * 2**30),
        ("1.5 GiB", 1610612736),
        ("500MB", 500_000_000),
        ("2Gi", 2 * 2**30),
        ("64kB", 64_000),
        ("1048576", 2**20),
        (1048576, 2**20),
        ("1048576.0", 2**20),
        ("1e9", 10**9),
    ],
)
def test_a_size_may_have_a_unit(value: object, read: int) -> None:
    """Decimal, binary or as Kubernetes writes it."""
    assert size(value, name="memory") == read


@pytest.mark.parametrize("value", ["", "GiB", "2 bags", "-1GiB", "2gib", "nan", None, "1,5GB"])
def test_what_is_no_size_is_refused(value: object) -> None:
    """The message shows how to write one."""
    with pytest.raises(OptionError, match=r"memory .* is not a size. Write one such as 500MB or 2GiB"):
        size(value, name="memory")


def test_a_size_may_be_too_small() -> None:
    """In bytes, as it was read."""
    with pytest.raises(OptionError, match=r"memory '0\.5B' is below 1 bytes\. Give 1 or more"):
        size("0.5B", name="memory")


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("Adam", "Did you mean 'adam'?"),
        ("rmsprpo", "Did you mean 'rmsprop'?"),
        ("x", "Use one of adam, rmsprop."),
    ],
)
def test_a_word_that_is_not_known_is_refused(value: str, hint: str) -> None:
    """With the closest one that is, or all."""
    with pytest.raises(OptionError, match=re.escape(f"optimizer '{value}' is not known. {hint}")):
        choice(value, name="optimizer", among=("adam", "rmsprop"))


def test_a_known_word_is_taken() -> None:
    """Spaces around it are not part of it."""
    assert choice(" adam ", name="optimizer", among=("adam", "rmsprop")) == "adam"


@pytest.mark.parametrize(
    ("read", "mend"),
    [
        (lambda: whole("1.5", name="n"), "n '1.5' is not a whole number. Write one such as 2."),
        (lambda: whole("0", name="n", least=1), "n '0' is below 1. Give 1 or more."),
        (lambda: number("x", name="n"), "n 'x' is not a number. Write one such as 64 or 1e-3."),
        (lambda: number("0", name="n", above=0.0), "n '0' is not above 0. Give a larger one."),
    ],
    ids=["whole", "least", "number", "above"],
)
def test_a_refusal_says_what_to_do(read: Callable[[], object], mend: str) -> None:
    """Name, value and mend."""
    with pytest.raises(OptionError, match=re.escape(mend)):
        read()
