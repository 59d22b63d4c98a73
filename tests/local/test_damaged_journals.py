# SPDX-License-Identifier: Apache-2.0
"""A journal that somebody or something has damaged: it is read, or its line is named; never anything else."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, load
from kfp_katib.local import engine, journal, run, takeover
from kfp_katib.local.abandoned import end_abandoned
from kfp_katib.local.book import Book
from kfp_katib.local.folder import open_folder
from kfp_katib.results import Result
from tests.local.searches import search

SAMPLES = Path(__file__).parents[1] / "data" / "journals"
PRINT = "echo loss=${trialParameters.lr}"
JOURNALS = int(os.environ.get("KFP_KATIB_FUZZ_JOURNALS", "100"))
"""How many damaged journals are tried; 5,000 in the thorough run."""

DAMAGED = (
    r"^The journal \S+ is damaged, line {line} \(.+\)\. Mend that line, "
    r".*start anew with again=True \(--again\)\.$"
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The journal of a finished search of three trials."""
    run(search(PRINT), runs=tmp_path)
    return tmp_path / "tune" / "journal"


def lines_of(file: Path) -> list[bytes]:
    """Its lines."""
    return file.read_bytes().splitlines(keepends=True)


def changed(line: bytes, path: str, value: Any) -> bytes:
    """A line with one of its values replaced; `...` takes it away."""
    log = json.loads(line)
    *parents, last = path.split("/")
    place = log
    for each in parents:
        place = place[int(each) if isinstance(place, list) else each]
    if value is ...:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return json.dumps(log).encode() + b"\n"


CREATE, TRIAL, START, END, TOLD = 0, 4, 5, 6, 7
"""Lines of it: the study (seed, format and manifest follow), a suggestion, its two records, its end."""

RECORD = "user_attr/kfp-katib:trial"
HUGE = 10**400

CHANGES = [
    (CREATE, "op_code", 99),
    (CREATE, "op_code", ...),
    (CREATE, "op_code", "0"),
    (CREATE, "op_code", 10),
    (CREATE, "worker_id", ...),
    (CREATE, "worker_id", 7),
    (CREATE, "study_name", "another"),
    (CREATE, "study_name", None),
    (CREATE, "directions", [1, 2]),
    (CREATE, "directions", []),
    (CREATE, "directions", [9]),
    (1, "study_id", 5),
    (1, "study_id", HUGE),
    (1, "study_id", []),
    (1, "user_attr", {}),
    (1, "user_attr", None),
    (TRIAL, "study_id", 5),
    (TRIAL, "datetime_start", "yesterday"),
    (TRIAL, "datetime_start", "0001-01-01T00:00:00+23:00"),
    (TRIAL, "datetime_start", HUGE),
    (TRIAL, "state", 1),
    (TRIAL, "state", True),
    (TRIAL, "distributions", {"lr": "{"}),
    (TRIAL, "distributions", {"lr": '{"name": "NoDistribution", "attributes": {}}'}),
    (TRIAL, "distributions", {"lr": '{"name": "IntDistribution", "attributes": {"low": 1, "high": 2}}'}),
    (TRIAL, "distributions", {"other": '{"name": "IntDistribution", "attributes": {"low": 1, "high": 2}}'}),
    (TRIAL, "distributions", []),
    (TRIAL, "params", {"lr": "0.1"}),
    (TRIAL, "params", {"lr": HUGE}),
    (TRIAL, "params", {}),
    (TRIAL, "user_attrs", {}),
    (TRIAL, "user_attrs/kfp-katib:parameters", []),
    (TRIAL, "user_attrs/kfp-katib:parameters", {"lr": 0.1}),
    (TRIAL, "user_attrs/kfp-katib:parameters", {"lr": "0\0"}),
    (TRIAL, "user_attrs/kfp-katib:parameters", {"lr": "\ud800"}),
    (TRIAL, "user_attrs/kfp-katib:parameters", {"other": "0.1"}),
    (START, "trial_id", 77),
    (START, "trial_id", -1),
    (START, "trial_id", "0"),
    (START, "trial_id", True),
    (START, RECORD, "text"),
    (START, RECORD, []),
    (START, f"{RECORD}/name", ...),
    (START, f"{RECORD}/name", ""),
    (START, f"{RECORD}/name", "../../home"),
    (START, f"{RECORD}/name", "tune-../../home"),
    (START, f"{RECORD}/name", "another-abcdefgh"),
    (START, f"{RECORD}/name", HUGE),
    (START, f"{RECORD}/process", [1]),
    (START, f"{RECORD}/process", [1, 2]),
    (START, f"{RECORD}/process", [-1, 2]),
    (START, f"{RECORD}/process", [0, 2]),
    (START, f"{RECORD}/process", [HUGE, 2]),
    (START, f"{RECORD}/process", [1234, 1764450000.25]),
    (START, f"{RECORD}/process", ["1234", "99"]),
    (START, f"{RECORD}/process", {"pid": 1234}),
    (START, f"{RECORD}/boot", 5),
    (START, f"{RECORD}/started", "noon"),
    (START, f"{RECORD}/started", 1764450000),
    (START, f"{RECORD}/started", "2026-11-29T20:59:01"),
    (START, f"{RECORD}/started", "9999-12-31T23:59:59-23:00"),
    (END, f"{RECORD}/ended", {}),
    (END, f"{RECORD}/exit_code", "0"),
    (END, f"{RECORD}/exit_code", HUGE),
    (END, f"{RECORD}/exit_code", False),
    (END, f"{RECORD}/outcome", []),
    (END, f"{RECORD}/outcome", ["Succeeded", "x"]),
    (END, f"{RECORD}/outcome", ["Running", "x", "y"]),
    (END, f"{RECORD}/outcome", ["Succeeded", None, "y"]),
    (END, f"{RECORD}/outcome", "Succeeded"),
    (END, f"{RECORD}/metrics", []),
    (END, f"{RECORD}/metrics", {"loss": ["1"]}),
    (END, f"{RECORD}/metrics", {"loss": [1, 1, 1]}),
    (END, f"{RECORD}/metrics", {"loss": ["1", "1", "\udfff"]}),
    (TOLD, "state", 4),
    (TOLD, "state", 3),
    (TOLD, "values", None),
    (TOLD, "values", [1, 2]),
    (TOLD, "values", ["0.1"]),
    (TOLD, "values", [HUGE]),
    (TOLD, "values", [float("nan")]),
    (TOLD, "values", [float("inf")]),
    (TOLD, "datetime_complete", ...),
    (TOLD, "trial_id", 2),
    (-1, "user_attr/kfp-katib:verdict", []),
    (-1, "user_attr/kfp-katib:verdict", ["Running", "x", "y"]),
    (-1, "user_attr/kfp-katib:verdict", ["Succeeded", 1, "y"]),
]


@pytest.mark.parametrize(("number", "path", "value"), CHANGES, ids=lambda each: str(each)[:40])
def test_a_line_of_the_wrong_shape_is_named(sample: Path, number: int, path: str, value: Any) -> None:
    """Valid JSON, and not what we write: the message has its number and the ways on."""
    lines = lines_of(sample)
    lines[number] = changed(lines[number], path, value)
    sample.write_bytes(b"".join(lines))
    expected = DAMAGED.format(line=range(len(lines))[number] + 1)
    with pytest.raises(InputError, match=expected):
        run(search(PRINT), runs=sample.parents[1])


WHOLE_LINES: dict[str, bytes] = {
    "garbage": b"\xff\xfe\x00garbage\n",
    "not JSON": b"{broken\n",
    "a list": b"[]\n",
    "a number": b"5\n",
    "empty": b"\n",
    "NUL": b"\0" * 100 + b"\n",
    "UTF-16": '{"op_code": 9}'.encode("utf-16") + b"\n",
    "deep": b"[" * 100_000 + b"]" * 100_000 + b"\n",
    "many digits": b"9" * 100_000 + b"\n",
    "two joined lines": b'{"op_code":8,"worker_id":"x","tri{"op_code":8,"worker_id":"x"}\n',
    "50 MB": b'"' + b"x" * 50_000_000 + b'"\n',
    "50 MB of brackets": b"[" + b"[]," * 16_000_000 + b"[]]\n",
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("text", WHOLE_LINES.values(), ids=WHOLE_LINES)
def test_a_line_that_is_no_record_is_named(sample: Path, text: bytes) -> None:
    """At once, and without reading it all."""
    lines = lines_of(sample)
    sample.write_bytes(b"".join([*lines[:4], text, *lines[4:]]))
    start, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=DAMAGED.format(line=5)):
        run(search(PRINT), runs=sample.parents[1])
    assert time.process_time() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200_000


@pytest.mark.parametrize("number", [TRIAL, END, TOLD], ids=["suggestion", "record", "end"])
def test_a_line_that_stands_there_twice_is_named(sample: Path, number: int) -> None:
    """A second suggestion would shift all trials after it."""
    lines = lines_of(sample)
    sample.write_bytes(b"".join([*lines[: number + 1], lines[number], *lines[number + 1 :]]))
    with pytest.raises(InputError, match=DAMAGED.format(line=number + 2)):
        run(search(PRINT), runs=sample.parents[1])


def test_a_missing_line_is_found_where_it_is_missed(sample: Path) -> None:
    """Without its outcome a trial cannot have ended."""
    lines = lines_of(sample)
    sample.write_bytes(b"".join(lines[:END] + lines[END + 1 :]))
    with pytest.raises(InputError, match=DAMAGED.format(line=END + 1)):
        run(search(PRINT), runs=sample.parents[1])


def test_the_ways_on_are_ways_on(sample: Path) -> None:
    """The lines before the damage go on, and so does a new start."""
    lines = lines_of(sample)
    sample.write_bytes(b"".join([*lines[:9], b"{broken\n", *lines[8:]]))
    with pytest.raises(InputError, match="keep only the 9 lines before it"):
        run(search(PRINT), runs=sample.parents[1])
    damaged = sample.read_bytes()
    sample.write_bytes(b"".join(lines[:9]))
    assert run(search(PRINT), runs=sample.parents[1]).succeeded
    sample.write_bytes(damaged)
    assert run(search(PRINT), runs=sample.parents[1], again=True).succeeded


PLACES: dict[str, Callable[[Path], object]] = {
    "link": lambda path: path.symlink_to(path.parent / "target"),
    "dangling link": lambda path: path.symlink_to("/nowhere/at/all"),
    "pipe": lambda path: os.mkfifo(path),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("name", ["journal", "lock"])
def test_only_plain_files_are_taken_for_ours(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    """Links are not followed, pipes not waited for; what a link leads to stays as it was."""
    place = tmp_path / "tune"
    place.mkdir()
    (place / "target").write_text("somebody's")
    make(place / name)
    with pytest.raises(InputError, match=r"it is a symbolic link|it is a named pipe|Is a directory"):
        run(search(PRINT), runs=tmp_path)
    assert (place / "target").read_text() == "somebody's"
    if name == "journal":
        assert run(search(PRINT), runs=tmp_path, again=True).succeeded


def test_a_trials_folder_that_is_a_link_is_replaced(tmp_path: Path) -> None:
    """What it leads to is neither emptied nor written into."""
    experiment = search(PRINT, algorithm={"algorithmName": "grid"})
    names = [trial.name for trial in run(experiment, runs=tmp_path / "once").trials]
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "exit").write_text("0\n")
    run_folder = tmp_path / "twice" / "tune"
    run_folder.mkdir(parents=True)
    for name in names:
        (run_folder / name).symlink_to(precious)
    shutil.copy(tmp_path / "once" / "tune" / "journal", run_folder / "journal")
    lines = lines_of(run_folder / "journal")
    (run_folder / "journal").write_bytes(b"".join(lines[:4]))
    assert run(experiment, runs=tmp_path / "twice").count("Succeeded") == 3
    assert [entry.name for entry in precious.iterdir()] == ["exit"]


def numbered(path: Path, *names: str) -> None:
    """Folders in it, of these names."""
    for name in names:
        (path / name).mkdir(parents=True)


def filled(path: Path) -> None:
    """Files in it, where folders are expected."""
    path.mkdir()
    for name in ("1", "2"):
        (path / name).write_text("x")


EARLIER: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_text("x"),
    "a link": lambda path: path.symlink_to("/tmp"),
    "a pipe": lambda path: os.mkfifo(path),
    "a gap": lambda path: numbered(path, "3"),
    "files": filled,
    "names": lambda path: numbered(path, "old", "²", "-1", "01", "1e3"),
    "the greatest number": lambda path: numbered(path, "999999999", "1000000000"),
}


@pytest.mark.parametrize("make", EARLIER.values(), ids=EARLIER)
def test_again_works_whatever_is_in_earlier(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Nothing of it is lost, and the names of the trials are new each time."""
    (tmp_path / "tune").mkdir()
    make(tmp_path / "tune" / "earlier")
    names: set[str] = set()
    for count in (3, 6, 9):
        names |= {trial.name for trial in run(search(PRINT), runs=tmp_path, again=True).trials}
        assert len(names) == count
    assert len(list((tmp_path / "tune" / "earlier").glob("*/journal"))) == 2


def test_an_abandoned_search_with_a_damaged_journal_is_left_alone(tmp_path: Path) -> None:
    """Whatever stands in the place of a journal."""
    for name, make in PLACES.items():
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        make(folder / "journal")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "journal").write_bytes(b'{"r1": 5}\n' * 2)
    (tmp_path / "long").mkdir()
    (tmp_path / "long" / "journal").write_bytes(b"x" * 50_000_000)
    assert end_abandoned("r1", runs=tmp_path) == []


# Below: journals that are damaged at random.

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
        suggestions = engine._open_study(experiment, folder)
        book = Book(experiment, folder, suggestions)
        records = journal.read(suggestions.study)
        if journal.stored_verdict(suggestions.study):
            takeover.reopen(folder, records, book)
        else:
            takeover.take_over(experiment, folder, records, book)
            book.begin()
            suggestions.ask()
        return book.result()


@pytest.mark.usefixtures("untraced")
def test_journals_that_are_damaged_at_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read, or refused in one sentence; none takes a second or 200 MB."""
    monkeypatch.setattr(takeover, "kill", lambda *_, **__: None)  # a pid of chance may be anybody's
    chance = random.Random(JOURNALS)
    names = ["finished", "killed", "grid-half-way", "sobol"]
    experiments = {name: load(SAMPLES / f"{name}.yaml") for name in names}
    for name in names:  # the libraries are imported before the clock runs
        shutil.copytree(SAMPLES / name, tmp_path / "first" / name)
        resumed(experiments[name], tmp_path / "first")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest, refused, other = 0.0, 0, set()
    for number in range(JOURNALS):
        name = chance.choice(names)
        shutil.copytree(SAMPLES / name, tmp_path / name)
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
    assert all("another manifest" in each for each in other)
    assert slowest < 1
    assert grown < 200
    assert 0 < refused < JOURNALS
