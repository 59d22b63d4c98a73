# SPDX-License-Identifier: Apache-2.0
"""A manifest's values along the table of types: each gets the type of its field, or is left out and reported.

What can be understood in spite of an error (a number where text is expected, a field misspelt by one letter
or wrongly indented) is corrected, so that one mistake makes one message.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kfp_katib.experiment import conversion
from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.intended import ABSENT, NUMBERS, SCALARS, as_list, converted, empty, is_scalar
from kfp_katib.experiment.problem import MOST_FINDINGS, Finding, Problem, Rule
from kfp_katib.experiment.schema import ObjectType, object_types

NULL_ITEM = Rule("null-item", "An item of a list or map is null, which Katib reads as empty.")
_TYPO = 0.8
_COLLECTIONS: Mapping[type, str] = {dict: "a mapping", list: "a list"}
_CHOICES = (
    "Put the values into `list`: search.categorical of kubeflow-katib 0.18 and 0.19 does not (katib#2625)."
)
_INLINE = "Write the number itself: an inline template can put a placeholder into text only."


class _Owner(NamedTuple):
    """A mapping that is being read: as given, what of it fits so far, its type and its path."""

    value: dict[str, Any]
    fitted: dict[str, Any]
    known: ObjectType
    path: str


class _Place(NamedTuple):
    """Where a misplaced field belongs: in an owner, counted from the outermost, or in a field of that."""

    depth: int
    field: str = ""


@dataclass(slots=True)
class Fit:
    """One walk through a manifest along the table of types, collecting problems.

    `missing` is set in a Job: Kubernetes requires some of its fields, and Katib's webhook converts them all.
    """

    unknown: Rule
    wrong: Rule
    missing: Rule | None
    ignored: Rule | None = None
    problems: list[Problem] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    around: list[_Owner] = field(default_factory=list)

    def value(self, value: Any, kind: str, path: str) -> Any:
        """The value with its kind's type, `ABSENT` if it cannot be converted."""
        if kind == "any":
            return value
        if kind[0] == "[":
            return self.items(value, kind[1:-1], path)
        if kind[0] == "{":
            return self.entries(value, kind[1:-1], path)
        if kind in object_types():
            return self.fields(value, object_types()[kind], path)
        return self.scalar(value, kind, path)

    def items(self, value: Any, kind: str, path: str) -> Any:
        """A list; its indices stay valid, whatever is left out."""
        if not isinstance(value, list):
            return self.refuse(value, "a list", as_list(value, path), path)
        fitted = [self.item(item, kind, f"{path}[{i}]") for i, item in enumerate(value)]
        return [empty(kind) if item is ABSENT else item for item in fitted]

    def item(self, value: Any, kind: str, path: str) -> Any:
        """One item of a list or map; null, which nobody means, is an empty text or object to Katib."""
        if value is not None:
            return self.value(value, kind, path)
        found = Finding(path, "The item is null.", "Give a value, or remove the item.")
        self.problems.append(NULL_ITEM.problem(found))
        self.lost.append(path)
        return ABSENT

    def entries(self, value: Any, kind: str, path: str) -> Any:
        """A map from any names."""
        if not isinstance(value, dict):
            return self.refuse(value, "a mapping", "Write it as `name: value` pairs.", path)
        fitted = {key: self.item(item, kind, f"{path}.{key}") for key, item in value.items()}
        return {key: item for key, item in fitted.items() if item is not ABSENT}

    def fields(self, value: Any, known: ObjectType, path: str) -> Any:
        """An object."""
        if not isinstance(value, dict):
            return self.refuse(value, "a mapping", "Write its fields as `name: value` pairs.", path)
        fitted: dict[str, Any] = {}
        slipped: dict[_Place, list[str]] = {}
        self.around.append(_Owner(value, fitted, known, path))
        for key, item in value.items():
            where = f"{path}.{key}" if path else key
            name = key if key in known.fields else self.unknown_field(key, where, slipped)
            if name == key and self.missing:
                self.problems += conversion.omitted(item, name, known, where)
            if name and item is not None:  # null means absent to Kubernetes
                self.keep(fitted, name, self.value(item, known.fields[name], where))
        for place, keys in slipped.items():
            self.report_slipped(place, keys, path)
        self.around.pop()
        if self.missing:
            self.require(self.missing, known, fitted, path)
        return {name: item for name, item in fitted.items() if item is not ABSENT}

    def keep(self, fitted: dict[str, Any], name: str, value: Any) -> None:
        """Set a field; misplaced ones that belong into it may be there already."""
        before = fitted.get(name)
        fitted[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value

    def unknown_field(self, key: str, path: str, slipped: dict[_Place, list[str]]) -> str | None:
        """Report the field; return the known one that was surely meant, unless that is present too.

        One that is only misplaced goes where it belongs, and among those that have `slipped`.
        """
        owner = self.around[-1]
        if len(self.problems) >= MOST_FINDINGS:
            return self.stray(key, path, None)
        place = _misplaced(key, self.around)
        if place and _shaped(owner.value[key], self.type_at(place).fields[key]):
            slipped.setdefault(place, []).append(key)
            self.put(place, key, owner.value[key], path)
            return None
        return self.stray(key, path, _meant(key, owner.value, owner.known))

    def stray(self, key: str, path: str, meant: str | None) -> str | None:
        """Report a field of an unknown name."""
        value, known = self.around[-1].value, self.around[-1].known
        listed = ", ".join(sorted(known.fields))
        fix = f"Did you mean '{meant}'?" if meant else f"Remove it; the fields here are: {listed[:300]}."
        rule = self.unknown if meant or self.ignored is None else self.ignored
        self.problems.append(rule.problem(Finding(path, f"Unknown field '{key}'.", fix, key)))
        return None if meant in value else meant

    def put(self, place: _Place, key: str, value: Any, path: str) -> None:
        """Put the value of a misplaced field where it belongs."""
        owner, known = self.around[place.depth], self.type_at(place)
        fitted = owner.fitted.setdefault(place.field, {}) if place.field else owner.fitted
        made = ABSENT if value is None else self.value(value, known.fields[key], path)
        if isinstance(fitted, dict) and made is not ABSENT:
            fitted.setdefault(key, made)

    def type_at(self, place: _Place) -> ObjectType:
        """What has the field that is misplaced."""
        known = self.around[place.depth].known
        return object_types()[known.fields[place.field]] if place.field else known

    def report_slipped(self, place: _Place, keys: list[str], path: str) -> None:
        """Report the fields of one mapping that are indented too little, or too much."""
        owner = self.around[place.depth]
        there = ".".join(filter(None, [owner.path, place.field]))
        one, many = len(keys) == 1, ", ".join(f"'{key}'" for key in keys)
        how = "below that" if place.field else "less"
        fix = f"Indent {'it' if one else 'them'} {how}: {'it belongs' if one else 'they belong'} to {there}."
        seen = f"Unknown field{'' if one else 's'} {many} here."
        where = f"{path}.{keys[0]}" if path else keys[0]
        self.problems = [each for each in self.problems if each.path != there]  # that it is empty
        self.problems.append(self.unknown.problem(Finding(where, seen, fix, keys[0])))

    def require(self, rule: Rule, known: ObjectType, fitted: dict[str, Any], path: str) -> None:
        """Report fields that Kubernetes requires."""
        for name in known.required:
            if name not in fitted:
                found = Finding(f"{path}.{name}", f"The field '{name}' is missing.", f"Add `{name}`.")
                self.problems.append(rule.problem(found))

    def scalar(self, value: Any, kind: str, path: str) -> Any:
        """A text, number or truth."""
        if self.missing:
            self.problems += conversion.rewritten(value, kind, path)
        if is_scalar(value, kind):
            return value
        _, wanted, fix = SCALARS[kind]
        meant = converted(value, kind)
        if kind == "string" and meant is not ABSENT:
            fix = f'Quote it: "{meant}".'
        elif kind in NUMBERS and isinstance(value, str) and "${" in value:
            fix = _INLINE
        elif kind in NUMBERS and meant is not ABSENT:
            fix = f"Write {meant}, without quotes."
        elif isinstance(value, list) and path.endswith(".feasibleSpace.distribution"):
            fix = _CHOICES
            self.lost.append(path.replace(".distribution", ".list"))  # where nothing else need be reported
        return self.refuse(value, wanted, fix, path, instead=meant)

    def refuse(self, value: Any, wanted: str, fix: str, path: str, *, instead: Any = ABSENT) -> Any:
        """Report a value of the wrong type; return what it was meant to be."""
        shown = str(value).lower() if isinstance(value, bool) else repr(value)
        shown = _COLLECTIONS.get(type(value)) or shown
        found = Finding(path, f"Expected {wanted}, not {shown[:80]}.", fix, value)
        self.problems.append(self.wrong.problem(found))
        if instead is ABSENT:
            self.lost.append(path)
        return instead


def _misplaced(key: str, around: Sequence[_Owner]) -> _Place | None:
    """Where a field belongs that its owner does not know: a level further in, else further out."""
    *above, owner = around
    for name, kind in owner.known.fields.items():
        known = object_types().get(kind)
        if known and key in known.fields and _has_room(owner.value.get(name, ABSENT), key):
            return _Place(len(above), name)
    outer = [i for i, each in enumerate(above) if key in each.known.fields and key not in each.value]
    return _Place(outer[-1]) if outer else None


def _shaped(value: object, kind: str) -> bool:
    """Whether a value could be meant for a field of this kind: of a stray one, Katib asks no type."""
    if value is None or kind == "any":
        return True
    return is_scalar(value, kind) if kind in SCALARS else isinstance(value, list if kind[0] == "[" else dict)


def _has_room(inner: object, key: str) -> bool:
    """Whether the field of this key may have slipped out of a mapping that is there."""
    return inner is None or (isinstance(inner, dict) and key not in inner)


def _meant(key: str, value: Mapping[str, Any], known: ObjectType) -> str | None:
    """The field that was surely meant; one that is itself present only if both names are nearly the same."""
    meant = None if key.lower().startswith("x-") else closest(key, known.fields)
    if meant and meant in value and difflib.SequenceMatcher(None, key, meant).ratio() < _TYPO:
        return None
    return meant
