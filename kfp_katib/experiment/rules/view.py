# SPDX-License-Identifier: Apache-2.0
"""What the rules look at: one manifest, defaults filled in, its parts by name and with their paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from kfp_katib.experiment.choices import paired
from kfp_katib.experiment.placeholders import meta
from kfp_katib.experiment.pods import pod_templates
from kfp_katib.experiment.problem import MOST_FINDINGS
from kfp_katib.experiment.rules.paths import Part, at, every_container, items, objects, part
from kfp_katib.experiment.schema import is_job
from kfp_katib.experiment.structure import TRIAL_SPEC as TRIAL_SPEC

TEMPLATE = "spec.trialTemplate"
COLLECTOR = "spec.metricsCollectorSpec"


@dataclass(frozen=True)
class View:
    """One manifest. A part that is absent is an empty mapping or list.

    Attributes:
        manifest: After `check_structure` and `with_defaults`: types can be relied on.
        given: The manifest before Katib's defaults.
        written: The manifest before anything was corrected or left out.
    """

    manifest: Part
    given: Part
    written: Part = field(default_factory=dict)

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
    def chosen(self) -> dict[str, str]:
        """The algorithm's settings by name; of several with one name the last, which counts."""
        return {each.get("name", ""): str(each.get("value", "")) for _, each in self.settings}

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
    def parameter_names(self) -> list[tuple[str, str]]:
        """The search parameters' names, empty where one has none, each with its path."""
        return _texts(self.parameters, "name")

    @cached_property
    def trial_parameter_names(self) -> list[tuple[str, str]]:
        """The trialParameters' names, empty where one has none, each with its path."""
        return _texts(self.trial_parameters, "name")

    @cached_property
    def references(self) -> list[tuple[str, str]]:
        """The trialParameters' references, empty where one has none, each with its path."""
        return _texts(self.trial_parameters, "reference")

    @cached_property
    def unknown_references(self) -> list[tuple[str, str]]:
        """The trialParameters' references to no search parameter, each with its path."""
        known = {name for _, name in self.parameter_names}
        given = [(path, text) for path, text in self.references if text and text not in known]
        return [(path, text) for path, text in given if not meta(text)]

    @cached_property
    def unconsumed_parameters(self) -> list[tuple[str, str]]:
        """The search parameters to which no trialParameter refers, each with the path of its name."""
        references = {text for _, text in self.references}
        names = self.parameter_names if self.template else ()
        return [(path, name) for path, name in names if name and name not in references]

    @cached_property
    def meant_parameters(self) -> dict[str, str]:
        """For references to no search parameter, the one that was meant: no other reference is to it."""
        unknown = [reference for _, reference in self.unknown_references]
        return paired(unknown, [name for _, name in self.unconsumed_parameters])

    @cached_property
    def undeclared_placeholders(self) -> list[str]:
        """The names in the template's placeholders that no trialParameter has."""
        names = {name for _, name in self.trial_parameter_names}
        found = dict.fromkeys(re.findall(r"\$\{trialParameters\.(.+?)\}", self.trial_text))
        return [name for name in found if name not in names]

    @cached_property
    def unused_trial_parameters(self) -> list[tuple[str, str]]:
        """The names of trialParameters that the template never uses, each with its path."""
        written = json.dumps(part(self.written, "spec", "trialTemplate").get("trialSpec"), ensure_ascii=False)
        text = self.trial_text + written  # a misplaced field is not in the former
        given = self.trial_parameter_names if self.trial_spec else ()
        return [(path, name) for path, name in given if name and f"${{trialParameters.{name}}}" not in text]

    @cached_property
    def meant_trial_parameters(self) -> dict[str, str]:
        """For placeholders that are not declared, the trialParameter that was meant: nothing else uses it."""
        return paired(self.undeclared_placeholders, [name for _, name in self.unused_trial_parameters])

    @cached_property
    def undeclared_parameters(self) -> dict[str, str]:
        """For the other placeholders that are not declared, the search parameter that was meant."""
        taken = {*self.meant_parameters.values()}
        free = [name for _, name in self.unconsumed_parameters if name not in taken]
        left = [name for name in self.undeclared_placeholders if name not in self.meant_trial_parameters]
        return paired(left, free)

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

    def stated(self, path: str) -> str:
        """What a field is: `x is 3`; where the manifest does not say so, that it is by default."""
        name, value = path.rpartition(".")[2], at(self.manifest, path)
        if at(self.given, path) is None and value is not None:
            return f"{name} is not set, which means {value}"
        return f"{name} is {value}" if value not in (None, "") else f"{name} is missing"

    def listed(self, path: str) -> list[tuple[str, Part]]:
        """The items of a list in the manifest, each with its path."""
        return list(objects(self.manifest, f"{path}[]"))


def _texts(owners: Iterable[tuple[str, Part]], name: str) -> list[tuple[str, str]]:
    """The text of each owner's field, empty where it is missing, with its path."""
    return [(f"{path}.{name}", str(owner.get(name) or "")) for path, owner in owners]
