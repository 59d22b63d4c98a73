# SPDX-License-Identifier: Apache-2.0
"""What a rule is: a name, one sentence, how bad it is, and who in Katib would notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from kfp_katib.experiment.problems import Problem, Severity

if TYPE_CHECKING:
    from kfp_katib.experiment.rules.view import View


MOST_FINDINGS = 100
LONGEST_TEXT = 1000
"""Characters of a message or a path: a name of 100 kB in it is cut in its middle."""


class Finding(NamedTuple):
    """Where a rule is broken: the field's path, what we saw, what to do, the value at fault."""

    path: str
    message: str
    mend: str
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
            _cut(finding.mend),
            self.severity,
            finding.value,
            why=self.summary,
        )


def _cut(text: str) -> str:
    """What says enough of it, its beginning and its end."""
    half = LONGEST_TEXT // 2
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]} … {text[-half:]}"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with the function that looks for it in a manifest."""

    rule: Rule
    find: Callable[[View], Iterable[Finding]]

    def __call__(self, view: View) -> Iterator[Problem]:
        """The rule's problems in one manifest; the first hundred say enough."""
        return (self.rule.problem(finding) for finding in islice(self.find(view), MOST_FINDINGS))


def rule(
    name: str, *, severity: Severity = "error", webhook: bool = False
) -> Callable[[Callable[[View], Iterable[Finding]]], Check]:
    """Turn a function that yields findings into a Check; its docstring is the rule's sentence."""

    def decorate(find: Callable[[View], Iterable[Finding]]) -> Check:
        summary = (find.__doc__ or "").partition("\n")[0]
        return Check(Rule(name, summary, severity, webhook), find)

    return decorate
