# SPDX-License-Identifier: Apache-2.0
"""Names that Katib or Kubernetes refuses: each in one finding with all its faults and a name to copy.

Katib checks less than Kubernetes does (`validateName` in its `validator.go`); what it lets pass fails later.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kfp_katib.experiment.parts import experiment_name
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.paths import texts
from kfp_katib.experiment.rules.rule import again, rule
from kfp_katib.experiment.rules.view import View

_LONGEST = 40  # Katib's own limit
_CHOSEN = 5  # characters that Kubernetes adds to a generateName
LABEL = 63
"""Kubernetes' limit for the name of a Service, container or namespace, and for the value of a label."""
_UUID = 37  # what population based training adds to make a trial's name: a dash and a UUID
_NAME = "metadata.name"
_SHOWN = 5


class _Fault(NamedTuple):
    """One thing that is wrong with the Experiment's name, by the rule that says so."""

    rule: str
    words: str


@rule("name-missing")
def name_missing(view: View) -> Iterator[Finding]:
    """The Experiment has no name."""
    if not experiment_name(view.metadata):
        yield Finding(_NAME, "The Experiment has no name.", "Set metadata.name, such as `my-search`.")


@rule("name-invalid", webhook=True)
def name_invalid(view: View) -> Iterator[Finding]:
    """The name does not start with a lower-case letter, or is longer than Katib's 40 characters."""
    yield from _named(view, "name-invalid")


@rule("name-not-a-label")
def name_not_a_label(view: View) -> Iterator[Finding]:
    """Katib's check lets the name pass, but no Kubernetes Service can be named after it."""
    yield from _named(view, "name-not-a-label")


@rule("service-name-too-long")
def service_name_too_long(view: View) -> Iterator[Finding]:
    """`<name>-<algorithm>`, which names the suggestion service, is longer than Kubernetes allows."""
    yield from _named(view, "service-name-too-long")


@rule("pbt-name-too-long", engine="katib")
def pbt_name_too_long(view: View) -> Iterator[Finding]:
    """Population based training names trials by UUID, which with this name is too long for a Job."""
    yield from _named(view, "pbt-name-too-long")


@rule("namespace-invalid")
def namespace_invalid(view: View) -> Iterator[Finding]:
    """No Kubernetes namespace can have this name."""
    name = str(view.metadata.get("namespace") or "")
    if name and (wrong := faults(name)):
        fix = f"{_write(valid(name))[:-1]}, or leave it out."
        yield Finding("metadata.namespace", f"The namespace '{name}' {wrong}.", fix, name)


@rule("container-name-invalid")
def container_name_invalid(view: View) -> Iterator[Finding]:
    """A container's name is not a Kubernetes name: the Job of every trial is refused."""
    for path, container in view.containers:
        name = str(container.get("name") or "")
        if name and (wrong := faults(name)):
            seen = f"The container's name '{name}' {wrong}."
            yield Finding(f"{path}.name", seen, _write(valid(name)), name)


@rule("container-name-repeated")
def container_name_repeated(view: View) -> Iterator[Finding]:
    """Two containers of one pod have the same name: the Job of every trial is refused."""
    for path, pod in view.pods:
        first = texts(pod, "spec.initContainers[].name", f"{path}.")
        for where, name in again([*first, *texts(pod, "spec.containers[].name", f"{path}.")]):
            yield Finding(where, f"The container's name '{name}' is taken.", "Rename one of the two.", name)


def _named(view: View, rule_id: str) -> Iterator[Finding]:
    """All faults of the Experiment's name, by the first rule that has one."""
    name = experiment_name(view.metadata)
    found = list(_faults(view, name)) if name else []
    if not found or found[0].rule != rule_id:
        return
    given = bool(view.metadata.get("name"))
    most = _LONGEST - (0 if given else _CHOSEN + 1)
    if any(fault.rule == "pbt-name-too-long" for fault in found):
        most = LABEL - _UUID
    too_long = len(name) + 1 + len(view.algorithm) - LABEL
    proposed = valid(name, min(most, len(name) - too_long) if too_long > 0 else most)
    path, dash = (_NAME, "") if given else ("metadata.generateName", "-")
    yield Finding(
        path, f"The name '{name}' {_joined(each.words for each in found)}.", _write(proposed + dash), name
    )


def _faults(view: View, name: str) -> Iterator[_Fault]:
    given = view.metadata.get("name")
    length = len(name) if given else len(view.metadata.get("generateName", "")) + _CHOSEN
    if not re.match("[a-z]", name):
        yield _Fault("name-invalid", f"begins with '{name[0]}', and not with a lower-case letter")
    if length > _LONGEST:
        has = "has" if given else "will have"
        yield _Fault("name-invalid", f"{has} {length} characters, more than Katib's {_LONGEST}")
    if strange := _strange(name, begins=False):
        yield _Fault("name-not-a-label", strange)
    if name.endswith("-"):
        yield _Fault("name-not-a-label", "ends with '-'")
    service = len(name) + 1 + len(view.algorithm)
    if service > LABEL:
        words = f"makes the service's name <name>-<algorithm> {service} characters long, {LABEL} are allowed"
        yield _Fault("service-name-too-long", words)
    if view.algorithm == "pbt" and len(name) + _UUID > LABEL:
        words = f"has {len(name)} characters, and pbt leaves room for {LABEL - _UUID}"
        yield _Fault("pbt-name-too-long", words)


def faults(name: str) -> str:
    """What is wrong with a name that may begin with a digit, as a predicate; empty if nothing is."""
    ends = [f"ends with '{name[-1]}'"] if name.endswith("-") else []
    long = [f"has {len(name)} characters, more than {LABEL}"] if len(name) > LABEL else []
    return _joined(filter(None, [_strange(name), *ends, *long]))


def _strange(name: str, *, begins: bool = True) -> str:
    """Which characters have no place in a name."""
    found = list(dict.fromkeys(re.findall("[^-a-z0-9]", name if begins else name[1:])))
    others = [f"'{each}'" for each in found if not each.isupper() and not each.isspace()]
    capitals = ["upper-case letters"] if any(map(str.isupper, found)) else []
    blanks = ["blanks"] if any(map(str.isspace, found)) else []
    shown = " and ".join([*capitals, *blanks, *others[:_SHOWN]])
    dash = ["begins with '-'"] if begins and name.startswith("-") else []
    return _joined([*dash, *([f"holds {shown}"] if shown else [])])


def valid(name: str, most: int = LABEL) -> str:
    """A name that Kubernetes takes, as near to this one as can be."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    dashed = re.sub("[^a-z0-9]+", "-", plain)
    return re.sub("^[^a-z]+", "", dashed)[: max(most, 1)].rstrip("-") or "my-search"


def _joined(words: Iterable[str]) -> str:
    return "; it ".join(words)


def _write(name: str) -> str:
    return f"Write {name}."
