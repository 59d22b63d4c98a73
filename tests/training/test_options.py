# SPDX-License-Identifier: Apache-2.0
"""Options as Katib, Kubeflow Pipelines and people write them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from functools import partial

import pytest

from training.command import listed, number, size, whole
from training.errors import OptionError


@pytest.mark.parametrize("text", ["64", "64.0", " 64 ", "6.4e1"])
def test_a_whole_number_may_be_written_in_many_ways(text: str) -> None:
    """Katib writes 64.0 for a discrete 64 now and then."""
    assert whole(text) == 64


@pytest.mark.parametrize("text", ["1e-05", "0.00001"])
def test_a_number_may_have_an_exponent(text: str) -> None:
    """Python prints small learning rates so."""
    assert number(text, above=0.0) == 1e-5


@pytest.mark.parametrize("text", ["", "x", "1,5", "None", "nan", "inf", "-inf", "True"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    """The message shows the value."""
    with pytest.raises(OptionError, match=f"'{text}' is not a finite number"):
        number(text)


def test_a_list_is_separated_by_commas() -> None:
    """Spaces around an entry are not part of it; one entry is a list of one."""
    assert listed(" SciPb , SiW ", of=str) == ("SciPb", "SiW")
    assert listed("50", of=number) == (50.0,)
    assert listed("100.0, 50", of=partial(whole, least=1)) == (100, 50)


@pytest.mark.parametrize("text", ["", "4,,8", ",", "4,"])
def test_a_list_has_no_empty_entry(text: str) -> None:
    """A comma too many may be a value too few."""
    with pytest.raises(OptionError, match=f"'{text}' has an empty entry. Separate the entries by commas"):
        listed(text, of=str)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2GiB", 2 * 2**30),
        ("1.5 GiB", 1610612736),
        ("500MB", 500_000_000),
        ("2Gi", 2 * 2**30),
        ("64kB", 64_000),
        ("1048576", 2**20),
        ("1048576.0", 2**20),
        ("8B", 8),
        ("1e9", 10**9),
    ],
)
def test_a_size_may_have_a_unit(text: str, read: int) -> None:
    """Decimal, binary or as Kubernetes writes it."""
    assert size(text) == read


@pytest.mark.parametrize("text", ["", "GiB", "2 bags", "-1GiB", "2gib", "nan", "None", "1,5GB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(OptionError, match=r".* is not a size. Write one such as 500MB or 2GiB"):
        size(text)


@pytest.mark.parametrize("text", ["0", "0.5B", "1.2.3GB"])
def test_a_size_may_be_none(text: str) -> None:
    """Too small, or a number with two points."""
    with pytest.raises(OptionError, match=r"is below 1|is not a finite number"):
        size(text)


@pytest.mark.parametrize(
    ("read", "mend"),
    [
        (lambda: whole("1.5"), "'1.5' is not a whole number. Write one such as 2."),
        (lambda: whole("0", least=1), "'0' is below 1. Give 1 or more."),
        (lambda: number("x"), "'x' is not a finite number. Write one such as 64 or 1e-3."),
        (lambda: number("0", above=0.0), "'0' is not above 0. Give a larger one."),
    ],
    ids=["whole", "least", "number", "above"],
)
def test_a_refusal_says_what_to_do(read: Callable[[], object], mend: str) -> None:
    """Value and mend."""
    with pytest.raises(OptionError, match=re.escape(mend)):
        read()


def test_argparse_adds_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    """Not "invalid partial value"."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=partial(number, above=0.0))
    with pytest.raises(SystemExit):
        parser.parse_args(["--lr=0"])
    assert "error: argument --lr: '0' is not above 0. Give a larger one." in capsys.readouterr().err
