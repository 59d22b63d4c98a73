# SPDX-License-Identifier: Apache-2.0
"""A journal that somebody or something has damaged: it is read, or its line is named; never anything else."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.errors import InputError
from tests.builders.search import PRINT, search
from tests.support.speed import within

DAMAGED = (
    r"^The journal \S+ is damaged, line {line} \(.+\)\. Fix that line, "
    r".*start anew with again=True\.$"
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


CREATE, VERSIONS, TRIAL, START, END, TOLD = 0, 4, 5, 6, 8, 9
"""Lines of it: the study (seed, format, manifest and versions follow), a suggestion, its two records
(between which the search's Python stands), its end."""

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
    (VERSIONS, "user_attr/kfp-katib:versions", ["5.0"]),
    (VERSIONS, "user_attr/kfp-katib:versions", {"Optuna": 5}),
    (TRIAL, "study_id", 5),
    (TRIAL, "datetime_start", "yesterday"),
    (TRIAL, "datetime_start", "0001-01-01T00:00:00+23:00"),
    (TRIAL, "datetime_start", HUGE),
    (TRIAL, "state", 1),
    (TRIAL, "intermediate_values", {"1": 0.5}),
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
    (TRIAL, "user_attrs/kfp-katib:stop-rule", None),
    (TRIAL, "user_attrs/kfp-katib:stop-rule", "loss;nan;less;4"),
    (TRIAL, "user_attrs/kfp-katib:stop-rule", f"loss;0.5;less;{'9' * 5000}"),
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
    (START, f"{RECORD}/stopping", 1),
    (END, f"{RECORD}/mean", "0.5"),
    (END, f"{RECORD}/mean", float("nan")),
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
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with within(1), pytest.raises(InputError, match=DAMAGED.format(line=5)):
        run(search(PRINT), runs=sample.parents[1])
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
