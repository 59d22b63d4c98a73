# SPDX-License-Identifier: Apache-2.0
"""A script is asked for its arguments by --help, and never trains."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kfp_katib.errors import InputError
from kfp_katib.proposal import ask, typed
from kfp_katib.proposal.script_option import ScriptOption
from tests.proposal.scripts import ENV, NEEDED, arguments_of, options_of, written

PARSER = "import argparse\np = argparse.ArgumentParser()\n"
BODY = """
print("loss=1")
open("trained", "w").close()
"""


@pytest.mark.parametrize("name", NEEDED)
def test_every_style_of_script_is_understood(name: str) -> None:
    """argparse, click and absl: each says its learning rate or what stands for it."""
    found = options_of(arguments_of(name, *NEEDED[name]))
    rates = {"--lr", "--learning_rate", "--learning-rate", "--C"} & set(found)
    assert len(rates) == 1
    assert found[rates.pop()].number


def test_argparse_tells_what_no_help_text_says() -> None:
    """Types and defaults, where the help shows neither."""
    found = options_of(arguments_of("layers", "images"))
    assert found["--batch"] == ScriptOption(("-b", "--batch"), "int", "100")
    assert found["--augment"].type == "truthy"
    assert found["--dense"].takes == "several"
    assert found["--n-dense"].choices == tuple(map(str, range(1, 30)))


def test_what_is_needed_to_start_is_known() -> None:
    """Arguments without a flag, and options that must be there."""
    assert arguments_of("layers").positionals == ("data",)
    assert options_of(arguments_of("fine_tuning"))["--model_name_or_path"].required


def test_options_that_exclude_each_other_are_rivals() -> None:
    """Of two only one may be given."""
    found = options_of(arguments_of("forest"))
    assert found["--alpha"].rivals == found["--tol"].rivals is not None
    assert found["--C"].rivals is None


def test_a_custom_reader_is_seen_through_its_default(tmp_path: Path) -> None:
    """A text is a number if the script makes this number of it; `1GiB` stays a text."""
    script = (
        f"{PARSER}"
        "p.add_argument('--rate', type=lambda text: float(text), default='0.5')\n"
        "p.add_argument('--memory', type=lambda text: 2 ** 30, default='1GiB')\np.parse_args()\n"
    )
    found = options_of(ask(written(tmp_path, script), env=ENV))
    assert (found["--rate"].type, found["--rate"].default) == ("float", "0.5")
    assert (found["--memory"].type, found["--memory"].default) == ("", "1GiB")


def test_nothing_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind parse_args() is not reached."""
    monkeypatch.chdir(tmp_path)
    script = f"{PARSER}p.add_argument('--lr')\np.parse_args()\n"
    assert ask(written(tmp_path, script + BODY), env=ENV).options
    assert not Path("trained").exists()


def test_the_users_own_site_customization_runs(tmp_path: Path) -> None:
    """Ours stands in front of it in that one process."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text("import builtins\nbuiltins.RATE = 0.25\n")
    script = f"{PARSER}p.add_argument('--lr', default=RATE)\np.parse_args()\n"
    found = ask(written(tmp_path, script), env={**ENV, "PYTHONPATH": str(tmp_path / "site")})
    assert found.options[0].default == "0.25"


def test_a_python_that_shuts_us_out_is_read_by_its_help(tmp_path: Path) -> None:
    """As `python -I` does: names and defaults are there, types are not."""
    script = (
        f"{PARSER}p.add_argument('--lr', help='rate (default: 0.1)')\n"
        "p.add_argument('--width', type=int)\np.parse_args()\n"
    )
    line = written(tmp_path, script)
    isolated = type(line)((line.words[0], "-I", *line.words[1:]), line.script, line.start + 1)
    found = options_of(ask(isolated, env=ENV))
    assert found["--lr"].default == "0.1"
    assert found["--width"].type == ""


def test_a_launcher_hands_the_question_on(tmp_path: Path) -> None:
    """The script behind a shell script answers, in whichever process it is."""
    (tmp_path / "train.py").write_text(f"{PARSER}p.add_argument('--lr', type=float)\np.parse_args()\n")
    (tmp_path / "start.sh").write_text(f'exec python {tmp_path / "train.py"} "$@"\n')
    found = ask(typed(["sh", str(tmp_path / "start.sh")]), env=ENV)
    assert found.options[0].type == "float"


def test_a_script_that_begins_to_train_is_ended(tmp_path: Path) -> None:
    """After a bounded time, with everything that it has started, and the reason is said."""
    script = (
        "import sys, time, subprocess\nargs = sys.argv\nsubprocess.Popen(['sleep', '60'])\ntime.sleep(60)\n"
    )
    began = time.monotonic()
    with pytest.raises(InputError, match="was ended after 1 s: it had printed no help"):
        ask(written(tmp_path, script), env=ENV, seconds=1)
    assert time.monotonic() - began < 10


def test_a_slow_answer_is_announced(tmp_path: Path) -> None:
    """Once, so that nobody waits in silence."""
    script = f"import time\ntime.sleep(3.5)\n{PARSER}p.add_argument('--lr')\np.parse_args()\n"
    told: list[bool] = []
    assert ask(written(tmp_path, script), env=ENV, slow=lambda: told.append(True)).options
    assert told == [True]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("import sys\nprint('args', len(sys.argv))\n", "shows no options such as --lr"),
        ("import argparse, nonsense\n", "ended with exit code 1 and shows no options: No module named"),
        ("import argparse\nargparse.ArgumentParser().parse_args()\n", "shows no options"),
    ],
    ids=["no argparse", "does not start", "no options"],
)
def test_what_cannot_be_seen_is_refused_with_the_reason(tmp_path: Path, script: str, why: str) -> None:
    """And with what the script printed."""
    with pytest.raises(InputError, match=f"(?s){why}"):
        ask(written(tmp_path, script), env=ENV)


@pytest.mark.parametrize("words", ["parse_args()", "parse_args(sys.argv[1:])"])
def test_a_script_whose_h_is_its_own_answers_all_the_same(tmp_path: Path, words: str) -> None:
    """With add_help=False it has no --help that could be asked."""
    script = (
        "import argparse, sys\np = argparse.ArgumentParser(add_help=False)\n"
        f"p.add_argument('-h', '--height', type=int, default=3)\np.{words}\n{BODY}"
    )
    found = options_of(ask(written(tmp_path, script), env=ENV))
    assert found == {"--height": ScriptOption(("-h", "--height"), "int", "3")}


def test_of_two_parsers_the_one_with_the_help_answers(tmp_path: Path) -> None:
    """As where the first one only looks for --config, and hands on what it does not know."""
    script = (
        "import argparse\nfirst = argparse.ArgumentParser(add_help=False)\nfirst.add_argument('--config')\n"
        f"first.parse_known_args()\n{PARSER}p.add_argument('--lr')\np.parse_args()\n"
    )
    assert options_of(ask(written(tmp_path, script), env=ENV)).keys() == {"--lr"}


SUBCOMMANDS = """
import argparse
parser = argparse.ArgumentParser()
verbs = parser.add_subparsers(dest="verb")
verbs.add_parser("fit").add_argument("--lr", type=float, default=0.1)
verbs.add_parser("test")
parser.parse_args()
"""


def test_subcommands_are_refused_by_name(tmp_path: Path) -> None:
    """Each has options of its own, so one must be named."""
    with pytest.raises(InputError, match=r"has subcommands \(fit, test\).*Name one: .*train.py fit"):
        ask(written(tmp_path, SUBCOMMANDS), env=ENV)


def test_the_subcommand_that_is_named_answers(tmp_path: Path) -> None:
    """With its own options."""
    assert options_of(ask(written(tmp_path, SUBCOMMANDS, "fit"), env=ENV)).keys() == {"--lr"}
