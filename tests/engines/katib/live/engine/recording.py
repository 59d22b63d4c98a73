# SPDX-License-Identifier: Apache-2.0
"""What a real Katib wrote during one search, as a file that the replay server plays again."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp_katib.engines.katib.api.resources import true_conditions
from tests.engines.katib.live.engine.proxy import Exchange, Traffic, objects
from tests.places import DATA

FOLDER = DATA / "recordings"
Entry = tuple[float, str, str, dict[str, Any]]
KINDS = ("experiments", "suggestions", "trials", "pods")


@dataclass(frozen=True, slots=True)
class Recording:
    """One search.

    Attributes:
        versions: Which Katib and Kubernetes wrote it.
        manifest: The Experiment as it was submitted.
        timeline: Seconds since the creation, kind, type of the event, object; the event `PATCHED` is our own
            change of the Experiment.
        logs: The logs that were read, by pod.
        events: The namespace's warnings that were read last.
    """

    versions: dict[str, str]
    manifest: dict[str, Any]
    timeline: list[Entry]
    logs: dict[str, str]
    events: list[dict[str, Any]]

    def conditions(self) -> list[list[str]]:
        """The Experiment's conditions that hold, each time they change."""
        held = [sorted(true_conditions(each)) for _, kind, _, each in self.timeline if kind == "experiments"]
        return [now for before, now in zip([[], *held], held, strict=False) if now != before]


def path(name: str) -> Path:
    """Where the recording of a scenario lies."""
    return FOLDER / f"{name.replace(' ', '-')}.json.gz"


def write(name: str, recording: Recording) -> None:
    """Keep a recording; the same content gives the same bytes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    document = {key: getattr(recording, key) for key in Recording.__slots__}
    path(name).write_bytes(gzip.compress(json.dumps(document, sort_keys=True).encode(), mtime=0))


def read(name: str) -> Recording:
    """A recording that was kept."""
    return Recording(**json.loads(gzip.decompress(path(name).read_bytes())))


def record(traffic: Traffic, versions: dict[str, str]) -> Recording:
    """The search of which this was the traffic."""
    created = next(each for each in traffic.exchanges if each.method == "POST" and _is_creation(each))
    stored = json.loads(created.lines[0][1])
    start = created.lines[0][0]
    timeline = [(0.0, "experiments", "ADDED", stored)]
    for exchange in traffic.exchanges:
        kind = exchange.path.rpartition("/")[2]
        if exchange.method == "PATCH" and exchange.status == 200:
            at, answer = exchange.lines[0]
            timeline.append((round(at - start, 3), "experiments", "PATCHED", json.loads(answer)))
        if exchange.method == "GET" and kind in KINDS:
            timeline += [(round(at - start, 3), kind, what, each) for at, what, each in objects(exchange)]
    return Recording(
        versions=versions,
        manifest={key: stored[key] for key in ("apiVersion", "kind", "metadata", "spec")},
        timeline=[(at, kind, what, _slim(each)) for at, kind, what, each in _in_order(timeline)],
        logs={
            each.path.split("/")[-2]: b"".join(line for _, line in each.lines).decode()
            for each in traffic.exchanges
            if each.path.endswith("/log") and each.status == 200
        },
        events=_warnings(traffic),
    )


def _in_order(timeline: list[Entry]) -> list[Entry]:
    """By time, a patch before what follows from it: a watch may be quicker than its answer."""
    patches = {_version(thing): at for at, _, what, thing in timeline if what == "PATCHED"}
    placed = []
    for at, kind, what, thing in timeline:
        if kind == "experiments":
            done = [moment for version, moment in patches.items() if version <= _version(thing)]
            at = max(at, *done) if done and what != "PATCHED" else at
        placed.append((at, kind, what, thing))
    return sorted(placed, key=lambda entry: (entry[0], entry[2] != "PATCHED"))


def _version(thing: dict[str, Any]) -> int:
    return int(thing["metadata"]["resourceVersion"])


def _is_creation(exchange: Exchange) -> bool:
    return exchange.path.endswith("/experiments") and "dryRun" not in exchange.query


def _warnings(traffic: Traffic) -> list[dict[str, Any]]:
    lists = [each for each in traffic.exchanges if each.path.endswith("/events")]
    return [event for _, _, event in objects(lists[-1])] if lists else []


def _slim(thing: dict[str, Any]) -> dict[str, Any]:
    """Without the field that is longer than the rest and says only who wrote which line."""
    thing["metadata"].pop("managedFields", None)
    return thing
