# SPDX-License-Identifier: Apache-2.0
"""What the rules look at: one manifest, defaults filled in, its parts by name and with their paths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kfp_katib.experiment.pods import pod_templates
from kfp_katib.experiment.problem import MOST_FINDINGS
from kfp_katib.experiment.schema import is_job
from kfp_katib.experiment.structure import TRIAL_SPEC as TRIAL_SPEC

Part = Mapping[str, Any]

TEMPLATE = "spec.trialTemplate"
COLLECTOR = "spec.metricsCollectorSpec"


@dataclass(frozen=True)
class View:
    """One manifest. A part that is absent is an empty mapping or list.

    Attributes:
        manifest: After `check_structure` and `with_defaults`: types can be relied on.
        given: The manifest before Katib's defaults.
    """

    manifest: Part
    given: Part

    @cached_property
    def metadata(self) -> Part:
        """The Experiment's metadata."""
        return part(self.manifest, "metadata")

    @cached_property
    def spec(self) -> Part:
        """The Experiment's spec."""
        return part(self.manifest, "spec")

    @cached_property
    def objective(self) -> Part:
        """The objective."""
        return part(self.spec, "objective")

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The objective's metric and the additional ones, in order, each once."""
        names = [
            self.objective.get("objectiveMetricName", ""),
            *self.objective.get("additionalMetricNames", []),
        ]
        return tuple(dict.fromkeys(name for name in names if name))

    @cached_property
    def algorithm(self) -> str:
        """The suggestion algorithm's name."""
        return str(part(self.spec, "algorithm").get("algorithmName", ""))

    @cached_property
    def settings(self) -> list[tuple[str, Part]]:
        """The algorithm's settings, each with its path."""
        return self.listed("spec.algorithm.algorithmSettings")

    @cached_property
    def parameters(self) -> list[tuple[str, Part]]:
        """The search parameters, each with its path."""
        return self.listed("spec.parameters")

    @cached_property
    def template(self) -> Part:
        """The trialTemplate."""
        return part(self.spec, "trialTemplate")

    @cached_property
    def trial_parameters(self) -> list[tuple[str, Part]]:
        """The trialParameters, each with its path."""
        return self.listed(f"{TEMPLATE}.trialParameters")

    @cached_property
    def trial_spec(self) -> Part:
        """The inline trialSpec, empty where a ConfigMap holds it."""
        return part(self.template, "trialSpec")

    @cached_property
    def trial_text(self) -> str:
        """The inline trialSpec as the text in which Katib replaces placeholders."""
        return json.dumps(self.trial_spec, ensure_ascii=False)

    @cached_property
    def kind(self) -> tuple[str, str]:
        """The trial's apiVersion and kind, empty if they are not text."""
        api_version, kind = self.trial_spec.get("apiVersion"), self.trial_spec.get("kind")
        return api_version if isinstance(api_version, str) else "", kind if isinstance(kind, str) else ""

    @cached_property
    def job(self) -> Part:
        """The Job's own spec; empty if a trial is not a Kubernetes Job. Its fields have Kubernetes' types."""
        return part(self.trial_spec, "spec") if is_job(self.trial_spec) else {}

    @cached_property
    def pods(self) -> list[tuple[str, Part]]:
        """The trial's pod templates with their paths: one in a Job, one per role in other jobs."""
        return [(f"{TRIAL_SPEC}.{path}", pod) for path, pod in pod_templates(self.trial_spec)]

    @cached_property
    def containers(self) -> list[tuple[str, Part]]:
        """The containers of every pod template, with their paths."""
        return [
            (where, container)
            for path, pod in self.pods
            for where, container in objects(pod, "spec.containers[]", f"{path}.")
        ]

    @cached_property
    def all_containers(self) -> list[tuple[str, Part]]:
        """The same, preceded by each pod's init containers."""
        return [each for path, pod in self.pods for each in every_container(path, pod)]

    @cached_property
    def primaries(self) -> list[tuple[str, Part]]:
        """The containers that Katib wraps, with their paths; several where replicas share the name."""
        name = self.template.get("primaryContainerName")
        return [(path, container) for path, container in self.containers if container.get("name") == name]

    @cached_property
    def collector(self) -> str:
        """The metrics collector's kind."""
        return str(part(self.spec, "metricsCollectorSpec", "collector").get("kind", ""))

    @cached_property
    def source(self) -> Part:
        """The metrics collector's source."""
        return part(self.spec, "metricsCollectorSpec", "source")

    @property
    def file_format(self) -> str:
        """How the File collector reads its file, empty for other collectors."""
        form = part(self.source, "fileSystemPath").get("format", "")
        return str(form) if self.collector == "File" else ""

    @cached_property
    def filters(self) -> list[tuple[str, str]]:
        """The filter's first 100 expressions, each with its path; compiling more would take seconds."""
        path = f"{COLLECTOR}.source.filter.metricsFormat"
        expressions = items(part(self.source, "filter"), "metricsFormat")[:MOST_FINDINGS]
        return [(f"{path}[{i}]", text) for i, text in enumerate(expressions)]

    def listed(self, path: str) -> list[tuple[str, Part]]:
        """The items of a list in the manifest, each with its path."""
        return list(objects(self.manifest, f"{path}[]"))


def objects(owner: Part, path: str, above: str = "") -> Iterator[tuple[str, Part]]:
    """The mappings at a path below the owner, `[]` after each list in it, each with its own path."""
    step, _, rest = path.partition(".")
    name, many, _ = step.partition("[")
    found = items(owner, name) if many else [owner.get(name)]
    for i, each in enumerate(found):
        if isinstance(each, Mapping):
            here = f"{above}{name}[{i}]" if many else f"{above}{name}"
            yield from objects(each, rest, f"{here}.") if rest else [(here, each)]


def texts(owner: Part, path: str, above: str = "") -> Iterator[tuple[str, str]]:
    """The texts at a path below the owner, like `objects`."""
    parents, _, name = path.rpartition(".")
    for where, each in objects(owner, parents, above):
        if isinstance(text := each.get(name), str):
            yield f"{where}.{name}", text


def part(parent: object, *names: str) -> Part:
    """The mapping below the names, empty if there is none: trials of other kinds have no types."""
    for name in names:
        parent = parent.get(name) if isinstance(parent, Mapping) else None
    return parent if isinstance(parent, Mapping) else {}


def items(parent: object, name: str) -> list[Any]:
    """The list of this name, empty if there is none."""
    found = parent.get(name) if isinstance(parent, Mapping) else None
    return found if isinstance(found, list) else []


def every_container(path: str, pod: Part) -> Iterator[tuple[str, Part]]:
    """A pod template's init containers and containers, with their paths."""
    for name in ("initContainers", "containers"):
        yield from objects(pod, f"spec.{name}[]", f"{path}.")
