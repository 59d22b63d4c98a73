# SPDX-License-Identifier: Apache-2.0
"""What a manifest means, once Katib's defaults are filled in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import Collector, FeasibleSpace, Parameter, TrialParameter, check, load
from kfp_katib.experiment.defaults import DEFAULT_FILTER
from tests.builders.manifest import ABSENT, changed
from tests.builders.valid import VALID, config_map, median_stop, random
from tests.places import DATA

CERN = DATA / "cern.yaml"


def test_the_fields_of_an_experiment() -> None:
    """Names are Katib's; numbers of the search stay Katib's text."""
    experiment = load(random())
    assert (experiment.name, experiment.namespace) == ("my-search", "user")
    assert (experiment.parallel_trial_count, experiment.max_trial_count) == (2, 8)
    assert experiment.max_failed_trial_count == 3
    assert experiment.algorithm.name == "random"
    assert experiment.algorithm.settings == {"random_state": "7"}
    assert experiment.parameters[0] == Parameter(
        "lr", "double", FeasibleSpace("0.001", "0.1", distribution="logUniform")
    )
    assert experiment.parameters[2].space.list == ("sgd", "adam")
    assert experiment.trial_template.parameters[0] == TrialParameter("lr", "lr")
    assert experiment.objective.goal == 0.05
    assert experiment.objective.metrics == ("loss", "accuracy")


def test_katibs_defaults() -> None:
    """Three trials side by side, no resumption, StdOut, a Job's conditions."""
    manifest = changed(random(), {"spec.parallelTrialCount": ABSENT, "spec.objective.goal": ABSENT})
    experiment = load(manifest)
    assert experiment.parallel_trial_count == 3
    assert experiment.resume_policy == "Never"
    assert experiment.collector == Collector(
        "StdOut", "/var/log/katib/metrics.log", "TEXT", (DEFAULT_FILTER,)
    )
    assert '"Complete"' in experiment.trial_template.success_condition
    assert '"Failed"' in experiment.trial_template.failure_condition
    assert experiment.trial_template.retain is False
    assert experiment.objective.goal is None


@pytest.mark.parametrize(
    ("kind", "path", "format_", "filters"),
    [
        ("File", "/var/log/katib/metrics.log", "TEXT", (DEFAULT_FILTER,)),
        ("TensorFlowEvent", "/var/log/katib/tfevent/", "", ()),
        ("Push", "", "", ()),
    ],
)
def test_default_places_of_metrics(kind: str, path: str, format_: str, filters: tuple[str, ...]) -> None:
    """Each collector has its own."""
    manifest = changed(random(), {"spec.metricsCollectorSpec": {"collector": {"kind": kind}}})
    assert load(manifest).collector == Collector(kind, path, format_, filters)


def test_a_json_file_has_no_filter() -> None:
    """The default filter is for text only."""
    place = {"fileSystemPath": {"path": "/out/m.json", "format": "JSON"}}
    manifest = changed(
        random(), {"spec.metricsCollectorSpec": {"collector": {"kind": "File"}, "source": place}}
    )
    assert load(manifest).collector == Collector("File", "/out/m.json", "JSON", ())


@pytest.mark.parametrize(("kind", "default"), [("minimize", "min"), ("maximize", "max")])
def test_strategies_follow_the_objective(kind: str, default: str) -> None:
    """Additional metrics get the objective's min or max, which Katib's documentation calls latest."""
    changes = {
        "spec.objective.type": kind,
        "spec.objective.objectiveMetricName": "score",
        "spec.objective.metricStrategies": [{"name": "accuracy", "value": "latest"}],
        "spec.objective.additionalMetricNames": ["accuracy", "time"],
    }
    strategies = load(changed(random(), changes)).objective.strategies
    assert strategies == {"score": default, "accuracy": "latest", "time": default}


def test_of_two_strategies_the_first_counts() -> None:
    """As in Katib, which stops at the first."""
    strategies = [{"name": "loss", "value": "latest"}, {"name": "loss", "value": "min"}]
    experiment = load(changed(random(), {"spec.objective.metricStrategies": strategies}))
    assert experiment.objective.strategies["loss"] == "latest"
    assert [problem.rule for problem in experiment.warnings] == ["strategy-repeated"]


def test_the_distribution_unknown_is_uniform() -> None:
    """Katib takes the word, and its services sample uniformly."""
    manifest = changed(random(), {"spec.parameters[1].feasibleSpace.distribution": "unknown"})
    assert load(manifest).parameters[1].space.distribution == "uniform"


def test_early_stopping() -> None:
    """An algorithm with settings of its own."""
    early = load(median_stop()).early_stopping
    assert early is not None
    assert (early.name, early.settings) == ("medianstop", {"start_step": "5"})
    assert load(random()).early_stopping is None


def test_what_only_katib_runs_passes_through_untouched() -> None:
    """Another kind of trial has no type of ours; the manifest keeps it."""
    assert load(config_map()).trial_template.spec is None
    for make in VALID.values():
        assert load(make()).manifest == make()


def test_a_generated_name() -> None:
    """Kubernetes completes a generateName; until then the Experiment goes by its beginning."""
    manifest = changed(random(), {"metadata": {"generateName": "search-"}})
    assert load(manifest).name == "search"


def test_equal_manifests_have_equal_json() -> None:
    """The order of fields does not count."""
    manifest = random()
    turned = dict(reversed(manifest.items()))
    assert load(manifest).manifest_json == load(turned).manifest_json


def test_all_errors_come_at_once() -> None:
    """One run of `validate` shows everything that is wrong, in the order of the file's fields."""
    manifest = changed(
        random(),
        {
            "spec.maxTrialCount": 1,
            "spec.objective.type": "smallest",
            "spec.parameters[0].feasibleSpace.min": "9",
            "spec.trialTemplate.primaryContainerName": "main",
        },
    )
    with pytest.raises(ManifestError) as caught:
        load(manifest)
    assert [problem.rule for problem in caught.value.problems] == [
        "max-failed-above-max",
        "objective-type-invalid",
        "parallel-above-max",
        "min-above-max",
        "primary-container-unknown",
    ]
    assert str(caught.value).count("\n") == 5


def test_a_misspelt_field_counts_as_the_one_that_was_meant() -> None:
    """So that nobody reads that the field he wrote is missing."""
    spec = random()["spec"]
    spec["maxTrialCuont"] = spec.pop("maxTrialCount")
    assert [problem.rule for problem in check({**random(), "spec": spec})] == ["unknown-field"]


def test_a_value_left_out_for_its_type_is_complained_of_once() -> None:
    """No rule calls missing what is there with the wrong type; the items beside it keep their index."""
    manifest = changed(random(), {"spec.parameters[0]": 3, "spec.parameters[1].feasibleSpace.min": "99"})
    found = [(problem.rule, problem.path) for problem in check(manifest)]
    assert ("wrong-type", "spec.parameters[0]") in found
    assert ("min-above-max", "spec.parameters[1].feasibleSpace") in found
    assert "parameter-name-missing" not in dict(found)


def test_cerns_manifest_is_accepted() -> None:
    """The one that the pipeline of CERN's fast simulation used, with its volumes and labels."""
    assert check(CERN) == ()
    assert [parameter.name for parameter in load(CERN).parameters] == ["lr", "batch_size"]


_IMPORTS = """
import sys
import kfp_katib
before = set(sys.modules)
assert "yaml" not in before
kfp_katib.check("{}")
heavy = "kubernetes optuna plotly scipy skopt fsspec kfp pydantic kubeflow_katib_api numpy"
print(sorted(set(heavy.split()) & set(sys.modules)))
"""


def test_validation_imports_nothing_heavy() -> None:
    """`kfp-katib validate` answers in less than a second."""
    done = subprocess.run([sys.executable, "-c", _IMPORTS], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_package_offers_what_it_says() -> None:
    """Every name of `kfp_katib` can be had, and no other."""
    import kfp_katib

    assert all(getattr(kfp_katib, name) for name in kfp_katib.__all__)
    assert dir(kfp_katib) == kfp_katib.__all__
    with pytest.raises(AttributeError, match="has no attribute 'lod'"):
        _ = kfp_katib.lod  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("strategies", "directions"),
    [
        ([], {}),
        ([{"name": "loss", "value": "min"}], {}),
        ([{"name": "seconds", "value": "min"}], {"seconds": "minimize"}),
        (
            [{"name": "accuracy", "value": "max"}, {"name": "seconds", "value": "latest"}],
            {"accuracy": "maximize"},
        ),
        (
            [{"name": "seconds", "value": "latest"}, {"name": "seconds", "value": "min"}],
            {},
        ),
    ],
    ids=["defaults alone", "the objective's", "min", "max and latest", "the first counts"],
)
def test_only_a_strategy_that_is_written_is_a_direction(
    strategies: list[dict[str, str]], directions: dict[str, str]
) -> None:
    """Katib's default is the objective's own: it would minimize an accuracy beside a loss."""
    changes = {
        "spec.objective.additionalMetricNames": ["accuracy", "seconds"],
        "spec.objective.metricStrategies": strategies,
    }
    objective = load(changed(random(), changes)).objective
    assert objective.directions == {objective.metric: "minimize", **directions}
