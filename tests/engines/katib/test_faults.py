# SPDX-License-Identifier: Apache-2.0
"""Faults of Katib's own services, by the words in which they show; each was seen on Katib 0.19."""

from __future__ import annotations

import re

import pytest

from kfp_katib.engines.katib.diagnosis.explain import Event, sentence
from kfp_katib.engines.katib.diagnosis.faults import known_fault
from kfp_katib.engines.katib.diagnosis.stall import Symptom

COUNT = "The response contains unexpected trials"
APPLICATION = "rpc error: code = Unknown desc = Exception calling application: "
UNFINISHED = f"{APPLICATION}There are some trials which are not completed yet for experiment x."


@pytest.mark.parametrize(
    ("algorithm", "said", "words"),
    [
        ("tpe", f"{APPLICATION}could not convert string to float: 'nan-ish'", "katib#2723"),
        ("random", 'strconv.ParseFloat: parsing "nan ": invalid syntax', "katib#2723"),
        ("hyperband", COUNT, "katib#1168"),
        ("hyperband", UNFINISHED, "katib#1168"),
        ("cmaes", "Same parameter is not found for Trial: {0 1 0}", "forgotten the trials .* cmaes cannot"),
        (
            "pbt",
            f"{APPLICATION}'x-e027aaaa-93d3-40da-9e4e-dc381a859fbb'",
            "forgotten the trials .* pbt cannot",
        ),
    ],
)
def test_a_known_fault_is_named(algorithm: str, said: str, words: str) -> None:
    """With the way round it."""
    event: Event = {"involvedObject": {"name": "x"}, "reason": "ReconcileError", "message": said}
    text = sentence(Symptom("no-answer", "x"), [event], algorithm=algorithm)
    assert f"suggests nothing: ReconcileError: {said.rstrip('.')}. " in text
    assert re.search(words, text)


@pytest.mark.parametrize(
    ("algorithm", "said"),
    [("grid", COUNT), ("tpe", f"{APPLICATION}'x-1'"), ("hyperband", "deadline exceeded")],
)
def test_other_words_or_another_service_show_no_known_fault(algorithm: str, said: str) -> None:
    """Then what to do is said as ever."""
    assert known_fault(said, algorithm) == ""
