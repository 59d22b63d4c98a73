# SPDX-License-Identifier: Apache-2.0
"""What a search of this machine knows of itself beyond its trials: seed, versions, warm start."""

from __future__ import annotations

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_attributes import PYTHON, SEED, VERSIONS, WARM_START
from kfp_katib.engines.local.search.warm_start import of_attribute
from kfp_katib.engines.local.warm_start_notes import notes
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Provenance, installed

_PROGRAMS = {"kfp-katib": "kfp-katib", "Optuna": "optuna"}
"""Whose versions decide what is suggested: by name, the package."""


def remember_versions(journal: Journal) -> None:
    """Store which programs run the search from here on; the last ones count."""
    found = installed(_PROGRAMS)
    if found != journal.attributes.get(VERSIONS):
        journal.set(VERSIONS, found)


def provenance(experiment: Experiment, journal: Journal) -> Provenance:
    """What the journal of a search says of it."""
    seed = experiment.algorithm.settings.get("random_state") or journal.attributes.get(SEED, "")
    python = journal.attributes.get(PYTHON)
    trials = {"Python of the trials": python} if isinstance(python, str) else {}
    return Provenance(
        seed=str(seed),
        versions={**journal.attributes.get(VERSIONS, {}), **trials},
        told=of_attribute(journal.attributes.get(WARM_START)),
        told_notes=tuple(notes(experiment, journal)),
    )
