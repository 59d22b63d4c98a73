# SPDX-License-Identifier: Apache-2.0
"""activeDeadlineSeconds as it is read from a trial's template."""

from __future__ import annotations

import pytest

from kfp_katib.errors import InputError
from kfp_katib.trial.deadline import Deadline, deadline


def test_the_shorter_one_of_two_counts() -> None:
    """A Job's and its pod's."""
    assert deadline({"activeDeadlineSeconds": 5}, {"activeDeadlineSeconds": 3}) == Deadline(3, "Pod")
    assert deadline({"activeDeadlineSeconds": 3}, {"activeDeadlineSeconds": 5}) == Deadline(3, "Job")
    assert deadline({}, {"activeDeadlineSeconds": None}) is None


@pytest.mark.parametrize("value", ["60", 1.5, -1, True, [], 10**400])
def test_what_is_no_number_of_seconds_is_refused(value: object) -> None:
    """With the field and the value, before anything runs."""
    with pytest.raises(InputError, match=r"spec\.activeDeadlineSeconds is .* whole number of seconds"):
        deadline({"activeDeadlineSeconds": value}, {})
