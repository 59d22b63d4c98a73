# SPDX-License-Identifier: Apache-2.0
"""The rules about the value of one field: missing, out of bounds, none of the words that Katib knows.

Rules that look at more than that are functions, in the module of their topic.
"""

from __future__ import annotations

from collections.abc import Mapping

from kfp_katib.experiment.rules.algorithm_settings import ARCHITECTURE, SUGGESTIONS
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
    unlike,
    warning,
)
from kfp_katib.experiment.rules.search_space import DISTRIBUTIONS, TYPES, UNKNOWN, lists, numbers
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
    "basics": (
        error("namespace-invalid", "No Kubernetes namespace can have this name.")(
            "metadata", "namespace", unlike("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"),
            "The namespace is '{value}'.",
            "Use lower-case letters, digits and '-', at most 63 characters; or leave it out."),
        refused("count-too-large", "A count does not fit the 32 bits that Katib gives it.")(
            "spec", _COUNTS, lambda value: value and abs(value) >= 2**31,
            "{name} is {value}.", "Lower it."),
        refused("parallel-not-positive", "`parallelTrialCount` is zero or less.")(
            "spec", "parallelTrialCount", below(1), "{name} is {value}.", "Give at least 1."),
        refused("max-trials-not-positive", "`maxTrialCount` is zero or less.")(
            "spec", "maxTrialCount", below(1), "{name} is {value}.", "Give at least 1."),
        refused("max-failed-negative", "`maxFailedTrialCount` is negative.")(
            "spec", "maxFailedTrialCount", below(0), "{name} is {value}.",
            "Give 1 or more: the Experiment fails once so many trials have failed."),
        error("max-trials-missing", "Without `maxTrialCount` a search has no end, "
              "and Katib restarts one that reached its goal for ever.")(
            "spec", "maxTrialCount", absent,
            "{name} is missing.", "Set it to the number of trials you can afford."),
        warning("max-failed-missing",
                "Without `maxFailedTrialCount` no number of failed trials fails the Experiment.")(
            "spec", "maxFailedTrialCount", absent,
            "{name} is missing: an Experiment whose trials all fail still counts as succeeded.",
            "Set it to the number of failures after which to give up."),
        refused("resume-policy-invalid", "`resumePolicy` is not one of Katib's.")(
            "spec", "resumePolicy", none_of("Never", "LongRunning", "FromVolume"),
            "resumePolicy is '{value}'.", "Write Never, LongRunning or FromVolume."),
        warning("suggestion-left-running",
                "With `LongRunning` the suggestion's pod stays until the Experiment is deleted.")(
            "spec", "resumePolicy", among("LongRunning"),
            "resumePolicy LongRunning keeps the suggestion's pod running.",
            "Use FromVolume, or delete the Experiment when you are done."),
        refused("objective-missing", "There is no objective.")(
            "spec", "objective", absent,
            "spec.objective is missing.", "Add it, with type and objectiveMetricName."),
        refused("objective-type-invalid", "The objective's type is neither minimize nor maximize.")(
            "spec.objective", "type", none_of("minimize", "maximize"),
            "The type is '{value}'.", "Write minimize or maximize."),
        refused("objective-metric-missing", "The objective names no metric.")(
            "spec.objective", "objectiveMetricName", missing,
            "The objective names no metric.", "Write the name that the trial prints."),
        error("strategy-invalid",
              "A metric strategy is unknown; Katib would find no value and no best trial.")(
            "spec.objective.metricStrategies[]", "value", none_of("min", "max", "latest"),
            "The strategy is '{value}'.", "Write min, max or latest."),
    ),
    "search_space": (
        refused("parameters-missing", "There is neither a search parameter nor a nasConfig.")(
            "spec", "parameters", missing, "There is nothing to search.", "Add at least one parameter.",
            when=lambda view: "nasConfig" not in view.spec),
        refused("parameters-and-nas",
                "There are search parameters and a nasConfig; Katib takes one of the two.")(
            "spec", "nasConfig", present, "There are parameters as well.", _ONE_TOO_MANY,
            when=lambda view: view.parameters),
        error("parameter-name-missing", "A search parameter has no name.")(
            "spec.parameters[]", "name", missing, "The parameter has no name.", "Name it."),
        refused("parameter-type-invalid", "A parameter's type is not one of Katib's.")(
            "spec.parameters[]", "parameterType", none_of(*TYPES, UNKNOWN), "The type is '{value}'.", _TYPE),
        error("parameter-type-unknown",
              "The type `unknown` passes Katib's webhook, and no service can sample it.")(
            "spec.parameters[]", "parameterType", among(UNKNOWN), "The type is 'unknown'.", _TYPE),
        refused("distribution-invalid", "A parameter's distribution is not one of Katib's.")(
            "spec.parameters[]", "feasibleSpace.distribution", none_of(*DISTRIBUTIONS, UNKNOWN),
            "The distribution is '{value}'.", _DISTRIBUTION),
        warning("distribution-unknown",
                "The distribution `unknown` passes Katib's webhook; the services sample uniformly.")(
            "spec.parameters[]", "feasibleSpace.distribution", among(UNKNOWN),
            "The distribution is 'unknown'.", _DISTRIBUTION),
        refused("list-on-number", "An int or double has a list of values.")(
            numbers, "feasibleSpace.list", bool, "A parameter of type {owner[parameterType]} has a list.",
            "Use min and max, or make it categorical or discrete."),
        refused("bounds-missing", "An int or double lacks its min or max.")(
            numbers, "feasibleSpace.min feasibleSpace.max", missing,
            "The parameter has no {name}.", 'Set it as text: {name}: "1".'),
        error("list-empty",
              "A categorical or discrete parameter has no values; no service can sample it.")(
            lists, "feasibleSpace.list", missing, "The list is empty.", "Give the values as text."),
    ),
    "algorithm": (
        refused("early-stopping-missing", "`earlyStopping` is there but names no algorithm.")(
            "spec.earlyStopping", "algorithmName", missing,
            "earlyStopping names no algorithm.", "Set it to medianstop, or remove earlyStopping."),
        warning("early-stopping-without-retain",
                "Without `retain: true` a stopped trial's Job is deleted before its metrics are read "
                "(katib#1377).")(
            "spec", "trialTemplate.retain", missing,
            "Early stopping needs retain: true.", "Set spec.trialTemplate.retain to true.",
            when=lambda view: "earlyStopping" in view.spec),
        error("early-stopping-breaks-collector",
              "TensorFlowEvent's collector does not know stopping rules: every trial that gets one fails.")(
            "spec", "earlyStopping", present,
            "Early stopping does not go with the TensorFlowEvent collector.",
            "Use StdOut or File, or remove earlyStopping.",
            when=lambda view: view.collector == "TensorFlowEvent"),
        error("nas-config-missing", "`enas` and darts search architectures, but there is no nasConfig.")(
            "spec", "nasConfig", absent, "{owner[algorithm][algorithmName]} needs spec.nasConfig.",
            "Add it in place of spec.parameters, or use another algorithm.", when=_architecture),
        error("nas-config-unused",
              "Only enas and darts read nasConfig; any other algorithm has nothing to suggest.")(
            "spec", "nasConfig", present, "{owner[algorithm][algorithmName]} does not read spec.nasConfig.",
            "Use enas or darts, or spec.parameters.",
            when=lambda view: not view.parameters and view.algorithm in set(SUGGESTIONS) - ARCHITECTURE),
        error("nas-graph-incomplete", "`enas` refuses a graph without layers, input sizes or output sizes.")(
            "spec.nasConfig", "graphConfig.numLayers graphConfig.inputSizes graphConfig.outputSizes", missing,
            "enas needs {name}.", _ADD, when=lambda view: view.algorithm == "enas"),
        error("nas-operation-incomplete", "An operation lacks its type or its parameters.")(
            "spec.nasConfig.operations[]", "operationType parameters", missing,
            "The operation has no {name}.", _ADD, when=_architecture),
        error("pbt-without-volume",
              "`pbt` keeps its trials' checkpoints on a volume that only resumePolicy FromVolume brings.")(
            "spec", "resumePolicy", none_of("FromVolume"), "resumePolicy is {value}.", "Write FromVolume.",
            when=lambda view: view.algorithm == "pbt"),
    ),
    "trial_template": (
        refused("trial-parameters-missing",
                "There are no trialParameters; an empty list is none to Katib, whose defaulter drops it.")(
            "spec.trialTemplate", "trialParameters", missing, "There are no trialParameters.",
            "Add one for each search parameter.", when=lambda view: view.template),
        refused("template-missing", "There is no trialTemplate.")(
            "spec", "trialTemplate", absent, "spec.trialTemplate is missing.", "Say how one trial runs."),
        refused("primary-container-missing",
                "`primaryContainerName` is missing; Katib has no default for it.")(
            "spec.trialTemplate", "primaryContainerName", missing,
            "primaryContainerName is missing.", "Name the container that trains."),
        refused("trial-source-missing", "The template has neither trialSpec nor configMap.")(
            "spec.trialTemplate", "trialSpec", absent, "There is neither trialSpec nor configMap.",
            "Add one of them.", when=lambda view: "configMap" not in view.template),
        refused("trial-source-ambiguous", "The template has both trialSpec and configMap.")(
            "spec.trialTemplate", "configMap", present, "There is a trialSpec as well.", _ONE_TOO_MANY,
            when=lambda view: "trialSpec" in view.template),
        refused("config-map-incomplete", "The reference to a ConfigMap is incomplete.")(
            "spec.trialTemplate.configMap", "configMapName configMapNamespace templatePath", missing,
            "{name} is missing.", _ADD),
        refused("template-named", "The template names itself; name and namespace are the trial's.")(
            TRIAL_SPEC, "metadata.name metadata.namespace", bool, "{name} is '{value}'.", "Remove it."),
        refused("template-without-kind", "The template says not what it is.")(
            TRIAL_SPEC, "apiVersion kind", lambda value: not value or not isinstance(value, str),
            "{name} is missing.", "For a Job: batch/v1 and Job."),
        error("image-missing", "A container has no image; Kubernetes refuses its pod.")(
            lambda view: view.containers, "image", missing,
            "The container '{owner[name]}' has no image.", "Name it."),
        error("image-blanks",
              "An image's name begins or ends with a blank: Kubernetes takes the Job, and refuses its pod.")(
            lambda view: view.all_containers, "image",
            lambda value: isinstance(value, str) and value != value.strip(),
            "The image is {value!r}.", "Remove the blanks."),
        warning("restart-policy-retries",
                "With OnFailure a crashed training starts again in the same pod, and its metrics are mixed.")(
            lambda view: view.pods if view.job else (), "spec.restartPolicy", among("OnFailure"),
            "restartPolicy is OnFailure.", "Write Never."),
        warning("job-several-pods", "A trial of several pods reports every metric several times.")(
            _JOB, "completions parallelism", above(1), "{name} is {value}.", "Set it to 1.", when=_job),
        error("job-suspended", "A suspended Job never starts, and Katib never resumes it.")(
            _JOB, "suspend", among(True), "The Job is suspended.", "Remove suspend.", when=_job),
        warning("job-vanishes", "A Job that removes itself may be gone before Katib has seen its end.")(
            _JOB, "ttlSecondsAfterFinished", below(300),
            "{name} is {value}.", "Remove it: Katib cleans up.", when=_job),
    ),
    "trial_job": (
        error("container-name-invalid",
              "A container's name is not a Kubernetes name: the Job of every trial is refused.")(
            lambda view: view.containers, "name", unlike("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"),
            "The container's name is '{value}'.",
            "Use at most 63 lower-case letters, digits and '-', a letter or digit at both ends."),
    ),
    "metrics_collector": (
        refused("collector-kind-invalid", "There is no such metrics collector.")(
            COLLECTOR, "collector.kind", none_of(*_COLLECTORS, "PrometheusMetric"),
            "The kind is '{value}'.", f"Write one of {', '.join(_COLLECTORS)}."),
        refused("collector-not-configured",
                "Katib's shipped configuration has no image for the PrometheusMetric collector.")(
            COLLECTOR, "collector.kind", among("PrometheusMetric"),
            "PrometheusMetric is not in Katib's shipped configuration.", "Use StdOut or File."),
        refused("json-with-filter", "A JSON file is read without a filter.")(
            f"{COLLECTOR}.source", "filter", present, "There is a filter for a JSON file.",
            "Remove the filter.", when=lambda view: view.file_format == "JSON"),
        refused("custom-collector-missing", "The Custom collector has no container.")(
            COLLECTOR, "collector.customCollector", absent, "The collector's container is missing.",
            "Add it, or use StdOut or File.", when=lambda view: view.collector == "Custom"),
    ),
}
# fmt: on
