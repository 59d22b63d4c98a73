# SPDX-License-Identifier: Apache-2.0
"""What an Experiment consists of: Katib's fields, typed and frozen, with Katib's defaults filled in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

ParameterType = Literal["int", "double", "categorical", "discrete"]
Distribution = Literal["uniform", "logUniform", "normal", "logNormal"]
Direction = Literal["minimize", "maximize"]
Strategy = Literal["min", "max", "latest"]
DIRECTIONS: Mapping[str, Direction] = {"min": "minimize", "max": "maximize"}
"""Which way a metric is better, by its strategy; `latest` says nothing of it."""

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]
"""Changes plain data in place, whatever they hold."""

OURS = "kfp-katib/"
"""The prefix of our labels and annotations; nobody else writes it."""


@dataclass(frozen=True, slots=True)
class FeasibleSpace:
    """Where a parameter's values come from, as Katib's text; empty where the manifest says nothing."""

    min: str = ""
    max: str = ""
    step: str = ""
    list: tuple[str, ...] = ()
    distribution: Distribution = "uniform"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dimension of the search."""

    name: str
    type: ParameterType
    space: FeasibleSpace


@dataclass(frozen=True, slots=True)
class Operation:
    """A kind of operation that a layer of a neural network may have, and the parameters of its variants."""

    type: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class NasConfig:
    """What a search for neural architectures chooses from; empty where the manifest says nothing."""

    layers: int
    input_sizes: tuple[int, ...]
    output_sizes: tuple[int, ...]
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Objective:
    """What the search optimises. `strategies` names one for every metric, defaults included.

    `texts` says that a text is a value as well, as the genotype is that darts finds: the latest trial that
    has one is the best, and no goal is reached by it.
    `compared` are the additional metrics for which the manifest itself says `min` or `max`, and so which way
    they are better. Katib's default says nothing of the kind: it is the objective's own, so that an accuracy
    beside a loss that is minimized gets `min`.
    """

    type: Direction
    metric: str
    goal: float | None
    additional: tuple[str, ...]
    strategies: Mapping[str, Strategy]
    texts: bool = False
    compared: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """The objective's metric, then the additional ones."""
        return (self.metric, *self.additional)

    @property
    def directions(self) -> dict[str, Direction]:
        """Which way a metric is better, of each that has a way: the objective, then the compared ones."""
        others = {name: DIRECTIONS[self.strategies[name]] for name in self.compared}
        return {self.metric: self.type, **others}


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A suggestion or early-stopping algorithm with its settings, all text as in Katib."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Collector:
    """Where a trial's metrics are read from.

    Attributes:
        kind: `StdOut`, `File`, `TensorFlowEvent`, or a kind that only Katib has.
        path: The file or directory inside the trial's container.
        format: `TEXT`, `JSON`, or empty.
        filters: RE2 expressions with the metric's name in group 1 and its value in group 2; never empty
            for a kind that reads text (Katib's default filter where the manifest gives none).
    """

    kind: str
    path: str
    format: str
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrialParameter:
    """A placeholder of the trial template: `${trialParameters.<name>}` stands for the reference."""

    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class TrialTemplate:
    """How one trial runs. `spec` is the inline trialSpec, None where a ConfigMap holds it."""

    spec: Mapping[str, Any] | None
    parameters: tuple[TrialParameter, ...]
    primary_container: str
    retain: bool
    success_condition: str
    failure_condition: str

    @property
    def image(self) -> str:
        """The primary container's image; empty where the template is no Job that is written inline."""
        pod = (((self.spec or {}).get("spec") or {}).get("template") or {}).get("spec") or {}
        images = {each.get("name"): each.get("image") for each in pod.get("containers") or []}
        return str(images.get(self.primary_container) or "")


def canonical(data: Mapping[str, Any]) -> str:
    """The data as JSON with sorted keys: equal data give equal text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def experiment_name(metadata: Mapping[str, Any]) -> str:
    """The Experiment's name, or its generateName without the dash if Kubernetes chooses the rest."""
    name: str = metadata.get("name") or metadata.get("generateName", "").rstrip("-")
    return name
