# SPDX-License-Identifier: Apache-2.0
"""A search's run and step are whole, or it does not start."""

from __future__ import annotations

import pytest

from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError
from kfp_katib.steps.search.identity import check_identity


@pytest.mark.parametrize(
    ("identity", "part"), [(Identity("", "step"), "run_id"), (Identity("run", ""), "task_name")]
)
def test_an_empty_part_is_refused_where_it_does_harm(identity: Identity, part: str) -> None:
    """The message says which part, what harm, and what to pass."""
    check_identity(identity, without="")
    with pytest.raises(
        InputError, match=rf"^{part} is empty, and lost\. Pass dsl\.PIPELINE_JOB_ID_PLACEHOLDER"
    ):
        check_identity(identity, without=", and lost")


@pytest.mark.parametrize("identity", [Identity("a-{{$.x}}", "step"), Identity("run", "{{$.x}}")])
def test_a_placeholder_is_refused_everywhere(identity: Identity) -> None:
    """It is the same in every run."""
    with pytest.raises(InputError, match="left a placeholder in it"):
        check_identity(identity, without="")


def test_a_whole_identity_is_let_pass() -> None:
    """A namespace is no part of it."""
    check_identity(Identity("run", "step"), without=", and lost")
