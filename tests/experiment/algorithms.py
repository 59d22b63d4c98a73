# SPDX-License-Identifier: Apache-2.0
"""A small valid manifest for every algorithm that Katib has, early stopping among them."""

from __future__ import annotations

from tests.experiment.manifests import Manifest, changed, double, job, random, setting, trial_parameter


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
    """One bracket of hyperband: as many trials as run side by side."""
    settings = (("resource_name", "epochs"), ("eta", "2"), ("r_l", "2"))
    epochs = {"name": "epochs", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "2"}}
    manifest = searched_by("hyperband", *settings, parameters=[double("lr", "0.1", "1"), epochs])
    return changed(manifest, {"spec.maxTrialCount": 2, "spec.maxFailedTrialCount": 1})


def pbt() -> Manifest:
    """Population based training, with the volume it needs."""
    settings = (
        ("suggestion_trial_dir", "/opt/katib/data"),
        ("n_population", "5"),
        ("truncation_threshold", "0.4"),
    )
    manifest = searched_by("pbt", *settings, parameters=[double("lr", "0.1", "1", step="0.1")])
    return changed(manifest, {"spec.resumePolicy": "FromVolume"})


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
