# SPDX-License-Identifier: Apache-2.0
"""Why a source yields no data at all, and the limits that keep bad input cheap."""

from __future__ import annotations

from typing import NoReturn

from kfp_katib.experiment.problem import Finding, Problem, Rule

LIMIT_BYTES = 1024 * 1024
"""Largest text that is parsed, comments and indentation included: what `render` makes of the largest data."""

LIMIT_TEXT = 160 * 1024
"""Bytes of all keys and texts. Katib's largest example has 5 kB; one argument of a process holds 128 KiB."""

LIMIT_DEPTH = 64
"""Deepest nesting; a pod's deepest field lies at about 20."""

LIMIT_VALUES = 5_000
"""Most values in one manifest, aliases expanded; Katib's largest example has 334."""

FILE_UNREADABLE = Rule("file-unreadable", "The manifest's file is missing, a folder, or not readable.")
NOT_TEXT = Rule("not-text", "The manifest is not UTF-8 text.")
TOO_LARGE = Rule("too-large", "The manifest is larger than a manifest can sensibly be.")
TOO_DEEP = Rule("too-deep", "Values are nested deeper than in any Kubernetes object, or refer to themselves.")
TOO_MANY_VALUES = Rule("too-many-values", "The manifest holds too many values, aliases expanded.")
NOT_PARSABLE = Rule("not-parsable", "The text is neither YAML nor JSON.")
SEVERAL_DOCUMENTS = Rule("several-documents", "The text holds several YAML documents.")
NOT_A_MAPPING = Rule("not-a-mapping", "The manifest is empty, a list or a single value.")
DUPLICATE_KEY = Rule("duplicate-key", "A key stands twice in one mapping; YAML keeps the last in silence.")
KEY_NOT_TEXT = Rule("key-not-text", "A mapping's key is not text.")
BAD_NUMBER = Rule("bad-number", "A number is NaN, infinite or beyond 64 bits; Kubernetes' JSON has none.")
NOT_PLAIN = Rule("not-plain", "A value has a type that JSON does not have.")
READ_OTHERWISE = Rule(
    "read-otherwise",
    "kubectl's YAML takes an unquoted value for another type; `render` quotes it.",
    severity="warning",
)

RULES = (
    FILE_UNREADABLE,
    NOT_TEXT,
    TOO_LARGE,
    TOO_DEEP,
    TOO_MANY_VALUES,
    NOT_PARSABLE,
    SEVERAL_DOCUMENTS,
    NOT_A_MAPPING,
    DUPLICATE_KEY,
    KEY_NOT_TEXT,
    BAD_NUMBER,
    NOT_PLAIN,
    READ_OTHERWISE,
)


class UnreadableError(Exception):
    """A source that yields no data; it carries the one problem found."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def refuse(rule: Rule, message: str, fix: str, *, path: str = "", value: object = None) -> NoReturn:
    """Stop reading.

    Raises:
        UnreadableError: Always.
    """
    raise UnreadableError(rule.problem(Finding(path, message, fix, value)))


def too_deep() -> NoReturn:
    """Stop at the nesting limit."""
    refuse(
        TOO_DEEP,
        f"Values are nested more than {LIMIT_DEPTH} levels deep.",
        "Flatten them, or break the cycle.",
    )


def too_many_values() -> NoReturn:
    """Stop at the limit of values."""
    refuse(
        TOO_MANY_VALUES,
        f"The manifest holds more than {LIMIT_VALUES} values, aliases expanded.",
        "Check its anchors and aliases; a manifest has a few hundred.",
    )


def too_large(limit: int, size: int | None = None) -> NoReturn:
    """Stop at a limit of bytes."""
    refuse(
        TOO_LARGE,
        f"The manifest has more than {limit // 1024} KiB.",
        "Keep data and scripts out of it: put them into the image or a volume.",
        value=size,
    )
