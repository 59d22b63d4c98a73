# SPDX-License-Identifier: Apache-2.0
"""How a rule is written: a function that looks for one fault, or a row of a table that describes it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.problem import MOST_FINDINGS, Finding, Problem, Rule, Severity
from kfp_katib.experiment.rules.paths import at, objects, part
from kfp_katib.experiment.rules.view import View

_OTHER_WORDS = {
    **dict.fromkeys(("float", "real", "number", "uniform"), "double"),
    **dict.fromkeys(("str", "string", "choice", "bool", "boolean"), "categorical"),
    **dict.fromkeys(("log", "logarithmic", "reciprocal"), "logUniform"),
    "gaussian": "normal",
}
"""What other libraries call a parameter's type or distribution, and Katib's word."""
Wrong = Callable[[Any], object]
Find = Callable[[View], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with the function that looks for it in a manifest."""

    rule: Rule
    find: Find

    def __call__(self, view: View) -> Iterator[Problem]:
        """The rule's problems in one manifest, at most a hundred."""
        return (self.rule.problem(finding) for finding in islice(self.find(view), MOST_FINDINGS))


def rule(
    name: str, *, severity: Severity = "error", webhook: bool = False, engine: str = ""
) -> Callable[[Find], Check]:
    """Turn a function that yields findings into a Check; its docstring is the rule's sentence."""

    def decorate(find: Find) -> Check:
        summary = (find.__doc__ or "").partition("\n")[0]
        return Check(Rule(name, summary, severity, webhook, engine), find)

    return decorate


Owners = str | Callable[[View], Iterable[tuple[str, Any]]]
"""What holds a field: a path in the manifest, `[]` after each list, or a function that finds it."""


def row(
    about: Rule,
    owners: Owners,
    names: str,
    wrong: Wrong,
    message: str,
    fix: str,
    when: Callable[[View], object] = lambda _: True,
) -> Check:
    """A rule about the value of a field, as a row of a table.

    Args:
        about: The rule.
        owners: What holds the field; if there is none, nothing is wrong.
        names: The field's path in its owner, or several, separated by blanks; empty for the owner itself.
        wrong: Whether the field's value, None where it is missing, is a fault.
        message: What to say; `{value}`, `{name}` (the field's) and `{owner[...]}` are filled in.
        fix: What to do, filled in the same way.
        when: Whether the rule applies to the manifest at all.
    """

    def find(view: View) -> Iterator[Finding]:
        found = objects(view.manifest, owners) if isinstance(owners, str) else owners(view)
        for where, owner in found if when(view) else ():
            for path, name, value in _fields(where, owner, names):
                if wrong(value):
                    shown = defaultdict(type(None), owner) if isinstance(owner, Mapping) else owner
                    given = {"name": name, "value": "" if value is None else value, "owner": shown}
                    told = None if isinstance(value, Mapping) else value
                    unsaid = name and "{value" in message and at(view.given, path) in (None, "")
                    seen = f"{view.stated(path)}." if unsaid else message.format_map(given)
                    near = wrong.meant(value) if isinstance(wrong, _NoneOf) else None
                    yield Finding(path, seen, f"Write {near}." if near else fix.format_map(given), told)

    return Check(about, find)


def _fields(path: str, owner: Any, names: str) -> Iterator[tuple[str, str, Any]]:
    """Path, name and value of each field of the owner, or of the owner itself."""
    for field in names.split():
        *parents, name = field.split(".")
        yield f"{path}.{field}", name, part(owner, *parents).get(name)
    if not names:
        yield path, "", owner


def refused(name: str, summary: str) -> Rule:
    """An error that Katib's webhook refuses."""
    return Rule(name, summary, webhook=True)


def error(name: str, summary: str, engine: str = "") -> Rule:
    """An error that the webhook lets pass."""
    return Rule(name, summary, engine=engine)


def warning(name: str, summary: str, engine: str = "") -> Rule:
    """A warning."""
    return Rule(name, summary, "warning", engine=engine)


def absent(value: Any) -> bool:
    """There is no such field."""
    return value is None


def present(value: Any) -> bool:
    """There is such a field."""
    return value is not None


def missing(value: Any) -> bool:
    """There is no such field, or it holds nothing."""
    return not value


def among(*words: object) -> Wrong:
    """It is one of these."""
    return lambda value: value in words


@dataclass(frozen=True, slots=True)
class _NoneOf:
    """Whether a value is none of some words, and which of them was meant."""

    words: tuple[object, ...]

    def __call__(self, value: Any) -> bool:
        return value not in self.words

    def meant(self, value: object) -> str | None:
        """The word that was meant."""
        names = [word for word in self.words if isinstance(word, str)]
        return _OTHER_WORDS.get(str(value).lower()) or closest(str(value), names) if value else None


def none_of(*words: object) -> Wrong:
    """It is none of these."""
    return _NoneOf(words)


def below(least: int) -> Wrong:
    """It is a number that is too small."""
    return lambda value: value is not None and value < least


def above(most: int) -> Wrong:
    """It is a number that is too large."""
    return lambda value: value is not None and value > most


def again(listed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each repeated text, with its path; an empty one is missing, not repeated."""
    seen: set[str] = set()
    for path, text in listed:
        if text in seen:
            yield path, text
        if text:
            seen.add(text)


def several(texts: Iterable[str]) -> Iterator[str]:
    """Each text that occurs more than once, reported once."""
    return (text for text, count in Counter(texts).items() if count > 1)
