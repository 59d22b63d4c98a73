# SPDX-License-Identifier: Apache-2.0
"""Small valid manifests, one of each kind that Katib runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kfp_katib.experiment.model import Manifest
from tests.builders.manifest import ABSENT, changed, double


def trial_parameter(name: str, reference: str | None = None) -> Manifest:
    """A trialParameter that refers to the search parameter of its own name, or to the reference."""
    return {"name": name, "reference": reference or name}


def setting(name: str, value: str) -> Manifest:
    """A setting of an algorithm."""
    return {"name": name, "value": value}


def pod(*args: str, name: str = "training") -> Manifest:
    """A pod template whose container runs train.py with the arguments."""
    command = ["python3", "train.py", *args]
    container = {"name": name, "image": "example.org/training:1", "command": command}
    return {
        "metadata": {"labels": {"sidecar.istio.io/inject": "false"}},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }


def job(*args: str) -> Manifest:
    """A Kubernetes Job that runs train.py with the arguments."""
    return {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": pod(*args)}}


def random() -> Manifest:
    """The usual case: a random search over three kinds of parameters, each trial a Job."""
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": "my-search", "namespace": "user"},
        "spec": {
            "parallelTrialCount": 2,
            "maxTrialCount": 8,
            "maxFailedTrialCount": 3,
            "objective": {
                "type": "minimize",
                "goal": 0.05,
                "objectiveMetricName": "loss",
                "additionalMetricNames": ["accuracy"],
            },
            "algorithm": {"algorithmName": "random", "algorithmSettings": [setting("random_state", "7")]},
            "parameters": [
                double("lr", "0.001", "0.1", distribution="logUniform"),
                {
                    "name": "units",
                    "parameterType": "int",
                    "feasibleSpace": {"min": "16", "max": "64", "step": "16"},
                },
                {
                    "name": "optimizer",
                    "parameterType": "categorical",
                    "feasibleSpace": {"list": ["sgd", "adam"]},
                },
            ],
            "trialTemplate": {
                "primaryContainerName": "training",
                "trialParameters": [trial_parameter(name) for name in ("lr", "units", "optimizer")],
                "trialSpec": job(
                    "--lr=${trialParameters.lr}",
                    "--units=${trialParameters.units}",
                    "--optimizer=${trialParameters.optimizer}",
                ),
            },
        },
    }


def searched_by(algorithm: str, *settings: tuple[str, str], parameters: list[Manifest]) -> Manifest:
    """A manifest with another algorithm, over doubles only."""
    manifest = random()
    spec = manifest["spec"]
    names = [parameter["name"] for parameter in parameters]
    spec["algorithm"] = {
        "algorithmName": algorithm,
        "algorithmSettings": [setting(*each) for each in settings],
    }
    spec["parameters"] = parameters
    spec["trialTemplate"]["trialParameters"] = [trial_parameter(name) for name in names]
    spec["trialTemplate"]["trialSpec"] = job(*(f"--{name}=${{trialParameters.{name}}}" for name in names))
    return manifest


def grid() -> Manifest:
    """A grid of nine by two combinations."""
    steps = [double("lr", "0.25", "2.25", step="0.25"), double("decay", "0", "0.5", step="0.5")]
    return searched_by("grid", parameters=steps)


def tpe() -> Manifest:
    """A search by a tree of Parzen estimators."""
    return searched_by(
        "tpe", ("gamma", "0.25"), ("n_EI_candidates", "24"), parameters=[double("lr", "0.1", "1")]
    )


def multivariate_tpe() -> Manifest:
    """Optuna's variant of tpe."""
    lr = double("lr", "0.1", "1", distribution="logUniform")
    return searched_by("multivariate-tpe", ("n_startup_trials", "4"), parameters=[lr])


def bayesian() -> Manifest:
    """A search by scikit-optimize, which is logarithmic for doubles."""
    lr = double("lr", "0.1", "1", distribution="logUniform")
    return searched_by("bayesianoptimization", ("acq_func", "EI"), parameters=[lr])


def cmaes() -> Manifest:
    """An evolution strategy, which needs two dimensions."""
    return searched_by(
        "cmaes", ("sigma", "0.3"), parameters=[double("lr", "0.1", "1"), double("decay", "0", "1")]
    )


def sobol() -> Manifest:
    """A quasi-random sequence."""
    return searched_by("sobol", parameters=[double("lr", "0.1", "1")])


def hyperband() -> Manifest:
    """Both brackets of a small hyperband: as many trials as run side by side."""
    settings = (("resource_name", "epochs"), ("eta", "2"), ("r_l", "2"))
    epochs = {"name": "epochs", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "2"}}
    manifest = searched_by("hyperband", *settings, parameters=[double("lr", "0.1", "1"), epochs])
    return changed(manifest, {"spec.maxTrialCount": 5, "spec.parallelTrialCount": 5})


def pbt() -> Manifest:
    """Population based training, with the volume it needs."""
    settings = (
        ("suggestion_trial_dir", "/opt/katib/data"),
        ("n_population", "5"),
        ("truncation_threshold", "0.4"),
    )
    manifest = searched_by("pbt", *settings, parameters=[double("lr", "0.1", "1", step="0.1")])
    return changed(manifest, {"spec.resumePolicy": "FromVolume", "spec.maxTrialCount": 20})


def median_stop() -> Manifest:
    """Early stopping, with the Jobs retained."""
    stopping = {"algorithmName": "medianstop", "algorithmSettings": [setting("start_step", "5")]}
    return changed(random(), {"spec.earlyStopping": stopping, "spec.trialTemplate.retain": True})


def _architecture(algorithm: str, references: tuple[str, ...]) -> Manifest:
    manifest = searched_by(algorithm, parameters=[])
    spec = manifest["spec"]
    del spec["parameters"]
    width = {"name": "width", "parameterType": "categorical", "feasibleSpace": {"list": ["3", "5"]}}
    spec["nasConfig"] = {
        "graphConfig": {"numLayers": 2, "inputSizes": [32, 32, 3], "outputSizes": [10]},
        "operations": [{"operationType": "convolution", "parameters": [width]}],
    }
    names = [reference.replace("-", "") for reference in references]
    pairs = zip(names, references, strict=True)
    spec["trialTemplate"]["trialParameters"] = [trial_parameter(*pair) for pair in pairs]
    spec["trialTemplate"]["trialSpec"] = job(*(f'--{name}="${{trialParameters.{name}}}"' for name in names))
    return manifest


def enas() -> Manifest:
    """Neural architecture search by enas."""
    return _architecture("enas", ("architecture", "nn_config"))


def darts() -> Manifest:
    """Neural architecture search by darts, all trials in one batch."""
    manifest = _architecture("darts", ("algorithm-settings", "search-space", "num-layers"))
    return changed(manifest, {"spec.maxTrialCount": 2, "spec.maxFailedTrialCount": 1})


def config_map() -> Manifest:
    """A template in a ConfigMap, with the conditions for which Katib then has no defaults."""
    source = {
        "configMapName": "templates",
        "configMapNamespace": "user",
        "templatePath": "job.yaml",
    }
    return changed(
        random(),
        {
            "spec.trialTemplate.trialSpec": ABSENT,
            "spec.trialTemplate.configMap": source,
            "spec.trialTemplate.successCondition": 'status.conditions.#(type=="Complete")',
            "spec.trialTemplate.failureCondition": 'status.conditions.#(type=="Failed")',
        },
    )


def replicated(kind: str, field: str, *roles: str) -> Manifest:
    """A trial of one of the training operator's kinds."""
    manifest = random()
    args = manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"][0][
        "command"
    ]
    replicas = {role: {"replicas": 1, "template": pod(*args[2:])} for role in roles}
    trial = {"apiVersion": "kubeflow.org/v1", "kind": kind, "spec": {field: replicas}}
    return changed(manifest, {"spec.trialTemplate.trialSpec": trial})


def pytorch_job() -> Manifest:
    """A PyTorchJob with a master and a worker."""
    return replicated("PyTorchJob", "pytorchReplicaSpecs", "Master", "Worker")


def train_job() -> Manifest:
    """A TrainJob, which holds no pod template."""
    manifest = random()
    args = [f"--{name}=${{trialParameters.{name}}}" for name in ("lr", "units", "optimizer")]
    trainer = {"runtimeRef": {"name": "torch"}, "trainer": {"command": ["python3", "train.py"], "args": args}}
    trial = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": trainer}
    return changed(
        manifest, {"spec.trialTemplate.trialSpec": trial, "spec.trialTemplate.primaryContainerName": "node"}
    )


VALID: Mapping[str, Callable[[], Manifest]] = {
    "random": random,
    "grid": grid,
    "tpe": tpe,
    "multivariate-tpe": multivariate_tpe,
    "bayesianoptimization": bayesian,
    "cmaes": cmaes,
    "sobol": sobol,
    "hyperband": hyperband,
    "pbt": pbt,
    "medianstop": median_stop,
    "enas": enas,
    "darts": darts,
    "configMap": config_map,
    "TFJob": lambda: replicated("TFJob", "tfReplicaSpecs", "Worker"),
    "PyTorchJob": pytorch_job,
    "XGBoostJob": lambda: replicated("XGBoostJob", "xgbReplicaSpecs", "Master", "Worker"),
    "MPIJob": lambda: replicated("MPIJob", "mpiReplicaSpecs", "Launcher", "Worker"),
    "TrainJob": train_job,
}
