# SPDX-License-Identifier: Apache-2.0
"""Give a search that is in the cluster another budget: edit it while it runs, or run a finished one on.

Katib lets three fields be changed, and restarts a finished Experiment only if it has spent its budget and its
resumePolicy has kept the suggestion service's state. Its webhook refuses the rest field by field
(`ValidateExperiment`, pkg/webhook/v1beta1/experiment/validator/validator.go, 0.19); what can be seen from
here is refused before, with what to do instead.

The label with the manifest's hash tells what was asked last. It changes in the same request as the budget:
whoever comes after a kill finds either none of it or all. And while the hash is ours, a budget that differs
was edited by somebody else, and stays.
"""

from __future__ import annotations

import logging
from typing import Any

from kfp_katib.engines.katib.api import verdicts
from kfp_katib.engines.katib.api.client import Cluster
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, Object, name
from kfp_katib.engines.katib.api.verdicts import MAX_TRIALS_REACHED
from kfp_katib.engines.katib.diagnosis.explain import WEBHOOK_DOWN
from kfp_katib.errors import ClusterError, InputError
from kfp_katib.experiment.argument_names import argument, arguments
from kfp_katib.experiment.defaults import RESUMABLE, with_defaults
from kfp_katib.experiment.model import OURS
from kfp_katib.experiment.structure import check_structure

logger = logging.getLogger(__name__)

HASH_LABEL = f"{OURS}spec-hash"

EDITABLE = {
    "maxTrialCount": "max_trial_count",
    "parallelTrialCount": "parallel_trial_count",
    "maxFailedTrialCount": "max_failed_trial_count",
}
"""What Katib lets people change, with the model's names for it."""

CHANGEABLE = f"In a cluster only {', '.join([*EDITABLE][:-1])} and {[*EDITABLE][-1]} can be changed. "


def extend(cluster: Cluster, wanted: Object, stored: Object) -> Object:
    """The stored Experiment with the budget that the manifest asks for.

    Args:
        cluster: Where.
        wanted: The manifest with our labels; but for its budget it is the stored one's.
        stored: What the cluster holds.

    Raises:
        InputError: Katib would refuse, or we have no right to it; the message says what to do instead.
        ClusterError: The API server or a webhook refuses all the same, perhaps because the Experiment has
            changed since it was read.
    """
    edits = budget_edits(wanted, stored)
    if not edits:
        return stored
    if why := refusal(stored, edits):
        raise InputError(why)
    labels = {HASH_LABEL: wanted["metadata"]["labels"][HASH_LABEL]}
    change = {"metadata": {"uid": stored["metadata"]["uid"], "labels": labels}, "spec": edits}
    try:
        changed = cluster.patch(EXPERIMENTS, name(stored), change)
    except ClusterError as error:
        said = f"{_cannot(stored, edits)}: {error}"
        if error.status == 403:
            raise InputError(said) from error
        down = f". {WEBHOOK_DOWN}" if error.status >= 500 and "webhook" in str(error) else ""
        raise ClusterError(f"{said}{down}", status=error.status, reason=error.reason) from error
    logger.info("Experiment %s/%s now has %s", cluster.namespace, name(stored), _told(edits))
    return changed


def budget_edits(wanted: Object, stored: Object) -> dict[str, int | None]:
    """The editable fields whose values the manifest wants changed; None removes one.

    None are, where the last to ask asked for this very manifest: what differs then was edited by others.
    """
    if _hash(wanted) == _hash(stored):
        return {}
    asked: dict[str, Any] = with_defaults(check_structure(wanted).manifest)["spec"]
    return {field: asked.get(field) for field in EDITABLE if asked.get(field) != stored["spec"].get(field)}


def refusal(stored: Object, edits: dict[str, int | None]) -> str:
    """Why Katib would refuse these edits; empty if it takes them."""
    ended = verdicts.condition(stored)
    if ended.final and not verdicts.restartable(stored):
        reason, policy = ended.reason or ended.state, stored["spec"].get("resumePolicy") or "Never"
        its = f"ended by {reason}" if reason != MAX_TRIALS_REACHED else f"has resumePolicy {policy}"
        return (
            f"{_cannot(stored, edits)}: Katib restarts a finished one only if it ended by "
            f"{MAX_TRIALS_REACHED} and its resumePolicy is {' or '.join(RESUMABLE)}; this one {its}. "
            f"{_ways_on(stored)}"
        )
    budget = edits.get("maxTrialCount", stored["spec"].get("maxTrialCount"))
    if verdicts.too_few(stored, budget):
        count = verdicts.trial_count(stored)
        return (
            f"{_cannot(stored, edits)}: it has {count} trials already, and Katib takes no change with a "
            f"maxTrialCount of {budget}. Give maxTrialCount {count + 1} or more ({argument('max_trials')}). "
            f"{_ways_on(stored)}"
        )
    return ""


def _ways_on(stored: Object) -> str:
    own, namespace = name(stored), stored["metadata"]["namespace"]
    return (
        f"Or give the search another name ({argument('name', 'OTHER')}); on this machine it can learn from "
        f"these trials ({arguments(name='OTHER', warm_start=f'experiment/{own} -n {namespace}')}). "
        f"To delete this one: kubectl delete experiment {own} -n {namespace}"
    )


def _cannot(stored: Object, edits: dict[str, int | None]) -> str:
    where = f"Experiment '{name(stored)}' in namespace '{stored['metadata']['namespace']}'"
    return f"{where} cannot be given {_told(edits)}"


def _told(edits: dict[str, int | None]) -> str:
    return ", ".join(f"no {key}" if value is None else f"{key} {value}" for key, value in edits.items())


def _hash(experiment: Object) -> str:
    return str((experiment["metadata"].get("labels") or {}).get(HASH_LABEL) or "")
