# SPDX-License-Identifier: Apache-2.0
"""The rules about the value of one field: missing, out of bounds, none of the words that Katib knows.

Rules that look at more than that are functions, in the module of their topic.
"""

from __future__ import annotations

from collections.abc import Mapping

from kfp_katib.experiment.rules.feasible_space import DISTRIBUTIONS, TYPES, UNKNOWN, lists, numbers, of_range
from kfp_katib.experiment.rules.rule import (
    Check,
    above,
    absent,
    among,
    below,
    error,
    missing,
    none_of,
    present,
    refused,
    row,
    warning,
)
from kfp_katib.experiment.rules.services import ARCHITECTURE, SUGGESTIONS
from kfp_katib.experiment.rules.view import COLLECTOR, TRIAL_SPEC, View

_ADD = "Add it."
_COUNTS = "parallelTrialCount maxTrialCount maxFailedTrialCount"
_COLLECTORS = ("StdOut", "File", "TensorFlowEvent", "Custom", "Push")
_JOB = f"{TRIAL_SPEC}.spec"
_ONE_TOO_MANY = "Remove one of the two."
_TYPE, _DISTRIBUTION = (f"Write {', '.join(w[:-1])} or {w[-1]}." for w in (TYPES, DISTRIBUTIONS))


def _architecture(view: View) -> object:
    return view.algorithm in ARCHITECTURE


def _job(view: View) -> object:
    return view.job


# fmt: off
# A row: the rule and its sentence, where it looks and for what, what it says and what to do.
TABLE: Mapping[str, tuple[Check, ...]] = {
    "search_space": (
        row(refused("count-too-large", "A count does not fit the 32 bits that Katib gives it."),
            "spec", _COUNTS, lambda value: value and abs(value) >= 2**31, "{name} is {value}.", "Lower it."),
        row(refused("parallel-not-positive", "`parallelTrialCount` is zero or less."),
            "spec", "parallelTrialCount", below(1), "{name} is {value}.", "Give at least 1."),
        row(refused("max-trials-not-positive", "`maxTrialCount` is zero or less."),
            "spec", "maxTrialCount", below(1), "{name} is {value}.", "Give at least 1."),
        row(refused("max-failed-negative", "`maxFailedTrialCount` is negative."),
            "spec", "maxFailedTrialCount", below(0), "{name} is {value}.",
            "Give 1 or more: the Experiment fails once so many trials have failed."),
        row(error("max-trials-missing",
            "Without `maxTrialCount` a search has no end, and Katib restarts one that reached its goal for "
            "ever."),
            "spec", "maxTrialCount", absent, "{name} is missing.",
            "Set it to the number of trials you can afford.",
            when=lambda view: view.algorithm != "hyperband"),
        row(warning("max-failed-missing",
            "Without `maxFailedTrialCount` no number of failed trials fails the Experiment."),
            "spec", "maxFailedTrialCount", absent,
            "{name} is missing: an Experiment whose trials all fail still counts as succeeded.",
            "Set it to the number of failures after which to give up."),
        row(refused("resume-policy-invalid", "`resumePolicy` is not one of Katib's."),
            "spec", "resumePolicy", none_of("Never", "LongRunning", "FromVolume"),
            "resumePolicy is '{value}'.", "Write Never, LongRunning or FromVolume."),
        row(warning("suggestion-left-running",
            "With `LongRunning` the suggestion's pod stays until the Experiment is deleted.", "katib"),
            "spec", "resumePolicy", among("LongRunning"),
            "resumePolicy LongRunning keeps the suggestion's pod running.",
            "Use FromVolume, or delete the Experiment when you are done."),
        row(refused("parameters-missing", "There is neither a search parameter nor a nasConfig."),
            "spec", "parameters", missing, "There is nothing to search.", "Add at least one parameter.",
            when=lambda view: "nasConfig" not in view.spec),
        row(refused("parameters-and-nas",
            "There are search parameters and a nasConfig; Katib takes one of the two."),
            "spec", "nasConfig", present, "There are parameters as well.", _ONE_TOO_MANY,
            when=lambda view: view.parameters),
        row(error("parameter-name-missing", "A search parameter has no name."),
            "spec.parameters[]", "name", missing, "The parameter has no name.", "Name it."),
        row(refused("parameter-type-invalid", "A parameter's type is not one of Katib's."),
            "spec.parameters[]", "parameterType", none_of(*TYPES, UNKNOWN), "The type is '{value}'.", _TYPE),
        row(error("parameter-type-unknown",
            "The type `unknown` passes Katib's webhook, and no service can sample it."),
            "spec.parameters[]", "parameterType", among(UNKNOWN), "The type is 'unknown'.", _TYPE),
        row(refused("distribution-invalid", "A parameter's distribution is not one of Katib's."),
            "spec.parameters[]", "feasibleSpace.distribution", none_of(*DISTRIBUTIONS, UNKNOWN),
            "The distribution is '{value}'.", _DISTRIBUTION),
        row(warning("distribution-unknown",
            "The distribution `unknown` passes Katib's webhook; the services sample uniformly."),
            "spec.parameters[]", "feasibleSpace.distribution", among(UNKNOWN),
            "The distribution is 'unknown'.", _DISTRIBUTION),
        row(refused("list-on-number", "An int or double has a list of values."),
            numbers, "feasibleSpace.list", bool, "A parameter of type {owner[parameterType]} has a list.",
            "Use min and max, or make it categorical or discrete."),
        of_range(error("min-above-max", "A parameter's min lies above its max."),
            "", lambda it: it.low > it.high, "'{it.name}' has min {it.min} above max {it.max}.",
            "Swap them."),
        of_range(error("step-not-positive", "A parameter's step is zero or negative."),
            "step", lambda it: it.width <= 0, "step is {it.step}.", "Write a positive step."),
        row(error("list-empty",
            "A categorical or discrete parameter has no values; no service can sample it."),
            lists, "feasibleSpace.list", missing, "The list is empty.", "Give the values as text."),
    ),
    "algorithm": (
        row(refused("early-stopping-missing", "`earlyStopping` is there but names no algorithm."),
            "spec.earlyStopping", "algorithmName", missing, "earlyStopping names no algorithm.",
            "Set it to medianstop, or remove earlyStopping."),
        row(warning("early-stopping-without-retain",
            "Without `retain: true` a stopped trial's Job is deleted before its metrics are read "
            "(katib#1377).", engine="katib"),
            "spec", "trialTemplate.retain", missing, "Early stopping needs retain: true.",
            "Set spec.trialTemplate.retain to true.", when=lambda view: "earlyStopping" in view.spec),
        row(warning("early-stopping-ignored", "This collector never stops a trial."),
            "spec", "earlyStopping", present,
            "The {owner[metricsCollectorSpec][collector][kind]} collector ignores early stopping.",
            "Use StdOut or File, or remove earlyStopping.",
            when=lambda view: view.collector in ("Push", "PrometheusMetric", "Custom")),
        row(error("early-stopping-breaks-collector",
            "TensorFlowEvent's collector does not know stopping rules: every trial that gets one fails.",
            engine="katib"),
            "spec", "earlyStopping", present,
            "Early stopping does not go with the TensorFlowEvent collector.",
            "Use StdOut or File, or remove earlyStopping.",
            when=lambda view: view.collector == "TensorFlowEvent"),
    ),
    "suitability": (
        row(error("nas-config-missing", "`enas` and darts search architectures, but there is no nasConfig."),
            "spec", "nasConfig", absent, "{owner[algorithm][algorithmName]} needs spec.nasConfig.",
            "Add it in place of spec.parameters, or use another algorithm.", when=_architecture),
        row(error("nas-config-unused",
            "Only enas and darts read nasConfig; any other algorithm has nothing to suggest."),
            "spec", "nasConfig", present, "{owner[algorithm][algorithmName]} does not read spec.nasConfig.",
            "Use enas or darts, or spec.parameters.",
            when=lambda view: not view.parameters and view.algorithm in set(SUGGESTIONS) - set(ARCHITECTURE)),
        row(error("nas-operations-missing",
            "A nasConfig without operations leaves enas and darts nothing to choose from."),
            "spec.nasConfig", "operations", missing, "There are no operations.", _ADD, when=_architecture),
        row(error("nas-operation-incomplete", "An operation lacks its type."),
            "spec.nasConfig.operations[]", "operationType", missing,
            "The operation has no {name}.", _ADD, when=_architecture),
    ),
    "trial_template": (
        row(refused("template-missing", "There is no trialTemplate."),
            "spec", "trialTemplate", absent, "spec.trialTemplate is missing.", "Say how one trial runs."),
        row(refused("primary-container-missing",
            "`primaryContainerName` is missing; Katib has no default for it."),
            "spec.trialTemplate", "primaryContainerName", missing, "primaryContainerName is missing.",
            "Name the container that trains."),
        row(refused("trial-source-missing", "The template has neither trialSpec nor configMap."),
            "spec.trialTemplate", "trialSpec", absent, "There is neither trialSpec nor configMap.",
            "Add one of them.", when=lambda view: "configMap" not in view.template),
        row(refused("trial-source-ambiguous", "The template has both trialSpec and configMap."),
            "spec.trialTemplate", "configMap", present, "There is a trialSpec as well.", _ONE_TOO_MANY,
            when=lambda view: "trialSpec" in view.template),
        row(refused("config-map-incomplete", "The reference to a ConfigMap is incomplete."),
            "spec.trialTemplate.configMap", "configMapName configMapNamespace templatePath", missing,
            "{name} is missing.", _ADD),
        row(refused("template-named", "The template names itself; name and namespace are the trial's."),
            TRIAL_SPEC, "metadata.name metadata.namespace", bool, "{name} is '{value}'.", "Remove it."),
        row(error("image-missing", "A container has no image; Kubernetes refuses its pod."),
            lambda view: view.containers, "image", missing, "The container has no image.",
            "Name it, such as `image: python:3.11`."),
        row(error("image-blanks",
            "An image's name begins or ends with a blank: Kubernetes takes the Job, and refuses its pod."),
            lambda view: view.all_containers, "image",
            lambda value: isinstance(value, str) and value != value.strip(), "The image is {value!r}.",
            "Remove the blanks."),
        row(warning("restart-policy-retries",
            "With OnFailure a crashed training starts again in the same pod, and its metrics are mixed.",
            "katib"),
            lambda view: view.pods if view.job else (), "spec.restartPolicy", among("OnFailure"),
            "restartPolicy is OnFailure.", "Write Never."),
        row(warning("job-several-pods", "A trial of several pods reports every metric several times.",
            "katib"),
            _JOB, "completions parallelism", above(1), "{name} is {value}.", "Set it to 1.", when=_job),
        row(error("job-suspended", "A suspended Job never starts, and Katib never resumes it."),
            _JOB, "suspend", among(True), "The Job is suspended.", "Remove suspend.", when=_job),
        row(warning("job-vanishes", "A Job that removes itself may be gone before Katib has seen its end.",
            "katib"),
            _JOB, "ttlSecondsAfterFinished", below(300), "{name} is {value}.", "Remove it: Katib cleans up.",
            when=_job),
    ),
    "measurement": (
        row(refused("objective-missing", "There is no objective."),
            "spec", "objective", absent, "spec.objective is missing.",
            "Add it, with type and objectiveMetricName."),
        row(refused("objective-type-invalid", "The objective's type is neither minimize nor maximize."),
            "spec.objective", "type", none_of("minimize", "maximize"), "The type is '{value}'.",
            "Write minimize or maximize."),
        row(refused("objective-metric-missing", "The objective names no metric."),
            "spec.objective", "objectiveMetricName", missing, "The objective names no metric.",
            "Write the name that the trial prints."),
        row(error("strategy-invalid",
            "A metric strategy is unknown; Katib would find no value and no best trial."),
            "spec.objective.metricStrategies[]", "value", none_of("min", "max", "latest"),
            "The strategy is '{value}'.", "Write min, max or latest."),
        row(refused("collector-kind-invalid", "There is no such metrics collector."),
            COLLECTOR, "collector.kind", none_of(*_COLLECTORS, "PrometheusMetric"), "The kind is '{value}'.",
            f"Write one of {', '.join(_COLLECTORS)}."),
        row(refused("collector-not-configured",
            "Katib's shipped configuration has no image for the PrometheusMetric collector."),
            COLLECTOR, "collector.kind", among("PrometheusMetric"),
            "PrometheusMetric is not in Katib's shipped configuration.", "Use StdOut or File."),
        row(refused("json-with-filter", "A JSON file is read without a filter."),
            f"{COLLECTOR}.source", "filter", present, "There is a filter for a JSON file.",
            "Remove the filter.", when=lambda view: view.file_format == "JSON"),
        row(refused("custom-collector-missing", "The Custom collector has no container."),
            COLLECTOR, "collector.customCollector", absent, "The collector's container is missing.",
            "Add it, or use StdOut or File.", when=lambda view: view.collector == "Custom"),
    ),
}
# fmt: on
