# SPDX-License-Identifier: Apache-2.0
"""Journals of 0.1.0 damaged at random: they go on, or the line is named, at once and in little memory."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines.local import resume
from kfp_katib.engines.local.folder import open_folder
from kfp_katib.engines.local.trial_store import TrialStore
from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, load
from kfp_katib.results import Result
from tests.builders.search import PRINT, search
from tests.engines.local.test_damaged_journals import DAMAGED, HUGE, WHOLE_LINES, lines_of
from tests.places import DATA
from tests.support.speed import longer

SAMPLES = DATA / "journals"
JOURNALS = int(os.environ.get("KFP_KATIB_FUZZ_JOURNALS", "100"))
"""How many damaged journals are tried; 5,000 in the thorough run."""


NASTY: list[Any] = [
    *(None, True, False, 0, -1, 5, HUGE, 1e308, float("nan"), float("inf"), "", "x", "\0", "\ud800", "🙂"),
    *([], {}, [[]], {"": None}, [1, 2], "2026-11-29", "../..", [[[[[]]]]], "9" * 400, "{", "[]", "null"),
]


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values in a document."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        found += spots(each, (*path, key))
    return found


def mutate_values(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """One value of one line becomes another, or goes."""
    number = chance.randrange(len(lines))
    log = json.loads(lines[number])
    *parents, last = chance.choice(spots(log))
    place = log
    for each in parents:
        place = place[each]
    if chance.random() < 0.2:
        del place[last]
    else:
        place[last] = chance.choice(NASTY)
    return [*lines[:number], json.dumps(log).encode() + b"\n", *lines[number + 1 :]]


def mutate_bytes(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Some bytes of the file become others."""
    content = bytearray(b"".join(lines))
    for _ in range(chance.randrange(1, 6)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return [bytes(content)]


def mutate_order(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Lines are lost, doubled, swapped or joined."""
    lines = list(lines)
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    way = chance.randrange(5)
    if way == 0:
        del lines[one]
    elif way == 1:
        lines.insert(two, lines[one])
    elif way == 2:
        lines[one], lines[two] = lines[two], lines[one]
    elif way == 3:
        lines[one] = lines[one][: chance.randrange(len(lines[one]))]
    else:
        lines.insert(one, chance.choice(list(WHOLE_LINES.values())[:10]))
    return lines


def mutate_end(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """The file ends anywhere, perhaps in NULs."""
    content = b"".join(lines)
    return [content[: chance.randrange(len(content))], b"\0" * chance.choice((0, 0, 1, 4096))]


WAYS = (mutate_values, mutate_values, mutate_values, mutate_bytes, mutate_order, mutate_end)


def resumed(experiment: Experiment, runs: Path) -> Result:
    """All of what an engine does before it starts a trial, and the first suggestion."""
    with open_folder(runs, experiment.name) as folder:
        suggestions = resume.reopen_study(experiment, folder)
        suggestions.journal.release()
        store = TrialStore(experiment, folder, suggestions)
        records = suggestions.journal.records
        if suggestions.journal.verdict:
            resume.reopen(experiment, folder, records, store)
        else:
            resume.go_on(experiment, folder, records, store, explained=lambda outcome, _: outcome)
            store.begin()
            suggestions.ask()
        return store.result()


def extended(runs: Path) -> Experiment:
    """A search that was extended, and whose failed trials ran again, as this version leaves it."""
    script = f"test ${{trialParameters.lr}} != 0.2 || mkdir {runs}/failed 2> /dev/null && exit 1; {PRINT}"
    runs.mkdir()
    for budget in (8, 9):
        run(search(script, maxTrialCount=budget), runs=runs)
    experiment = search(script, maxTrialCount=9)
    assert len(run(experiment, runs=runs, retry_failed=True).notes) > 1
    return experiment


@pytest.mark.usefixtures("untraced")
def test_journals_that_are_damaged_at_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read, or refused in one sentence; none takes a second or 200 MB."""
    monkeypatch.setattr(resume, "kill", lambda *_, **__: None)  # a pid of chance may be anybody's
    chance = random.Random(JOURNALS)
    names = ["finished", "killed", "grid-half-way", "sobol"]
    samples = {name: SAMPLES / name for name in names} | {"tune": tmp_path / "other" / "tune"}
    experiments = {name: load(SAMPLES / f"{name}.yaml") for name in names}
    experiments["tune"] = extended(tmp_path / "other")
    for name in samples:  # the libraries are imported before the clock runs
        shutil.copytree(samples[name], tmp_path / "first" / name)
        resumed(experiments[name], tmp_path / "first")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest, refused, other = 0.0, 0, set()
    for number in range(JOURNALS):
        name = chance.choice([*samples])
        shutil.copytree(samples[name], tmp_path / name)
        lines = lines_of(tmp_path / name / "journal")
        (tmp_path / name / "journal").write_bytes(b"".join(chance.choice(WAYS)(lines, chance)))
        start = time.process_time()
        try:
            resumed(experiments[name], tmp_path)
        except InputError as err:
            refused += 1
            if not re.search(DAMAGED.format(line=r"\d+"), str(err)):
                other.add(str(err)[:200])
        except Exception as err:
            pytest.fail(f"journal {number}: {type(err).__name__}: {err}")
        slowest = max(slowest, time.process_time() - start)
        shutil.rmtree(tmp_path / name)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    print(f"{JOURNALS} journals, {refused} refused; slowest {slowest:.2f} s, {grown:.0f} MB more; {other}")
    assert all("another manifest" in each or "newer kfp-katib" in each for each in other)
    assert not longer(slowest, than=1)
    assert grown < 200
    assert 0 < refused < JOURNALS
