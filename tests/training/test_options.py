# SPDX-License-Identifier: Apache-2.0
"""Options as Katib, Kubeflow Pipelines and people write them."""

from __future__ import annotations

import argparse

import pytest

from training.errors import OptionError
from training.options import for_argparse, number, numbers, texts, whole


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
