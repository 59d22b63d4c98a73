# SPDX-License-Identifier: Apache-2.0
"""Can population based training run? Much of what Katib's service stumbles over runs on the local engine.

Follows `pkg/suggestion/v1beta1/pbt/service.py` of Katib 0.19.
"""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.feasible_space import integer, of_range
from kfp_katib.experiment.rules.injected import SUGGESTION_FOLDER
from kfp_katib.experiment.rules.rule import error, none_of, row, rule, warning
from kfp_katib.experiment.rules.view import View


def _pbt(view: View) -> bool:
    return view.algorithm == "pbt"


# fmt: off
ROWS = (
    of_range(error("pbt-step-missing", "`pbt` needs a step for every double.", "katib"),
        "step", lambda it: not it.step and (it.min or it.max), "pbt needs a step for '{it.name}'.",
        "Add it.", {"pbt"}, "double"),
    of_range(warning("pbt-int-unreadable",
        "`pbt` writes an int that has come to its min or max as a double, `8.0`, and fails on reading it.",
        "katib"),
        "", lambda it: it.low < it.high, "Once '{it.name}' is {it.min} or {it.max}, pbt suggests no more.",
        "List the values as discrete.", {"pbt"}, "int"),
    row(error("pbt-without-volume",
        "`pbt` keeps its trials' checkpoints on a volume that only resumePolicy FromVolume brings.", "katib"),
        "spec", "resumePolicy", none_of("FromVolume"), "resumePolicy is {value}.", "Write FromVolume.",
        when=_pbt),
)
# fmt: on


@rule("pbt-folder-not-absolute")
def pbt_folder_not_absolute(view: View) -> Iterator[Finding]:
    """`pbt`'s volume of checkpoints needs an absolute path in the container, and a folder of its own."""
    for path, text in _settings(view, SUGGESTION_FOLDER):
        if not text.startswith("/") or not text.strip("/."):
            message, fix = f"{SUGGESTION_FOLDER} is '{text}'.", "Write a path such as /opt/katib/data."
            yield Finding(path, message, fix, text)


@rule("pbt-resample-unreadable", engine="katib")
def pbt_resample_unreadable(view: View) -> Iterator[Finding]:
    """`pbt`'s service compares resample_probability as text with numbers, and so refuses any."""
    for path, text in _settings(view, "resample_probability"):
        message = f"pbt refuses every resample_probability, '{text}' as well."
        yield Finding(path, message, "Remove it: pbt then perturbs the values.", text)


@rule("pbt-one-generation", severity="warning")
def pbt_one_generation(view: View) -> Iterator[Finding]:
    """`pbt` breeds nothing before more trials have ended than its population has: it is a random search."""
    most = view.spec.get("maxTrialCount", 0)
    for _, text in _settings(view, "n_population"):
        first = (integer(text) or 0) + 2
        if 0 < most < first:
            message = f"maxTrialCount is {most}: no trial goes on from another before trial {first}."
            yield Finding("spec.maxTrialCount", message, "Raise it, or lower n_population (5 or more).", most)


def _settings(view: View, name: str) -> Iterator[tuple[str, str]]:
    """The values of a setting, with their paths."""
    for path, setting in view.settings if _pbt(view) else ():
        if setting.get("name") == name:
            yield f"{path}.value", str(setting.get("value", ""))
