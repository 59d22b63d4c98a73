# SPDX-License-Identifier: Apache-2.0
"""A training with a great many options, all of them with a default in the help, which prints dicts."""

import argparse
import enum
from typing import Any


class Schedule(enum.StrEnum):
    """How the rate goes down."""

    LINEAR = "linear"
    COSINE = "cosine"


def yes(text: str) -> bool:
    """Read a switch that takes a value."""
    return text.lower() in ("yes", "true", "1")


parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
add = parser.add_argument
switch: dict[str, Any] = {"type": yes, "nargs": "?", "const": True, "default": False}
add("--model_name_or_path", required=True, help="what to start from")
add("--output_dir", "--output-dir", default="out", help="where the model goes")
add("--do_train", help="train at all", **switch)
add("--per_device_train_batch_size", type=int, default=8, help="samples per device in one step")
add("--per_device_eval_batch_size", type=int, default=8, help="likewise in the evaluation")
add("--learning_rate", type=float, default=5e-5, help="the rate to begin with")
add("--weight_decay", type=float, default=0.0, help="of all but biases")
add("--adam_beta1", type=float, default=0.9, help="forgetting of the mean")
add("--adam_beta2", type=float, default=0.999, help="forgetting of the square")
add("--num_train_epochs", type=float, default=3.0, help="how often")
add("--max_steps", type=int, default=-1, help="overrides the epochs")
add("--lr_scheduler_type", type=Schedule, default="linear", choices=[each.value for each in Schedule])
add("--warmup_ratio", type=float, default=0.0, help="part of all steps")
add("--logging_steps", type=int, default=500, help="from line to line")
add("--save_strategy", default="epoch", choices=["no", "steps", "epoch"], help="when the model is kept")
add("--seed", type=int, default=42, help="of all that is random")
add("--fp16", help="half precision", **switch)
add("--dataloader_num_workers", type=int, default=0, help="processes that read")
add("--label_smoothing_factor", type=float, default=0.0, help="zero means none")
add("--optim", default="adamw", choices=["adamw", "adafactor"], help="the optimizer")
add("--report_to", nargs="+", default=None, help="services that get the numbers")
add("--group_by_length", action=argparse.BooleanOptionalAction, default=False, help="less padding")
args = parser.parse_args()
for epoch in range(1, 4):
    print({"loss": 2.0 / epoch, "grad_norm": 1.2, "learning_rate": args.learning_rate, "epoch": epoch})
    print({"eval_loss": 1.0 / epoch, "eval_accuracy": 0.5 + epoch / 10, "epoch": epoch}, flush=True)
