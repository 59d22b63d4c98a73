# SPDX-License-Identifier: Apache-2.0
"""Can hyperband run its plan? Katib's service never gets past the first rung; the local engine does.

Follows `pkg/suggestion/v1beta1/hyperband/service.py` of Katib 0.19.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.feasible_space import integer, values
from kfp_katib.experiment.rules.rule import absent, error, row, rule
from kfp_katib.experiment.rules.services import SUGGESTIONS
from kfp_katib.experiment.rules.view import View
from kfp_katib.experiment.rungs import planned, shown

_KNOWN = SUGGESTIONS["hyperband"].settings
_SETTINGS = "spec.algorithm.algorithmSettings"


def _hyperband(view: View) -> bool:
    return view.algorithm == "hyperband"


# fmt: off
ROWS = (
    row(error("hyperband-discrete-not-integer",
        "`hyperband` makes integers of discrete values, and fails on others.", "katib"),
        lambda view: values(view, "discrete"), "", lambda value: integer(value) is None,
        "The value is '{value}'.", "Make the parameter categorical.", when=_hyperband),
    row(error("hyperband-max-trials-missing",
        "Without `maxTrialCount` Katib waits for ever when hyperband has nothing left to suggest.", "katib"),
        "spec", "maxTrialCount", absent, "{name} is missing.",
        "Set it to the number of trials you can afford.", when=_hyperband),
)
# fmt: on


@rule("hyperband-resource-unknown")
def hyperband_resource_unknown(view: View) -> Iterator[Finding]:
    """`hyperband`'s resource_name is not a search parameter."""
    name = view.chosen.get("resource_name")
    names = [each for _, each in view.parameter_names if each]
    if _hyperband(view) and name and names and name not in names:
        message = f"resource_name is '{name}'."
        yield Finding(_SETTINGS, message, f"Write one of {', '.join(names)}.", name)


@rule("hyperband-eta-too-low")
def hyperband_eta_too_low(view: View) -> Iterator[Finding]:
    """`hyperband` promotes one of eta trials: Katib refuses an eta from 1 to 2, and hangs on one below."""
    for path, setting in view.settings if _hyperband(view) else ():
        value = str(setting.get("value", ""))
        if setting.get("name") == "eta" and _KNOWN["eta"].accepts(value) and 0 < float(value) < 2:
            yield Finding(f"{path}.value", f"eta is {value}.", "Write 2 or more; 3 is the default.", value)


@rule("hyperband-parallel-too-low", engine="katib")
def hyperband_parallel_too_low(view: View) -> Iterator[Finding]:
    """`hyperband` needs as many parallel trials as its first rung has."""
    settings, parallel = _valid(view), view.spec["parallelTrialCount"]
    if not settings:
        return
    eta = float(settings["eta"])
    base = int(eta) if eta > 0 else 3
    needed = math.ceil(base ** int(math.log(float(settings["r_l"])) / math.log(base)))
    if parallel < needed:
        first = f"With r_l {settings['r_l']} hyperband begins with {needed} trials at a time"
        message = f"{first}; {view.stated('spec.parallelTrialCount')}."
        yield Finding("spec.parallelTrialCount", message, f"Set it to {needed} or more.", parallel)


@rule("hyperband-beyond-first-rung", severity="warning", engine="katib")
def hyperband_beyond_first_rung(view: View) -> Iterator[Finding]:
    """After its first rung hyperband gives fewer suggestions than Katib asks for, and Katib hangs."""
    parallel, most = view.spec["parallelTrialCount"], view.spec.get("maxTrialCount", 0)
    if _hyperband(view) and most > parallel > 1:
        message = f"maxTrialCount is {most}, and {view.stated('spec.parallelTrialCount')}."
        yield Finding("spec.maxTrialCount", message, "Set both to the size of the first rung.", most)


@rule("hyperband-plan-cut", severity="warning", engine="local")
def hyperband_plan_cut(view: View) -> Iterator[Finding]:
    """`maxTrialCount` ends the search before hyperband has run all of its brackets."""
    settings, most = _valid(view), view.spec.get("maxTrialCount")
    if settings and most is not None and 0 < most < (count := planned(settings)):
        message = f"hyperband's plan has {shown(count)} trials, maxTrialCount is {most}."
        yield Finding("spec.maxTrialCount", message, f"Set it to {shown(count)} for the whole plan.", most)


def _valid(view: View) -> Mapping[str, str]:
    """Hyperband's settings with the default of eta, empty if they make no plan."""
    settings = {"r_l": "", "eta": "3", **view.chosen}
    accepted = _hyperband(view) and all(_KNOWN[name].accepts(settings[name]) for name in ("r_l", "eta"))
    return settings if accepted and not 0 < float(settings["eta"]) < 2 else {}
