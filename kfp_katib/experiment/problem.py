# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a manifest, for machines and for people, and the rule that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]

MOST_FINDINGS = 100
LONGEST_TEXT = 1000
"""Characters of a message or a path: a name of 100 kB in it is cut in the middle."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a manifest was read from; both are empty where it was no text.

    Attributes:
        text: What was read.
        file: What messages call the file; empty if it was none.
    """

    text: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    Attributes:
        rule: The rule's short name, such as `min-above-max`; tests and docs refer to it.
        path: The field, such as `spec.parameters[1].feasibleSpace`.
        message: What we saw, with the value.
        fix: What to do, as an imperative sentence.
        severity: `error` where Katib would refuse, hang or lose metrics for sure; else `warning`.
        value: The value at fault, for machines.
        why: What is wrong about it: the rule's own sentence.
        engine: The engine that alone is concerned, such as `katib`; empty if the manifest is wrong anywhere.
        file: The file that was read, empty if it was none.
        line: The line of the field, or of the nearest one around it; None if the manifest was no text.
    """

    rule: str
    path: str
    message: str
    fix: str
    severity: Severity = "error"
    value: object = None
    why: str = ""
    engine: str = ""
    file: str = field(default="", compare=False)
    line: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        concerned = f" ({self.engine})" if self.engine else ""
        return f"{self.place}{self.severity}{concerned}: {self.said}"

    @property
    def place(self) -> str:
        """`FILE:LINE: ` as editors understand it, `line LINE: ` without a file, or nothing."""
        if self.file:
            return f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return f"line {self.line}: " if self.line else ""

    @property
    def said(self) -> str:
        """The field, what we saw and what to do."""
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message} {self.fix}".rstrip()

    @property
    def reason(self) -> str:
        """The rule and its sentence."""
        return f"[{self.rule}: {self.why}]"

    @property
    def explained(self) -> str:
        """All of it, on one line."""
        return " ".join(f"{self} {self.reason}".split())


class Finding(NamedTuple):
    """Where a rule is broken: the field's path, what we saw, what to do, the value at fault."""

    path: str
    message: str
    fix: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: Stable name, such as `min-above-max`.
        summary: One sentence that says what is wrong when it fires.
        severity: `error` where Katib would refuse, hang, fail every trial or lose metrics for sure.
        webhook: Whether Katib itself refuses such a manifest when it is created.
        engine: The engine that alone stumbles over it, where another one runs it right; empty if none does.
    """

    id: str
    summary: str
    severity: Severity = "error"
    webhook: bool = False
    engine: str = ""

    def problem(self, finding: Finding) -> Problem:
        """The finding as a problem of this rule."""
        return Problem(
            self.id,
            _cut(finding.path),
            _cut(finding.message),
            _cut(finding.fix),
            self.severity,
            finding.value,
            why=self.summary,
            engine=self.engine,
        )


def _cut(text: str) -> str:
    """The text, cut in the middle if it is too long."""
    half = LONGEST_TEXT // 2
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]} … {text[-half:]}"


def concerning(problems: Iterable[Problem], engine: str, severity: Severity) -> tuple[Problem, ...]:
    """Those of a severity that concern one engine alone."""
    return tuple(each for each in problems if (each.engine, each.severity) == (engine, severity))
