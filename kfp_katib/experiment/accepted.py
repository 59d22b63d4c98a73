# SPDX-License-Identifier: Apache-2.0
"""The Experiment of a manifest that runs already, or ran: no rule has a say in it any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.defaults import with_defaults
from kfp_katib.experiment.model import Experiment, build
from kfp_katib.experiment.problem import Origin


def accepted(manifest: Mapping[str, Any], *, name: str) -> Experiment:
    """The Experiment of a manifest that Katib, or an earlier run here, has accepted.

    Somebody who looks at a search wants to see it, also where our rules, or those of a newer version, find
    errors in its manifest. Katib's webhooks have made sure of the fields and their types.

    Args:
        manifest: The manifest, as it is stored.
        name: What messages call it.

    Raises:
        InputError: It lacks what every Experiment has.
    """
    try:
        return build(manifest, with_defaults(manifest), (), Origin())
    except KeyError as err:
        raise InputError(f"{name} cannot be read: its manifest has no {err}.") from err
    except (AttributeError, IndexError, TypeError, ValueError) as err:
        raise InputError(
            f"{name} cannot be read: a field of its manifest has the wrong type: {err}."
        ) from err
