# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a manifest, for machines and for people, and the rule that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]

MOST_FINDINGS = 100
LONGEST_TEXT = 1000
"""Characters of a message or a path: a name of 100 kB in it is cut in the middle."""


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
    """

    rule: str
    path: str
    message: str
    fix: str
    severity: Severity = "error"
    value: object = None
    why: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.severity}: {where}{self.message} {self.fix}".rstrip()

    @property
    def explained(self) -> str:
        """The same on one line, with the rule and its sentence."""
        return " ".join(f"{self} [{self.rule}: {self.why}]".split())


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
    """

    id: str
    summary: str
    severity: Severity = "error"
    webhook: bool = False

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
        )


def _cut(text: str) -> str:
    """The text, cut in the middle if it is too long."""
    half = LONGEST_TEXT // 2
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]} … {text[-half:]}"
