# SPDX-License-Identifier: Apache-2.0
"""Trial names."""

from __future__ import annotations

import re

from kfp_katib.engines.local.trial_names import ALPHABET, trial_name


def test_a_name_is_the_experiments_and_eight_characters() -> None:
    """It looks like Katib's, and so passes for the name of a Job."""
    assert re.fullmatch(rf"tune-[{ALPHABET}]{{8}}", trial_name("tune", "seed", 0))


def test_the_same_source_gives_the_same_names() -> None:
    """A search with random_state can be repeated to the name; another source has other names."""
    names = [trial_name("tune", "seed", number) for number in range(1000)]
    assert names == [trial_name("tune", "seed", number) for number in range(1000)]
    assert len(set(names)) == 1000
    assert not set(names) & {trial_name("tune", "other", number) for number in range(1000)}


def test_a_name_that_is_taken_is_not_given_twice() -> None:
    """A clash is avoided by drawing again."""
    first = trial_name("tune", "seed", 0)
    assert trial_name("tune", "seed", 0, {first}) != first
