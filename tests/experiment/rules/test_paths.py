# SPDX-License-Identifier: Apache-2.0
"""Walking a manifest by paths: what is found, and where it says that it lies."""

from __future__ import annotations

import pytest

from kfp_katib.experiment.rules.paths import Part, items, objects, part, texts

POD: Part = {"spec": {"containers": [{"name": "a", "env": [{"name": "A"}, 1]}, {"name": 2}, "b"], "os": None}}


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("spec", ["x.spec"]),
        ("spec.containers[]", ["x.spec.containers[0]", "x.spec.containers[1]"]),
        ("spec.containers[].env[]", ["x.spec.containers[0].env[0]"]),
        ("spec.os", []),
        ("spec.volumes[]", []),
        ("spec[]", []),
        ("spec.containers", []),
    ],
)
def test_objects_are_found_where_they_lie(path: str, places: list[str]) -> None:
    """Whatever is no mapping is passed over; indices are those of the list."""
    assert [where for where, _ in objects(POD, path, "x.")] == places


def test_texts_are_what_is_text() -> None:
    """Other values are another rule's affair."""
    assert list(texts(POD, "spec.containers[].name")) == [("spec.containers[0].name", "a")]


@pytest.mark.parametrize("parent", [None, [], "a", {}, {"a": None}, {"a": []}, {"a": "b"}])
def test_what_is_missing_is_empty(parent: object) -> None:
    """So that no rule asks twice."""
    assert part(parent, "a", "b") == {}
    assert items(parent, "a") == []
