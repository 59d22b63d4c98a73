# SPDX-License-Identifier: Apache-2.0
"""How a function that looks for one fault becomes a check of the manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from kfp_katib.experiment.problem import MOST_FINDINGS, Finding, Problem, Rule, Severity
from kfp_katib.experiment.rules.view import View


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
