# SPDX-License-Identifier: Apache-2.0
"""A recorded search that is given another budget: the new verdict, whatever happens to the request for it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from kfp_katib.engines.katib import submit
from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.diagnosis import monitor
from kfp_katib.engines.katib.diagnosis.causes import CAUSES
from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError, Interrupted, Stalled, TimedOut
from kfp_katib.results import Progress
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.extending import MORE, asked, finished
from tests.engines.katib.replay.faults import Faults
from tests.engines.katib.replay.player import api_of, experiment_of, name_of
from tests.engines.katib.replay.server import Api, Serve
from tests.engines.katib.replay.store import Store, Thing
from tests.engines.katib.running import run


def silent_after_the_patch(recorded: Recording) -> Recording:
    """The same search on a Katib whose controller is gone by then."""
    at = [what for _, _, what, _ in recorded.timeline].index("PATCHED")
    return replace(recorded, timeline=recorded.timeline[: at + 1])


@pytest.mark.parametrize("longest_gap", [0.0, 0.1], ids=["at once", "slowly"])
def test_a_finished_search_runs_on_to_a_verdict_of_all_its_trials(longest_gap: float, serve: Serve) -> None:
    """However long Katib still shows the old verdict; it costs ten requests more."""
    api, player = api_of(recording.read("extended"))
    player.longest_gap = longest_gap
    first = finished(api, player, serve)
    before = api.asked.total()
    second = run(asked(player.recording))
    assert (first.count("Succeeded"), second.count("Succeeded")) == (2, 4)
    assert second.trials[:2] == first.trials
    assert second.reason == "ExperimentMaxTrialsReached"
    assert (api.asked.total() - before, api.asked["PATCH experiments"], len(api.created)) == (10, 1, 1)


def test_a_running_search_goes_on_with_another_budget(serve: Serve) -> None:
    """Under Never too; all three fields."""
    api, player = api_of(recording.read("edited"))
    serve(api)

    def stop(progress: Progress) -> None:
        if progress.completed:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        run(experiment_of(player.recording), on_update=stop)
    result = run(asked(player.recording, {**MORE, "spec.maxFailedTrialCount": 2}))
    assert (result.count("Succeeded"), result.experiment.max_failed_trial_count) == (4, 2)
    assert result.experiment.parallel_trial_count == 2


@dataclass(slots=True)
class OnPatch(Faults):
    """One fault, at the first patch."""

    fault: str = ""

    def before(self, method: str, kind: str) -> str:
        """Instead of the patch."""
        return self._once(method) if self.fault != "answer cut" else ""

    def cut(self, method: str) -> bool:
        """After the patch was done."""
        return self.fault == "answer cut" and bool(self._once(method))

    def _once(self, method: str) -> str:
        if method != "PATCH" or self.injected:
            return ""
        self.injected[self.fault] += 1
        return self.fault


@pytest.mark.parametrize("fault", ["409", "429", "500", "503", "reset", "answer cut"])
def test_a_patch_that_goes_wrong_is_repeated(fault: str, serve: Serve) -> None:
    """A conflict with the controller, a busy server, a connection that breaks before or after."""
    api, player = api_of(recording.read("extended"))
    api.faults = OnPatch(0, 0, fault=fault)
    finished(api, player, serve)
    assert run(asked(player.recording)).count("Succeeded") == 4
    assert api.asked["PATCH experiments"] == 2


@pytest.mark.parametrize("seed", range(8))
def test_an_extension_survives_a_network_and_a_server_that_misbehave(seed: int, serve: Serve) -> None:
    """Both verdicts, each with its trials."""
    api, player = api_of(recording.read("extended"))
    api.faults = Faults(seed, probability=0.15)
    assert finished(api, player, serve).count("Succeeded") == 2
    assert run(asked(player.recording)).count("Succeeded") == 4
    assert api.faults.injected.total() >= 6


def test_a_launcher_killed_after_its_patch_has_a_successor(serve: Serve) -> None:
    """Whose first sight is the old verdict, with the new budget beside it."""
    api, player = api_of(recording.read("extended"))
    finished(api, player, serve)
    extended = asked(player.recording)
    with connect(extended.namespace) as cluster:
        submit.adopt(cluster, submit.labelled(extended, cluster.namespace, Identity()))
    assert run(extended).count("Succeeded") == 4
    assert api.asked["PATCH experiments"] == 1


@dataclass(slots=True)
class Behind(Store):
    """A server whose lists of Experiments come from before a change, as a lagging cache's do."""

    old: Thing | None = None

    def choose(self, kind: str, chosen: Callable[[Thing], bool]) -> tuple[list[Thing], int]:
        """The objects of a kind."""
        if kind == "experiments" and self.old:
            old, self.old = self.old, None
            return [old], int(old["metadata"]["resourceVersion"])
        return Store.choose(self, kind, chosen)


def test_a_list_from_before_the_patch_does_not_bring_the_old_verdict_back(serve: Serve) -> None:
    """The server's answer to the patch is newer."""
    api, player = api_of(recording.read("extended"))
    store = api.store = Behind()
    finished(api, player, serve)
    store.old = store.get("experiments", name_of(player.recording))
    assert run(asked(player.recording)).count("Succeeded") == 4
    assert store.old is None


def test_a_controller_that_does_not_restart_it_is_named(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the old verdict is no verdict of this search."""
    short = {name: replace(cause, grace_seconds=0.2) for name, cause in CAUSES.items()}
    monkeypatch.setattr(monitor, "CAUSES", short)
    api, player = api_of(silent_after_the_patch(recording.read("extended")))
    finished(api, player, serve)
    with pytest.raises(Stalled, match=r"does not restart Experiment.*still shows its old verdict") as error:
        run(asked(player.recording), stall_timeout_seconds=0.5)
    assert error.value.result
    assert (error.value.result.state, error.value.result.count("Succeeded")) == ("Restarting", 2)


def test_an_extended_search_has_its_time_from_then_on(serve: Serve) -> None:
    """Its Experiment was created last year."""
    api, player = api_of(silent_after_the_patch(recording.read("extended")))
    finished(api, player, serve)
    name = name_of(player.recording)
    old = copy.deepcopy(api.store.get("experiments", name))
    assert old
    old["metadata"]["creationTimestamp"] = "2025-11-24T07:00:00Z"
    api.store.put("experiments", old)
    api.store.history.clear()
    with pytest.raises(TimedOut, match="2 of 4 trials have completed") as error:
        run(asked(player.recording), timeout_seconds=1)
    assert error.value.result
    assert error.value.result.state == "Restarting"


@dataclass(slots=True)
class Ends(Api):
    """A Katib whose search ends just before a patch arrives."""

    last: Thing = field(default_factory=dict)

    def patch(self, kind: str, name: str, change: Thing) -> tuple[int, Thing]:
        """Refuse, as Katib's webhook does then."""
        self.store.put(kind, self.last)
        return 400, {"message": "Experiment can be restarted if ..."}


def test_a_search_that_ends_while_it_is_edited_is_looked_at_again(serve: Serve) -> None:
    """Katib's webhook sees the end first; the refusal is the one for a finished search."""
    api, player = api_of(recording.read("budget"))
    finished(api, player, serve)
    name = name_of(player.recording)
    ended = api.store.get("experiments", name)
    assert ended
    before = copy.deepcopy(ended)
    before["status"] |= {"trials": 3, "conditions": [{"type": "Running", "status": "True"}]}
    api.store.put("experiments", before)

    serve(Ends(store=api.store, last=ended))
    with pytest.raises(InputError, match="has resumePolicy Never"):
        run(asked(player.recording))


def test_an_experiment_of_an_earlier_version_is_adopted(serve: Serve) -> None:
    """Whatever hash it has: the spec says that it is the same search."""
    api, player = api_of(recording.read("budget"))
    first = finished(api, player, serve)
    stored = copy.deepcopy(api.store.get("experiments", name_of(player.recording)))
    assert stored
    stored["metadata"]["labels"]["kfp-katib/spec-hash"] = "0123456789ab"
    api.store.put("experiments", stored)
    assert run(experiment_of(player.recording)).trials == first.trials
    assert api.asked["PATCH experiments"] == 0
