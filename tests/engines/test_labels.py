# SPDX-License-Identifier: Apache-2.0
"""Any text can be looked for by a label, and none is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.engines.labels import RUN, TASK, label_value, marked

VALID = re.compile(r"|[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
STEP = "for-loop-1.iteration-iterations(11:0).iteration-item.a-nested-pipeline.launch-katib"


@given(st.text())
def test_every_text_becomes_a_labels_value(text: str) -> None:
    """At most 63 characters, of those that Kubernetes allows."""
    assert VALID.fullmatch(label_value(text))


@given(st.text(), st.text())
def test_two_texts_are_two_values(one: str, other: str) -> None:
    """What does not fit is told apart by a digest."""
    assert (label_value(one) == label_value(other)) == (one == other)


def test_a_text_that_fits_stays_as_it_is() -> None:
    """A run's id can be searched for by hand."""
    assert label_value("5f1b7c1e-0b5e-4a55-9d1f-2f7b8c6d9e0a") == "5f1b7c1e-0b5e-4a55-9d1f-2f7b8c6d9e0a"


def test_the_end_of_a_long_text_stays() -> None:
    """A step's way through a pipeline ends with its name."""
    assert re.fullmatch(r".*-a-nested-pipeline-launch-katib-[0-9a-f]{12}", label_value(STEP))


@given(st.dictionaries(st.sampled_from([RUN, TASK]), st.text()))
def test_no_text_is_lost(texts: dict[str, str]) -> None:
    """What a label cannot hold stands in the annotation of its name, and nothing else does."""
    made = marked({"name": "x"}, texts)
    assert {**made["labels"], **made.get("annotations", {})} == texts
    assert set(made.get("annotations", {})) == {
        name for name, text in texts.items() if label_value(text) != text
    }


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_what_is_there_stays(field: str) -> None:
    """Null counts as empty, as in Kubernetes."""
    assert marked({field: {"team": "sim"}}, {TASK: STEP})[field]["team"] == "sim"
    assert TASK in marked({field: None}, {TASK: STEP})[field]
