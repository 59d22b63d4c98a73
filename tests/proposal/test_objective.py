# SPDX-License-Identifier: Apache-2.0
"""What a script is tuned for: from what it prints, or from its text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.proposal.objective import Aim, aim_of, guessed, measured
from kfp_katib.trial.metrics.aggregate import Values
from kfp_katib.trial.metrics.text_lines import read_text
from tests.proposal.scripts import SCRIPTS

DIGITS = """\
Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.300000
Train Epoch: 2 [640/60000 (1%)]\tLoss: 1.150000

Test set: Average loss: 0.0714, Accuracy: 9014/10000 (90%)
"""
BAR = "1/3 [=>] - loss: 0.5 - acc: 0.9\r3/3 [==] - loss: 0.4 - acc: 0.9 - val_loss: 0.3 - val_acc: 0.8\n"


def collected(output: str, metric: str, expression: str) -> tuple[str, str]:
    """Least and latest of what Katib's collector finds."""
    values = {metric: Values()}
    read_text([output.encode()], values, [expression or DEFAULT_FILTER])
    found = values[metric].metric()
    return found.min, found.latest


@pytest.mark.parametrize(
    ("output", "metric", "aim", "latest"),
    [
        ("loss=0.3\n", "loss", "minimize", "0.3"),
        ("epoch=1 lr=0.1 loss=0.3\nepoch=2 lr=0.1 loss=0.2", "loss", "minimize", "0.2"),
        ("accuracy = 0.9", "accuracy", "maximize", "0.9"),
        ("loss=0.3 val_loss=0.4 val_acc=0.9", "val_loss", "minimize", "0.4"),
        ("loss=0.3 val_acc=0.9", "val_acc", "maximize", "0.9"),
        ("quality=0.3", "quality", "minimize", "0.3"),
        ("loss: 0.3", "loss", "minimize", "0.3"),
        ("Loss 0.3 (0.4)\tAcc@1 70.5", "Loss", "minimize", "0.3"),
        ("{'loss': 0.5, 'epoch': 1}\n{'eval_loss': 0.4, 'eval_f1': 1e-1}", "eval_loss", "minimize", "0.4"),
        ('{"step": 3, "eval_accuracy": "0.75"}', "eval_accuracy", "maximize", "0.75"),
        (DIGITS, "loss", "minimize", "0.0714"),
        (BAR, "val_loss", "minimize", "0.3"),
        ("accuracy 0.93 on the test set", "accuracy", "maximize", "0.93"),
        ("2026-01-02 10:11:12 INFO validation rmse: -.5e-3", "rmse", "minimize", "-.5e-3"),
    ],
)
def test_a_metric_is_found_as_katib_will_find_it(output: str, metric: str, aim: str, latest: str) -> None:
    """By the default filter where it prints name=value, else by an expression for metricsFormat."""
    found = measured(output, None, None, ["lr"])
    assert found
    assert (found.metric, found.aim) == (metric, aim)
    assert collected(output, metric, found.filter)[1] == latest


def test_what_is_told_of_it_shows_the_line() -> None:
    """The reader sees where the name comes from."""
    found = measured(DIGITS, None, None, [])
    assert found
    assert (
        found.why
        == "found in a trial run once, in: Test set: Average loss: 0.0714, Accuracy: 9014/10000 (90%)"
    )
    assert found.filter.startswith(r"Average (loss)\s*:")


def test_metrics_beside_it_are_collected_too() -> None:
    """Where Katib's own filter finds them."""
    found = measured("val_loss=1 loss=2 acc=0.5 epoch=3", None, None, [])
    assert found
    assert found.others == ("loss", "acc")


@pytest.mark.parametrize(("metric", "line"), [("acc", "loss=0.3 acc=0.5"), ("speed", "loss=0.3\nspeed: 3")])
def test_the_metric_that_the_user_names_is_looked_for(metric: str, line: str) -> None:
    """However it is printed."""
    found = measured(line, metric, "maximize", [])
    assert found
    assert (found.metric, found.aim) == (metric, "maximize")


@pytest.mark.parametrize(
    "output",
    [
        "",
        "done",
        "epoch=3 step=4 lr=0.1 batch_size=3",
        "Epoch: 3 of 5, 3.5 s",
        "took 3",
        "loss=nan",
        "version: 1.2.3",
    ],
)
def test_what_is_no_metric_is_not_taken_for_one(output: str) -> None:
    """Counters, the parameters themselves, times."""
    assert measured(output, None, None, ["lr", "batch-size"]) is None


@pytest.mark.parametrize(
    ("metric", "aim"),
    [
        ("loss", "minimize"),
        ("val_loss", "minimize"),
        ("valError", "minimize"),
        ("rmse", "minimize"),
        ("accuracy", "maximize"),
        ("val_acc", "maximize"),
        ("Acc@1", "maximize"),
        ("f1", "maximize"),
        ("mean_reward", "maximize"),
        ("whatever", "minimize"),
    ],
)
def test_its_name_says_which_way_is_better(metric: str, aim: str) -> None:
    """Less, where nothing is known."""
    assert aim_of(metric) == aim


@pytest.mark.parametrize(
    ("source", "metric"),
    [
        ('print(f"loss={loss:.3f}")', "loss"),
        ('print(f"epoch={epoch} train_loss={a} val_loss={b}")', "val_loss"),
        ("print('accuracy=%.4f' % accuracy)", "accuracy"),
        ("field(metadata={'help': 'x'})", "loss"),
        ("print(loss)", "loss"),
        ("", "loss"),
    ],
)
def test_without_a_trial_run_the_scripts_text_gives_a_guess(source: str, metric: str) -> None:
    """And the comment says that it is one."""
    found = guessed(None, None, source)
    assert found.metric == metric
    assert "a guess" in found.why


def test_what_the_user_says_is_no_guess() -> None:
    """Name and direction."""
    assert "guess" not in guessed("size", "maximize").why
    assert guessed("size", "maximize").aim == "maximize"
    assert guessed("accuracy", None).aim == "maximize"


@pytest.mark.parametrize(
    ("metric", "aim", "source", "why"),
    [
        (
            "acc",
            None,
            "",
            "as its name tells (--minimize turns it round); the script has to print lines such",
        ),
        (
            "acc",
            "minimize",
            "",
            "as you said; the script has to print lines such as acc=0.25; --try finds out",
        ),
        (
            "size",
            None,
            "",
            "a guess, as its name tells nothing (--maximize turns it round); the script has to",
        ),
        ("acc", "maximize", 'print(f"acc={acc}")', "as you said; the script seems to print `acc=`"),
        ("acc", "maximize", 'print(f"val_acc={acc}")', "as you said; the script has to print lines such as"),
    ],
)
def test_no_more_is_said_to_be_known_than_is(metric: str, aim: Aim | None, source: str, why: str) -> None:
    """Who said the direction, and whether the script prints such a name."""
    assert guessed(metric, aim, source).why.startswith(why)


@pytest.mark.parametrize(
    ("aim", "why"),
    [(None, "a guess, as its name tells nothing (--maximize turns it "), ("maximize", "found in")],
)
def test_the_direction_of_an_unknown_name_is_a_guess(aim: Aim | None, why: str) -> None:
    """A trial run does not tell it."""
    found = measured("quality=0.3", None, aim, [])
    assert found
    assert found.why.startswith(why)


def test_the_sources_of_real_scripts_are_read() -> None:
    """As far as they print name=value."""
    assert guessed(None, None, (SCRIPTS / "with_click.py").read_text()).metric == "val_loss"


@settings(deadline=None)
@given(st.text(), st.sampled_from([None, "loss"]))
def test_no_output_breaks_it(output: str, metric: str | None) -> None:
    """And what is found has an expression that RE2 takes."""
    found = measured(output, metric, None, [])
    if found:
        collected(output, found.metric, found.filter)
