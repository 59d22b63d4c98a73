# SPDX-License-Identifier: Apache-2.0
"""Every rule that says "Katib refuses this": a real Katib does, and for that very reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from kubernetes import client

from kfp_katib.experiment import rules
from kfp_katib.experiment.defaults import with_defaults
from kfp_katib.experiment.judging import all_rules
from kfp_katib.experiment.plain import RULES as SOURCE_RULES
from kfp_katib.experiment.rules.view import View
from kfp_katib.experiment.structure import check_structure
from tests.builders.valid import VALID, random
from tests.engines.katib.live.katib import Katib
from tests.experiment.cases import CASES, Case

pytestmark = pytest.mark.cluster

RULES = {rule.id: rule for rule in all_rules()}
SAYS = {
    "wrong-type": "json: cannot unmarshal",
    "count-too-large": "json: cannot unmarshal number",
    "job-unknown-field": "unable to convert: /spec/",
    "job-wrong-type": "unable to convert spec.TrialTemplate",
    "job-empty-value": "unable to convert: /spec/",
    "job-quantity-form": "unable to convert: /spec/",
    "job-quantity-invalid": "quantities must match the regular expression",
    "job-number-too-large": "unable to convert: /spec/",
    "name-invalid": "may not be longer than 40 characters",
    "parallel-not-positive": "spec.parallelTrialCount: Invalid value: 0: must be greater than 0",
    "max-trials-not-positive": "spec.maxTrialCount: Invalid value: 0: must be greater than 0",
    "max-failed-negative": "spec.maxFailedTrialCount: Invalid value: -1: should not be less than 0",
    "parallel-above-max": "should be less than or equal to spec.maxTrialCount",
    "max-failed-above-max": "should be less than or equal to spec.maxTrialCount",
    "resume-policy-invalid": "invalid ResumePolicyType",
    "spec-missing": "spec.objective: Required value: must be specified",
    "objective-missing": "spec.objective: Required value: must be specified",
    "objective-type-invalid": "must be minimize or maximize",
    "objective-metric-missing": "spec.objective.objectiveMetricName: Required value: must be specified",
    "objective-among-additional": "should not contain spec.objective.objectiveMetricName",
    "algorithm-missing": "Required value: must be specified",
    "algorithm-unknown": "unable to get Suggestion config data for algorithm randon",
    "early-stopping-missing": "spec.earlyStopping.algorithmName: Required value: must be specified",
    "early-stopping-unknown": "unable to get EarlyStopping config data for algorithm median:",
    "parameters-missing": "spec.parameters or spec.nasConfig must be specified",
    "parameters-and-nas": "only one of spec.parameters and spec.nasConfig can be specified",
    "parameter-type-invalid": "parameterType: float is not supported",
    "distribution-invalid": "distribution: log is not supported",
    "list-on-number": "feasibleSpace.list is not supported for parameterType: double",
    "bounds-missing": "feasibleSpace.max or feasibleSpace.min must be specified",
    "bounds-on-list": "feasibleSpace .max, .min and .step is not supported",
    "trial-parameters-missing": "spec.trialTemplate.trialParameters: Required value: must be specified",
    "trial-parameter-incomplete": "name and reference must be specified",
    "trial-parameter-repeated": "can't be duplicated in spec.trialTemplate.trialParameters",
    "reference-unknown": "does not exist in spec.parameters",
    "trial-parameter-unused": "in spec.trialParameters not found in spec.trialTemplate",
    "placeholder-undeclared": "in spec.trialTemplate not found in spec.trialParameters",
    "template-missing": "spec.trialTemplate: Required value: must be specified",
    "primary-container-missing": "spec.trialTemplate.primaryContainerName: Required value",
    "conditions-missing": "successCondition and failureCondition must be specified",
    "trial-source-missing": "trialSpec or spec.trialTemplate.configMap must be specified",
    "trial-source-ambiguous": "only one of spec.trialTemplate.trialSpec or spec.trialTemplate.configMap",
    "config-map-incomplete": "configMapName, configMapNamespace and templatePath must be specified",
    "template-named": "metadata.name and metadata.namespace in spec.trialTemplate must be omitted",
    "template-without-kind": "'Kind' is missing",
    "collector-kind-invalid": "invalid metrics collector kind: None",
    "collector-not-configured": "failed to find metrics collector config for kind: PrometheusMetric",
    "file-path-invalid": "path where",
    "file-format-invalid": "spec.metricsCollectorSpec.source.fileSystemPath.format",
    "json-with-filter": "filter must be nil when format of metrics file is json",
    "http-get-invalid": "for metrics collector kind: PrometheusMetric",
    "custom-collector-missing": "metrics collector kind: Custom is required",
    "custom-path-invalid": ".spec.metricsCollectorSpec.source is invalid",
    "filter-invalid": "invalid filter: error parsing regexp",
    "filter-without-groups": "two top subexpressions are required",
}
"""A part of what Katib 0.19 says when it refuses a manifest, for every rule marked `webhook`."""

BY_THE_API_SERVER = frozenset({"not-an-experiment", "name-missing", "name-not-a-label", "label-invalid"})
"""Rules whose cases can be refused before Katib sees them, by Kubernetes' own checks of names and kinds."""

BY_THE_JOB = frozenset(
    {
        *("job-field-missing", "restart-policy-invalid", "image-missing", "trial-label-invalid"),
        *("container-name-invalid", "container-name-repeated", "mount-without-volume"),
        *("resource-unknown", "request-above-limit", "device-without-limit", "resource-amount-invalid"),
        *("job-choice-unknown", "job-number-out-of-range", "job-text-invalid", "job-field-empty"),
        *("job-fields-exclusive", "job-field-misplaced", "annotation-invalid"),
        *("mount-path-repeated", "volume-repeated"),
    }
)
"""Rules whose manifests Katib accepts although Kubernetes refuses the Job that every trial then is."""


def _cases(*, webhook: bool) -> Iterator[object]:
    """The cases of all rules that Katib's webhooks know, or of all those that only we know."""
    for case in CASES:
        known = case.refused or any(
            RULES[name].webhook or name in BY_THE_API_SERVER for name in _broken(case)
        )
        if (case.refused or RULES[case.rule].webhook) if webhook else not known:
            yield pytest.param(case, id=f"{case.rule}-{CASES.index(case)}")


def _broken(case: Case) -> set[str]:
    """Every rule that a case breaks, also where a user is told of the cause alone."""
    form = check_structure(case.manifest)
    view = View(with_defaults(form.manifest), form.manifest, case.manifest)
    return {case.rule, *case.also, *(each.rule for each in (*form.problems, *rules.judge(view)))}


@pytest.fixture(scope="module", autouse=True)
def template(katib: Katib) -> None:
    """The ConfigMap to which some of the manifests refer; it goes with the namespace."""
    job = random()["spec"]["trialTemplate"]["trialSpec"]
    body = {"metadata": {"name": "templates"}, "data": {"job.yaml": yaml.safe_dump(job)}}
    client.CoreV1Api().create_namespaced_config_map(katib.namespace, body)


@pytest.mark.parametrize("case", [*_cases(webhook=True)])
def test_katib_refuses_what_the_rule_forbids(case: Case, katib: Katib) -> None:
    """The manifest that breaks the rule is refused, in the words of that rule."""
    assert (case.refused or SAYS[case.rule]) in katib.refusal(case.manifest)


@pytest.mark.parametrize("case", [*_cases(webhook=False)])
def test_katib_lets_the_trap_pass(case: Case, katib: Katib) -> None:
    """What we alone refuse or warn of is accepted by Katib: it would hang, fail or go wrong later."""
    manifest = katib.at_home(case.manifest)
    if katib.lacks(manifest):
        pytest.skip(f"this Katib is not configured for {katib.lacks(manifest)}")
    assert katib.refusal(manifest) == ""


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.rule) for case in CASES if case.rule in BY_THE_JOB]
)
def test_kubernetes_refuses_the_job_of_the_trial(case: Case, katib: Katib) -> None:
    """What Katib lets pass here can never run: Kubernetes refuses the trial's Job."""
    job = case.manifest["spec"]["trialTemplate"]["trialSpec"]
    assert "is invalid" in katib.job_refusal(
        {**job, "metadata": {**job.get("metadata", {}), "name": "trial"}}
    )


@pytest.mark.parametrize("name", VALID)
def test_katib_accepts_the_valid_manifest(name: str, katib: Katib) -> None:
    """What the broken manifests are made from has nothing that Katib minds."""
    manifest = katib.at_home(VALID[name]())
    if katib.lacks(manifest):
        pytest.skip(f"this Katib is not configured for {katib.lacks(manifest)}")
    assert katib.refusal(manifest) == ""


def test_the_table_names_every_webhook_rule() -> None:
    """No rule claims Katib's refusal without proof."""
    readers = {rule.id for rule in SOURCE_RULES}
    assert set(SAYS) == {name for name, rule in RULES.items() if rule.webhook} - readers
