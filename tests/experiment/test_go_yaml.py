# SPDX-License-Identifier: Apache-2.0
"""Unquoted values as kubectl reads them; its own YAML library (sigs.k8s.io/yaml 1.6) gave the table."""

from __future__ import annotations

import json

import pytest

from kfp_katib.experiment import check, load
from kfp_katib.experiment.go_yaml import go_value, to_yaml
from kfp_katib.experiment.source import read
from tests.builders.manifest import changed
from tests.builders.valid import random

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
