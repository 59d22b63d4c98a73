# SPDX-License-Identifier: Apache-2.0
"""YAML for people, for Katib's dashboard and for kubectl, read and written.

kubectl's own library (sigs.k8s.io/yaml 1.6) gave the table of unquoted values.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.experiment import check, load, to_yaml
from kfp_katib.experiment.go_yaml import dump, go_value
from kfp_katib.experiment.source import read
from tests.builders.manifest import CONTAINER, changed
from tests.builders.valid import VALID, random

GO = {
    **dict.fromkeys(("y", "Y", "yes", "on", "ON", "true", "True"), True),
    **dict.fromkeys(("n", "N", "No", "off", "false"), False),
    **dict.fromkeys(("~", "null", "Null", "NULL"), None),
    "0o12": 10,
    "0O12": 10,
    "-0o12": -10,
    "0o8": "0o8",
    "1__0": 10,
    "1_": 1,
    "_1": "_1",
    "0b101": 5,
    "0B101": 5,
    "0b2": "0b2",
    "0x1F": 31,
    "0X1F": 31,
    "017": 15,
    "08": 8,
    "-08": -8,
    "0_8": 8,
    "00": 0,
    "+1": 1,
    "1e3": 1000,
    "1e1_0": 10000000000,
    "1.5_0": 1.5,
    ".1_5": 0.15,
    "._1": "._1",
    ".5e3": 500,
    "1e400": "1e400",
    "1:30": "1:30",
    "2001-01-01": "2001-01-01",
    "18446744073709551615": 18446744073709551615,
    "0xffffffffffffffffff": "0xffffffffffffffffff",
    "99999999999999999999999": 1e23,
    "tRUE": "tRUE",
    "1,000": "1,000",
    "0x": "0x",
    "-": "-",
    "nan": "nan",
}


@pytest.mark.parametrize("text", GO)
def test_go_reads_a_value_so(text: str) -> None:
    """Type and value."""
    found = go_value(text)
    assert (type(found) is bool, found) == (type(GO[text]) is bool, GO[text])


def _listed(*values: str) -> str:
    """A manifest as somebody would write it by hand, the values unquoted in a list."""
    manifest = changed(random(), {"spec.parameters[2].feasibleSpace.list": ["@"]})
    return json.dumps(manifest).replace('"@"', ", ".join(values))


@pytest.mark.parametrize("text", ["y", "N", "0o12", "08", "0X1F", ".1_5", "1e1_0"])
def test_what_kubectl_reads_otherwise_is_told_with_its_field(text: str) -> None:
    """It stays the text that was meant, and is written so that everybody reads it."""
    manifest = _listed("sgd", text)
    (found,) = check(manifest)
    assert (found.rule, found.path) == ("read-otherwise", "spec.parameters[2].feasibleSpace.list[1]")
    assert found.message.startswith(f"kubectl reads the unquoted {text} as ")
    assert found.fix.startswith(f"Quote it: '{text}'")
    written = to_yaml(load(manifest))
    assert read(written) == read(manifest)
    assert check(written) == ()


@pytest.mark.parametrize("text", ["'y'", '"0o12"', "adam", "1.2.3", "!!str y"])
def test_what_both_read_alike_is_no_news(text: str) -> None:
    """Quoted, tagged, or plain text to both."""
    assert check(_listed("sgd", text)) == ()


def test_a_key_counts_as_well() -> None:
    """`y: 1` has the key true for kubectl."""
    manifest = to_yaml(load(random())).replace("metadata:\n", "metadata:\n  labels:\n    y: a\n", 1)
    assert [(found.rule, found.path) for found in check(manifest)] == [
        ("read-otherwise", "metadata.labels.y")
    ]


def test_an_alias_is_told_once() -> None:
    """Where it was written."""
    manifest = _listed("&a y", "*a")
    assert [found.rule for found in check(manifest) if found.rule != "list-repeats"] == ["read-otherwise"]


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
