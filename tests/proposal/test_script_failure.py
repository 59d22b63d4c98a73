# SPDX-License-Identifier: Apache-2.0
"""A script that fails is explained: what is wrong, in which line, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.errors import InputError
from kfp_katib.proposal import Wishes, ask, propose, try_out, typed
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from tests.proposal.scripts import ENV

LR = Arguments((ScriptOption(("--lr",), "float", "0.1"),))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts are typed as one types them, in their folder."""
    monkeypatch.chdir(tmp_path)


def refusal(script: str, *words: str) -> str:
    """What is said of a script that fails when it is asked."""
    Path("train.py").write_text(f"import argparse, sys\n{script}\n")
    with pytest.raises(InputError) as raised:
        ask(typed(words or ("python", "train.py"), path=ENV["PATH"]), env=ENV)
    return str(raised.value)


PARSER = "p = argparse.ArgumentParser()"


@pytest.mark.parametrize(
    ("script", "cause", "mend"),
    [
        ("import nonsense", "No module named 'nonsense' in python (train.py, line 2)", "or give --python"),
        (
            "lr = float(sys.argv[1])",
            "by their place, as sys.argv[1] (train.py, line 2)",
            "add_argument('--lr'",
        ),
        ("data = open(sys.argv[-1])", "by their place, as sys.argv[1] (train.py, line 2)", "have options"),
        ("lr = sys.argv[2]", "by their place, as sys.argv[1] (train.py, line 2)", "have options"),
        ("name = input('Name? ')", "it asks a question (train.py, line 2)", "Let it read an option instead"),
        ("p = argparse.ArgumentParser(", "'(' was never closed (train.py, line 2)", "Correct it"),
        ("if True:\npass", "expected an indented block", "Correct it"),
        (
            f"{PARSER}\np.add_argument('-h', '--height')",
            "argument -h/--height: conflicting option string: -h (train.py, line 3)",
            'ArgumentParser(conflict_handler="resolve")',
        ),
        (
            f"{PARSER}\np.add_argument('--lr')\np.add_argument('--lr')",
            "argument --lr: conflicting option string: --lr (train.py, line 4)",
            "Change what is said of that option.",
        ),
    ],
    ids=["module", "place", "place -1", "place 2", "question", "syntax", "indentation", "own -h", "twice"],
)
def test_what_fails_often_has_its_cause_and_its_mend(script: str, cause: str, mend: str) -> None:
    """In place of the traceback."""
    said = refusal(script)
    assert said.startswith("`python train.py --help` ended with exit code 1 and shows no options: ")
    assert cause in said
    assert mend in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "script",
    [
        "open('data.csv')",
        "import os\nos.environ['DATA']",
        "raise ValueError('--help')",
        "import ast\nast.literal_eval('(')",
        "import pickle\npickle.loads(b'')",
        "from argparse import nonsense",
        "sys.exit('no data')",
    ],
)
def test_anything_else_is_shown_with_what_to_change(script: str) -> None:
    """A script has to answer before it does anything that can fail."""
    said = refusal(script)
    assert "parser.parse_args() belongs above what reads data or variables. It printed:\n    " in said
    assert said.splitlines()[-1].startswith("    ")


def test_the_last_error_is_the_cause() -> None:
    """A module that is tried for, and caught, is not."""
    caught = "try:\n    import nonsense\nexcept ImportError:\n    open('data.csv')"
    assert "FileNotFoundError" in refusal(caught)


def test_an_option_that_is_read_from_sys_argv_as_a_whole_is_none_by_place() -> None:
    """As `main(sys.argv[1:])`, which many scripts begin with."""
    assert "their place" not in refusal("def main(args):\n    open('data.csv')\nmain(sys.argv[1:])")


def test_a_mistake_in_an_imported_file_is_named_there() -> None:
    """That is where it is to be corrected."""
    Path("model.py").write_text("def f(:\n")
    assert "(model.py, line 1)" in refusal("import model")


@pytest.mark.parametrize("name", ["nonsense", "nonsense.train"])
def test_a_module_that_is_not_there_is_no_package_to_install(name: str) -> None:
    """It is the script that was named."""
    said = refusal("", "python", "-m", name)
    assert f"there is no module '{name}' in python. Check its spelling; one of your own is found from" in said


def test_a_module_that_lies_in_the_current_folder_is_none_to_install() -> None:
    """A script in a folder of its own does not find it."""
    Path("model.py").touch()
    Path("src").mkdir()
    Path("src/fit.py").write_text("import argparse\nimport model\n")
    said = refusal("", "python", "src/fit.py")
    assert "'model' (src/fit.py, line 2). It is in the current folder" in said
    assert "start the script as a module: kfp-katib init -- python -m src.fit." in said


@pytest.mark.parametrize(
    ("script", "hint"), [("train.py", "."), ("pkg/train.py", ": kfp-katib init -- python -m pkg.train.")]
)
def test_a_script_of_a_package_is_started_as_a_module(script: str, hint: str) -> None:
    """Only so can it import what lies beside it by a dot."""
    Path("pkg").mkdir()
    Path("pkg/train.py").write_text("import argparse\nfrom . import model\n")
    said = refusal("from . import model", "python", script)
    assert f"({script}, line 2). Start it as a module, from the folder that holds its package{hint}" in said


def test_a_script_that_a_launcher_does_not_find_is_named() -> None:
    """It is not the launcher that is wrong."""
    Path("start.sh").write_text('exec python nonsense.py "$@"\n')
    said = refusal("", "sh", "start.sh")
    assert "nonsense.py'. Paths are relative to the current folder." in said


def test_who_does_not_know_the_python_says_so() -> None:
    """Where something else starts it."""
    said = refusal("import nonsense", "nice", "python", "train.py")
    assert "No module named 'nonsense' in the Python that runs it (train.py, line 2). Install it" in said


def test_a_failed_trial_run_is_explained_by_the_same_rules() -> None:
    """What is imported late is missed late."""
    Path("train.py").write_text("import argparse\nimport nonsense\n")
    command = typed(["python", "train.py"], path=ENV["PATH"])
    with pytest.raises(InputError, match="exit code 1: No module named 'nonsense' in python") as raised:
        try_out(propose(command, LR, Wishes()), env=ENV, seconds=30, say=lambda text: None)
    assert "Traceback" not in str(raised.value)
