# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib validate` prints every finding, one a line."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from kfp_katib.experiment.judging import all_rules
from tests.cli.commands import BEYOND, call, manifest, write


def test_a_manifest_without_findings_is_valid(tmp_path: Path) -> None:
    """Exit code 0 and a count of nothing."""
    file = write(tmp_path, manifest("0.1"))
    called = call("validate", file)
    assert called.exit_code == 0
    assert called.stdout == f"{file}: 0 errors, 0 warnings\n"


def test_every_error_has_its_line_with_path_value_and_mend(tmp_path: Path) -> None:
    """Two errors, two lines, and the count; exit code 2."""
    wrong = manifest("0.1", parallelTrialCount=3)
    wrong["spec"]["objective"]["type"] = "minimise"
    file = write(tmp_path, wrong)
    called = call("validate", file)
    *lines, last = called.stdout.splitlines()
    assert called.exit_code == 2
    assert last.endswith(": 2 errors, 0 warnings")
    assert [line.split(": ")[1:3] for line in lines] == [
        ["error", "spec.objective.type"],
        ["error", "spec.parallelTrialCount"],
    ]
    assert "minimise" in lines[0]
    assert all(line.endswith("]") for line in lines)


def test_every_finding_says_why_it_is_one(tmp_path: Path) -> None:
    """The rule's own sentence stands behind the rule's name."""
    called = call("validate", write(tmp_path, manifest("0.1", parallelTrialCount=3)))
    rule = next(rule for rule in all_rules() if rule.id == "parallel-above-max")
    assert called.stdout.splitlines()[0].endswith(f"[{rule.id}: {rule.summary}]")


def test_a_warning_is_no_failure(tmp_path: Path) -> None:
    """Legal, likely wrong: shown, and exit code 0."""
    settings = [{"name": "seed", "value": "1"}]
    ignored = manifest("0.1", algorithm={"algorithmName": "sobol", "algorithmSettings": settings})
    called = call("validate", write(tmp_path, ignored))
    assert called.exit_code == 0
    assert ": warning: spec.algorithm.algorithmSettings[0].name: " in called.stdout


def test_json_carries_the_same_for_machines(tmp_path: Path) -> None:
    """One object, with each problem's fields."""
    called = call("validate", "--json", write(tmp_path, manifest("0.1", parallelTrialCount=3)))
    found = json.loads(called.stdout)
    assert called.exit_code == 2
    assert found["valid"] is False
    assert [problem["path"] for problem in found["problems"]] == ["spec.parallelTrialCount"]
    (problem,) = found["problems"]
    assert list(problem) == ["severity", "rule", "path", "line", "value", "message", "mend", "why", "engine"]
    assert problem["engine"] == ""


PUSHED = {"metricsCollectorSpec": {"collector": {"kind": "Push"}}}
"""The trial itself tells Katib its metrics."""


@pytest.mark.parametrize("options", [[], ["--engine", "all"]], ids=["by default", "all"])
def test_what_one_engine_refuses_is_a_note_with_its_name(tmp_path: Path, options: list[str]) -> None:
    """Another one runs it, so the manifest is valid."""
    file = write(tmp_path, manifest("0.1", **PUSHED))
    called = call("validate", file, *options)
    line, last = called.stdout.splitlines()
    assert called.exit_code == 0
    said = "note (local): spec.metricsCollectorSpec.collector.kind: 'Push' runs on Katib only"
    assert re.match(rf"{re.escape(file)}:\d+: {re.escape(said)}", line)
    assert line.endswith("[not-on-this-machine: The local engine does not run it.]")
    assert last.endswith(": 0 errors, 0 warnings, 1 note")


def test_what_the_engine_that_is_named_refuses_is_an_error(tmp_path: Path) -> None:
    """`run --engine local` would say the same."""
    file = write(tmp_path, manifest("0.1", **PUSHED))
    called = call("validate", file, "--engine", "local")
    assert called.exit_code == 2
    assert ": error (local): " in called.stdout
    assert called.stdout.endswith(": 1 error, 0 warnings\n")
    assert "runs on Katib only" in call("run", file).stderr


def test_what_another_engine_refuses_is_not_shown(tmp_path: Path) -> None:
    """Whoever has a cluster need not know what this machine lacks."""
    file = write(tmp_path, manifest("0.1", **PUSHED))
    called = call("validate", file, "--engine", "katib")
    assert (called.exit_code, called.stdout) == (0, f"{file}: 0 errors, 0 warnings\n")


def test_json_names_the_engine(tmp_path: Path) -> None:
    """A note leaves the manifest valid."""
    file = write(tmp_path, manifest("0.1", **PUSHED))
    found = json.loads(call("validate", "--json", file).stdout)
    assert found["valid"] is True
    assert [(each["severity"], each["engine"]) for each in found["problems"]] == [("note", "local")]
    found = json.loads(call("validate", "--json", file, "--engine", "local").stdout)
    assert found["valid"] is False
    assert [(each["severity"], each["engine"]) for each in found["problems"]] == [("error", "local")]


def test_a_manifest_with_errors_is_judged_by_the_rules_alone(tmp_path: Path) -> None:
    """It is no Experiment yet that an engine could be asked about."""
    file = write(tmp_path, manifest("0.1", parallelTrialCount=3, **PUSHED))
    found = json.loads(call("validate", "--json", file, "--engine", "local").stdout)
    assert [each["engine"] for each in found["problems"]] == [""]


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """A pipe, such as bash's `<(...)`, is empty the second time; errors and warnings stay."""
    file = write(tmp_path, manifest("0.3", parallelTrialCount=0, maxFailedTrialCount=None))
    expected = call("validate", file).stdout.splitlines()
    reading, writing = os.pipe()
    os.write(writing, Path(file).read_bytes())
    os.close(writing)
    try:
        found = call("validate", f"/dev/fd/{reading}")
    finally:
        os.close(reading)
    assert [line.split(": ", 1)[1] for line in found.stdout.splitlines()[:-1]] == [
        line.split(": ", 1)[1] for line in expected[:-1]
    ]
    assert {line.split(": ")[1] for line in expected[:-1]} == {"error", "warning"}
    assert found.exit_code == 2


def test_a_dash_reads_stdin() -> None:
    """The manifest is piped in."""
    called = call("validate", "-", stdin=yaml.safe_dump(manifest("0.1")))
    assert called.exit_code == 0
    assert called.stdout == "stdin: 0 errors, 0 warnings\n"


@pytest.mark.parametrize("content", ["", "- a list", "a: b: c", "\x00", "[" * 5000])
def test_what_is_no_manifest_is_an_error_line(content: str) -> None:
    """Never a traceback."""
    called = call("validate", "-", stdin=content)
    assert called.exit_code == 2
    assert re.match(r"stdin(:\d+)?: error: ", called.stdout)


def test_a_missing_file_is_an_error_line() -> None:
    """With what to do."""
    called = call("validate", "nowhere/none.yaml")
    assert called.exit_code == 2
    assert called.stdout.startswith(
        "nowhere/none.yaml: error: There is no such file. Check the path: there is no folder nowhere. ["
    )


@pytest.mark.parametrize("verb", ["validate", "render", "run"])
def test_an_address_on_the_web_is_to_be_downloaded_first(verb: str) -> None:
    """The command to type is there, with both slashes."""
    called = call(verb, "https://example.org/experiment.yaml")
    assert called.exit_code == 2
    assert "Download it first: curl -fLO https://example.org/experiment.yaml" in called.output


def test_a_finding_begins_with_file_and_line(tmp_path: Path) -> None:
    """An editor jumps there; the lines are those of the file, from its top to its end."""
    file = tmp_path / "experiment.yaml"
    wrong = manifest("0.1", parallelTrialCount=3)
    wrong["spec"]["objective"]["type"] = "minimise"
    file.write_text(yaml.safe_dump(wrong))
    lines = file.read_text().splitlines()
    wanted = [i for i, line in enumerate(lines, 1) if "minimise" in line or "parallelTrialCount" in line]
    called = call("validate", str(file))
    assert [line.split(": ")[0] for line in called.stdout.splitlines()[:-1]] == [
        f"{file}:{i}" for i in wanted
    ]
    assert all(f"  {file}:{i}: error: " in call("run", str(file)).stderr for i in wanted)
    assert [
        each["line"] for each in json.loads(call("validate", "--json", str(file)).stdout)["problems"]
    ] == [*wanted]


def test_several_files_have_their_findings_and_a_total(tmp_path: Path) -> None:
    """One file with an error is enough for exit code 2."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(yaml.safe_dump(manifest("0.1")))
    bad.write_text(yaml.safe_dump(manifest("0.1", parallelTrialCount=3)))
    called = call("validate", str(good), str(bad))
    first, finding, second, total = called.stdout.splitlines()
    assert called.exit_code == 2
    assert first == f"{good}: 0 errors, 0 warnings"
    assert finding.startswith(f"{bad}:")
    assert second == f"{bad}: 1 error, 0 warnings"
    assert total == "2 files: 1 error, 0 warnings"
    assert [each["valid"] for each in json.loads(call("validate", "--json", str(good), str(bad)).stdout)] == [
        *(True, False)
    ]


def test_no_file_is_a_usage_error() -> None:
    """Click says what is missing."""
    called = call("validate")
    assert called.exit_code == 2
    assert "Missing argument 'FILE...'" in called.stderr


def test_what_katib_alone_cannot_run_is_a_note_by_default(tmp_path: Path) -> None:
    """The local engine runs it, so the manifest is valid."""
    called = call("validate", write(tmp_path, manifest("0.1", "0.2", "0.3", **BEYOND)))
    assert "note (katib): spec.parallelTrialCount: With r_l 9 hyperband begins with 9" in called.stdout
    assert ": 0 errors," in called.stdout
    assert called.exit_code == 0


def test_what_the_local_engine_alone_cuts_short_is_a_warning_of_it(tmp_path: Path) -> None:
    """The number says what the whole plan needs."""
    called = call("validate", write(tmp_path, manifest("0.1", "0.2", "0.3", **BEYOND)))
    assert "warning (local): spec.maxTrialCount: hyperband's plan has 23 trials" in called.stdout
    assert called.exit_code == 0


def test_what_katib_alone_cannot_run_is_said_of_katib(tmp_path: Path) -> None:
    """An error, with the engine's name."""
    called = call("validate", write(tmp_path, manifest("0.1", "0.2", "0.3", **BEYOND)), "--engine", "katib")
    assert "error (katib): spec.parallelTrialCount: With r_l 9 hyperband begins with 9" in called.stdout
    assert called.exit_code == 2


def test_what_goes_wrong_in_a_cluster_alone_is_not_said_of_this_machine(tmp_path: Path) -> None:
    """A manifest is meant for both, so without `--engine` it is; on this machine nothing is run again."""
    retried = manifest("0.1")
    retried["spec"]["trialTemplate"]["trialSpec"]["spec"]["backoffLimit"] = 3
    file = write(tmp_path, retried)
    for engine, count in ((), 1), (("--engine", "katib"), 1), (("--engine", "local"), 0):
        assert call("validate", file, *engine).stdout.count("warning (katib): ") == count
    assert "backoffLimit is" not in call("run", file).stderr


def test_what_katib_alone_cannot_run_is_not_said_of_this_machine(tmp_path: Path) -> None:
    """`--engine local` looks at nothing that concerns another engine."""
    called = call("validate", write(tmp_path, manifest("0.1", "0.2", "0.3", **BEYOND)), "--engine", "local")
    assert "(katib)" not in called.stdout
