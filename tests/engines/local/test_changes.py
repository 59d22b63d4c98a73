# SPDX-License-Identifier: Apache-2.0
"""What a user is told about two manifests that differ."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kfp_katib.engines.local.resume import changes


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b was 1 and is 2"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "a[1] was 2 and is 3"),
        ({"a": "x", "b": 1}, {"b": 1}, 'a was "x" and is absent'),
        ({}, {"a": {}}, "a was absent and is {}"),
        ({"a": 1, "b": None}, {"a": 2, "b": None}, "a was 1 and is 2"),
        ({"x": 1}, dict.fromkeys("xabcdefg", 1), "e was absent and is 1; 2 more"),
    ],
)
def test_changed_fields_are_named(before: Any, after: Any, said: str) -> None:
    """Each changed field with both values, the first five of them."""
    assert changes(json.dumps(before), json.dumps(after)).endswith(said)
