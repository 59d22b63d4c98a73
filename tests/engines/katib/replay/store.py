# SPDX-License-Identifier: Apache-2.0
"""The objects of a small cluster, with a history that watches read: what the API server keeps in etcd."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Thing = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One change, as a watch tells it."""

    version: int
    kind: str
    type: str
    thing: Thing


@dataclass(slots=True)
class Store:
    """Objects by kind and name; every change has the next version, and stays in the history."""

    history: list[Event] = field(default_factory=list)
    _things: dict[tuple[str, str], Thing] = field(default_factory=dict)
    _version: int = 1
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, kind: str, thing: Thing) -> Thing:
        """Create or replace an object."""
        name = thing["metadata"]["name"]
        with self.changed:
            what = "MODIFIED" if (kind, name) in self._things else "ADDED"
            return self._happen(kind, what, thing)

    def remove(self, kind: str, name: str) -> bool:
        """Delete an object; False where there is none."""
        with self.changed:
            thing = self._things.get((kind, name))
            if thing is not None:
                self._happen(kind, "DELETED", thing)
            return thing is not None

    def merge(self, kind: str, name: str, change: Thing) -> Thing | None:
        """Change fields of an object; None where there is none with the uid that the change names."""
        with self.changed:
            thing = self._things.get((kind, name))
            if thing is None or thing["metadata"]["uid"] != change["metadata"]["uid"]:
                return None
            return self._happen(kind, "MODIFIED", merged(thing, change))

    def get(self, kind: str, name: str) -> Thing | None:
        """One object."""
        return self._things.get((kind, name))

    def choose(self, kind: str, chosen: Callable[[Thing], bool]) -> tuple[list[Thing], int]:
        """The objects that a selector chooses, by name, and the version of that moment."""
        with self.changed:
            found = [each for (of, _), each in sorted(self._things.items()) if of == kind and chosen(each)]
            return found, self._version

    def since(self, kind: str, version: int, seconds: float) -> tuple[list[Event], int]:
        """The changes of a kind after a version, waiting for one at most so long."""
        with self.changed:
            self.changed.wait_for(lambda: self._version > version, timeout=seconds)
            return [
                each for each in self.history if each.version > version and each.kind == kind
            ], self._version

    def _happen(self, kind: str, what: str, thing: Thing) -> Thing:
        self._version += 1
        thing = copy.copy(thing)
        thing["metadata"] = {**thing["metadata"], "resourceVersion": str(self._version)}
        if what == "DELETED":
            del self._things[kind, thing["metadata"]["name"]]
        else:
            self._things[kind, thing["metadata"]["name"]] = thing
        self.history.append(Event(self._version, kind, what, thing))
        self.changed.notify_all()
        return thing


def selector(query: Mapping[str, str]) -> Callable[[Thing], bool]:
    """What `fieldSelector=metadata.name=...` and `labelSelector=a=b,c=d` choose."""
    name = query.get("fieldSelector", "").removeprefix("metadata.name=")
    wanted = dict(part.split("=", 1) for part in query.get("labelSelector", "").split(",") if part)

    def chosen(thing: Thing) -> bool:
        metadata = thing["metadata"]
        labels = metadata.get("labels") or {}
        by_name = not query.get("fieldSelector", "").startswith("metadata.name=") or metadata["name"] == name
        return by_name and all(labels.get(key) == value for key, value in wanted.items())

    return chosen


def page(found: list[Thing], query: Mapping[str, str]) -> tuple[list[Thing], str]:
    """The page of a list that `limit` and `continue` ask for, and the next one's token."""
    start, limit = int(query.get("continue", 0)), int(query.get("limit", 0)) or len(found)
    rest = str(start + limit) if start + limit < len(found) else ""
    return found[start : start + limit], rest


def merged(thing: Thing, change: Mapping[str, Any]) -> Thing:
    """An object after a JSON merge patch (RFC 7396): a null removes a field."""
    made = {**thing}
    for key, value in change.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merged(made.get(key) or {}, value) if isinstance(value, dict) else value
    return made


def status(code: int, message: str, reason: str = "") -> Thing:
    """The answer that something went wrong."""
    return {"kind": "Status", "code": code, "message": message, "reason": reason}


def not_found(kind: str, name: str) -> tuple[int, Thing]:
    """The answer that there is no such object."""
    return 404, status(404, f'{kind} "{name}" not found', "NotFound")
