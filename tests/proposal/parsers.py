# SPDX-License-Identifier: Apache-2.0
"""Argument parsers as somebody could have written them, for hypothesis."""

from __future__ import annotations

import argparse
from typing import Any

from hypothesis import strategies as st

NAMES = (
    "lr", "learning-rate", "batch_size", "weight_decay", "dropout", "momentum", "beta1", "gamma",
    "epochs", "seed", "hidden", "layers", "optimizer", "C", "n_estimators", "warmup_ratio", "eps",
    "kl_weight", "data", "output-dir", "device", "trial", "alpha", "x", "y", "n", "on", "foo.bar",
    "été", "Width", "max_depth", "subsample", "bs",
)  # fmt: skip
_NUMBERS = st.one_of(
    st.none(),
    st.integers(-10, 10**12),
    st.floats(allow_nan=True),
    st.sampled_from([0, 0.0, 1, 1.0, 0.9, 0.1, 64, 1e-3, 1e-300, 3.5]),
)
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
WORDS = st.sampled_from(["adam", "sgd", "1", "no"])
_CHOICES = st.one_of(_TEXTS, WORDS, st.sampled_from(["a b", "$x", "x;y"]))


@st.composite
def parsers(draw: st.DrawFn, *, choices: st.SearchStrategy[str] | None = None) -> argparse.ArgumentParser:
    """A parser with options of all kinds; `choices` are what an option may take, anything by default."""
    parser = argparse.ArgumentParser(prog="train.py")
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=12, unique=True)):
        dashes = draw(st.sampled_from(["--", "--", "--", "-"]))
        parser.add_argument(f"{dashes}{name}", **draw(_settings(_CHOICES if choices is None else choices)))
    return parser


@st.composite
def _settings(draw: st.DrawFn, choices: st.SearchStrategy[str]) -> dict[str, Any]:
    text = draw(st.one_of(st.none(), _TEXTS)) or ""
    said = {"help": text.replace("%", "%%") or None}
    kind = draw(st.sampled_from(["number", "number", "text", "choices", "switch", "either", "list", "bool"]))
    if kind == "switch":
        return {"action": "store_true", **said}
    if kind == "either":
        return {"action": argparse.BooleanOptionalAction, "default": False, **said}
    if kind == "list":
        return {"nargs": draw(st.sampled_from(["+", "*", 2])), "type": int, **said}
    if kind == "bool":
        return {"type": bool, "default": True, **said}
    if kind == "choices":
        return {"choices": draw(st.lists(choices, min_size=1, max_size=20)), **said}
    if kind == "text":
        return {"default": draw(st.one_of(st.none(), _TEXTS)), **said}
    required = {"required": True} if draw(st.integers(0, 9)) == 0 else {"default": draw(_NUMBERS)}
    return {"type": draw(st.sampled_from([int, float])), **required, **said}
