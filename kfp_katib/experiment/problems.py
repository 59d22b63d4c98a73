# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a manifest, said once for machines and once for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    Attributes:
        rule: The rule's short name, such as `min-above-max`; tests and docs refer to it.
        path: The field, such as `spec.parameters[1].feasibleSpace`.
        message: What we saw, with the value.
        mend: What to do, as an imperative sentence.
        severity: `error` where Katib would refuse, hang or lose metrics for sure; else `warning`.
        value: The value at fault, for machines.
        why: What is wrong about it: the rule's own sentence.
    """

    rule: str
    path: str
    message: str
    mend: str
    severity: Severity = "error"
    value: object = None
    why: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.severity}: {where}{self.message} {self.mend}".rstrip()

    @property
    def explained(self) -> str:
        """The same on one line, with the rule and its sentence."""
        return " ".join(f"{self} [{self.rule}: {self.why}]".split())
