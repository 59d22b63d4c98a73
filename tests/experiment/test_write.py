# SPDX-License-Identifier: Apache-2.0
"""An Experiment as text that a person reads and Katib's dashboard takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.experiment import load, to_yaml
from kfp_katib.experiment.go_yaml import dump
from kfp_katib.experiment.source import read
from tests.builders.manifest import CONTAINER, changed
from tests.builders.valid import VALID, random
from tests.places import DATA

CERN = DATA / "cern.yaml"


@pytest.mark.parametrize("name", VALID)
def test_what_is_written_is_read_again(name: str) -> None:
    """Nothing gets lost or changes its type."""
    experiment = load(VALID[name]())
    assert load(to_yaml(experiment)) == experiment


def test_kubernetes_order_of_fields() -> None:
    """As people write them: what it is, what it is called, what it says."""
    text = to_yaml(load(random()))
    assert text.startswith(
        "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nmetadata:\n  name: my-search\n"
    )
    assert "min: '0.001'\n      distribution: logUniform\n      max: '0.1'" in text


def test_equal_experiments_give_equal_text() -> None:
    """Whatever the order in the manifest."""
    manifest = random()
    turned = {name: manifest[name] for name in reversed(manifest)}
    assert to_yaml(load(manifest)) == to_yaml(load(turned))


def test_thousands_of_short_lines_are_no_block() -> None:
    """Its indentation would make a megabyte of them, which is more than is read again."""
    script = "a\n" * 50_000 + " ".join(
        f"${{trialParameters.{name}}}" for name in ("lr", "units", "optimizer")
    )
    experiment = load(changed(random(), {f"{CONTAINER}.command": ["sh", "-c", script]}))
    assert load(to_yaml(experiment)) == experiment


def test_scripts_stay_readable() -> None:
    """Several lines become a block."""
    words = " ".join(f"${{trialParameters.{name}}}" for name in ("lr", "units", "optimizer"))
    script = f"cd /app\npython3 train.py {words}"
    text = to_yaml(load(changed(random(), {f"{CONTAINER}.command": ["sh", "-c", script]})))
    assert "- |-\n" in text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
    | st.sampled_from(
        [
            "1e3",
            "1e-3",
            "yes",
            "no",
            "y",
            "n",
            "on",
            "~",
            "0x1f",
            "010",
            "1_0",
            "2024-01-01",
            "1:30",
            "-",
            ".5",
            "-.1",
            "+.5e1",
            "._1",
            "=",
            "<<",
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcxyz", min_size=1), JSON, max_size=4))
def test_any_data_survive_writing_and_reading(data: dict[str, Any]) -> None:
    """Texts that look like numbers, words or dates stay texts; control characters are escaped."""
    assert read(dump(data)) == read(data)


@given(
    st.sampled_from(
        ["1e3", "1E-3", "y", "N", "0o7", "1_000", "1:30", "2024-01-01", "0b1", "-.1", "+.5", "._1", "-_1"]
    )
)
def test_a_text_that_another_parser_takes_for_something_else_is_quoted(text: str) -> None:
    """Go's YAML, which kubectl uses, knows more numbers than PyYAML."""
    assert dump({"a": text}) == f"a: '{text}'\n"
    assert yaml.safe_load(dump({"a": text})) == {"a": text}
