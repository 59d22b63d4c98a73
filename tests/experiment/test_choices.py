# SPDX-License-Identifier: Apache-2.0
"""A name out of a few, or a message that helps."""

from __future__ import annotations

import pytest

from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import choose, hint


def test_a_known_name_passes() -> None:
    """What is allowed comes back as it is."""
    assert choose("keep", ("keep", "delete"), "cleanup") == "keep"


def test_a_misspelt_name_is_refused_with_the_nearest() -> None:
    """The message says what it is about, what we saw, what was likely meant, and all there is."""
    with pytest.raises(
        InputError, match=r"cleanup is 'kep'\. Did you mean 'keep'\? Use one of: delete, keep\."
    ):
        choose("kep", ("keep", "delete"), "cleanup")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["b", "a"], "Use one of: a, b.", id="nothing near"),
        pytest.param([], "There is none.", id="nothing at all"),
    ],
)
def test_without_a_near_name_the_hint_lists_what_there_is(names: list[str], expected: str) -> None:
    """No guess is better than a wrong one."""
    assert hint("xyz", names) == expected
