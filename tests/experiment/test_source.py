# SPDX-License-Identifier: Apache-2.0
"""Whatever is handed over, reading it ends in data or in one clear problem, at once and in little memory."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import check, load
from kfp_katib.experiment.plain import LIMIT_BYTES, LIMIT_DEPTH, LIMIT_VALUES, RULES
from kfp_katib.experiment.source import Source, read
from tests.builders.valid import random
from tests.support.environments import untraced_environment
from tests.support.speed import within

_LAUGH = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
_MERGES = "".join(f"a{i}: &a{i}\n  <<: [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
_CHAIN = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 1500))
_CYCLE: dict[str, Any] = {}
_CYCLE["self"] = _CYCLE

BAD: dict[str, tuple[object, str, str]] = {
    "nothing": ("", "not-a-mapping", "The manifest is empty"),
    "a list": ("- 1\n- 2", "not-a-mapping", "not a mapping but list"),
    "a word": ("experiment", "not-a-mapping", "not a mapping but str"),
    "a file's name": ("no/such.yaml", "file-unreadable", "There is no such file"),
    "a file's name as bytes": (b"experiment.yaml", "not-a-mapping", "give the text that is in that file"),
    "a number": (7, "not-a-mapping", "not a mapping but int"),
    "no YAML": ("a: [1,\nb: 2", "not-parsable", "The text is not YAML at line 3"),
    "no JSON": ('{"a": 1,, "b": 2}', "not-parsable", "The text is not JSON at line 1, column 9"),
    "no flow style": ("{a: 1,, b: 2}", "not-parsable", "The text is not YAML at line 1"),
    "a tab": ("a:\n\t- b", "not-parsable", "YAML allows no tabs"),
    "two documents": ("a: 1\n---\nb: 2", "several-documents", "2 YAML documents"),
    "a key twice": ("a: 1\nb: 2\na: 3", "duplicate-key", "'a' appears 2 times in one mapping (lines 1, 3)"),
    "a JSON key twice": ('{"a": 1, "a": 2}', "duplicate-key", "'a' appears twice"),
    "a key of a number": ("8080: x", "key-not-text", "The key 8080 is not text but int"),
    "a key of a list": ("? [a]\n: b", "not-parsable", "unhashable"),
    "NaN": ("a: .nan", "bad-number", "The number is nan"),
    "JSON's NaN": ('{"a": NaN}', "bad-number", "The number is nan"),
    "a float too large": ('{"a": 1e999}', "bad-number", "The number is inf"),
    "an integer too large": ("a: 18446744073709551616", "bad-number", "an integer of 65 bits"),
    "5,000 digits": ("a: " + "1" * 5000, "not-parsable", "4300 digits"),
    "binary": ("a: !!binary aGk=", "not-plain", "the type bytes"),
    "a Python object": ("a: !!python/object:os.system {}", "not-parsable", "python/object"),
    "a tag that does not fit": (
        "a: !!int x",
        "not-parsable",
        "line 1: error: The tag !!int does not fit 'x'",
    ),
    "an empty integer": ('a: !!int ""', "not-parsable", "!!int does not fit ''"),
    "an empty float": ('a: !!float ""', "not-parsable", "!!float does not fit ''"),
    "a word as a date": ("a: 1\n!!timestamp b: 2", "not-parsable", "line 2: error: The tag !!timestamp"),
    "a date by its tag": ("a: !!timestamp 2024-01-01", "not-parsable", "!!timestamp"),
    "a word as null": ("a: !!null x", "not-parsable", "!!null does not fit 'x'"),
    "a word as a truth": ("a: !!bool x", "not-parsable", "!!bool does not fit 'x'"),
    "a set by its tag": ("a: !!set {b, c}", "not-parsable", "!!set does not fit a mapping"),
    "an ordered map": ("a: !!omap [b: 1]", "not-parsable", "!!omap does not fit a sequence"),
    "pairs": ("a: !!pairs [b: 1]", "not-parsable", "!!pairs does not fit a sequence"),
    "a list as a map": ("a: !!map [1]", "not-parsable", "!!map does not fit a sequence"),
    "a map as text": ("a: !!str {b: 1}", "not-parsable", "!!str does not fit a mapping"),
    "a merge by its tag": ("!!merge a: {b: 1}", "not-parsable", "!!merge does not fit 'a'"),
    "a tag of one's own": ("a: !own x", "not-parsable", "The tag !own does not fit"),
    "a declared tag": ("%TAG ! tag:x,2020:\n---\na: !x 1", "not-parsable", "The tag tag:x,2020:x"),
    "no base64": ("a: !!binary x", "not-parsable", "base64"),
    "an unknown alias": ("a: *b", "not-parsable", "undefined alias"),
    "an alias of itself": ("a: &a [*a]", "too-deep", "64 levels"),
    "a dict in itself": (_CYCLE, "too-deep", "break the cycle"),
    "laughing aliases": ("a0: &a0 [x]\n" + _LAUGH, "too-many-values", "aliases expanded"),
    "laughing merges": ("a0: &a0 {x: 1}\n" + _MERGES, "too-many-values", "aliases expanded"),
    "a merge of text": ("<<: text", "not-parsable", "mapping"),
    "deep lists": ("[" * 200_000, "too-deep", "64 levels"),
    "deep mappings": ("{a: " * 50_000, "too-deep", "64 levels"),
    "deep dashes": ("- " * 100_000, "too-deep", "64 levels"),
    "deep JSON": ('{"a":' * 40_000, "too-deep", "64 levels"),
    "many values": ("[" + "1," * LIMIT_VALUES + "1]", "too-many-values", f"more than {LIMIT_VALUES}"),
    "10 MB": ("x" * 10_000_000, "too-large", f"more than {LIMIT_BYTES // 1024} KiB"),
    "10 MB of bytes": (b"\xff" * 10_000_000, "too-large", "KiB"),
    "bytes of no text": (b"a: 1\nb: \xff", "not-text", "line 2: error: Byte 8 is not UTF-8"),
    "UTF-16": ("a: 1".encode("utf-16"), "not-text", "The text is UTF-16"),
    "UTF-16 without a mark": ("a: 1".encode("utf-16-le"), "not-parsable", "control characters"),
    "chained aliases": (_CHAIN, "too-many-values", "aliases expanded"),
    "a surrogate in YAML": ('a: "\\ud800"', "not-parsable", "invalid Unicode character"),
    "a control character": ("a: \x00", "not-parsable", "control characters"),
    "half a surrogate": ({"a": "\ud800"}, "not-text", "surrogate"),
    "half a surrogate in text": ("a: \ud800", "not-text", "surrogate"),
    "half a surrogate in JSON": ('{"a": "\\ud800"}', "not-text", "surrogate"),
    "a set": ({"a": {1}}, "not-plain", "the type set"),
    "a date": ({"a": datetime.date(2024, 1, 1)}, "not-plain", "the type date"),
    "a missing file": (Path("no/such/file"), "file-unreadable", "There is no such file"),
    "a folder": (Path("/"), "file-unreadable", "It is a folder"),
    "a path of no file system": (Path("a\0b"), "file-unreadable", "null"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_clear_problem(name: str) -> None:
    """Never a traceback: the rule's name, what was seen, what to do."""
    source, rule, message = BAD[name]
    (problem,) = check(source)  # type: ignore[arg-type]  # what a user may give all the same
    assert (problem.rule, problem.severity) == (rule, "error")
    assert message in str(problem)
    assert problem.fix.endswith(".")


def test_every_rule_of_reading_has_a_case() -> None:
    """No refusal of reading goes untested; the one warning is in test_go_yaml.py."""
    assert {rule for _, rule, _ in BAD.values()} == {rule.id for rule in RULES if rule.severity == "error"}


def test_load_names_the_source(tmp_path: Path) -> None:
    """A manifest is called by its file, or by the name that the caller gives it."""
    path = tmp_path / "broken.yaml"
    path.write_text("[]")
    with pytest.raises(ManifestError, match=r"broken\.yaml: 1 error; nothing was started"):
        load(path)
    with pytest.raises(ManifestError, match="the pipeline's experiment: 1 error"):
        load("[]", name="the pipeline's experiment")


_MEASURE = """
from pathlib import Path
from tests.experiment.test_source import BAD
from tests.support.speed import within
from kfp_katib.experiment import check
for source, _, _ in BAD.values():
    with within(1):
        check(source)
# Not ru_maxrss: Linux hands a process's peak on to the program that it executes, here pytest's own.
print(next(line.split()[1] for line in Path("/proc/self/status").open() if line.startswith("VmHWM")))
"""


def test_bad_input_costs_less_than_a_second_and_200_mb() -> None:
    """Each of the cases by itself, and the memory of all of them, in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE],
        capture_output=True,
        text=True,
        check=True,
        env=untraced_environment(),
    )
    assert int(done.stdout) < 200 * 1024


LARGE: dict[str, dict[str, Any]] = {
    "misspelt fields": {"spec": {f"maxTrialCount{i}": 1 for i in range(4500)}},
    "parameters": {"spec": {"parameters": [{"name": f"p{i}"} for i in range(1500)]}},
    "trial parameters": {
        "spec": {
            "parameters": [{"name": f"p{i}"} for i in range(700)],
            "trialTemplate": {"trialParameters": [{"name": "n", "reference": f"q{i}"} for i in range(700)]},
        }
    },
    "expressions": {
        "spec": {"metricsCollectorSpec": {"source": {"filter": {"metricsFormat": ["(a)(b*)"] * 4500}}}}
    },
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("name", LARGE)
def test_a_large_manifest_is_judged_in_a_second(name: str) -> None:
    """No rule's time grows with the square of the manifest."""
    with within(1):
        assert check(LARGE[name])


def test_yaml_is_read_as_kubectl_reads_it() -> None:
    """Numbers as in Go; dates stay text; `yes` is true; merges and anchors work."""
    text = (
        "{a: 1e-3, b: 12e5, c: 2024-01-01, d: 1:30, e: yes, f: 010, g: 1_000, h: .5, i: +7, j: 0x1f, k: 1e}"
    )
    expected = dict(
        zip(
            "abcdefghijk",
            (0.001, 1200000, "2024-01-01", "1:30", True, 8, 1000, 0.5, 7, 31, "1e"),
            strict=True,
        )
    )
    assert read(text) == expected
    assert read(
        "{a: !!int '5', b: !!float 5, c: !!str 5, d: !!null '', e: !!bool yes, f: 0x_, g: [=, <<]}"
    ) == {
        "a": 5,
        "b": 5,
        "c": "5",
        "d": None,
        "e": True,
        "f": "0x_",
        "g": ["=", "<<"],
    }
    assert read("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3") == {"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}}


def test_every_form_of_a_manifest_gives_the_same_experiment(tmp_path: Path) -> None:
    """YAML text, JSON text, bytes, a file with a byte order mark or its name, a mapping: all the same."""
    manifest = random()
    path = tmp_path / "experiment.yaml"
    path.write_text("\ufeff" + yaml.safe_dump(manifest), encoding="utf-8")
    text = json.dumps(manifest)
    forms: list[Source] = [yaml.safe_dump(manifest), text, text.encode(), path, str(path), manifest]
    assert len({load(form).manifest_json for form in forms}) == 1


def test_integral_floats_are_integers_again() -> None:
    """KFP's local runner makes floats of all numbers, and Katib's integers refuse `3.0`."""
    manifest = random()
    manifest["spec"]["maxTrialCount"] = 8.0
    manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["backoffLimit"] = 0.0
    assert load(manifest).manifest_json == load(random()).manifest_json


def test_reading_copies() -> None:
    """What the caller holds is never changed, nor does it change an Experiment later."""
    manifest = random()
    experiment = load(manifest)
    manifest["spec"]["maxTrialCount"] = 1
    experiment.manifest["spec"]["maxTrialCount"] = 2
    assert experiment.manifest == random()


def test_yaml_and_json_hold_equally_many_values() -> None:
    """A key is no value: what JSON's form may hold, YAML's may as well, as `render` writes it."""
    data = {"a": {f"k{i}": i for i in range(LIMIT_VALUES - 2)}}
    assert read(json.dumps(data)) == data
    assert read(yaml.safe_dump(data)) == data


def test_nesting_is_allowed_up_to_the_limit() -> None:
    """The limit is no manifest's concern: sixty levels are read."""
    deep: Any = "x"
    for _ in range(LIMIT_DEPTH - 4):
        deep = [deep]
    assert read({"a": deep}) == {"a": deep}
