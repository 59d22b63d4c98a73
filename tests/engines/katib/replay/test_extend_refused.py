# SPDX-License-Identifier: Apache-2.0
"""What Katib would refuse to extend: refused here first, or told in Katib's own words."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib import submit
from kfp_katib.errors import ClusterError, InputError
from tests.engines.katib.live.engine import recording
from tests.engines.katib.replay.extending import asked, finished
from tests.engines.katib.replay.player import api_of, name_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run


@pytest.mark.parametrize(
    ("scenario", "changes", "said"),
    [
        ("budget", {"spec.maxTrialCount": 9}, "cannot be given maxTrialCount 9: .* has resumePolicy Never"),
        ("goal", {"spec.maxTrialCount": 9}, "this one ended by ExperimentGoalReached"),
        ("failures", {"spec.maxFailedTrialCount": 3}, "this one ended by ExperimentFailed"),
        (
            "extended",
            {"spec.maxTrialCount": 1},
            r"has 2 trials already.* of 1\. Give maxTrialCount 3 or more",
        ),
        (
            "extended",
            {"spec.parallelTrialCount": 2},
            r"no change with a maxTrialCount of 2\. Give maxTrialCo",
        ),
        ("extended", {"spec.objective.goal": 0.1}, r"goal is absent, not 0.1\. In a cluster only maxTrialCo"),
    ],
)
def test_what_katib_would_refuse_is_refused_with_the_ways_on(
    scenario: str, changes: dict[str, Any], said: str, serve: Serve
) -> None:
    """Before its webhook is asked."""
    api, player = api_of(recording.read(scenario))
    finished(api, player, serve)
    with pytest.raises(InputError, match=said) as error:
        run(asked(player.recording, changes))
    assert f"kubectl delete experiment {name_of(player.recording)} -n" in str(error.value)
    assert api.asked["PATCH experiments"] == 0


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (
            400,
            ClusterError,
            "cannot be given maxTrialCount 4, parallelTrialCount 2: .*400: the webhook's words",
        ),
        (403, InputError, r"403: the webhook's words\. The account lacks that right \(deploy/rbac grants"),
    ],
)
def test_a_refusal_that_cannot_be_seen_from_here_is_told_as_it_is(
    status: int, kind: type[Exception], said: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After another look."""
    monkeypatch.setattr(submit, "_PAUSE_SECONDS", 0.0)
    api, player = api_of(recording.read("extended"))
    finished(api, player, serve)
    api.refuse["PATCH"] = (status, "the webhook's words")
    with pytest.raises(kind, match=said):
        run(asked(player.recording))
